/**
 * Whatever is looked at, wherever the program stands: the rest of the run is the one that nobody has looked at, to the bit. A command of the table is
 * either one that changes the run, or it is tried here.
 */
import { describe, expect, it } from 'vitest';
import { commandTable } from '../../src/debugger/commands/table.js';
import { buildC, buildGo, missing } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';
import { CHANGES, LOOKS } from '../support/looks.js';

/** In the order in which they make sense: what is set is deleted at the end. */
const LINES = Object.values(LOOKS).flat();

/** Looks at all that is there, and leaves nothing set. */
async function look(at: Debugging): Promise<void> {
  const { process } = at.session.target;
  const { memory } = process;
  for (const { start, end } of memory.mappings()) {
    const size = Number(end - start);
    for (let offset = 0; offset < size; offset += Math.max(4096, Math.floor(size / 64 / 4096) * 4096)) {
      expect(memory.read(start + BigInt(offset), 4096)).toHaveLength(4096);
    }
  }
  for (const line of LINES) {
    const { output } = await at.run(line);
    expect(output, line).not.toContain('r14 itself is at fault');
  }
  process.hash();
}

/** What a run is: how it stood at each stop, and what it wrote. */
async function history(open: () => Debugging, stops: readonly string[], looking: boolean): Promise<unknown> {
  const at = open();
  const seen: unknown[] = [];
  const note = (): void => {
    const { stop, target } = at.session;
    seen.push({ reason: stop.reason, t: target.process.t, hash: target.process.hash(), written: at.written() });
  };
  if (looking) await look(at);
  for (const line of [...stops, 'continue', 'continue', 'continue']) {
    await at.run(line);
    note();
    if (looking) await look(at);
  }
  return seen;
}

interface Program {
  readonly name: string;
  readonly open: () => Debugging;
  readonly stops: readonly string[];
  readonly why?: string | undefined;
}

const go = missing('go1.26');
const old = missing('go1.19');
const gcc = missing('gcc');
const race = missing('go1.26', 'gcc');

const PROGRAMS: readonly Program[] = [
  { name: 'newproc-race', open: () => debugBundled('newproc-race'), stops: ['stepi 30'] },
  { name: 'scheduler', open: () => debugBundled('scheduler'), stops: ['stepi 200', 'stepi 1000'] },
  { name: 'stack-growth', open: () => debugBundled('stack-growth'), stops: ['stepi 500'] },
  {
    name: 'crash, -race',
    open: () => debug(buildGo('crash', { race: true })),
    stops: ['advance runtime.schedinit', 'advance runtime.main'],
    why: race,
  },
  { name: 'goroutines', open: () => debug(buildGo('goroutines')), stops: ['stepi 20000', 'advance main.main'], why: go },
  {
    name: 'gc, go1.19',
    open: () => debug(buildGo('gc', { toolchain: 'go1.19' })),
    stops: ['stepi 30000', 'advance runtime.main'],
    why: old,
  },
  { name: 'panics', open: () => debug(buildGo('panics')), stops: ['stepi 10000', 'advance main.main'], why: go },
  { name: 'C: hello, dynamic', open: () => debug(buildC('hello')), stops: ['stepi 5000', 'stepi 90000'], why: gcc },
  {
    name: 'C: kernel-threads',
    open: () => debug(buildC('kernel-threads', { static: true })),
    stops: ['stepi 30000', 'stepi 100000'],
    why: gcc,
  },
  { name: 'C: signals', open: () => debug(buildC('signals', { static: true })), stops: ['stepi 20000'], why: gcc },
  { name: 'C: heap, memory used up', open: () => debug(buildC('heap', { static: true }), ['--memory', '160K']), stops: [], why: gcc },
];

describe('looking', () => {
  it('is all that the table has besides what changes the run', () => {
    const names = commandTable.commands.map(command => command.name);
    expect(names.filter(name => !CHANGES.has(name) && LOOKS[name] === undefined)).toEqual([]);
    expect([...CHANGES, ...Object.keys(LOOKS)].filter(name => !names.includes(name))).toEqual([]);
  });

  describe.each(PROGRAMS)('$name', ({ open, stops, why }) => {
    it.skipIf(why)(`changes nothing of the run${why === undefined ? '' : ` (skipped: ${why})`}`, async () => {
      expect(await history(open, stops, true)).toEqual(await history(open, stops, false));
    });
  });
});
