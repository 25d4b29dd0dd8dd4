/** Lifters of the x87 instructions. */
import { Mnemonic as M, Register } from 'iced-x86';
import { CONSTANT_NAMES } from '../helpers/x87-constants.js';
import type { Condition } from '../ir/flags.js';
import { STATE } from '../layout.js';
import { type Builder, plus } from './builder.js';
import { type Lifter, lifters } from './registry.js';
import { forEach, twoTemps } from './vector.js';

/** Number of the ST(i) operand: of two, the one that is not the implied ST(0). */
function stackIndex(b: Builder): bigint {
  let index = 0;
  for (let operand = 0; operand < b.ins.opCount; operand++) {
    index = Math.max(index, b.ins.opRegister(operand) - Register.ST0);
  }
  return BigInt(index);
}

/** A memory operand in a slot; ten bytes take two loads. A pending exception comes before a page fault. */
function memory(b: Builder): number {
  b.emit('fwait');
  const { a, imm } = b.address();
  const slot = b.vtemp();
  const width = b.width(0);
  if (width === 80) {
    b.emit('load64', slot, a, 0, imm);
    b.emit('load16z64', slot + 8, a, 0, plus(imm, 8));
  } else b.emit(width === 64 ? 'load64' : `load${width}z64`.replace('load32z64', 'load32'), slot, a, 0, imm);
  return slot;
}

/** FADD and its like: a floating-point memory operand, ST(0) with ST(i), or ST(i) with ST(0). */
const arithmetic =
  (name: string): Lifter =>
  b => {
    if (b.isMemory(0)) b.emit(`${name}_m${b.width(0)}`, 0, memory(b));
    else b.emit(`${name}_${b.ins.opRegister(0) === Register.ST0 ? 'st' : 'to'}`, 0, 0, 0, stackIndex(b));
  };
for (const name of ['fadd', 'fsub', 'fsubr', 'fmul', 'fdiv', 'fdivr']) {
  forEach([name], arithmetic);
  forEach([`${name}p`], () => b => b.emit(`${name}p_to`, 0, 0, 0, stackIndex(b)));
  forEach([`fi${name.slice(1)}`], () => b => b.emit(`${name}_i${b.width(0)}`, 0, memory(b)));
}
forEach(['fcom', 'fcomp'], name => b => {
  if (b.isMemory(0)) b.emit(`${name}_m${b.width(0)}`, 0, memory(b));
  else b.emit(`${name}_st`, 0, 0, 0, stackIndex(b));
});
forEach(['ficom', 'ficomp'], name => b => b.emit(`fcom${name.slice(5)}_i${b.width(0)}`, 0, memory(b)));
forEach(['fucom', 'fucomp'], name => b => b.emit(`${name}_st`, 0, 0, 0, stackIndex(b)));
forEach(['fcompp', 'fucompp'], name => b => b.emit(`${name}_st`, 0, 0, 0, 1n));
forEach(['fcomi', 'fcomip', 'fucomi', 'fucomip', 'ffree', 'ffreep', 'fxch'], name => b => b.emit(name, 0, 0, 0, stackIndex(b)));
forEach(
  [
    'ftst',
    'fsqrt',
    'frndint',
    'fabs',
    'fchs',
    'fscale',
    'fprem',
    'fprem1',
    'fxtract',
    'f2xm1',
    'fyl2x',
    'fyl2xp1',
    'fpatan',
    'fsin',
    'fcos',
    'fsincos',
    'fptan',
    'fxam',
    'fincstp',
    'fdecstp',
    ...CONSTANT_NAMES,
  ],
  name => b => b.emit(name),
);
lifters.set(M.Wait, b => b.emit('fwait'));
lifters.set(M.Fnop, b => b.emit('fwait'));
forEach(['fstpnce'], name => b => b.emit(name, 0, 0, 0, stackIndex(b)));
/** Of coprocessors of their own: nothing since. */
forEach(['fneni', 'fndisi', 'fnsetpm'], () => () => {});

// ---- loads and stores ------------------------------------------------------------------------------------------------------------------------

lifters.set(M.Fld, b => {
  if (b.isMemory(0)) b.emit(`fld_m${b.width(0)}`, 0, memory(b));
  else b.emit('fld_st', 0, 0, 0, stackIndex(b));
});
lifters.set(M.Fild, b => b.emit(`fild_${b.width(0)}`, 0, memory(b)));
lifters.set(M.Fbld, b => b.emit('fbld', 0, memory(b)));

/** The helper puts the value over what memory has, and leaves the status words that the store makes true. */
function store(b: Builder, name: string): void {
  const width = b.width(0);
  const slot = twoTemps(b);
  b.emit('fwait');
  const { a, imm } = b.address();
  const upper = plus(imm, 8);
  b.emit(`loadw${Math.min(width, 64)}`, slot, a, 0, imm);
  if (width === 80) b.emit('loadw16', slot + 8, a, 0, upper);
  b.emit(name, slot);
  b.emit(`store${Math.min(width, 64)}`, 0, a, slot, imm);
  if (width === 80) b.emit('store16', 0, a, slot + 8, upper);
  b.emit('put32', STATE.fsw, slot + 16);
  b.emit('put32', STATE.ftw, slot + 24);
}
forEach(['fst', 'fstp'], name => b => {
  if (b.isMemory(0)) store(b, `${name}_m${b.width(0)}`);
  else b.emit(`${name}_st`, 0, 0, 0, stackIndex(b));
});
forEach(['fist', 'fistp', 'fisttp'], name => b => store(b, `${name}_${b.width(0)}`));
lifters.set(M.Fbstp, b => store(b, 'fbstp'));

const MOVES: readonly (readonly [string, Condition])[] = [
  ['fcmovb', 'b'],
  ['fcmove', 'e'],
  ['fcmovbe', 'be'],
  ['fcmovu', 'p'],
  ['fcmovnb', 'ae'],
  ['fcmovne', 'ne'],
  ['fcmovnbe', 'a'],
  ['fcmovnu', 'np'],
];
for (const [name, condition] of MOVES) {
  forEach([name], () => b => {
    const taken = b.temp();
    b.emitIf('set_', condition, taken);
    b.emit('fcmov', 0, taken, 0, stackIndex(b));
  });
}
