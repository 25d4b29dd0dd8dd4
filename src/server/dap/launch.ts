/** What a launch configuration may say, and what it is on the command line of `r14 exec`. */
import { type Fields, RequestError } from './fields.js';

interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'number' | 'boolean' | 'strings' | 'object' | 'rules';
  /** The flag of `r14 exec` that it is; absent: this server's own affair. */
  readonly flag?: string;
  readonly summary: string;
}

/** In the order in which an editor offers them. */
export const LAUNCH_ATTRIBUTES: readonly Attribute[] = [
  { name: 'program', type: 'string', summary: 'path of a Linux/amd64 program, or the name of a bundled one (newproc-race)' },
  { name: 'args', type: 'strings', summary: 'arguments of the program' },
  { name: 'env', type: 'object', summary: 'variables of its environment, which is small and fixed otherwise' },
  { name: 'cwd', type: 'string', summary: 'folder that it is started in' },
  { name: 'stopOnEntry', type: 'boolean', summary: 'stop before the first instruction' },
  {
    name: 'stdin',
    type: 'string',
    flag: 'stdin',
    summary: 'file that it reads from its standard input; without one, what is typed in the console while it waits',
  },
  { name: 'replay', type: 'string', summary: 'instead of a program: a file FILE.r14 that save has written; stops where that was' },
  { name: 'core', type: 'string', summary: 'a core file to look at; program: where its program lies now' },
  { name: 'seed', type: 'number', flag: 'seed', summary: 'varies scheduling, random bytes and addresses' },
  { name: 'cpu', type: 'string', flag: 'cpu', summary: 'the processor, by the levels of x86-64: v1, v2 or v3' },
  { name: 'cpus', type: 'number', flag: 'cpus', summary: 'CPUs that its threads run on' },
  { name: 'memory', type: 'string', flag: 'memory', summary: 'memory that it may touch, as 512M or 4G' },
  { name: 'historyMemory', type: 'string', flag: 'history-memory', summary: 'memory that going back may take, beside the program' },
  { name: 'limit', type: 'number', flag: 'limit', summary: 'stop after so many instructions' },
  { name: 'variant', type: 'string', flag: 'variant', summary: 'variant of a bundled program' },
  { name: 'race', type: 'boolean', flag: 'race', summary: 'whether a bundled program is built with -race' },
  { name: 'sysroot', type: 'string', flag: 'sysroot', summary: 'where its loader and libraries are looked up' },
  { name: 'allowRead', type: 'strings', flag: 'allow-read', summary: 'files and trees that it may read' },
  { name: 'allowWrite', type: 'strings', flag: 'allow-write', summary: 'files and trees that it may write' },
  { name: 'overlay', type: 'strings', flag: 'overlay', summary: 'trees that it may read and change for itself, in memory' },
  { name: 'allowExec', type: 'strings', flag: 'allow-exec', summary: 'programs besides itself that it may start' },
  { name: 'processes', type: 'number', flag: 'processes', summary: 'how many processes there may be at once' },
  { name: 'netDelay', type: 'string', flag: 'net-delay', summary: 'how long what is sent takes to the other end, as 5ms' },
  { name: 'netLoss', type: 'number', flag: 'net-loss', summary: 'has a tenth of all datagrams lost, which of them by this seed' },
  {
    name: 'forward',
    type: 'strings',
    flag: 'forward',
    summary: 'ports of its network that clients on this machine reach, as 8080 or 9090:8080: at 127.0.0.1:9090',
  },
  {
    name: 'schedule',
    type: 'string',
    flag: 'schedule',
    summary: 'a schedule that r14 explore has found: the order in which its goroutines go on',
  },
  { name: 'substitutePath', type: 'rules', summary: 'where sources lie now: paths that begin with from are looked up under to' },
  { name: 'initCommands', type: 'strings', summary: "r14's commands that are run before the program" },
];

/** A launch, understood. */
export interface Launch {
  /** What is to be opened: a program or a recording. */
  readonly what: { readonly kind: 'program' | 'replay' | 'core'; readonly path: string };
  /** Of a core file: where its program lies now, if that was said. */
  readonly program: string | undefined;
  readonly cwd: string | undefined;
  /** As words of the command line, flags first, up to and without the path. */
  readonly flags: readonly string[];
  readonly args: readonly string[];
  readonly stopOnEntry: boolean;
  /** It is only to run. */
  readonly noDebug: boolean;
  /** Commands that come before it runs. */
  readonly commands: readonly string[];
}

/** Throws RequestError. */
export function launchOf(fields: Fields): Launch {
  const replay = fields.maybeText('replay');
  if (replay !== undefined && fields.has('program') && fields.text('program') !== '')
    throw new RequestError('launch: program and replay are two things: a recording names its program');
  const core = fields.maybeText('core');
  if (replay !== undefined && core !== undefined) throw new RequestError('launch: replay and core are two things to open');
  const path = replay ?? core ?? fields.text('program');
  if (path === '') throw new RequestError('launch: program is empty: the path of a program, or the name of a bundled one');
  const rules = fields
    .objects('substitutePath')
    .map(rule => `config substitute-path ${JSON.stringify(rule.text('from'))} ${JSON.stringify(rule.text('to'))}`);
  const env = fields.maybeObject('env');
  const flags = [
    ...LAUNCH_ATTRIBUTES.flatMap(({ name, type, flag }) =>
      flag === undefined || !fields.has(name) ? [] : valuesOf(fields, name, type).map(value => `--${flag}=${value}`),
    ),
    // A variable that is to be null is one that is not there, which it is not anyway.
    ...(env?.names ?? []).map(name => `--env=${name}=${env!.text(name)}`),
  ];
  return {
    what: { kind: replay !== undefined ? 'replay' : core !== undefined ? 'core' : 'program', path },
    program: fields.maybeText('program') || undefined,
    cwd: fields.maybeText('cwd'),
    flags,
    args: fields.texts('args'),
    stopOnEntry: fields.flag('stopOnEntry'),
    noDebug: fields.flag('noDebug'),
    commands: [...rules, ...fields.texts('initCommands')],
  };
}

function valuesOf(fields: Fields, name: string, type: Attribute['type']): readonly string[] {
  switch (type) {
    case 'number':
      return [String(fields.whole(name))];
    case 'boolean':
      return [String(fields.flag(name))];
    case 'strings':
      return fields.texts(name);
    default:
      return [fields.text(name)];
  }
}
