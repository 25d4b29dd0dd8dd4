/**
 * The three binary formats of x86 and how their bits are taken apart (IEEE 754-2019, 3.4; Intel SDM vol. 1, 4.2.2 and 8.2.2). Bits are
 * unsigned `bigint`s; a finite value is `(-1)^sign * sig * 2^exp`, with `sig` an integer of any size.
 */
export interface FloatFormat {
  /** Width of the encoding, in bits. */
  readonly bits: number;
  /** Bits of the significand, the integer bit included. */
  readonly precision: number;
  /** Width of the exponent field, in bits. */
  readonly exponentBits: number;
  /** Exponent of the smallest normal number. */
  readonly emin: number;
  /** Exponent of the greatest finite number. */
  readonly emax: number;
  /** Bits of the stored significand field. */
  readonly fieldBits: number;
  /** The integer bit is stored (x87 extended precision). */
  readonly explicitInteger: boolean;
  readonly signBit: bigint;
  /** The bits of +infinity. */
  readonly infinity: bigint;
  /** The real indefinite: what a masked invalid operation yields. */
  readonly indefinite: bigint;
  /** The bit that tells a quiet NaN from a signalling one. */
  readonly quietBit: bigint;
}

function format(bits: number, exponentBits: number, explicitInteger: boolean): FloatFormat {
  const fieldBits = bits - 1 - exponentBits;
  const precision = explicitInteger ? fieldBits : fieldBits + 1;
  const emax = 2 ** (exponentBits - 1) - 1;
  const exponentOnes = ((1n << BigInt(exponentBits)) - 1n) << BigInt(fieldBits);
  const signBit = 1n << BigInt(bits - 1);
  const quietBit = 1n << BigInt(precision - 2);
  const infinity = explicitInteger ? exponentOnes | (1n << BigInt(fieldBits - 1)) : exponentOnes;
  return {
    bits,
    precision,
    exponentBits,
    emin: 1 - emax,
    emax,
    fieldBits,
    explicitInteger,
    signBit,
    infinity,
    indefinite: signBit | infinity | quietBit,
    quietBit,
  };
}

/** binary16, which F16C converts. */
export const F16 = format(16, 5, false);
/** binary32 (`float`, `float32`). */
export const F32 = format(32, 8, false);
/** binary64 (`double`, `float64`). */
export const F64 = format(64, 11, false);
/** x87 double extended precision, 80 bits with an explicit integer bit. */
export const X80 = format(80, 15, true);

/** What a bit pattern is. `unsupported` are the x87 encodings that the FPU refuses: unnormals, pseudo-infinities and pseudo-NaNs. */
export type FloatClass = 'zero' | 'subnormal' | 'normal' | 'infinity' | 'quiet' | 'signalling' | 'unsupported';

export interface Unpacked {
  readonly class: FloatClass;
  readonly negative: boolean;
  /** Exponent of the significand's lowest bit; finite values only. */
  readonly exp: number;
  readonly sig: bigint;
}

/** Takes a bit pattern apart. Pseudo-denormals count as `subnormal`: they have a value, and using them raises DE. */
export function unpack(f: FloatFormat, bits: bigint): Unpacked {
  const negative = (bits & f.signBit) !== 0n;
  const field = bits & ((1n << BigInt(f.fieldBits)) - 1n);
  const biased = Number((bits & ~f.signBit) >> BigInt(f.fieldBits));
  const integerBit = 1n << BigInt(f.precision - 1);
  const top = 2 * f.emax + 1;
  const lowest = f.emin - f.precision + 1;
  if (biased === 0) return { class: field === 0n ? 'zero' : 'subnormal', negative, exp: lowest, sig: field };
  if (f.explicitInteger && (field & integerBit) === 0n) return { class: 'unsupported', negative, exp: 0, sig: field };
  if (biased === top) {
    const payload = f.explicitInteger ? field & ~integerBit : field;
    if (payload === 0n) return { class: 'infinity', negative, exp: 0, sig: 0n };
    return { class: (field & f.quietBit) !== 0n ? 'quiet' : 'signalling', negative, exp: 0, sig: field };
  }
  return { class: 'normal', negative, exp: lowest + biased - 1, sig: field | integerBit };
}

export function isNotANumber(u: Unpacked): boolean {
  return u.class === 'quiet' || u.class === 'signalling';
}

export function zero(f: FloatFormat, negative: boolean): bigint {
  return negative ? f.signBit : 0n;
}

export function infinity(f: FloatFormat, negative: boolean): bigint {
  return negative ? f.signBit | f.infinity : f.infinity;
}

const scratch = new DataView(new ArrayBuffer(8));

/** Number of bits of a positive integer. */
export function bitLength(n: bigint): number {
  if (n >> 1000n !== 0n) {
    const high = n >> 1000n;
    return 1000 + bitLength(high);
  }
  scratch.setFloat64(0, Number(n));
  const length = ((scratch.getUint32(0) >>> 20) & 0x7ff) - 1022;
  // Number() rounds, so a run of ones may have become the next power of two.
  return n >> BigInt(length - 1) === 0n ? length - 1 : length;
}
