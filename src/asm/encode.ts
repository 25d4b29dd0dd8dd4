/** From an Intel instruction with typed operands to bytes: tries the encodings that fit and takes the shortest, as Go's assembler does. */
import { Code, CodeExt, Encoder, EncodingKind, Instruction, OpCodeOperandKind as K, type Mnemonic, OpKind, Register } from 'iced-x86';
import { type Encoded, Encodings, type NumberField, type Pattern, patternOf } from './encodings.js';
import { BYTE_REGISTERS, INTEGER_REGISTERS, isVector, NARROW_VECTOR_REGISTERS, VECTOR_REGISTERS, WIDE_VECTOR_REGISTERS } from './syntax.js';

/** An operand as the processor sees it. */
export type EncodedPlace =
  | { readonly kind: 'register'; readonly name: string; readonly width: number }
  /** Width: that of the operation, to which a shorter immediate is extended. */
  | { readonly kind: 'immediate'; readonly value: bigint; readonly width: number }
  | {
      readonly kind: 'memory';
      readonly base?: string;
      readonly index?: string;
      readonly scale: number;
      readonly displacement: bigint;
      readonly segment?: 'FS' | 'GS';
      /** Displacement is an absolute address, to be reached relative to RIP. */
      readonly ripRelative?: boolean;
      /** In bits; 0: as the instruction has it. */
      readonly width: number;
    }
  | { readonly kind: 'branch'; readonly target: bigint; readonly short: boolean };

const LOW_BYTES = [Register.AL, Register.CL, Register.DL, Register.BL, Register.SPL, Register.BPL, Register.SIL, Register.DIL];

/** iced's registers by Go's name, and by width. */
const ICED_REGISTERS: ReadonlyMap<string, Readonly<Record<number, Register>>> = new Map<string, Record<number, Register>>([
  ...INTEGER_REGISTERS.map((name, number): [string, Record<number, Register>] => [
    name,
    {
      8: number < 8 ? LOW_BYTES[number] : Register.R8L + number - 8,
      16: Register.AX + number,
      32: Register.EAX + number,
      64: Register.RAX + number,
    },
  ]),
  ...BYTE_REGISTERS.map((name, number): [string, Record<number, Register>] => [name, { 8: Register.AL + number }]),
  ...VECTOR_REGISTERS.map((name, number): [string, Record<number, Register>] => [
    name,
    { 0: Register.XMM0 + number, 128: Register.XMM0 + number },
  ]),
  ...NARROW_VECTOR_REGISTERS.map((name, number): [string, Record<number, Register>] => [name, { 0: Register.MM0 + number }]),
  ...WIDE_VECTOR_REGISTERS.map((name, number): [string, Record<number, Register>] => [name, { 0: Register.YMM0 + number }]),
]);

/** iced's register for Go's name at a width; undefined when there is none. */
export const icedRegister = (name: string, width: number): Register | undefined => ICED_REGISTERS.get(name)?.[width];

interface Candidate {
  readonly code: Code;
  /** Of the operands that are written. */
  readonly kinds: readonly K[];
  /** Number of operands in front of them that are not. */
  readonly implied: number;
  readonly vex: boolean;
  /** It has an operand of MMX: Go's names stand for such forms one by one. */
  readonly mmx: boolean;
}

/** All codes of 64-bit mode and of legacy or VEX encoding by mnemonic; their operands are looked at when a mnemonic is first used. */
let codes: Map<Mnemonic, Code[]> | undefined;
const candidates = new Map<Mnemonic, readonly Candidate[]>();

function codesOf(mnemonic: Mnemonic): readonly Code[] {
  if (codes === undefined) {
    codes = new Map();
    const ins = new Instruction();
    for (let code = 1 as Code; Code[code] !== undefined; code++) {
      ins.code = code;
      const list = codes.get(ins.mnemonic);
      if (list === undefined) codes.set(ins.mnemonic, [code]);
      else list.push(code);
    }
    ins.free();
  }
  return codes.get(mnemonic) ?? [];
}

const WITH_X0: ReadonlySet<Code> = new Set([
  Code.Pblendvb_xmm_xmmm128,
  Code.Blendvps_xmm_xmmm128,
  Code.Blendvpd_xmm_xmmm128,
  Code.Sha256rnds2_xmm_xmmm128,
]);
/** VAES and VPCLMULQDQ, which came with AVX-512, and what only Knights Corner had. */
const LATER = /^VEX_V(?:aes|pclmul).*_ymm|^VEX_KNC_/;

function candidatesOf(mnemonic: Mnemonic): readonly Candidate[] {
  const known = candidates.get(mnemonic);
  if (known !== undefined) return known;
  const list: Candidate[] = [];
  for (const code of codesOf(mnemonic)) {
    const info = CodeExt.opCode(code);
    // EVEX and later encodings are not r14's.
    const { encoding } = info;
    const known = (encoding === EncodingKind.Legacy || encoding === EncodingKind.VEX) && !LATER.test(Code[code]!);
    if (info.isInstruction && info.isAvailableInMode(64) && known) {
      const kinds = Array.from({ length: info.opCount }, (_, index) => info.opKind(index));
      // The place that MASKMOVDQU writes to is implied.
      const implied = kinds[0] === K.seg_rDI ? 1 : 0;
      const written = kinds.slice(implied);
      // Go writes the X0 that no bit of these names.
      if (WITH_X0.has(code)) written.push(K.None);
      list.push({ code, kinds: written, implied, vex: encoding === EncodingKind.VEX, mmx: kinds.some(kind => VECTORS.M!.has(kind)) });
    }
    info.free();
  }
  candidates.set(mnemonic, list);
  return list;
}

const fits = (value: bigint, bits: number): boolean => BigInt.asIntN(bits, value) === value;
/** A value that an immediate of that many bits can hold, signed or unsigned. */
const holds = (value: bigint, bits: number): boolean => fits(value, bits) || (value >= 0n && value < 1n << BigInt(bits));
/** As Go reads a constant: 64 bits with a sign. `$0xffffffff` is no small number, so a short form of it is not looked for. */
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

const REGISTER_OR_MEMORY: Partial<Record<K, number>> = {
  [K.r8_or_mem]: 8,
  [K.r16_or_mem]: 16,
  [K.r32_or_mem]: 32,
  [K.r64_or_mem]: 64,
};
const REGISTER_WIDTH: Partial<Record<K, number>> = {
  [K.r8_reg]: 8,
  [K.r8_opcode]: 8,
  [K.r16_reg]: 16,
  [K.r16_reg_mem]: 16,
  [K.r16_rm]: 16,
  [K.r16_opcode]: 16,
  [K.r32_reg]: 32,
  [K.r32_reg_mem]: 32,
  [K.r32_rm]: 32,
  [K.r32_opcode]: 32,
  [K.r32_vvvv]: 32,
  [K.r64_vvvv]: 64,
  [K.r64_reg]: 64,
  [K.r64_reg_mem]: 64,
  [K.r64_rm]: 64,
  [K.r64_opcode]: 64,
};
const FIXED: Partial<Record<K, Register>> = {
  [K.al]: Register.AL,
  [K.cl]: Register.CL,
  [K.ax]: Register.AX,
  [K.dx]: Register.DX,
  [K.eax]: Register.EAX,
  [K.rax]: Register.RAX,
};
/** By the letter of Go's name. */
const VECTORS: Readonly<Record<string, ReadonlySet<K>>> = {
  M: new Set([K.mm_reg, K.mm_rm, K.mm_or_mem]),
  X: new Set([K.xmm_reg, K.xmm_rm, K.xmm_or_mem, K.xmm_vvvv, K.xmm_is4]),
  Y: new Set([K.ymm_reg, K.ymm_rm, K.ymm_or_mem, K.ymm_vvvv, K.ymm_is4]),
};
/** Memory whose index is a vector, by its letter. */
const GATHERED: Partial<Record<K, string>> = {
  [K.mem_vsib32x]: 'X',
  [K.mem_vsib64x]: 'X',
  [K.mem_vsib32y]: 'Y',
  [K.mem_vsib64y]: 'Y',
};
const IMMEDIATES: Partial<Record<K, { readonly bits: number; readonly to: number; readonly op: OpKind }>> = {
  [K.imm8]: { bits: 8, to: 8, op: OpKind.Immediate8 },
  [K.imm8sex16]: { bits: 8, to: 16, op: OpKind.Immediate8to16 },
  [K.imm8sex32]: { bits: 8, to: 32, op: OpKind.Immediate8to32 },
  [K.imm8sex64]: { bits: 8, to: 64, op: OpKind.Immediate8to64 },
  [K.imm16]: { bits: 16, to: 16, op: OpKind.Immediate16 },
  [K.imm32]: { bits: 32, to: 32, op: OpKind.Immediate32 },
  [K.imm32sex64]: { bits: 32, to: 64, op: OpKind.Immediate32to64 },
  [K.imm64]: { bits: 64, to: 64, op: OpKind.Immediate64 },
};

function matches(kind: K, place: EncodedPlace): boolean {
  switch (place.kind) {
    case 'register': {
      if (kind === K.None) return place.name === 'X0';
      const width = REGISTER_OR_MEMORY[kind] ?? REGISTER_WIDTH[kind];
      if (width !== undefined) return width === place.width && icedRegister(place.name, width) !== undefined;
      // Go takes the forms that save a byte for AL where it is called so, not where it is the low byte of AX.
      if (kind === K.al) return place.name === 'AL';
      if (kind in FIXED) return icedRegister(place.name, place.width) === FIXED[kind];
      return isVector(place.name) && VECTORS[place.name[0]!]!.has(kind);
    }
    case 'memory': {
      const gathered = place.index !== undefined && isVector(place.index) ? place.index[0] : undefined;
      if (gathered !== GATHERED[kind]) return false;
      if (gathered !== undefined) return true;
      const width = REGISTER_OR_MEMORY[kind];
      if (width !== undefined) return place.width === width;
      if (kind === K.r32_reg_mem || kind === K.r64_reg_mem || kind === K.r16_reg_mem) return true;
      return kind === K.mem || kind === K.mm_or_mem || kind === K.xmm_or_mem || kind === K.ymm_or_mem;
    }
    case 'immediate': {
      if (!holds(place.value, 64)) return false;
      if (kind === K.imm8_const_1) return place.value === 1n;
      const form = IMMEDIATES[kind];
      if (form === undefined || (form.to > 8 && form.to !== place.width)) return false;
      if (form.bits === form.to) return holds(place.value, form.bits);
      return fits(signed(place.value), form.bits);
    }
    case 'branch':
      return kind === (place.short ? K.br64_1 : K.br64_4);
  }
}

function setOperand(ins: Instruction, index: number, kind: K, place: EncodedPlace): void {
  switch (place.kind) {
    case 'register':
      ins.setOpKind(index, OpKind.Register);
      ins.setOpRegister(index, icedRegister(place.name, isVector(place.name) ? 0 : place.width)!);
      return;
    case 'memory': {
      ins.setOpKind(index, OpKind.Memory);
      ins.memoryBase = place.ripRelative ? Register.RIP : place.base === undefined ? Register.None : icedRegister(place.base, 64)!;
      ins.memoryIndex = place.index === undefined ? Register.None : icedRegister(place.index, isVector(place.index) ? 0 : 64)!;
      ins.memoryIndexScale = place.scale;
      const displacement = BigInt.asUintN(64, place.displacement);
      ins.memoryDisplacement = displacement;
      const wide = ins.memoryBase === Register.None || place.ripRelative === true;
      ins.memoryDisplSize = wide ? 8 : place.displacement === 0n ? 0 : 1;
      ins.segmentPrefix = place.segment === 'FS' ? Register.FS : place.segment === 'GS' ? Register.GS : Register.None;
      return;
    }
    case 'immediate': {
      const form = IMMEDIATES[kind] ?? IMMEDIATES[K.imm8]!;
      ins.setOpKind(index, form.op);
      if (form.bits === 64) ins.immediate64 = BigInt.asUintN(64, place.value);
      else ins.setImmediateI64(index, form.bits === form.to ? BigInt.asIntN(form.bits, place.value) : signed(place.value));
      return;
    }
    case 'branch':
      ins.setOpKind(index, OpKind.NearBranch64);
      ins.nearBranch64 = place.target;
  }
}

/** Between equal lengths, Go takes the form whose first operand is the r/m field for general registers and AVX, and the loading form for SSE. */
const storing = ({ kinds: [first], vex }: Candidate): boolean =>
  first !== undefined && (first in REGISTER_OR_MEMORY || (vex && IN_RM.has(first)));
const IN_RM: ReadonlySet<K> = new Set([K.xmm_or_mem, K.ymm_or_mem, K.xmm_rm]);

/** Of which constants a place takes the same encodings. */
function immediateClass(value: bigint): number {
  // Nearly all are small, and numbers are much faster than bigints.
  const small = Number(value);
  if (small >= -128 && small < 128) return small === 1 ? 1 : 2;
  return (
    (holds(value, 8) ? 4 : 0) |
    (fits(signed(value), 8) ? 8 : 0) |
    (holds(value, 16) ? 16 : 0) |
    (holds(value, 32) ? 32 : 0) |
    (fits(signed(value), 32) ? 64 : 0) |
    (holds(value, 64) ? 128 : 0)
  );
}

/** What a memory operand's displacement can be written in: nothing, 8 bits, 32; one that has more is a class of its own. */
const displacementClass = (value: bigint): number | bigint => (value === 0n ? 0 : fits(value, 8) ? 8 : fits(value, 32) ? 32 : value);

/** What an operand's bytes depend on, but for those of its number. */
function signature(place: EncodedPlace): string {
  switch (place.kind) {
    case 'register':
      return `r${place.width}${place.name}`;
    case 'immediate':
      return `i${place.width}.${immediateClass(place.value)}`;
    case 'memory':
      return `m${place.width}${place.segment ?? ''}${place.ripRelative ? 'p' : ''}${place.base ?? ''}+${place.index ?? ''}${place.scale}.${displacementClass(place.displacement)}`;
    case 'branch':
      return place.short ? 's' : 'b';
  }
}

export class InstructionEncoder {
  private readonly encoder = new Encoder(64);
  private readonly branches = new Map<number, Uint8Array>();

  /** `known` grows by what is encoded. */
  constructor(private readonly known = new Encodings()) {}

  /**
   * The instruction as it is at address 0; undefined when no encoding takes these operands.
   * @param only the one encoding to be used, where Go has a name for it
   */
  encode(mnemonic: Mnemonic, places: readonly EncodedPlace[], only?: Code): Encoded | undefined {
    let key = `${only ?? ''}/${mnemonic}`;
    for (const place of places) key += ` ${signature(place)}`;
    const pattern = this.known.patternAt(key, () => this.shortest(mnemonic, places, only));
    return pattern && filled(pattern, places);
  }

  private shortest(mnemonic: Mnemonic, places: readonly EncodedPlace[], only: Code | undefined): Pattern | undefined {
    let best: Pattern | undefined;
    let chosen: Candidate | undefined;
    for (const candidate of candidatesOf(mnemonic)) {
      if (only === undefined ? candidate.mmx : candidate.code !== only) continue;
      if (candidate.kinds.length !== places.length || !places.every((place, index) => matches(candidate.kinds[index], place))) continue;
      const encoded = this.tryEncode(candidate, places);
      if (encoded === undefined) continue;
      const { length } = encoded.bytes;
      const stores = storing(candidate) && (chosen === undefined || !storing(chosen));
      // Of AVX's moves Go takes the storing form even where the other is shorter.
      const better = chosen === undefined || (candidate.vex ? stores : length < best!.bytes.length);
      if (better || (length === best?.bytes.length && stores)) {
        best = encoded;
        chosen = candidate;
      }
    }
    return best;
  }

  /** A jump to its own start, whose last byte (short) or four bytes are the distance. */
  jump(mnemonic: Mnemonic, short: boolean): Uint8Array {
    const key = mnemonic * 2 + (short ? 1 : 0);
    const known = this.branches.get(key);
    if (known !== undefined) return known;
    const bytes = this.encode(mnemonic, [{ kind: 'branch', target: 0n, short }])?.bytes ?? new Uint8Array(2);
    this.branches.set(key, bytes);
    return bytes;
  }

  private tryEncode(candidate: Candidate, places: readonly EncodedPlace[]): Pattern | undefined {
    const { implied } = candidate;
    const ins = new Instruction();
    try {
      ins.code = candidate.code;
      if (implied > 0) ins.setOpKind(0, OpKind.MemorySegRDI);
      for (let index = 0; index < places.length; index++) {
        const kind = candidate.kinds[index]!;
        if (kind !== K.None) setOperand(ins, implied + index, kind, places[index]!);
      }
      this.encoder.encode(ins, 0n);
      const bytes = this.encoder.takeBuffer();
      const offsets = this.encoder.getConstantOffsets();
      const displacement = { offset: offsets.displacementOffset, size: offsets.displacementSize };
      const immediate = { offset: offsets.immediateOffset, size: offsets.immediateSize };
      offsets.free();
      return patternOf(bytes, displacement, immediate);
    } catch {
      // iced says what does not fit; other candidates may do.
      this.encoder.takeBuffer();
      return undefined;
    } finally {
      ins.free();
    }
  }
}

/** The instruction with the numbers of other operands. */
function filled(pattern: Pattern, places: readonly EncodedPlace[]): Encoded {
  const { displacement, immediate } = pattern;
  if (displacement.size + immediate.size === 0) return pattern;
  const bytes = pattern.bytes.slice();
  for (const place of places) {
    if (place.kind === 'memory') putNumber(bytes, displacement, place.displacement);
    else if (place.kind === 'immediate') putNumber(bytes, immediate, place.value);
  }
  return { bytes, fieldAt: pattern.fieldAt };
}

function putNumber(bytes: Uint8Array, { offset, size }: NumberField, value: bigint): void {
  if (size === 8) {
    new DataView(bytes.buffer).setBigUint64(offset, BigInt.asUintN(64, value), true);
    return;
  }
  let rest = Number(BigInt.asIntN(32, value));
  for (let at = offset; at < offset + size; at++, rest >>= 8) bytes[at] = rest;
}
