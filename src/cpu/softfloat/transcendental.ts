/**
 * The x87 instructions that glibc's long double functions use: F2XM1, FYL2X, FYL2XP1 and FPATAN. The manuals leave their last bits open
 * (Intel SDM vol. 1, 8.3.10: an error below one unit in the last place) and processors differ; here each result is the exact one, rounded.
 */
import { integerRoot } from './arith.js';
import { EXCEPTION_FLAG, type FloatEnv, invalid, noteDenormal, propagate, propagateOne } from './env.js';
import { bitLength, infinity, type Unpacked, unpack, X80, zero } from './format.js';
import { roundPack } from './round.js';

/** Fixed point: so many bits behind the point. Arguments that matter differ from the nearest exact case by 2^-64 at least. */
const P = 320;
const ONE = 1n << BigInt(P);

/** Below this exponent the first term of the series is the result, but for less than any rounding sees. */
const TINY = -140;

const times = (a: bigint, b: bigint): bigint => (a * b) >> BigInt(P);
export const FIXED_BITS = P;
export const fixedProduct = times;
const over = (a: bigint, b: bigint): bigint => (a << BigInt(P)) / b;

/** The series z + z^3/3 + z^5/5 ..., with alternating signs for the circular function. */
function inverseTangent(z: bigint, circular: boolean): bigint {
  const square = circular ? -times(z, z) : times(z, z);
  let sum = 0n;
  let power = z;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = times(power, square);
  }
  return sum;
}

const atanh = (z: bigint): bigint => inverseTangent(z, false);

/** atan for 0 <= z <= 1: halved angles make the series short. */
function atan(z: bigint): bigint {
  const halvings = 4;
  let t = z;
  for (let n = 0; n < halvings; n++) t = over(t, ONE + integerRoot((ONE + times(t, t)) << BigInt(P)));
  return inverseTangent(t, true) << BigInt(halvings);
}

const LN2 = 2n * atanh(ONE / 3n);
// Machin's formula.
export const FIXED_PI = 16n * inverseTangent(ONE / 5n, true) - 4n * inverseTangent(ONE / 239n, true);

/** The value as fixed point; exact for exponents from -P up. */
export function fixed(u: Unpacked): bigint {
  const shift = u.exp + P;
  const magnitude = shift >= 0 ? u.sig << BigInt(shift) : u.sig >> BigInt(-shift);
  return u.negative ? -magnitude : magnitude;
}

const top = (u: Unpacked): number => u.exp + bitLength(u.sig) - 1;

/** Rounds an inexact fixed-point value times 2^exp. */
function settle(env: FloatEnv, value: bigint, exp = 0): bigint {
  const magnitude = value < 0n ? -value : value;
  return roundPack(env, X80, value < 0n, (magnitude << 1n) | 1n, exp - P - 1);
}

/** A finite value times a fixed-point factor, which makes it inexact. */
function scaled(env: FloatEnv, u: Unpacked, factor: bigint): bigint {
  return settle(env, (u.negative ? -u.sig : u.sig) * factor, u.exp);
}

/** F2XM1: 2^x - 1 for x from -1 to 1. Beyond, the result is undefined: AMD's processors give the argument, and so is done here. */
export function exp2m1(env: FloatEnv, bits: bigint): bigint {
  env.roundedUp = false;
  const x = unpack(X80, bits);
  const nan = propagateOne(env, X80, bits, x);
  if (nan !== undefined) return nan;
  if (x.class === 'infinity') return x.negative ? MINUS_ONE : bits;
  noteDenormal(env, x);
  if (x.class === 'zero') return bits;
  if (top(x) >= 0) {
    env.raise(EXCEPTION_FLAG.inexact);
    return x.sig === 1n << 63n && top(x) === 0 && x.negative ? MINUS_HALF : bits;
  }
  if (top(x) < TINY) return scaled(env, x, LN2);
  const argument = times(fixed(x), LN2);
  let sum = 0n;
  let term = ONE;
  for (let n = 1n; ; n++) {
    term = times(term, argument) / n;
    if (term === 0n || term === -1n) break;
    sum += term;
  }
  return settle(env, sum);
}

const MINUS_ONE = 0xbfff8000000000000000n;
const MINUS_HALF = 0xbffe8000000000000000n;

/** log2 of a positive finite value in fixed point; exact for powers of two. */
function log2(x: Unpacked): { value: bigint; exact: boolean } {
  let exponent = top(x);
  let mantissa = (x.sig << BigInt(P)) >> BigInt(bitLength(x.sig) - 1);
  if (mantissa === ONE) return { value: BigInt(exponent) << BigInt(P), exact: true };
  if (mantissa * 2n > 3n * ONE) {
    mantissa >>= 1n;
    exponent++;
  }
  const fraction = over(2n * atanh(over(mantissa - ONE, mantissa + ONE)), LN2);
  return { value: (BigInt(exponent) << BigInt(P)) + fraction, exact: false };
}

/** y times a factor of known sign that may be infinite or zero. */
function productSign(y: Unpacked, negative: boolean): boolean {
  return y.negative !== negative;
}

/** FYL2X: y * log2(x). */
export function yLog2(env: FloatEnv, yBits: bigint, xBits: bigint): bigint {
  env.roundedUp = false;
  const y = unpack(X80, yBits);
  const x = unpack(X80, xBits);
  const nan = propagate(env, X80, xBits, x, yBits, y);
  if (nan !== undefined) return nan;
  if (x.negative && x.class !== 'zero') return invalid(env, X80);
  if (x.class === 'zero') {
    if (y.class === 'zero') return invalid(env, X80);
    if (y.class !== 'infinity') env.raise(EXCEPTION_FLAG.divideByZero);
    return infinity(X80, productSign(y, true));
  }
  if (x.class === 'infinity') {
    if (y.class === 'zero') return invalid(env, X80);
    noteDenormal(env, y);
    return infinity(X80, y.negative);
  }
  const log = log2(x);
  if (y.class === 'infinity') {
    if (log.value === 0n) return invalid(env, X80);
    noteDenormal(env, x);
    return infinity(X80, productSign(y, log.value < 0n));
  }
  noteDenormal(env, x, y);
  if (y.class === 'zero' || log.value === 0n) return zero(X80, productSign(y, log.value < 0n));
  if (!log.exact) return scaled(env, y, log.value);
  env.raise(EXCEPTION_FLAG.inexact);
  const magnitude = log.value < 0n ? -log.value : log.value;
  return roundPack(env, X80, productSign(y, log.value < 0n), y.sig * magnitude, y.exp - P);
}

/** FYL2XP1: y * log2(x + 1), for |x| below 1 - sqrt(1/2). Far beyond, AMD's processors give x. */
export function yLog2Plus1(env: FloatEnv, yBits: bigint, xBits: bigint): bigint {
  env.roundedUp = false;
  const y = unpack(X80, yBits);
  const x = unpack(X80, xBits);
  const nan = propagate(env, X80, xBits, x, yBits, y);
  if (nan !== undefined) return nan;
  if (x.class === 'infinity') return x.negative || y.class === 'zero' ? invalid(env, X80) : infinity(X80, y.negative);
  if (y.class === 'infinity') {
    if (x.class === 'zero') return invalid(env, X80);
    noteDenormal(env, x);
    return infinity(X80, productSign(y, x.negative));
  }
  noteDenormal(env, x, y);
  if (x.class === 'zero' || y.class === 'zero') return zero(X80, productSign(y, x.negative));
  if (top(x) < TINY) {
    const perUnit = over(ONE, LN2);
    return settle(env, (productSign(y, x.negative) ? -1n : 1n) * y.sig * x.sig * perUnit, y.exp + x.exp);
  }
  const argument = fixed(x);
  if (argument <= -ONE) {
    env.raise(EXCEPTION_FLAG.inexact);
    return xBits;
  }
  // The series below is for small arguments: near -1 and far above 1 it would not end.
  if (argument > ONE / 2n || argument < -ONE / 2n) {
    const log = log2({ ...x, negative: false, sig: ONE + argument, exp: -P });
    return scaled(env, y, log.value);
  }
  return scaled(env, y, over(2n * atanh(over(argument, 2n * ONE + argument)), LN2));
}

/** FPATAN: the angle of the point (x, y). */
export function arcTangent(env: FloatEnv, yBits: bigint, xBits: bigint): bigint {
  env.roundedUp = false;
  const y = unpack(X80, yBits);
  const x = unpack(X80, xBits);
  const nan = propagate(env, X80, xBits, x, yBits, y);
  if (nan !== undefined) return nan;
  noteDenormal(env, x, y);
  const signed = (angle: bigint): bigint => settle(env, y.negative ? -angle : angle);
  if (y.class === 'infinity') {
    if (x.class !== 'infinity') return signed(FIXED_PI / 2n);
    return signed(x.negative ? (3n * FIXED_PI) / 4n : FIXED_PI / 4n);
  }
  if (y.class === 'zero' || x.class === 'infinity') return x.negative ? signed(FIXED_PI) : zero(X80, y.negative);
  if (x.class === 'zero') return signed(FIXED_PI / 2n);
  const distance = top(y) - top(x);
  if (distance < TINY) {
    if (x.negative) return signed(FIXED_PI);
    const ratio = (y.sig << 200n) / x.sig;
    return settle(env, (y.negative ? -ratio : ratio) << BigInt(P), y.exp - x.exp - 200);
  }
  if (distance > -TINY) return signed(FIXED_PI / 2n);
  const steep = distance > 0 || (distance === 0 && y.sig << BigInt(64 - bitLength(y.sig)) > x.sig << BigInt(64 - bitLength(x.sig)));
  const [small, great] = steep ? [x, y] : [y, x];
  const shift = P + small.exp - great.exp;
  const ratio = shift >= 0 ? (small.sig << BigInt(shift)) / great.sig : small.sig / (great.sig << BigInt(-shift));
  let angle = atan(ratio);
  if (steep) angle = x.negative ? FIXED_PI / 2n + angle : FIXED_PI / 2n - angle;
  else if (x.negative) angle = FIXED_PI - angle;
  return signed(angle);
}
