import { EXCEPTION_FLAG, FloatEnv, noteDenormal, operand, propagateOne, ROUND } from './env.js';
import { type FloatFormat, infinity, isNotANumber, unpack, X80, zero } from './format.js';
import { roundPack, roundShift } from './round.js';

/** A signed integer as a float. */
export function fromInt(env: FloatEnv, f: FloatFormat, value: bigint): bigint {
  env.roundedUp = false;
  if (value === 0n) return 0n;
  return roundPack(env, f, value < 0n, value < 0n ? -value : value, 0);
}

/**
 * A float as a signed integer of `width` bits, given as unsigned bits. What does not fit, NaNs and infinities raise IE and give the
 * integer indefinite, 1 << (width - 1). `truncate` overrides the rounding mode.
 */
export function toInt(env: FloatEnv, f: FloatFormat, bits: bigint, width: number, truncate: boolean): bigint {
  env.roundedUp = false;
  const value = integer(env, f, bits, truncate);
  const limit = 1n << BigInt(width - 1);
  if (value === undefined || value.sig >= limit + (value.negative ? 1n : 0n)) {
    env.raise(EXCEPTION_FLAG.invalid);
    env.roundedUp = false;
    return limit;
  }
  if (value.inexact) env.raise(EXCEPTION_FLAG.inexact);
  env.roundedUp = value.up;
  return BigInt.asUintN(width, value.negative ? -value.sig : value.sig);
}

interface IntegerValue {
  readonly negative: boolean;
  readonly sig: bigint;
  readonly inexact: boolean;
  readonly up: boolean;
}

/** The value rounded to an integer; undefined when there is none, or none below 2^80. */
function integer(env: FloatEnv, f: FloatFormat, bits: bigint, truncate: boolean): IntegerValue | undefined {
  const u = operand(env, unpack(f, bits));
  if (u.class === 'zero') return { negative: u.negative, sig: 0n, inexact: false, up: false };
  if (u.class !== 'normal' && u.class !== 'subnormal') return undefined;
  if (u.exp > 80) return undefined;
  return { negative: u.negative, ...roundShift(truncate ? ROUND.zero : env.rounding, u.negative, u.sig, -u.exp) };
}

/**
 * A float in another format. NaNs keep the top of their payload and become quiet. A subnormal source raises DE, except when an x87
 * register is stored.
 */
export function convertFloat(env: FloatEnv, from: FloatFormat, to: FloatFormat, bits: bigint): bigint {
  env.roundedUp = false;
  const u = operand(env, unpack(from, bits));
  if (u.class === 'unsupported') {
    env.raise(EXCEPTION_FLAG.invalid);
    return to.indefinite;
  }
  if (isNotANumber(u)) {
    if (u.class === 'signalling') env.raise(EXCEPTION_FLAG.invalid);
    const shift = BigInt(Math.abs(to.precision - from.precision));
    const field = to.precision > from.precision ? u.sig << shift : u.sig >> shift;
    const payload = field & (to.quietBit - 1n);
    return infinity(to, u.negative) | to.quietBit | payload;
  }
  if (from !== X80) noteDenormal(env, u);
  if (u.class === 'infinity') return infinity(to, u.negative);
  if (u.class === 'zero') return zero(to, u.negative);
  return roundPack(env, to, u.negative, u.sig, u.exp);
}

/**
 * A memory operand of an x87 operation as an extended value: always exact, and a signalling NaN stays one. That it was subnormal is noted
 * for the operation to raise.
 */
export function widen(env: FloatEnv, from: FloatFormat, bits: bigint): bigint {
  const u = unpack(from, bits);
  if (u.class === 'zero') return zero(X80, u.negative);
  if (u.class === 'infinity') return infinity(X80, u.negative);
  if (isNotANumber(u)) return infinity(X80, u.negative) | (u.sig << BigInt(X80.precision - from.precision));
  env.denormalSource = u.class === 'subnormal';
  return exact(X80, u.negative, u.sig, u.exp);
}

/** FRNDINT and ROUNDSD: the integer next to the value, by the rounding mode given; PE unless `quiet`. */
export function roundToInt(env: FloatEnv, f: FloatFormat, bits: bigint, rounding: number, quiet: boolean): bigint {
  env.roundedUp = false;
  const u = operand(env, unpack(f, bits));
  const nan = propagateOne(env, f, bits, u);
  if (nan !== undefined) return nan;
  if (u.class === 'zero') return zero(f, u.negative);
  if (f === X80) noteDenormal(env, u);
  if (u.class === 'infinity' || u.exp >= 0) return bits;
  const rounded = roundShift(rounding, u.negative, u.sig, -u.exp);
  if (rounded.inexact && !quiet) env.raise(EXCEPTION_FLAG.inexact);
  env.roundedUp = rounded.up;
  return rounded.sig === 0n ? zero(f, u.negative) : exact(f, u.negative, rounded.sig);
}

/** Integers of at most `precision` bits need no rounding, so nobody looks at what this environment notes. */
const scratch = new FloatEnv();

function exact(f: FloatFormat, negative: boolean, sig: bigint, exp = 0): bigint {
  return roundPack(scratch, f, negative, sig, exp);
}
