import { EXCEPTION_FLAG, type FloatEnv, ROUND } from './env.js';
import { bitLength, type FloatFormat, infinity, X80, zero } from './format.js';

/** Whether a magnitude with the discarded part `rest` out of `2^shift` goes up; `odd` is the lowest kept bit. */
function goesUp(rounding: number, negative: boolean, odd: boolean, rest: bigint, shift: number): boolean {
  if (rest === 0n) return false;
  switch (rounding) {
    case ROUND.down:
      return negative;
    case ROUND.up:
      return !negative;
    case ROUND.zero:
      return false;
    default: {
      const half = 1n << BigInt(shift - 1);
      return rest > half || (rest === half && odd);
    }
  }
}

interface Rounded {
  readonly sig: bigint;
  readonly inexact: boolean;
  readonly up: boolean;
}

/** `sig / 2^shift` as an integer. A shift below zero multiplies. */
export function roundShift(rounding: number, negative: boolean, sig: bigint, shift: number): Rounded {
  if (shift <= 0) return { sig: sig << BigInt(-shift), inexact: false, up: false };
  const kept = sig >> BigInt(shift);
  const rest = sig & ((1n << BigInt(shift)) - 1n);
  const up = goesUp(rounding, negative, (kept & 1n) !== 0n, rest, shift);
  return { sig: up ? kept + 1n : kept, inexact: rest !== 0n, up };
}

/** Assembles `sig * 2^exp`, which fits the format: at most `precision` bits, `exp` at or above the subnormals' quantum. */
function assemble(f: FloatFormat, negative: boolean, sig: bigint, exp: number): bigint {
  const quantum = f.emin - f.precision + 1;
  const wide = sig << BigInt(f.precision - bitLength(sig));
  const e = exp + bitLength(sig) - f.precision;
  const sign = negative ? f.signBit : 0n;
  if (e < quantum) return sign | (sig << BigInt(exp - quantum));
  const biased = BigInt(e - quantum + 1) << BigInt(f.fieldBits);
  return sign | biased | (f.explicitInteger ? wide : wide & ((1n << BigInt(f.fieldBits)) - 1n));
}

/** The greatest finite magnitude with `precision` bits. */
function greatest(f: FloatFormat, precision: number, negative: boolean): bigint {
  return assemble(f, negative, (1n << BigInt(precision)) - 1n, f.emax - precision + 1);
}

/** x87 biases the exponent of a trapping result by this much (Intel SDM vol. 1, 4.9.1.4 and 4.9.1.5). */
const WRAP = 24576;

/**
 * Rounds the exact value `(-1)^negative * sig * 2^exp`, `sig > 0`, to the format and raises OE, UE and PE. A value that is not exact
 * itself must have at least two bits more than the precision, the lowest of them sticky. Tininess is detected after rounding.
 */
export function roundPack(env: FloatEnv, f: FloatFormat, negative: boolean, sig: bigint, exp: number, precision = f.precision): bigint {
  const top = exp + bitLength(sig) - 1;
  const free = roundShift(env.rounding, negative, sig, top - precision + 1 - exp);
  const freeExp = top - precision + 1;
  const freeTop = freeExp + bitLength(free.sig) - 1;
  env.roundedUp = free.up;
  const wraps = env.x87 && f === X80;
  // A store to memory that traps has no result to be inexact.
  const stores = env.x87 && !wraps;
  if (freeTop > f.emax) {
    env.raise(EXCEPTION_FLAG.overflow);
    if ((env.masks & EXCEPTION_FLAG.overflow) === 0) {
      const beyond = wraps && freeTop - WRAP > f.emax;
      if (!stores && (free.inexact || beyond)) env.raise(EXCEPTION_FLAG.inexact);
      if (stores) env.roundedUp = false;
      else if (beyond) env.roundedUp = true;
      return wraps && !beyond ? assemble(f, negative, free.sig, freeExp - WRAP) : infinity(f, negative);
    }
    env.raise(EXCEPTION_FLAG.inexact);
    const toInfinity =
      env.rounding === ROUND.nearest || (env.rounding === ROUND.up && !negative) || (env.rounding === ROUND.down && negative);
    env.roundedUp = toInfinity;
    return toInfinity ? infinity(f, negative) : greatest(f, precision, negative);
  }
  if (freeTop >= f.emin && top >= f.emin) {
    if (free.inexact) env.raise(EXCEPTION_FLAG.inexact);
    return assemble(f, negative, free.sig, freeExp);
  }
  const tiny = freeTop < f.emin;
  if (tiny && (env.masks & EXCEPTION_FLAG.underflow) === 0) {
    env.raise(EXCEPTION_FLAG.underflow);
    const beyond = wraps && freeTop + WRAP < f.emin;
    if (!stores && (free.inexact || beyond)) env.raise(EXCEPTION_FLAG.inexact);
    if (beyond || stores) env.roundedUp = false;
    return wraps && !beyond ? assemble(f, negative, free.sig, freeExp + WRAP) : zero(f, negative);
  }
  if (tiny && env.flushToZero) {
    env.raise(EXCEPTION_FLAG.underflow | EXCEPTION_FLAG.inexact);
    env.roundedUp = false;
    return zero(f, negative);
  }
  const quantum = f.emin - precision + 1;
  const stored = roundShift(env.rounding, negative, sig, quantum - exp);
  env.roundedUp = stored.up;
  if (stored.inexact) env.raise(tiny ? EXCEPTION_FLAG.underflow | EXCEPTION_FLAG.inexact : EXCEPTION_FLAG.inexact);
  return stored.sig === 0n ? zero(f, negative) : assemble(f, negative, stored.sig, quantum);
}

/** Rounds like an x87 or SSE arithmetic instruction: `X80` results obey precision control. */
export function roundResult(env: FloatEnv, f: FloatFormat, negative: boolean, sig: bigint, exp: number): bigint {
  return roundPack(env, f, negative, sig, exp, f === X80 ? env.precision : f.precision);
}
