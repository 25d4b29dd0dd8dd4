import { toInt } from './convert.js';
import { EXCEPTION_FLAG, type FloatEnv, invalid, noteDenormal, propagate, propagateOne } from './env.js';
import { bitLength, infinity, isNotANumber, type Unpacked, unpack, X80, zero } from './format.js';
import { roundPack, roundShift } from './round.js';

export interface Remainder {
  readonly bits: bigint;
  /** The low three bits of the quotient, when the reduction is complete; undefined when there is none, for a NaN or an invalid operation. */
  readonly quotient: number | undefined;
  /** C2: the exponents were too far apart for one step. */
  readonly partial: boolean;
}

/**
 * FPREM (quotient truncated) and FPREM1 (`nearest`: IEEE 754 remainder). Exponents that differ by 64 or more are reduced by less than
 * that in one step, as the instruction does; the result is always exact.
 */
export function remainder(env: FloatEnv, aBits: bigint, bBits: bigint, nearest: boolean): Remainder {
  env.roundedUp = false;
  const a = unpack(X80, aBits);
  const b = unpack(X80, bBits);
  const nan = propagate(env, X80, aBits, a, bBits, b);
  if (nan !== undefined) return { bits: nan, quotient: undefined, partial: false };
  if (a.class === 'infinity' || b.class === 'zero') return { bits: invalid(env, X80), quotient: undefined, partial: false };
  noteDenormal(env, a, b);
  if (a.class === 'zero') return { bits: aBits, quotient: 0, partial: false };
  if (b.class === 'infinity') return { bits: settle(env, a.negative, a.sig, a.exp), quotient: 0, partial: false };
  const distance = top(a) - top(b);
  if (distance >= 64) {
    const step = distance - ((distance & 31) | 32);
    const divisor = b.sig << BigInt(Math.max(0, b.exp + step - a.exp));
    const dividend = a.sig << BigInt(Math.max(0, a.exp - b.exp - step));
    const exp = Math.min(a.exp, b.exp + step);
    return { bits: settle(env, a.negative, dividend % divisor, exp), quotient: 0, partial: true };
  }
  const exp = Math.min(a.exp, b.exp);
  const dividend = a.sig << BigInt(a.exp - exp);
  const divisor = b.sig << BigInt(b.exp - exp);
  let quotient = dividend / divisor;
  let rest = dividend % divisor;
  let negative = a.negative;
  if (nearest && (rest * 2n > divisor || (rest * 2n === divisor && (quotient & 1n) !== 0n))) {
    quotient++;
    rest = divisor - rest;
    negative = !negative;
  }
  const bits = rest === 0n ? zero(X80, a.negative) : settle(env, negative, rest, exp);
  return { bits, quotient: Number(quotient & 7n), partial: false };
}

function top(u: Unpacked): number {
  return u.exp + bitLength(u.sig);
}

function settle(env: FloatEnv, negative: boolean, sig: bigint, exp: number): bigint {
  return sig === 0n ? zero(X80, negative) : roundPack(env, X80, negative, sig, exp);
}

/** FSCALE: a * 2^trunc(b). */
export function scale(env: FloatEnv, aBits: bigint, bBits: bigint): bigint {
  env.roundedUp = false;
  const a = unpack(X80, aBits);
  const b = unpack(X80, bBits);
  const nan = propagate(env, X80, aBits, a, bBits, b);
  if (nan !== undefined) return nan;
  if (b.class === 'infinity') {
    if (b.negative ? a.class === 'infinity' : a.class === 'zero') return invalid(env, X80);
    noteDenormal(env, a);
    return b.negative ? zero(X80, a.negative) : infinity(X80, a.negative);
  }
  noteDenormal(env, a, b);
  if (a.class === 'infinity' || a.class === 'zero') return aBits;
  if (b.class === 'zero') return settle(env, a.negative, a.sig, a.exp);
  const limit = 0x10000;
  const by = b.exp > 16 ? limit : Math.min(limit, Number(roundShift(3, false, b.sig, -b.exp).sig));
  return roundPack(env, X80, a.negative, a.sig, a.exp + (b.negative ? -by : by));
}

/** FXTRACT: the unbiased exponent as a value, and the significand with exponent zero. */
export function extract(env: FloatEnv, bits: bigint): { exponent: bigint; significand: bigint } {
  env.roundedUp = false;
  const u = unpack(X80, bits);
  const nan = propagateOne(env, X80, bits, u);
  if (nan !== undefined) return { exponent: nan, significand: nan };
  if (u.class === 'infinity') return { exponent: X80.infinity, significand: bits };
  if (u.class === 'zero') {
    env.raise(EXCEPTION_FLAG.divideByZero);
    return { exponent: infinity(X80, true), significand: bits };
  }
  noteDenormal(env, u);
  const exponent = u.exp + bitLength(u.sig) - 1;
  const magnitude = BigInt(Math.abs(exponent));
  return {
    exponent: exponent === 0 ? 0n : roundPack(env, X80, exponent < 0, magnitude, 0),
    significand: roundPack(env, X80, u.negative, u.sig, 1 - bitLength(u.sig)),
  };
}

/** FXAM's C3, C2 and C0 as the bits of a status word; C1, the sign, is not among them (Intel SDM vol. 2, FXAM table 3-42). */
export function examineX87(bits: bigint): number {
  const C0 = 0x100;
  const C2 = 0x400;
  const C3 = 0x4000;
  const kind = unpack(X80, bits).class;
  switch (kind) {
    case 'unsupported':
      return 0;
    case 'quiet':
    case 'signalling':
      return C0;
    case 'normal':
      return C2;
    case 'infinity':
      return C2 | C0;
    case 'zero':
      return C3;
    default:
      return C3 | C2;
  }
}

/** FBLD: 18 packed decimal digits and a sign, 80 bits. Always exact. */
export function fromDecimal(env: FloatEnv, packed: bigint): bigint {
  let value = 0n;
  for (let digit = 17n; digit >= 0n; digit--) value = value * 10n + ((packed >> (digit * 4n)) & 15n);
  const negative = (packed & X80.signBit) !== 0n;
  return settle(env, negative, value, 0);
}

/** FBSTP: rounds to an integer and packs it; the packed decimal indefinite and IE when 18 digits do not hold it. */
export function toDecimal(env: FloatEnv, bits: bigint): bigint {
  const u = unpack(X80, bits);
  const before = env.flags;
  const value = BigInt.asIntN(64, toInt(env, X80, bits, 64, false));
  const magnitude = value < 0n ? -value : value;
  if (isNotANumber(u) || u.class === 'unsupported' || magnitude >= 10n ** 18n) {
    env.flags = before | EXCEPTION_FLAG.invalid;
    env.roundedUp = false;
    return 0xffffc000000000000000n;
  }
  let packed = 0n;
  let rest = magnitude;
  for (let digit = 0n; digit < 18n; digit++) {
    packed |= (rest % 10n) << (digit * 4n);
    rest /= 10n;
  }
  return packed | (u.negative ? X80.signBit : 0n);
}
