/** Conversions: constants to types, `T(x)`, C casts, and the assignability that operators and `set` need. */
import { utf8Text } from '../../host/bytes.js';
import type { Type } from '../../image/api.js';
import { isSigned } from '../values/content.js';
import { floatOf } from '../values/format.js';
import { decodeRune } from '../values/numbers.js';
import { bytesSource, fromUint, readUint, toUint } from '../values/source.js';
import { basicType, isCType, sameType, underlying } from '../values/types.js';
import {
  bytesOf,
  dynamicOf,
  functionOf,
  madeSlice,
  madeString,
  pointerOf,
  sliceBytes,
  sliceRun,
  stringBytes,
  type Value,
  type World,
} from '../values/value.js';
import type { EvaluatedOperand } from './operand.js';
import { type Complex, OperationError, type Untyped } from './untyped.js';

/** A string of a debugger's computation is not longer than this. */
const MAX_STRING = 1 << 20;

const isNumber = (type: Type): boolean => ['int', 'uint', 'float', 'char', 'enum'].includes(underlying(type).kind);
export const isInteger = (type: Type): boolean => ['int', 'uint', 'char', 'enum'].includes(underlying(type).kind);
export const isPointer = (type: Type): boolean => ['pointer', 'unsafe-pointer'].includes(underlying(type).kind);

/** An integer, pointer, bool or func word as a number of its type. Throws Unreadable. */
export function integerOf(value: Value): bigint {
  const bits = toUint(bytesOf(value));
  return isSigned(value.type) ? BigInt.asIntN(8 * value.type.size, bits) : bits;
}

export function floatValueOf(value: Value): number {
  const type = underlying(value.type);
  if (type.kind !== 'float') return Number(integerOf(value));
  if (type.size <= 8) return floatOf(readUint(value.source, 0, type.size), type.size);
  const bits = readUint(value.source, 0, 10);
  const exponent = Number((bits >> 64n) & 0x7fffn) - 16383 - 63;
  return ((bits >> 79n) & 1n ? -1 : 1) * Number(bits & ((1n << 64n) - 1n)) * 2 ** exponent;
}

export function complexOf(value: Value): Complex {
  const half = value.type.size / 2;
  const part = (offset: number): number => floatOf(readUint(value.source, offset, half), half);
  return { re: part(0), im: part(half) };
}

export const makeInteger = (type: Type, value: bigint): Value => ({ type, source: bytesSource(fromUint(value, type.size)) });

function floatBytes(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 4) view.setFloat32(0, value, true);
  else if (size === 8) view.setFloat64(0, value, true);
  else throw new OperationError('r14 does not make 80-bit floating-point numbers');
  return bytes;
}

export const makeFloat = (type: Type, value: number): Value => ({ type, source: bytesSource(floatBytes(value, type.size)) });

export function makeComplex(type: Type, { re, im }: Complex): Value {
  const half = type.size / 2;
  return { type, source: bytesSource(Uint8Array.from([...floatBytes(re, half), ...floatBytes(im, half)])) };
}

export const makeBool = (value: boolean, type: Type = basicType('bool')!): Value => ({
  type,
  source: bytesSource(fromUint(value ? 1n : 0n, type.size)),
});

// ---- constants --------------------------------------------------------------------------------------------------------------------------

function constantText(constant: Untyped): string {
  switch (constant.class) {
    case 'string':
      return JSON.stringify(utf8Text(constant.value));
    case 'complex':
      return `(${constant.value.re} + ${constant.value.im}i)`;
    default:
      return String(constant.value);
  }
}

function wholeNumber(constant: Untyped): bigint | undefined {
  if (constant.class === 'int' || constant.class === 'rune') return constant.value;
  if (constant.class === 'float' && Number.isInteger(constant.value)) return BigInt(constant.value);
  if (constant.class === 'complex' && constant.value.im === 0 && Number.isInteger(constant.value.re)) return BigInt(constant.value.re);
  return undefined;
}

/** A constant as a value of the type. `force` is a conversion that was written: fractions are cut. Throws OperationError. */
export function constantTo(constant: Untyped, type: Type, force = false): Value {
  const at = underlying(type);
  const refuse = (): never => {
    throw new OperationError(`cannot convert the constant ${constantText(constant)} to ${type.name}`);
  };
  switch (at.kind) {
    case 'bool':
      return constant.class === 'bool' ? makeBool(constant.value, type) : refuse();
    case 'int':
    case 'uint':
    case 'char':
    case 'enum': {
      let whole = wholeNumber(constant);
      if (whole === undefined && force && constant.class === 'float' && Number.isFinite(constant.value))
        whole = BigInt(Math.trunc(constant.value));
      if (whole === undefined && constant.class === 'bool' && isCType(type)) whole = constant.value ? 1n : 0n;
      if (whole === undefined) return refuse();
      const width = 8 * at.size;
      const fits = isSigned(type) ? BigInt.asIntN(width, whole) === whole : BigInt.asUintN(width, whole) === whole;
      // Addresses and masks are written as unsigned numbers whatever the type, and -1 as a mask.
      const asBits = (isCType(type) || width === 64) && (BigInt.asUintN(width, whole) === whole || BigInt.asIntN(width, whole) === whole);
      if (!fits && !asBits) throw new OperationError(`the constant ${whole} overflows ${type.name}`);
      return makeInteger(type, whole);
    }
    case 'float':
      if (constant.class === 'complex' ? constant.value.im !== 0 : typeof constant.value !== 'bigint' && typeof constant.value !== 'number')
        return refuse();
      return makeFloat(type, constant.class === 'complex' ? constant.value.re : Number(constant.value));
    case 'complex':
      if (constant.class === 'complex') return makeComplex(type, constant.value);
      if (typeof constant.value !== 'bigint' && typeof constant.value !== 'number') return refuse();
      return makeComplex(type, { re: Number(constant.value), im: 0 });
    case 'string': {
      if (constant.class === 'string') return madeString(type, constant.value);
      if (force && typeof constant.value === 'bigint') return madeString(type, runeBytes(constant.value));
      return refuse();
    }
    case 'slice':
      if (force && constant.class === 'string') return stringToSlice(constant.value, type, at.elem);
      return refuse();
    case 'pointer':
    case 'unsafe-pointer': {
      const whole = wholeNumber(constant);
      if (whole === undefined || !force) return refuse();
      return makeInteger(type, whole);
    }
    default:
      return refuse();
  }
}

/** The type a constant takes by itself. */
export function defaultType(constant: Untyped): Type {
  const names = { bool: 'bool', int: 'int', rune: 'int32', float: 'float64', complex: 'complex128', string: 'string' } as const;
  return basicType(names[constant.class])!;
}

/** What an operand is as a value: a constant has its default type. Undefined: it is none. */
export function asValue(operand: EvaluatedOperand): Value | undefined {
  if (operand.kind === 'constant') return constantTo(operand.constant, defaultType(operand.constant));
  return operand.kind === 'value' ? operand.value : undefined;
}

function runeBytes(value: bigint): Uint8Array {
  const valid = value >= 0n && value <= 0x10_ffffn && (value < 0xd800n || value > 0xdfffn);
  return new TextEncoder().encode(String.fromCodePoint(valid ? Number(value) : 0xfffd));
}

function stringToSlice(bytes: Uint8Array, type: Type, elem: Type): Value {
  if (elem.size === 1) return madeSlice(type, bytes);
  if (elem.size !== 4) throw new OperationError(`cannot convert a string to ${type.name}`);
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { point, length } = decodeRune(bytes, at);
    out.push(...fromUint(BigInt(point ?? 0xfffd), 4));
    at += length;
  }
  return madeSlice(type, Uint8Array.from(out));
}

// ---- conversions of values ----------------------------------------------------------------------------------------------------------------

/** Whole bytes of a string value that may be long. Throws Unreadable, OperationError. */
export function wholeString(world: World, value: Value): Uint8Array {
  const bytes = stringBytes(world, value, MAX_STRING + 1);
  if (bytes.length > MAX_STRING) throw new OperationError(`the string is longer than ${MAX_STRING} bytes`);
  return bytes;
}

/** `T(x)` and C's `(T)x`. Throws OperationError, Unreadable. */
export function convert(world: World, operand: EvaluatedOperand, type: Type): Value {
  const converted = conversion(world, operand, type);
  return underlying(type).kind === 'pointer' ? { ...converted, bare: true } : converted;
}

function conversion(world: World, operand: EvaluatedOperand, type: Type): Value {
  switch (operand.kind) {
    case 'constant':
      return constantTo(operand.constant, type, true);
    case 'nil':
      return nilOf(type);
    case 'function':
      return addressTo(operand.func.entry, type, operand.func.name);
    case 'symbol':
      return addressTo(operand.address, type, operand.name);
    case 'value':
      return convertValue(world, operand.value, type);
    default:
      throw new OperationError(`that is no value that could be converted to ${type.name}`);
  }
}

function addressTo(address: bigint, type: Type, name: string): Value {
  if (isPointer(type) || isInteger(type)) return makeInteger(type, address);
  throw new OperationError(`cannot convert the address of ${name} to ${type.name}`);
}

const WORDS: ReadonlySet<Type['kind']> = new Set(['map', 'chan', 'func']);
const NILABLE = new Set(['pointer', 'unsafe-pointer', 'map', 'chan', 'func', 'slice', 'interface']);

export function nilOf(type: Type): Value {
  if (!NILABLE.has(underlying(type).kind)) throw new OperationError(`nil is no value of type ${type.name}`);
  return { type, source: bytesSource(new Uint8Array(type.size)) };
}

function convertValue(world: World, value: Value, type: Type): Value {
  const from = underlying(value.type);
  const to = underlying(type);
  const retyped: Value = { type, source: value.source };
  if (sameType(value.type, type)) return retyped;
  if (isNumber(type) && isNumber(value.type)) return convertNumber(value, type);
  if (to.kind === 'bool' && isCType(type) && isNumber(value.type)) return makeBool(integerOf(value) !== 0n, type);
  if (isInteger(type) && from.kind === 'bool' && (isCType(type) || isCType(value.type))) return makeInteger(type, integerOf(value));
  if (to.kind === 'complex' && from.kind === 'complex') return makeComplex(type, complexOf(value));
  if (to.kind === 'complex' && isNumber(value.type)) return makeComplex(type, { re: floatValueOf(value), im: 0 });
  // What is no pointer at all is no map: a number that is an address must be converted to a pointer to one.
  const word = isPointer(type)
    ? from.kind !== 'float'
    : WORDS.has(to.kind) && (isPointer(value.type) || from.kind === to.kind || value.loose);
  if (word && from.size === 8) {
    return makeInteger(type, pointerOf(value));
  }
  if (isInteger(type) && (isPointer(value.type) || from.kind === 'func' || from.kind === 'map' || from.kind === 'chan')) {
    return makeInteger(type, pointerOf(value));
  }
  if (to.kind === 'string') return toStringValue(world, value, type);
  if (to.kind === 'slice' && from.kind === 'string') return stringToSlice(wholeString(world, value), type, to.elem);
  if (sameShape(from, to)) return retyped;
  if (isPointer(type) && from.kind === 'array' && isCType(value.type) && value.source.address !== undefined)
    return makeInteger(type, value.source.address);
  throw new OperationError(`cannot convert a value of type ${value.type.name} to ${type.name}`);
}

function convertNumber(value: Value, type: Type): Value {
  const to = underlying(type);
  if (to.kind === 'float') return makeFloat(type, floatValueOf(value));
  if (underlying(value.type).kind !== 'float') return makeInteger(type, integerOf(value));
  const number = floatValueOf(value);
  // What amd64's CVTTSD2SI gives for what does not fit.
  const whole = Number.isFinite(number) ? BigInt(Math.trunc(number)) : -(1n << 63n);
  return makeInteger(type, whole);
}

function toStringValue(world: World, value: Value, type: Type): Value {
  const from = underlying(value.type);
  if (from.kind === 'string') return { type, source: value.source };
  if (isInteger(value.type)) return madeString(type, runeBytes(integerOf(value)));
  if ((from.kind === 'slice' || from.kind === 'array') && isInteger(from.elem)) {
    const { length } = from.kind === 'array' ? from : sliceRun(value);
    if (length > MAX_STRING) throw new OperationError(`the slice is longer than ${MAX_STRING} elements`);
    const bytes = from.kind === 'array' ? bytesOf(value) : sliceBytes(world, value, length);
    if (from.elem.size === 1) return madeString(type, bytes.slice());
    if (from.elem.size === 4) {
      const runes = Array.from({ length }, (_, i) => runeBytes(toUint(bytes.subarray(4 * i, 4 * i + 4))));
      return madeString(type, Uint8Array.from(runes.flatMap(rune => [...rune])));
    }
  }
  throw new OperationError(`cannot convert a value of type ${value.type.name} to ${type.name}`);
}

/** Types with the same underlying type, as far as structure tells. */
function sameShape(a: Type, b: Type): boolean {
  const [from, to] = [underlying(a), underlying(b)];
  if (from.kind !== to.kind || from.size !== to.size) return false;
  if (from.kind === 'struct' && to.kind === 'struct') {
    return (
      from.fields.length === to.fields.length &&
      from.fields.every((field, i) => field.name === to.fields[i]!.name && sameType(field.type, to.fields[i]!.type))
    );
  }
  if ((from.kind === 'slice' && to.kind === 'slice') || (from.kind === 'array' && to.kind === 'array')) return sameType(from.elem, to.elem);
  return from.kind === 'interface' || from.kind === 'string' || from.kind === 'bool';
}

/** What a value amounts to as an address or number: registers, integers, pointers, functions. undefined: it is neither. */
export function wordOf(world: World, operand: EvaluatedOperand): bigint | undefined {
  switch (operand.kind) {
    case 'constant': {
      const whole = wholeNumber(operand.constant);
      return whole === undefined ? undefined : BigInt.asUintN(64, whole);
    }
    case 'nil':
      return 0n;
    case 'function':
    case 'method':
      return operand.func.entry;
    case 'symbol':
      return operand.address;
    case 'value': {
      const { value } = operand;
      const type = underlying(value.type);
      if (isInteger(value.type)) return BigInt.asUintN(64, integerOf(value));
      if (isPointer(value.type) || type.kind === 'map' || type.kind === 'chan') return pointerOf(value);
      if (type.kind === 'func') return isCType(value.type) ? value.source.address : functionOf(world, value)?.pc;
      if (type.kind === 'slice') return pointerOf(value);
      if (type.kind === 'array') return value.source.address;
      if (type.kind === 'interface') {
        const dynamic = dynamicOf(world, value);
        return dynamic.nil || !dynamic.value ? undefined : wordOf(world, { kind: 'value', value: dynamic.value });
      }
      return undefined;
    }
    default:
      return undefined;
  }
}
