/** `r14 explore` beside what one does without it: a loop over seeds. Seconds are those on a processor, which others on the machine do not change. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Explorer } from '../../src/debugger/explore/explorer.js';
import { searchRun, usualRun } from '../../src/debugger/explore/search.js';
import { shrink } from '../../src/debugger/explore/shrink.js';
import { USUAL_UNTIL } from '../../src/debugger/explore/verdict.js';
import { launcher } from '../../src/debugger/session/launcher.js';
import { nodePorts } from '../../src/host/node/ports.js';
import { buildGo, type Toolchain } from '../support/build.js';
import { median, r14, rounds } from './timing.js';

/** So many that what each process does once, to start and to compile what it does often, is little beside them. */
const RUNS = 8000;
/** Runs that shrinking may take as long as. */
const SHRINKING = 500;
const MEBIBYTE = 2 ** 20;
const PAGE = 4096;

const rounded = (measure: () => number): number => median(Array.from({ length: rounds }, measure));

/** Seconds of a processor that a command took, with all that it started. */
function spent(args: readonly string[]): number {
  const { stdout, status, stderr } = spawnSync('sh', ['-c', '"$0" "$@" >&2; times', process.execPath, r14, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [, children = ''] = stdout.trim().split('\n');
  return children.split(' ').reduce((sum, each) => {
    const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(each)!;
    return sum + 60 * Number(minutes) + Number(seconds);
  }, 0);
}

/** What --stats says of the process that was started, which is one of the workers. */
interface WorkerStats {
  readonly cpu: number;
  readonly pages: number;
  /** Bytes that it shares with no other. */
  readonly own: number;
}

function worker(workers: number, runs: number, args: readonly string[]): WorkerStats {
  const all = [r14, 'explore', '--stats', '--runs', String(runs), '--workers', String(workers), ...args];
  const { stderr, status } = spawnSync(process.execPath, all, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stderr.trim().split('\n').at(-1)!) as WorkerStats;
}

/** Shrinks the first schedule of the random strategy, beside as many runs by it as shrinking may take as long as. */
async function shrinking(program: string): Promise<{ readonly from: number; readonly to: number; readonly share: number }> {
  const limits = { until: USUAL_UNTIL, limit: 500_000_000, hang: 10e9 };
  const launch = launcher({ host: nodePorts, path: program, args: [program, 'lost-in-loop'], cpus: 8, cwd: join(program, '..') });
  const explorer = await Explorer.begin(launch, limits);
  await usualRun(explorer);
  const taken = async <T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> => {
    const before = process.cpuUsage();
    const value = await work();
    const { user, system } = process.cpuUsage(before);
    return { value, seconds: (user + system) / 1e6 };
  };
  const { outcome, stir } = await searchRun(explorer, 'random', 0, 1);
  const { value: small, seconds } = await taken(() => shrink(explorer, outcome, stir, { most: SHRINKING }));
  if (!small.least) throw new Error(`${outcome.decisions.length} decisions have not become as few as they go`);
  const runs = await taken(async () => {
    for (let run = 2; run < 2 + SHRINKING; run++) await searchRun(explorer, 'random', 0, run);
  });
  return { from: outcome.decisions.length, to: small.outcome.decisions.length, share: seconds / runs.seconds };
}

/** Rows: what, the figure, and what is promised. */
export async function searching(
  version: Toolchain,
): Promise<readonly { readonly what: string; readonly figure: string; readonly promised: string }[]> {
  const program = buildGo('orders', { toolchain: version, race: true });
  const args = [program, '--', 'two-locks', 'mended'];
  let seed = 0;
  const loop = 1 / rounded(() => spent(['run', '--seed', String(seed++), ...args]));
  const alone = Array.from({ length: rounds }, () => worker(1, RUNS, args));
  const one = median(alone.map(({ cpu }) => cpu));
  const two = rounded(() => worker(2, RUNS, args).cpu);
  const beyond = median(alone.map(({ own, pages }) => own - pages * PAGE)) / MEBIBYTE;
  const shrunk = await shrinking(program);
  return [
    {
      what: `explore, ${RUNS} runs of a -race program, one worker`,
      figure: `${(RUNS / one).toFixed(0)} runs/s, ${(RUNS / one / loop).toFixed(0)}x a loop of r14 run --seed`,
      promised: '>= 20x',
    },
    { what: 'the same with two workers', figure: `${(one / two).toFixed(2)}x one`, promised: '>= 1.7x' },
    { what: "a worker's own memory beyond the guest's pages", figure: `${beyond.toFixed(0)} MB`, promised: '<= 150 MB' },
    {
      what: `${shrunk.from} decisions become ${shrunk.to}`,
      figure: `${(shrunk.share * SHRINKING).toFixed(0)} runs' time`,
      promised: `<= ${SHRINKING} runs' time`,
    },
  ];
}
