/** Lifters of jumps, calls, stack and string instructions. */
import { Code, Mnemonic as M, OpKind, Register } from 'iced-x86';
import type { Width } from '../ir/emit.js';
import { CONDITIONS } from '../ir/flags.js';
import { gprSlot, STATE } from '../layout.js';
import type { Builder } from './builder.js';
import { NEXT, OPERAND } from './form.js';
import { lifters } from './registry.js';

const JCC = [M.Jo, M.Jno, M.Jb, M.Jae, M.Je, M.Jne, M.Jbe, M.Ja, M.Js, M.Jns, M.Jp, M.Jnp, M.Jl, M.Jge, M.Jle, M.Jg];
CONDITIONS.forEach((condition, number) => {
  lifters.set(JCC[number], b => b.branch(condition));
});

const isDirect = (b: Builder): boolean => b.ins.opKind(0) >= OpKind.NearBranch16 && b.ins.opKind(0) <= OpKind.NearBranch64;

lifters.set(M.Jmp, b => {
  if (isDirect(b)) {
    b.jumps = 'target';
    b.emit('jump');
    return;
  }
  b.emit('jumpr', 0, b.read(0, 64));
});
lifters.set(M.Call, b => {
  if (isDirect(b)) {
    b.jumps = 'target';
    b.emit('call', 0, OPERAND.targetLow, OPERAND.targetHigh, NEXT);
    return;
  }
  b.emit('callr', 0, b.inSlot(b.read(0, 64)), 0, NEXT);
});
lifters.set(M.Ret, b => b.emit('ret', 0, 0, 0, b.ins.opCount === 1 ? b.immediate(0) : 0n));

for (const [mnemonic, width] of [
  [M.Jrcxz, 64],
  [M.Jecxz, 32],
] as const) {
  lifters.set(mnemonic, b => {
    const count = b.temp();
    b.emit(width === 64 ? 'mov64' : 'zext32', count, gprSlot(1));
    b.jumps = 'branch';
    b.emit('jzero', 0, count);
  });
}
const COUNTS_IN_ECX = new Set([Code.Loop_rel8_64_ECX, Code.Loope_rel8_64_ECX, Code.Loopne_rel8_64_ECX]);
for (const [mnemonic, row] of [
  [M.Loop, 'jnonzero'],
  [M.Loope, 'jnonzero_e'],
  [M.Loopne, 'jnonzero_ne'],
] as const) {
  lifters.set(mnemonic, b => {
    b.emit(COUNTS_IN_ECX.has(b.ins.code) ? 'sub32p' : 'sub64p', gprSlot(1), gprSlot(1), 1n);
    b.jumps = 'branch';
    b.emit(row, 0, gprSlot(1));
  });
}

// ---- stack -------------------------------------------------------------------------------------------------------------------------

lifters.set(M.Push, b => {
  const w = pushWidth(b);
  b.emit(`push${w}`, 0, b.read(0, w));
});
lifters.set(M.Pop, b => {
  const w = pushWidth(b);
  if (b.isRegister(0)) {
    if (b.register(0) === gprSlot(4) && w === 64) {
      const sp = b.temp();
      b.emit('pop64', sp);
      b.emit('stackswitch', 0, sp);
    } else b.emit(`pop${w}`, b.register(0));
    return;
  }
  // The address of a memory operand counts with RSP already raised, but nothing may change before the store has gone through.
  const value = b.temp();
  b.emit(`load${w}`, value, gprSlot(4));
  const raised = b.temp();
  b.emit('lea0', raised, gprSlot(4), 0, BigInt(w / 8));
  const saved = b.temp();
  b.emit('mov64', saved, gprSlot(4));
  b.emit('mov64', gprSlot(4), raised);
  const { a, imm } = b.address();
  const address = b.temp();
  b.emit('lea0', address, a, 0, imm);
  b.emit('mov64', gprSlot(4), saved);
  b.emit(`store${w}`, 0, address, value);
  b.emit('mov64', gprSlot(4), raised);
});
const pushWidth = (b: Builder): 64 | 16 => {
  if (b.isImmediate(0)) return b.ins.stackPointerIncrement === -2 ? 16 : 64;
  return b.width(0) === 16 ? 16 : 64;
};
lifters.set(M.Leave, b => b.emit(b.ins.code === Code.Leavew ? 'leave16' : 'leave'));
lifters.set(M.Pushfq, b => {
  const value = b.temp();
  b.emit('getflags', value);
  b.emit('push64', 0, value);
});
lifters.set(M.Popfq, b => {
  const value = b.temp();
  b.emit('pop64', value);
  takeFlags(b, value);
});
lifters.set(M.Pushf, b => {
  const value = b.temp();
  b.emit('getflags', value);
  b.emit('push16', 0, value);
});
lifters.set(M.Popf, b => {
  const value = b.temp();
  b.emit('getflags', value);
  b.emit('pop16', value);
  takeFlags(b, value);
});
function takeFlags(b: Builder, value: number): void {
  b.emit('setflags', 0, value);
  b.emit('jumptraced', 0, NEXT);
}
lifters.set(M.Enter, b => {
  const w = b.ins.code === Code.Enterw_imm16_imm8 ? 16 : 64;
  const bytes = w / 8;
  const level = Number(b.immediate(1) % 32n);
  const rsp = gprSlot(4);
  const rbp = gprSlot(5);
  const displacement = (slots: number): bigint => BigInt.asUintN(64, BigInt(-bytes * slots));
  b.emit(`store${w}`, 0, rsp, rbp, displacement(1));
  // The frame pointers of the enclosing levels, then this frame's own.
  const pointer = b.temp();
  for (let i = 1; i < level; i++) {
    b.emit(`load${w}`, pointer, rbp, 0, displacement(i));
    b.emit(`store${w}`, 0, rsp, pointer, displacement(1 + i));
  }
  const frame = b.temp();
  b.emit('lea0', frame, rsp, 0, displacement(1));
  if (level > 0) b.emit(`store${w}`, 0, rsp, frame, displacement(1 + level));
  const top = b.temp();
  b.emit('lea0', top, rsp, 0, BigInt.asUintN(64, -b.immediate(0) - BigInt(bytes * (1 + level))));
  // The new top of the stack must be writable, or nothing has happened.
  b.emit(`probew${w}`, 0, top);
  b.emit(`mov${w}`, rbp, frame);
  b.emit('mov64', rsp, top);
});

// ---- strings -----------------------------------------------------------------------------------------------------------------------

/** An address-size prefix: RSI, RDI and RCX count with 32 bits. */
function hasShortAddress(b: Builder): boolean {
  for (let operand = 0; operand < b.ins.opCount; operand++) {
    const kind = b.ins.opKind(operand);
    if (kind === OpKind.MemorySegESI || kind === OpKind.MemoryESEDI) return true;
  }
  return false;
}
for (const [name, mnemonics] of Object.entries({
  movs: [M.Movsb, M.Movsw, M.Movsd, M.Movsq],
  stos: [M.Stosb, M.Stosw, M.Stosd, M.Stosq],
  lods: [M.Lodsb, M.Lodsw, M.Lodsd, M.Lodsq],
  scas: [M.Scasb, M.Scasw, M.Scasd, M.Scasq],
  cmps: [M.Cmpsb, M.Cmpsw, M.Cmpsd, M.Cmpsq],
})) {
  mnemonics.forEach((mnemonic, log) => {
    const width = (8 << log) as Width;
    const compares = name === 'scas' || name === 'cmps';
    const lifter = (b: Builder): void => {
      const { ins } = b;
      const prefix = ins.hasRepnePrefix
        ? compares
          ? 'repne_'
          : 'rep_'
        : ins.hasRepPrefix || ins.hasRepePrefix
          ? compares
            ? 'repe_'
            : 'rep_'
          : '';
      b.emit(`${prefix}${name}${width}`, 0, b.segmentBase(), 0, hasShortAddress(b) ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn);
      b.forgetFlags();
    };
    lifters.set(mnemonic, lifter);
  });
}
lifters.set(M.Xlatb, b => {
  b.emit('xlat', 0, b.segmentBase(), 0, b.ins.memoryBase === Register.EBX ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn);
});

lifters.set(M.Cmpxchg16b, b => wideExchange(b, 64));
lifters.set(M.Cmpxchg8b, b => wideExchange(b, 32));
/** CMPXCHG8B/16B through one row each: the address is in a + imm. */
function wideExchange(b: Builder, width: 32 | 64): void {
  const { a, imm } = b.address();
  b.emit(`cmpxchgpair${width}`, 0, a, STATE.zero, imm);
}
