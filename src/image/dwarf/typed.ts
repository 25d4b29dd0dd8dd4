import type { ExpressionLookup } from '../api.js';
import { FormatError } from '../bytes.js';
import { DW_OP } from './operators.js';

/** Type of a stack entry: a base type of the unit, or the generic type, which is an address of 8 bytes. */
export type StackType = NonNullable<ReturnType<ExpressionLookup['baseType']>>;

export const ADDRESS: StackType = { size: 8, encoding: 'address' };

/** A stack entry: `value` holds the bits, unsigned. */
export interface Typed {
  readonly type: StackType;
  readonly value: bigint;
}

const view = new DataView(new ArrayBuffer(8));

/** Bits of an IEEE 754 value of 4 or 8 bytes as a number. */
function toFloat({ type, value }: Typed): number {
  if (type.size === 4) {
    view.setUint32(0, Number(value & 0xffff_ffffn));
    return view.getFloat32(0);
  }
  if (type.size !== 8) throw new FormatError(`DWARF expression: floats of ${type.size} bytes are not supported`);
  view.setBigUint64(0, value);
  return view.getFloat64(0);
}

function fromFloat(type: StackType, value: number): Typed {
  if (type.size === 4) {
    view.setFloat32(0, value);
    return { type, value: BigInt(view.getUint32(0)) };
  }
  if (type.size !== 8) throw new FormatError(`DWARF expression: floats of ${type.size} bytes are not supported`);
  view.setFloat64(0, value);
  return { type, value: view.getBigUint64(0) };
}

function signedValue({ type, value }: Typed): bigint {
  return BigInt.asIntN(type.size * 8, value);
}

/** As the type means it; the generic type counts as signed where DWARF says so (DWARF 5, 2.5.1.4). */
function numberOf(item: Typed): bigint {
  return item.type.encoding === 'signed' ? signedValue(item) : item.value;
}

function wrap(type: StackType, value: bigint): Typed {
  return { type, value: BigInt.asUintN(type.size * 8, value) };
}

/** DW_OP_convert: the same number in another type. */
export function typedConvert(item: Typed, type: StackType): Typed {
  const from = item.type.encoding === 'float';
  const to = type.encoding === 'float';
  if (from && to) return fromFloat(type, toFloat(item));
  if (from) {
    const number = Math.trunc(toFloat(item));
    return wrap(type, Number.isFinite(number) ? BigInt(number) : 0n);
  }
  return to ? fromFloat(type, Number(numberOf(item))) : wrap(type, numberOf(item));
}

/** DW_OP_reinterpret: the same bits in another type of the same size. */
export function reinterpret(item: Typed, type: StackType): Typed {
  return wrap(type, item.value);
}

export function typedUnary(opcode: number, item: Typed): Typed {
  if (item.type.encoding === 'float') {
    const number = toFloat(item);
    if (opcode === DW_OP.not) throw new FormatError('DWARF expression: a bitwise operator on a float');
    return fromFloat(item.type, opcode === DW_OP.neg ? -number : Math.abs(number));
  }
  const number = signedValue(item);
  switch (opcode) {
    case DW_OP.abs:
      return wrap(item.type, number < 0n ? -number : number);
    case DW_OP.neg:
      return wrap(item.type, -number);
  }
  return wrap(item.type, ~item.value);
}

/** Shifts wider than the value give what shifting bit by bit would. */
function shift(opcode: number, a: Typed, by: bigint): Typed {
  const bits = BigInt(a.type.size * 8);
  if (opcode === DW_OP.shra) return wrap(a.type, signedValue(a) >> (by > bits ? bits : by));
  if (by >= bits) return wrap(a.type, 0n);
  return wrap(a.type, opcode === DW_OP.shl ? a.value << by : a.value >> by);
}

/** `a` was below `b` on the stack. Comparisons give 1 or 0 of the generic type. */
export function typedBinary(opcode: number, a: Typed, b: Typed): Typed {
  if (opcode === DW_OP.shl || opcode === DW_OP.shr || opcode === DW_OP.shra) return shift(opcode, a, b.value);
  if (a.type.encoding === 'float') return floatBinary(opcode, a, b);
  // Division and comparison of the generic type are signed, the remainder is not.
  const signed = a.type.encoding !== 'unsigned';
  const [x, y] = signed && opcode !== DW_OP.mod ? [signedValue(a), signedValue(b)] : [numberOf(a), numberOf(b)];
  const compared = compare(opcode, x, y);
  if (compared !== undefined) return compared;
  if ((opcode === DW_OP.div || opcode === DW_OP.mod) && y === 0n) throw new FormatError('DWARF expression: division by zero');
  switch (opcode) {
    case DW_OP.and:
      return wrap(a.type, a.value & b.value);
    case DW_OP.or:
      return wrap(a.type, a.value | b.value);
    case DW_OP.xor:
      return wrap(a.type, a.value ^ b.value);
    case DW_OP.plus:
      return wrap(a.type, x + y);
    case DW_OP.minus:
      return wrap(a.type, x - y);
    case DW_OP.mul:
      return wrap(a.type, x * y);
    case DW_OP.div:
      return wrap(a.type, x / y);
  }
  return wrap(a.type, x % y);
}

function compare<T extends bigint | number>(opcode: number, x: T, y: T): Typed | undefined {
  const flag = (value: boolean): Typed => ({ type: ADDRESS, value: value ? 1n : 0n });
  switch (opcode) {
    case DW_OP.eq:
      return flag(x === y);
    case DW_OP.ne:
      return flag(x !== y);
    case DW_OP.lt:
      return flag(x < y);
    case DW_OP.le:
      return flag(x <= y);
    case DW_OP.gt:
      return flag(x > y);
    case DW_OP.ge:
      return flag(x >= y);
  }
  return undefined;
}

function floatBinary(opcode: number, a: Typed, b: Typed): Typed {
  const [x, y] = [toFloat(a), toFloat(b)];
  const compared = compare(opcode, x, y);
  if (compared) return compared;
  switch (opcode) {
    case DW_OP.plus:
      return fromFloat(a.type, x + y);
    case DW_OP.minus:
      return fromFloat(a.type, x - y);
    case DW_OP.mul:
      return fromFloat(a.type, x * y);
    case DW_OP.div:
      return fromFloat(a.type, x / y);
  }
  throw new FormatError('DWARF expression: an integer operator on floats');
}
