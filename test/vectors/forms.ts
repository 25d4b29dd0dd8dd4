/** Which of iced's instruction forms are tested, and in which file of vectors they stand. */
import { Code, CpuidFeature, EncodingKind, FlowControl, Instruction, OpCodeOperandKind } from 'iced-x86';

/** What the CPU that r14 shows to its guest has. */
const FEATURES = new Set(
  [
    'INTEL8086 INTEL186 INTEL286 INTEL386 INTEL486 X64 CMOV CX8 CMPXCHG16B POPCNT MULTIBYTENOP PAUSE CLFSH PREFETCHW CET_IBT BMI1 LZCNT MSR MMX FSGSBASE',
    'SSE SSE2 SSE3 SSSE3 SSE4_1 SSE4_2 FXSR FPU FPU287 FPU387',
    'AVX AVX2 FMA F16C BMI2 MOVBE ADX AES PCLMULQDQ SHA CLFLUSHOPT',
  ]
    .join(' ')
    .split(' '),
);

/** Forms without vectors, each for a reason. */
const EXCLUDED: readonly (readonly [reason: string, forms: RegExp])[] = [
  ['needs privilege; its like are tested', /^(Ins[wd]_|Outs[wd]_|Invd|Wbinvd|Lldt|Ltr|Lmsw|Mov_(cr|dr)|Mov_r64_(cr|dr))/],
  ['where the kernel has its tables', /^S[gi]dt_/],
  ['AMD takes a selector behind 4 bytes, Intel behind 8', /^L[sfg]s_r64|^(Jmp|Call)_m1664/],
  ['a call of the kernel, or a trap that hypervisors meddle with', /^(Int1|Sys)/],
  [
    'RIP of 16 bits: Intel ignores the prefix, AMD does not',
    /_(rel8_16|rel8_16_.CX|rel16|rel32_32)$|^Retnw|^(Call|Jmp)_rm16|^(Iretw|Retfw|Jmp_m1616|Call_m1616)/,
  ],
  ['does nothing the CPUs agree on', /^(Prefetchreserved|Feni|Fdisi|Fsetpm)/],
  ['an instruction behind a WAIT of its own', /^F(stenv|stcw|clex|init|save|stsw)_?/],
  ['a register operand: AMD refuses what Intel ignores', /^Reservednop_.*_0F0D/],
  ['the same bytes as Ud0 with operands', /^Ud0$/],
  [
    'one encoding of an instruction that is tested in another',
    /^(Lfence_E[9A-F]|Mfence_F|Sfence_F|Fcom_st0_sti_DCD0|Fcomp_st0_sti_D|Fxch_st0_sti_D|Fstp_sti_DFD)/,
  ],
  ['transcendental: CPUs differ in the last bits', /^F(2xm1|yl2x|yl2xp1|ptan|patan|sin|cos|sincos)$/],
  ['approximation: CPUs differ', /^(VEX_Vr|R)(cp|sqrt)[ps]s/],
  ['behind the loads of its indices: gather.ts', /^VEX_Vp?gather/],
];

const GROUPS: readonly (readonly [group: string, mnemonics: RegExp])[] = [
  ['segment', /_Sreg|_[FG]S$|^(Mov_Sreg|L[sfg]s|Sldt|Str|Smsw|Ver[rw]|Lar|Lsl|(Rd|Wr)[fg]sbase)_/],
  ['far', /^(Retf|Iret|Int_imm8)|^(Jmp|Call)_m16/],
  ['short', /^(Bswap_r16|Enterw|Leavew)/],
  ['string', /^(Movs[bwq]|Movsd_m32|Cmps[bwq]_m|Cmpsd_m32|Stos|Lods|Scas)/],
  ['arith', /^(Add|Or|Adc|Sbb|And|Sub|Xor|Cmp|Inc|Dec|Neg|Not|Test)_/],
  ['shift', /^(Rol|Ror|Rcl|Rcr|Shl|Shr|Sal|Sar|Shld|Shrd)_/],
  ['muldiv', /^(Mul|Imul|Div|Idiv)_r/],
  ['bits', /^(Bt|Bts|Btr|Btc|Bsf|Bsr|Bswap|Popcnt|Tzcnt|Lzcnt)_/],
  ['condition', /^(Set|Cmov)/],
  ['move', /^(Mov|Movzx|Movsx|Movsxd|Lea|Xchg|Cbw|Cwde|Cdqe|Cwd|Cdq|Cqo|Xlat|Xadd|Cmpxchg|Cmpxchg8b|Cmpxchg16b)(_|$)/],
  ['stack', /^(Push|Pop|Enter|Leave)/],
];

/** Instructions of r14's table that have no vectors at all. */
export const UNTESTED: readonly (readonly [reason: string, mnemonics: string])[] = [
  ['calls the kernel, or returns from it', 'Syscall Sysret Sysretq Sysexit Rsm'],
  ['where the kernel has its tables', 'Sgdt Sidt'],
  ['only with 16 bits, which fetch from the first page', 'Iret'],
  ['needs privilege; its like are tested', 'Insw Insd Outsw Outsd Invd Wbinvd Lldt Ltr Lmsw Rdpmc Xsetbv'],
  ['extensions that the processor shown to the guest lacks', 'Monitor Mwait Clac Stac Vmcall Vmmcall'],
  ['hints of extensions', 'Cldemote Prefetchwt1 Prefetchit0 Prefetchit1 Rdsspd Rdsspq'],
  ['hypervisors meddle with it', 'Int1'],
  ['the measured CPU lets it run at user level', 'Sysenter'],
  [
    'what is in use the measured CPU says otherwise, and the area is larger than a case (src/cpu/xsave.test.ts)',
    'Xgetbv Xsave Xsave64 Xsaveopt Xsaveopt64 Xsavec Xsavec64 Xrstor Xrstor64',
  ],
  ['random', 'Rdrand Rdseed'],
  ['the number of the CPU', 'Rdpid'],
  ['in sequences: gather.ts', 'Vpgatherdd Vpgatherdq Vpgatherqd Vpgatherqq Vgatherdps Vgatherdpd Vgatherqps Vgatherqpd'],
  ['answers with facts of the machine', 'Cpuid Rdtsc Rdtscp'],
  [
    'approximations and last bits, in which CPUs differ',
    'Rcpss Rcpps Rsqrtss Rsqrtps Vrcpss Vrcpps Vrsqrtss Vrsqrtps F2xm1 Fyl2x Fyl2xp1 Fpatan Fsin Fcos Fsincos Fptan',
  ],
  ['a WAIT and the instruction that is tested', 'Fstcw Fstsw Fclex Finit Fsave Fstenv'],
];

/** Refused at user level, each with #GP. */
const PRIVILEGED = /^(In_|Out_|Insb|Outsb|Hlt|Cli|Sti|Clts|Invlpg|Lgdt|Lidt|Swapgs|Rdmsr|Wrmsr)/;

export interface TestedForm {
  readonly code: Code;
  readonly group: string;
  /** It has a VEX prefix. */
  readonly vex: boolean;
}

/** Extensions whose forms have a file of their own; of an instruction of several the first. */
const EXTENSIONS = ['FMA', 'F16C', 'AES', 'PCLMULQDQ', 'SHA', 'ADX', 'MOVBE', 'BMI2', 'AVX2', 'AVX'];

function groupOf(name: string, features: readonly string[], vex: boolean, flow: FlowControl): string {
  const extension = EXTENSIONS.find(each => features.includes(each));
  if (extension === 'AVX' && /_ymm/.test(name)) return 'avx256';
  if (extension !== undefined) return extension.toLowerCase();
  if (vex) return 'bmi1';
  if (features.includes('FPU') || features.includes('FPU287') || features.includes('FPU387')) return 'x87';
  for (const feature of features) if (/^SSE|^SSSE/.test(feature)) return feature.toLowerCase().replace('_', '.');
  for (const [group, names] of GROUPS) if (names.test(name)) return group;
  if (PRIVILEGED.test(name)) return 'privileged';
  return flow === FlowControl.Next ? 'system' : 'control';
}

/** Every form that is tested, in iced's order. */
export function testedForms(): TestedForm[] {
  const forms: TestedForm[] = [];
  for (const value of Object.values(Code)) {
    if (typeof value !== 'number') continue;
    const instruction = new Instruction();
    instruction.code = value;
    const info = instruction.opCode;
    const features = Array.from(instruction.cpuidFeatures(), (feature: number) => CpuidFeature[feature] as string);
    const name = Code[value] as string;
    const vex = info.encoding === EncodingKind.VEX;
    const usable = info.mode64 && info.isInstruction && (vex || (info.encoding === EncodingKind.Legacy && info.opCodeLength > 0));
    if (usable && features.every(feature => FEATURES.has(feature)) && !EXCLUDED.some(([, names]) => names.test(name))) {
      forms.push({ code: value, group: hasMmx(value) ? 'mmx' : groupOf(name, features, vex, instruction.flowControl), vex });
    }
    info.free();
    instruction.free();
  }
  return forms;
}

/** An operand is, or may be, an MM register. */
export function hasMmx(code: Code): boolean {
  const instruction = new Instruction();
  instruction.code = code;
  const info = instruction.opCode;
  let found = false;
  for (let i = 0; i < info.opCount; i++) {
    const kind = info.opKind(i);
    if (kind === OpCodeOperandKind.mm_reg || kind === OpCodeOperandKind.mm_rm || kind === OpCodeOperandKind.mm_or_mem) found = true;
  }
  info.free();
  instruction.free();
  return found;
}
