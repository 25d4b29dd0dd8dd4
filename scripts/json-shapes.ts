/**
 * What r14 prints as JSON, as a schema (JSON Schema, 2020-12): `npm run docs` writes it to docs/json-schema.json, and a test holds real answers
 * against it. Everything that an object may have is named: what is not here is not there.
 */
import { CPU_LEVELS } from '../src/cpu/cpuid.js';
import { ENDINGS } from '../src/debugger/session/breakpoints.js';

export type Schema = { readonly [key: string]: unknown };

const string: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };
const boolean: Schema = { type: 'boolean' };
const nothing: Schema = { type: 'null' };
/** Addresses and numbers of 64 bits. */
const hex: Schema = { type: 'string', pattern: '^0x[0-9a-f]+$' };
const list = (items: Schema): Schema => ({ type: 'array', items });
const strings = list(string);
/** Whatever another command, or a table of its own, has there. */
const anything: Schema = {};
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
const either = (...all: readonly Schema[]): Schema => ({ anyOf: all });
const maybe = (schema: Schema): Schema => either(schema, nothing);
const oneOf = (...values: readonly (string | number)[]): Schema => ({ enum: values });
/** Any names, and what each has. */
const record = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
const about = (description: string, schema: Schema): Schema => ({ description, ...schema });

/** An object of these fields; a name that ends in `?` may be missing. */
function object(fields: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(fields).map(([name, schema]) => ({ name: name.replace(/\?$/, ''), schema, needed: !name.endsWith('?') }));
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(({ name, schema }) => [name, schema])),
    required: entries.flatMap(({ name, needed }) => (needed ? [name] : [])),
    additionalProperties: false,
  };
}

const line = { file: maybe(string), line: maybe(integer) };
const place = object({ address: hex, function: maybe(string), ...line });
const clock = list(object({ sid: integer, epoch: integer, tid: maybe(integer) }));
const race = {
  tid: integer,
  goroutine: maybe(integer),
  access: oneOf('read', 'write'),
  atomic: boolean,
  address: hex,
  bytes: integer,
  sid: integer,
  epoch: integer,
  stack: maybe(list(hex)),
  knows: maybe(integer),
};

const goroutine = {
  id: integer,
  status: string,
  waitReason: string,
  thread: maybe(integer),
  function: maybe(string),
  ...line,
  pc: maybe(hex),
};

/** What is known of a breakpoint of any kind. */
const breakpoint = {
  id: integer,
  name: maybe(string),
  location: string,
  condition: maybe(string),
  hitCondition: maybe(object({ operator: string, count: integer })),
  thread: maybe(integer),
  goroutine: maybe(integer),
  temporary: boolean,
  enabled: boolean,
  hits: integer,
  ignore: integer,
  trace: boolean,
  message: maybe(string),
  commands: strings,
};

/** What is the same in several answers. */
const PARTS: Readonly<Record<string, Schema>> = {
  Value: object({
    'name?': about('of a variable, or of a part: it continues the expression of the whole', string),
    type: maybe(string),
    'kind?': string,
    value: about('the text on one line', string),
    'address?': maybe(hex),
    'length?': integer,
    'capacity?': integer,
    'pointer?': hex,
    'lost?': oneOf('not set yet', 'clobbered', 'optimized out', 'lost', 'unavailable', 'unreadable'),
    'why?': string,
    'children?': list(ref('Value')),
    'truncated?': boolean,
  }),
  Stop: object({
    reason: about('why the program stands: breakpoint, watchpoint, signal, step, exited, ...', string),
    signal: maybe(string),
    address: about('of a fault, or of what is watched', maybe(hex)),
    pc: maybe(hex),
    function: maybe(string),
    t: about('instructions so far', integer),
    thread: maybe(integer),
    goroutine: maybe(integer),
    'breakpoint?': integer,
    'rule?': about('of the convention that was broken', string),
    'message?': about(`of what ends the program: ${ENDINGS.join(', ')}`, string),
    'status?': integer,
    'returned?': list(ref('Value')),
    'results?': list(object({ call: string, results: list(ref('Value')), changed: list(ref('Value')) })),
  }),
  Frame: object({
    index: integer,
    pc: hex,
    function: string,
    ...line,
    inlined: boolean,
    stack: about('whose it lies on', string),
    args: list(object({ name: string, value: string, how: string, 'why?': string })),
    'traced?': about("the arguments as Go's tracebacks have them, where nothing else tells", string),
    how: about('by what the frame is known', string),
    'jumpedFrom?': string,
    'jumpedThrough?': strings,
    'overwritten?': about('its return address', object({ slot: hex, now: hex, 'by?': hex, 't?': integer })),
  }),
  Breakpoint: either(
    object({ ...breakpoint, kind: oneOf('break'), places: list(place) }),
    object({
      ...breakpoint,
      kind: oneOf('watch'),
      address: hex,
      length: integer,
      access: oneOf('read', 'write', 'access'),
      until: maybe(string),
    }),
    object({ ...breakpoint, kind: oneOf('register'), register: string, first: integer, length: integer }),
    object({ ...breakpoint, kind: oneOf('catch'), numbers: list(integer) }),
  ),
  Goroutine: object(goroutine),
  Thread: object({
    thread: integer,
    tid: integer,
    state: string,
    waitingFor: maybe(string),
    pc: hex,
    function: maybe(string),
    goroutine: maybe(integer),
    current: boolean,
  }),
  Handling: object({
    signal: string,
    stop: boolean,
    print: boolean,
    pass: boolean,
    'handler?': string,
    'flags?': strings,
    'blocks?': strings,
  }),
  Inferior: object({
    current: boolean,
    number: integer,
    pid: integer,
    parent: integer,
    state: string,
    path: about('null: it has ended, and nobody has waited for it', maybe(string)),
    threads: integer,
  }),
  Mark: object({ mark: maybe(integer), t: integer, branch: integer, note: string }),
  Registers: about('a value that a frame has lost is null', record(maybe(hex))),
  Instruction: object({ address: hex, bytes: string, text: string, ...line, current: boolean }),
  Outcome: object({
    command: about('the line as it was typed', string),
    ok: boolean,
    output: about('what is printed without --json', string),
    'open?': about('what is printed has no newline behind it', boolean),
    data: about("the command's own; Failure or null where it was not done", {}),
  }),
  Failure: object({ error: string, column: maybe(integer), own: about('r14 itself is at fault', boolean) }),
};

const value = ref('Value');
const values = list(value);
const stop = ref('Stop');
const frame = ref('Frame');
const breakpoints = list(ref('Breakpoint'));
const marks = list(ref('Mark'));
const side = { function: string, convention: string };

/** `data` of each command of the debugger that has any; the others have null. */
const COMMANDS: Readonly<Record<string, Schema>> = {
  abi: object({
    at: string,
    caller: maybe(object({ ...side, 'signature?': boolean })),
    callee: maybe(object({ ...side, 'signature?': boolean })),
    values: list(
      object({
        label: string,
        name: maybe(string),
        place: string,
        value: maybe(string),
        chain: maybe(string),
        origin: maybe(string),
        complete: maybe(boolean),
        hops: list(object({ place: string, function: maybe(string), address: maybe(hex), parameter: maybe(string) })),
      }),
    ),
    stack: strings,
    roles: list(object({ register: string, role: string, text: string, how: string })),
  }),
  'abi check': object({ on: boolean, stops: integer, rules: strings }),
  args: values,
  locals: values,
  vars: values,
  print: value,
  call: value,
  output: value,
  display: about('where it is the memory of x: {memory}; where it cannot be had: {error}', anything),
  backtrace: either(list(frame), about('of bt -gdb: as gdb guesses', list(object({ index: integer, pc: hex, function: maybe(string) })))),
  frame: about('a frame; with a command behind it, what that says', anything),
  up: frame,
  down: frame,
  'info frame': frame,
  goroutine: about('a goroutine; with a command behind it, what that says', anything),
  thread: about('a thread; with a command behind it, what that says', anything),
  rev: about('of the command behind it', anything),
  on: anything,
  deferred: list(object({ pc: hex, function: maybe(string), ...line, deferredAt: maybe(integer) })),
  goroutines: either(list(ref('Goroutine')), list(object({ ...goroutine, stack: list(frame) }))),
  threads: list(ref('Thread')),
  inferiors: list(ref('Inferior')),
  inferior: ref('Inferior'),
  regs: ref('Registers'),
  'info all-registers': ref('Registers'),
  x: list(object({ address: hex, 'value?': string, 'text?': string })),
  telescope: list(
    object({
      address: hex,
      value: maybe(hex),
      registers: strings,
      chain: list(object({ value: hex, region: maybe(string), name: maybe(string), type: maybe(string) })),
      end: maybe(string),
      text: maybe(string),
      slot: maybe(string),
    }),
  ),
  disassemble: list(ref('Instruction')),
  whatis: string,
  ptype: either(
    nothing,
    object({
      name: string,
      kind: string,
      size: integer,
      'fields?': list(object({ name: string, type: string, offset: integer, size: integer, 'bits?': anything })),
    }),
  ),
  list: maybe(object({ file: string, first: integer, last: integer })),
  'info line': list(object({ address: hex, ...line })),
  'info source': maybe(object({ file: string, path: string, found: boolean })),
  'info symbol': object({ address: hex, symbol: string }),
  'info scope': anything,
  funcs: strings,
  types: strings,
  sources: strings,
  packages: strings,
  directory: strings,
  'info program': stop,
  'info state': object({ t: integer, hash: string }),
  'info mappings': list(object({ start: hex, end: hex, permissions: string, offset: hex, name: string })),
  'info auxv': record(hex),
  'info refused': list(object({ name: string, why: string, errno: string, count: integer })),
  'info signals': object({
    handling: list(ref('Handling')),
    'threads?': list(
      object({
        thread: integer,
        blocked: strings,
        pending: strings,
        alternateStack: maybe(object({ lo: hex, hi: hex })),
        handlersRunOn: list(object({ stack: string, signals: strings })),
        frames: list(anything),
      }),
    ),
  }),
  handle: list(ref('Handling')),
  libraries: list(object({ path: string, bias: hex, go: maybe(string), problems: strings })),
  'instrument diff': object({
    function: string,
    left: about('why nothing is put into it', maybe(string)),
    changes: list(object({ line: integer, inserted: strings, why: string })),
  }),
  config: either(record(either(string, integer, boolean)), string, integer, nothing),
  show: either(string, integer, strings, nothing),
  echo: string,
  printf: string,
  breakpoints,
  ...Object.fromEntries(
    ['break', 'tbreak', 'rbreak', 'trace', 'dprintf', 'watch', 'rwatch', 'awatch', 'catch', 'condition', 'toggle'].map(name => [
      name,
      either(ref('Breakpoint'), breakpoints, nothing),
    ]),
  ),
  ...Object.fromEntries(
    [
      ...['continue', 'stepi', 'nexti', 'step', 'next', 'finish', 'until', 'advance', 'jump', 'return', 'restart', 'start', 'kill'],
      ...['reverse-stepi', 'reverse-nexti', 'reverse-step', 'reverse-next', 'reverse-finish', 'reverse-continue', 'seek', 'goto', 'branch'],
    ].map(name => [name, stop]),
  ),
  schedule: either(list(object({ goroutine: integer, time: integer, chosen: integer, text: string })), nothing, stop),
  explore: either(object({ runs: integer, failed: boolean, 'verdict?': string, 'text?': string, 'decisions?': integer }), nothing),
  mark: marks,
  marks,
  branches: list(
    object({
      id: integer,
      from: maybe(integer),
      at: maybe(integer),
      change: maybe(string),
      reached: integer,
      end: maybe(string),
      current: boolean,
    }),
  ),
  'what-if': object({ branch: integer, from: integer, output: strings }),
  origin: object({
    links: list(
      object({
        mark: integer,
        t: integer,
        pc: hex,
        function: string,
        line: maybe(string),
        where: string,
        convention: maybe(string),
        instruction: string,
        wrote: string,
        value: maybe(hex),
        sources: strings,
      }),
    ),
    source: string,
    end: string,
  }),
  why: about('the lines of the answer', strings),
  save: object({ file: string, t: integer, bytes: integer }),
  race: object({
    version: string,
    bundled: boolean,
    context: hex,
    since: string,
    clock: maybe(integer),
    threads: integer,
    alive: integer,
    reported: integer,
    globalEpoch: maybe(integer),
  }),
  shadow: object({ address: hex, shadow: hex, cells: list(anything) }),
  'race threads': list(
    object({
      tid: integer,
      goroutine: maybe(integer),
      status: string,
      parent: maybe(integer),
      state: hex,
      sid: maybe(integer),
      epoch: maybe(integer),
      parts: integer,
      ignoresSync: integer,
    }),
  ),
  'race clock': either(clock, object({ columns: list(integer), rows: list(object({ tid: integer, clock: list(integer) })) })),
  'race sync': list(object({ object: hex, address: hex, clock: maybe(clock) })),
  'race history': object({
    tid: integer,
    total: integer,
    lost: strings,
    events: list(
      object({
        depth: integer,
        kind: string,
        'sid?': integer,
        'epoch?': integer,
        'pc?': hex,
        'address?': hex,
        'size?': integer,
        'typ?': integer,
      }),
    ),
  }),
  'race why': object({ t: integer, now: object(race), before: object(race), dropped: boolean }),
  'race second-opinion': object({
    accesses: integer,
    synchronisations: integer,
    races: list(object({ address: hex, tids: list(integer), accesses: strings, places: strings, dropped: maybe(string) })),
  }),
  hb: list(object({ column: integer, text: string, from: maybe(integer), racing: boolean, epoch: integer, t: integer })),
};

/** Objects of command lines other than `exec`, `asm` and `replay`, and the two lines of a saved run. */
const LINES: Readonly<Record<string, Schema>> = {
  programs: object({ name: string, title: string, variants: strings, race: boolean, 'lesson?': anything, 'minutes?': integer }),
  'asm --list': object({ function: string, file: string, line: integer, offset: integer, bytes: string, text: string }),
  info: object({
    path: string,
    size: integer,
    pie: boolean,
    symbols: integer,
    abi0: integer,
    problems: strings,
    interpreter: maybe(string),
    buildId: maybe(string),
    registers: maybe(boolean),
    go: maybe(object({ version: string, path: maybe(string), settings: record(string) })),
    race: object({ setting: maybe(boolean), runtime: integer, tsan: integer, generation: maybe(string), is: boolean }),
    dwarf: record(integer),
  }),
  'info --self': object({
    version: string,
    node: string,
    v8: string,
    system: string,
    cpus: integer,
    memory: string,
    engine: string,
    nodeOptions: maybe(string),
    terminal: string,
    locale: maybe(string),
    settings: maybe(string),
  }),
  'FILE.r14, line 1': object({ format: oneOf('r14 recording'), version: oneOf(1), sum: about('SHA-256 of line 2', string) }),
  'FILE.r14, line 2': object({
    made: about('the version of r14', string),
    started: object({
      path: string,
      'args?': strings,
      'env?': record(string),
      'cwd?': string,
      'sysroot?': string,
      'seed?': integer,
      'cpu?': oneOf(...CPU_LEVELS),
      'cpus?': integer,
      'memory?': integer,
      'allowRead?': strings,
      'allowWrite?': strings,
      'overlay?': strings,
      'allowExec?': strings,
      'processes?': integer,
      'netDelay?': integer,
      'netLoss?': integer,
      'forward?': list(integer),
      'bundled?': object({ 'variant?': string, 'race?': boolean }),
    }),
    program: about("SHA-256 of the program's file", string),
    input: about('standard input: pieces, and where it ends', record(anything)),
    'clients?': about('what clients from outside have done, with its t', record(anything)),
    files: about('what was read of files, in order', record(anything)),
    moment: object({ t: integer, 'signal?': integer, hash: string, 'process?': integer }),
    marks: list(object({ t: integer, 'signal?': integer, note: string })),
    commands: about('commands that set the breakpoints', strings),
  }),
  explore: either(
    object({ explore: record(anything), shard: list(integer) }),
    object({
      run: integer,
      order: about('a hash of the order of synchronisation', string),
      steps: integer,
      'cut?': about('it had no end within --limit', boolean),
      'failure?': object({
        verdict: object({ kind: string, text: string, 'details?': strings }),
        stir: maybe(anything),
        decisions: list(anything),
      }),
    }),
    object({ done: integer }),
  ),
  'lesson --check': either(
    object({ line: integer, step: string, kind: string, ok: boolean, output: string }),
    object({ title: string, steps: integer, wrong: integer }),
  ),
};

/** Names of the commands that have data of a shape of their own. */
export const shapedCommands: readonly string[] = Object.keys(COMMANDS);

/** The whole schema: an answer is an Outcome; `commands` and `lines` say what each command's `data`, and each other line, is. */
export const jsonSchema = (): Schema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'What r14 prints with --json: an object a line',
  $ref: '#/$defs/Outcome',
  $defs: { ...PARTS, commands: { $defs: COMMANDS }, lines: { $defs: LINES } },
});
