/** Lifters of segment registers, descriptors and far transfers. */
import { Code, Mnemonic as M, Register } from 'iced-x86';
import type { Width } from '../ir/emit.js';
import { gprSlot, SELECTOR, STATE, USER_CS, USER_SS } from '../layout.js';
import { type Builder, type LiftedValue, plus } from './builder.js';
import { NEXT } from './form.js';
import { lifters } from './registry.js';
import { raise } from './system.js';

const RSP = gprSlot(4);
const PLACES: ReadonlyMap<Register, number> = new Map([
  [Register.ES, SELECTOR.es],
  [Register.DS, SELECTOR.ds],
  [Register.FS, SELECTOR.fs],
  [Register.GS, SELECTOR.gs],
  [Register.SS, SELECTOR.ss],
]);
const isSegment = (b: Builder, operand: number): boolean => {
  const register = b.isRegister(operand) ? b.ins.opRegister(operand) : Register.None;
  return PLACES.has(register) || register === Register.CS;
};

/** A segment register's selector, zero-extended. */
function selector(b: Builder, register: Register): number {
  const value = b.temp();
  if (register === Register.CS || register === Register.SS) b.emit('mov64', value, BigInt(register === Register.CS ? USER_CS : USER_SS));
  else b.emit('zext16', value, STATE.selectors + 2 * PLACES.get(register)!);
  return value;
}

/** 16 bits of an operand in a slot. */
function word(b: Builder, operand: number): number {
  if (b.isRegister(operand)) return b.register(operand);
  const { a, imm } = b.address();
  const value = b.temp();
  b.emit('load16z64', value, a, 0, imm);
  return value;
}

const loadSegment = (b: Builder, register: Register, from: number): void =>
  b.emit('loadsegment', 0, from, 0, BigInt(PLACES.get(register)!));

/** Puts a lifter for operands that are segment, control or debug registers in front of the general one. */
function before(mnemonic: M, applies: (b: Builder) => boolean, special: (b: Builder) => void): void {
  const general = lifters.get(mnemonic)!;
  lifters.set(mnemonic, b => (applies(b) ? special(b) : general(b)));
}

before(
  M.Mov,
  b => isSegment(b, 1),
  b => {
    const value = selector(b, b.ins.opRegister(1));
    b.write(0, b.isMemory(0) ? 16 : (b.width(0) as Width), value);
  },
);
before(
  M.Mov,
  b => isSegment(b, 0),
  b => loadSegment(b, b.ins.opRegister(0), word(b, 1)),
);
const PRIVILEGED: ReadonlySet<Code> = new Set([Code.Mov_r64_cr, Code.Mov_cr_r64, Code.Mov_r64_dr, Code.Mov_dr_r64]);
before(M.Mov, b => PRIVILEGED.has(b.ins.code), raise('#GP'));

const stackBytes = (b: Builder): number => Math.abs(b.ins.stackPointerIncrement);
before(
  M.Push,
  b => isSegment(b, 0),
  b => b.emit(`push${8 * stackBytes(b)}`, 0, selector(b, b.ins.opRegister(0))),
);
before(
  M.Pop,
  b => isSegment(b, 0),
  b => {
    const value = b.temp();
    // As wide as the stack's element, of which two bytes count.
    b.emit(stackBytes(b) === 8 ? 'load64' : 'load16z64', value, RSP);
    loadSegment(b, b.ins.opRegister(0), value);
    b.emit('lea0', RSP, RSP, 0, BigInt(stackBytes(b)));
  },
);
for (const [mnemonic, register] of [
  [M.Lss, Register.SS],
  [M.Lfs, Register.FS],
  [M.Lgs, Register.GS],
] as const) {
  lifters.set(mnemonic, b => {
    const width = b.width(0) as Width;
    const { offset, from } = farPointer(b, width);
    loadSegment(b, register, from);
    b.emit(`mov${width}`, b.register(0), offset);
  });
}

/** The offset, of that width, and the selector behind it of a memory operand. */
function farPointer(b: Builder, width: Width): { offset: number; from: number } {
  const { a, imm } = b.address();
  const offset = b.temp();
  const from = b.temp();
  load(b, width, offset, a, imm);
  b.emit('load16z64', from, a, 0, plus(imm, width / 8));
  return { offset, from };
}

const load = (b: Builder, width: Width, to: number, a: number, imm: Parameters<typeof plus>[0]): void =>
  b.emit(width === 16 ? 'load16z64' : `load${width}`, to, a, 0, imm);

// ---- descriptors -------------------------------------------------------------------------------------------------------------------

/** ZF says whether the descriptor may be looked at. */
function look(b: Builder, name: string, operand: number): number {
  const found = b.temp();
  const answer = b.temp();
  b.emit(name, found, word(b, operand), answer);
  b.emit('setzf', 0, found);
  return answer;
}
lifters.set(M.Verr, b => void look(b, 'verr', 0));
lifters.set(M.Verw, b => void look(b, 'verw', 0));
for (const [mnemonic, name] of [
  [M.Lar, 'lar'],
  [M.Lsl, 'lsl'],
] as const) {
  lifters.set(mnemonic, b => {
    const answer = look(b, name, 1);
    const target = b.register(0);
    // 32 bits clear the upper half only when there is an answer.
    b.emitIf(b.width(0) === 16 ? 'cmov16_' : 'cmov64_', 'e', target, answer, target);
  });
}

/** A selector or MSW: 16 bits in memory. */
const store = (value: bigint) => (b: Builder) => {
  const width = b.isMemory(0) ? 16 : (b.width(0) as Width);
  b.write(0, width, BigInt.asUintN(width, value));
};
/** No LDT; the TSS of Linux's GDT; CR0 as Linux sets it. */
lifters.set(M.Sldt, store(0n));
lifters.set(M.Str, store(0x40n));
lifters.set(M.Smsw, store(0x8005_0033n));
/** Where Linux has its tables when nothing is placed at random (arch/x86/include/asm/cpu_entry_area.h). */
for (const [mnemonic, base, limit] of [
  [M.Sgdt, 0xffff_fe00_0000_1000n, 0x7fn],
  [M.Sidt, 0xffff_fe00_0000_0000n, 0xfffn],
] as const) {
  lifters.set(mnemonic, b => {
    const { a, imm } = b.address();
    b.emit('probew64', 0, a, 0, plus(imm, 2));
    b.emit('store16', 0, a, b.inSlot(limit), imm);
    b.emit('store64', 0, a, b.inSlot(base), plus(imm, 2));
  });
}

for (const [mnemonic, from] of [
  [M.Rdfsbase, STATE.fsBase],
  [M.Rdgsbase, STATE.gsBase],
] as const) {
  lifters.set(mnemonic, b => b.write(0, b.width(0) as Width, from));
}
for (const [mnemonic, name] of [
  [M.Wrfsbase, 'wrfsbase'],
  [M.Wrgsbase, 'wrgsbase'],
] as const) {
  lifters.set(mnemonic, b => {
    const base = b.temp();
    b.emit(b.width(0) === 64 ? 'mov64' : 'zext32', base, b.register(0));
    b.emit(name, 0, base);
  });
}

// ---- far transfers -----------------------------------------------------------------------------------------------------------------

/** Loads elements of the stack, from `first` on, into slots of their own. */
function stackElements(b: Builder, width: Width, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const slot = b.temp();
    load(b, width, slot, RSP, BigInt((index * width) / 8));
    return slot;
  });
}

const RETURNS: ReadonlyMap<Code, Width> = new Map<Code, Width>([
  [Code.Retfw, 16],
  [Code.Retfw_imm16, 16],
  [Code.Retfd, 32],
  [Code.Retfd_imm16, 32],
  [Code.Retfq, 64],
  [Code.Retfq_imm16, 64],
]);
lifters.set(M.Retf, b => {
  const width = RETURNS.get(b.ins.code)!;
  const [target, code] = stackElements(b, width, 2) as [number, number];
  b.emit('farreturn', 0, code, target);
  b.emit('lea0', RSP, RSP, 0, BigInt(width / 4) + (b.ins.opCount === 1 ? b.immediate(0) : 0n));
  b.emit('jumpr', 0, target);
});

for (const [mnemonic, width] of [
  [M.Iret, 16],
  [M.Iretd, 32],
  [M.Iretq, 64],
] as const) {
  lifters.set(mnemonic, b => {
    const [target, code, flags, sp, stack] = stackElements(b, width, 5) as [number, number, number, number, number];
    b.emit('farreturn', 0, code, target);
    b.emit('iret', sp, flags, stack);
    b.emit('stackswitch', 0, RSP);
    b.emit('jumptraced', 0, target);
  });
}

const FAR: ReadonlyMap<Code, Width> = new Map<Code, Width>([
  [Code.Jmp_m1616, 16],
  [Code.Jmp_m1632, 32],
  [Code.Jmp_m1664, 64],
  [Code.Call_m1616, 16],
  [Code.Call_m1632, 32],
  [Code.Call_m1664, 64],
]);
const isFar = (b: Builder): boolean => FAR.has(b.ins.code);
before(M.Jmp, isFar, b => {
  const { offset, from } = farPointer(b, FAR.get(b.ins.code)!);
  b.emit('farjump', 0, from, offset);
  b.emit('jumpr', 0, offset);
});
before(M.Call, isFar, b => {
  const width = FAR.get(b.ins.code)!;
  const { offset, from } = farPointer(b, width);
  b.emit('farjump', 0, from, offset);
  const bytes = width / 8;
  const below = (elements: number): bigint => BigInt.asUintN(64, BigInt(-elements * bytes));
  // Both elements must be writable, or nothing has happened.
  const behind = b.temp();
  b.emit('mov64', behind, NEXT);
  const code: LiftedValue = selector(b, Register.CS);
  b.emit('probew64', 0, RSP, 0, below(2));
  b.emit(`store${width}`, 0, RSP, code, below(1));
  b.emit(`store${width}`, 0, RSP, behind, below(2));
  b.emit('lea0', RSP, RSP, 0, below(2));
  b.emit('jumpr', 0, offset);
});
