/**
 * Instructions in the syntax of Go's disassembler (golang.org/x/arch, GoSyntax): Plan 9 register names, source before destination, sizes as
 * suffixes of the mnemonic, symbols relative to SB. Mnemonics are Intel's otherwise (`JE`, `MOVZX`), as `go tool objdump` has them.
 */
import { Code, EncodingKind, type Instruction, MemorySizeExt, Mnemonic, OpKind, Register, RoundingControl } from 'iced-x86';

/** The symbol that covers an address, and where it starts. */
export type SymbolName = (address: bigint) => { readonly name: string; readonly base: bigint } | undefined;

const MNEMONICS: ReadonlyMap<number, string> = new Map(
  Object.entries(Mnemonic)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => [value as unknown as number, name.toUpperCase()]),
);

/** Mnemonics that take a size suffix (B, W, L, Q). */
const SUFFIXED = new Set(
  (
    'ADC ADD AND ANDN BEXTR BLSI BLSMSK BLSR BSF BSR BT BTC BTR BTS BZHI CMP CMPXCHG CVTSI2SD CVTSI2SS CVTSD2SI CVTSS2SI CVTTSD2SI ' +
    'CVTTSS2SI DEC DIV FLDENV FRSTOR IDIV IMUL IN INC LEA MOV MOVNTI MUL MULX NEG NOP NOT OR OUT PDEP PEXT POP POPCNT PUSH RCL RCR ROL ' +
    'ROR RORX SAR SARX SBB SHL SHLD SHLX SHR SHRD SHRX SUB TEST VCVTSI2SD VCVTSI2SS XADD XCHG XOR'
  ).split(' '),
);

/** Where the disassembler's names differ from Intel's. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['MOVSD', 'MOVSD_XMM'],
  ['CMPSD', 'CMPSD_XMM'],
  ['SYSRETQ', 'SYSRET'],
  ['SYSEXITQ', 'SYSEXIT'],
  ['PUSHFQ', 'PUSHFQ'],
  ['RETF', 'LRET'],
  ['WAIT', 'FWAIT'],
  ['INT1', 'ICEBP'],
]);

/** Without a suffix for a 32-bit integer, which is the default there. */
const LONG_ONLY = new Set(['VCVTSD2SI', 'VCVTSS2SI', 'VCVTTSD2SI', 'VCVTTSS2SI']);

/** Whose operands do not tell how many elements there are; Go says it of VEX's forms only, but for the last two. */
const BY_LENGTH = new Set(
  ('VCVTTPD2DQ VCVTTPD2UDQ VCVTTPD2QQ VCVTTPD2UQQ VCVTPD2UDQ VCVTPD2QQ VCVTPD2UQQ VCVTPD2PS ' + 'VCVTPD2DQ VFPCLASSPD VFPCLASSPS').split(
    ' ',
  ),
);
const BY_LENGTH_IN_EVEX = new Set(['VCVTPD2DQ', 'VFPCLASSPD', 'VFPCLASSPS']);

/** With XMM0 as an operand that no bit of the instruction names. */
const IMPLICIT_X0 = new Set(['PBLENDVB', 'BLENDVPS', 'BLENDVPD', 'SHA256RNDS2']);

/** What iced-x86 names beside the operand that is written: the top of the stack, and memory that RDI points to. */
const ONE_OF_TWO = new Set(['FCOM', 'FCOMP', 'FXCH', 'FUCOM', 'FUCOMP']);
const WITHOUT_MEMORY = new Set(['MASKMOVQ', 'MASKMOVDQU', 'VMASKMOVDQU']);

const ROUNDING: ReadonlyMap<number, string> = new Map([
  [RoundingControl.RoundToNearest, '.RN_SAE'],
  [RoundingControl.RoundDown, '.RD_SAE'],
  [RoundingControl.RoundUp, '.RU_SAE'],
  [RoundingControl.RoundTowardZero, '.RZ_SAE'],
]);

const SIZE_SUFFIX: Readonly<Record<number, string>> = { 1: 'B', 2: 'W', 4: 'L', 8: 'Q' };

/**
 * One instruction, as `CALL runtime.systemstack.abi0(SB)` or `MOVQ 0x140(R14), DI`. `field` says the displacement of its memory operand by
 * name: `MOVQ g_racectx(R14), DI`.
 */
export function plan9(instruction: Instruction, symbol: SymbolName, field?: string): string {
  const mnemonic = mnemonicOf(instruction);
  const suffix = sizeSuffix(instruction, mnemonic) + vectorSuffix(instruction);
  const operands = operandsOf(instruction, mnemonic, symbol, field);
  // Comparisons read from left to right in Go's assembler.
  if (mnemonic !== 'CMP') operands.reverse();
  const name = `${prefixes(instruction)}${mnemonic}${suffix}`;
  return operands.length === 0 ? name : `${name} ${operands.join(', ')}`;
}

function sizeSuffix(instruction: Instruction, mnemonic: string): string {
  if (SUFFIXED.has(mnemonic)) return SIZE_SUFFIX[operandSize(instruction)] ?? '';
  if (LONG_ONLY.has(mnemonic)) return registerSize(instruction.opRegister(0)) === 8 ? 'Q' : '';
  if (!BY_LENGTH.has(mnemonic) || (instruction.encoding === EncodingKind.EVEX && !BY_LENGTH_IN_EVEX.has(mnemonic))) return '';
  return /([xyz])mmm\d/.exec(Code[instruction.code]!)?.[1]?.toUpperCase() ?? '';
}

/** What EVEX's bits say besides: a broadcast element, the rounding, and that masked elements become zero. */
function vectorSuffix(instruction: Instruction): string {
  if (instruction.encoding !== EncodingKind.EVEX) return '';
  const rounding = ROUNDING.get(instruction.roundingControl) ?? (instruction.suppressAllExceptions ? '.SAE' : '');
  return `${instruction.isBroadcast ? '.BCST' : ''}${rounding}${instruction.zeroingMasking ? '.Z' : ''}`;
}

/** Code segment and offset, in memory. */
const FAR_CALLS: ReadonlySet<Code> = new Set([Code.Call_m1616, Code.Call_m1632, Code.Call_m1664]);
const FAR_JUMPS: ReadonlySet<Code> = new Set([Code.Jmp_m1616, Code.Jmp_m1632, Code.Jmp_m1664]);

function mnemonicOf(instruction: Instruction): string {
  const { mnemonic, code } = instruction;
  if (FAR_CALLS.has(code)) return 'LCALL';
  if (FAR_JUMPS.has(code)) return 'LJMP';
  if (mnemonic === Mnemonic.Int3) return 'INT';
  const name = MNEMONICS.get(mnemonic) ?? '?';
  const string = [Code.Movsd_m32_m32, Code.Cmpsd_m32_m32].includes(code);
  return string ? name : (RENAMED.get(name) ?? name);
}

function prefixes(instruction: Instruction): string {
  if (instruction.hasRepnePrefix && instruction.isStringInstruction) return 'REPNE; ';
  if (instruction.hasRepPrefix && instruction.isStringInstruction) return 'REP; ';
  return instruction.hasLockPrefix ? 'LOCK ' : '';
}

/** Bytes that the suffix speaks of: those in memory, else of the first register. */
function operandSize(instruction: Instruction): number {
  const { mnemonic, code } = instruction;
  const fixed = SIZE_OF.get(code);
  if (fixed !== undefined) return fixed;
  const first = mnemonic === Mnemonic.Out ? 1 : 0;
  let register = 0;
  for (let index = first; index < instruction.opCount; index++) {
    const kind = instruction.opKind(index);
    if (kind === OpKind.Memory && mnemonic !== Mnemonic.Lea) return MemorySizeExt.size(instruction.memorySize);
    // Conversions have their integer on one side only, and moves to segment registers.
    if (kind === OpKind.Register && register === 0) register = registerSize(instruction.opRegister(index));
  }
  if (register !== 0) return register;
  return mnemonic === Mnemonic.Push || mnemonic === Mnemonic.Pop ? 8 : 4;
}

/** Where no operand tells; the saved states of the FPU count as words of their layout. */
const SIZE_OF: ReadonlyMap<Code, number> = new Map([
  [Code.Nopw, 2],
  [Code.Push_imm16, 2],
  [Code.Pushw_imm8, 2],
  [Code.Pushw_FS, 2],
  [Code.Pushw_GS, 2],
  [Code.Popw_FS, 2],
  [Code.Popw_GS, 2],
  [Code.Fldenv_m14byte, 2],
  [Code.Fldenv_m28byte, 4],
  [Code.Frstor_m94byte, 2],
  [Code.Frstor_m108byte, 4],
]);

function registerSize(register: Register): number {
  if (register >= Register.RAX && register <= Register.R15) return 8;
  if (register >= Register.EAX && register <= Register.R15D) return 4;
  if (register >= Register.AX && register <= Register.R15W) return 2;
  return register >= Register.AL && register <= Register.R15L ? 1 : 0;
}

const LEGACY = ['AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI'];
const BYTES = ['AL', 'CL', 'DL', 'BL', 'AH', 'CH', 'DH', 'BH', 'SP', 'BP', 'SI', 'DI'];
const SEGMENTS: ReadonlyMap<Register, string> = new Map([
  [Register.ES, 'ES'],
  [Register.CS, 'CS'],
  [Register.SS, 'SS'],
  [Register.DS, 'DS'],
  [Register.FS, 'FS'],
  [Register.GS, 'GS'],
]);

/** Go's name of a register: `AX` for RAX, EAX and AX alike, `X0` for XMM0. */
function plan9Register(register: Register): string {
  if (register === Register.RIP || register === Register.EIP) return 'IP';
  const segment = SEGMENTS.get(register);
  if (segment !== undefined) return segment;
  if (register >= Register.AL && register <= Register.R15L) {
    const index = register - Register.AL;
    return BYTES[index] ?? `R${index - 4}`;
  }
  for (const base of [Register.AX, Register.EAX, Register.RAX]) {
    if (register >= base && register < base + 16) return LEGACY[register - base] ?? `R${register - base}`;
  }
  const families: readonly (readonly [Register, number, string])[] = [
    [Register.XMM0, 32, 'X'],
    [Register.YMM0, 32, 'Y'],
    [Register.ZMM0, 32, 'Z'],
    [Register.MM0, 8, 'M'],
    [Register.ST0, 8, 'F'],
    [Register.CR0, 16, 'CR'],
    [Register.DR0, 16, 'DR'],
    [Register.K0, 8, 'K'],
  ];
  for (const [base, count, letter] of families) {
    if (register >= base && register < base + count) return `${letter}${register - base}`;
  }
  return '?';
}

function operandsOf(instruction: Instruction, mnemonic: string, symbol: SymbolName, field: string | undefined): string[] {
  if (instruction.mnemonic === Mnemonic.Int3) return ['$0x3'];
  if (mnemonic === 'XLATB') return ['DS:0(BX)'];
  const texts = Array.from({ length: instruction.opCount }, (_, index) => operandText(instruction, index, symbol, field));
  if (ONE_OF_TWO.has(mnemonic) && texts.length === 2) return texts.slice(1);
  if (WITHOUT_MEMORY.has(mnemonic)) return texts.slice(1);
  if (IMPLICIT_X0.has(mnemonic)) texts.push('X0');
  // The mask stands beside what it masks.
  if (instruction.opMask !== Register.None) texts.splice(1, 0, plan9Register(instruction.opMask));
  return texts;
}

function operandText(instruction: Instruction, index: number, symbol: SymbolName, field: string | undefined): string {
  const kind = instruction.opKind(index);
  switch (kind) {
    case OpKind.Register:
      return plan9Register(instruction.opRegister(index));
    case OpKind.NearBranch16:
    case OpKind.NearBranch32:
    case OpKind.NearBranch64: {
      const target = instruction.nearBranchTarget;
      const hit = symbol(target);
      return hit !== undefined && hit.base === target ? `${hit.name}(SB)` : hex(target);
    }
    case OpKind.Memory:
      return memoryText(instruction, symbol, field);
    case OpKind.MemorySegSI:
    case OpKind.MemorySegESI:
    case OpKind.MemorySegRSI:
      return `${plan9Register(instruction.memorySegment)}:0(SI)`;
    case OpKind.MemorySegDI:
    case OpKind.MemorySegEDI:
    case OpKind.MemorySegRDI:
      return `${plan9Register(instruction.memorySegment)}:0(DI)`;
    case OpKind.MemoryESDI:
    case OpKind.MemoryESEDI:
    case OpKind.MemoryESRDI:
      return 'ES:0(DI)';
    default:
      return immediateText(signedImmediate(instruction, index, kind), symbol);
  }
}

/** Of bytes on the stack. */
const UNSIGNED_WORDS: ReadonlySet<Mnemonic> = new Set([Mnemonic.Ret, Mnemonic.Retf, Mnemonic.Enter]);

function signedImmediate(instruction: Instruction, index: number, kind: OpKind): bigint {
  const value = instruction.immediate(index);
  switch (kind) {
    // Bits, a count or a number of a byte; what is widened to an operand of more bytes has its sign, and another kind.
    case OpKind.Immediate8:
    case OpKind.Immediate8_2nd:
      return BigInt.asUintN(8, value);
    case OpKind.Immediate16:
      return UNSIGNED_WORDS.has(instruction.mnemonic) ? BigInt.asUintN(16, value) : BigInt.asIntN(16, value);
    case OpKind.Immediate32:
      return BigInt.asIntN(32, value);
    default:
      return BigInt.asIntN(64, value);
  }
}

function immediateText(value: bigint, symbol: SymbolName): string {
  const address = BigInt.asUintN(64, value);
  // A number that lies somewhere inside a large symbol is a number; only one that is a symbol's very address names it.
  const hit = symbol(address);
  if (hit?.base === address) return `$${hit.name}(SB)`;
  if (BigInt.asIntN(32, value) === value) return `$${hex(value)}`;
  return `$${hex(address)}`;
}

function memoryText(instruction: Instruction, symbol: SymbolName, field: string | undefined): string {
  const { memoryBase, memoryIndex } = instruction;
  const narrow = [memoryBase, memoryIndex].some(each => registerSize(each) === 4);
  const displacement = BigInt.asIntN(narrow ? 32 : 64, instruction.memoryDisplacement);
  const { memoryBase: base, memoryIndex: index, segmentPrefix } = instruction;
  const relative = instruction.isIpRelMemoryOperand;
  const plain = base === Register.None && index === Register.None && displacement !== 0n;
  if (segmentPrefix === Register.None && (relative || plain)) {
    const address = relative ? instruction.ipRelMemoryAddress : BigInt.asUintN(64, displacement);
    const hit = symbol(address);
    if (hit !== undefined) return `${hit.name}${offset(address - hit.base)}(SB)`;
  }
  const segment = segmentPrefix === Register.None ? '' : `${plan9Register(segmentPrefix)}:`;
  const shown = relative ? BigInt.asIntN(64, instruction.ipRelMemoryAddress - instruction.nextIP) : displacement;
  const number = field ?? (shown === 0n ? '0' : hex(shown));
  const baseText = base === Register.None ? '' : `(${plan9Register(base)})`;
  const indexText = index === Register.None ? '' : `(${plan9Register(index)}*${instruction.memoryIndexScale})`;
  return `${segment}${number}${baseText}${indexText}`;
}

function offset(distance: bigint): string {
  return distance === 0n ? '' : distance > 0n ? `+${distance}` : `${distance}`;
}

function hex(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
