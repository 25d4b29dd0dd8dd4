/** The bugs of programs/go/orders: found by `r14 explore`, and by running the same program natively, as often and as long. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGo, GUEST_ENVIRONMENT, type Toolchain } from '../support/build.js';
import { r14 } from './timing.js';

const RUNS = 200;
/** Milliseconds after which a native run is said to wait for ever: the others take some hundredths of a second. */
const PATIENCE = 2000;
/** The race runtime's second of sleep before an exit is left out: in favour of the native runs. */
const NATIVE = { ...GUEST_ENVIRONMENT, GORACE: 'atexit_sleep_ms=0' };

/** Runs natively until it has failed, at most so often, and for at most so many milliseconds: how often it was run, and whether it has failed. */
function natively(program: string, bug: string, most: number, milliseconds: number): { readonly runs: number; readonly failed: boolean } {
  const end = performance.now() + milliseconds;
  let runs = 0;
  while (runs < most && performance.now() < end) {
    runs++;
    const { status } = spawnSync(program, [bug], { env: NATIVE, timeout: PATIENCE, killSignal: 'SIGKILL' });
    if (status !== 0) return { runs, failed: true };
  }
  return { runs, failed: false };
}

const told = ({ runs, failed }: { readonly runs: number; readonly failed: boolean }): string => (failed ? `run ${runs}` : `not in ${runs}`);

/** A row for each bug, and one of how many were found. */
export function ordersSideBySide(version: Toolchain): readonly (readonly string[])[] {
  const program = buildGo('orders', { toolchain: version, race: true });
  const bugs = spawnSync(program, { env: NATIVE, encoding: 'utf8' }).stdout.trim().split('\n');
  const folder = mkdtempSync(join(tmpdir(), 'r14-orders-'));
  const found = [0, 0, 0];
  const rows = bugs.map(bug => {
    const started = performance.now();
    const { stdout } = spawnSync(process.execPath, [r14, 'explore', '--runs', String(RUNS), program, '--', bug], {
      cwd: folder,
      encoding: 'utf8',
    });
    const time = performance.now() - started;
    const run = /^FAILED at run (\d+)/m.exec(stdout)?.[1];
    const as = [natively(program, bug, RUNS, Number.POSITIVE_INFINITY), natively(program, bug, Number.POSITIVE_INFINITY, time)];
    for (const [index, yes] of [run !== undefined, as[0]!.failed, as[1]!.failed].entries()) if (yes) found[index]!++;
    return [bug, run === undefined ? `not in ${RUNS}` : `run ${run}`, `${(time / 1000).toFixed(1)} s`, ...as.map(told)];
  });
  rmSync(folder, { recursive: true });
  const [ours, often, long] = found.map(count => `${count} of ${bugs.length}`);
  return [['', 'r14 explore', '', `natively, ${RUNS} runs`, 'natively, for as long'], ...rows, ['all', ours!, '', often!, long!]];
}
