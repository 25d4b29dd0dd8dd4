/**
 * The bundled programs of the race detector against the same programs in Go, run natively: with Go 1.24, whose runtime theirs is like, the same number
 * of reports, of the same functions, and the same status; with Go 1.26 the same verdict.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildGoSource, missing, runNative, runR14, type Toolchain } from '../support/build.js';
import { buildRaceOracle, replayReal } from '../support/race.js';

const root = join(import.meta.dirname, '../..');
const programs = readdirSync(join(root, 'programs')).filter(name => name.startsWith('race-'));
const sourceOf = (name: string, variant: string): string => join(root, 'programs', name, `${variant}.go`);
const variantsOf = (name: string): string[] =>
  Object.keys(JSON.parse(readFileSync(join(root, 'programs', name, 'program.json'), 'utf8')).variants).filter(variant =>
    existsSync(sourceOf(name, variant)),
  );
const cases = programs.flatMap(name => variantsOf(name).map(variant => [name, variant] as const));

/** Nothing of the runtime's own may come in between; the sleep at the end has no bearing. */
const ENVIRONMENT = { GOMAXPROCS: '1', GORACE: 'atexit_sleep_ms=0' };
/** Of the maps before Go 1.24's. */
const HASH = { GOEXPERIMENT: 'noswissmap' };

/** Which access comes second is a matter of scheduling: of each report the functions of both stacks, in no order; and the other lines, sorted. */
function shape({ stdout, stderr, status }: { readonly stdout: string; readonly stderr: string; readonly status: number }) {
  const blocks = stderr.split('==================\n');
  const reports = blocks.filter(block => block.startsWith('WARNING: DATA RACE'));
  const stacks = (report: string): string[] =>
    report
      .split('\n\n')
      .filter(part => / at 0x/.test(part))
      .map(part => [...part.matchAll(/^ {2}(\S+)\(\)$/gm)].map(match => match[1]).join(' < '))
      .sort();
  const rest = blocks.filter(block => !reports.includes(block)).join('');
  return {
    status,
    reports: reports
      .map(stacks)
      .map(both => both.join(' and '))
      .sort(),
    said: `${stdout}${rest}`.split('\n').sort(),
  };
}

describe.each<readonly [Toolchain, boolean]>([
  ['go1.24.0', true],
  ['go1.26', false],
])('%s', (release, stacks) => {
  const why = missing(release);
  it.skipIf(why).each(cases)(`%s %s${why ? ` (skipped: ${why})` : ''}`, { timeout: 120_000 }, (name, variant) => {
    const hash = variant === 'hash';
    // Later releases have one kind of map.
    if (hash && !stacks) return;
    const binary = buildGoSource(sourceOf(name, variant), `${name}-${variant}`, release, hash ? HASH : {});
    const native = shape(runNative(binary, { env: ENVIRONMENT }));
    const own = shape(runR14(['run', '--race=true', '--variant', variant, name]));
    if (stacks) expect(own).toEqual(native);
    else expect([own.status, own.reports.length, own.said]).toEqual([native.status, native.reports.length, native.said]);
  });
});

it('the C interface: the report of the real race runtime, called in the same order', () => {
  const oracle = buildRaceOracle('go1.26');
  if (oracle === undefined) return;
  // The events of programs/race-capi, whose buffer lies at 0x1000 here.
  const script = [
    ...['malloc 0x1000 10', 'free 0x1000 10', 'enter 0 0x10', 'malloc 0x1000 10', 'rel 0 0x1000', 'relacq 0 0x1000', 'relmerge 0 0x1000'],
    ...[
      'start 0 1 0x20',
      'start 0 2 0x30',
      'exit 0',
      'enter 1 0x20',
      'enter 1 0x20',
      'w 1 0x1000 0x20',
      'acq 1 0x1000',
      'exit 1',
      'exit 1',
    ],
    ...['end 1', 'enter 2 0x30', 'r 2 0x1000 0x30', 'free 0x1000 10', 'exit 2', 'end 2', 'fini'],
  ];
  const frames = (text: string): string =>
    text
      .replace(/^ {2}\S+\(\)\n {6}.*$/gm, 'frame')
      .replace(/0x[0-9a-f]{12}/g, 'ADDRESS')
      .trim();
  const real = replayReal(oracle, `${script.join('\n')}\n`);
  const own = runR14(['run', '--race=true', 'race-capi']);
  expect({ report: frames(own.stderr), status: own.status }).toEqual({ report: frames(real.output), status: real.status });
});
