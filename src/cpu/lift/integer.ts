/** Lifters of integer arithmetic, logic, moves, shifts and bit operations. */
import { Mnemonic as M, Register } from 'iced-x86';
import type { Width } from '../ir/emit.js';
import { CONDITIONS } from '../ir/flags.js';
import { gprSlot, TEMPS, temp } from '../layout.js';
import type { Builder } from './builder.js';
import { type Lifter, lifters } from './registry.js';

const RSP = gprSlot(4);
const RBP = gprSlot(5);
const w0 = (b: Builder): Width => b.width(0) as Width;

/** op0 = op0 OP op1. */
const binary =
  (name: string): Lifter =>
  b => {
    const w = w0(b);
    if (b.isMemory(0)) {
      const right = b.read(1, w);
      const left = b.update(0, w);
      b.emit(`${name}${w}`, left, left, right);
      b.commit(0, w, left);
    } else {
      const right = b.read(1, w);
      const left = b.register(0);
      b.emit(`${name}${w}`, left, left, right);
    }
  };
for (const [mnemonic, name] of [
  [M.Add, 'add'],
  [M.Sub, 'sub'],
  [M.And, 'and'],
  [M.Or, 'or'],
  [M.Xor, 'xor'],
  [M.Adc, 'adc'],
  [M.Sbb, 'sbb'],
] as const) {
  lifters.set(mnemonic, binary(name));
}
for (const [mnemonic, name] of [
  [M.Cmp, 'cmp'],
  [M.Test, 'test'],
] as const) {
  lifters.set(mnemonic, b => {
    const w = w0(b);
    const left = b.read(0, w);
    b.emit(`${name}${w}`, 0, left, b.read(1, w));
  });
}

/** op0 = OP op0. */
for (const [mnemonic, name] of [
  [M.Inc, 'inc'],
  [M.Dec, 'dec'],
  [M.Neg, 'neg'],
  [M.Not, 'not'],
] as const) {
  lifters.set(mnemonic, b => {
    const w = w0(b);
    const value = b.update(0, w);
    b.emit(`${name}${w}`, value, value);
    b.commit(0, w, value);
  });
}

// ---- moves -------------------------------------------------------------------------------------------------------------------------

lifters.set(M.Mov, b => {
  // MOV RSP, RBP ends a frame on the same stack; any other source may be another stack.
  if (b.isRegister(0) && b.register(0) === RSP && w0(b) === 64 && !(b.isRegister(1) && b.register(1) === RBP)) {
    b.emit('stackswitch', 0, b.read(1, 64));
  } else if (b.isRegister(0) && b.isMemory(1)) {
    const { a, imm } = b.address();
    b.emit(`load${w0(b)}`, b.register(0), a, 0, imm);
  } else {
    const w = (b.isRegister(1) ? b.width(1) : b.width(0)) as Width;
    const source = b.read(1, w);
    b.write(0, b.isRegister(0) ? w0(b) : w, source);
  }
});
for (const mnemonic of [M.Movzx, M.Movsx, M.Movsxd]) {
  lifters.set(mnemonic, b => {
    const to = w0(b);
    const from = b.width(1) as Width;
    const signed = mnemonic !== M.Movzx;
    if (b.isMemory(1)) {
      const { a, imm } = b.address();
      const name = from === to ? `load${from}` : signed ? `load${from}s${to}` : to === 16 ? '' : `load${from}z64`;
      if (name !== '') b.emit(name, b.register(0), a, 0, imm);
      else {
        const value = b.temp();
        b.emit(`load${from}z64`, value, a, 0, imm);
        b.emit('mov16', b.register(0), value);
      }
      return;
    }
    const source = b.register(1);
    if (from === to) b.emit(`mov${to}`, b.register(0), source);
    else if (signed) b.emit(`sext${from}_${to}`, b.register(0), source);
    else if (to === 16) {
      const value = b.temp();
      b.emit(`zext${from}`, value, source);
      b.emit('mov16', b.register(0), value);
    } else b.emit(`zext${from}`, b.register(0), source);
  });
}
lifters.set(M.Lea, b => {
  const w = w0(b);
  const { ins } = b;
  const target = b.register(0);
  const leavesStack = w === 64 && target === RSP && slotIsOtherThanStack(ins.memoryBase);
  const destination = w === 64 && !leavesStack ? target : b.temp();
  // LEA ignores segments.
  const { a, imm } = withoutSegment(b);
  if (typeof a === 'number' && imm === 0n && a >= temp(0) && a < temp(TEMPS)) {
    // The sum is in a temporary already: let its op write the destination.
    const last = b.uops[b.uops.length - 1];
    last.d = destination;
  } else b.emit('lea0', destination, a, 0, imm);
  if (w !== 64) b.emit(w === 32 ? 'cut32' : 'mov16', target, destination);
  if (leavesStack) b.emit('stackswitch', 0, destination);
});
const slotIsOtherThanStack = (register: Register): boolean => register !== Register.RSP && register !== Register.RBP;
function withoutSegment(b: Builder): ReturnType<Builder['address']> {
  const prefix = b.ins.segmentPrefix;
  b.ins.segmentPrefix = Register.None;
  const address = b.address();
  b.ins.segmentPrefix = prefix;
  return address;
}

lifters.set(M.Xchg, b => {
  const w = w0(b);
  const memory = b.isMemory(0) ? 0 : 1;
  const other = b.register(1 - memory);
  const old = b.update(memory, w);
  const value = b.temp();
  b.emit(`mov${w}`, value, old);
  if (w === 64 && old === RSP) {
    const sp = b.temp();
    b.emit('mov64', sp, other);
    b.emit('mov64', other, value);
    b.emit('stackswitch', 0, sp);
    return;
  }
  if (b.isMemory(memory)) b.commit(memory, w, other);
  else b.emit(`mov${w}`, old, other);
  if (w === 64 && other === RSP) b.emit('stackswitch', 0, value);
  else b.emit(`mov${w}`, other, value);
});
lifters.set(M.Xadd, b => {
  const w = w0(b);
  const old = b.update(0, w);
  const before = b.temp();
  const sum = b.temp();
  const source = b.register(1);
  b.emit(`mov${w}`, before, old);
  b.emit(`add${w}`, sum, old, source);
  if (b.isMemory(0)) {
    b.commit(0, w, sum);
    b.emit(`mov${w}`, source, before);
  } else {
    b.emit(`mov${w}`, source, before);
    b.emit(`mov${w}`, old, sum);
  }
});
lifters.set(M.Cmpxchg, b => {
  const w = w0(b);
  const old = b.update(0, w);
  const source = b.register(1);
  if (b.isMemory(0)) {
    // The store comes first, while the accumulator is still the old one; the comparison then leaves flags and accumulator.
    const value = b.temp();
    b.emit(`cmpxchgpick${w}`, value, old, source);
    b.commit(0, w, value);
    b.emit(`cmpxchg${w}`, b.temp(), old, source);
  } else b.emit(`cmpxchg${w}`, old, old, source);
});
lifters.set(M.Bswap, b => {
  const w = w0(b);
  const register = b.register(0);
  // Undefined by the manual with 16 bits; processors clear them.
  if (w === 16) b.emit('mov16', register, 0n);
  else b.emit(`bswap${w}`, register, register);
});
for (const [mnemonic, name] of [
  [M.Cbw, 'sext8_16'],
  [M.Cwde, 'sext16_32'],
  [M.Cdqe, 'sext32_64'],
] as const) {
  lifters.set(mnemonic, b => b.emit(name, gprSlot(0), gprSlot(0)));
}
for (const [mnemonic, w] of [
  [M.Cwd, 16],
  [M.Cdq, 32],
  [M.Cqo, 64],
] as const) {
  lifters.set(mnemonic, b => b.emit(`sar${w}p`, gprSlot(2), gprSlot(0), BigInt(w - 1)));
}

// ---- conditions --------------------------------------------------------------------------------------------------------------------

const SETCC = [
  M.Seto,
  M.Setno,
  M.Setb,
  M.Setae,
  M.Sete,
  M.Setne,
  M.Setbe,
  M.Seta,
  M.Sets,
  M.Setns,
  M.Setp,
  M.Setnp,
  M.Setl,
  M.Setge,
  M.Setle,
  M.Setg,
];
const CMOVCC = [
  M.Cmovo,
  M.Cmovno,
  M.Cmovb,
  M.Cmovae,
  M.Cmove,
  M.Cmovne,
  M.Cmovbe,
  M.Cmova,
  M.Cmovs,
  M.Cmovns,
  M.Cmovp,
  M.Cmovnp,
  M.Cmovl,
  M.Cmovge,
  M.Cmovle,
  M.Cmovg,
];
CONDITIONS.forEach((condition, number) => {
  lifters.set(SETCC[number], b => {
    const value = b.target(0);
    b.emitIf('set_', condition, value);
    b.commit(0, 8, value);
  });
  lifters.set(CMOVCC[number], b => {
    const w = w0(b);
    const source = b.read(1, w);
    const target = b.register(0);
    b.emitIf(`cmov${w}_`, condition, target, source, target);
  });
});

// ---- shifts and rotates ------------------------------------------------------------------------------------------------------------

for (const [mnemonic, name] of [
  [M.Shl, 'shl'],
  [M.Sal, 'shl'],
  [M.Shr, 'shr'],
  [M.Sar, 'sar'],
] as const) {
  lifters.set(mnemonic, b => {
    const w = w0(b);
    const value = b.update(0, w);
    if (b.isImmediate(1)) {
      const masked = b.immediate(1) & (w === 64 ? 63n : 31n);
      if (masked === 0n) b.emit(`mov${w}`, value, value);
      else b.emit(`${name}${w}`, value, value, masked);
    } else {
      b.emit(`${name}v${w}`, value, value, b.register(1));
      b.forgetFlags();
    }
    b.commit(0, w, value);
  });
}
for (const [mnemonic, name] of [
  [M.Rol, 'rol'],
  [M.Ror, 'ror'],
  [M.Rcl, 'rcl'],
  [M.Rcr, 'rcr'],
] as const) {
  lifters.set(mnemonic, b => {
    const w = w0(b);
    const count = b.read(1, 8);
    const value = b.update(0, w);
    b.emit(`${name}${w}`, value, value, count);
    b.forgetFlags();
    b.commit(0, w, value);
  });
}
for (const [mnemonic, name] of [
  [M.Shld, 'shld'],
  [M.Shrd, 'shrd'],
] as const) {
  lifters.set(mnemonic, b => {
    const w = w0(b);
    const count = b.read(2, 8);
    const value = b.update(0, w);
    b.emit(`${name}${w}`, value, value, count, 0n, b.register(1));
    b.commit(0, w, value);
  });
}

// ---- multiplication and division ---------------------------------------------------------------------------------------------------

for (const [mnemonic, name] of [
  [M.Mul, 'mul'],
  [M.Div, 'div'],
  [M.Idiv, 'idiv'],
] as const) {
  lifters.set(mnemonic, b => {
    const w = w0(b);
    b.emit(`${name}${w}`, 0, b.read(0, w));
  });
}
lifters.set(M.Imul, b => {
  const w = w0(b);
  if (b.ins.opCount === 1) {
    b.emit(`imul${w}`, 0, b.read(0, w));
    return;
  }
  const three = b.ins.opCount === 3;
  const left = b.read(three ? 1 : 0, w);
  const right = b.read(three ? 2 : 1, w);
  b.emit(`imul2_${w}`, b.register(0), left, right);
});

// ---- bits --------------------------------------------------------------------------------------------------------------------------

for (const [mnemonic, name] of [
  [M.Bt, 'bt'],
  [M.Bts, 'bts'],
  [M.Btr, 'btr'],
  [M.Btc, 'btc'],
] as const) {
  const changes = name !== 'bt';
  lifters.set(mnemonic, b => {
    const w = w0(b);
    const number = b.read(1, w);
    if (b.isRegister(0)) {
      b.emit(`${name}${w}`, b.register(0), b.register(0), number);
      return;
    }
    // A bit number in a register reaches beyond the word that the operand names.
    let { a, imm } = b.address();
    if (typeof number === 'number') {
      const word = b.temp();
      b.emit(`bitword${w}`, word, a, number);
      a = word;
    }
    const value = b.temp();
    b.emit(`${changes ? 'loadw' : 'load'}${w}`, value, a, 0, imm);
    b.emit(`${name}${w}`, value, value, number);
    if (changes) b.emit(`store${w}`, 0, a, value, imm);
  });
}
for (const [mnemonic, name] of [
  [M.Bsf, 'bsf'],
  [M.Bsr, 'bsr'],
  [M.Tzcnt, 'tzcnt'],
  [M.Lzcnt, 'lzcnt'],
  [M.Popcnt, 'popcnt'],
] as const) {
  lifters.set(mnemonic, b => {
    const w = w0(b);
    b.emit(`${name}${w}`, b.register(0), b.read(1, w));
  });
}

// ---- flags -------------------------------------------------------------------------------------------------------------------------

for (const [mnemonic, name] of [
  [M.Clc, 'clc'],
  [M.Stc, 'stc'],
  [M.Cmc, 'cmc'],
  [M.Cld, 'cld'],
  [M.Std, 'std'],
  [M.Lahf, 'lahf'],
  [M.Sahf, 'sahf'],
] as const) {
  lifters.set(mnemonic, b => b.emit(name));
}
