/**
 * Whatever is looked at, wherever the program stands: the rest of the run is the one that nobody has looked at, to the bit. A command of the table is
 * either one that changes the run, or it is tried here.
 */
import { describe, expect, it } from 'vitest';
import { commandTable } from '../../src/debugger/commands/table.js';
import { buildC, buildGo, missing } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

/** Commands that let the program run, write into it, or end the session. */
const CHANGES: ReadonlySet<string> = new Set([
  ...[
    'continue',
    'stepi',
    'nexti',
    'step',
    'next',
    'finish',
    'until',
    'advance',
    'jump',
    'return',
    'restart',
    'start',
    'kill',
    'exit',
    'set',
  ],
  'call',
  // They go as the command that they are a way back of, and have tests of their own.
  ...['reverse-step', 'reverse-next', 'reverse-finish', 'rev', 'goto', 'branch', 'what-if'],
  // They run long pieces of the past anew; timeline.test.ts and origin.test.ts hold that the run stays what it was.
  ...['reverse-stepi', 'reverse-nexti', 'reverse-continue', 'seek', 'origin', 'why', 'race why', 'race second-opinion', 'hb'],
  // What they are told to do decides; each line of it is a command of this table.
  ...['source', 'commands', 'on'],
  // The text of the session that they keep is on the host.
  ...['transcript', 'save breakpoints', 'save', 'dump'],
]);

/** How each of the others is called, on any program. `expr` stands for the name of a variable or register that there is. */
const LOOKS: Readonly<Record<string, readonly string[]>> = {
  abi: ['abi'],
  'abi check': ['abi check'],
  args: ['args', 'args -v', 'frame 1 args'],
  deferred: ['deferred'],
  locals: ['locals', 'locals -v'],
  backtrace: ['bt', 'bt -full', 'bt -gdb', 'bt 3'],
  frame: ['frame', 'frame 1', 'frame 1 bt', 'frame 2 regs', 'frame 0'],
  up: ['up', 'up'],
  down: ['down'],
  'info frame': ['info frame', 'frame 1 info frame'],
  'info scope': ['info scope main', 'info scope main.main'],
  print: ['p $rsp', 'p *(long *)$rsp', 'p $rip', 'p $xmm0', 'p 1+2', 'p *(*[64]uint64)($rsp)', 'p errno', 'p nosuch'],
  whatis: ['whatis $rsp', 'whatis main', 'whatis main.main'],
  ptype: ['ptype int', 'ptype runtime.g', 'ptype/o runtime.m'],
  x: ['x/64xg $rsp', 'x/8i $pc', 'x/4s $rsp', 'x/16xb $rsp+100000', 'x/2xg 0', 'x/4xg $rsp-4096', 'x'],
  telescope: ['telescope', 'telescope $rsp 32'],
  regs: ['regs', 'regs -a'],
  'info all-registers': ['info all-registers'],
  display: ['display/x $rsp'],
  undisplay: ['undisplay'],
  disassemble: ['disassemble', 'disassemble $pc,+64'],
  list: ['list', 'list main', 'list -'],
  'instrument diff': ['instrument diff main.main'],
  'info line': ['info line'],
  'info symbol': ['info symbol $pc', 'info symbol $rsp'],
  'info source': ['info source'],
  goroutines: ['goroutines', 'goroutines -t', 'goroutines -with running'],
  goroutine: ['goroutine', 'goroutine 1', 'goroutine 1 bt', 'goroutine 2 bt', 'goroutine 2 locals'],
  threads: ['threads'],
  thread: ['thread', 'thread 1', 'thread 2', 'thread 2 bt', 'thread 1'],
  info: ['info'],
  'info state': ['info state'],
  'info program': ['info program'],
  'info mappings': ['info mappings'],
  libraries: ['libraries'],
  'info refused': ['info refused'],
  'info auxv': ['info auxv'],
  'info signals': ['info signals'],
  directory: ['directory /nowhere'],
  'set substitute-path': ['set substitute-path /a /b'],
  'unset substitute-path': ['unset substitute-path'],
  handle: ['handle SIGUSR1'],
  funcs: ['funcs ^main'],
  types: ['types ^runtime.g$'],
  vars: ['vars ^main'],
  sources: ['sources main'],
  packages: ['packages'],
  help: ['help', 'help x'],
  echo: ['echo here'],
  expect: ['expect 1 == 1', 'expect at nowhere'],
  printf: ['printf "%d", $rip'],
  output: ['output $rip'],
  config: ['config', 'config -list'],
  show: ['show version', 'show max-string-len'],
  breakpoints: ['breakpoints'],
  break: ['break *0'],
  tbreak: ['tbreak *0'],
  rbreak: ['rbreak ^nosuchname$'],
  trace: ['trace *0'],
  dprintf: ['dprintf *0,"%x",$rsp'],
  watch: ['watch *(long *)$rsp'],
  rwatch: ['rwatch *(long *)$rsp'],
  awatch: ['awatch *(long *)$rsp'],
  catch: ['catch syscall getpid'],
  condition: ['condition 1 $rsp == 0'],
  ignore: ['ignore 1 5'],
  toggle: ['toggle 1'],
  enable: ['enable'],
  disable: ['disable'],
  clear: ['clear main'],
  delete: ['delete'],
  race: ['race'],
  shadow: ['shadow $rsp'],
  'race threads': ['race threads'],
  'race clock': ['race clock 1'],
  'race sync': ['race sync $rsp'],
  'race history': ['race history 1'],
  // Elsewhere, and back to where it stood.
  mark: ['mark here'],
  marks: ['marks'],
  branches: ['branches'],
};

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
