/** Fields, methods, elements and parts of values. Messages have no position: the evaluator adds it. */
import { hex } from '../../host/hex.js';
import type { Field, Func, Type } from '../../image/api.js';
import { instanceNamed } from '../../image/go/generics.js';
import { capturedBy, capturedSource } from '../values/captured.js';
import { chanField } from '../values/channel.js';
import { fieldOf } from '../values/content.js';
import { mapView } from '../values/map.js';
import { bytesSource, fromUint, Unreadable } from '../values/source.js';
import { arrayOf, basicType, findField, isCType, sliceOf, underlying } from '../values/types.js';
import {
  deref,
  dynamicOf,
  element,
  functionOf,
  madeSlice,
  madeString,
  pointerOf,
  pointerValue,
  sliceBytes,
  sliceRun,
  stringBytes,
  stringLength,
  type Value,
  type World,
} from '../values/value.js';
import { equal, equalDynamic } from './compare.js';
import type { EvaluationContext } from './context.js';
import { asValue, constantTo, convert, integerOf, isInteger, wholeString } from './convert.js';
import { servesArguments } from './instances.js';
import { findFunction, findType, functionsLike, inlinedAway, isInlinedAway } from './names.js';
import { type EvaluatedOperand, ofValue } from './operand.js';
import { OperationError } from './untyped.js';

/** Follows a pointer, with the expression's text for the message. */
export function follow(world: World, value: Value, text: string): Value {
  const type = underlying(value.type);
  if (type.kind !== 'pointer') throw new OperationError(`${text} (${value.type.name}) cannot be dereferenced`);
  const address = pointerOf(value);
  if (address === 0n) throw new OperationError(`${text} is nil`);
  return deref(world, type.elem, address);
}

/** `x.name`: a field through pointers, embedded structs and the dynamic value of an interface, or a method. */
export function selectMember(context: EvaluationContext, value: Value, name: string, text: string): EvaluatedOperand {
  const found = findMember(context, value, name, text);
  if (found) return found;
  if (underlying(value.type).kind === 'interface') {
    const dynamic = dynamicOf(context, value);
    if (dynamic.nil) throw new OperationError(`${text} is nil`);
    if (dynamic.value === undefined) throw new OperationError(`the dynamic type of ${text}, at ${hex(dynamic.runtimeType)}, is not known`);
    return selectMember(context, dynamic.value, name, text);
  }
  const inlined = methodNames(value.type, name).find(each => isInlinedAway(context, each));
  if (inlined !== undefined) throw new OperationError(inlinedAway(inlined));
  throw new OperationError(`${text} (${value.type.name}) has no field ${name}, and the program no such method of it`);
}

/** How deep structs are looked for in structs: an embedded pointer can lead back. */
const MOST_EMBEDDED = 16;

interface Holder {
  readonly value: Value;
  readonly text: string;
}

/** The shallowest field or method of that name (The Go Programming Language Specification, "Selectors"). */
function findMember(context: EvaluationContext, value: Value, name: string, text: string): EvaluatedOperand | undefined {
  let level: readonly Holder[] = [{ value, text }];
  // What lies behind a nil pointer is missed only when the name is nowhere else.
  let blocked: unknown;
  for (let depth = 0; depth < MOST_EMBEDDED && level.length > 0; depth++) {
    const next: Holder[] = [];
    for (const holder of level) {
      try {
        const found = (depth === 0 ? ownOfChannel(context, holder, name) : undefined) ?? ownMember(context, holder, name);
        if (found) return found;
        next.push(...embeddedIn(context, holder));
      } catch (error) {
        if (!(error instanceof OperationError || error instanceof Unreadable)) throw error;
        blocked ??= error;
      }
    }
    level = next;
  }
  if (blocked !== undefined) throw blocked;
  return undefined;
}

/** The struct that a value is or points to. */
function structOf({ type }: Value): Exclude<Type, { kind: 'named' }> {
  const at = underlying(type);
  return at.kind === 'pointer' ? underlying(at.elem) : at;
}

const isEmbedded = (field: Field): boolean => field.embedded || field.name === '';

function embeddedIn(context: EvaluationContext, { value, text }: Holder): readonly Holder[] {
  const struct = structOf(value);
  if (struct.kind !== 'struct' && struct.kind !== 'union') return [];
  const fields = struct.fields.filter(isEmbedded);
  if (fields.length === 0) return [];
  const whole = underlying(value.type).kind === 'pointer' ? follow(context, value, text) : value;
  return fields.map(field => ({ value: fieldOf(whole, field), text: `${text}.${field.name}` }));
}

/** The runtime's fields, which Go itself does not show, and so does not promote. */
function ownOfChannel(context: EvaluationContext, { value, text }: Holder, name: string): EvaluatedOperand | undefined {
  const type = underlying(value.type);
  if (type.kind !== 'chan' || !findField(type.hchan, name)) return undefined;
  const field = chanField(context, value, name);
  if (field === undefined) throw new OperationError(`${text} is nil`);
  return ofValue(field);
}

/** Without what is embedded. */
function ownMember(context: EvaluationContext, { value, text }: Holder, name: string): EvaluatedOperand | undefined {
  const type = underlying(value.type);
  const struct = structOf(value);
  if (struct.kind === 'struct' || struct.kind === 'union') {
    const field = struct.fields.find(each => each.name === name || (each.embedded && each.name.split('.').at(-1) === name));
    if (field) return ofValue(fieldOf(type.kind === 'pointer' ? follow(context, value, text) : value, field));
  }
  const captured = type.kind === 'func' ? selectCaptured(context, value, name) : undefined;
  if (captured) return ofValue(captured);
  if (type.kind === 'interface') {
    const dynamic = dynamicOf(context, value);
    return dynamic.nil || dynamic.value === undefined ? undefined : findMember(context, dynamic.value, name, text);
  }
  const func = methodOfType(context, value.type, name) ?? genericMethod(context, pointee(value.type), name);
  return func && { kind: 'method', func, receiver: value };
}

const pointee = (type: Type): Type => (type.kind === 'pointer' ? type.elem : type);

/** `f.count`: a variable that the closure has captured. */
function selectCaptured(context: EvaluationContext, value: Value, name: string): Value | undefined {
  const func = functionOf(context, value);
  const variable = func && capturedBy(context, func.pc).find(each => each.name === name);
  return variable && { type: variable.type, source: capturedSource(context, variable, pointerOf(value)) };
}

/** `main.T` in `main.T` and `*main.T`, for the name of a method. */
function methodNames(type: Type, name: string): string[] {
  const at = type.kind === 'pointer' ? type.elem : type;
  const dot = at.name.indexOf('.', at.name.search(/[^/]*$/));
  const bracket = at.name.indexOf('[');
  const slash = (bracket < 0 ? at.name : at.name.slice(0, bracket)).lastIndexOf('/');
  const split = at.name.indexOf('.', slash + 1);
  if (dot < 0 || split < 0) return [];
  const pkg = at.name.slice(0, split);
  const base = at.name.slice(split + 1);
  const names = [`${pkg}.(*${base}).${name}`, `${pkg}.${base}.${name}`];
  return type.kind === 'pointer' ? names : names.reverse();
}

/** Methods of generic types are compiled for the shapes of their arguments (`main.(*Stack[go.shape.string]).Push`). */
function genericMethod(context: EvaluationContext, type: Type, name: string): Func | undefined {
  const bracket = type.name.indexOf('[');
  const dot = type.name.indexOf('.', type.name.slice(0, Math.max(bracket, 0)).lastIndexOf('/') + 1);
  if (bracket <= 0 || dot < 0 || dot > bracket) return undefined;
  const pkg = type.name.slice(0, dot);
  const base = type.name.slice(dot + 1, bracket);
  const found = [
    ...functionsLike(context, `${pkg}.(*${base}[go.shape.`, `]).${name}`),
    ...functionsLike(context, `${pkg}.${base}[go.shape.`, `].${name}`),
  ];
  const wanted = instanceNamed(type.name)?.args ?? [];
  const types = { all: context.images, typeNamed: (each: string) => findType(context, each) };
  const serving = found.length < 2 ? found : found.filter(func => servesArguments(types, func.name, wanted));
  if (serving.length < 2) return serving[0];
  throw new OperationError(`${type.name}.${name} is compiled as one of ${found.map(func => func.name).join(', ')}`);
}

/** The function with that name as a method of the type, for calls on types (`main.T.Method`). */
export const methodOfType = (context: EvaluationContext, type: Type, name: string): Func | undefined =>
  methodNames(type, name)
    .map(each => findFunction(context, each))
    .find(func => func !== undefined);

// ---- elements ---------------------------------------------------------------------------------------------------------------------------

function indexNumber(operand: EvaluatedOperand, what: string): number {
  let index: bigint | undefined;
  if (operand.kind === 'constant') index = integerOf(constantTo(operand.constant, basicType('int')!));
  else if (operand.kind === 'value' && isInteger(operand.value.type)) index = integerOf(operand.value);
  if (index === undefined) throw new OperationError(`${what} must be an integer`);
  if (index > BigInt(Number.MAX_SAFE_INTEGER) || index < -BigInt(Number.MAX_SAFE_INTEGER))
    throw new OperationError(`${what} ${index} is out of bounds`);
  return Number(index);
}

export function index(world: World, value: Value, operand: EvaluatedOperand, text: string): Value {
  const type = underlying(value.type);
  switch (type.kind) {
    case 'map':
      return lookUp(world, value, operand, text);
    case 'pointer': {
      if (underlying(type.elem).kind === 'array' && value.type.name.startsWith('*'))
        return index(world, follow(world, value, text), operand, text);
      const offset = indexNumber(operand, 'an index') * Math.max(1, type.elem.size);
      if (value.type.name.startsWith('*')) break;
      return deref(world, type.elem, pointerOf(value) + BigInt(offset));
    }
    case 'string': {
      const at = indexNumber(operand, 'an index');
      const length = stringLength(value);
      bounds(at, length, text);
      return { type: basicType('uint8')!, source: bytesSource(stringBytes(world, value, at + 1).slice(at), 'strings cannot be changed') };
    }
    case 'slice':
    case 'array': {
      const at = indexNumber(operand, 'an index');
      bounds(at, type.kind === 'array' ? type.length : sliceRun(value).length, text);
      return element(world, value, at);
    }
  }
  throw new OperationError(`${text} (${value.type.name}) cannot be indexed`);
}

function bounds(at: number, length: number, text: string): void {
  if (at < 0 || at >= length) throw new OperationError(`index out of bounds: index ${at} of ${text}, whose length is ${length}`);
}

/** A key that is not there has no value to show, so that is an error here and not Go's zero value. */
function lookUp(world: World, value: Value, operand: EvaluatedOperand, text: string): Value {
  const type = underlying(value.type);
  if (type.kind !== 'map') throw new OperationError(`${text} is no map`);
  const key = keyOf(world, operand, type.key);
  const dynamic = underlying(type.key).kind === 'interface' && underlying(key.type).kind !== 'interface';
  const matches = (each: Value): boolean => (dynamic ? equalDynamic(world, each, key) : equal(world, each, key));
  const view = mapView(world, value);
  if (view) for (const entry of view.entries()) if (matches(entry.key)) return entry.value;
  throw new OperationError(`${text} has no such key`);
}

function keyOf(world: World, operand: EvaluatedOperand, type: Type): Value {
  const key = underlying(type);
  if (key.kind === 'interface') {
    const value = asValue(operand);
    if (value === undefined) throw new OperationError(`that is no key for ${type.name}`);
    return value;
  }
  if (operand.kind === 'constant') return constantTo(operand.constant, type);
  if (operand.kind === 'value') {
    if (operand.value.loose) return convert(world, operand, type);
    if (underlying(operand.value.type).kind === key.kind && operand.value.type.size === type.size)
      return { type, source: operand.value.source };
    throw new OperationError(`a key of this map is a ${type.name}, not a ${operand.value.type.name}`);
  }
  return convert(world, operand, type);
}

export interface Bounds {
  readonly low: EvaluatedOperand | undefined;
  readonly high: EvaluatedOperand | undefined;
  readonly max: EvaluatedOperand | undefined;
}

/** `x[low:high:max]`, whose elements are all wanted. */
export const slice = (world: World, value: Value, bounds: Bounds, text: string): Value => ({
  ...sliced(world, value, bounds, text),
  whole: true,
});

function sliced(world: World, value: Value, { low, high, max }: Bounds, text: string): Value {
  const type = underlying(value.type);
  const from = low ? indexNumber(low, 'a slice bound') : 0;
  if (type.kind === 'pointer' && underlying(type.elem).kind === 'array')
    return slice(world, follow(world, value, text), { low, high, max }, text);
  const check = (to: number, limit: number, what: string): void => {
    if (from < 0 || from > to || to > limit)
      throw new OperationError(`slice bounds out of range [${from}:${to}] of ${text}, whose ${what} is ${limit}`);
  };
  if (type.kind === 'string') {
    const length = stringLength(value);
    const to = high ? indexNumber(high, 'a slice bound') : length;
    check(to, length, 'length');
    if (value.source.address === undefined) return madeString(value.type, wholeString(world, value).slice(from, to));
    return { type: value.type, source: header(pointerOf(value) + BigInt(from), to - from) };
  }
  if (type.kind === 'pointer' && isCType(value.type) && high !== undefined) {
    // C's pointers know no length: the one that is given.
    const to = indexNumber(high, 'a slice bound');
    check(to, Number.MAX_SAFE_INTEGER, 'length');
    return deref(world, arrayOf(type.elem, to - from, true), pointerOf(value) + BigInt(from * type.elem.size));
  }
  if (type.kind !== 'slice' && type.kind !== 'array') throw new OperationError(`${text} (${value.type.name}) cannot be sliced`);
  const result = type.kind === 'slice' ? value.type : sliceOf(type.elem);
  const run =
    type.kind === 'slice' ? sliceRun(value) : { address: value.source.address ?? -1n, length: type.length, capacity: type.length };
  const to = high ? indexNumber(high, 'a slice bound') : run.length;
  const end = max ? indexNumber(max, 'a slice bound') : run.capacity;
  check(to, end, 'capacity');
  if (end > run.capacity) throw new OperationError(`slice bounds out of range [::${end}] of ${text}, whose capacity is ${run.capacity}`);
  if (run.address < 0n) {
    const whole = type.kind === 'slice' ? sliceBytes(world, value, run.length) : value.source.read(0, type.size);
    return madeSlice(result, whole.slice(from * type.elem.size, to * type.elem.size));
  }
  return { type: result, source: header(run.address + BigInt(from * type.elem.size), to - from, end - from) };
}

function header(address: bigint, ...counts: number[]) {
  const words = [address, ...counts.map(BigInt)];
  return bytesSource(Uint8Array.from(words.flatMap(word => [...fromUint(word, 8)])));
}

/** gdb's `x@n`: n values in a row from x on. */
export function artificialArray(world: World, value: Value, count: EvaluatedOperand, inC: boolean): Value {
  const length = indexNumber(count, 'the length behind @');
  const { address } = value.source;
  if (address === undefined) throw new OperationError('only a value in memory has neighbours for @');
  if (length < 1 || length > 1 << 20) throw new OperationError(`the length behind @ is ${length}, not 1 to ${1 << 20}`);
  return deref(world, arrayOf(value.type, length, inC), address);
}

/** What an interface holds. */
export function dataOf(world: World, value: Value, text: string): Value {
  if (underlying(value.type).kind !== 'interface') throw new OperationError(`${text} (${value.type.name}) is no interface`);
  const dynamic = dynamicOf(world, value);
  if (dynamic.nil) throw new OperationError(`${text} is nil`);
  if (dynamic.value) return dynamic.value;
  return pointerValue(basicType('unsafe.Pointer')!, dynamic.data);
}
