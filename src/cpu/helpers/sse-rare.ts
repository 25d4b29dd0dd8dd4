/** Instructions that are too rare, or too far from WebAssembly, for a row of their own. */
import { STATE, xmmSlot } from '../layout.js';
import { immediate, operandA, operandB, operandD, readWide, setFlags, writeWide } from './operands.js';
import { type HelperEffects, slots } from './stated.js';

type Rare = (view: DataView) => void;

const lane = (value: bigint, bits: number, index: number): number => Number(BigInt.asUintN(bits, value >> BigInt(bits * index)));

function sumsOfDifferences(view: DataView): void {
  const imm = immediate(view);
  const a = readWide(view, operandA(view));
  const b = readWide(view, operandB(view));
  const from = imm & 4;
  const against = (imm & 3) * 4;
  let result = 0n;
  for (let i = 0; i < 8; i++) {
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += Math.abs(lane(a, 8, from + i + k) - lane(b, 8, against + k));
    result |= BigInt(sum) << BigInt(16 * i);
  }
  writeWide(view, operandD(view), result);
}

function leastWord(view: DataView): void {
  const a = readWide(view, operandA(view));
  let at = 0;
  for (let i = 1; i < 8; i++) if (lane(a, 16, i) < lane(a, 16, at)) at = i;
  writeWide(view, operandD(view), (BigInt(at) << 16n) | BigInt(lane(a, 16, at)));
}

/** CRC-32C, polynomial 0x11EDC6F41, bits reflected. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/** The immediate is the number of bytes of `b`. */
function crc32(view: DataView): void {
  const from = operandB(view);
  let crc = view.getUint32(operandA(view), true);
  for (let i = 0; i < immediate(view); i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ view.getUint8(from + i)) & 255]!;
  view.setBigUint64(operandD(view), BigInt(crc >>> 0), true);
}

// ---- PDEP and PEXT -------------------------------------------------------------------------------------------------------------------------

/** The bits of a that the mask b selects, in the low ones; or the other way round. 32 bits a time: the immediate is how many bytes there are. */
const bitsByMask =
  (deposit: boolean): Rare =>
  view => {
    const [from, masks, to] = [operandA(view), operandB(view), operandD(view)];
    const words = [view.getUint32(from, true), immediate(view) === 8 ? view.getUint32(from + 4, true) : 0];
    const result = [0, 0];
    let low = 0;
    for (let bit = 0; bit < 8 * immediate(view); bit++) {
      if (((view.getUint32(masks + (bit >> 5) * 4, true) >>> (bit & 31)) & 1) === 0) continue;
      const [source, target] = deposit ? [low, bit] : [bit, low];
      if (((words[source >> 5]! >>> (source & 31)) & 1) !== 0) result[target >> 5]! |= 1 << (target & 31);
      low++;
    }
    view.setInt32(to, result[0]!, true);
    view.setInt32(to + 4, result[1]!, true);
  };

// ---- RCPSS, RSQRTSS and their packed forms -----------------------------------------------------------------------------------------------
// Their error may be 1.5 * 2^-12 of the result, and every processor has its own tables. Here it is the value for the middle of an interval of
// 2^-12, rounded to 12 bits. Subnormals count as zeros; MXCSR neither matters nor changes.

const float = new DataView(new ArrayBuffer(4));
const INFINITY = 0x7f800000;
const SIGN = 0x80000000;

function approximation(bits: number, of: (value: number) => number): number {
  const magnitude = bits & ~SIGN;
  const sign = bits & SIGN;
  if (magnitude > INFINITY) return (bits | 0x00400000) >>> 0;
  if (magnitude < 0x00800000) return (sign | INFINITY) >>> 0;
  if (magnitude === INFINITY) return sign !== 0 && of === reciprocalRoot ? 0xffc00000 : sign >>> 0;
  float.setUint32(0, (bits & ~0x7ff) | 0x400);
  const value = of(float.getFloat32(0));
  if (Number.isNaN(value)) return 0xffc00000;
  float.setFloat32(0, value);
  const rounded = (float.getUint32(0) + 0x400) & ~0x7ff;
  return ((rounded & ~SIGN) < 0x00800000 ? sign : rounded) >>> 0;
}

const reciprocal = (value: number): number => 1 / value;
const reciprocalRoot = (value: number): number => 1 / Math.sqrt(value);

const approximate =
  (count: number, of: (value: number) => number): Rare =>
  view => {
    const from = operandA(view);
    const to = operandD(view);
    for (let at = 0; at < 4 * count; at += 4) view.setUint32(to + at, approximation(view.getUint32(from + at, true), of), true);
  };

// ---- PCMPxSTRx (Intel SDM vol. 2, 4.1) ---------------------------------------------------------------------------------------------------

interface Comparison {
  /** IntRes2. */
  readonly bits: number;
  readonly count: number;
}

/** Elements of an operand: signed or not, and how many are valid. */
function elements(value: bigint, imm: number): number[] {
  const words = (imm & 1) !== 0;
  const bits = words ? 16 : 8;
  return Array.from({ length: words ? 8 : 16 }, (_, i) => {
    const element = lane(value, bits, i);
    return (imm & 2) !== 0 && element >= 2 ** (bits - 1) ? element - 2 ** bits : element;
  });
}

function implicitLength(list: readonly number[]): number {
  const end = list.indexOf(0);
  return end < 0 ? list.length : end;
}

/** EAX and EDX, or RAX and RDX when bit 8 of the immediate is set: the magnitude, at most the number of elements. */
function explicitLength(view: DataView, register: number, wide: boolean, count: number): number {
  const value = wide ? view.getBigInt64(register, true) : BigInt(view.getInt32(register, true));
  const magnitude = value < 0n ? -value : value;
  return magnitude > BigInt(count) ? count : Number(magnitude);
}

const AGGREGATIONS: readonly ((a: number[], b: number[], aLength: number, bLength: number, i: number) => boolean)[] = [
  // Equal any
  (a, b, aLength, bLength, i) => i < bLength && a.slice(0, aLength).includes(b[i]!),
  // Ranges
  (a, b, aLength, bLength, i) => {
    if (i >= bLength) return false;
    for (let j = 0; j + 1 < aLength; j += 2) if (b[i]! >= a[j]! && b[i]! <= a[j + 1]!) return true;
    return false;
  },
  // Equal each
  (a, b, aLength, bLength, i) => (i < aLength && i < bLength ? a[i] === b[i] : i >= aLength && i >= bLength),
  // Equal ordered
  (a, b, aLength, bLength, i) => {
    for (let j = 0; j < aLength && i + j < b.length; j++) if (i + j >= bLength || a[j] !== b[i + j]) return false;
    return true;
  },
];

function compareStrings(view: DataView, explicit: boolean): Comparison {
  const imm = immediate(view);
  const a = elements(readWide(view, operandA(view)), imm);
  const b = elements(readWide(view, operandB(view)), imm);
  const count = a.length;
  const wide = (imm & 0x100) !== 0;
  const aLength = explicit ? explicitLength(view, STATE.gpr, wide, count) : implicitLength(a);
  const bLength = explicit ? explicitLength(view, STATE.gpr + 16, wide, count) : implicitLength(b);
  const holds = AGGREGATIONS[(imm >> 2) & 3]!;
  let bits = 0;
  for (let i = 0; i < count; i++) if (holds(a, b, aLength, bLength, i)) bits |= 1 << i;
  const all = (1 << count) - 1;
  if ((imm & 0x30) === 0x10) bits ^= all;
  if ((imm & 0x30) === 0x30) bits ^= (1 << bLength) - 1;
  const cf = bits !== 0 ? 0x1 : 0;
  const zf = bLength < count ? 0x40 : 0;
  const sf = aLength < count ? 0x80 : 0;
  const of = (bits & 1) !== 0 ? 0x800 : 0;
  setFlags(view, cf | zf | sf | of);
  return { bits, count };
}

const stringIndex =
  (explicit: boolean): Rare =>
  view => {
    const last = (immediate(view) & 0x40) !== 0;
    const { bits, count } = compareStrings(view, explicit);
    const index = bits === 0 ? count : last ? 31 - Math.clz32(bits) : 31 - Math.clz32(bits & -bits);
    view.setBigUint64(STATE.gpr + 8, BigInt(index), true);
  };

const stringMask =
  (explicit: boolean): Rare =>
  view => {
    const expand = (immediate(view) & 0x40) !== 0;
    const { bits, count } = compareStrings(view, explicit);
    let mask = BigInt(bits);
    if (expand) {
      const width = 128 / count;
      mask = 0n;
      for (let i = 0; i < count; i++) if ((bits & (1 << i)) !== 0) mask |= ((1n << BigInt(width)) - 1n) << BigInt(width * i);
    }
    writeWide(view, xmmSlot(0), mask);
  };

interface RareOp extends HelperEffects {
  readonly run: Rare;
}

const vector = (run: Rare, reads: { a: number; b?: number }, d = 16): RareOp => ({ run, reads: slots(reads), writes: slots({ d }) });
const string = (run: Rare, explicit: boolean, writes: HelperEffects['writes']): RareOp => ({
  run,
  reads: slots({ a: 16, b: 16, ...(explicit ? { rax: 8, rdx: 8 } : {}) }),
  writes,
  setsFlags: true,
});

const RARE: Readonly<Record<string, RareOp>> = {
  mpsadbw: vector(sumsOfDifferences, { a: 16, b: 16 }),
  phminposuw: vector(leastWord, { a: 16 }),
  crc32: vector(crc32, { a: 4, b: 8 }, 8),
  pdep: vector(bitsByMask(true), { a: 8, b: 8 }, 8),
  pext: vector(bitsByMask(false), { a: 8, b: 8 }, 8),
  rcpss: vector(approximate(1, reciprocal), { a: 4 }, 4),
  rcpps: vector(approximate(4, reciprocal), { a: 16 }),
  rsqrtss: vector(approximate(1, reciprocalRoot), { a: 4 }, 4),
  rsqrtps: vector(approximate(4, reciprocalRoot), { a: 16 }),
  pcmpestri: string(stringIndex(true), true, slots({ rcx: 8 })),
  pcmpistri: string(stringIndex(false), false, slots({ rcx: 8 })),
  pcmpestrm: string(stringMask(true), true, slots({ xmm: 16 })),
  pcmpistrm: string(stringMask(false), false, slots({ xmm: 16 })),
};

const names = Object.keys(RARE);
const ops = Object.values(RARE);
export const SSE_RARE_OPS: readonly string[] = names;

/** The number of an operation, for STATE.helperOp. */
export function sseRareNumber(name: string): number {
  const number = names.indexOf(name);
  if (number < 0) throw new Error(`no rare SSE operation ${name}`);
  return number;
}

export const sseRareEffects = (name: string): HelperEffects => RARE[name]!;

/** The helper: runs the operation that the STATE.helper* fields describe. None of them faults. */
export function sseRare(view: DataView): number {
  ops[view.getInt32(STATE.helperOp, true)]!.run(view);
  return 0;
}
