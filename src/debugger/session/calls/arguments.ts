/** Operands as the parameters of a call take them: Go's assignability, and new strings, slices and interfaces in memory of the program. */
import type { Type } from '../../../image/api.js';
import { constantTo, defaultType, nilOf } from '../../evaluate/convert.js';
import type { EvaluatedOperand } from '../../evaluate/operand.js';
import { OperationError } from '../../evaluate/untyped.js';
import { fromUint, memorySource, readUint } from '../../values/source.js';
import { isDirect, sameType, underlying } from '../../values/types.js';
import type { World } from '../../values/value.js';
import {
  addressOf,
  bytesOf,
  deref,
  isMade,
  pointerOf,
  sliceBytes,
  sliceRun,
  stringBytes,
  stringLength,
  type Value,
} from '../../values/value.js';
import type { Formal } from './formals.js';
import type { ReadyFrame } from './running.js';

const WORD = 8;

/** What a parameter gets: a value, or values for the slice of a variadic one. */
export type Given = Value | { readonly elements: readonly Value[]; readonly elem: Type };

/**
 * What each parameter gets. Debug information does not tell variadic functions: what is too much for a last parameter that is a slice, or does not
 * fit there, becomes its elements, unless `f(x...)` was written.
 */
export function assignedAll(params: readonly Formal[], args: readonly EvaluatedOperand[], spread: boolean): readonly Given[] | undefined {
  const last = params.at(-1);
  const slice = last && underlying(last.type);
  const fixed = params.length - 1;
  const packs =
    !spread &&
    last !== undefined &&
    slice?.kind === 'slice' &&
    args.length >= fixed &&
    !(args.length === params.length && fits(last, args[fixed]!));
  if (!packs) return args.length === params.length ? params.map((param, index) => assigned(param, args[index]!)) : undefined;
  const element = { name: `an element of ${last.name}`, type: slice.elem };
  const elements = args.slice(fixed).map(each => assigned(element, each));
  return [...params.slice(0, fixed).map((param, index) => assigned(param, args[index]!)), { elements, elem: slice.elem }];
}

/** Whether a slice can be what is given, and not one of its elements. */
const fits = ({ type }: Formal, given: EvaluatedOperand): boolean =>
  given.kind === 'nil' ||
  (given.kind === 'value' && underlying(given.value.type).kind === 'slice' && sameType(underlying(given.value.type), underlying(type)));

/** What a parameter gets, before anything runs. Throws OperationError. */
function assigned({ name, type }: Formal, given: EvaluatedOperand): Value {
  const what = name.startsWith('~') ? `a ${type.name}` : `${name} (${type.name})`;
  switch (given.kind) {
    case 'constant':
      return constantTo(given.constant, underlying(type).kind === 'interface' ? defaultType(given.constant) : type);
    case 'nil':
      return nilOf(type);
    case 'value': {
      const { value } = given;
      const to = underlying(type);
      if (sameType(value.type, type) || to.kind === 'interface') return value;
      const from = underlying(value.type);
      const word = (kind: string): boolean => ['int', 'uint', 'pointer', 'unsafe-pointer'].includes(kind);
      if (value.loose && word(to.kind)) return { type, source: value.source };
      if (from.kind === to.kind && (value.type.kind !== 'named' || type.kind !== 'named') && sameType(from, to))
        return { type, source: value.source };
      throw new OperationError(`${what} cannot be a ${value.type.name}`);
    }
    default:
      throw new OperationError(`${what} cannot be a ${given.kind}`);
  }
}

/** The receiver as the method wants it: itself, its address, or what it points to. */
export function receiverFor({ type }: Formal, receiver: Value, world: World): Value {
  const wanted = underlying(type).kind === 'pointer';
  const given = underlying(receiver.type).kind === 'pointer';
  if (wanted === given || sameType(receiver.type, type)) return receiver;
  if (!wanted) {
    const address = pointerOf(receiver);
    if (address === 0n) throw new OperationError('the receiver is nil');
    return deref(world, type, address);
  }
  const address = addressOf(receiver, false);
  if (address === undefined) throw new OperationError(`the method wants a ${type.name}, and the receiver lies nowhere in memory`);
  return address;
}

/** A value's bytes in the call: what it needs in memory is made there. Throws OperationError, Unreadable. */
export function bytesFor(world: World, frame: ReadyFrame, { type }: Pick<Formal, 'type'>, value: Given): Uint8Array {
  if ('elements' in value) return packed(world, frame, value);
  const to = underlying(type);
  if (to.kind === 'interface' && !sameType(value.type, type)) return boxed(world, frame, type, value);
  return made(world, frame, value);
}

/** A slice of new elements, in memory that the collector looks through. */
function packed(world: World, frame: ReadyFrame, { elements, elem }: Exclude<Given, Value>): Uint8Array {
  const bytes = elements.flatMap(each => [...bytesFor(world, frame, { type: elem }, each)]);
  const count = BigInt(elements.length);
  const holds = elem.runtimeType ?? runtimeTypeNamed(world, elem);
  return words([place(world, frame, Uint8Array.from(bytes), holds ?? 0n), count, count]);
}

function made(world: World, frame: ReadyFrame, value: Value): Uint8Array {
  if (!isMade(value)) return bytesOf(value).slice();
  const type = underlying(value.type);
  const count = type.kind === 'string' ? stringLength(value) : sliceRun(value).length;
  const bytes = type.kind === 'string' ? stringBytes(world, value, count) : sliceBytes(world, value, count);
  const header = type.kind === 'string' ? [count] : [count, count];
  return words([place(world, frame, bytes), ...header.map(BigInt)]);
}

function place({ memory }: World, frame: ReadyFrame, bytes: Uint8Array, type = 0n): bigint {
  if (bytes.length === 0) return 0n;
  const address = frame.allocate(bytes.length, type);
  memory.write(address, bytes);
  return address;
}

const words = (list: readonly bigint[]): Uint8Array => Uint8Array.from(list.flatMap(word => [...fromUint(word, WORD)]));

/** A value in an interface: the type, or for one with methods the table that the runtime has or makes of the two types, and the data. */
function boxed(world: World, frame: ReadyFrame, type: Type, value: Value): Uint8Array {
  const to = underlying(type);
  const empty = to.kind === 'interface' && to.empty;
  const from = underlying(value.type);
  if (from.kind === 'interface') {
    const first = readUint(value.source, 0, WORD);
    if (first === 0n) return words([0n, 0n]);
    const runtimeType = from.empty ? first : readUint(memorySource(world.memory, first), WORD, WORD);
    return words([empty ? runtimeType : table(frame, type, runtimeType, value.type), readUint(value.source, WORD, WORD)]);
  }
  const { runtimeType = runtimeTypeNamed(world, value.type) } = value.type;
  if (runtimeType === undefined)
    throw new OperationError(`the program has no description of ${value.type.name} that an interface could hold`);
  const first = empty ? runtimeType : table(frame, type, runtimeType, value.type);
  const bytes = made(world, frame, value);
  return words([
    first,
    isDirect(value.type)
      ? BigInt.asUintN(64, readUint({ read: (at, n) => bytes.subarray(at, at + n) }, 0, WORD))
      : place(world, frame, bytes, runtimeType),
  ]);
}

/** Types that an expression has made by itself have no address of their own. */
const runtimeTypeNamed = ({ images }: World, { name }: Type): bigint | undefined =>
  images.map(image => image.typeNamed(name)?.runtimeType).find(each => each !== undefined);

function table(frame: ReadyFrame, type: Type, runtimeType: bigint, held: Type): bigint {
  if (type.runtimeType === undefined) throw new OperationError(`the program has no description of ${type.name}`);
  const found = frame.itab(type.runtimeType, runtimeType);
  if (found === 0n) throw new OperationError(`${held.name} does not implement ${type.name}`);
  return found;
}
