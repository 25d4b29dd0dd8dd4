/** Lifters of SSE moves between registers and memory. */
import './control.js';
import { Mnemonic as M, OpKind, Register } from 'iced-x86';
import { gprSlot, STATE } from '../layout.js';
import type { Builder } from './builder.js';
import { type Lifter, lifters } from './registry.js';
import { forEach, imm8, vectorSource } from './vector.js';

const HIGH = 8;

/** 16 bytes either way. */
const move128 =
  (suffix: '' | 'a'): Lifter =>
  b => {
    if (b.isRegister(0) && b.isRegister(1)) b.emit('mov128', b.register(0), b.register(1));
    else {
      const slot = b.register(b.isRegister(0) ? 0 : 1);
      const { a, imm } = b.address();
      if (b.isRegister(0)) b.emit(`load128${suffix}`, slot, a, 0, imm);
      else b.emit(`store128${suffix}`, 0, a, slot, imm);
    }
  };
forEach(['movdqa', 'movaps', 'movapd', 'movntdq', 'movntdqa', 'movntps', 'movntpd'], () => move128('a'));
forEach(['movdqu', 'movups', 'movupd', 'lddqu'], () => move128(''));

/** MOVD and MOVQ: the low lane, to a vector register with zeros above. */
const moveLow =
  (width: 32 | 64): Lifter =>
  b => {
    const isVector = b.isRegister(0) && b.width(0) === 128;
    if (isVector && b.isRegister(1)) b.emit(`movlow${width}`, b.register(0), b.register(1));
    else if (isVector) {
      const { a, imm } = b.address();
      b.emit(`load${width}v`, b.register(0), a, 0, imm);
    } else if (b.isRegister(0)) b.emit(`mov${width}`, b.register(0), b.register(1));
    else storeLane(b, width, b.register(1));
  };
lifters.set(M.Movd, moveLow(32));
lifters.set(M.Movq, moveLow(64));

function storeLane(b: Builder, width: 8 | 16 | 32 | 64, slot: number): void {
  const { a, imm } = b.address();
  b.emit(`store${width}`, 0, a, slot, imm);
}

/** MOVSS and MOVSD: between registers the low lane alone, from memory with zeros above. */
const moveScalar =
  (width: 32 | 64): Lifter =>
  b => {
    if (!b.isRegister(0)) storeLane(b, width, b.register(1));
    else if (b.isRegister(1)) b.emit(width === 32 ? 'put32' : 'mov64', b.register(0), b.register(1));
    else {
      const { a, imm } = b.address();
      b.emit(`load${width}v`, b.register(0), a, 0, imm);
    }
  };
lifters.set(M.Movss, moveScalar(32));

/** MOVSD and CMPSD are string instructions as well. */
export function besideString(mnemonic: M, vector: Lifter): void {
  const string = lifters.get(mnemonic);
  if (string === undefined) throw new Error(`${M[mnemonic]} needs its string form first`);
  lifters.set(mnemonic, b => {
    const isVector = [0, 1].some(operand => b.isRegister(operand) && b.ins.opRegister(operand) >= Register.XMM0);
    (isVector ? vector : string)(b);
  });
}
besideString(M.Movsd, moveScalar(64));

/** MOVLPS, MOVHPS and their like: half of a register and memory, or MOVHLPS and MOVLHPS between registers. */
const moveHalf =
  (offset: number): Lifter =>
  b => {
    if (!b.isRegister(0)) return storeLane(b, 64, b.register(1) + offset);
    const { a, imm } = b.address();
    b.emit('load64', b.register(0) + offset, a, 0, imm);
  };
forEach(['movlps', 'movlpd'], () => moveHalf(0));
forEach(['movhps', 'movhpd'], () => moveHalf(HIGH));
lifters.set(M.Movhlps, b => b.emit('mov64', b.register(0), b.register(1) + HIGH));
lifters.set(M.Movlhps, b => b.emit('mov64', b.register(0) + HIGH, b.register(1)));

forEach(['movddup'], name => b => b.emit(name, b.register(0), vectorSource(b, 1, 8)));
forEach(['movsldup', 'movshdup'], name => b => b.emit(name, b.register(0), vectorSource(b, 1, 16)));
forEach(['pmovmskb', 'movmskps', 'movmskpd'], name => b => b.emit(name, b.register(0), b.register(1)));

lifters.set(M.Movnti, b => storeLane(b, b.width(1) as 32 | 64, b.register(1)));

/** MASKMOVDQU and MASKMOVQ. */
export function maskMove(b: Builder, bytes: 8 | 16): undefined {
  // The implicit memory operand comes first.
  const data = b.register(1);
  const mask = b.register(2);
  let at = gprSlot(7);
  if (b.ins.opKind(0) === OpKind.MemorySegEDI) {
    const low = b.temp();
    b.emit('cut32', low, at);
    at = low;
  }
  if (b.segmentBase() !== STATE.zero) {
    const sum = b.temp();
    b.emit('lea1', sum, at, b.segmentBase());
    at = sum;
  }
  // All of it must be open to writes, as silicon has it, before the first byte is written.
  for (let byte = 0; byte < bytes; byte += 8) b.emit('probew64', 0, at, 0, BigInt(byte));
  for (let byte = 0; byte < bytes; byte++) b.emit('maskstore8', mask + byte, at, data + byte, BigInt(byte));
}
lifters.set(M.Maskmovdqu, b => maskMove(b, 16));

// ---- single lanes ------------------------------------------------------------------------------------------------------------------------

const LANES = { b: 8, w: 16, d: 32, q: 64 } as const;
for (const [letter, width] of Object.entries(LANES)) {
  const bytes = width / 8;
  const lane = (b: Builder, operand: number): number => (imm8(b, operand) % (16 / bytes)) * bytes;
  forEach([`pinsr${letter}`], () => b => {
    const d = b.register(0) + lane(b, 2);
    b.emit(width === 64 ? 'mov64' : `put${width}`, d, b.read(1, width));
  });
  const extract: Lifter = b => {
    const from = b.register(1) + lane(b, 2);
    if (b.isMemory(0)) storeLane(b, width, from);
    else b.emit(width === 64 ? 'mov64' : `zext${width}`, b.register(0), from);
  };
  forEach([`pextr${letter}`], () => extract);
  if (width === 32) lifters.set(M.Extractps, extract);
}

lifters.set(M.Insertps, b => {
  const control = imm8(b, 2);
  const d = b.register(0);
  const from = b.isRegister(1) ? b.register(1) + 4 * (control >> 6) : vectorSource(b, 1, 4);
  b.emit('put32', d + 4 * ((control >> 4) & 3), from);
  for (let lane = 0; lane < 4; lane++) if ((control & (1 << lane)) !== 0) b.emit('put32', d + 4 * lane, STATE.zero);
});
