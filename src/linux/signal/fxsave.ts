import type { Registers } from '../../cpu/api.js';

/** Bytes of the image that FXSAVE writes (Intel SDM vol. 1, table 10-2, 64-bit mode with REX.W). */
export const FXSAVE_SIZE = 512;
/** MXCSR bits that may be set (MXCSR_MASK): all defined ones, DAZ among them. */
const MXCSR_MASK = 0xffff;
const ST_AREA = 32;
const XMM_AREA = 160;

/** The x87 and SSE state as FXSAVE lays it out. */
export function fxsave(registers: Registers): Uint8Array {
  const bytes = new Uint8Array(FXSAVE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, registers.fcw, true);
  view.setUint16(2, registers.fsw, true);
  view.setUint8(4, abridge(registers.ftw));
  view.setUint32(24, registers.mxcsr, true);
  view.setUint32(28, MXCSR_MASK, true);
  for (let i = 0; i < 8; i++) {
    const value = registers.st(i);
    view.setBigUint64(ST_AREA + 16 * i, BigInt.asUintN(64, value), true);
    view.setUint16(ST_AREA + 16 * i + 8, Number(value >> 64n), true);
  }
  for (let i = 0; i < 16; i++) {
    const value = registers.xmm(i);
    view.setBigUint64(XMM_AREA + 16 * i, BigInt.asUintN(64, value), true);
    view.setBigUint64(XMM_AREA + 16 * i + 8, value >> 64n, true);
  }
  return bytes;
}

/** Loads what `fxsave` made. False, and nothing changed, when MXCSR has bits that do not exist. */
export function fxrstor(registers: Registers, bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, FXSAVE_SIZE);
  const mxcsr = view.getUint32(24, true);
  if ((mxcsr & ~MXCSR_MASK) !== 0) return false;
  const st = Array.from({ length: 8 }, (_, i) => {
    const low = view.getBigUint64(ST_AREA + 16 * i, true);
    return (BigInt(view.getUint16(ST_AREA + 16 * i + 8, true)) << 64n) | low;
  });
  const fsw = view.getUint16(2, true);
  registers.fcw = view.getUint16(0, true);
  registers.fsw = fsw;
  for (const [i, value] of st.entries()) registers.setSt(i, value);
  registers.ftw = widen(view.getUint8(4));
  registers.mxcsr = mxcsr;
  for (let i = 0; i < 16; i++) {
    registers.setXmm(i, (view.getBigUint64(XMM_AREA + 16 * i + 8, true) << 64n) | view.getBigUint64(XMM_AREA + 16 * i, true));
  }
  return true;
}

/** The state after FNINIT, with empty SSE registers: what a signal handler starts with. */
export function resetFloat(registers: Registers): void {
  registers.fcw = 0x37f;
  registers.fsw = 0;
  for (let i = 0; i < 8; i++) registers.setSt(i, 0n);
  registers.ftw = 0xffff;
  registers.mxcsr = 0x1f80;
  for (let i = 0; i < 16; i++) {
    registers.setXmm(i, 0n);
    registers.setYmmHigh(i, 0n);
  }
}

/** One bit a physical register: set when it is not empty. */
function abridge(tags: number): number {
  let bits = 0;
  for (let i = 0; i < 8; i++) if (((tags >> (2 * i)) & 3) !== 3) bits |= 1 << i;
  return bits;
}

/** The tag word, of which the registers' contents say the rest. */
function widen(bits: number): number {
  let tags = 0;
  for (let physical = 0; physical < 8; physical++) if (((bits >> physical) & 1) === 0) tags |= 3 << (2 * physical);
  return tags;
}
