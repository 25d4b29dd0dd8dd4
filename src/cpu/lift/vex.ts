/**
 * VEX forms of the older vector instructions. Each is lifted by the older one's lifter, with a first source of its own; of 256 bits, once for
 * each half. What lies above the result becomes zero.
 */
import './sse-float.js';
import './sse-int.js';
import './sse-move.js';
import './crypto.js';
import './fpu-state.js';
import { Register } from 'iced-x86';
import { UPPER, WIDE_FLOAT } from '../layout.js';
import { type Builder, registerSlot, type VexForm } from './builder.js';
import { type Lifter, lifters } from './registry.js';
import { forEach, mnemonicOf, words } from './vector.js';

export interface VexTraits {
  /** It has a first source. */
  readonly three?: boolean;
  /** It leaves lanes of that source in the result. */
  readonly merges?: boolean;
  /** It can trap: no half may be written before both are known. The bits tell the helper of the other half. */
  readonly float?: keyof typeof WIDE_FLOAT;
  /** The second source has 16 bytes, whatever the operation's length is: a count, which both halves use. */
  readonly shared?: boolean;
  /** Its first operand is a source: no register's upper half is cleared. */
  readonly keeps?: boolean;
}

const isWide = (register: Register): boolean => register >= Register.YMM0 && register <= Register.YMM15;
const isVector = (register: Register): boolean => register >= Register.XMM0 && register <= Register.YMM15;
const operandsOf = (b: Builder): readonly number[] => Array.from({ length: b.ins.opCount }, (_, index) => index);
/** Whether the instruction computes with 256 bits. */
export const computesWide = (b: Builder): boolean =>
  operandsOf(b).some(index => (b.isMemory(index) ? b.width(index) === 256 : b.isRegister(index) && isWide(b.ins.opRegister(index))));

/** Clears the upper half of the register that an instruction of 128 bits has written. */
export function clearUpper(b: Builder): void {
  const register = b.isRegister(0) ? b.ins.opRegister(0) : Register.None;
  if (isVector(register)) b.emit('zerov', registerSlot(register) + UPPER);
}

/** The VEX form of an instruction with that lifter. */
export function vexOf(lift: Lifter, traits: VexTraits = {}): Lifter {
  return b => {
    const wide = computesWide(b);
    const target = b.isRegister(0) ? registerSlot(b.ins.opRegister(0)) : 0;
    const form: VexForm = { shift: traits.three === true ? 1 : 0, half: 0 };
    if (wide) return liftHalves(b, lift, traits, form, target);
    // A register that is its own first source keeps its lanes by itself.
    const copies = traits.merges === true && b.ins.opRegister(1) !== b.ins.opRegister(0);
    if (copies) {
      const result = b.vtemp();
      b.emit('mov128', result, registerSlot(b.ins.opRegister(1)));
      b.vex = { ...form, result, first: result };
      lift(b);
      b.emit('mov128', target, result);
    } else {
      b.vex = form;
      lift(b);
    }
    b.vex = undefined;
    if (traits.keeps !== true) clearUpper(b);
  };
}

function liftHalves(b: Builder, lift: Lifter, { float, shared = false }: VexTraits, form: VexForm, target: number): void {
  const memory = operandsOf(b).some(index => b.isMemory(index));
  let loaded: number | undefined;
  if (memory) {
    loaded = b.vtemp();
    const { a, imm } = b.address();
    b.emit(shared ? 'load128' : 'load256', loaded, a, 0, imm);
  }
  const result = float !== undefined || shared ? b.vtemp() : target;
  const flag = float === undefined ? undefined : BigInt(WIDE_FLOAT[float]);
  b.vex = { ...form, loaded, result, flag };
  lift(b);
  b.vex = { ...form, loaded, half: 1 };
  lift(b);
  b.vex = undefined;
  if (result !== target) b.emit('mov128', target, result);
}

/** Registers VEX forms of older instructions by their names. */
function derive(names: readonly string[], traits: VexTraits): void {
  for (const name of names) {
    const lift = lifters.get(mnemonicOf(name));
    if (lift === undefined) throw new Error(`${name} has no lifter`);
    forEach([`v${name}`], () => vexOf(lift, traits));
  }
}

derive(
  words(`paddb paddw paddd paddq psubb psubw psubd psubq paddsb paddsw paddusb paddusw psubsb psubsw psubusb psubusw
    pminub pminsb pminuw pminsw pminud pminsd pmaxub pmaxsb pmaxuw pmaxsw pmaxud pmaxsd pavgb pavgw
    pcmpeqb pcmpeqw pcmpeqd pcmpeqq pcmpgtb pcmpgtw pcmpgtd pcmpgtq
    pmullw pmulld pmulhw pmulhuw pmulhrsw pmuludq pmuldq pmaddwd pmaddubsw psadbw
    pand pandn por pxor packsswb packuswb packssdw packusdw psignb psignw psignd
    phaddw phaddd phaddsw phsubw phsubd phsubsw pshufb
    punpcklbw punpckhbw punpcklwd punpckhwd punpckldq punpckhdq punpcklqdq punpckhqdq
    andps andpd andnps andnpd orps orpd xorps xorpd unpcklps unpckhps unpcklpd unpckhpd
    palignr pslldq psrldq shufps shufpd pblendw blendps blendpd pblendvb blendvps blendvpd mpsadbw
    pclmulqdq aesenc aesenclast aesdec aesdeclast`),
  { three: true },
);
derive(words('psllw pslld psllq psrlw psrld psrlq psraw psrad'), { three: true, shared: true });
derive(
  words(`addps addpd subps subpd mulps mulpd divps divpd minps minpd maxps maxpd cmpps cmppd haddps haddpd hsubps hsubpd
    addsubps addsubpd dpps dppd`),
  { three: true, float: 'upper' },
);
derive(words('sqrtps sqrtpd roundps roundpd cvtdq2ps cvtps2dq cvttps2dq'), { float: 'upper' });
derive(
  words(`addss addsd subss subsd mulss mulsd divss divsd minss minsd maxss maxsd sqrtss sqrtsd rcpss rsqrtss roundss roundsd
    cvtsi2ss cvtsi2sd cvtss2sd cvtsd2ss insertps pinsrb pinsrw pinsrd pinsrq movhlps movlhps`),
  { three: true, merges: true },
);
for (const name of ['cmpss', 'cmpsd']) derive([name], { three: true, merges: true });
derive(
  words(`pabsb pabsw pabsd phminposuw pshufd pshuflw pshufhw movsldup movshdup rcpps rsqrtps aesimc aeskeygenassist
    movd movq pextrb pextrw pextrd pextrq extractps cvtss2si cvtsd2si cvttss2si cvttsd2si
    maskmovdqu ldmxcsr stmxcsr`),
  {},
);
derive(words('comiss comisd ucomiss ucomisd pcmpestri pcmpestri64 pcmpistri'), { keeps: true });

/** The halves of a register that only memory has two operands for: loads merge, stores have no first source. */
for (const name of words('movlps movlpd movhps movhpd movss movsd')) {
  const lift = lifters.get(mnemonicOf(name))!;
  const three = vexOf(lift, { three: true, merges: true });
  const two = vexOf(lift);
  forEach([`v${name}`], () => b => (b.ins.opCount === 3 ? three : two)(b));
}

/** PCMPxSTRM writes XMM0. */
for (const name of words('pcmpestrm pcmpestrm64 pcmpistrm')) {
  const lift = vexOf(lifters.get(mnemonicOf(name))!, { keeps: true });
  forEach([`v${name}`], () => b => {
    lift(b);
    b.emit('zerov', registerSlot(Register.XMM0) + UPPER);
  });
}

/** What of 256 bits is an op of its own. */
const byLength = (name: string, wideRow: string, lift: (b: Builder, row: string) => void): void => {
  const narrow = vexOf(lifters.get(mnemonicOf(name))!, { keeps: true });
  forEach([`v${name}`], () => b => {
    if (computesWide(b)) lift(b, wideRow);
    else narrow(b);
  });
};
for (const name of ['pmovmskb', 'movmskps', 'movmskpd'])
  byLength(name, `${name}256`, (b, row) => b.emit(row, b.register(0), b.register(1)));
byLength('ptest', 'ptest256', testWide);
for (const name of ['vtestps', 'vtestpd'])
  forEach([name], () => b => {
    if (computesWide(b)) return testWide(b, `${name}256`);
    b.emit(name, 0, b.register(0), wideSource(b, 1, 16));
  });

function testWide(b: Builder, row: string): void {
  b.emit(row, 0, b.register(0), wideSource(b, 1, 32));
}

/** Slot of a source of 16 or 32 bytes, loaded as VEX forms do: from any address. */
export function wideSource(b: Builder, operand: number, bytes: 16 | 32): number {
  if (b.isRegister(operand)) return b.register(operand);
  const slot = b.vtemp();
  const { a, imm } = b.address();
  b.emit(`load${8 * bytes}`, slot, a, 0, imm);
  return slot;
}
