/** What a command takes as its input grows: for each size the seconds beside the smallest, and how fast they grow. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildC, buildGo, toolchain } from '../support/build.js';

/** Seconds that a command of r14 takes, from the start of `node` to its end. */
type Measure = (args: readonly string[]) => number;

interface Series {
  readonly what: string;
  readonly sizes: readonly number[];
  readonly args: (size: number) => readonly string[];
}

export interface Growth {
  readonly what: string;
  readonly sizes: readonly number[];
  /** Seconds a size. */
  readonly seconds: readonly number[];
  /** Of the last step, without what the smallest takes: 1 is as fast as the input, 2 its square. */
  readonly exponent: number;
}

/** Below this, in seconds, nothing is told of how a command grows. */
const NOISE = 0.1;

/** A file of debugger commands, removed by `remove`. */
class Scripts {
  readonly folder = mkdtempSync(join(tmpdir(), 'r14-'));

  of(name: string, lines: readonly string[]): string {
    const file = join(this.folder, name);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** What a session of a binary begins with, its size in MB growing. */
const BINARIES: readonly { readonly what: string; readonly commands: readonly string[] }[] = [
  { what: 'MB of a binary, to the prompt', commands: [] },
  { what: 'the same, a first break', commands: ['break main.main'] },
  { what: 'the same, a first bt', commands: ['break main.main', 'continue', 'bt'] },
  { what: 'the same, a first info functions', commands: ['info functions ^main.main$'] },
];

/** Go binaries by their size in MB: a small one, and what there is of large ones. */
function largeBinaries(): ReadonlyMap<number, string> {
  const modules = join(import.meta.dirname, '../../node_modules');
  const go = toolchain('go1.26')?.goroot ?? '';
  const all = [buildGo('hello'), join(modules, '@esbuild/linux-x64/bin/esbuild'), join(go, 'pkg/tool/linux_amd64/compile')];
  return new Map(all.filter(path => existsSync(path)).map(path => [Math.round(statSync(path).size / 2 ** 20), path]));
}

function series(scripts: Scripts): Series[] {
  const blocked = buildGo('blocked');
  const blockedRace = buildGo('blocked', { race: true });
  const deep = buildC('deep', { flags: ['-O1', '-fno-optimize-sibling-calls'] });
  const counting = buildC('counting');
  const binaries = largeBinaries();
  const session = (binary: string, commands: readonly string[], rest: readonly string[] = []) => [
    'exec',
    '--batch',
    ...commands.flatMap(command => ['-ex', command]),
    binary,
    ...(rest.length > 0 ? ['--', ...rest] : []),
  ];
  return [
    { what: 'goroutines that wait, and are woken', sizes: [10, 1000, 100_000], args: size => ['run', blocked, '--', `${size}`] },
    { what: 'the same with -race', sizes: [10, 1000, 8000], args: size => ['run', blockedRace, '--', `${size}`] },
    {
      what: 'the list of goroutines',
      sizes: [10, 1000, 10_000],
      args: size => session(blocked, ['break main.allWait', 'continue', 'goroutines'], [`${size}`]),
    },
    {
      what: 'breakpoints',
      sizes: [1, 100, 10_000],
      args: size => [
        'exec',
        '--batch',
        '-x',
        scripts.of(`breakpoints-${size}`, [
          ...Array.from({ length: size }, (_, index) => `break *${0x401000 + 16 * index}`),
          'disable',
          'continue',
        ]),
        blocked,
      ],
    },
    {
      what: 'watchpoints',
      sizes: [1, 30, 1000],
      args: size => [
        'exec',
        '--batch',
        '-x',
        scripts.of(`watchpoints-${size}`, [
          'break main.main',
          'continue',
          ...Array.from({ length: size }, (_, index) => `watch -l *(long*)($rsp - ${8192 + 8 * index})`),
          'continue',
        ]),
        blocked,
      ],
    },
    { what: 'calls deep, run', sizes: [10, 1000, 100_000], args: size => ['run', deep, '--', `${size}`] },
    {
      what: 'calls deep, their backtrace',
      sizes: [10, 1000, 50_000],
      args: size => session(deep, ['break kill', 'continue', `bt ${size}`], [`${size}`]),
    },
    ...BINARIES.map(
      ({ what, commands }): Series => ({ what, sizes: [...binaries.keys()], args: size => session(binaries.get(size)!, commands) }),
    ),
    { what: 'threads that share work', sizes: [1, 8, 64], args: size => ['run', counting, '--', `${size}`, '200000'] },
  ];
}

/** How each series grows. */
export function growths(measure: Measure): Growth[] {
  const scripts = new Scripts();
  try {
    return series(scripts).map(({ what, sizes, args }) => {
      const seconds = sizes.map(size => measure(args(size)));
      const [smallest = 0] = seconds;
      const beside = (at: number): number => Math.max(NOISE, seconds.at(at)! - smallest);
      const exponent = Math.log(beside(-1) / beside(-2)) / Math.log(sizes.at(-1)! / sizes.at(-2)!);
      return { what, sizes, seconds, exponent };
    });
  } finally {
    scripts.remove();
  }
}
