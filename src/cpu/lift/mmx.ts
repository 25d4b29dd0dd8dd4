/**
 * Lifters of MMX and of the SSE forms with MM registers, which are the low 64 bits of the physical x87 registers (Intel SDM vol. 1, 9.2.1). Most
 * are lifted as their XMM forms, with the result in a temporary, of which the low half counts.
 */
import './sse-float.js';
import './sse-int.js';
import './sse-move.js';
import { Mnemonic as M, Register } from 'iced-x86';
import { vtemp } from '../layout.js';
import type { Builder } from './builder.js';
import { type Lifter, lifters } from './registry.js';
import { maskMove } from './sse-move.js';
import { forEach, imm8, mnemonicOf, vectorSource, words } from './vector.js';

const isMm = (b: Builder, operand: number): boolean => {
  const register = b.isRegister(operand) ? b.ins.opRegister(operand) : Register.None;
  return register >= Register.MM0 && register <= Register.MM7;
};

/** What each does around its own work, which gives the slot of the result: a pending exception comes first, and the x87 unit is MMX's afterwards. */
const around =
  (work: (b: Builder) => number | undefined): Lifter =>
  b => {
    b.emit('fwait');
    const result = work(b);
    if (result !== undefined) b.emit('mov64', b.register(0), result);
    // Without a register of MMX as a result its upper bits go to scratch.
    b.emit('mmx', isMm(b, 0) ? b.register(0) : vtemp(3));
  };

/** Puts the MM form of mnemonics in front of that with XMM registers. */
function beside(names: readonly string[], form: (name: string, xmm: Lifter) => Lifter): void {
  for (const name of names) {
    const general = lifters.get(mnemonicOf(name))!;
    const mm = form(name, general);
    lifters.set(mnemonicOf(name), b => (isMm(b, 0) || isMm(b, 1) ? mm : general)(b));
  }
}

/** Slot of a source of at most 64 bits: a register, or a temporary with zeros above. */
function source(b: Builder, operand: number): number {
  if (b.isRegister(operand)) return b.register(operand);
  const { a, imm } = b.address();
  const slot = b.vtemp();
  b.emit(`load${b.width(operand)}v`, slot, a, 0, imm);
  return slot;
}

/** The low halves of two operands side by side. */
function both(b: Builder, low: number, high: number): number {
  const slot = b.vtemp();
  b.emit('punpcklqdq', slot, low, high);
  return slot;
}

// ---- as with XMM registers ---------------------------------------------------------------------------------------------------------------

beside(
  words(`paddb paddw paddd paddq psubb psubw psubd psubq paddsb paddsw paddusb paddusw psubsb psubsw psubusb psubusw
    pminub pminsw pmaxub pmaxsw pavgb pavgw pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd
    pmullw pmulhw pmulhuw pmulhrsw pmuludq pmaddwd pmaddubsw psadbw pand pandn por pxor
    psignb psignw psignd pabsb pabsw pabsd punpcklbw punpcklwd punpckldq
    psllw pslld psllq psrlw psrld psrlq psraw psrad`),
  (_, xmm) =>
    around(b => {
      const loaded = b.isMemory(1) ? source(b, 1) : undefined;
      const result = b.vtemp();
      b.vex = { shift: 0, half: 0, result, loaded };
      xmm(b);
      b.vex = undefined;
      return result;
    }),
);

// ---- where the halves of 128 bits are not those of 64 ----------------------------------------------------------------------------------------

beside(words('packsswb packssdw packuswb phaddw phaddd phaddsw phsubw phsubd phsubsw'), name =>
  around(b => {
    const operands = both(b, b.register(0), source(b, 1));
    b.emit(name, operands, operands, operands);
    return operands;
  }),
);
beside(words('punpckhbw punpckhwd punpckhdq'), name =>
  around(b => {
    const result = b.vtemp();
    b.emit(name.replace('punpckh', 'punpckl'), result, b.register(0), source(b, 1));
    return result + 8;
  }),
);
// The number of a byte has three bits.
beside(['pshufb'], () =>
  around(b => {
    const which = source(b, 1);
    const bytes = both(b, b.register(0), b.register(0));
    b.emit('pshufb', bytes, bytes, which);
    return bytes;
  }),
);
beside(['palignr'], () =>
  around(b => {
    const operands = both(b, source(b, 1), b.register(0));
    b.emit('psrldq', operands, operands, 0, BigInt(Math.min(16, imm8(b, 2))));
    return operands;
  }),
);
lifters.set(
  M.Pshufw,
  around(b => {
    const from = source(b, 1);
    const control = imm8(b, 2);
    const result = b.vtemp();
    b.emit(
      'shufflewords',
      result,
      from,
      0,
      [0, 1, 2, 3].reduce((bytes, word) => bytes | (BigInt(2 * ((control >> (2 * word)) & 3)) << BigInt(8 * word)), 0n),
    );
    return result;
  }),
);

/** Where an exception finds the x87 unit as MMX leaves it already: of conversions, and of MASKMOVQ. */
const enter = (b: Builder): void => b.emit('mmx', vtemp(3));

// ---- moves -------------------------------------------------------------------------------------------------------------------------------

function store(b: Builder, width: 32 | 64): undefined {
  const { a, imm } = b.address();
  b.emit(`store${width}`, 0, a, b.register(1), imm);
}
beside(['movd', 'movq'], name => {
  const width = name === 'movd' ? 32 : 64;
  return around(b => {
    if (isMm(b, 0)) {
      const from = source(b, 1);
      if (width === 64) return from;
      const result = b.vtemp();
      b.emit('movlow32', result, from);
      return result;
    }
    if (b.isMemory(0)) return store(b, width);
    b.emit(`mov${width}`, b.register(0), b.register(1));
    return undefined;
  });
});
lifters.set(
  M.Movntq,
  around(b => store(b, 64)),
);
lifters.set(
  M.Maskmovq,
  around(b => {
    enter(b);
    return maskMove(b, 8);
  }),
);
lifters.set(
  M.Movdq2q,
  around(b => b.register(1)),
);
lifters.set(
  M.Movq2dq,
  around(b => {
    b.emit('movlow64', b.register(0), b.register(1));
    return undefined;
  }),
);
beside(['pmovmskb'], () =>
  around(b => {
    const bytes = b.vtemp();
    b.emit('movlow64', bytes, b.register(1));
    b.emit('pmovmskb', b.register(0), bytes);
    return undefined;
  }),
);
const word = (b: Builder): number => 2 * (imm8(b, 2) & 3);
beside(['pinsrw'], () =>
  around(b => {
    b.emit('put16', b.register(0) + word(b), b.read(1, 16));
    return undefined;
  }),
);
beside(['pextrw'], () =>
  around(b => {
    b.emit('zext16', b.register(0), b.register(1) + word(b));
    return undefined;
  }),
);

// ---- conversions: two lanes ----------------------------------------------------------------------------------------------------------------

/** The source's lanes alone: the others may raise nothing. */
function lanes(b: Builder): number {
  if (b.isMemory(1)) return source(b, 1);
  const slot = b.vtemp();
  b.emit('movlow64', slot, b.register(1));
  return slot;
}
for (const [name, row] of [
  ['cvtps2pi', 'cvtps2dq'],
  ['cvttps2pi', 'cvttps2dq'],
  ['cvtpd2pi', 'cvtpd2dq'],
  ['cvttpd2pi', 'cvttpd2dq'],
] as const) {
  const wide = name.includes('pd');
  forEach([name], () =>
    around(b => {
      const from = wide ? vectorSource(b, 1, 16) : lanes(b);
      const result = b.vtemp();
      enter(b);
      b.emit(row, result, from);
      return result;
    }),
  );
}
/** From memory they have nothing to do with MMX, as silicon has it. */
function fromPair(b: Builder, row: string, result: number): void {
  const memory = b.isMemory(1);
  if (!memory) b.emit('fwait');
  const from = lanes(b);
  if (!memory) enter(b);
  b.emit(row, result, from);
}
lifters.set(M.Cvtpi2ps, b => {
  const result = b.vtemp();
  fromPair(b, 'cvtdq2ps', result);
  b.emit('mov64', b.register(0), result);
});
lifters.set(M.Cvtpi2pd, b => fromPair(b, 'cvtdq2pd', b.register(0)));
