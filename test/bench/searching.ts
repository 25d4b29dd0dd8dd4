/** `r14 explore` beside what one does without it: a loop over seeds. */
import { join } from 'node:path';
import { Explorer } from '../../src/debugger/explore/explorer.js';
import { searchRun, usualRun } from '../../src/debugger/explore/search.js';
import { USUAL_UNTIL } from '../../src/debugger/explore/verdict.js';
import { launcher } from '../../src/debugger/session/launcher.js';
import { nodePorts } from '../../src/host/node/ports.js';
import { buildGo, type Toolchain } from '../support/build.js';
import { r14, time } from './timing.js';

const SEEDS = 5;
const RUNS = 400;
const MEBIBYTE = 2 ** 20;

/** Rows: what, the figure, and what is promised. */
export async function searching(
  version: Toolchain,
): Promise<readonly { readonly what: string; readonly figure: string; readonly promised: string }[]> {
  const program = buildGo('orders', { toolchain: version, race: true });
  const args = ['--', 'two-locks', 'mended'];
  let one = 0;
  for (let seed = 0; seed < SEEDS; seed++) one += time(process.execPath, [r14, 'run', '--seed', String(seed), program, ...args]).seconds;
  const loop = SEEDS / one;
  const search = (workers: number) =>
    time(process.execPath, [r14, 'explore', '--runs', String(RUNS), '--workers', String(workers), program, ...args]).seconds;
  const [alone, two] = [search(1), search(2)];
  const explorer = await Explorer.begin(
    launcher({ host: nodePorts, path: program, args: [program, ...args.slice(1)], cpus: 8, cwd: join(program, '..') }),
    { until: USUAL_UNTIL, limit: 500_000_000, hang: 10e9 },
  );
  await usualRun(explorer);
  const pages = explorer.process.memory.touchedPages * 4096;
  for (let run = 1; run <= RUNS; run++) await searchRun(explorer, 'mixed', 0, run);
  const beyond = (process.memoryUsage().rss - pages) / MEBIBYTE;
  const rate = RUNS / alone;
  return [
    {
      what: `explore, ${RUNS} runs of a -race program, one worker`,
      figure: `${rate.toFixed(0)} runs/s, ${(rate / loop).toFixed(0)}x a loop of r14 run --seed`,
      promised: '>= 20x',
    },
    { what: 'the same with two workers', figure: `${(alone / two).toFixed(2)}x one`, promised: '>= 1.7x' },
    { what: "a worker's memory beyond the guest's pages", figure: `${beyond.toFixed(0)} MB`, promised: '<= 150 MB' },
  ];
}
