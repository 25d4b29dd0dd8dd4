/** What r14 is measured with beside qemu-user and native: programs of three kinds, as users run them. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildC, buildGo, type Toolchain } from '../support/build.js';
import { median, million, printTable, qemu, r14, rounds, type Stats, time } from './timing.js';

interface Program {
  readonly what: string;
  readonly binary: string;
  readonly args: readonly string[];
  /** Flags of r14. */
  readonly flags: readonly string[];
  /** Of r14's time to qemu-user's, at most. */
  readonly promised: number;
  /** Its exit status. */
  readonly status?: number;
}

const modules = join(import.meta.dirname, '../../node_modules');

export function programs(toolchain: Toolchain): Program[] {
  const folder = mkdtempSync(join(tmpdir(), 'r14-'));
  const source = join(folder, 'a.ts');
  writeFileSync(source, 'export const one: number = 1;\n');
  const flags: readonly string[] = [];
  const reading = ['--allow-read', modules, '--allow-read', folder];
  const own = (what: string, name: string, args: readonly string[], promised: number, race = false): Program => {
    return { what, binary: buildGo(name, { toolchain, race }), args, flags, promised };
  };
  const all: Program[] = [
    {
      what: 'integer loop in C',
      binary: buildC('loop', { static: true, flags: ['-O2'] }),
      args: ['200000000'],
      flags,
      promised: 1.5,
    },
    own('maps, sort, sha256 in Go', 'working', ['500000'], 1.5),
    own('goroutines in Go', 'sharing', ['500000'], 1.5),
    own('four goroutines, -race', 'sharing', ['100000'], 1, true),
    own('maps, sort, sha256, -race', 'working', ['50000'], 1, true),
    own('hello, -race', 'hello', [], 0.6, true),
    { ...own('crash, -race', 'crash', [], 0.6, true), status: 2 },
    {
      what: "TypeScript's compiler, in Go",
      binary: join(modules, '@typescript/typescript-linux-x64/lib/tsc'),
      args: ['--noEmit', '--ignoreConfig', source],
      flags: reading,
      promised: 1.5,
    },
    {
      what: 'esbuild, in Go',
      binary: join(modules, '@esbuild/linux-x64/bin/esbuild'),
      args: ['--minify', '--log-level=error', '--outfile=/dev/null', join(modules, 'react-reconciler/cjs/react-reconciler.development.js')],
      flags: reading,
      promised: 1.5,
    },
  ];
  return all.filter(({ binary }) => existsSync(binary));
}

/** Seconds of each way to run a program, in turn: what else the machine does is the same for all. */
function inTurn({ what, binary, args, flags, promised, status }: Program): readonly string[] {
  const ways = {
    native: [binary, ...args],
    qemu: qemu ? ['qemu-x86_64', binary, ...args] : [],
    r14: [process.execPath, r14, 'run', '--stats', ...flags, binary, '--', ...args],
  };
  const seconds: Record<keyof typeof ways, number[]> = { native: [], qemu: [], r14: [] };
  let stats: Partial<Stats> = {};
  for (let round = 0; round < rounds; round++) {
    for (const way of ['native', 'qemu', 'r14'] as const) {
      const [command, ...rest] = ways[way];
      if (command === undefined) continue;
      const { seconds: taken, stderr } = time(command, rest, 1, status);
      seconds[way].push(taken);
      if (way === 'r14') stats = JSON.parse(stderr[0]!.trimEnd().split('\n').at(-1)!) as Stats;
    }
  }
  const middle = { native: median(seconds.native), qemu: median(seconds.qemu), r14: median(seconds.r14) };
  const { instructions = 0, jit, rss = 0, pages = 0 } = stats;
  const ratio = (to: number | undefined): string => (to === undefined ? '-' : (middle.r14 / to).toFixed(1));
  return [
    what,
    `${million(instructions)} M, ${((100 * (jit?.compiled ?? 0)) / instructions).toFixed(0)} % compiled`,
    ...(['native', 'qemu', 'r14'] as const).map(way => (middle[way] === undefined ? '-' : `${middle[way].toFixed(2)} s`)),
    ratio(middle.qemu),
    `<= ${promised}`,
    ratio(middle.native),
    // Without the guest's pages; and the WebAssembly of what is compiled at the end, a small part of what V8 keeps of it.
    `${((rss - 4096 * pages) / 2 ** 20).toFixed(0)} MB`,
    `${((jit?.codeBytes ?? 0) / 2 ** 20).toFixed(1)} MB`,
  ];
}

/** Prints how programs fare beside qemu-user and native. */
export function besideOthers(all: readonly Program[]): void {
  console.log('\nBeside qemu-user and native, in turn, from the start of `node` to its end:');
  printTable([
    ['', 'instructions', 'native', 'qemu-user', 'r14', ': qemu-user', 'promised', ': native', 'own memory', 'compiled'],
    ...all.map(inTurn),
  ]);
}
