/** Unary and binary operators on operands. Messages have no position: the evaluator adds it. */

import { compareBytes } from '../../host/bytes.js';
import type { Type } from '../../image/api.js';
import { isSigned } from '../values/content.js';
import { basicType, isCType, pointerTo, sameType, underlying } from '../values/types.js';
import { madeString, pointerOf, uint64Value, type Value, type World } from '../values/value.js';
import { wideKind } from '../values/wide.js';
import { equal, equalDynamic, isNil } from './compare.js';
import {
  complexOf,
  constantTo,
  defaultType,
  floatValueOf,
  integerOf,
  isInteger,
  isPointer,
  makeBool,
  makeComplex,
  makeFloat,
  makeInteger,
  wholeString,
  wordOf,
} from './convert.js';
import { type EvaluatedOperand, ofConstant, ofValue } from './operand.js';
import { arithmetic, binaryConstant, compareOrder, compareScalars, isComparison, OperationError, shift, unaryConstant } from './untyped.js';

/** Functions and symbols count as their addresses in arithmetic and comparisons. */
function settle(operand: EvaluatedOperand): EvaluatedOperand {
  if (operand.kind === 'function' || operand.kind === 'method') return ofValue({ ...uint64Value(operand.func.entry), loose: true });
  if (operand.kind === 'symbol') return ofValue({ ...uint64Value(operand.address), loose: true });
  if (operand.kind === 'type') throw new OperationError(`${operand.type.name} is a type, not a value`);
  return operand;
}

export function unary(operator: string, operand: EvaluatedOperand, inC: boolean): EvaluatedOperand {
  const settled = settle(operand);
  if (operator === '!' && inC && settled.kind === 'constant' && typeof settled.constant.value !== 'object')
    return ofConstant({ class: 'bool', value: !settled.constant.value });
  if (settled.kind === 'constant') return ofConstant(unaryConstant(operator, settled.constant));
  if (settled.kind !== 'value') throw new OperationError(`operator ${operator} is not defined on nil`);
  const { value } = settled;
  const { kind } = underlying(value.type);
  if (operator === '!') {
    if (kind === 'bool') return ofValue(makeBool(integerOf(value) === 0n, value.type));
    if ((inC || isCType(value.type)) && (isInteger(value.type) || isPointer(value.type))) return ofValue(makeBool(integerOf(value) === 0n));
  } else if (isInteger(value.type)) {
    const number = integerOf(value);
    const result = operator === '-' ? -number : operator === '+' ? number : ~number;
    return ofValue({ ...makeInteger(value.type, result), ...(value.loose && { loose: true as const }) });
  } else if (operator === '-' || operator === '+') {
    const sign = operator === '-' ? -1 : 1;
    if (kind === 'float') return ofValue(makeFloat(value.type, sign * floatValueOf(value)));
    if (kind === 'complex') {
      const { re, im } = complexOf(value);
      return ofValue(makeComplex(value.type, { re: sign * re, im: sign * im }));
    }
  }
  throw new OperationError(`operator ${operator} is not defined on ${value.type.name}`);
}

export function binary(world: World, operator: string, left: EvaluatedOperand, right: EvaluatedOperand): EvaluatedOperand {
  const a = settle(left);
  const b = settle(right);
  if (operator === '<<' || operator === '>>') return shifted(world, operator, a, b);
  if (a.kind === 'constant' && b.kind === 'constant') return ofConstant(binaryConstant(operator, a.constant, b.constant));
  if (a.kind === 'nil' || b.kind === 'nil') return againstNil(operator, a, b);
  if (a.kind === 'constant' && b.kind === 'value') return values(world, operator, fitted(a, b.value), b.value);
  if (a.kind === 'value' && b.kind === 'constant') return values(world, operator, a.value, fitted(b, a.value));
  if (a.kind === 'value' && b.kind === 'value') return values(world, operator, a.value, b.value);
  throw new OperationError(`operator ${operator} is not defined here`);
}

/** A constant beside a value takes its type; beside a pointer it stays a number, beside an interface it takes its own type. */
function fitted(operand: EvaluatedOperand & { kind: 'constant' }, beside: Value): Value {
  const { constant } = operand;
  beside = promoted(beside);
  if (isPointer(beside.type) && (constant.class === 'int' || constant.class === 'rune')) {
    return { ...makeInteger(basicType('int64')!, constant.value), loose: true };
  }
  if (underlying(beside.type).kind === 'interface') return constantTo(constant, defaultType(constant));
  // Registers are compared with negative numbers and fractions as their bits and values.
  if (beside.loose && constant.class === 'float' && !Number.isInteger(constant.value)) return constantTo(constant, basicType('float64')!);
  // C promotes what is smaller than an int.
  if (isCType(beside.type) && isInteger(beside.type) && beside.type.size < 4 && constant.class !== 'float')
    return constantTo(constant, C_INT);
  if (isCType(beside.type) && isInteger(beside.type) && constant.class === 'float') return constantTo(constant, basicType('float64')!);
  return constantTo(constant, beside.type);
}

const C_INT: Type = { kind: 'int', name: 'int', size: 4 };

/** A member of an enumeration of C is a number beside others, and so is a wide character. */
function promoted(value: Value): Value {
  const at = underlying(value.type);
  if (wideKind(value.type) !== undefined) {
    const unsigned = at.size === C_INT.size && !isSigned(value.type);
    return makeInteger(unsigned ? { kind: 'uint', name: 'unsigned int', size: C_INT.size } : C_INT, integerOf(value));
  }
  if (at.kind !== 'enum' || !isCType(value.type)) return value;
  const signed = isSigned(value.type);
  const name = `${signed ? '' : 'unsigned '}${at.size === 8 ? 'long' : 'int'}`;
  return makeInteger({ kind: signed ? 'int' : 'uint', name, size: Math.max(4, at.size) }, integerOf(value));
}

function againstNil(operator: string, a: EvaluatedOperand, b: EvaluatedOperand): EvaluatedOperand {
  const other = a.kind === 'nil' ? b : a;
  if (operator !== '==' && operator !== '!=') throw new OperationError(`operator ${operator} is not defined on nil`);
  if (other.kind === 'nil') throw new OperationError('nil has no type to compare with nil');
  if (other.kind !== 'value') throw new OperationError('a constant cannot be compared to nil');
  const nil = other.value.loose ? integerOf(other.value) === 0n : isNil(other.value);
  return ofValue(makeBool(nil === (operator === '==')));
}

function shifted(world: World, operator: '<<' | '>>', left: EvaluatedOperand, right: EvaluatedOperand): EvaluatedOperand {
  const count = right.kind === 'value' ? (isInteger(right.value.type) ? integerOf(right.value) : undefined) : wordSigned(world, right);
  if (count === undefined) throw new OperationError('a shift count must be an integer');
  if (left.kind === 'constant') {
    const whole = wordSigned(world, left);
    if (whole === undefined) throw new OperationError(`operator ${operator} is not defined on a ${left.constant.class} constant`);
    return ofConstant({ class: 'int', value: shift(operator, whole, count) });
  }
  if (left.kind !== 'value' || !isInteger(left.value.type)) {
    throw new OperationError(`operator ${operator} is not defined on ${left.kind === 'value' ? left.value.type.name : left.kind}`);
  }
  const { type } = left.value;
  return ofValue({ ...makeInteger(type, shift(operator, integerOf(left.value), count, 8 * type.size)), ...loose(left.value) });
}

function wordSigned(_world: World, operand: EvaluatedOperand): bigint | undefined {
  if (operand.kind !== 'constant') return undefined;
  const { constant } = operand;
  if (constant.class === 'int' || constant.class === 'rune') return constant.value;
  return constant.class === 'float' && Number.isInteger(constant.value) ? BigInt(constant.value) : undefined;
}

const loose = (...from: Value[]): { loose?: true } => (from.every(value => value.loose) ? { loose: true } : {});

const isC = (a: Value, b: Value): boolean => isCType(a.type) || isCType(b.type);

/** Both sides typed: bring them to one type, or refuse. */
function values(world: World, operator: string, a: Value, b: Value): EvaluatedOperand {
  const pointers = pointerOperation(operator, a, b);
  if (pointers) return pointers;
  let [left, right] = [promoted(a), promoted(b)];
  if (!sameType(left.type, right.type)) {
    if (left.loose && isNumeric(right.type)) left = adopt(left, right.type);
    else if (right.loose && isNumeric(left.type)) right = adopt(right, left.type);
    else if (underlying(left.type).kind === 'interface' && underlying(right.type).kind === 'interface') return mismatched(left, right);
    else if (isComparison(operator) && underlying(left.type).kind === 'interface') return held(world, operator, left, right);
    else if (isComparison(operator) && underlying(right.type).kind === 'interface') return held(world, operator, right, left);
    else if (isC(left, right) && isNumeric(left.type) && isNumeric(right.type)) [left, right] = usual(left, right);
    else return mismatched(left, right);
  }
  return isComparison(operator) ? ofValue(makeBool(compare(world, operator, left, right))) : ofValue(compute(world, operator, left, right));
}

function mismatched(a: Value, b: Value): never {
  throw new OperationError(`mismatched types ${a.type.name} and ${b.type.name}`);
}

const isNumeric = (type: Type): boolean => isInteger(type) || underlying(type).kind === 'float';

function adopt(value: Value, type: Type): Value {
  if (underlying(type).kind === 'float') return makeFloat(type, floatValueOf(value));
  return makeInteger(type, integerOf(value));
}

function held(world: World, operator: string, holder: Value, value: Value): EvaluatedOperand {
  if (operator !== '==' && operator !== '!=') throw new OperationError(`operator ${operator} is not defined on ${holder.type.name}`);
  return ofValue(makeBool(equalDynamic(world, holder, value) === (operator === '==')));
}

/** C's usual arithmetic conversions. */
function usual(a: Value, b: Value): [Value, Value] {
  const floating = [a, b].filter(value => underlying(value.type).kind === 'float');
  if (floating.length > 0) {
    const type = floating.length === 2 && a.type.size < b.type.size ? b.type : floating[0]!.type;
    return [makeFloat(type, floatValueOf(a)), makeFloat(type, floatValueOf(b))];
  }
  const size = Math.max(4, a.type.size, b.type.size);
  const unsigned = [a, b].some(value => value.type.size === size && !isSigned(value.type));
  const type: Type = {
    kind: unsigned ? 'uint' : 'int',
    name: `${unsigned ? 'unsigned ' : ''}${size === 4 ? 'int' : 'long'}`,
    size,
  };
  return [makeInteger(type, integerOf(a)), makeInteger(type, integerOf(b))];
}

/** Comparison of pointers with addresses, and C's pointer arithmetic; undefined when neither side is a pointer. */
function pointerOperation(operator: string, first: Value, second: Value): EvaluatedOperand | undefined {
  const [a, b] = [decayed(first), decayed(second)];
  const [left, right] = [isPointer(a.type), isPointer(b.type)];
  if (!left && !right) return undefined;
  if (isComparison(operator)) {
    const lax = (value: Value): boolean => value.loose === true || (isInteger(value.type) && isC(a, b));
    const typed = left && right && (sameType(a.type, b.type) || isC(a, b) || oneUnsafe(a, b));
    if (!typed && !(left && lax(b)) && !(right && lax(a))) {
      if (underlying(a.type).kind === 'interface' || underlying(b.type).kind === 'interface') return undefined;
      throw new OperationError(`mismatched types ${a.type.name} and ${b.type.name}`);
    }
    if (!typed || operator === '==' || operator === '!=' || isC(a, b)) {
      const word = (value: Value): bigint => (isPointer(value.type) ? pointerOf(value) : BigInt.asUintN(64, integerOf(value)));
      const [x, y] = [word(a), word(b)];
      return ofValue(makeBool(compareOrder(operator, x < y ? -1 : x > y ? 1 : 0)));
    }
    throw new OperationError(`operator ${operator} is not defined on ${a.type.name}`);
  }
  const pointer = left ? a : b;
  const type = underlying(pointer.type);
  if (!isCType(pointer.type) || type.kind !== 'pointer') {
    throw new OperationError(
      `operator ${operator} is not defined on ${pointer.type.name}; convert it: uintptr(unsafe.Pointer(p)) ${operator} ...`,
    );
  }
  const step = BigInt(Math.max(1, type.elem.size));
  if (left && right && operator === '-') {
    return ofValue(makeInteger({ kind: 'int', name: 'long', size: 8 }, BigInt.asIntN(64, pointerOf(a) - pointerOf(b)) / step));
  }
  const number = left ? b : a;
  if ((operator === '+' || (operator === '-' && left)) && isInteger(number.type)) {
    const by = step * integerOf(number);
    return ofValue(makeInteger(pointer.type, pointerOf(pointer) + (operator === '+' ? by : -by)));
  }
  throw new OperationError(`operator ${operator} is not defined on ${a.type.name} and ${b.type.name}`);
}

/** C's arrays stand for the address of their first element. */
function decayed(value: Value): Value {
  const type = underlying(value.type);
  if (type.kind !== 'array' || !isCType(value.type) || value.source.address === undefined) return value;
  return makeInteger(pointerTo(type.elem, true), value.source.address);
}

const oneUnsafe = (a: Value, b: Value): boolean =>
  underlying(a.type).kind === 'unsafe-pointer' && underlying(b.type).kind === 'unsafe-pointer';

function compare(world: World, operator: string, a: Value, b: Value): boolean {
  const { kind } = underlying(a.type);
  if (kind === 'string') return compareOrder(operator, compareBytes(wholeString(world, a), wholeString(world, b)));
  if (isInteger(a.type)) return compareScalars(operator, integerOf(a), integerOf(b));
  if (kind === 'float') return compareScalars(operator, floatValueOf(a), floatValueOf(b));
  if (operator !== '==' && operator !== '!=') throw new OperationError(`operator ${operator} is not defined on ${a.type.name}`);
  return equal(world, a, b) === (operator === '==');
}

function compute(world: World, operator: string, a: Value, b: Value): Value {
  const { type } = a;
  const { kind } = underlying(type);
  if (isInteger(type)) {
    const result = arithmetic(operator, integerOf(a), integerOf(b));
    return { ...makeInteger(type, result as bigint), ...loose(a, b) };
  }
  if (kind === 'float') return makeFloat(type, arithmetic(operator, floatValueOf(a), floatValueOf(b)) as number);
  if (kind === 'complex') return makeComplex(type, arithmetic(operator, complexOf(a), complexOf(b)) as { re: number; im: number });
  if (kind === 'string' && operator === '+') return madeString(type, Uint8Array.from([...wholeString(world, a), ...wholeString(world, b)]));
  throw new OperationError(`operator ${operator} is not defined on ${type.name}`);
}

/** The truth of a condition: a bool, or in gdb's way any number or pointer. Throws OperationError, Unreadable. */
export function truth(world: World, operand: EvaluatedOperand, inC: boolean): boolean {
  if (operand.kind === 'constant' && operand.constant.class === 'bool') return operand.constant.value;
  if (operand.kind === 'value' && underlying(operand.value.type).kind === 'bool') return integerOf(operand.value) !== 0n;
  const lax = inC ? operand.kind !== 'type' : operand.kind === 'value' && (operand.value.loose === true || isCType(operand.value.type));
  const word = lax ? wordOf(world, operand) : undefined;
  if (word !== undefined) return word !== 0n;
  const what =
    operand.kind === 'value' ? operand.value.type.name : operand.kind === 'constant' ? `untyped ${operand.constant.class}` : operand.kind;
  throw new OperationError(`a condition must be true or false, not of type ${what}`);
}
