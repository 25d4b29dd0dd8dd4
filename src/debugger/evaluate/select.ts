/** Fields, methods, elements and parts of values. Messages have no position: the evaluator adds it. */
import { hex } from '../../host/hex.js';
import type { Func, Type } from '../../image/api.js';
import { fieldOf } from '../values/content.js';
import { mapView } from '../values/map.js';
import { bytesSource, fromUint } from '../values/source.js';
import { arrayOf, basicType, findField, sliceOf, underlying } from '../values/types.js';
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
import { constantTo, convert, defaultType, integerOf, isInteger, wholeString } from './convert.js';
import { capturedSource } from './location.js';
import { findFunction, functionsLike } from './names.js';
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
  const field = selectField(context, value, name, text);
  if (field) return ofValue(field);
  const method = selectMethod(context, value, name, text);
  if (method) return method;
  const base = underlying(value.type);
  const captured = base.kind === 'func' ? selectCaptured(context, value, name) : undefined;
  if (captured) return ofValue(captured);
  if (base.kind === 'interface') {
    const dynamic = dynamicOf(context, value);
    if (dynamic.nil) throw new OperationError(`${text} is nil`);
    if (dynamic.value === undefined) throw new OperationError(`the dynamic type of ${text}, at ${hex(dynamic.runtimeType)}, is not known`);
    return selectMember(context, dynamic.value, name, text);
  }
  throw new OperationError(`${text} (${value.type.name}) has no field ${name}, and the program no such method of it`);
}

/** `f.count`: a variable that the closure has captured, where debug information says where (Go 1.23 and later). */
function selectCaptured(context: EvaluationContext, value: Value, name: string): Value | undefined {
  const func = functionOf(context, value);
  const image = func && context.images.find(each => each.contains(func.pc));
  const scope = func && image?.inlineFrames(func.pc).at(-1)?.scope;
  const variable = scope && image?.variables(scope, func.pc).find(each => each.name === name && each.closureOffset !== undefined);
  const source = variable && capturedSource(context, variable, pointerOf(value));
  return source && { type: variable.type, source };
}

function selectField(world: World, value: Value, name: string, text: string): Value | undefined {
  const type = underlying(value.type);
  const holder = type.kind === 'pointer' ? type.elem : value.type;
  const found = findField(holder, name);
  if (found === undefined) return undefined;
  let at = type.kind === 'pointer' ? follow(world, value, text) : value;
  let path = text;
  for (const step of found.path) {
    if (underlying(at.type).kind === 'pointer') at = follow(world, at, path);
    at = fieldOf(at, step);
    path += `.${step.name}`;
  }
  return at;
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
  return [`${pkg}.(*${base}).${name}`, `${pkg}.${base}.${name}`];
}

function selectMethod(context: EvaluationContext, value: Value, name: string, text: string, depth = 0): EvaluatedOperand | undefined {
  const at = underlying(value.type).kind === 'pointer' && value.type.kind === 'pointer' ? value.type.elem : value.type;
  for (const candidate of methodNames(value.type, name)) {
    const func = findFunction(context, candidate);
    if (func) return { kind: 'method', func, receiver: value };
  }
  const instance = genericMethod(context, at, name);
  if (instance) return { kind: 'method', func: instance, receiver: value };
  const type = underlying(at);
  if (type.kind !== 'struct' || depth > 4) return undefined;
  const holder = underlying(value.type).kind === 'pointer' ? follow(context, value, text) : value;
  for (const field of type.fields) {
    const found = field.embedded ? selectMethod(context, fieldOf(holder, field), name, `${text}.${field.name}`, depth + 1) : undefined;
    if (found) return found;
  }
  return undefined;
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
  if (found.length < 2) return found[0];
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
    const value =
      operand.kind === 'constant'
        ? constantTo(operand.constant, defaultType(operand.constant))
        : operand.kind === 'value'
          ? operand.value
          : undefined;
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

export function slice(world: World, value: Value, { low, high, max }: Bounds, text: string): Value {
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
