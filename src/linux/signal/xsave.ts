/**
 * The floating-point state in a signal frame: FXSAVE's image, and behind it, on a processor that has XSAVE, the rest of its area as Linux lays it
 * out (arch/x86/kernel/fpu/signal.c, uapi/asm/sigcontext.h).
 */
import type { Registers } from '../../cpu/api.js';
import { type CpuLevel, componentsInUse, XCR0, XSAVE } from '../../cpu/cpuid.js';
import { FXSAVE_SIZE, fxrstor, fxsave } from './fxsave.js';

/** struct _fpx_sw_bytes, in FXSAVE's reserved bytes: magic, size with the second magic, components (64 bits), size. */
const SOFTWARE = 464;
const MAGIC = 0x4650_5853;
const MAGIC_BEHIND = 0x4650_5845;

/** Bytes of the state in a frame. */
export const floatStateSize = (level: CpuLevel): number => (level === 'v3' ? XSAVE.bytes + 4 : FXSAVE_SIZE);

export function floatState(registers: Registers, level: CpuLevel): Uint8Array {
  const legacy = fxsave(registers);
  if (level !== 'v3') return legacy;
  const bytes = new Uint8Array(floatStateSize(level));
  bytes.set(legacy);
  const view = new DataView(bytes.buffer);
  view.setUint32(SOFTWARE, MAGIC, true);
  view.setUint32(SOFTWARE + 4, bytes.length, true);
  view.setBigUint64(SOFTWARE + 8, BigInt(XCR0), true);
  view.setUint32(SOFTWARE + 16, XSAVE.bytes, true);
  // The kernel says of x87 and SSE that they are there, whatever the processor has found.
  view.setBigUint64(XSAVE.header, BigInt(componentsInUse(registers) | XSAVE.x87 | XSAVE.sse), true);
  for (let index = 0; index < 16; index++) {
    const value = registers.ymmHigh(index);
    view.setBigUint64(XSAVE.avxAt + 16 * index, BigInt.asUintN(64, value), true);
    view.setBigUint64(XSAVE.avxAt + 16 * index + 8, value >> 64n, true);
  }
  view.setUint32(XSAVE.bytes, MAGIC_BEHIND, true);
  return bytes;
}

/** Loads the state that a frame holds; `read` gives so many bytes of it. False, and nothing changed, when it makes no sense. */
export function loadFloatState(registers: Registers, level: CpuLevel, read: (length: number) => Uint8Array): boolean {
  const legacy = read(FXSAVE_SIZE);
  const software = new DataView(legacy.buffer, legacy.byteOffset);
  const extended =
    level === 'v3' &&
    software.getUint32(SOFTWARE, true) === MAGIC &&
    software.getUint32(SOFTWARE + 4, true) === floatStateSize(level) &&
    software.getUint32(SOFTWARE + 16, true) === XSAVE.bytes;
  if (!extended) return loadLegacy(registers, legacy);
  const bytes = read(floatStateSize(level));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(XSAVE.bytes, true) !== MAGIC_BEHIND) return loadLegacy(registers, legacy);
  const present = Number(view.getBigUint64(XSAVE.header, true) & 0xffn);
  if ((present & ~XCR0) !== 0 || view.getBigUint64(XSAVE.header + 8, true) !== 0n) return false;
  const wanted = software.getUint32(SOFTWARE + 8, true) & present;
  const kept = bytes.slice(0, FXSAVE_SIZE);
  // What is not there becomes as it is at the start.
  if ((wanted & XSAVE.x87) === 0) for (const [from, to] of X87_PARTS) kept.set(START.subarray(from, to), from);
  if ((wanted & XSAVE.sse) === 0) kept.fill(0, 160, 416);
  if (!fxrstor(registers, kept)) return false;
  for (let index = 0; index < 16; index++) {
    const at = XSAVE.avxAt + 16 * index;
    const value = (view.getBigUint64(at + 8, true) << 64n) | view.getBigUint64(at, true);
    registers.setYmmHigh(index, (wanted & XSAVE.avx) === 0 ? 0n : value);
  }
  return true;
}

function loadLegacy(registers: Registers, bytes: Uint8Array): boolean {
  if (!fxrstor(registers, bytes)) return false;
  for (let index = 0; index < 16; index++) registers.setYmmHigh(index, 0n);
  return true;
}

/** FXSAVE's image of a new process. */
/** Where its x87 state stands. */
const X87_PARTS = [
  [0, 24],
  [32, 160],
] as const;
const START = new Uint8Array(FXSAVE_SIZE);
new DataView(START.buffer).setUint16(0, 0x37f, true);
