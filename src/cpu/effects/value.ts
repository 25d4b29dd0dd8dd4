/**
 * Values as an instruction computes them from what was there before it: trees of WebAssembly's integer operations over leaves. What a row or
 * an instruction can read are different leaves (`Leaf`); the rules are the same.
 */

/** Some bytes of something, widened with zeros or with their sign. */
export interface Slice {
  readonly offset: number;
  readonly bytes: number;
  readonly signed: boolean;
}
export type Leaf = { readonly kind: string } & Partial<Slice>;

export interface ConstantValue {
  readonly kind: 'constant';
  /** 64 bits, or 32 as an operand of a 32-bit operation; unsigned. */
  readonly value: bigint;
  /** It is an address that the instruction names relative to RIP. */
  readonly relative?: true;
}
/** RFLAGS before the instruction; of an op's effects only the six status flags. */
export interface Flags {
  readonly kind: 'flags';
}
/** What no tree says: results of floating point, of vectors, of helpers. */
export interface Unknown {
  readonly kind: 'unknown';
}
export interface Computed<L extends Leaf> {
  readonly kind: 'computed';
  readonly operation: Operation;
  readonly args: readonly ValueExpression<L>[];
}
export type ValueExpression<L extends Leaf> = L | ConstantValue | Flags | Unknown | Computed<L>;

export const UNKNOWN: Unknown = { kind: 'unknown' };
export const FLAGS_VALUE: Flags = { kind: 'flags' };
export const constantValue = (value: bigint, relative = false): ConstantValue =>
  relative ? { kind: 'constant', value: BigInt.asUintN(64, value), relative } : { kind: 'constant', value: BigInt.asUintN(64, value) };

// ---- operations ------------------------------------------------------------------------------------------------------------------------

type Function = (a: bigint, b: bigint, c: bigint) => bigint;

function integer(bits: 32 | 64) {
  const unsigned = (value: bigint): bigint => BigInt.asUintN(bits, value);
  const signed = (value: bigint): bigint => BigInt.asIntN(bits, value);
  const count = (value: bigint): bigint => value % BigInt(bits);
  const rotate = (value: bigint, by: bigint): bigint => unsigned((value << by) | (value >> (BigInt(bits) - by)));
  const digits = (value: bigint): string => value.toString(2).padStart(bits, '0');
  const firstOne = (text: string): bigint => BigInt(text.includes('1') ? text.indexOf('1') : bits);
  return {
    add: (a, b) => unsigned(a + b),
    sub: (a, b) => unsigned(a - b),
    mul: (a, b) => unsigned(a * b),
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    shl: (a, b) => unsigned(a << count(b)),
    shr_u: (a, b) => a >> count(b),
    shr_s: (a, b) => unsigned(signed(a) >> count(b)),
    rotl: (a, b) => rotate(a, count(b)),
    rotr: (a, b) => rotate(a, count(-count(b) + BigInt(bits))),
    eqz: a => BigInt(a === 0n),
    eq: (a, b) => BigInt(a === b),
    ne: (a, b) => BigInt(a !== b),
    lt_u: (a, b) => BigInt(a < b),
    gt_u: (a, b) => BigInt(a > b),
    le_u: (a, b) => BigInt(a <= b),
    ge_u: (a, b) => BigInt(a >= b),
    lt_s: (a, b) => BigInt(signed(a) < signed(b)),
    gt_s: (a, b) => BigInt(signed(a) > signed(b)),
    le_s: (a, b) => BigInt(signed(a) <= signed(b)),
    ge_s: (a, b) => BigInt(signed(a) >= signed(b)),
    clz: a => firstOne(digits(a)),
    ctz: a => firstOne([...digits(a)].reverse().join('')),
    popcnt: a => BigInt([...digits(a)].filter(digit => digit === '1').length),
  } satisfies Record<string, Function>;
}
type Integer = ReturnType<typeof integer>;

const prefixed = <P extends string>(prefix: P, functions: Integer): Record<`${P}.${keyof Integer}`, Function> =>
  Object.fromEntries(Object.entries<Function>(functions).map(([name, value]) => [`${prefix}.${name}`, value])) as Record<
    `${P}.${keyof Integer}`,
    Function
  >;
const signExtended = (bits: number, value: bigint): bigint => BigInt.asUintN(64, BigInt.asIntN(bits, value));

const OPERATIONS = {
  ...prefixed('i32', integer(32)),
  ...prefixed('i64', integer(64)),
  'i32.wrap_i64': a => BigInt.asUintN(32, a),
  'i64.extend_i32_u': a => a,
  'i64.extend_i32_s': a => signExtended(32, a),
  'i64.extend8_s': a => signExtended(8, a),
  'i64.extend16_s': a => signExtended(16, a),
  'i64.extend32_s': a => signExtended(32, a),
  select: (a, b, c) => (c !== 0n ? a : b),
} satisfies Record<string, Function>;
export type Operation = keyof typeof OPERATIONS;

const isOperation = (name: string): name is Operation => Object.hasOwn(OPERATIONS, name);

/** What a value comes to, when `leaf` tells all that it is made of. */
export function evaluateValue<L extends Leaf>(
  value: ValueExpression<L>,
  leaf: (leaf: L | Flags) => bigint | undefined,
): bigint | undefined {
  switch (value.kind) {
    case 'constant':
      return (value as ConstantValue).value;
    case 'unknown':
      return undefined;
    case 'computed': {
      const { operation, args } = value as Computed<L>;
      const values = args.map(arg => evaluateValue<L>(arg, leaf));
      if (values.includes(undefined)) return undefined;
      return (OPERATIONS[operation] as Function)(...(values as [bigint, bigint, bigint]));
    }
    default:
      return leaf(value as L | Flags);
  }
}

// ---- building --------------------------------------------------------------------------------------------------------------------------

/** Larger trees are not kept. */
const MOST_NODES = 60;

const size = (value: ValueExpression<Leaf>): number => (isComputed(value) ? value.args.reduce((sum, arg) => sum + size(arg), 1) : 1);

export const isConstant = <L extends Leaf>(value: ValueExpression<L>): value is ConstantValue => value.kind === 'constant';
export const isComputed = <L extends Leaf>(value: ValueExpression<L>): value is Computed<L> => value.kind === 'computed';
const isSlice = <L extends Leaf>(value: ValueExpression<L>): value is L & Slice => (value as Partial<Slice>).bytes !== undefined;

/** Whether two values are the same tree; what is unknown is like nothing. */
export function sameValue<L extends Leaf>(one: ValueExpression<L>, other: ValueExpression<L>): boolean {
  if (one.kind !== other.kind || one.kind === 'unknown') return false;
  if (isComputed(one) && isComputed(other))
    return (
      one.operation === other.operation &&
      one.args.length === other.args.length &&
      one.args.every((arg, index) => sameValue(arg, other.args[index]!))
    );
  const entries = Object.entries(one);
  return entries.length === Object.keys(other).length && entries.every(([key, value]) => (other as Record<string, unknown>)[key] === value);
}

const maskOf = (bytes: number): bigint => (1n << BigInt(8 * bytes)) - 1n;

const isKnown = (value: ValueExpression<Leaf>): boolean => (isComputed(value) ? value.args.every(isKnown) : value.kind !== 'unknown');
/** The value, or unknown when a part of it is. */
export const known = <L extends Leaf>(value: ValueExpression<L>): ValueExpression<L> =>
  isKnown(value as ValueExpression<Leaf>) ? value : UNKNOWN;

/** The low bytes of a value, widened. */
export function low<L extends Leaf>(value: ValueExpression<L>, bytes: number, signed: boolean): ValueExpression<L> {
  if (isConstant(value)) {
    if (bytes >= 8) return value;
    return constantValue(signed ? BigInt.asIntN(8 * bytes, value.value) : BigInt.asUintN(8 * bytes, value.value));
  }
  if (isSlice(value)) {
    if (bytes <= value.bytes) return { ...value, bytes, signed };
    if (!value.signed) return value;
  }
  if (bytes >= 8 || value.kind === 'unknown') return value;
  return signed ? apply<L>(`i64.extend${8 * bytes}_s`, [value]) : apply<L>('i64.and', [value, constantValue(maskOf(bytes))]);
}

/** An operation on values, simplified; unknown when it is none of OPERATIONS. */
export function apply<L extends Leaf>(operation: string, args: readonly ValueExpression<L>[]): ValueExpression<L> {
  if (!isOperation(operation)) return UNKNOWN;
  if (args.every(isConstant)) {
    const [a, b, c] = args as readonly ConstantValue[];
    const value = (OPERATIONS[operation] as Function)(a?.value ?? 0n, b?.value ?? 0n, c?.value ?? 0n);
    return constantValue(value, /\.(?:add|sub)$/.test(operation) && (a?.relative ?? b?.relative ?? false));
  }
  const simple = RULES[operation]?.(...(args as [ValueExpression<Leaf>, ValueExpression<Leaf>, ValueExpression<Leaf>])) as
    | ValueExpression<L>
    | undefined;
  if (simple !== undefined) return simple;
  const value: Computed<L> = { kind: 'computed', operation, args };
  return size(value as ValueExpression<Leaf>) > MOST_NODES ? UNKNOWN : value;
}

type Rule = (a: ValueExpression<Leaf>, b: ValueExpression<Leaf>, c: ValueExpression<Leaf>) => ValueExpression<Leaf> | undefined;

const is = (value: ValueExpression<Leaf>, number: bigint): boolean => isConstant(value) && value.value === number;

/**
 * Sums have their constant last, so that an address reads base, index, displacement. A zero in front stands for an address without a base.
 */
const sum: Rule = (a, b) => {
  if (isConstant(a)) return a.value === 0n ? undefined : apply('i64.add', [b, a]);
  if (!isConstant(b)) return undefined;
  if (b.value === 0n) return a;
  if (!isComputed(a) || a.operation !== 'i64.add' || !isConstant(a.args[1]!)) return undefined;
  return apply<Leaf>('i64.add', [a.args[0]!, apply<Leaf>('i64.add', [a.args[1]!, b])]);
};
const difference: Rule = (a, b) => {
  if (sameValue(a, b)) return constantValue(0n);
  return isConstant(b) ? apply('i64.add', [a, constantValue(-b.value)]) : undefined;
};
const masked: Rule = (a, b) => {
  if (isConstant(a)) return apply('i64.and', [b, a]);
  if (sameValue(a, b)) return a;
  if (!isConstant(b)) return undefined;
  if (b.value === 0n || b.value === maskOf(8)) return b.value === 0n ? b : a;
  const bytes = [1, 2, 4].find(each => b.value === maskOf(each));
  if (bytes !== undefined && isSlice(a)) {
    if (a.bytes >= bytes) return { ...a, bytes, signed: false };
    if (!a.signed) return a;
  }
  if (isComputed(a) && a.operation === 'i64.and' && isConstant(a.args[1]!))
    return apply('i64.and', [a.args[0]!, constantValue(a.args[1]!.value & b.value)]);
  return undefined;
};
const withZero: Rule = (a, b) => (is(b, 0n) ? a : is(a, 0n) ? b : undefined);
const exclusive: Rule = (a, b) => (sameValue(a, b) ? constantValue(0n) : withZero(a, b, UNKNOWN));
const shifted: Rule = (a, b) => (is(b, 0n) ? a : undefined);
const product: Rule = (a, b) => (is(b, 1n) ? a : is(a, 1n) ? b : is(a, 0n) || is(b, 0n) ? constantValue(0n) : undefined);
const extended =
  (bytes: number): Rule =>
  a =>
    isSlice(a) && a.bytes >= bytes ? { ...a, bytes, signed: true } : undefined;

const RULES: Partial<Record<Operation, Rule>> = {
  'i64.add': sum,
  'i64.sub': difference,
  'i64.and': masked,
  'i64.or': withZero,
  'i32.or': withZero,
  'i64.xor': exclusive,
  'i64.shl': shifted,
  'i64.shr_u': shifted,
  'i64.shr_s': shifted,
  'i64.mul': product,
  'i64.extend8_s': extended(1),
  'i64.extend16_s': extended(2),
  'i64.extend32_s': extended(4),
  'i32.wrap_i64': a => {
    if (isSlice(a) && !a.signed) return { ...a, bytes: Math.min(4, a.bytes) };
    return isComputed(a) && a.operation === 'i64.extend_i32_u' ? a.args[0] : undefined;
  },
  'i64.extend_i32_u': a => (isSlice(a) && a.bytes <= 4 && !a.signed ? a : undefined),
  select: (a, b, c) => {
    if (sameValue(a, b)) return a;
    return isConstant(c) ? (c.value !== 0n ? a : b) : undefined;
  },
};
