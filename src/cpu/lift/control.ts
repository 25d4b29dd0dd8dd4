/** Lifters of jumps, calls, stack and system instructions. */
import { Mnemonic as M, OpKind } from 'iced-x86';
import { CONDITIONS } from '../ir/flags.js';
import type { Width } from '../ir/op.js';
import { gprSlot, STATE, VECTORS } from '../layout.js';
import type { Builder } from './builder.js';
import { lifters } from './registry.js';

const JCC = [M.Jo, M.Jno, M.Jb, M.Jae, M.Je, M.Jne, M.Jbe, M.Ja, M.Js, M.Jns, M.Jp, M.Jnp, M.Jl, M.Jge, M.Jle, M.Jg];
CONDITIONS.forEach((condition, number) => {
  lifters.set(JCC[number], b => b.branch(condition, b.ins.nearBranchTarget));
});

const isDirect = (b: Builder): boolean => b.ins.opKind(0) >= OpKind.NearBranch16 && b.ins.opKind(0) <= OpKind.NearBranch64;
const isFar = (b: Builder): boolean =>
  b.ins.opKind(0) === OpKind.FarBranch16 || b.ins.opKind(0) === OpKind.FarBranch32 || (b.isMemory(0) && b.width(0) !== 64);

lifters.set(M.Jmp, b => {
  if (isDirect(b)) {
    b.jumps = { taken: b.ins.nearBranchTarget };
    b.emit('jump');
    return;
  }
  if (isFar(b)) b.unsupported();
  b.emit('jumpr', 0, b.read(0, 64));
});
lifters.set(M.Call, b => {
  if (isDirect(b)) {
    const target = b.ins.nearBranchTarget;
    b.jumps = { taken: target };
    // The fields a and b together hold the target for the call record.
    b.emit('call', 0, Number(target & 0xffff_ffffn), Number(target >> 32n), b.next);
    return;
  }
  if (isFar(b)) b.unsupported();
  b.emit('callr', 0, b.inSlot(b.read(0, 64)), 0, b.next);
});
lifters.set(M.Ret, b => b.emit('ret', 0, 0, 0, b.ins.opCount === 1 ? b.immediate(0) : 0n));

for (const [mnemonic, width] of [
  [M.Jrcxz, 64],
  [M.Jecxz, 32],
] as const) {
  lifters.set(mnemonic, b => {
    const count = b.temp();
    b.emit(width === 64 ? 'mov64' : 'zext32', count, gprSlot(1));
    b.jumps = { taken: b.ins.nearBranchTarget, fallThrough: b.next };
    b.emit('jzero', 0, count);
  });
}
for (const [mnemonic, row] of [
  [M.Loop, 'jnonzero'],
  [M.Loope, 'jnonzero_e'],
  [M.Loopne, 'jnonzero_ne'],
] as const) {
  lifters.set(mnemonic, b => {
    b.emit('sub64p', gprSlot(1), gprSlot(1), 1n);
    b.jumps = { taken: b.ins.nearBranchTarget, fallThrough: b.next };
    b.emit(row, 0, gprSlot(1));
  });
}

// ---- stack -------------------------------------------------------------------------------------------------------------------------

lifters.set(M.Push, b => {
  const w = pushWidth(b);
  const value = b.isImmediate(0) ? BigInt.asUintN(w, b.immediate(0)) : b.read(0, w);
  b.emit(`push${w}`, 0, value);
});
lifters.set(M.Pop, b => {
  const w = pushWidth(b);
  if (b.isRegister(0)) {
    b.emit(`pop${w}`, b.register(0));
    if (b.register(0) === gprSlot(4)) b.emit('stackswitch');
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
lifters.set(M.Leave, b => b.emit('leave'));
lifters.set(M.Pushfq, b => {
  const value = b.temp();
  b.emit('getflags', value);
  b.emit('push64', 0, value);
});
lifters.set(M.Popfq, b => {
  const value = b.temp();
  b.emit('pop64', value);
  b.emit('setflags', 0, value);
});
lifters.set(M.Enter, b => {
  if (b.immediate(1) !== 0n) b.unsupported();
  b.emit('push64', 0, gprSlot(5));
  b.emit('mov64', gprSlot(5), gprSlot(4));
  b.emit('sub64p', gprSlot(4), gprSlot(4), b.immediate(0));
});

// ---- system ------------------------------------------------------------------------------------------------------------------------

const raise = (b: Builder, vector: (typeof VECTORS)[number], at: bigint): void => b.emit('raise', 0, 0, 0, at, VECTORS.indexOf(vector));
lifters.set(M.Syscall, b => b.emit('syscall', 0, 0, 0, b.next));
lifters.set(M.Int3, b => raise(b, '#BP', b.next));
lifters.set(M.Int1, b => raise(b, '#DB', b.next));
lifters.set(M.Ud2, b => raise(b, '#UD', b.ins.ip));
for (const mnemonic of [M.Ud0, M.Ud1, M.Xgetbv, M.Rdfsbase, M.Rdgsbase, M.Wrfsbase, M.Wrgsbase, M.Sysenter])
  lifters.set(mnemonic, b => raise(b, '#UD', b.ins.ip));
for (const mnemonic of [
  M.Hlt,
  M.Cli,
  M.Sti,
  M.In,
  M.Out,
  M.Insb,
  M.Outsb,
  M.Rdmsr,
  M.Wrmsr,
  M.Lgdt,
  M.Lidt,
  M.Clts,
  M.Invlpg,
  M.Swapgs,
  M.Iretq,
]) {
  lifters.set(mnemonic, b => raise(b, '#GP', b.ins.ip));
}
lifters.set(M.Int, b => raise(b, '#GP', b.ins.ip));
for (const mnemonic of [
  M.Nop,
  M.Pause,
  M.Endbr64,
  M.Endbr32,
  M.Lfence,
  M.Mfence,
  M.Sfence,
  M.Prefetcht0,
  M.Prefetcht1,
  M.Prefetcht2,
  M.Prefetchnta,
  M.Prefetchw,
  M.Prefetch,
  M.Clflush,
  M.Reservednop,
]) {
  lifters.set(mnemonic, () => {});
}
[M.Cpuid, M.Rdtsc, M.Rdtscp].forEach((mnemonic, number) => {
  lifters.set(mnemonic, b => b.emit('service', 0, 0, 0, b.next, number));
});

// ---- strings -----------------------------------------------------------------------------------------------------------------------

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
      b.emit(`${prefix}${name}${width}`, 0, b.segmentBase());
      b.forgetFlags();
    };
    lifters.set(mnemonic, lifter);
  });
}
lifters.set(M.Xlatb, b => {
  const base = b.temp();
  b.emit('lea1', base, gprSlot(3), b.segmentBase());
  b.emit('xlat', 0, base);
});

lifters.set(M.Cmpxchg16b, b => wideExchange(b, 64));
lifters.set(M.Cmpxchg8b, b => wideExchange(b, 32));
/** CMPXCHG8B/16B through one row each: the address is in a + imm. */
function wideExchange(b: Builder, width: 32 | 64): void {
  const { a, imm } = b.address();
  b.emit(`cmpxchgpair${width}`, 0, a, STATE.zero, imm);
}
