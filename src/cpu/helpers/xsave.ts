/** XSAVE, XRSTOR and XGETBV (Intel SDM vol. 1, chapter 13), on the area at STATE.image. Which components are moved is told to the ops that move them. */
import { componentsInUse, XCR0, XSAVE } from '../cpuid.js';
import { SAVED, STATE, UPPER, xmmSlot } from '../layout.js';
import { operandA, operandB, operandD, raiseVector, readWide, writeWide } from './operands.js';
import { initialize, loadFxImage, storeFxImage } from './x87-image.js';
import type { Stack } from './x87-stack.js';

const RAX = STATE.gpr;
const RCX = STATE.gpr + 8;
const RDX = STATE.gpr + 16;
const IMAGE = STATE.image;
const COMPACTED = 1n << 63n;
const START_MXCSR = 0x1f80;

/** The components that EDX:EAX asks for. */
const asked = (view: DataView): number => view.getUint32(RAX, true) & XCR0;

function inUse(stack: Stack): number {
  const { view, fcw, fsw, ftw } = stack;
  return componentsInUse({
    fcw,
    fsw,
    ftw,
    st: index => stack.get(index),
    xmm: index => readWide(view, xmmSlot(index)),
    ymmHigh: index => readWide(view, xmmSlot(index) + UPPER),
  });
}

/** What SAVED calls the parts of these components. */
const partsOf = (components: number, control: number): bigint =>
  BigInt(components | ((control & (XSAVE.sse | XSAVE.avx)) !== 0 ? SAVED.mxcsr : 0));

/**
 * The area, from the registers. a: the header's first word, which becomes what is to be stored there; b gets the second; d: the parts that are to
 * be stored. `optimised`: those that are as at the start are not stored; `compacted`: and the header forgets what was saved before.
 */
export function saveArea(stack: Stack, optimised: boolean, compacted: boolean): void {
  const { view } = stack;
  storeFxImage(stack);
  for (let index = 0; index < 16; index++) writeWide(view, IMAGE + XSAVE.avxAt + 16 * index, readWide(view, xmmSlot(index) + UPPER));
  const wanted = asked(view);
  let used = inUse(stack);
  if (compacted && view.getUint32(STATE.mxcsr, true) !== START_MXCSR) used |= XSAVE.sse;
  const stored = optimised ? wanted & used : wanted;
  const before = view.getBigUint64(operandA(view), true);
  const kept = compacted ? 0n : before & ~BigInt(wanted);
  view.setBigUint64(operandA(view), kept | BigInt(wanted & used), true);
  view.setBigUint64(operandB(view), BigInt(wanted) | COMPACTED, true);
  view.setBigUint64(operandD(view), partsOf(stored, compacted ? stored & XSAVE.sse : wanted), true);
}

/** Looks at the header, which lies in the area: d gets the parts that are to be loaded. Otherwise than 0: it is refused. */
export function lookAtHeader({ view }: Stack): number | undefined {
  const present = view.getBigUint64(IMAGE + XSAVE.header, true);
  const form = view.getBigUint64(IMAGE + XSAVE.header + 8, true);
  const compacted = (form & COMPACTED) !== 0n;
  const reserved = Array.from({ length: compacted ? 6 : 5 }, (_, index) => view.getBigUint64(IMAGE + XSAVE.header + 16 + 8 * index, true));
  const known = BigInt(XCR0);
  const bad = compacted
    ? (form & ~COMPACTED & ~known) !== 0n || (present & ~form) !== 0n || reserved.some(word => word !== 0n)
    : (present & ~known) !== 0n || form !== 0n || reserved[0] !== 0n;
  if (bad) return raiseVector(view, '#GP', { cause: 'reserved' });
  const wanted = asked(view);
  const loaded = Number(present & known) & wanted;
  view.setBigUint64(operandD(view), partsOf(loaded, compacted ? loaded & XSAVE.sse : wanted), true);
  return undefined;
}

/** The registers, from the parts in d, which lie in the area; what else is asked for becomes as at the start. */
export function restoreArea(stack: Stack): number | undefined {
  const { view } = stack;
  const parts = Number(view.getBigUint64(operandD(view), true));
  const wanted = asked(view);
  const hasControl = (parts & SAVED.mxcsr) !== 0;
  const mxcsr = hasControl
    ? view.getUint32(IMAGE + 24, true)
    : (wanted & XSAVE.sse) !== 0
      ? START_MXCSR
      : view.getUint32(STATE.mxcsr, true);
  // What is not to change, or has not been saved, comes from the registers or the start, by way of the area.
  const saved = new Uint8Array(view.buffer, IMAGE, XSAVE.bytes).slice();
  const avx = Array.from({ length: 16 }, (_, index) => readWide(view, IMAGE + XSAVE.avxAt + 16 * index));
  storeFxImage(stack);
  const area = new Uint8Array(view.buffer, IMAGE, XSAVE.bytes);
  if ((parts & XSAVE.x87) !== 0) for (const [from, to] of X87_PARTS) area.set(saved.subarray(from, to), from);
  if ((parts & XSAVE.sse) !== 0) area.set(saved.subarray(160, 416), 160);
  else if ((wanted & XSAVE.sse) !== 0) area.fill(0, 160, 416);
  view.setUint32(IMAGE + 24, mxcsr, true);
  if (!loadFxImage(stack)) return raiseVector(view, '#GP', { cause: 'reserved' });
  if ((wanted & XSAVE.x87) !== 0 && (parts & XSAVE.x87) === 0) {
    initialize(stack);
    for (let index = 0; index < 8; index++) stack.setRaw(index, 0n);
  }
  if ((wanted & XSAVE.avx) !== 0)
    for (let index = 0; index < 16; index++) writeWide(view, xmmSlot(index) + UPPER, (parts & XSAVE.avx) !== 0 ? avx[index]! : 0n);
  return undefined;
}

const X87_PARTS = [
  [0, 24],
  [32, 160],
] as const;

/** XCR0, or with ECX = 1 which of it is in use. */
export function getControl(stack: Stack): number | undefined {
  const { view } = stack;
  const number = view.getUint32(RCX, true);
  if (number > 1) return raiseVector(view, '#GP', { cause: 'reserved' });
  view.setBigUint64(RAX, BigInt(number === 0 ? XCR0 : inUse(stack) & XCR0), true);
  view.setBigUint64(RDX, 0n, true);
  return undefined;
}
