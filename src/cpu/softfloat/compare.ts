import { EXCEPTION_FLAG, type FloatEnv, noteDenormal, operand } from './env.js';
import { type FloatFormat, isNotANumber, type Unpacked, unpack } from './format.js';

export type Ordering = 'less' | 'equal' | 'greater' | 'unordered';

/** Compares two values. A quiet NaN raises IE only when `signalling`; a signalling NaN and an unsupported encoding always do. */
export function compare(env: FloatEnv, f: FloatFormat, aBits: bigint, bBits: bigint, signalling: boolean): Ordering {
  env.roundedUp = false;
  const a = operand(env, unpack(f, aBits));
  const b = operand(env, unpack(f, bBits));
  if (isBad(a) || isBad(b)) {
    if (signalling || raises(a) || raises(b)) env.raise(EXCEPTION_FLAG.invalid);
    return 'unordered';
  }
  noteDenormal(env, a, b);
  return order(a, b);
}

function isBad(u: Unpacked): boolean {
  return u.class === 'unsupported' || isNotANumber(u);
}

function raises(u: Unpacked): boolean {
  return u.class === 'unsupported' || u.class === 'signalling';
}

function order(a: Unpacked, b: Unpacked): Ordering {
  if (a.class === 'zero' && b.class === 'zero') return 'equal';
  if (a.negative !== b.negative) return a.negative ? 'less' : 'greater';
  const magnitude = orderMagnitude(a, b);
  if (magnitude === 0) return 'equal';
  return magnitude < 0 !== a.negative ? 'less' : 'greater';
}

function orderMagnitude(a: Unpacked, b: Unpacked): number {
  if (a.class === 'infinity' || b.class === 'infinity') return (a.class === 'infinity' ? 1 : 0) - (b.class === 'infinity' ? 1 : 0);
  if (a.sig === 0n || b.sig === 0n) return (a.sig === 0n ? 0 : 1) - (b.sig === 0n ? 0 : 1);
  const exp = Math.min(a.exp, b.exp);
  const x = a.sig << BigInt(a.exp - exp);
  const y = b.sig << BigInt(b.exp - exp);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** MINSS and its kin: the second operand when either is a NaN (which raises IE) or both are zeros. */
export function min(env: FloatEnv, f: FloatFormat, a: bigint, b: bigint): bigint {
  return select(env, f, compare(env, f, a, b, true) === 'less' ? a : b);
}

/** MAXSS and its kin. */
export function max(env: FloatEnv, f: FloatFormat, a: bigint, b: bigint): bigint {
  return select(env, f, compare(env, f, a, b, true) === 'greater' ? a : b);
}

function select(env: FloatEnv, f: FloatFormat, bits: bigint): bigint {
  return env.denormalsAreZero && unpack(f, bits).class === 'subnormal' ? bits & f.signBit : bits;
}

/** CMPPS's predicate, imm8 bits 2:0 (Intel SDM vol. 2, CMPPD table 3-1): EQ LT LE UNORD NEQ NLT NLE ORD. */
export function comparePredicate(env: FloatEnv, f: FloatFormat, a: bigint, b: bigint, predicate: number): boolean {
  const kind = predicate & 3;
  const ordering = compare(env, f, a, b, (kind === 1 || kind === 2) !== ((predicate & 16) !== 0));
  const unordered = ordering === 'unordered';
  const base =
    kind === 0
      ? ordering === 'equal'
      : kind === 1
        ? ordering === 'less'
        : kind === 2
          ? ordering === 'less' || ordering === 'equal'
          : unordered;
  return (base !== ((predicate & 4) !== 0)) !== (unordered && (predicate & 8) !== 0);
}
