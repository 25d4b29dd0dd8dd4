/** The memory images of the x87 and SSE state (Intel SDM vol. 1, 8.1.10 and 10.5.1), built and taken up at STATE.image. */
import { STATE, xmmSlot } from '../layout.js';
import { emptyTags, tagWord } from '../x87-tags.js';
import { readWide, writeWide } from './operands.js';
import type { Stack } from './x87-stack.js';

const IMAGE = STATE.image;
/** FXSAVE's image up to the reserved part, which it does not write. */
export const FXSAVE_BYTES = 416;
const MXCSR_MASK = 0xffff;
const CONTROL_BITS = 0x1f3f;

export function setControl(stack: Stack, fcw: number): void {
  // Bit 6 reads as one.
  stack.view.setUint32(STATE.fcw, (fcw & CONTROL_BITS) | 0x40, true);
  stack.summarize();
}

export function initialize(stack: Stack): void {
  stack.view.setUint32(STATE.fcw, 0x37f, true);
  stack.fsw = 0;
  stack.ftw = 0xffff;
}

/** FNSTENV's 28 bytes, or 14 with 16-bit operands. The pointers of the last instruction are not kept: they read as zero. */
export function storeEnvironment(stack: Stack, bytes: number): void {
  const { view } = stack;
  const words = [stack.fcw, stack.fsw, tagWord(view, stack.ftw), 0, 0, 0, 0];
  words.forEach((word, index) => {
    if (bytes === 14) view.setUint16(IMAGE + 2 * index, word, true);
    else view.setUint32(IMAGE + 4 * index, word | (index < 3 || index === 6 ? 0xffff0000 : 0), true);
  });
}

export function loadEnvironment(stack: Stack, bytes: number): void {
  const word = (index: number): number => stack.view.getUint16(IMAGE + (bytes / 7) * index, true);
  stack.fsw = word(1);
  stack.ftw = emptyTags(word(2));
  setControl(stack, word(0));
}

export function writeTen(view: DataView, address: number, bits: bigint): void {
  view.setBigUint64(address, BigInt.asUintN(64, bits), true);
  view.setUint16(address + 8, Number(bits >> 64n), true);
}

export function storeFxImage(stack: Stack): void {
  const { view } = stack;
  let valid = 0;
  for (let physical = 0; physical < 8; physical++) if (((stack.ftw >> (2 * physical)) & 3) !== 3) valid |= 1 << physical;
  for (let at = 0; at < 32; at += 8) view.setBigUint64(IMAGE + at, 0n, true);
  view.setUint16(IMAGE, stack.fcw, true);
  view.setUint16(IMAGE + 2, stack.fsw, true);
  view.setUint8(IMAGE + 4, valid);
  view.setUint32(IMAGE + 24, view.getUint32(STATE.mxcsr, true), true);
  view.setUint32(IMAGE + 28, MXCSR_MASK, true);
  for (let i = 0; i < 8; i++) writeWide(view, IMAGE + 32 + 16 * i, stack.get(i));
  for (let i = 0; i < 16; i++) writeWide(view, IMAGE + 160 + 16 * i, readWide(view, xmmSlot(i)));
}

/** False when reserved bits of MXCSR are set: nothing has changed then. */
export function loadFxImage(stack: Stack): boolean {
  const { view } = stack;
  const mxcsr = view.getUint32(IMAGE + 24, true);
  if ((mxcsr & ~MXCSR_MASK) !== 0) return false;
  view.setUint32(STATE.mxcsr, mxcsr, true);
  stack.fsw = view.getUint16(IMAGE + 2, true);
  const valid = view.getUint8(IMAGE + 4);
  for (let i = 0; i < 8; i++) {
    stack.setRaw(i, readWide(view, IMAGE + 32 + 16 * i));
    stack.setTag(i, ((valid >> ((stack.top + i) & 7)) & 1) === 0);
  }
  for (let i = 0; i < 16; i++) writeWide(view, xmmSlot(i), readWide(view, IMAGE + 160 + 16 * i));
  setControl(stack, view.getUint16(IMAGE, true));
  return true;
}
