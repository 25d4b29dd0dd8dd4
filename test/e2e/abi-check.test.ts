/**
 * `abi check on` over real Go programs: no stop where nothing is wrong, and the crash before it happens. A sample of the programs runs here;
 * R14_ABI_CHECK=all runs each of them, which takes many minutes.
 */
import { describe, expect, it } from 'vitest';
import { buildGo, goPrograms, MATRIX, missing, runR14 } from '../support/build.js';
import { type Case, caseName, goCases } from '../support/cases.js';
import type { Answer } from '../support/session.js';

const all = process.env.R14_ABI_CHECK === 'all';
/** Programs that change stacks, take signals, call C and are called back, and recover. */
const SAMPLE = { plain: ['cgo', 'signals'], race: ['recovers', 'signals'] };
/** In Go 1.19 its main waits in systemstack while the garbage collector shrinks its stack, and goes on with the RBP of before. */
const SHRUNK = 'http';
const VARIANTS = { plain: [], race: ['injected', 'norace', 'norace-nomap'] } as const;

/** The first stop of a program that runs under the checks, whatever signals it gets. */
function firstStop(binary: string, { args = [], env = {}, stdin = '' }: Partial<Case>) {
  const settings = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const endings = ['panic', 'throw', 'deadlock', 'recursion'].map(name => `delete ${name}`);
  const commands = ['handle all nostop noprint pass', ...endings, 'abi check on', 'continue'].flatMap(command => ['-ex', command]);
  const { stdout } = runR14(['exec', '--batch', '--json', ...settings, ...commands, binary, '--', ...args], stdin);
  const last = stdout.split('\n').findLast(line => line.startsWith('{"command":"continue"'));
  return (JSON.parse(last ?? '{}') as Answer).data;
}

for (const toolchain of MATRIX) {
  for (const race of [false, true]) {
    const why = missing(toolchain);
    const kind = race ? 'race' : 'plain';
    describe.skipIf(why)(`abi check: ${toolchain}${race ? ' -race' : ''}${why ? ` (skipped: ${why})` : ''}`, () => {
      for (const one of goCases(goPrograms())) {
        const sampled = SAMPLE[kind].includes(caseName(one)) || (toolchain === 'go1.19' && !race && caseName(one) === SHRUNK);
        if ((race && one.plainOnly) || !(all || sampled)) continue;
        it(`${caseName(one)}: no stop`, () => {
          const binary = buildGo(one.program, { toolchain, race });
          const stop = firstStop(binary, { ...one, env: { ...one.env, ...(race ? { GORACE: 'atexit_sleep_ms=0' } : {}) } });
          expect(stop).toMatchObject({ reason: 'exited', status: (race ? one.raceStatus : undefined) ?? one.status ?? 0 });
        });
      }

      for (const variant of VARIANTS[kind]) {
        const dies = variant === 'injected' || variant === 'norace';
        it(`crash ${variant}: ${dies ? 'stops before it' : 'no stop'}`, () => {
          const stop = firstStop(buildGo('crash', { toolchain, race, variant }), {});
          if (!dies) expect(stop).toMatchObject({ reason: 'exited', status: 0 });
          else {
            const place = variant === 'injected' ? 'crash/trace.(*traceContext).TakeSnapShot' : 'racecall';
            expect(stop).toMatchObject({ reason: 'abi', rule: 'race-context', function: place, goroutine: 1 });
          }
        });
      }
    });
  }
}
