import { describe, expect, it } from 'vitest';
import { buildGo, goPrograms, missing, runEmulated, runNative, type Toolchain } from './build.js';
import { caseName, goCases } from './cases.js';
import { raceReport, traceback } from './masks.js';

/**
 * One test for each Go program: `r14 run` prints and returns what the host's own run does. With -race the second that the race runtime
 * sleeps at exit is cut, on both sides. `level`: of the processor that it is built for.
 */
export function describeGo(toolchain: Toolchain, race: boolean, level?: 'v3'): void {
  const why = missing(toolchain);
  describe.skipIf(why)(
    `r14 run equals native: ${toolchain}${race ? ' -race' : ''}${level === undefined ? '' : ` GOAMD64=${level}`}${why ? ` (skipped: ${why})` : ''}`,
    () => {
      for (const one of goCases(goPrograms())) {
        if (race && one.plainOnly) continue;
        it(caseName(one), () => {
          const binary = buildGo(one.program, { toolchain, race, ...(level === undefined ? {} : { level }) });
          const input = { ...one, env: { ...one.env, ...(race ? { GORACE: 'atexit_sleep_ms=0' } : {}) } };
          const native = runNative(binary, input);
          expect(native.status, 'the status of the host run').toBe((race ? one.raceStatus : undefined) ?? one.status ?? 0);
          const emulated = runEmulated(binary, input);
          const mask = race ? raceReport : traceback;
          const comparable = { ...native, stderr: mask(native.stderr) };
          expect({ ...emulated, stderr: mask(emulated.stderr) }).toEqual(comparable);
        });
      }
    },
  );
}
