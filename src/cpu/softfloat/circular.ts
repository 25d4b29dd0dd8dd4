/**
 * FSIN, FCOS, FSINCOS and FPTAN. Processors reduce the argument by a pi of 66 bits (Intel SDM vol. 1, 8.3.8), which is done here as well; of what is
 * left the result is the exact one, rounded, where a processor may differ in the last bit.
 */
import { EXCEPTION_FLAG, type FloatEnv, invalid, noteDenormal, propagateOne } from './env.js';
import { bitLength, unpack, X80, zero } from './format.js';
import { roundPack } from './round.js';
import { FIXED_BITS, FIXED_PI, fixed, fixedProduct } from './transcendental.js';

const ONE = 1n << BigInt(FIXED_BITS);
/** Half of the 66-bit pi. */
const HALF_PI = ((FIXED_PI >> BigInt(FIXED_BITS - 64)) << BigInt(FIXED_BITS - 64)) / 2n;
/** Below this exponent the first term of the series is the result, but for less than any rounding sees. */
const TINY = -90;
/** From this exponent on nothing is computed. */
const TOO_LARGE = 63;
const X80_ONE = 0x3fff8000000000000000n;

export interface Circle {
  readonly sin: bigint;
  readonly cos: bigint;
  readonly tan: bigint;
}

/** Sum of the series x^n/n! with alternating signs, from a term on, every second one. */
function series(x: bigint, first: bigint, from: bigint): bigint {
  const square = fixedProduct(x, x);
  let term = first;
  let sum = 0n;
  for (let n = from; term !== 0n && term !== -1n; n += 2n) {
    sum += term;
    term = -fixedProduct(term, square) / (n * (n + 1n));
  }
  return sum;
}

type Which = keyof Circle;

/** Undefined: the argument is too large, and stays as it is. */
export function circular(env: FloatEnv, bits: bigint, which: Which): bigint | undefined {
  env.roundedUp = false;
  const x = unpack(X80, bits);
  const nan = propagateOne(env, X80, bits, x);
  if (nan !== undefined) return nan;
  if (x.class === 'infinity') return invalid(env, X80);
  if (x.class === 'zero') return which === 'cos' ? X80_ONE : zero(X80, x.negative);
  const top = x.exp + bitLength(x.sig) - 1;
  if (top >= TOO_LARGE) return undefined;
  noteDenormal(env, x);
  env.raise(EXCEPTION_FLAG.inexact);
  if (top < TINY) {
    if (which === 'cos') return roundPack(env, X80, false, (1n << 130n) - 1n, -130);
    return roundPack(env, X80, x.negative, (x.sig << 66n) + (which === 'sin' ? -1n : 1n), x.exp - 66);
  }
  const value = fixed(x);
  const quotient = (2n * value + HALF_PI) / (2n * HALF_PI) - ((2n * value + HALF_PI) % (2n * HALF_PI) < 0n ? 1n : 0n);
  const rest = value - quotient * HALF_PI;
  const sine = series(rest, rest, 2n);
  const cosine = series(rest, ONE, 1n);
  const quarter = Number(BigInt.asUintN(2, quotient));
  const sin = [sine, cosine, -sine, -cosine][quarter]!;
  const cos = [cosine, -sine, -cosine, sine][quarter]!;
  const result = which === 'sin' ? sin : which === 'cos' ? cos : (sin << BigInt(FIXED_BITS)) / cos;
  const magnitude = result < 0n ? -result : result;
  return roundPack(env, X80, result < 0n, (magnitude << 1n) | 1n, -FIXED_BITS - 1);
}
