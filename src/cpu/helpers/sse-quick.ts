/**
 * The common operations in JavaScript's own floats, for programs whose results are all exact: PE never gets set, so their rows always ask
 * the helper, and the soft float would be slow. Whether a result is exact follows from error-free transformations (Dekker 1971, Knuth
 * TAOCP vol. 2, 4.2.2); operands or results near the ends of the range are left to the soft float.
 */

import { FMA } from '../layout.js';

/** Computes one lane and sets `inexact`, or returns NaN when it is not sure. */
type Lane = (a: number, b: number) => number;

let inexact = false;

const SPLITTER = 2 ** 27 + 1;

/** a * b minus its rounded product p, exactly, when nothing overflows or underflows. */
function productError(a: number, b: number, p: number): number {
  const x = SPLITTER * a;
  const aHigh = x - (x - a);
  const aLow = a - aHigh;
  const y = SPLITTER * b;
  const bHigh = y - (y - b);
  const bLow = b - bHigh;
  return aLow * bLow - (p - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

function sumError(a: number, b: number, s: number): number {
  const part = s - a;
  return a - (s - part) + (b - part);
}

/** Far enough from overflow and underflow for the products above. */
function isModerate(x: number): boolean {
  const magnitude = Math.abs(x);
  return magnitude > 2 ** -400 && magnitude < 2 ** 400;
}
const isPlain = (x: number): boolean => x === 0 || isModerate(x);

/** With an infinity about, whatever is not a NaN is exact; everything else is not sure. */
function infinite(a: number, b: number, result: number): number {
  const isInfinite = Math.abs(a) === Number.POSITIVE_INFINITY || Math.abs(b) === Number.POSITIVE_INFINITY;
  return isInfinite && isNormal(a) && isNormal(b) ? result : Number.NaN;
}
/** Not a subnormal of either format; may be infinite. */
const isNormal = (x: number): boolean => x === 0 || Math.abs(x) > 2 ** -100;

const DOUBLE: Readonly<Record<string, Lane>> = {
  add: (a, b) => {
    if (!isPlain(a) || !isPlain(b)) return infinite(a, b, a + b);
    const s = a + b;
    inexact ||= sumError(a, b, s) !== 0;
    return s;
  },
  sub: (a, b) => {
    if (!isPlain(a) || !isPlain(b)) return infinite(a, b, a - b);
    const s = a - b;
    inexact ||= sumError(a, -b, s) !== 0;
    return s;
  },
  mul: (a, b) => {
    if (!isPlain(a) || !isPlain(b)) return infinite(a, b, a * b);
    const p = a * b;
    inexact ||= productError(a, b, p) !== 0;
    return p;
  },
  div: (a, b) => {
    if (!isPlain(a) || !isModerate(b)) return infinite(a, b, a / b);
    const q = a / b;
    const p = q * b;
    inexact ||= p !== a || productError(q, b, p) !== 0;
    return q;
  },
  sqrt: a => {
    if (!isPlain(a) || a < 0) return Number.NaN;
    const r = Math.sqrt(a);
    const p = r * r;
    inexact ||= p !== a || productError(r, r, p) !== 0;
    return r;
  },
};

/** Singles have room in a double: rounding twice gives the same, and products are exact. */
const isPlainSingle = (x: number): boolean => x === 0 || (Math.abs(x) > 2 ** -60 && Math.abs(x) < 2 ** 60);
function single(exact: number, error: boolean): number {
  const r = Math.fround(exact);
  inexact ||= error || r !== exact;
  return r;
}
const SINGLE: Readonly<Record<string, Lane>> = {
  add: (a, b) => (isPlainSingle(a) && isPlainSingle(b) ? single(a + b, sumError(a, b, a + b) !== 0) : infinite(a, b, a + b)),
  sub: (a, b) => (isPlainSingle(a) && isPlainSingle(b) ? single(a - b, sumError(a, -b, a - b) !== 0) : infinite(a, b, a - b)),
  mul: (a, b) => (isPlainSingle(a) && isPlainSingle(b) ? single(a * b, false) : infinite(a, b, a * b)),
  div: (a, b) => {
    if (!isPlainSingle(a) || !isPlainSingle(b) || b === 0) return infinite(a, b, a / b);
    const q = Math.fround(a / b);
    inexact ||= q * b !== a;
    return q;
  },
  sqrt: a => {
    if (!isPlainSingle(a) || a < 0) return Number.NaN;
    const r = Math.fround(Math.sqrt(a));
    inexact ||= r * r !== a;
    return r;
  },
};

export interface Quick {
  readonly lane: Lane;
  readonly bytes: 4 | 8;
  readonly lanes: number;
}

/** How an operation by its name in the helper's table is done quickly, if it can be. */
export function quickOf(name: string): Quick | undefined {
  const match = /^(add|sub|mul|div|sqrt)([sp])([sd])$/.exec(name);
  if (match === null) return undefined;
  const [, operation, kind, size] = match as unknown as [string, string, string, string];
  const bytes = size === 's' ? 4 : 8;
  return { lane: (bytes === 4 ? SINGLE : DOUBLE)[operation]!, bytes, lanes: kind === 's' ? 1 : 16 / bytes };
}

// ---- fused ------------------------------------------------------------------------------------------------------------------------------

const bits = new DataView(new ArrayBuffer(8));

/** A rounded sum and what it lacks, rounded to odd: a further rounding to fewer bits is right then (Boldo and Melquiond 2008). */
function roundToOdd(sum: number, error: number): number {
  if (error === 0) return sum;
  bits.setFloat64(0, sum);
  const low = bits.getUint32(4);
  if ((low & 1) !== 0) return sum;
  if (error > 0 === sum > 0) bits.setUint32(4, low + 1);
  else if (low > 0) bits.setUint32(4, low - 1);
  else {
    bits.setUint32(4, 0xffff_ffff);
    bits.setUint32(0, bits.getUint32(0) - 1);
  }
  return bits.getFloat64(0);
}

function fusedDouble(a: number, b: number, c: number): number {
  if (!isPlain(a) || !isPlain(b) || !isPlain(c)) return Number.NaN;
  const p = a * b;
  const e = productError(a, b, p);
  if (e === 0) {
    const s = p + c;
    inexact ||= sumError(p, c, s) !== 0;
    return s;
  }
  const t = c + e;
  const tError = sumError(c, e, t);
  const v = p + t;
  const vError = sumError(p, t, v);
  const rest = tError + vError;
  const restError = sumError(tError, vError, rest);
  const odd = roundToOdd(rest, restError);
  const result = v + odd;
  inexact ||= restError !== 0 || sumError(v, odd, result) !== 0;
  return result;
}

function fusedSingle(a: number, b: number, c: number): number {
  if (!isPlainSingle(a) || !isPlainSingle(b) || !isPlainSingle(c)) return Number.NaN;
  const p = a * b;
  const s = p + c;
  const error = sumError(p, c, s);
  const result = Math.fround(roundToOdd(s, error));
  if (result !== 0 && Math.abs(result) < 2 ** -100) return Number.NaN;
  if (result === 0 && (s !== 0 || error !== 0)) return Number.NaN;
  inexact ||= error !== 0 || result !== s;
  return result;
}

export interface QuickFma {
  readonly fused: (a: number, b: number, c: number) => number;
  readonly bytes: 4 | 8;
  readonly lanes: number;
}

export function quickFmaOf(name: string): QuickFma | undefined {
  const match = /^fma([sp])([sd])$/.exec(name);
  if (match === null) return undefined;
  const bytes = match[2] === 's' ? 4 : 8;
  return { fused: bytes === 4 ? fusedSingle : fusedDouble, bytes, lanes: match[1] === 's' ? 1 : 16 / bytes };
}

/** The same as `runQuick` of an FMA, whose immediate says which operand is which. */
export function runQuickFma(
  { fused, bytes, lanes }: QuickFma,
  view: DataView,
  operands: Readonly<Record<'d' | 'a' | 'b', number>>,
  imm: number,
): boolean | undefined {
  inexact = false;
  const [x, y, z] = FMA.orders[imm & FMA.order]!;
  const read = (place: 'd' | 'a' | 'b', at: number): number =>
    bytes === 4 ? view.getFloat32(operands[place] + at, true) : view.getFloat64(operands[place] + at, true);
  for (let i = 0; i < lanes; i++) {
    const at = i * bytes;
    const product = read(x, at);
    const addend = read(z, at);
    const negated = (imm & (i % 2 === 0 ? FMA.negateEven : FMA.negateOdd)) !== 0;
    const result = fused((imm & FMA.negateProduct) !== 0 ? -product : product, read(y, at), negated ? -addend : addend);
    if (Number.isNaN(result)) return undefined;
    results[i] = result;
  }
  putResults(view, operands.d, bytes, lanes);
  return inexact;
}

const results = new Float64Array(4);

function putResults(view: DataView, d: number, bytes: 4 | 8, lanes: number): void {
  for (let i = 0; i < lanes; i++) {
    if (bytes === 4) view.setFloat32(d + i * bytes, results[i]!, true);
    else view.setFloat64(d + i * bytes, results[i]!, true);
  }
}

/** Does all lanes and returns whether any was inexact, or undefined, and nothing done, when one is for the soft float. */
export function runQuick({ lane, bytes, lanes }: Quick, view: DataView, d: number, a: number, b: number): boolean | undefined {
  inexact = false;
  for (let i = 0; i < lanes; i++) {
    const at = i * bytes;
    const result =
      bytes === 4
        ? lane(view.getFloat32(a + at, true), view.getFloat32(b + at, true))
        : lane(view.getFloat64(a + at, true), view.getFloat64(b + at, true));
    if (Number.isNaN(result)) return undefined;
    results[i] = result;
  }
  putResults(view, d, bytes, lanes);
  return inexact;
}
