import type { EffectRegister } from '../../cpu/api.js';
import { isGpr } from '../../cpu/effects/instruction.js';
import { hex } from '../../host/hex.js';
import { told } from '../../host/told.js';
import { RUNTIME_EVENTS } from '../../runtime/events.js';
import { shadowAddress } from '../../runtime/race/layout.js';
import { raceParameters } from '../../runtime/race/signatures.js';
import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import { findRegister } from '../evaluate/registers.js';
import { raceView, reportingAddresses } from '../memory/race.js';
import { parseMessage } from '../run/messages.js';
import { scopeOfAddress } from '../run/watch-scopes.js';
import { watchesFor } from '../run/watched.js';
import {
  type Breakpoint,
  CAUGHT,
  type CodeBreakpoint,
  ENDINGS,
  RACE,
  type RegisterWatchpoint,
  type WatchedRegister,
  type Watchpoint,
} from '../session/breakpoints.js';
import { runtimeEventAddresses } from '../session/course.js';
import { isWordAt, locate, placeOfExpression, pointing, watchTarget } from '../session/expressions.js';
import type { Resolved } from '../session/locations.js';
import { signalArgument, syscallArgument } from '../session/numbers.js';
import type { Session } from '../session/session.js';
import { WatchedExpression } from '../session/watched-expression.js';
import { lookAtWatched } from '../session/watches.js';
import { granuleAt } from '../show/race-text.js';
import { Arguments, splitOptions } from './arguments.js';
import { condition, savedLines, standingLines, whose } from './breakpoint-properties.js';
import { breakpointLine, breakpointRow } from './breakpoint-text.js';
import type { Command } from './command.js';

const group = { group: 'breakpoints', repeat: 'no', meanwhile: 'acts' } as const;

const SHADOW_BYTES = 16;
/** Go's runtime hands it a nil thr, always. */
const NO_THREAD = '__tsan_malloc';

/** Breakpoints, watchpoints and catchpoints: set, listed and saved. */
export const breakpointCommands: readonly Command[] = [
  {
    ...group,
    name: 'break',
    aliases: ['b', 'br', 'hbreak'],
    syntax: ['break', 'break [NAME] LOCATION [thread N|goroutine N] [if CONDITION]', 'break race [if CONDITION]'],
    summary: 'stop when execution reaches a location',
    details: [
      'A location is a function of any language (its full name, its end as in `TakeSnapShot` or `trace.(*T).M`, or its link name with ABI suffix),',
      'FILE:LINE, LINE, +N, -N, *ADDRESS, FUNCTION:LINE or /REGEX/. Functions are stopped at behind their prologue, *ADDRESS exactly.',
      'A generic function or method is stopped at in all its instances; with type arguments, `Max[int]`, in calls with those.',
      'A function that was inlined is stopped at in each of its copies as well: one breakpoint, several places.',
      'A condition that cannot be evaluated stops, and says so.',
      'break race: in a program built with -race, at the second access of each data race, before it happens and before the report; race why tells of it.',
      'Commands that take a BREAKPOINT take its number, its name, or $bpnum for the one that was set last.',
    ].join('\n'),
    completion: ['location'],
    run: (session, args) => setBreakpoint(session, args, { temporary: false, trace: false }),
  },
  {
    ...group,
    name: 'tbreak',
    aliases: ['tb', 'thbreak'],
    syntax: ['tbreak [NAME] LOCATION [thread N|goroutine N] [if CONDITION]'],
    summary: 'set a breakpoint that is deleted at its first stop',
    completion: ['location'],
    run: (session, args) => setBreakpoint(session, args, { temporary: true, trace: false }),
  },
  {
    ...group,
    name: 'rbreak',
    aliases: [],
    syntax: ['rbreak REGEX'],
    summary: 'set a breakpoint on each function whose name matches',
    completion: ['function'],
    run: (session, args) => {
      if (args.empty) throw args.error('rbreak wants a regular expression');
      return setBreakpoint(session, new Arguments(`/${args.text}/`, Math.max(0, args.column - 1)), { temporary: false, trace: false });
    },
  },
  {
    ...group,
    name: 'trace',
    aliases: ['t'],
    syntax: ['trace [NAME] LOCATION [if CONDITION]'],
    summary: 'print goroutine, function and arguments whenever a location is reached, without stopping',
    completion: ['location'],
    run: (session, args) => setBreakpoint(session, args, { temporary: false, trace: true }),
  },
  {
    ...group,
    name: 'dprintf',
    aliases: [],
    syntax: ['dprintf LOCATION,"FORMAT"[,EXPRESSION...]'],
    summary: 'print a line of your own whenever a location is reached, without stopping',
    details: 'FORMAT is in quotes; %d %u %x %c %s %f %v take the expressions in turn, %% is a per cent sign.',
    completion: ['location'],
    run: (session, args) => {
      const match = /^([^,"]+),\s*("(?:[^"\\]|\\.)*".*)$/.exec(args.text);
      if (match === null) throw args.error('dprintf wants LOCATION,"FORMAT",EXPRESSION...');
      const message = match[2]!;
      parseMessage(message, args.column + args.text.indexOf(message));
      return setBreakpoint(session, new Arguments(match[1]!.trim(), args.column), { temporary: false, trace: true, message });
    },
  },
  {
    ...group,
    name: 'watch',
    aliases: [],
    syntax: [
      'watch [-l] EXPRESSION [thread N|goroutine N] [if CONDITION]',
      'watch $REGISTER [thread N|goroutine N] [if CONDITION]',
      'watch -r|-w|-rw EXPRESSION [thread N|goroutine N] [if CONDITION]',
      'watch -shadow ADDRESS [if CONDITION]',
    ],
    summary: 'stop when a value in memory or in a register changes; any number of them, of any size',
    details: [
      'EXPRESSION is a variable, a field or *ADDRESS (8 bytes). With -w every write stops, with -r every read, with -rw both.',
      "A variable of a frame is followed when Go moves the goroutine's stack, and its watchpoint ends, with a stop, when the frame has returned;",
      'with -l its address is watched, whatever comes to lie there. Any expression can be watched (watch a > b, watch len(s), watch p.x + 1): the program stops',
      'when its value has changed, wherever what it reads was written. So it is with one that memory leads to (watch p.x, watch a[i]): when p or i is changed',
      'it is looked for anew; with -l the place of now stays.',
      'A register (watch $r14, watch $al, watch XMM0) is watched in each thread, or in one. It costs what it is written: each instruction that may do so is looked',
      'at, about a microsecond, and a change that a condition lets pass takes some ten. R14, which holds g, costs little; with RAX it is a million instructions in',
      'several seconds. With thread N or goroutine N only what that does counts; a goroutine does too what the runtime does for it on g0.',
      "-shadow: the race detector's four cells of the 8 bytes at an address, at each change of one: who has accessed them, as shadow tells it.",
    ].join('\n'),
    completion: ['expression'],
    run: (session, args) => {
      const [shadow] = args.shift();
      if (shadow === '-shadow') return watchShadow(session, args.from(shadow.length));
      const [flags, rest] = splitOptions(args, { '-l': false, '-location': false, '-r': false, '-w': false, '-rw': false });
      const access = flags.has('-rw') ? 'access' : flags.has('-r') ? 'read' : 'write';
      return setWatch(session, rest, access, access === 'write' && !flags.has('-w'), flags.has('-l') || flags.has('-location'));
    },
  },
  {
    ...group,
    name: 'rwatch',
    aliases: [],
    syntax: ['rwatch EXPRESSION [if CONDITION]'],
    summary: 'stop when a value in memory is read',
    completion: ['expression'],
    run: (session, args) => setWatch(session, args, 'read', false),
  },
  {
    ...group,
    name: 'awatch',
    aliases: [],
    syntax: ['awatch EXPRESSION [if CONDITION]'],
    summary: 'stop when a value in memory is read or written',
    completion: ['expression'],
    run: (session, args) => setWatch(session, args, 'access', false),
  },
  {
    ...group,
    name: 'catch',
    aliases: ['tcatch'],
    syntax: [
      'catch signal [NAME|N...] [if CONDITION]',
      'catch syscall [NAME|N...] [if CONDITION]',
      'catch thread [if CONDITION]',
      `catch ${ENDINGS.join('|')} [if CONDITION]`,
      'catch racecall [NAME...] [if CONDITION]',
      `catch ${Object.keys(RUNTIME_EVENTS).join('|')} [if CONDITION]`,
    ],
    summary: "stop for signals, system calls (at entry and return, with their arguments), threads that start and end, or Go's endings",
    details: [
      'Without names, for all of them; thread N and goroutine N may stand in front of the condition, for which a system call has its arguments in their registers,',
      'and at its return the result in RAX. SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP and SIGABRT stop without being asked for.',
      'So does a Go program that its runtime is about to end: at a panic that nobody recovers, at what is thrown (fatal error: ...), at a deadlock,',
      'and, long before it is thrown for, where a stack grows to 64 MiB. These catchpoints are called panic, throw, deadlock and recursion:',
      'racecall: calls of the race runtime, __tsan_read and its like (NAME: read, func_enter, ...); a condition may use their parameters, as in',
      '`catch racecall if thr == nil`, and choose the functions that have them; malloc, which gets no thr, is among them only when it is named.',
      "g-switch, stack-switch, newproc, goexit, gc: where Go's runtime goes on with a goroutine, changes the stack, makes or ends a goroutine, collects.",
      '`delete panic` removes one, `disable` and `on` take them too, `breakpoints -a` lists them.',
    ].join('\n'),
    completion: ['event', 'caught'],
    run: catchCommand,
  },
  {
    ...group,
    name: 'breakpoints',
    aliases: ['bp', 'info breakpoints', 'info watchpoints', 'info b'],
    syntax: ['breakpoints [-a]', 'breakpoints -save FILE'],
    summary: 'list breakpoints, watchpoints and catchpoints, with their hits; -a: also those that are there unasked',
    completion: [],
    run: (session, args) => {
      const [flags] = splitOptions(args, { '-save': true, '-a': false });
      const { standing } = session.breakpoints;
      const all = flags.has('-a') ? [...standing, ...session.breakpoints.all] : session.breakpoints.all;
      const file = flags.get('-save');
      if (file !== undefined) return saveBreakpoints(session, file);
      const rows = all.map(each => breakpointLine(session.target.images, each));
      return text(
        rows.length === 0 ? 'No breakpoints.' : rows.join('\n'),
        all.map(each => breakpointRow(session.target.images, each)),
      );
    },
  },
  {
    ...group,
    name: 'save breakpoints',
    aliases: [],
    syntax: ['save breakpoints FILE'],
    summary: 'write commands that set the breakpoints again to a file for source',
    completion: ['file'],
    run: (session, args) => {
      if (args.empty) throw args.error('save breakpoints wants a file');
      return saveBreakpoints(session, args.text);
    },
  },
];

function setBreakpoint(session: Session, args: Arguments, how: { temporary: boolean; trace: boolean; message?: string }): Answer {
  const [place, limits] = limited(args);
  const [name, location] = nameAndLocation(session, place);
  if (name !== undefined && session.breakpoints.named(name) !== undefined) throw place.error(`there is a breakpoint "${name}" already`);
  const found = location.empty ? undefined : (raceLocation(session, location) ?? locate(session, location.text, location.column));
  const addresses = found?.addresses ?? [session.frame.physical.pc];
  const breakpoint = session.breakpoints.add<CodeBreakpoint>({
    kind: 'break',
    spec: location.empty ? `*${hex(addresses[0]!)}` : location.text,
    addresses,
    ...(found?.instance === undefined ? {} : { instance: found.instance }),
    name,
    temporary: how.temporary,
    trace: how.trace,
    ...(how.message === undefined ? {} : { message: how.message }),
    ...limits,
  });
  // A library that is still to be mapped tells of its own.
  const { images } = session.target;
  const telling = addresses.some(address => images.at(address) === undefined) ? (session.comingImages() ?? images) : images;
  return text(breakpointLine(telling, breakpoint), breakpointRow(telling, breakpoint));
}

/** Where the race detector comes by with each race, unless the program has a function of that name. */
function raceLocation(session: Session, { text: spec, column }: Arguments): Pick<Resolved, 'addresses' | 'instance'> | undefined {
  if (spec !== RACE) return undefined;
  const { images } = session.target;
  const addresses = reportingAddresses(images);
  if (addresses.length > 0) return { addresses };
  if ([...images.functionNames()].some(name => name === spec || name.endsWith(`.${spec}`))) return undefined;
  throw new CommandError('this program has no race detector in it: go build -race puts one in', column);
}

/** Which hits count. */
type Limits = Pick<Breakpoint, 'condition' | 'thread' | 'goroutine'>;

/** Takes `thread N` or `goroutine N` and `if CONDITION` off the end. */
function limited(args: Arguments): readonly [rest: Arguments, limits: Limits] {
  const [head, wanted] = conditioned(args);
  const [rest, who] = whose(head);
  return [rest, { condition: wanted, ...who }];
}

/** Takes `if CONDITION` off the end. */
function conditioned(args: Arguments): readonly [rest: Arguments, condition: string | undefined] {
  const found = /(?:^|\s)if(?=[\s(])/.exec(args.text);
  return found === null ? [args, undefined] : [args.to(found.index), condition.parse(args.from(found.index + found[0].length))];
}

/** Delve's `break NAME LOCATION`: two words, the second of which is a location. */
function nameAndLocation(session: Session, args: Arguments): readonly [string | undefined, Arguments] {
  const [first, rest] = args.shift();
  if (rest.empty || first.startsWith('*') || !/^[A-Za-z_][\w-]*$/.test(first)) return [undefined, args];
  try {
    locate(session, args.text, args.column);
    return [undefined, args];
  } catch (error) {
    told(error);
    return [first, rest];
  }
}

function setWatch(session: Session, args: Arguments, access: 'read' | 'write' | 'access', onlyChanges: boolean, fixed = false): Answer {
  session.requireProcess();
  const [target, limits] = limited(args);
  if (target.empty) throw args.error(`${args.verb} wants an expression`);
  const register = registerWatched(target);
  if (register !== undefined) {
    if (access !== 'write' || !onlyChanges || fixed)
      throw target.error('a register is watched for changes of its value alone: watch, without options');
    return watchRegister(session, target, register, limits);
  }
  const context = session.context();
  const word = isWordAt(context, target.text, target.column);
  const expression = word ? undefined : pointing(target.column, () => WatchedExpression.of(target.text, context));
  const plain = access === 'write' && onlyChanges && !fixed;
  if (expression !== undefined && plain) return watchExpression(session, target, expression, limits);
  if (expression !== undefined && !expression.placed)
    throw target.error('an expression that lies nowhere in memory is watched for changes of its value alone: watch, without options');
  const { address, length, type } = watchTarget(context, target.text, target.column);
  const watch = { address, length, access };
  return addWatchpoint(session, {
    spec: target.text,
    watch,
    type,
    scope: fixed ? undefined : scopeOfAddress(session, address),
    last: lookAtWatched(context, watch, type, session.settings.printOptions),
    onlyChanges,
    ...limits,
  });
}

/** The bytes of a register that a name means; undefined: it is another expression. Throws CommandError. */
function registerWatched(target: Arguments): WatchedRegister | undefined {
  const name = target.text;
  const named = findRegister(name.replace(/^\$/, ''), name.startsWith('$'));
  if (named === undefined) return undefined;
  const register = named.register as EffectRegister;
  const vector = register.startsWith('xmm');
  if (!vector && !isGpr(register)) throw target.error(`${target.text} is not watched: general registers and XMM registers are`);
  return { register, offset: named.offset, bytes: named.size ?? (vector ? 16 : 8) };
}

function watchRegister(session: Session, target: Arguments, part: WatchedRegister, limits: Limits): Answer {
  const { process, images } = session.target;
  const watchpoint = session.breakpoints.add<RegisterWatchpoint>({
    kind: 'register',
    name: undefined,
    temporary: false,
    trace: false,
    spec: target.text,
    part,
    last: new Map(),
    ...limits,
  });
  session.registerWatches.look(process, [watchpoint]);
  return text(breakpointLine(images, watchpoint), breakpointRow(images, watchpoint));
}

/** Sets a watchpoint of which nothing else was said yet, and tells of it. */
function addWatchpoint(
  session: Session,
  said: Pick<Watchpoint, 'spec' | 'watch' | 'others' | 'expression' | 'type' | 'scope' | 'last' | 'onlyChanges'> & Limits,
): Answer {
  const plain = { kind: 'watch', name: undefined, temporary: false, trace: false } as const;
  const watchpoint = session.breakpoints.add<Watchpoint>({ ...plain, ...said });
  return text(breakpointLine(session.target.images, watchpoint), breakpointRow(session.target.images, watchpoint));
}

function watchExpression(session: Session, target: Arguments, expression: WatchedExpression, limits: Limits): Answer {
  const { watched, ranges } = expression.look(session.context(), session.settings.printOptions);
  const [watch, ...others] = watchesFor(ranges);
  const scopes = expression.places.map(({ address }) => scopeOfAddress(session, address)).filter(scope => scope !== undefined);
  // The innermost frame is the first to be gone.
  const scope = scopes.toSorted((one, other) => (one.frame > other.frame ? -1 : 1))[0];
  return addWatchpoint(session, {
    spec: target.text,
    watch: watch!,
    others,
    expression,
    type: undefined,
    scope,
    last: watched,
    onlyChanges: true,
    ...limits,
  });
}

/** The cells of an address, as a watchpoint on their bytes. */
function watchShadow(session: Session, args: Arguments): Answer {
  session.requireProcess();
  const [target, limits] = limited(args);
  if (target.empty) throw args.error('watch -shadow wants an address');
  const context = session.context();
  const granule = granuleAt(raceView(session.target), placeOfExpression(context, target.text, target.column), target.column);
  const watch = { address: BigInt(shadowAddress(granule)), length: SHADOW_BYTES, access: 'write' as const };
  return addWatchpoint(session, {
    spec: `-shadow ${target.text}`,
    watch,
    type: undefined,
    scope: undefined,
    last: lookAtWatched(context, watch, undefined, session.settings.printOptions),
    onlyChanges: true,
    ...limits,
  });
}

function catchCommand(session: Session, args: Arguments): Answer {
  const [head, limits] = limited(args);
  const [kind, rest] = head.shift();
  const how = { ...limits, spec: head.text, temporary: args.verb === 'tcatch' };
  if (kind === 'racecall') return catchRaceCalls(session, rest, how);
  if (Object.hasOwn(RUNTIME_EVENTS, kind)) {
    if (!rest.empty) throw rest.error(`catch ${kind} takes no names`);
    return catchEvent(session, args, kind, how);
  }
  const event = CAUGHT.find(each => each === kind);
  if (event === undefined) throw args.error(`catch what? ${CAUGHT.join(', ')}, ${Object.keys(RUNTIME_EVENTS).join(', ')} or racecall`);
  const ending = ENDINGS.some(each => each === event);
  const numbers = new Set(
    rest.words().map(word => {
      const number = event === 'signal' ? signalArgument(word.text) : event === 'syscall' ? syscallArgument(word.text) : undefined;
      if (ending) throw new CommandError(`catch ${event} takes no names`, word.column);
      if (number === undefined) throw new CommandError(`no ${event} "${word.text}"`, word.column);
      return number;
    }),
  );
  const catchpoint = session.breakpoints.add({
    ...how,
    kind: 'catch',
    event,
    numbers,
    name: undefined,
    trace: false,
  } as never);
  return text(breakpointLine(session.target.images, catchpoint), breakpointRow(session.target.images, catchpoint));
}

/** Breakpoints at the entries of functions of Go's runtime, as one. */
function catchEvent(session: Session, args: Arguments, event: string, how: Limits & Pick<Breakpoint, 'spec' | 'temporary'>): Answer {
  const { images } = session.target;
  const addresses = runtimeEventAddresses(images, event);
  if (addresses.length === 0)
    throw args.error(`this program has no function ${RUNTIME_EVENTS[event]!.flat().join(' or ')} that has a name`);
  const breakpoint = session.breakpoints.add<CodeBreakpoint>({
    ...how,
    kind: 'break',
    addresses,
    caught: true,
    name: undefined,
    trace: false,
  });
  return text(breakpointLine(images, breakpoint), breakpointRow(images, breakpoint));
}

/** Breakpoints at the entries of the race runtime's functions, as one: of those that have the parameters which the condition speaks of. */
function catchRaceCalls(session: Session, names: Arguments, how: Limits & Pick<Breakpoint, 'spec' | 'temporary'>): Answer {
  const { images } = session.target;
  const functions = [...images.functions()].filter(({ name }) => raceParameters(name) !== undefined);
  if (functions.length === 0) throw names.error('this program has no race detector in it: go build -race puts one in');
  const named = names.words().flatMap(({ text: word, column }) => {
    const found = functions.filter(({ name }) => name === `__tsan_${word}` || name === word);
    if (found.length === 0) throw new CommandError(`the race runtime has no function "${word}", as read, func_enter or acquire`, column);
    return found;
  });
  const known = new Set(functions.flatMap(({ name }) => raceParameters(name)!));
  const wanted = (how.condition?.match(/[A-Za-z_]\w*/g) ?? []).filter(word => known.has(word));
  const able = (named.length === 0 ? functions.filter(({ name }) => name !== NO_THREAD) : named).filter(({ name }) =>
    wanted.every(word => raceParameters(name)!.includes(word)),
  );
  if (able.length === 0) throw names.error(`no such function has ${wanted.join(' and ')}`);
  const addresses = able.map(({ entry }) => entry);
  const breakpoint = session.breakpoints.add<CodeBreakpoint>({
    ...how,
    kind: 'break',
    caught: true,
    addresses,
    name: undefined,
    trace: false,
  });
  return text(breakpointLine(images, breakpoint), breakpointRow(images, breakpoint));
}

function saveBreakpoints(session: Session, file: string): Answer {
  const { all } = session.breakpoints;
  session.host.writeFile(file, `${[...standingLines(session.breakpoints.standing), ...all.flatMap(savedLines)].join('\n')}\n`);
  return text(`Saved ${all.length} to ${file}.`);
}
