import { EXCEPTION_FLAG, type FloatEnv, noteDenormal, operand, ROUND } from './env.js';
import { type FloatFormat, infinity, isNotANumber, unpack, zero } from './format.js';
import { roundResult } from './round.js';

/** Which of the product and the addend is negated. */
export interface Signs {
  readonly product: boolean;
  readonly addend: boolean;
}

/** ±(a * b) ± c, rounded once. The first NaN of a, b, c is the result. */
export function fma(env: FloatEnv, f: FloatFormat, aBits: bigint, bBits: bigint, cBits: bigint, signs: Signs): bigint {
  const a = operand(env, unpack(f, aBits));
  const b = operand(env, unpack(f, bBits));
  const c = operand(env, unpack(f, cBits));
  const all = [a, b, c] as const;
  if (all.some(({ class: kind }) => kind === 'signalling')) env.raise(EXCEPTION_FLAG.invalid);
  const nan = all.findIndex(isNotANumber);
  const zeroTimesInfinity = (a.class === 'infinity' && b.class === 'zero') || (a.class === 'zero' && b.class === 'infinity');
  if (nan >= 0) return [aBits, bBits, cBits][nan]! | f.quietBit;
  const negative = (a.negative !== b.negative) !== signs.product;
  const addendNegative = c.negative !== signs.addend;
  const isInfinite = a.class === 'infinity' || b.class === 'infinity';
  if (zeroTimesInfinity || (isInfinite && c.class === 'infinity' && negative !== addendNegative)) {
    env.raise(EXCEPTION_FLAG.invalid);
    return f.indefinite;
  }
  noteDenormal(env, a, b);
  noteDenormal(env, c);
  if (isInfinite) return infinity(f, negative);
  if (c.class === 'infinity') return infinity(f, addendNegative);
  const product = a.sig * b.sig;
  const exp = product === 0n ? c.exp : c.sig === 0n ? a.exp + b.exp : Math.min(a.exp + b.exp, c.exp);
  const scaled = (sig: bigint, from: number, minus: boolean): bigint => {
    const magnitude = sig === 0n ? 0n : sig << BigInt(from - exp);
    return minus ? -magnitude : magnitude;
  };
  const total = scaled(product, a.exp + b.exp, negative) + scaled(c.sig, c.exp, addendNegative);
  if (total !== 0n) return roundResult(env, f, total < 0n, total < 0n ? -total : total, exp);
  return zero(f, negative === addendNegative ? negative : env.rounding === ROUND.down);
}
