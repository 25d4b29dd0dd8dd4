/** The command line's one table: what `r14` understands, and the help that comes of it. */
import { CPU_LEVELS, DEFAULT_CPU } from '../cpu/cpuid.js';
import { STRATEGY_NAMES, VERDICTS } from '../explore/names.js';
import { Told } from '../host/told.js';

/** What r14 can be told to do first, in the order in which the help of a flag names it. */
const EVERY_COMMAND = [
  'exec',
  'replay',
  'run',
  'asm',
  'programs',
  'lesson',
  'race',
  'info',
  'cost',
  'gdbserver',
  'core',
  'dap',
  'completion',
  'open',
  'explore',
] as const;

export type CommandName = (typeof EVERY_COMMAND)[number];

export interface FlagRow {
  readonly name: string;
  readonly short?: string;
  /** How its value is called in the help; absent: it takes none. */
  readonly value?: string;
  readonly summary: string;
  readonly of: readonly CommandName[];
  readonly repeated?: boolean;
  /** Written with one dash, as gdb writes it. */
  readonly gdb?: true;
}

export const COMMAND_FLAGS = [
  {
    name: 'batch',
    summary: 'run the commands of -ex and -x and end: status 0, or 1 if one failed',
    of: ['exec', 'replay', 'asm', 'core', 'open'],
  },
  {
    name: 'ex',
    value: 'COMMAND',
    summary: 'run a debugger command; any number, in order',
    of: ['exec', 'replay', 'asm', 'core', 'open'],
    repeated: true,
    gdb: true,
  },
  {
    name: 'x',
    value: 'FILE',
    summary: 'run the commands of a file',
    of: ['exec', 'replay', 'asm', 'core', 'open'],
    repeated: true,
    gdb: true,
  },
  { name: 'line', summary: 'type commands line by line, not in the full screen', of: ['exec', 'replay', 'asm', 'lesson', 'core', 'open'] },
  {
    name: 'ascii',
    summary: 'draw the screen with ASCII characters only, as with LC_ALL=C or TERM=vt100',
    of: ['exec', 'replay', 'asm', 'lesson', 'core', 'open'],
  },
  {
    name: 'screen-reader',
    summary: 'lines, and what each step has changed in words (also with INK_SCREEN_READER=true)',
    of: ['exec', 'replay', 'asm', 'lesson', 'core', 'open'],
  },
  {
    name: 'json',
    summary:
      'print one JSON object a line: for each command, and then the program writes to standard error; for each program, step, instruction',
    of: ['exec', 'replay', 'asm', 'programs', 'lesson', 'info', 'cost', 'core', 'open', 'explore'],
  },
  {
    name: 'self',
    summary: 'instead of a program: r14 itself, and what it runs on, for a report of what went wrong',
    of: ['info'],
  },
  { name: 'tap', summary: 'with --check or --cases, print the steps as TAP, the Test Anything Protocol', of: ['lesson', 'asm'] },
  {
    name: 'stats',
    summary:
      'one last line on standard error: instructions, seconds, exit, syscalls, pages, rss, compiled code; of explore runs, orders, seconds, cpu, pages, rss, own',
    of: ['run', 'asm', 'explore'],
  },
  {
    name: 'stdin',
    short: 'r',
    value: 'FILE',
    summary: 'what it reads from its standard input (default: what comes to r14, if r14 itself reads no commands there)',
    of: ['exec', 'run', 'asm', 'gdbserver', 'explore'],
  },
  {
    name: 'seed',
    value: 'N',
    summary: 'vary scheduling, random bytes and addresses (default 0); of a search: what its runs are drawn from',
    of: ['exec', 'run', 'gdbserver', 'explore'],
  },
  {
    name: 'cpu',
    value: CPU_LEVELS.join('|'),
    summary: `which processor it has, by the levels of x86-64 (default ${DEFAULT_CPU}); a recorded run has the one that it was made with`,
    of: ['exec', 'run', 'asm', 'replay', 'gdbserver', 'explore'],
  },
  { name: 'cpus', value: 'N', summary: 'CPUs that its threads run on (default 2)', of: ['exec', 'run', 'gdbserver', 'explore'] },
  {
    name: 'memory',
    value: 'SIZE',
    summary: 'memory the program may touch, as 512M or 4G (default 2G); --memory help tells what r14 itself may take beside it',
    of: ['exec', 'run', 'asm', 'gdbserver', 'explore'],
  },
  {
    name: 'history-memory',
    value: 'SIZE',
    summary: 'memory that going back may take, beside the program (default 1G)',
    of: ['exec', 'replay', 'asm', 'gdbserver', 'open'],
  },
  {
    name: 'limit',
    value: 'N',
    summary: 'stop after N instructions',
    of: ['exec', 'run', 'asm', 'lesson', 'cost', 'race', 'gdbserver', 'explore'],
  },
  {
    name: 'env',
    value: 'K=V',
    summary: 'set a variable of its environment, which is small and fixed otherwise',
    of: ['exec', 'run', 'race', 'cost', 'gdbserver', 'explore'],
    repeated: true,
  },
  {
    name: 'sysroot',
    value: 'DIR',
    summary: 'where its loader and libraries are looked up (default /)',
    of: ['exec', 'run', 'gdbserver', 'core', 'explore'],
  },
  { name: 'allow-read', value: 'PATH', summary: 'let it read a file or tree', of: ['exec', 'run', 'gdbserver', 'explore'], repeated: true },
  {
    name: 'allow-write',
    value: 'PATH',
    summary: 'let it write a file or tree',
    of: ['exec', 'run', 'gdbserver', 'explore'],
    repeated: true,
  },
  {
    name: 'allow-exec',
    value: 'PATH',
    summary: 'let it start a program besides itself, which is emulated as it is',
    of: ['exec', 'run', 'gdbserver'],
    repeated: true,
  },
  {
    name: 'processes',
    value: 'N',
    summary: 'processes there may be at once (default 64)',
    of: ['exec', 'run', 'gdbserver'],
  },
  {
    name: 'net-delay',
    value: 'TIME',
    summary: 'how long what it sends to itself over IP is on its way, in its time: 5ms, 200us (default: none)',
    of: ['exec', 'run', 'gdbserver'],
  },
  {
    name: 'net-loss',
    value: 'SEED',
    summary: 'lose one in ten datagrams, and have one in ten pieces of a connection come late, as they would that are sent again',
    of: ['exec', 'run', 'gdbserver'],
  },
  {
    name: 'forward',
    value: '[HOST:]PORT',
    summary: 'let clients on this machine reach a port of its network, at 127.0.0.1:HOST or the same port; HOST 0: any that is free',
    of: ['exec', 'run', 'gdbserver'],
    repeated: true,
  },
  {
    name: 'overlay',
    value: 'PATH',
    summary: 'let it read a tree and change it for itself: what it writes there is in memory, and the tree stays as it is',
    of: ['exec', 'run', 'gdbserver', 'explore'],
    repeated: true,
  },
  {
    name: 'keep',
    value: 'DIR',
    summary:
      'at the end write the files of its own, of /tmp, /dev/shm, where it started and overlays, to this folder, which is to be empty',
    of: ['exec', 'run'],
  },
  { name: 'runs', value: 'N', summary: 'how many runs to make at most (default 1000)', of: ['explore'] },
  {
    name: 'strategy',
    value: 'NAME',
    summary: `who goes on at each point: ${STRATEGY_NAMES.join(', ')} (default mixed)`,
    of: ['explore', 'run'],
  },
  {
    name: 'until',
    value: 'WHAT,...',
    summary: `what to look for: ${Object.keys(VERDICTS).join(', ').replace('output', 'output:REGEX')} (default: the first six)`,
    of: ['explore'],
  },
  { name: 'hang', value: 'SECONDS', summary: 'so much of its own time in which nothing happens is for ever (default 10)', of: ['explore'] },
  {
    name: 'second-opinion',
    summary: "find races that the program's own detector drops, too: FastTrack looks at each run, which takes several times as long",
    of: ['explore'],
  },
  { name: 'workers', value: 'N', summary: 'how many processes search (default: as many as there are CPUs)', of: ['explore'] },
  { name: 'shard', value: 'I/N', summary: 'do the I-th of N parts of the search, on one of N machines', of: ['explore'] },
  { name: 'from', value: 'N', summary: 'begin with that run, where a search was interrupted', of: ['explore'] },
  {
    name: 'merge',
    summary: 'put the lines of --json together, of all parts of a search: r14 explore --merge FILE.jsonl...',
    of: ['explore'],
  },
  {
    name: 'schedule',
    value: 'FILE',
    summary: 'run by a schedule that explore has found: the same run each time',
    of: ['exec', 'run'],
  },
  { name: 'schedule-out', value: 'FILE', summary: 'write the schedule by which it has run, to change it or to go on from it', of: ['run'] },
  {
    name: 'variant',
    value: 'NAME',
    summary: 'which variant of a bundled program (r14 programs lists them)',
    of: ['exec', 'run', 'cost', 'race', 'gdbserver', 'explore'],
  },
  {
    name: 'race',
    value: 'true|false',
    summary: 'whether a bundled program, or its runtime, is built with -race (default: as it is meant)',
    of: ['exec', 'run', 'asm', 'gdbserver', 'explore'],
  },
  {
    name: 'call',
    value: 'CALL',
    summary: "call a function, as 'Add(2, 3)', under its own convention, and print its results; any number, in order",
    of: ['asm'],
    repeated: true,
  },
  {
    name: 'cases',
    value: 'FILE.json',
    summary: 'make the calls of that file with each of the files, and compare the results: an autograder (docs/lessons.md)',
    of: ['asm'],
  },
  {
    name: 'runtime',
    summary: 'assemble it with the small Go runtime of the bundled programs: goroutines, channels, maps, the heap',
    of: ['asm'],
  },
  {
    name: 'go',
    value: 'RELEASE',
    summary: 'be as the assembler of that Go is, 1.21 to 1.27, or its race runtime, from 1.19 on (default: the newest)',
    of: ['asm', 'race'],
  },
  {
    name: 'model',
    value: 'MODEL',
    summary: 'which to replay on: v3 (default), v2 of Go before 1.19, or the precise fasttrack and djit',
    of: ['race'],
  },
  {
    name: 'listen',
    value: 'PORT',
    summary: 'serve editors that connect to this port of this machine, one after another, instead of standard input and output',
    of: ['dap'],
  },
  {
    name: 'listen-all',
    summary: 'let others than this machine connect: whoever does can do what you can with the program',
    of: ['gdbserver'],
  },
  { name: 'list', summary: 'print offset, bytes and Go syntax of each instruction, and end', of: ['asm'] },
  { name: 'check', summary: 'walk the whole lesson at once and print each step: status 0, or 1 if one was not as it says', of: ['lesson'] },
  { name: 'new', summary: 'write a small lesson that works into the folder DIR', of: ['lesson'] },
  { name: 'print', summary: 'print the lesson as a handout in Markdown, with what each step answers', of: ['lesson'] },
  { name: 'html', summary: 'with --print, as a page of HTML with the screens of its stops', of: ['lesson'] },
  { name: 'from-start', summary: 'begin at the beginning, wherever the lesson was left', of: ['lesson'] },
  { name: 'allow-build', summary: 'let the lesson run its own command that builds its program', of: ['lesson'] },
  {
    name: 'help',
    short: 'h',
    summary: 'show this help',
    of: EVERY_COMMAND,
  },
  {
    name: 'version',
    short: 'V',
    summary: 'show the version',
    of: EVERY_COMMAND,
  },
] as const satisfies readonly FlagRow[];

export type FlagName = (typeof COMMAND_FLAGS)[number]['name'];

export const CLI_COMMANDS = {
  exec: { syntax: 'r14 exec [FLAGS] PATH [-- ARGUMENT...]', summary: 'debug a Linux/amd64 program, stopped before its first instruction' },
  run: {
    syntax: 'r14 run [FLAGS] PATH [-- ARGUMENT...]',
    summary: 'run it without a debugger: its output and its exit status, nothing else',
  },
  explore: {
    syntax: 'r14 explore [FLAGS] PATH [-- ARGUMENT...]',
    summary:
      'run a Go program in many orders of its goroutines until it fails, and keep the one in which it does, made small (docs/explore.md)',
  },
  asm: { syntax: 'r14 asm [FLAGS] FILE.s...', summary: 'assemble Go assembly and debug it; types.go beside it gives types and signatures' },
  programs: { syntax: 'r14 programs', summary: 'list the bundled programs, which need no toolchain: r14 exec NAME' },
  replay: {
    syntax: 'r14 replay [FLAGS] FILE.r14 [PROGRAM]',
    summary: 'come back to where save was told to keep a run, elsewhere too; PROGRAM: where its file lies now',
  },
  core: {
    syntax: 'r14 core [FLAGS] CORE [PROGRAM]',
    summary: 'look at a core file, of gdb, the kernel or Go: stacks, goroutines, memory, conventions; PROGRAM: where its program lies now',
  },
  gdbserver: {
    syntax: 'r14 gdbserver [FLAGS] :PORT PATH [-- ARGUMENT...]',
    summary: 'debug it from gdb, with target remote :PORT; it goes backwards too, and monitor COMMAND does what r14 can',
  },
  dap: {
    syntax: 'r14 dap [--listen PORT]',
    summary: 'debug from an editor, by the Debug Adapter Protocol: what to debug is in its launch configuration (docs/editors.md)',
  },
  lesson: {
    syntax: 'r14 lesson [FLAGS] NAME|DIR|FILE.md',
    summary: 'walk through a lesson, step by step: of a bundled program, or one of your own (docs/lessons.md)',
  },
  cost: {
    syntax: 'r14 cost [FLAGS] NAME, or PLAIN RACE',
    summary: 'what -race costs a bundled program, or two builds of one: instructions, calls, system calls, memory',
  },
  info: {
    syntax: 'r14 info [--json] PATH, or --self',
    summary: 'what a program is: its Go, build settings, whether it is a race build and by what evidence, ABI, DWARF',
  },
  open: {
    syntax: 'r14 open [FLAGS] LINK [PROGRAM]',
    summary:
      "open what somebody has shared, from the page or with the command share; PROGRAM: where the program of the link lies, if it is none of r14's",
  },
  completion: {
    syntax: 'r14 completion bash|zsh|fish',
    summary: 'print what has a shell complete commands and flags: source <(r14 completion bash)',
  },
  race: {
    syntax: 'r14 race replay|compare [FLAGS] FILE|NAME',
    summary:
      'replay an event script on a model of the race detector, and print what the real one would; or compare all models on it, or on a bundled program',
  },
} as const;

/** What some commands can do, as the word behind them says. */
export const ACTIONS: Readonly<Partial<Record<CommandName, readonly string[]>>> = { race: ['replay', 'compare'] };

/** A command line after parsing. */
export interface Parsed {
  readonly command: CommandName | undefined;
  /** Of a command that can do several things: which. */
  readonly action: string | undefined;
  readonly path: string | undefined;
  /** Of `asm` and `cost` there may be several. */
  readonly paths: readonly string[];
  readonly args: readonly string[];
  /** In the order given: `-ex` and `-x` run in turn. */
  readonly script: readonly { readonly kind: 'ex' | 'x'; readonly text: string }[];
  /** Values of each flag; those without one have ''. */
  readonly values: ReadonlyMap<FlagName, readonly string[]>;
}

/** A command line that makes no sense: the message says what is wrong. */
export class UsageError extends Told {
  override name = 'UsageError';
}

export function parseCommandLine(argv: readonly string[]): Parsed {
  const values = new Map<FlagName, string[]>();
  const script: { kind: 'ex' | 'x'; text: string }[] = [];
  let command: CommandName | undefined;
  let action: string | undefined;
  let path: string | undefined;
  const paths: string[] = [];
  let args: readonly string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === '--') {
      args = argv.slice(index + 1);
      break;
    }
    if (word.startsWith('-') && word !== '-') {
      const [name, attached] = splitFlag(word);
      const row = findFlag(name, command, paths.length > 0);
      let value = '';
      if (row.value === undefined) {
        if (attached !== undefined) throw new UsageError(`${word}: --${row.name} takes no value`);
      } else {
        const following = attached ?? argv[++index];
        if (following === undefined) throw new UsageError(`${word} wants a value: ${row.value}`);
        value = following;
      }
      const before = values.get(row.name as FlagName);
      if (before !== undefined && !row.repeated) throw new UsageError(`${word} is given twice`);
      values.set(row.name as FlagName, [...(before ?? []), value]);
      if (row.name === 'ex' || row.name === 'x') script.push({ kind: row.name, text: value });
      continue;
    }
    if (command === undefined) {
      if (!(word in CLI_COMMANDS)) throw new UsageError(`no command "${word}"; there are ${Object.keys(CLI_COMMANDS).join(', ')}`);
      command = word as CommandName;
    } else if (command in ACTIONS && action === undefined) {
      const actions = ACTIONS[command] ?? [];
      if (!actions.includes(word)) throw new UsageError(`r14 ${command} can ${actions.join(', ')}, not "${word}"`);
      action = word;
    } else if (command === 'programs' || command === 'dap') throw new UsageError(`r14 ${command} takes no argument, not "${word}"`);
    else if (
      path === undefined ||
      command === 'asm' ||
      command === 'cost' ||
      (command === 'explore' && values.has('merge')) ||
      (['replay', 'gdbserver', 'core', 'open'].includes(command) && paths.length === 1)
    ) {
      path ??= word;
      paths.push(word);
    } else throw new UsageError(`"${word}": the program's own arguments stand behind --`);
  }
  return { command, action, path, paths, args, script, values };
}

function splitFlag(word: string): readonly [name: string, attached: string | undefined] {
  const plain = word.replace(/^--?/, '');
  const equals = plain.indexOf('=');
  return equals < 0 ? [plain, undefined] : [plain.slice(0, equals), plain.slice(equals + 1)];
}

/** `behind`: a program stands in front of the flag, which may be meant for it. */
function findFlag(name: string, command: CommandName | undefined, behind: boolean): FlagRow {
  const rows: readonly FlagRow[] = COMMAND_FLAGS;
  const row = rows.find(each => each.name === name || each.short === name);
  const forProgram =
    behind && ['run', 'exec', 'explore', 'gdbserver'].includes(command ?? '') ? '; what is for the program stands behind --' : '';
  if (row === undefined) throw new UsageError(`no flag ${name.length > 1 ? '--' : '-'}${name}${forProgram}`);
  if (command !== undefined && !row.of.includes(command)) throw new UsageError(`--${name} is not a flag of r14 ${command}`);
  return row;
}

/** Whether the user hears what is shown. The variable is Ink's. */
export const heard = (parsed: Parsed): boolean => parsed.values.has('screen-reader') || process.env.INK_SCREEN_READER === 'true';

/**
 * Whether the screen may have no character beyond ASCII: asked for, or because of what the environment says of the terminal: a locale (locale(7): the
 * first of these that is set) whose characters are not UTF-8, or one of DEC's terminals.
 */
export function asciiWanted(parsed: Parsed): boolean {
  const { LC_ALL, LC_CTYPE, LANG, TERM = '' } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return parsed.values.has('ascii') || (locale !== '' && !/utf-?8/i.test(locale)) || /^vt\d/.test(TERM);
}

/** Whether the full screen is to be opened: keys and cells are there, and nobody wants lines. */
export const screenWanted = (parsed: Parsed): boolean =>
  process.stdin.isTTY === true &&
  process.stdout.isTTY === true &&
  // A terminal that nothing is known of, or that knows nothing: an empty TERM is one.
  !['', 'dumb'].includes(process.env.TERM ?? '') &&
  !parsed.values.has('line') &&
  !heard(parsed);

/** A whole number of at least `minimum`; undefined when the flag was not given. */
export function numberFlag(parsed: Parsed, name: FlagName, minimum: number): number | undefined {
  const text = parsed.values.get(name)?.[0];
  if (text === undefined) return undefined;
  const value = /^\d[\d_,]*$/.test(text) ? Number(text.replace(/[_,]/g, '')) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < minimum)
    throw new UsageError(`--${name}: "${text}" is not a whole number of at least ${minimum}`);
  return value;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** `512M`, `4GiB`, `65536` in bytes. */
export function sizeFlag(parsed: Parsed, name: FlagName): number | undefined {
  const text = parsed.values.get(name)?.[0];
  if (text === undefined) return undefined;
  const match = /^(\d+)\s*([KMG]?)(i?B)?$/i.exec(text);
  const size = match === null ? Number.NaN : Number(match[1]) * UNITS[match[2]!.toUpperCase()]!;
  if (!Number.isSafeInteger(size) || size <= 0) throw new UsageError(`--${name}: "${text}" is not a size such as 512M or 4G`);
  return size;
}

const TIMES: Readonly<Record<string, number>> = { ns: 1, us: 1000, ms: 1_000_000, s: 1_000_000_000 };

/** `5ms` in ns. */
export function timeFlag(parsed: Parsed, name: FlagName): number | undefined {
  const text = parsed.values.get(name)?.[0];
  if (text === undefined) return undefined;
  const match = /^(\d+)(ns|us|ms|s)$/.exec(text);
  const time = match === null ? Number.NaN : Number(match[1]) * TIMES[match[2]!]!;
  if (!(time >= 0 && time <= 60 * TIMES.s!)) throw new UsageError(`--${name}: "${text}" is not a time up to 60s, such as 5ms or 200us`);
  return time;
}

/** `--race=true`; undefined when the flag was not given. */
export function raceFlag(parsed: Parsed): boolean | undefined {
  const text = parsed.values.get('race')?.[0];
  if (text === undefined) return undefined;
  if (text !== 'true' && text !== 'false') throw new UsageError(`--race: "${text}" is neither true nor false`);
  return text === 'true';
}

/** `--go 1.26` as 26; undefined when the flag was not given. */
export function goFlag(parsed: Parsed): number | undefined {
  const text = parsed.values.get('go')?.[0];
  if (text === undefined) return undefined;
  const minor = /^(?:go)?1\.(2[1-7])(?:\.\d+)?$/.exec(text)?.[1];
  if (minor === undefined) throw new UsageError(`--go: "${text}" is none of the releases 1.21 to 1.27`);
  return Number(minor);
}

/** `--env K=V`, all of them. */
export function environmentFlag(parsed: Parsed): Readonly<Record<string, string>> | undefined {
  const given = parsed.values.get('env');
  if (given === undefined) return undefined;
  return Object.fromEntries(
    given.map(text => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new UsageError(`--env: "${text}" is not K=V`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

export function usage(): string {
  const flags = COMMAND_FLAGS.map(row => {
    const dashes = 'gdb' in row ? `-${row.name}` : `--${row.name}`;
    const short = 'short' in row ? `, -${row.short}` : '';
    const only = row.of.length === 1 ? ` (${row.of[0]})` : '';
    return [`${dashes}${'value' in row ? ` ${row.value}` : ''}${short}`, `${row.summary}${only}`] as const;
  });
  const width = Math.max(...flags.map(([left]) => left.length));
  return [
    'r14: a debugger for the lowest layer of Go, on an amd64 Linux machine of its own.',
    '',
    '  r14\n      open the bundled crash where it stopped, with its lesson beside it',
    ...Object.values(CLI_COMMANDS).map(({ syntax, summary }) => `  ${syntax}\n      ${summary}`),
    '',
    'Flags:',
    ...flags.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
    'In the debugger, help lists its commands.',
  ].join('\n');
}
