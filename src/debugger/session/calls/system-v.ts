/** Functions of C called by their own convention (AMD64 psABI, 3.2.3): on the stack that the thread is on, or from a goroutine on g0's, as Go calls C. */
import { assignPlaces } from '../../../abi/assign.js';
import { ABI_INTERNAL, SYSTEM_V } from '../../../abi/convention.js';
import type { Place } from '../../../abi/place.js';
import type { GprName } from '../../../cpu/api.js';
import type { Func, Type } from '../../../image/api.js';
import type { EvaluationContext } from '../../evaluate/context.js';
import { convert } from '../../evaluate/convert.js';
import type { CallResult, EvaluatedOperand } from '../../evaluate/operand.js';
import { OperationError } from '../../evaluate/untyped.js';
import type { StackName } from '../../stack/frame.js';
import type { Target } from '../../target.js';
import { shapeOf } from '../../values/shape-of-type.js';
import { bytesSource, fromUint } from '../../values/source.js';
import { isCType, pointerTo, underlying } from '../../values/types.js';
import { bytesOf, pointerOf, stringBytes, stringLength } from '../../values/value.js';
import { framed } from './direct.js';
import { injected, PROTOCOL } from './injected.js';
import { readPlaced, writePlaced } from './placed.js';
import { type CallMaker, CallRefused, type CallSite, type ReadyFrame } from './running.js';

const C_INT: Type = { kind: 'int', name: 'int', size: 4 };
const C_LONG: Type = { kind: 'int', name: 'long', size: 8 };
const C_SIZE: Type = { kind: 'uint', name: 'size_t', size: 8 };
const C_DOUBLE: Type = { kind: 'float', name: 'double', size: 8 };
const C_CHAR: Type = { kind: 'char', name: 'char', size: 1 };
const C_VOID: Type = { kind: 'void', name: 'void', size: 0 };
const C_STRING = pointerTo(C_CHAR, true);
const C_POINTER = pointerTo(C_VOID, true);

/** What well-known functions of the C library return (ISO C, POSIX), which mostly comes without debug information. */
const LIBRARY: ReadonlyMap<string, Type> = new Map(
  (
    [
      [C_SIZE, 'strlen strnlen fread fwrite'],
      [
        C_INT,
        'puts printf fprintf putchar fputs putc abs atoi getpid getppid strcmp strncmp memcmp strcasecmp isatty isdigit isalpha isspace toupper tolower rand fflush open close raise kill usleep setenv unsetenv _IO_puts',
      ],
      [C_LONG, 'labs atol strtol time read write lseek random sysconf syscall'],
      [C_DOUBLE, 'sqrt pow sin cos tan exp log floor ceil fabs atof strtod'],
      [C_STRING, 'getenv strchr strrchr strstr strdup strcpy strncpy strcat strerror strtok'],
      [C_POINTER, 'malloc calloc realloc memcpy memmove memset memchr'],
      [C_VOID, 'free exit abort srand perror'],
    ] as const
  ).flatMap(([type, names]) => names.split(' ').map(name => [name, type] as const)),
);

/** What a call of C takes and gives, before anything runs. */
interface Prepared {
  readonly bytes: readonly ((frame: ReadyFrame) => Uint8Array)[];
  readonly types: readonly Type[];
  readonly result: Type;
}

/** Calls it in a frame that `maker` makes. `returns`: as it was cast to. Throws OperationError. */
export function callC(
  site: CallSite,
  context: EvaluationContext,
  maker: CallMaker,
  func: Func,
  args: readonly EvaluatedOperand[],
  returns: Type | undefined,
): readonly CallResult[] {
  const { target } = site;
  const { bytes, types, result } = prepared(target, context, func, args, returns);
  const none = underlying(result).kind === 'void';
  const places = assignPlaces(SYSTEM_V, { params: types.map(shapeOf), results: none ? [] : [shapeOf(result)] });
  const [given] = places.results;
  if (given?.in === 'registers' && given.parts.some(({ register }) => register.startsWith('st')))
    throw new OperationError(`${func.name} returns a ${result.name}, which cannot be read`);
  return maker(site, places.stackBytes, frame => {
    const made = bytes.map(make => make(frame));
    const room = given?.in === 'memory' ? frame.allocate(result.size, 0n) : undefined;
    const entry = target.images.symbolAt(func.entry)?.symbol.indirect ? resolved(frame, func) : func.entry;
    const { registers } = frame.edge;
    for (const [index, each] of made.entries()) writePlaced(frame.edge, places.params[index]!, each);
    if (room !== undefined) registers.set(SYSTEM_V.integerArguments[0]!, room);
    // AL: vector registers that a variadic function may find.
    registers.set('rax', BigInt(places.params.reduce((count, place) => count + vectors(place), 0)));
    frame.invoke(entry, 0n);
    if (none) return [];
    const found = room === undefined ? readPlaced(frame.edge, given!, result.size) : target.memory.read(room, result.size).slice();
    return [{ name: '~r0', value: { type: result, source: bytesSource(found) } }];
  });
}

const vectors = (place: Place): number =>
  place.in === 'registers' ? place.parts.filter(({ register }) => register.startsWith('xmm')).length : 0;

/** An indirect function (STT_GNU_IFUNC) says which is to be called. */
function resolved(frame: ReadyFrame, { entry }: Func): bigint {
  frame.invoke(entry, 0n);
  return frame.edge.registers.get('rax');
}

function prepared(
  { images }: Target,
  context: EvaluationContext,
  func: Func,
  args: readonly EvaluatedOperand[],
  returns: Type | undefined,
): Prepared {
  const { name } = func;
  const declared = images.variablesOf(func)?.filter(each => each.role === 'param');
  const result = images.returnTypeOf(func) ?? returns ?? LIBRARY.get(name);
  if (result === undefined)
    throw new OperationError(`what ${name} returns is not known, as it has no debug information: cast it, as in (int)${name}()`);
  const wanted = declared?.length ?? 0;
  if (args.length < wanted) throw new OperationError(`${name} takes ${wanted} argument${wanted === 1 ? '' : 's'}, not ${args.length}`);
  const types = args.map((each, index) => declared?.[index]?.type ?? promoted(each));
  const bytes = args.map((each, index) => argumentOf(context, each, types[index]!));
  return { bytes, types, result };
}

/** What C makes of an argument of which no prototype says anything. */
function promoted(given: EvaluatedOperand): Type {
  if (given.kind === 'constant') {
    const { constant } = given;
    if (constant.class === 'float') return C_DOUBLE;
    if (constant.class === 'string') return C_STRING;
    const whole = typeof constant.value === 'bigint' ? constant.value : 0n;
    return BigInt.asIntN(32, whole) === whole ? C_INT : C_LONG;
  }
  if (given.kind !== 'value') return C_POINTER;
  const at = underlying(given.value.type);
  if (at.kind === 'float') return C_DOUBLE;
  if (at.kind === 'array') return C_POINTER;
  if (at.kind === 'string') return C_STRING;
  return at.size < 4 && ['int', 'uint', 'char', 'bool', 'enum'].includes(at.kind) ? C_INT : given.value.type;
}

function argumentOf(context: EvaluationContext, given: EvaluatedOperand, type: Type): (frame: ReadyFrame) => Uint8Array {
  const to = underlying(type);
  const text = textOf(context, given);
  if (text !== undefined && to.kind === 'pointer') {
    return frame => {
      const at = frame.allocate(text.length + 1, 0n);
      context.memory.write(at, Uint8Array.from([...text, 0]));
      return fromUint(at, 8);
    };
  }
  // A slice of Go's goes as the address of its first element.
  if (given.kind === 'value' && underlying(given.value.type).kind === 'slice' && to.kind === 'pointer') {
    const address = fromUint(pointerOf(given.value), 8);
    return () => address;
  }
  const bytes = bytesOf(convert(context, given, type)).slice();
  return () => bytes;
}

/** What has to be put into memory with a zero behind it. */
function textOf(context: EvaluationContext, given: EvaluatedOperand): Uint8Array | undefined {
  if (given.kind === 'constant') return given.constant.class === 'string' ? given.constant.value : undefined;
  if (given.kind !== 'value' || underlying(given.value.type).kind !== 'string' || isCType(given.value.type)) return undefined;
  return stringBytes(context, given.value, stringLength(given.value));
}

/**
 * C's frame on a stack: below what runs there. From a goroutine, as Go calls C where it lets it, so that C can call back; else below what Go has left
 * of g0's stack.
 */
export function onStackFor(target: Target, stack: StackName, g: bigint, sp: bigint): CallMaker {
  const { go } = target;
  if (stack.kind !== 'goroutine') return cFrame(target, sp);
  const machine = go?.machineOf(g);
  const system = machine === undefined || !go!.readable(machine.g0) ? undefined : go!.goroutine(machine.g0).sched.sp;
  const below: CallMaker = (site, bytes, work) => {
    if (system === undefined || system === 0n) throw new OperationError('the thread has no system stack that C could run on');
    return cFrame(target, system)(site, bytes, work);
  };
  const cgocall = target.images.functionsNamed('runtime.cgocall')[0];
  if (cgocall === undefined || target.images.functionsNamed(PROTOCOL).length === 0) return below;
  return (site, bytes, work) => {
    try {
      return throughCgo(cgocall.entry)(site, bytes, work);
    } catch (refused) {
      if (!(refused instanceof CallRefused)) throw refused;
      try {
        return below(site, bytes, work);
      } catch (error) {
        throw error instanceof OperationError
          ? new OperationError(`${error.message}. It must not call Go here: ${refused.message}`)
          : error;
      }
    }
  };
}

/**
 * By runtime.cgocall(fn, arg unsafe.Pointer) int32, which tells the scheduler and comes to `fn` on g0's stack: a place where nothing else ever comes by.
 * There the frame is made, and the call; then `fn` returns.
 */
const throughCgo =
  (cgocall: bigint): CallMaker =>
  (site, bytes, work) => {
    const { process, images, memory } = site.target;
    const fn = images.all[0]!.entry;
    return injected(site, 0, ({ edge, invoke }) => {
      let answer: { readonly value: ReturnType<typeof work> } | undefined;
      const [code, argument] = ABI_INTERNAL.integerArguments;
      edge.registers.set(code!, fn);
      edge.registers.set(argument!, 0n);
      invoke(cgocall, 0n, {
        at: fn,
        work: () => {
          const thread = process.current;
          const { registers } = thread;
          const sp = registers.get('rsp');
          answer = { value: cFrame(site.target, sp)({ ...site, thread }, bytes, work) };
          registers.set('rax', 0n);
          registers.rip = memory.readU64(sp);
          registers.set('rsp', sp + 8n);
        },
      });
      return answer!.value;
    });
  };

const cFrame = (target: Target, sp: bigint): CallMaker =>
  framed({
    sp,
    prepare: registers => {
      registers.rflags &= ~0x500n;
    },
    allocator: (invoke, registers) => {
      const malloc = target.images
        .functionsNamed('malloc')
        .find(({ language, entry }) => language === 'c' && !target.images.symbolAt(entry)?.symbol.indirect);
      if (malloc === undefined) return undefined;
      return size => {
        registers().set(SYSTEM_V.integerArguments[0] as GprName, BigInt(size));
        invoke(malloc.entry);
        const at = registers().get('rax');
        if (at === 0n) throw new OperationError('malloc has no memory for its arguments');
        return at;
      };
    },
  });
