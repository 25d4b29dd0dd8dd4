/** `r14 cost NAME` and `r14 cost PLAIN RACE`: what the race detector costs a program, counted on two runs to their ends. */
import type { Observer } from '../cpu/api.js';
import { PAGE_SIZE } from '../cpu/api.js';
import type { Launcher } from '../debugger/session/host.js';
import { assembledLauncher, type LaunchOptions, launcher } from '../debugger/session/launcher.js';
import { grouped } from '../host/grouped.js';
import { nodeAssets } from '../host/node/assets.js';
import { Catalog } from '../runtime/bundled/catalog.js';
import { raceParameters } from '../runtime/race/signatures.js';
import { numberFlag, type Parsed, UsageError } from './flags.js';
import { writeOut } from './output.js';
import { processOptions } from './process-options.js';
import { runToEnd } from './run-to-end.js';

/** Of a bundled program. */
const OWN = "The detector is r14's own: what it does are no instructions of the program, and each call of it is a system call.\n";

/** What one run has taken. All of it is the same each time. */
interface Cost {
  readonly instructions: number;
  readonly calls: number;
  /** Calls of `__tsan_*` among them. */
  readonly detector: number;
  readonly syscalls: number;
  /** Bytes of pages that were touched. */
  readonly memory: number;
  readonly status: number;
}

export function costCommand(parsed: Parsed, path: string): number {
  const [names, launchers] = launchersOf(parsed, path);
  const limit = numberFlag(parsed, 'limit', 1) ?? Number.POSITIVE_INFINITY;
  const [plain, race] = launchers.map((launch, index) => measure(launch, names[index]!, limit)) as [Cost, Cost];
  const json = JSON.stringify({ plain: { name: names[0], ...plain }, race: { name: names[1], ...race } });
  const note = parsed.paths.length === 1 ? OWN : '';
  writeOut(1, parsed.values.has('json') ? `${json}\n` : table(plain, race) + note);
  return 0;
}

function launchersOf(parsed: Parsed, path: string): readonly [names: readonly [string, string], launchers: readonly [Launcher, Launcher]] {
  const options = (name: string): LaunchOptions => ({ ...processOptions(parsed, name), logged: false });
  const [, second, more] = parsed.paths;
  if (more !== undefined) throw new UsageError('r14 cost wants a bundled program, or two files: without and with -race');
  if (second !== undefined)
    return [
      [path, second],
      [launcher(options(path)), launcher(options(second))],
    ];
  const variant = parsed.values.get('variant')?.[0];
  const catalog = new Catalog(nodeAssets);
  const build = (race: boolean): Launcher => assembledLauncher(catalog.build(path, { variant, race }), options(path));
  const race = build(true);
  return [
    [path, `${path} -race`],
    [build(false), race],
  ];
}

function measure(launch: Launcher, name: string, limit: number): Cost {
  let calls = 0;
  let detector = 0;
  const CALL = 1;
  const DETECTOR = 2;
  const { process, status } = runToEnd(launch, name, limit, begun => {
    const counter: Observer = {
      edges: {
        site: (pc, kind) => {
          if (kind === 'call') return CALL;
          if (kind !== 'entry') return 0;
          const func = launch.images(begun.objects).functionAt(pc);
          return func?.entry === pc && raceParameters(func.name) !== undefined ? DETECTOR : 0;
        },
        reached: site => {
          if (site === CALL) calls++;
          else detector++;
          return true;
        },
      },
    };
    begun.observe(counter);
  });
  const { t: instructions, syscallCount: syscalls, memory } = process;
  return { instructions, calls, detector, syscalls, memory: memory.touchedPages * PAGE_SIZE, status };
}

const ROWS: readonly (readonly [string, (cost: Cost) => number])[] = [
  ['instructions', ({ instructions }) => instructions],
  ['calls', ({ calls }) => calls],
  ['  of the race runtime', ({ detector }) => detector],
  ['system calls', ({ syscalls }) => syscalls],
  ['memory touched, KiB', ({ memory }) => memory / 1024],
  ['exit status', ({ status }) => status],
];

function table(plain: Cost, race: Cost): string {
  const rows = ROWS.map(([what, of]) => {
    const [one, other] = [of(plain), of(race)];
    const factor = one === 0 || what === 'exit status' ? '' : `${(other / one).toFixed(1)}x`;
    return [what, grouped(one), grouped(other), factor];
  });
  const all = [['', 'plain', 'with -race', ''], ...rows];
  const widths = [0, 1, 2, 3].map(column => Math.max(...all.map(row => row[column]!.length)));
  return all
    .map(row =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .map(line => `${line}\n`)
    .join('');
}
