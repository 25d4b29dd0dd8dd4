/** Operands that sit on the edges of a format, and random ones that crowd around them. */
import { F32, F64, type FloatFormat, X80 } from '../../src/cpu/softfloat/index.js';

/** A small generator of 32-bit numbers (Mulberry32): same seed, same sequence. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

function fields(f: FloatFormat): { exponents: bigint[]; significands: bigint[] } {
  const top = (1n << BigInt(f.exponentBits)) - 1n;
  const bias = BigInt(f.emax);
  const ones = (1n << BigInt(f.fieldBits)) - 1n;
  const integer = f.explicitInteger ? 1n << BigInt(f.fieldBits - 1) : 0n;
  const near = [0n, 1n, 2n, 10n, 15n, 22n, 23n, 24n, 30n, 31n, 32n, 51n, 52n, 53n, 61n, 62n, 63n, 64n, 65n, 126n, 127n, 128n, 149n];
  const exponents = [0n, 1n, 2n, top - 2n, top - 1n, top];
  for (const n of near) exponents.push(bias + n, bias - n);
  for (const g of [F32, F64]) {
    if (g.bits >= f.bits) continue;
    const emax = BigInt(g.emax);
    exponents.push(bias + emax, bias + emax + 1n, bias + emax - 1n, bias - emax, bias - emax + 1n, bias - emax - BigInt(g.precision));
  }
  const significands = [integer, integer | 1n, ones, ones - 1n, integer | (ones >> 1n), integer | f.quietBit, integer | f.quietBit | 1n];
  if (f.explicitInteger) {
    significands.push(0n, 1n, f.quietBit, integer - 1n);
    for (const p of [24n, 53n]) {
      const half = 1n << (63n - p);
      significands.push(
        integer | half,
        integer | (half - 1n),
        integer | (half + 1n),
        integer | (half * 3n),
        ones ^ (half - 1n),
        ones ^ half,
      );
    }
  }
  return { exponents: exponents.filter(e => e >= 0n && e <= top), significands };
}

const FIELDS = new Map([F32, F64, X80].map(f => [f, fields(f)]));

function wide(random: () => number): bigint {
  return (BigInt(random()) << 64n) | (BigInt(random()) << 32n) | BigInt(random());
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[random() % list.length]!;
}

/** One operand: half edges, the rest with a random significand, of few or of all bits, and an exponent that is often ordinary. */
export function operandOf(f: FloatFormat | 'int', random: () => number): bigint {
  if (f === 'int') return integerOperand(random);
  const { exponents, significands } = FIELDS.get(f)!;
  const kind = random() % 8;
  const biasAround = BigInt(f.emax) + BigInt((random() % 140) - 70);
  const exponent = kind < 4 ? pick(random, exponents) : kind < 7 ? biasAround : wide(random) & ((1n << BigInt(f.exponentBits)) - 1n);
  let field = kind % 2 === 0 ? pick(random, significands) : wide(random) & ((1n << BigInt(f.fieldBits)) - 1n);
  if (kind % 4 === 3) field &= ~((1n << BigInt(random() % f.fieldBits)) - 1n);
  if (f.explicitInteger && random() % 16 !== 0) {
    const integer = 1n << BigInt(f.fieldBits - 1);
    field = exponent === 0n ? field & ~integer : field | integer;
  }
  return ((random() & 1) !== 0 ? f.signBit : 0n) | (exponent << BigInt(f.fieldBits)) | field;
}

function integerOperand(random: () => number): bigint {
  const shift = BigInt(random() % 64);
  const base = random() % 2 === 0 ? 1n << shift : (wide(random) & 0xffff_ffff_ffff_ffffn) >> shift;
  const value = base + BigInt((random() % 5) - 2);
  return BigInt.asUintN(64, (random() & 1) !== 0 ? -value : value);
}
