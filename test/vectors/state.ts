/**
 * Expands a seed into the state a case starts from. Values come from the edges where arithmetic goes wrong rather than from the middle.
 *
 * The committed vectors hold only seeds, so what is here must not change without making them anew (`npm run vectors`).
 */
import { FX, INPUT } from './layout.js';
import { Random } from './random.js';

/** What the vector registers and the memory operand hold. The x87 profiles fill the x87 stack too, those of MMX fill it with lanes. */
export const PROFILES = [
  'int',
  'f32',
  'f64',
  'x87-f32',
  'x87-f64',
  'x87-f80',
  'x87-int',
  'x87-bcd',
  'mmx-int',
  'mmx-f32',
  'mmx-f64',
] as const;
export type Profile = (typeof PROFILES)[number];

/** What memory and XMM registers hold under a profile of MMX; the others stand for themselves. */
const lanesOf = (profile: Profile): Profile => (profile.startsWith('mmx-') ? (profile.slice(4) as Profile) : profile);

/** An edge-valued integer of 64 bits, as two halves at `offset`. */
function putInteger(view: DataView, offset: number, random: Random): void {
  let low = random.u32();
  let high = random.u32();
  const shape = random.below(12);
  if (shape === 0) {
    // -8 ... 8
    low = (low % 17) - 8;
    high = low < 0 ? -1 : 0;
  } else if (shape <= 3) {
    // A power of two, or its neighbour, or their complements.
    const bit = high & 63;
    const step = (high >>> 8) % 3;
    let value = (1n << BigInt(bit)) + BigInt(step - 1);
    if (high & 0x10000) value = ~value;
    view.setBigUint64(offset, BigInt.asUintN(64, value), true);
    return;
  } else if (shape === 4) {
    // 0x7f.. and 0x80.. of each width, with noise above it.
    const width = [7, 15, 31, 63][high & 3] as number;
    const pattern = high & 4 ? (1n << BigInt(width)) - 1n : 1n << BigInt(width);
    const above = high & 8 ? BigInt(low) << BigInt(width + 1) : 0n;
    view.setBigUint64(offset, BigInt.asUintN(64, pattern | above), true);
    return;
  } else if (shape === 5) {
    low = Math.imul(low & 0xff, 0x01010101);
    high = low;
  } else if (shape === 6) {
    high = low >> 31;
  } else if (shape === 7) {
    high = 0;
  } else if (shape === 8) {
    low = [0, -1, -0x8000_0000, 0x7fff_ffff][low & 3] as number;
    high = [0, -1, -0x8000_0000, 0x7fff_ffff][high & 3] as number;
  }
  view.setInt32(offset, low, true);
  view.setInt32(offset + 4, high, true);
}

const BYTES = [0, 1, 0x7f, 0x80, 0x81, 0xfe, 0xff];

/** A 64-bit vector lane of small integers, each of them at an edge. */
function putPacked(view: DataView, offset: number, random: Random): void {
  const shape = random.below(6);
  if (shape < 2) {
    putInteger(view, offset, random);
  } else if (shape === 2) {
    for (let i = 0; i < 8; i++) view.setUint8(offset + i, random.pick(BYTES));
  } else if (shape === 3) {
    for (let i = 0; i < 4; i++) view.setUint16(offset + 2 * i, random.pick([0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x00ff, 0xff00]), true);
  } else {
    view.setUint32(offset, random.u32(), true);
    view.setUint32(offset + 4, random.u32(), true);
  }
}

const F32_EDGES = [
  0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffa00000, 0x7fc12345,
  0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff, 0x4f000000, 0xcf000000, 0x4effffff, 0x5f000000,
  0xdf000000, 0x3f000000, 0x3effffff, 0xbf000000, 0x3fc00000, 0x40200000, 0x3f7fffff, 0x3f800001, 0x4b000001, 0x00400000,
];

function putF32(view: DataView, offset: number, random: Random): void {
  const shape = random.below(10);
  let bits = random.u32();
  if (shape < 3) {
    bits = random.pick(F32_EDGES);
  } else if (shape < 8) {
    // Near one, so that sums cancel and round: few or many bits of fraction.
    const exponent = 127 + random.between(-12, 12);
    const fraction = shape < 5 ? bits & 0x7ff000 : bits & 0x7fffff;
    bits = ((bits & 0x80000000) | (exponent << 23) | fraction) >>> 0;
  } else if (shape === 8) {
    // Results at the edges of the exponent's range.
    const exponent = random.pick([0, 0, 1, 2, 12, 63, 64, 65, 190, 191, 192, 253, 254]);
    bits = ((bits & 0x807fffff) | (exponent << 23)) >>> 0;
  }
  view.setUint32(offset, bits >>> 0, true);
}

const F64_EDGES: readonly (readonly [number, number])[] = [
  [0, 0],
  [0x80000000, 0],
  [0x3ff00000, 0],
  [0xbff00000, 0],
  [0x7ff00000, 0],
  [0xfff00000, 0],
  [0x7ff80000, 0],
  [0xfff80000, 0],
  [0x7ff00000, 1],
  [0xfff40000, 0],
  [0x7ff80123, 0x456789ab],
  [0, 1],
  [0x80000000, 1],
  [0x000fffff, 0xffffffff],
  [0x00100000, 0],
  [0x7fefffff, 0xffffffff],
  [0xffefffff, 0xffffffff],
  [0x41e00000, 0],
  [0xc1e00000, 0],
  [0x41dfffff, 0xffc00000],
  [0xc1e00000, 0x00200000],
  [0x43e00000, 0],
  [0xc3e00000, 0],
  [0x43dfffff, 0xffffffff],
  [0x3fe00000, 0],
  [0xbfe00000, 0],
  [0x3fdfffff, 0xffffffff],
  [0x3ff80000, 0],
  [0x40040000, 0],
  [0x3fefffff, 0xffffffff],
  [0x47efffff, 0xe0000000],
  [0x47efffff, 0xf0000000],
  [0x36a00000, 0],
  [0x38100000, 0],
  [0x380fffff, 0xffffffff],
];

function putF64(view: DataView, offset: number, random: Random): void {
  const shape = random.below(10);
  let high = random.u32();
  let low = random.u32();
  if (shape < 3) {
    [high, low] = random.pick(F64_EDGES);
  } else if (shape < 8) {
    const exponent = 1023 + random.between(-20, 40);
    if (shape < 5) low = 0;
    high = (high & 0x800fffff) | (exponent << 20);
  } else if (shape === 8) {
    const exponent = random.pick([0, 0, 1, 2, 20, 511, 512, 513, 874, 896, 897, 1150, 1151, 1534, 1535, 1536, 2045, 2046]);
    high = (high & 0x800fffff) | (exponent << 20);
  }
  view.setUint32(offset, low >>> 0, true);
  view.setUint32(offset + 4, high >>> 0, true);
}

/** An 80-bit extended value, unsupported encodings (unnormals, pseudo-NaNs) now and then. */
function putF80(view: DataView, offset: number, random: Random): void {
  let signExponent = random.u32() & 0xffff;
  let high = random.u32() | 0x80000000;
  let low = random.u32();
  const shape = random.below(12);
  if (shape === 0) {
    signExponent &= 0x8000;
    if (low & 1) high = low = 0;
    else high &= 0x7fffffff;
  } else if (shape === 1) {
    signExponent |= 0x7fff;
    if (low & 3) {
      high = [0x80000000, 0xc0000000, 0xa0000000, 0x80000000][low & 3] as number;
      low = low & 8 ? 0 : 1;
    }
  } else if (shape < 9) {
    signExponent = (signExponent & 0x8000) | (16383 + random.between(-24, 40));
    if (shape < 6) low = 0;
    if (shape < 4) high &= 0xffff0000;
  } else if (shape === 9) {
    signExponent =
      (signExponent & 0x8000) |
      random.pick([0, 1, 2, 16383 - 1023, 16383 + 1023, 16383 - 127, 16383 + 127, 0x7ffe, 16383 + 63, 16383 + 31]);
  } else if (shape === 10 && random.chance(30)) {
    high &= 0x7fffffff;
  }
  view.setUint32(offset, low >>> 0, true);
  view.setUint32(offset + 4, high >>> 0, true);
  view.setUint16(offset + 8, signExponent, true);
}

function putBcd(view: DataView, offset: number, random: Random): void {
  const digits = random.below(19);
  for (let i = 0; i < 9; i++) {
    const byte = random.below(10) | (random.below(10) << 4);
    view.setUint8(offset + i, 2 * i < digits ? byte : 0);
  }
  view.setUint8(offset + 9, random.pick([0, 0x80]));
}

/** Fills a memory operand of up to 64 bytes. */
function putMemory(view: DataView, offset: number, length: number, profile: Profile, random: Random): void {
  const whole = new DataView(new ArrayBuffer(64));
  if (profile === 'x87-f80') putF80(whole, 0, random);
  else if (profile === 'x87-bcd') putBcd(whole, 0, random);
  else if (profile === 'f32' || profile === 'x87-f32') for (let at = 0; at < length; at += 4) putF32(whole, at, random);
  else if (profile === 'f64' || profile === 'x87-f64') for (let at = 0; at < length; at += 8) putF64(whole, at, random);
  else if (profile === 'x87-int') for (let at = 0; at < length; at += 8) putInteger(whole, at, random);
  else for (let at = 0; at < length; at += 8) (length > 8 ? putPacked : putInteger)(whole, at, random);
  for (let i = 0; i < length; i++) view.setUint8(offset + i, whole.getUint8(i));
}

function putLanes(view: DataView, from: number, profile: Profile, random: Random): void {
  for (let at = from; at < from + 256; at += 8) {
    if (profile === 'f64') putF64(view, at, random);
    else if (profile === 'f32') {
      putF32(view, at, random);
      putF32(view, at + 4, random);
    } else putPacked(view, at, random);
  }
}

function putSse(view: DataView, profile: Profile, random: Random): void {
  putLanes(view, INPUT.fx + FX.xmm, profile, random);
  let mxcsr = 0x1f80;
  if (profile === 'f32' || profile === 'f64') {
    if (random.chance(50)) mxcsr |= random.below(4) << 13;
    if (random.chance(15)) mxcsr |= random.pick([0x40, 0x8000, 0x8040]);
    if (random.chance(20)) mxcsr |= random.below(64);
    if (random.chance(4)) mxcsr &= ~(random.below(64) << 7);
  }
  view.setUint32(INPUT.fx + FX.mxcsr, mxcsr, true);
}

function putX87(view: DataView, random: Random): void {
  let fcw = 0x37f;
  if (random.chance(40)) fcw = (fcw & ~0xc00) | (random.below(4) << 10);
  if (random.chance(15)) fcw = (fcw & ~0x300) | random.pick([0, 0x200]);
  if (random.chance(4)) fcw &= ~random.below(64);
  let fsw = (random.below(8) << 11) | (random.u32() & 0x4700);
  if (random.chance(20)) fsw |= random.below(64);
  // ES and B follow from the others.
  if (fsw & ~fcw & 0x3f) fsw |= 0x8080;
  const full = random.below(10);
  const tags = full < 6 ? 0xff : full < 9 ? random.u32() & 0xff : 0;
  view.setUint16(INPUT.fx + FX.fcw, fcw, true);
  view.setUint16(INPUT.fx + FX.fsw, fsw, true);
  view.setUint8(INPUT.fx + FX.ftw, tags);
  for (let i = 0; i < 8; i++) putF80(view, INPUT.fx + FX.st + 16 * i, random);
}

const STATUS_FLAGS = [0x1, 0x4, 0x10, 0x40, 0x80, 0x800];

/** As the x87 stack, with integers for the significands of its registers. */
function putMmx(view: DataView, random: Random): void {
  putX87(view, random);
  for (let i = 0; i < 8; i++) putPacked(view, INPUT.fx + FX.st + 16 * i, random);
}

/** A whole `Input` record of that seed and profile, without code; the `overlayLength` bytes of memory go to `overlayAddress`. */
export function expand(seed: number, profile: Profile, overlayAddress: bigint, overlayLength: number): Uint8Array {
  const random = new Random(seed);
  const record = new Uint8Array(INPUT.bytes);
  const view = new DataView(record.buffer);
  for (let i = 0; i < 16; i++) putInteger(view, INPUT.gpr + 8 * i, random);
  let rflags = 0x202;
  for (const flag of STATUS_FLAGS) if (random.u32() & 1) rflags |= flag;
  if (random.chance(20)) rflags |= 0x400;
  view.setUint32(INPUT.rflags, rflags, true);
  const lanes = lanesOf(profile);
  putSse(view, lanes, random);
  view.setUint16(INPUT.fx + FX.fcw, 0x37f, true);
  if (profile.startsWith('x87')) putX87(view, random);
  if (lanes !== profile) putMmx(view, random);
  view.setBigUint64(INPUT.overlayAddress, overlayAddress, true);
  view.setUint32(INPUT.overlayLength, overlayLength, true);
  putMemory(view, INPUT.overlay, Math.min(overlayLength, 64), lanes, random);
  // A stream of their own: the rest is as it was before there were upper halves.
  putLanes(view, INPUT.ymm, lanes, new Random(seed ^ 0x2545f491));
  return record;
}
