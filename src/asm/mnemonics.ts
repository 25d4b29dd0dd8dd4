/**
 * Go's mnemonics: for each, the Intel instruction, its operands' widths and their order. Names: Go's cmd/internal/obj/x86 spells the Intel
 * manual's D as L (long), the operand size as a suffix B W L Q, and the 128-bit octoword as O.
 */
import { Code, Mnemonic as M } from 'iced-x86';
import type { Habits, MnemonicForm } from './mnemonic-form.js';
import { addVexMnemonics } from './vex-mnemonics.js';

/** What Go's assembler takes as an 8-bit constant; which of them differs from instruction to instruction. */
const SIGNED = [-128n, 127n] as const;
const UNSIGNED = [0n, 255n] as const;
const TWO_BITS = [0n, 3n] as const;

/** Operands as Go writes them, in Intel's order. */
export function inOrder<T>(form: MnemonicForm, operands: readonly T[]): readonly T[] {
  if (form.order === 'same') return operands;
  if (form.order === 'immediate-last') return [operands[1], operands[0], operands[2]].filter(operand => operand !== undefined);
  return [...operands].reverse();
}

const table = new Map<string, MnemonicForm[]>();
/** Mnemonic -> its forms, tried in order. */
export const mnemonics: ReadonlyMap<string, readonly MnemonicForm[]> = table;

function add(name: string, mnemonic: M, widths: readonly number[], { order = 'reversed', only, range }: Habits = {}): void {
  const forms = table.get(name) ?? [];
  forms.push({ mnemonic, widths, order, only, range });
  table.set(name, forms);
}

const SIZES = [
  ['B', 8],
  ['W', 16],
  ['L', 32],
  ['Q', 64],
] as const;
const WIDE = SIZES.slice(1);
const TEST_MEMORY = { B: Code.Test_rm8_r8, W: Code.Test_rm16_r16, L: Code.Test_rm32_r32, Q: Code.Test_rm64_r64 } as const;
const XCHG_ACCUMULATOR = { B: undefined, W: Code.Xchg_r16_AX, L: Code.Xchg_r32_EAX, Q: Code.Xchg_r64_RAX } as const;

for (const [suffix, w] of SIZES) {
  for (const [name, mnemonic] of [
    ['ADD', M.Add],
    ['SUB', M.Sub],
    ['AND', M.And],
    ['OR', M.Or],
    ['XOR', M.Xor],
    ['ADC', M.Adc],
    ['SBB', M.Sbb],
    ['TEST', M.Test],
    ['XADD', M.Xadd],
    ['CMPXCHG', M.Cmpxchg],
    ['MOV', M.Mov],
  ] as const) {
    add(name + suffix, mnemonic, [w, w]);
  }
  const accumulator = XCHG_ACCUMULATOR[suffix];
  if (accumulator !== undefined) add(`XCHG${suffix}`, M.Xchg, [w, w], { order: 'same', only: accumulator });
  add(`XCHG${suffix}`, M.Xchg, [w, w]);
  // Either operand may be the one in memory.
  add(`XCHG${suffix}`, M.Xchg, [w, w], { order: 'same' });
  add(`TEST${suffix}`, M.Test, [w, w], { order: 'same', only: TEST_MEMORY[suffix] });
  add(`CMP${suffix}`, M.Cmp, [w, w], { order: 'same' });
  for (const [name, mnemonic] of [
    ['INC', M.Inc],
    ['DEC', M.Dec],
    ['NEG', M.Neg],
    ['NOT', M.Not],
    ['MUL', M.Mul],
    ['IMUL', M.Imul],
    ['DIV', M.Div],
    ['IDIV', M.Idiv],
  ] as const) {
    add(name + suffix, mnemonic, [w]);
  }
  for (const [name, mnemonic] of [
    ['SHL', M.Shl],
    ['SAL', M.Shl],
    ['SHR', M.Shr],
    ['SAR', M.Sar],
    ['ROL', M.Rol],
    ['ROR', M.Ror],
    ['RCL', M.Rcl],
    ['RCR', M.Rcr],
  ] as const) {
    add(name + suffix, mnemonic, [w, 8], { range: UNSIGNED });
  }
}
for (const [suffix, w] of WIDE) {
  add(`IMUL${suffix}`, M.Imul, [w, w]);
  add(`IMUL3${suffix}`, M.Imul, [w, w, w]);
  add(`SHL${suffix}`, M.Shld, [w, w, 8], { range: SIGNED });
  add(`SHR${suffix}`, M.Shrd, [w, w, 8], { range: SIGNED });
  for (const [name, mnemonic] of [
    ['BSF', M.Bsf],
    ['BSR', M.Bsr],
    ['TZCNT', M.Tzcnt],
    ['LZCNT', M.Lzcnt],
    ['POPCNT', M.Popcnt],
    ['BT', M.Bt],
    ['BTS', M.Bts],
    ['BTR', M.Btr],
    ['BTC', M.Btc],
    ['LEA', M.Lea],
  ] as const) {
    add(name + suffix, mnemonic, name === 'LEA' ? [w, 0] : [w, w], name.startsWith('BT') ? { range: SIGNED } : {});
  }
}
// Loading 32 bits clears the other half.
add('MOVLQZX', M.Mov, [32, 32], { only: Code.Mov_r32_rm32 });
add('BSWAPL', M.Bswap, [32]);
add('BSWAPQ', M.Bswap, [64]);
add('CMPXCHG8B', M.Cmpxchg8b, [0]);
add('CMPXCHG16B', M.Cmpxchg16b, [0]);
add('MOVNTIL', M.Movnti, [32, 32]);
add('MOVNTIQ', M.Movnti, [64, 64]);
add('MOVQ', M.Movq, [0, 0]);
add('MOVQ', M.Movq, [64, 0]);
add('MOVQ', M.Movq, [0, 64]);
add('MOVL', M.Movd, [32, 0]);
add('MOVL', M.Movd, [0, 32]);
for (const w of ['PUSHQ', 'POPQ'] as const) add(w, w === 'PUSHQ' ? M.Push : M.Pop, [64]);
for (const w of ['PUSHW', 'POPW'] as const) add(w, w === 'PUSHW' ? M.Push : M.Pop, [16]);

for (const [name, mnemonic, to, from] of [
  ['MOVBLSX', M.Movsx, 32, 8],
  ['MOVBLZX', M.Movzx, 32, 8],
  ['MOVBQSX', M.Movsx, 64, 8],
  ['MOVBQZX', M.Movzx, 64, 8],
  ['MOVBWSX', M.Movsx, 16, 8],
  ['MOVBWZX', M.Movzx, 16, 8],
  ['MOVWLSX', M.Movsx, 32, 16],
  ['MOVWLZX', M.Movzx, 32, 16],
  ['MOVWQSX', M.Movsx, 64, 16],
  ['MOVWQZX', M.Movzx, 64, 16],
  ['MOVLQSX', M.Movsxd, 64, 32],
  ['CRC32B', M.Crc32, 32, 8],
  ['CRC32W', M.Crc32, 32, 16],
  ['CRC32L', M.Crc32, 32, 32],
  ['CRC32Q', M.Crc32, 64, 64],
] as const) {
  add(name, mnemonic, [to, from]);
}

// ---- conditions: Go's names, and the aliases that its assembler takes --------------------------------------------------------------

/** Go's condition -> [Jcc, SETcc, CMOVcc]. */
const CONDITIONS: Readonly<Record<string, readonly [M, M, M]>> = {
  OS: [M.Jo, M.Seto, M.Cmovo],
  OC: [M.Jno, M.Setno, M.Cmovno],
  CS: [M.Jb, M.Setb, M.Cmovb],
  CC: [M.Jae, M.Setae, M.Cmovae],
  EQ: [M.Je, M.Sete, M.Cmove],
  NE: [M.Jne, M.Setne, M.Cmovne],
  LS: [M.Jbe, M.Setbe, M.Cmovbe],
  HI: [M.Ja, M.Seta, M.Cmova],
  MI: [M.Js, M.Sets, M.Cmovs],
  PL: [M.Jns, M.Setns, M.Cmovns],
  PS: [M.Jp, M.Setp, M.Cmovp],
  PC: [M.Jnp, M.Setnp, M.Cmovnp],
  LT: [M.Jl, M.Setl, M.Cmovl],
  GE: [M.Jge, M.Setge, M.Cmovge],
  LE: [M.Jle, M.Setle, M.Cmovle],
  GT: [M.Jg, M.Setg, M.Cmovg],
};
/** Intel's spellings of the jumps, which Go's assembler takes as well. */
const JUMP_ALIASES: Readonly<Record<string, string>> = {
  JA: 'HI',
  JAE: 'CC',
  JB: 'CS',
  JBE: 'LS',
  JC: 'CS',
  JE: 'EQ',
  JG: 'GT',
  JHS: 'CC',
  JL: 'LT',
  JLO: 'CS',
  JNA: 'LS',
  JNAE: 'CS',
  JNB: 'CC',
  JNBE: 'HI',
  JNC: 'CC',
  JNG: 'LE',
  JNGE: 'LT',
  JNL: 'GE',
  JNLE: 'GT',
  JNO: 'OC',
  JNP: 'PC',
  JNS: 'PL',
  JNZ: 'NE',
  JO: 'OS',
  JP: 'PS',
  JPE: 'PS',
  JPO: 'PC',
  JS: 'MI',
  JZ: 'EQ',
};
/** Jump mnemonic -> Intel's. CALL and JMP are apart: they take more than labels. */
export const jumps: ReadonlyMap<string, M> = new Map<string, M>([
  ...Object.entries(CONDITIONS).map(([name, [jump]]) => [`J${name}`, jump] as const),
  ...Object.entries(JUMP_ALIASES).map(([name, condition]) => [name, CONDITIONS[condition][0]] as const),
  ['JCXZL', M.Jecxz],
  ['JCXZQ', M.Jrcxz],
  ['LOOP', M.Loop],
  ['LOOPEQ', M.Loope],
  ['LOOPNE', M.Loopne],
]);
for (const [name, [, set, cmov]] of Object.entries(CONDITIONS)) {
  add(`SET${name}`, set, [8]);
  for (const [suffix, w] of WIDE) add(`CMOV${suffix}${name}`, cmov, [w, w]);
}

// ---- without operands ----------------------------------------------------------------------------------------------------------------

const PLAIN: Readonly<Record<string, M>> = {
  CLC: M.Clc,
  STC: M.Stc,
  CMC: M.Cmc,
  CLD: M.Cld,
  STD: M.Std,
  LAHF: M.Lahf,
  SAHF: M.Sahf,
  CBW: M.Cbw,
  CWDE: M.Cwde,
  CDQE: M.Cdqe,
  CWD: M.Cwd,
  CDQ: M.Cdq,
  CQO: M.Cqo,
  HLT: M.Hlt,
  SYSCALL: M.Syscall,
  CPUID: M.Cpuid,
  RDTSC: M.Rdtsc,
  RDTSCP: M.Rdtscp,
  LFENCE: M.Lfence,
  MFENCE: M.Mfence,
  SFENCE: M.Sfence,
  PAUSE: M.Pause,
  UD2: M.Ud2,
  UNDEF: M.Ud2,
  XGETBV: M.Xgetbv,
  PUSHFQ: M.Pushfq,
  POPFQ: M.Popfq,
  LEAVEQ: M.Leave,
  ENDBR64: M.Endbr64,
};
for (const [name, mnemonic] of Object.entries(PLAIN)) add(name, mnemonic, []);
/** String instructions: their operands are implied, their bytes fixed (Intel SDM vol. 2). */
export const stringInstructions: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ...Object.entries({ MOVS: 0xa4, CMPS: 0xa6, STOS: 0xaa, LODS: 0xac, SCAS: 0xae }).flatMap(([name, opcode]) => [
    [`${name}B`, [opcode]] as const,
    [`${name}W`, [0x66, opcode + 1]] as const,
    [`${name}L`, [opcode + 1]] as const,
    [`${name}Q`, [0x48, opcode + 1]] as const,
  ]),
  ['XLAT', [0xd7]] as const,
]);
/** Prefixes stand as instructions of their own. */
export const prefixes: ReadonlyMap<string, number> = new Map([
  ['LOCK', 0xf0],
  ['REP', 0xf3],
  ['REPN', 0xf2],
]);
/** BYTE, WORD, LONG, QUAD: raw little-endian data, by bytes. */
export const rawData: ReadonlyMap<string, number> = new Map([
  ['BYTE', 1],
  ['WORD', 2],
  ['LONG', 4],
  ['QUAD', 8],
]);
add('INT', M.Int, [8]);
for (const [name, mnemonic] of [
  ['PREFETCHT0', M.Prefetcht0],
  ['PREFETCHT1', M.Prefetcht1],
  ['PREFETCHT2', M.Prefetcht2],
  ['PREFETCHNTA', M.Prefetchnta],
  ['CLFLUSH', M.Clflush],
  ['LDMXCSR', M.Ldmxcsr],
  ['STMXCSR', M.Stmxcsr],
  ['FXSAVE', M.Fxsave],
  ['FXSAVE64', M.Fxsave64],
  ['FXRSTOR', M.Fxrstor],
  ['FXRSTOR64', M.Fxrstor64],
] as const) {
  add(name, mnemonic, [0]);
}

// ---- SSE -----------------------------------------------------------------------------------------------------------------------------

/** Two operands, named alike in Go and Intel but for case. */
const SAME =
  'MOVSS MOVSD MOVAPS MOVAPD MOVUPS MOVUPD MOVHPS MOVHPD MOVLPS MOVLPD MOVHLPS MOVLHPS MOVNTPS MOVNTPD MOVNTDQA LDDQU MOVDDUP MOVSHDUP MOVSLDUP ' +
  'ADDPS ADDPD ADDSS ADDSD SUBPS SUBPD SUBSS SUBSD MULPS MULPD MULSS MULSD DIVPS DIVPD DIVSS DIVSD MINPS MINPD MINSS MINSD MAXPS MAXPD MAXSS MAXSD ' +
  'SQRTPS SQRTPD SQRTSS SQRTSD RCPPS RCPSS RSQRTPS RSQRTSS ANDPS ANDPD ANDNPS ANDNPD ORPS ORPD XORPS XORPD COMISS COMISD UCOMISS UCOMISD ' +
  'UNPCKHPS UNPCKHPD UNPCKLPS UNPCKLPD HADDPS HADDPD HSUBPS HSUBPD ADDSUBPS ADDSUBPD CVTPD2PS CVTPS2PD CVTSD2SS CVTSS2SD ' +
  'PADDB PADDW PADDQ PADDSB PADDSW PADDUSB PADDUSW PSUBB PSUBW PSUBQ PSUBSB PSUBSW PSUBUSB PSUBUSW PMULLW PMULLD PMULHW PMULHUW PMULDQ PMULHRSW ' +
  'PMADDUBSW PAND PANDN POR PXOR PCMPEQB PCMPEQW PCMPEQQ PCMPGTB PCMPGTW PCMPGTQ PMAXSB PMAXSW PMAXSD PMAXUB PMAXUW PMAXUD PMINSB PMINSW PMINSD ' +
  'PMINUB PMINUW PMINUD PAVGB PAVGW PSADBW PSHUFB PUNPCKHBW PUNPCKHQDQ PUNPCKLBW PUNPCKLQDQ PACKSSWB PACKUSWB PACKUSDW PSLLW PSLLQ PSRLW PSRLQ ' +
  'PSRAW PABSB PABSW PABSD PSIGNB PSIGNW PSIGND PHADDW PHADDD PHADDSW PHSUBW PHSUBD PHSUBSW PHMINPOSUW PMOVSXBW PMOVSXBD PMOVSXBQ PMOVSXWD PMOVSXWQ ' +
  'PMOVSXDQ PMOVZXBW PMOVZXBD PMOVZXBQ PMOVZXWD PMOVZXWQ PMOVZXDQ PTEST';
/** Three operands, the immediate first in Go. */
const WITH_IMMEDIATE =
  'SHUFPS SHUFPD ROUNDPS ROUNDPD ROUNDSS ROUNDSD DPPS DPPD BLENDPS BLENDPD PBLENDW INSERTPS PSHUFHW PSHUFLW PSHUFD PALIGNR MPSADBW ' +
  'PCMPESTRI PCMPESTRM PCMPISTRI PCMPISTRM';
const intel = (name: string): M => {
  const mnemonic = M[(name[0] + name.slice(1).toLowerCase()) as keyof typeof M];
  if (mnemonic === undefined) throw new Error(`iced-x86 has no mnemonic ${name}`);
  return mnemonic;
};
for (const name of SAME.split(' ')) add(name, intel(name), [0, 0]);
for (const name of WITH_IMMEDIATE.split(' ')) add(name, intel(name), [0, 0, 8], { range: UNSIGNED });
for (const name of ['CMPPS', 'CMPPD', 'CMPSS', 'CMPSD']) add(name, intel(name), [0, 0, 8], { order: 'immediate-last', range: SIGNED });
/** Where Go's name differs. */
const RENAMED: Readonly<Record<string, M>> = {
  MOVO: M.Movdqa,
  MOVOA: M.Movdqa,
  MOVOU: M.Movdqu,
  MOVNTO: M.Movntdq,
  MASKMOVOU: M.Maskmovdqu,
  PADDL: M.Paddd,
  PSUBL: M.Psubd,
  PMULULQ: M.Pmuludq,
  PMADDWL: M.Pmaddwd,
  PCMPEQL: M.Pcmpeqd,
  PCMPGTL: M.Pcmpgtd,
  PUNPCKHWL: M.Punpckhwd,
  PUNPCKHLQ: M.Punpckhdq,
  PUNPCKLWL: M.Punpcklwd,
  PUNPCKLLQ: M.Punpckldq,
  PACKSSLW: M.Packssdw,
  PSLLL: M.Pslld,
  PSRLL: M.Psrld,
  PSRAL: M.Psrad,
  PSLLO: M.Pslldq,
  PSRLO: M.Psrldq,
  CVTPL2PD: M.Cvtdq2pd,
  CVTPL2PS: M.Cvtdq2ps,
  CVTPD2PL: M.Cvtpd2dq,
  CVTPS2PL: M.Cvtps2dq,
  CVTTPD2PL: M.Cvttpd2dq,
  CVTTPS2PL: M.Cvttps2dq,
};
for (const [name, mnemonic] of Object.entries(RENAMED)) add(name, mnemonic, [0, 0]);
for (const name of ['PSLLW', 'PSLLQ', 'PSRLW', 'PSRLQ', 'PSRAW', 'PSLLL', 'PSRLL', 'PSRAL', 'PSLLO', 'PSRLO']) {
  table.set(name, [{ ...(table.get(name) as MnemonicForm[])[0], range: SIGNED }]);
}
// ---- MMX: those that Go has, each an encoding of its own --------------------------------------------------------------------------------

const MMX_CODE = Code as unknown as Readonly<Record<string, Code>>;
const mmx = (name: string, operands: string, widths: readonly number[], habits: Habits = {}): void => {
  const [form] = table.get(name) ?? [];
  const mnemonic = form?.mnemonic ?? intel(name);
  add(name, mnemonic, widths, { ...habits, only: MMX_CODE[`${M[mnemonic]}_${operands}`]! });
};
for (const name of (
  'PACKSSLW PACKSSWB PACKUSWB PADDB PADDL PADDSB PADDSW PADDUSB PADDUSW PADDW PAND PANDN PAVGB PAVGW PCMPEQB PCMPEQL PCMPEQW PCMPGTB PCMPGTL PCMPGTW ' +
  'PMADDWL PMULHUW PMULHW PMULLW PMULULQ POR PSLLL PSLLQ PSLLW PSRAL PSRAW PSRLL PSRLQ PSRLW PUNPCKHBW PUNPCKHLQ PUNPCKHWL PXOR PHADDD'
).split(' '))
  mmx(name, 'mm_mmm64', [0, 0]);
for (const name of ['PUNPCKLBW', 'PUNPCKLLQ', 'PUNPCKLWL']) mmx(name, 'mm_mmm32', [0, 0]);
for (const name of ['PSLLL', 'PSLLQ', 'PSLLW', 'PSRAL', 'PSRAW', 'PSRLL', 'PSRLQ', 'PSRLW'])
  mmx(name, 'mm_imm8', [0, 8], { range: SIGNED });
for (const [name, mnemonic, widths, only, habits] of [
  ['EMMS', M.Emms, [], Code.Emms],
  ['MOVQ', M.Movq, [0, 0], Code.Movq_mm_mmm64],
  ['MOVQ', M.Movq, [0, 0], Code.Movq_mmm64_mm],
  ['MOVQ', M.Movq, [0, 64], Code.Movq_mm_rm64],
  ['MOVQ', M.Movq, [64, 0], Code.Movq_rm64_mm],
  ['MOVQ', M.Movdq2q, [0, 0], Code.Movdq2q_mm_xmm],
  ['MOVL', M.Movd, [0, 32], Code.Movd_mm_rm32],
  ['MOVL', M.Movd, [32, 0], Code.Movd_rm32_mm],
  ['MOVQOZX', M.Movq2dq, [0, 0], Code.Movq2dq_xmm_mm],
  ['MOVQOZX', M.Movq, [0, 0], Code.Movq_xmm_xmmm64],
  ['PSHUFW', M.Pshufw, [0, 0, 8], Code.Pshufw_mm_mmm64_imm8, { range: SIGNED }],
  ['MASKMOVQ', M.Maskmovq, [0, 0], Code.Maskmovq_rDI_mm_mm],
  ['MOVNTQ', M.Movntq, [0, 0], Code.Movntq_m64_mm],
  ['PMOVMSKB', M.Pmovmskb, [32, 0], Code.Pmovmskb_r32_mm],
  ['CVTPL2PS', M.Cvtpi2ps, [0, 0], Code.Cvtpi2ps_xmm_mmm64],
  ['CVTPL2PD', M.Cvtpi2pd, [0, 0], Code.Cvtpi2pd_xmm_mmm64],
  ['CVTPS2PL', M.Cvtps2pi, [0, 0], Code.Cvtps2pi_mm_xmmm64],
  ['CVTPD2PL', M.Cvtpd2pi, [0, 0], Code.Cvtpd2pi_mm_xmmm128],
  ['CVTTPS2PL', M.Cvttps2pi, [0, 0], Code.Cvttps2pi_mm_xmmm64],
  ['CVTTPD2PL', M.Cvttpd2pi, [0, 0], Code.Cvttpd2pi_mm_xmmm128],
] as const satisfies readonly (readonly [string, M, readonly number[], Code, Habits?])[])
  add(name, mnemonic, widths, { ...habits, only });

// ---- more of SSE -----------------------------------------------------------------------------------------------------------------------

add('PSHUFL', M.Pshufd, [0, 0, 8], { range: UNSIGNED });
for (const name of ['BLENDVPS', 'BLENDVPD', 'PBLENDVB']) add(name, intel(name), [0, 0, 0]);
for (const [name, mnemonic, to, from] of [
  ['CVTSD2SL', M.Cvtsd2si, 32, 0],
  ['CVTSD2SQ', M.Cvtsd2si, 64, 0],
  ['CVTSS2SL', M.Cvtss2si, 32, 0],
  ['CVTSS2SQ', M.Cvtss2si, 64, 0],
  ['CVTTSD2SL', M.Cvttsd2si, 32, 0],
  ['CVTTSD2SQ', M.Cvttsd2si, 64, 0],
  ['CVTTSS2SL', M.Cvttss2si, 32, 0],
  ['CVTTSS2SQ', M.Cvttss2si, 64, 0],
  ['CVTSL2SD', M.Cvtsi2sd, 0, 32],
  ['CVTSQ2SD', M.Cvtsi2sd, 0, 64],
  ['CVTSL2SS', M.Cvtsi2ss, 0, 32],
  ['CVTSQ2SS', M.Cvtsi2ss, 0, 64],
  ['MOVMSKPS', M.Movmskps, 32, 0],
  ['MOVMSKPD', M.Movmskpd, 32, 0],
  ['PMOVMSKB', M.Pmovmskb, 32, 0],
] as const) {
  add(name, mnemonic, [to, from]);
}
for (const [name, mnemonic, w] of [
  ['PEXTRB', M.Pextrb, 8],
  ['PEXTRW', M.Pextrw, 16],
  ['PEXTRD', M.Pextrd, 32],
  ['PEXTRQ', M.Pextrq, 64],
  ['EXTRACTPS', M.Extractps, 32],
] as const) {
  const range = name === 'EXTRACTPS' ? TWO_BITS : UNSIGNED;
  add(name, mnemonic, [w, 0, 8], { range });
  if (w < 32) add(name, mnemonic, [32, 0, 8], { range });
}
for (const [name, mnemonic, w] of [
  ['PINSRB', M.Pinsrb, 8],
  ['PINSRW', M.Pinsrw, 16],
  ['PINSRD', M.Pinsrd, 32],
  ['PINSRQ', M.Pinsrq, 64],
] as const) {
  add(name, mnemonic, [0, w, 8], { range: UNSIGNED });
  if (w < 32) add(name, mnemonic, [0, 32, 8], { range: UNSIGNED });
}

// ---- AES, carry-less products, SHA, MOVBE, random numbers, state -----------------------------------------------------------------------

for (const name of [
  'AESENC',
  'AESENCLAST',
  'AESDEC',
  'AESDECLAST',
  'AESIMC',
  'SHA1MSG1',
  'SHA1MSG2',
  'SHA1NEXTE',
  'SHA256MSG1',
  'SHA256MSG2',
])
  add(name, intel(name), [0, 0]);
for (const name of ['AESKEYGENASSIST', 'PCLMULQDQ']) add(name, intel(name), [0, 0, 8], { range: UNSIGNED });
add('SHA1RNDS4', M.Sha1rnds4, [0, 0, 8], { range: TWO_BITS });
add('SHA256RNDS2', M.Sha256rnds2, [0, 0, 0]);
for (const [suffix, w] of WIDE) {
  add(`MOVBE${suffix}${suffix}`, M.Movbe, [w, w]);
  add(`RDRAND${suffix}`, M.Rdrand, [w]);
  add(`RDSEED${suffix}`, M.Rdseed, [w]);
}
for (const name of ['CLFLUSHOPT', 'XSAVE', 'XSAVE64', 'XSAVEC', 'XSAVEC64', 'XSAVEOPT', 'XSAVEOPT64', 'XRSTOR', 'XRSTOR64'])
  add(name, intel(name), [0]);
addVexMnemonics(add);
