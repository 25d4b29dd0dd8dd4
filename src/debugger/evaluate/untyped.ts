/** Constants that have no type yet, with Go's arithmetic on them (The Go Programming Language Specification, "Constants"). */
import { compareBytes } from '../../host/bytes.js';
import { Told } from '../../host/told.js';

export interface Complex {
  readonly re: number;
  readonly im: number;
}

export type Untyped =
  | { readonly class: 'bool'; readonly value: boolean }
  | { readonly class: 'int' | 'rune'; readonly value: bigint }
  | { readonly class: 'float'; readonly value: number }
  | { readonly class: 'complex'; readonly value: Complex }
  | { readonly class: 'string'; readonly value: Uint8Array };

type Scalar = bigint | number | Complex;

const CLASSES = ['int', 'rune', 'float', 'complex'] as const;
const rank = (constant: Untyped): number => (CLASSES as readonly string[]).indexOf(constant.class);

/** No constant grows beyond this many bits. */
const MAX_BITS = 4096n;

/** An operation that is not defined; the message has no position. */
export class OperationError extends Told {
  override name = 'OperationError';
}

const checked = (value: bigint): bigint => {
  if (value >> MAX_BITS > 0n || -value >> MAX_BITS > 0n) throw new OperationError('the constant is too large');
  return value;
};

function promote(value: Scalar, to: (typeof CLASSES)[number]): Scalar {
  if (to === 'int' || to === 'rune') return value;
  if (to === 'float') return typeof value === 'bigint' ? Number(value) : value;
  return typeof value === 'object' ? value : { re: Number(value), im: 0 };
}

export function unaryConstant(operator: string, operand: Untyped): Untyped {
  switch (operand.class) {
    case 'bool':
      if (operator === '!') return { class: 'bool', value: !operand.value };
      break;
    case 'int':
    case 'rune':
      if (operator === '+') return operand;
      if (operator === '-') return { ...operand, value: -operand.value };
      if (operator === '^' || operator === '~') return { ...operand, value: ~operand.value };
      break;
    case 'float':
      if (operator === '+') return operand;
      if (operator === '-') return { class: 'float', value: -operand.value };
      break;
    case 'complex':
      if (operator === '+') return operand;
      if (operator === '-') return { class: 'complex', value: { re: -operand.value.re, im: -operand.value.im } };
      break;
  }
  throw new OperationError(`operator ${operator} is not defined on a ${operand.class} constant`);
}

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
export const isComparison = (operator: string): boolean => COMPARISONS.has(operator);

export function binaryConstant(operator: string, left: Untyped, right: Untyped): Untyped {
  if (left.class === 'string' && right.class === 'string') return stringConstant(operator, left.value, right.value);
  if (left.class === 'bool' && right.class === 'bool') {
    if (operator === '==') return { class: 'bool', value: left.value === right.value };
    if (operator === '!=') return { class: 'bool', value: left.value !== right.value };
  } else if (rank(left) >= 0 && rank(right) >= 0) {
    const to = CLASSES[Math.max(rank(left), rank(right))]!;
    const a = promote(left.value as Scalar, to);
    const b = promote(right.value as Scalar, to);
    if (isComparison(operator)) return { class: 'bool', value: compareScalars(operator, a, b) };
    const value = arithmetic(operator, a, b);
    return { class: to, value } as Untyped;
  }
  throw new OperationError(`operator ${operator} is not defined on a ${left.class} and a ${right.class} constant`);
}

function stringConstant(operator: string, left: Uint8Array, right: Uint8Array): Untyped {
  if (operator === '+') return { class: 'string', value: Uint8Array.from([...left, ...right]) };
  if (isComparison(operator)) return { class: 'bool', value: compareOrder(operator, compareBytes(left, right)) };
  throw new OperationError(`operator ${operator} is not defined on strings`);
}

export function compareOrder(operator: string, order: number): boolean {
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

export function compareScalars(operator: string, left: Scalar, right: Scalar): boolean {
  if (typeof left === 'object' && typeof right === 'object') {
    const equal = left.re === right.re && left.im === right.im;
    if (operator === '==') return equal;
    if (operator === '!=') return !equal;
    throw new OperationError(`operator ${operator} is not defined on complex numbers`);
  }
  if (Number.isNaN(left) || Number.isNaN(right)) return operator === '!=';
  return compareOrder(operator, left < right ? -1 : left > right ? 1 : 0);
}

/** Both of the same kind. Integers are exact; the caller wraps them to a type's width. */
export function arithmetic(operator: string, left: Scalar, right: Scalar): Scalar {
  if (typeof left === 'bigint' && typeof right === 'bigint') return integers(operator, left, right);
  if (typeof left === 'number' && typeof right === 'number') return floats(operator, left, right);
  if (typeof left === 'object' && typeof right === 'object') return complexes(operator, left, right);
  throw new OperationError(`operator ${operator} is not defined here`);
}

function integers(operator: string, left: bigint, right: bigint): bigint {
  if ((operator === '/' || operator === '%') && right === 0n) throw new OperationError('division by zero');
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return checked(left * right);
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '&^':
      return left & ~right;
  }
  throw new OperationError(`operator ${operator} is not defined on integers`);
}

function floats(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
  }
  throw new OperationError(`operator ${operator} is not defined on floating-point numbers`);
}

function complexes(operator: string, a: Complex, b: Complex): Complex {
  switch (operator) {
    case '+':
      return { re: a.re + b.re, im: a.im + b.im };
    case '-':
      return { re: a.re - b.re, im: a.im - b.im };
    case '*':
      return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
    case '/': {
      const norm = b.re * b.re + b.im * b.im;
      return { re: (a.re * b.re + a.im * b.im) / norm, im: (a.im * b.re - a.re * b.im) / norm };
    }
  }
  throw new OperationError(`operator ${operator} is not defined on complex numbers`);
}

/** `width` in bits bounds typed operands; undefined for constants. */
export function shift(operator: '<<' | '>>', left: bigint, count: bigint, width?: number): bigint {
  if (count < 0n) throw new OperationError(`negative shift count ${count}`);
  if (width !== undefined && count >= BigInt(width)) return operator === '<<' || left >= 0n ? 0n : -1n;
  if (count > MAX_BITS) {
    if (operator === '<<' && left !== 0n) throw new OperationError(`shift count ${count} is too large`);
    return left < 0n ? -1n : 0n;
  }
  return operator === '<<' ? checked(left << count) : left >> count;
}
