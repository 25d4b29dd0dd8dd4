import type { FloatFormat, Unpacked } from './format.js';
import { isNotANumber } from './format.js';

/** Exception flags: bits 0 to 5 of MXCSR and of the x87 status word (Intel SDM vol. 1, 8.1.3 and 10.2.3). */
export const EXCEPTION_FLAG = { invalid: 1, denormal: 2, divideByZero: 4, overflow: 8, underflow: 16, inexact: 32 } as const;

/** Values of the RC fields of MXCSR and the x87 control word. */
export const ROUND = { nearest: 0, down: 1, up: 2, zero: 3 } as const;

/** The exceptions that are found before a result is computed. An unmasked one of them hides those found after it. */
export const PRE_COMPUTATION = EXCEPTION_FLAG.invalid | EXCEPTION_FLAG.denormal | EXCEPTION_FLAG.divideByZero;

/** How an operation is to be done, and what happened while it was. One object serves many operations: flags add up. */
export class FloatEnv {
  /** One of `ROUND`. */
  rounding: number = ROUND.nearest;
  /** A set of `FLAG` bits: exceptions that do not trap. Changes what underflow means and, for x87, the result of a trapping overflow. */
  masks = 0x3f;
  /** A set of `FLAG` bits, sticky. */
  flags = 0;
  /** Flags of the stages before, in an operation of several. */
  earlier = 0;
  /** Subnormal operands count as zeros (MXCSR.DAZ). */
  denormalsAreZero = false;
  /** Tiny results become zeros while underflow is masked (MXCSR.FZ). */
  flushToZero = false;
  /** NaNs propagate as in the x87 FPU and not as in SSE; a trapping overflow or underflow delivers a scaled result. */
  x87 = false;
  /** x87 precision control in bits of significand: 24, 53 or 64. Only `X80` results of add, sub, mul, div and sqrt obey it. */
  precision = 64;
  /** A memory operand was subnormal before it was widened: counts as a subnormal operand. */
  denormalSource = false;
  /** The last rounding made the magnitude greater (C1 of the x87 status word). */
  roundedUp = false;

  raise(flags: number): void {
    this.flags |= flags;
  }

  /** Puts the flags so far aside: those of the next stage are judged by themselves. */
  endStage(): void {
    this.earlier |= this.flags;
    this.flags = 0;
  }

  /** Sets rounding, masks, DAZ and FZ from an MXCSR, and clears the flags. */
  loadMxcsr(mxcsr: number): void {
    this.rounding = (mxcsr >> 13) & 3;
    this.masks = (mxcsr >> 7) & 0x3f;
    this.flags = 0;
    this.earlier = 0;
    this.denormalsAreZero = (mxcsr & 0x40) !== 0;
    this.flushToZero = (mxcsr & 0x8000) !== 0;
    this.x87 = false;
    this.precision = 64;
    this.denormalSource = false;
    this.roundedUp = false;
  }

  /** Sets rounding, masks and precision from an x87 control word, and clears the flags. */
  loadControlWord(fcw: number): void {
    this.rounding = (fcw >> 10) & 3;
    this.masks = fcw & 0x3f;
    this.flags = 0;
    this.denormalsAreZero = false;
    this.flushToZero = false;
    this.x87 = true;
    this.denormalSource = false;
    this.precision = PRECISION[(fcw >> 8) & 3]!;
    this.roundedUp = false;
  }

  /** Flags that would trap. */
  get unmasked(): number {
    return this.flags & ~this.masks;
  }
}

/** By the PC field; 1 is reserved and acts as 64 bits. */
const PRECISION = [24, 64, 53, 64];

/** The operand as the operation sees it: a subnormal becomes a zero under DAZ. */
export function operand(env: FloatEnv, u: Unpacked): Unpacked {
  return env.denormalsAreZero && u.class === 'subnormal' ? { class: 'zero', negative: u.negative, exp: u.exp, sig: 0n } : u;
}

/** Masked response to an invalid operation. */
export function invalid(env: FloatEnv, f: FloatFormat): bigint {
  env.raise(EXCEPTION_FLAG.invalid);
  return f.indefinite;
}

/**
 * The result of an operation of which an operand is a NaN or unsupported, or undefined when none is. SSE takes the first NaN; x87 takes
 * the quiet one of a quiet and a signalling NaN, else the one with the greater significand (Intel SDM vol. 1, table 4-7).
 */
export function propagate(env: FloatEnv, f: FloatFormat, aBits: bigint, a: Unpacked, bBits: bigint, b: Unpacked): bigint | undefined {
  if (a.class === 'unsupported' || b.class === 'unsupported') return invalid(env, f);
  const aNaN = isNotANumber(a);
  const bNaN = isNotANumber(b);
  if (!aNaN && !bNaN) return undefined;
  if (a.class === 'signalling' || b.class === 'signalling') env.raise(EXCEPTION_FLAG.invalid);
  if (!aNaN) return bBits | f.quietBit;
  if (!bNaN || !env.x87) return aBits | f.quietBit;
  if (a.class !== b.class) return a.class === 'quiet' ? aBits : bBits;
  if (a.sig !== b.sig) return (a.sig > b.sig ? aBits : bBits) | f.quietBit;
  return (a.negative ? bBits : aBits) | f.quietBit;
}

/** The same for one operand. */
export function propagateOne(env: FloatEnv, f: FloatFormat, bits: bigint, u: Unpacked): bigint | undefined {
  if (u.class === 'unsupported') return invalid(env, f);
  if (!isNotANumber(u)) return undefined;
  if (u.class === 'signalling') env.raise(EXCEPTION_FLAG.invalid);
  return bits | f.quietBit;
}

/** Raises DE when an operand is subnormal. */
export function noteDenormal(env: FloatEnv, a: Unpacked, b?: Unpacked): void {
  if (a.class === 'subnormal' || b?.class === 'subnormal' || env.denormalSource) env.raise(EXCEPTION_FLAG.denormal);
}
