import { EXCEPTION_FLAG, type FloatEnv, invalid, noteDenormal, operand, propagate, propagateOne, ROUND } from './env.js';
import { bitLength, type FloatFormat, infinity, type Unpacked, unpack, zero } from './format.js';
import { roundResult } from './round.js';

/** a + b. */
export function add(env: FloatEnv, f: FloatFormat, a: bigint, b: bigint): bigint {
  return sum(env, f, a, b, false);
}

/** a - b. */
export function sub(env: FloatEnv, f: FloatFormat, a: bigint, b: bigint): bigint {
  return sum(env, f, a, b, true);
}

/** An infinite or zero result, or an invalid one, leaves C1 clear. */
function begin(env: FloatEnv): void {
  env.roundedUp = false;
}

function sum(env: FloatEnv, f: FloatFormat, aBits: bigint, bBits: bigint, subtract: boolean): bigint {
  begin(env);
  const a = operand(env, unpack(f, aBits));
  const b = operand(env, unpack(f, bBits));
  const nan = propagate(env, f, aBits, a, bBits, b);
  if (nan !== undefined) return nan;
  const bNegative = b.negative !== subtract;
  if (a.class === 'infinity') {
    if (b.class === 'infinity' && a.negative !== bNegative) return invalid(env, f);
    noteDenormal(env, a, b);
    return infinity(f, a.negative);
  }
  noteDenormal(env, a, b);
  if (b.class === 'infinity') return infinity(f, bNegative);
  const exp = Math.min(a.exp, b.exp);
  const total = signed(a, a.negative, exp) + signed(b, bNegative, exp);
  if (total !== 0n) return roundResult(env, f, total < 0n, total < 0n ? -total : total, exp);
  const bothNegative = a.negative && bNegative;
  return zero(f, a.sig === 0n && a.negative === bNegative ? bothNegative : env.rounding === ROUND.down);
}

function signed(u: Unpacked, negative: boolean, exp: number): bigint {
  const magnitude = u.sig === 0n ? 0n : u.sig << BigInt(u.exp - exp);
  return negative ? -magnitude : magnitude;
}

/** a * b. */
export function mul(env: FloatEnv, f: FloatFormat, aBits: bigint, bBits: bigint): bigint {
  begin(env);
  const a = operand(env, unpack(f, aBits));
  const b = operand(env, unpack(f, bBits));
  const nan = propagate(env, f, aBits, a, bBits, b);
  if (nan !== undefined) return nan;
  const negative = a.negative !== b.negative;
  if (a.class === 'infinity' || b.class === 'infinity') {
    if (a.class === 'zero' || b.class === 'zero') return invalid(env, f);
    noteDenormal(env, a, b);
    return infinity(f, negative);
  }
  noteDenormal(env, a, b);
  if (a.class === 'zero' || b.class === 'zero') return zero(f, negative);
  return roundResult(env, f, negative, a.sig * b.sig, a.exp + b.exp);
}

/** a / b. */
export function div(env: FloatEnv, f: FloatFormat, aBits: bigint, bBits: bigint): bigint {
  begin(env);
  const a = operand(env, unpack(f, aBits));
  const b = operand(env, unpack(f, bBits));
  const nan = propagate(env, f, aBits, a, bBits, b);
  if (nan !== undefined) return nan;
  const negative = a.negative !== b.negative;
  if (a.class === 'infinity') {
    if (b.class === 'infinity') return invalid(env, f);
    noteDenormal(env, a, b);
    return infinity(f, negative);
  }
  if (b.class === 'zero') {
    if (a.class === 'zero') return invalid(env, f);
    env.raise(EXCEPTION_FLAG.divideByZero);
    return infinity(f, negative);
  }
  noteDenormal(env, a, b);
  if (b.class === 'infinity' || a.class === 'zero') return zero(f, negative);
  const shift = Math.max(0, f.precision + 2 + bitLength(b.sig) - bitLength(a.sig));
  const numerator = a.sig << BigInt(shift);
  const quotient = numerator / b.sig;
  const sticky = quotient * b.sig === numerator ? 0n : 1n;
  return roundResult(env, f, negative, (quotient << 1n) | sticky, a.exp - b.exp - shift - 1);
}

/** Square root. */
export function sqrt(env: FloatEnv, f: FloatFormat, bits: bigint): bigint {
  begin(env);
  const a = operand(env, unpack(f, bits));
  const nan = propagateOne(env, f, bits, a);
  if (nan !== undefined) return nan;
  if (a.class === 'zero') return zero(f, a.negative);
  if (a.negative) return invalid(env, f);
  if (a.class === 'infinity') return infinity(f, false);
  noteDenormal(env, a);
  let shift = Math.max(0, 2 * (f.precision + 2) - bitLength(a.sig));
  if (((a.exp - shift) & 1) !== 0) shift++;
  const radicand = a.sig << BigInt(shift);
  const root = integerRoot(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  return roundResult(env, f, false, (root << 1n) | sticky, (a.exp - shift) / 2 - 1);
}

/** The greatest integer whose square is at most `n`, by Newton's method from above. */
export function integerRoot(n: bigint): bigint {
  let x = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}
