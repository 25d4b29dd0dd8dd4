/** Real programs, racy and clean: under `r14 run` they are reported on as natively, in the same words and with the same status. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, runEmulated, runNative, type Toolchain } from '../support/build.js';
import { raceReport } from '../support/masks.js';

const GORACE = { GORACE: 'atexit_sleep_ms=0' };

/** Scenarios of `programs/go/races`, and whether what they do is a data race that the detector can see. Natively they must end so. */
const RACY = [
  ...['append', 'atomic-plain', 'buffered-wrong', 'copy', 'counter', 'deep', 'exit-0', 'failed-swap', 'flag', 'interface', 'loop', 'many'],
  ...[
    'map',
    'map-range',
    'map-read',
    'method',
    'nested',
    'panic',
    'read-first',
    'rwmutex-write',
    'send-close',
    'slice',
    'string',
    'struct',
  ],
  ...['timer', 'twice', 'two-mutexes'],
];
const CLEAN = [
  ...['atomic', 'atomic-flag', 'atomic-logic', 'buffered', 'channel', 'close', 'fields', 'misuse', 'mutex', 'once', 'pool', 'rwmutex'],
  ...['select', 'start', 'sync-map', 'waitgroup'],
];
/** Of other releases, a few of each kind. */
const FEW = ['atomic-plain', 'channel', 'flag', 'loop', 'map', 'mutex', 'panic', 'send-close'];

const expected = (name: string): number => (name === 'exit' ? 3 : RACY.includes(name) ? 66 : 0);

describe.each<readonly [Toolchain, readonly string[]]>([
  ['go1.26', [...RACY, ...CLEAN, 'exit']],
  ['go1.19', FEW],
  ['go1.27.2', FEW],
])('%s', (toolchain, names) => {
  const why = missing(toolchain);
  it.skipIf(why).each([...names])(`%s${why ? ` (skipped: ${why})` : ''}`, name => {
    const binary = buildGo('races', { race: true, toolchain });
    const input = { args: [name], env: GORACE };
    const native = runNative(binary, input);
    expect(native.status).toBe(expected(name));
    expect(native.stderr.includes('DATA RACE')).toBe(RACY.includes(name) || name === 'exit');
    const emulated = runEmulated(binary, input);
    expect({ ...emulated, stderr: raceReport(emulated.stderr) }).toEqual({ ...native, stderr: raceReport(native.stderr) });
  });
});
