/** What is common to the fuzzers: cases made from a seed, run until time is up, and made as small as they go when one fails. */
import { Watchdog } from './sessions.js';

export interface Fuzzed<Step> {
  readonly name: string;
  /** The steps of a seed: the same each time. */
  made(seed: number): Step[];
  /** What goes wrong with them, in words; undefined: nothing. */
  run(steps: readonly Step[]): string | undefined | Promise<string | undefined>;
  shown(step: Step): string;
  /** What steps are called. */
  readonly unit: string;
}

/** Fewer steps that fail still: halves, quarters, ... are left out for as long as it helps (Zeller's ddmin), within so many ms. */
export async function minimised<Step>(
  steps: readonly Step[],
  fails: (steps: readonly Step[]) => boolean | Promise<boolean>,
  most = 30_000,
): Promise<readonly Step[]> {
  const end = performance.now() + most;
  let best = steps;
  for (let size = Math.ceil(best.length / 2); size >= 1 && performance.now() < end; ) {
    let smaller = false;
    for (let at = 0; at < best.length && performance.now() < end; ) {
      const without = [...best.slice(0, at), ...best.slice(at + size)];
      if (without.length > 0 && without.length < best.length && (await fails(without))) {
        best = without;
        smaller = true;
      } else at += size;
    }
    if (!smaller || size > best.length) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return best;
}

/** Runs cases from a seed on until time is up. Returns how many failed. */
export async function fuzz<Step>(what: Fuzzed<Step>, seed: number, seconds: number): Promise<number> {
  const watchdog = new Watchdog(what.name);
  const end = performance.now() + 1000 * seconds;
  const failures = new Map<string, number>();
  let cases = 0;
  let steps = 0;
  let slowest = 0;
  let largest = 0;
  for (; performance.now() < end; cases++) {
    const made = what.made(seed + cases);
    steps += made.length;
    watchdog.begin(seed + cases);
    const begun = performance.now();
    const wrong = await what.run(made);
    slowest = Math.max(slowest, performance.now() - begun);
    largest = Math.max(largest, process.memoryUsage.rss());
    if (wrong === undefined) continue;
    const kind = wrong.replace(/\d+/g, 'N').split('\n')[0]!.slice(0, 200);
    failures.set(kind, (failures.get(kind) ?? 0) + 1);
    if (failures.get(kind)! > 1 || failures.size > 20) continue;
    const small = await minimised(made, async fewer => {
      watchdog.begin(seed + cases);
      return (await what.run(fewer)) !== undefined;
    });
    console.log(`seed ${seed + cases}: ${wrong}\n  ${small.length} of ${made.length} ${what.unit}:`);
    for (const step of small.slice(0, 40)) console.log(`    ${what.shown(step)}`);
  }
  await watchdog.end();
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  const rest = `longest case ${slowest.toFixed(0)} ms, most memory ${Math.round(largest / 2 ** 20)} MiB`;
  console.log(`${what.name}: ${cases} cases, ${steps} ${what.unit}, ${failed} failed; ${rest} (seed ${seed})`);
  return failed;
}
