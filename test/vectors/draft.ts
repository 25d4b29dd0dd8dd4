/** A case in the making: an instruction of a given `Code`, its operands, and the registers and memory that those need. */
import {
  Code,
  Decoder,
  DecoderOptions,
  Encoder,
  Instruction,
  MemorySizeExt,
  Mnemonic,
  type OpCodeInfo,
  OpCodeOperandKind,
  OpKind,
  Register,
} from 'iced-x86';
import { CODE, ENTRY, FS_BASE, GS_BASE, HIGH, LOW, WRITABLE_BYTES } from './layout.js';
import type { Random } from './random.js';

/** Numbers of the general registers (Intel SDM vol. 2, table 2-2). */
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;

/** What the table of instructions needs to know of a `Code`, copied out of iced's object. */
export interface Form {
  readonly code: Code;
  readonly name: string;
  readonly mnemonic: string;
  readonly operands: readonly OpCodeOperandKind[];
  /** Of the memory operand, 0 when there is none. */
  readonly memoryBytes: number;
  /** Bytes of the general register operands. */
  readonly operandBytes: number;
  readonly lockable: boolean;
  readonly repeatable: 'rep' | 'repe' | undefined;
}

export function formOf(code: Code): Form {
  const instruction = new Instruction();
  instruction.code = code;
  const info: OpCodeInfo = instruction.opCode;
  const operands: OpCodeOperandKind[] = [];
  for (let i = 0; i < info.opCount; i++) operands.push(info.opKind(i));
  const form: Form = {
    code,
    name: Code[code] as string,
    mnemonic: Mnemonic[info.mnemonic] as string,
    operands,
    memoryBytes: MemorySizeExt.size(info.memorySize),
    operandBytes: operandBytes(operands),
    lockable: info.canUseLockPrefix,
    repeatable: info.canUseRepnePrefix && info.canUseRepPrefix ? 'repe' : info.canUseRepPrefix ? 'rep' : undefined,
  };
  info.free();
  instruction.free();
  return form;
}

const K = OpCodeOperandKind;

function operandBytes(operands: readonly OpCodeOperandKind[]): number {
  const sizes: readonly (readonly [number, readonly OpCodeOperandKind[]])[] = [
    [1, [K.r8_or_mem, K.r8_reg, K.r8_opcode, K.al]],
    [2, [K.r16_or_mem, K.r16_reg, K.r16_opcode, K.ax]],
    [4, [K.r32_or_mem, K.r32_reg, K.r32_opcode, K.eax]],
    [8, [K.r64_or_mem, K.r64_reg, K.r64_opcode, K.rax]],
  ];
  for (const [bytes, kinds] of sizes) if (operands[0] !== undefined && kinds.includes(operands[0])) return bytes;
  return 8;
}

/** The access an instruction makes to the memory it names may be refused; most are not. */
type Place =
  | 'aligned'
  | 'misaligned'
  | 'crossing'
  | 'unmapped'
  | 'read-only'
  | 'into-hole'
  | 'from-hole'
  | 'into-read-only'
  | 'code'
  | 'non-canonical';

const PLACES: readonly (readonly [percent: number, place: Place])[] = [
  [62, 'aligned'],
  [20, 'misaligned'],
  [6, 'crossing'],
  [3, 'unmapped'],
  [2, 'read-only'],
  [1.5, 'into-hole'],
  [1, 'from-hole'],
  [1.5, 'into-read-only'],
  [1, 'code'],
  [2, 'non-canonical'],
];

/** An address for an access of `bytes`. Those a 32-bit address must reach lie in LOW. */
export function placeAddress(random: Random, bytes: number, reach: 'any' | 'low', only?: Place): bigint {
  const region = reach === 'low' || random.chance(40) ? LOW : HIGH;
  const size = Math.max(bytes, 1);
  let roll = random.below(10_000) / 100;
  let place: Place = 'aligned';
  for (const [percent, candidate] of PLACES) {
    if ((roll -= percent) < 0) {
      place = candidate;
      break;
    }
  }
  if (only) place = only;
  if (place === 'non-canonical' && reach === 'low') place = 'unmapped';
  const inside = (low: number, high: number) => region + BigInt(random.between(low, Math.max(low, high)));
  // How many bytes lie before a boundary that the access straddles.
  const before = size > 1 ? random.between(1, size - 1) : 0;
  switch (place) {
    case 'aligned': {
      const step = size & (size - 1) ? 16 : Math.min(size, 64);
      return region + BigInt(random.below(Math.floor((WRITABLE_BYTES - size) / step)) * step);
    }
    case 'misaligned':
      return inside(1, WRITABLE_BYTES - size) | 1n;
    case 'crossing':
      return region + BigInt(0x1000 - before);
    case 'unmapped':
      return random.chance(50) ? region - BigInt(random.between(size, 0x800)) : inside(0x3000, 0x3800);
    case 'read-only':
      return inside(0x2000, 0x3000 - size);
    case 'into-hole':
      return region + BigInt(0x3000 - before);
    case 'from-hole':
      return region - BigInt(before);
    case 'into-read-only':
      return region + BigInt(0x2000 - before);
    case 'code':
      return CODE + BigInt(random.below(0x700));
    case 'non-canonical':
      return (
        random.pick([0x8000_0000_0000_0000n, 0x0000_9000_0000_0000n, 0xfff0_0000_0000_0000n, 0x1234_5678_9abc_def0n]) +
        BigInt(random.below(0x1000))
      );
  }
}

/** Register numbers in the order of iced's enumerations. */
function gpr(bytes: number, number: number): Register {
  return (bytes === 2 ? Register.AX : bytes === 4 ? Register.EAX : Register.RAX) + number;
}

function gpr8(number: number): Register {
  // AL CL DL BL AH CH DH BH, then SPL BPL SIL DIL, then R8L...
  return Register.AL + number;
}

export class Draft {
  readonly instruction = new Instruction();
  /** General registers with a purpose, by number. */
  readonly registers = new Map<number, bigint>();
  /** Where the operand in memory is, when the instruction names one. */
  address: bigint | undefined;
  overlay: { address: bigint; length: number; bytes?: Uint8Array } | undefined;
  rip = ENTRY;
  addressBytes = 8;
  /** When set, memory operands are near this register's value and use no other. */
  pointer: { register: number; value: bigint } | undefined;

  constructor(
    readonly form: Form,
    readonly random: Random,
  ) {
    this.instruction.code = form.code;
  }

  free(): void {
    this.instruction.free();
  }

  /** Gives a register a value unless it has one. False when it has another. */
  set(register: number, value: bigint): boolean {
    const now = this.registers.get(register);
    const wanted = BigInt.asUintN(64, value);
    if (now !== undefined) return now === wanted;
    this.registers.set(register, wanted);
    return true;
  }

  /** Fills memory at `address`, as far as it is writable: from the case's seed, or with these bytes. */
  fill(address: bigint, length: number, bytes?: Uint8Array): void {
    for (const region of [LOW, HIGH]) {
      const end = region + BigInt(WRITABLE_BYTES);
      if (address >= end || address + BigInt(length) <= region) continue;
      const skip = address < region ? Number(region - address) : 0;
      const keep = Math.min(length - skip, Number(end - address) - skip);
      this.overlay = { address: address + BigInt(skip), length: keep };
      if (bytes) this.overlay.bytes = bytes.slice(skip, skip + keep);
    }
  }

  /** Sets operand `index`. False when this attempt must be given up. */
  operand(index: number, kind: OpCodeOperandKind): boolean {
    const { instruction, random } = this;
    const register = (value: Register) => {
      instruction.setOpKind(index, OpKind.Register);
      instruction.setOpRegister(index, value);
      return true;
    };
    switch (kind) {
      case K.mem:
        return this.memory(index);
      case K.mem_offs: {
        this.address ??= placeAddress(random, this.form.memoryBytes, 'any');
        return this.absolute(index, this.address, 8);
      }
      case K.r8_or_mem:
      case K.r16_or_mem:
      case K.r32_or_mem:
      case K.r64_or_mem:
      case K.xmm_or_mem:
      case K.ymm_or_mem:
      case K.mm_or_mem:
        if (random.chance(50)) return this.memory(index);
        return register(registerOf(kind, random));
      case K.r8_reg:
      case K.r8_opcode:
      case K.r16_reg:
      case K.r16_opcode:
      case K.r16_rm:
      case K.r32_reg:
      case K.r32_opcode:
      case K.r32_rm:
      case K.r64_reg:
      case K.r64_opcode:
      case K.r64_rm:
      case K.mm_reg:
      case K.mm_rm:
      case K.xmm_reg:
      case K.xmm_rm:
      case K.xmm_vvvv:
      case K.xmm_is4:
      case K.ymm_reg:
      case K.ymm_rm:
      case K.ymm_vvvv:
      case K.ymm_is4:
      case K.r32_vvvv:
      case K.r64_vvvv:
        return register(registerOf(kind, random));
      case K.al:
        return register(Register.AL);
      case K.cl:
        return register(Register.CL);
      case K.ax:
        return register(Register.AX);
      case K.dx:
        return register(Register.DX);
      case K.eax:
        return register(Register.EAX);
      case K.rax:
        return register(Register.RAX);
      case K.fs:
        return register(Register.FS);
      case K.gs:
        return register(Register.GS);
      case K.seg_reg:
        return register(Register.ES + random.below(6));
      case K.st0:
        return register(Register.ST0);
      case K.sti_opcode:
        return register(Register.ST0 + random.below(8));
      case K.imm8:
        // ENTER has a second immediate.
        if (index > 0 && instruction.opKind(index - 1) === OpKind.Immediate16) {
          instruction.setOpKind(index, OpKind.Immediate8_2nd);
          instruction.immediate8_2nd = random.chance(70) ? random.below(3) : random.below(32);
          return true;
        }
        instruction.setOpKind(index, OpKind.Immediate8);
        instruction.immediate8 = random.chance(50)
          ? random.below(256)
          : random.pick([0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 255]);
        return true;
      case K.imm8_const_1:
        instruction.setOpKind(index, OpKind.Immediate8);
        instruction.immediate8 = 1;
        return true;
      case K.imm8sex16:
        instruction.setOpKind(index, OpKind.Immediate8to16);
        instruction.immediate8to16 = smallImmediate(random);
        return true;
      case K.imm8sex32:
        instruction.setOpKind(index, OpKind.Immediate8to32);
        instruction.immediate8to32 = smallImmediate(random);
        return true;
      case K.imm8sex64:
        instruction.setOpKind(index, OpKind.Immediate8to64);
        instruction.immediate8to64 = BigInt(smallImmediate(random));
        return true;
      case K.imm16:
        instruction.setOpKind(index, OpKind.Immediate16);
        instruction.immediate16 = random.chance(50)
          ? random.below(0x10000)
          : random.pick([0, 1, 0x7fff, 0x8000, 0xffff, 0xff, 0x100, 0x10]);
        return true;
      case K.imm32:
        instruction.setOpKind(index, OpKind.Immediate32);
        instruction.immediate32 = edge32(random) >>> 0;
        return true;
      case K.imm32sex64:
        instruction.setOpKind(index, OpKind.Immediate32to64);
        instruction.immediate32to64 = BigInt(edge32(random));
        return true;
      case K.imm64:
        instruction.setOpKind(index, OpKind.Immediate64);
        instruction.immediate64 = random.chance(60)
          ? random.u64()
          : random.pick([0n, 1n, 0xffff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffffn]);
        return true;
      case K.br64_1:
      case K.br64_4:
        instruction.setOpKind(index, OpKind.NearBranch64);
        // Long enough to clear the instruction itself, within the page.
        instruction.nearBranch64 =
          this.rip +
          BigInt(
            random.chance(50) ? random.between(16, kind === K.br64_1 ? 120 : 0x7e0) : random.between(kind === K.br64_1 ? -110 : -0x7ff, -1),
          );
        return true;
      case K.seg_rSI:
        instruction.setOpKind(index, this.addressBytes === 8 ? OpKind.MemorySegRSI : OpKind.MemorySegESI);
        return true;
      case K.seg_rDI:
        instruction.setOpKind(index, this.addressBytes === 8 ? OpKind.MemorySegRDI : OpKind.MemorySegEDI);
        return true;
      case K.es_rDI:
        instruction.setOpKind(index, this.addressBytes === 8 ? OpKind.MemoryESRDI : OpKind.MemoryESEDI);
        return true;
      case K.seg_rBX_al:
        instruction.setOpKind(index, OpKind.Memory);
        instruction.memoryBase = this.addressBytes === 8 ? Register.RBX : Register.EBX;
        instruction.memoryIndex = Register.AL;
        return true;
      default:
        throw new Error(`${this.form.name}: no operands are known for ${K[kind]}`);
    }
  }

  private absolute(index: number, address: bigint, displacementBytes: number): boolean {
    const { instruction } = this;
    instruction.setOpKind(index, OpKind.Memory);
    instruction.memoryDisplSize = displacementBytes;
    instruction.memoryDisplacement = BigInt.asUintN(64, address - this.segment(10));
    return true;
  }

  /** Puts a segment prefix on some instructions; the base that it adds. */
  private segment(percent: number): bigint {
    if (!this.random.chance(percent)) return 0n;
    const fs = this.random.chance(50);
    this.instruction.segmentPrefix = fs ? Register.FS : Register.GS;
    return fs ? FS_BASE : GS_BASE;
  }

  private memory(index: number): boolean {
    const { instruction, random } = this;
    const bytes = this.form.memoryBytes;
    if (this.pointer) {
      instruction.setOpKind(index, OpKind.Memory);
      instruction.memoryBase = Register.RAX + this.pointer.register;
      instruction.memoryDisplSize = 1;
      instruction.memoryDisplacement = BigInt.asUintN(64, BigInt(random.between(-32, 32)));
      return true;
    }
    const low = this.addressBytes === 4;
    const shape = random.below(100);
    const ripRelative = shape < 12;
    const absolute = shape >= 12 && shape < 17;
    // LEA accesses nothing; any address will do.
    this.address ??=
      this.form.mnemonic === 'Lea' ? random.u64() : placeAddress(random, bytes, low || ripRelative || absolute ? 'low' : 'any');
    instruction.setOpKind(index, OpKind.Memory);
    if (bytes) this.fill(this.address, bytes);
    if (ripRelative && fitsRelative(this.address)) {
      instruction.memoryBase = low ? Register.EIP : Register.RIP;
      instruction.memoryDisplSize = low ? 4 : 8;
      instruction.memoryDisplacement = this.address;
      return true;
    }
    if (absolute && fitsRelative(this.address)) {
      instruction.memoryDisplSize = low ? 4 : 8;
      instruction.memoryDisplacement = this.address;
      return true;
    }
    return this.based(this.address, this.form.mnemonic === 'Lea' ? 5 : 14);
  }

  /** Base, index and displacement whose sum is the address. */
  private based(address: bigint, segmentPercent: number): boolean {
    const { instruction, random } = this;
    const wide = this.addressBytes === 8;
    const first = wide ? Register.RAX : Register.EAX;
    const wrap = (value: bigint) => BigInt.asUintN(wide ? 64 : 32, value);
    const segmentBase = this.segment(segmentPercent);
    let rest = address - segmentBase;
    if (!wide && (rest < 0n || rest > 0xffff_ffffn)) return false;

    const base = random.chance(92) ? random.below(16) : undefined;
    let index = base === undefined || random.chance(45) ? random.below(16) : undefined;
    if (index === RSP) index = undefined;
    if (base === undefined && index === undefined) return false;
    const scale = random.pick([1, 2, 4, 8]);
    const displacement = this.displacement();
    let value = displacement.value;
    rest -= value;

    const factor = BigInt((index === undefined ? 0 : scale) + (base === index ? 1 : 0));
    if (base === undefined || base === index) {
      // One register, taken `factor` times: what does not divide goes to the displacement.
      const remainder = wrap(rest) % factor;
      if (remainder && displacement.bytes === 0) return false;
      value += remainder;
      if (displacement.bytes === 1 && value > 127n) return false;
      const register = (base ?? index) as number;
      if (!this.setAddress(register, wrap(rest) / factor)) return false;
    } else {
      if (index !== undefined) {
        const given = this.registers.get(index);
        const content = given ?? (random.chance(50) ? BigInt(random.between(-64, 64)) : random.u64());
        if (given === undefined) this.setAddress(index, wrap(content));
        rest -= BigInt.asIntN(64, content) * BigInt(scale);
      }
      if (!this.setAddress(base, wrap(rest))) return false;
    }
    if (base !== undefined) instruction.memoryBase = first + base;
    if (index !== undefined) {
      instruction.memoryIndex = first + index;
      instruction.memoryIndexScale = scale;
    }
    instruction.memoryDisplSize = displacement.bytes > 1 || base === undefined ? (wide ? 8 : 4) : displacement.bytes;
    instruction.memoryDisplacement = wrap(value);
    return true;
  }

  /** With 32-bit addresses the upper half of a register must not matter: it holds noise. */
  private setAddress(register: number, value: bigint): boolean {
    return this.set(register, this.addressBytes === 8 ? value : value | (BigInt(this.random.u32()) << 32n));
  }

  private displacement(): { value: bigint; bytes: number } {
    const { random } = this;
    const shape = random.below(10);
    if (shape < 3) return { value: 0n, bytes: 0 };
    if (shape < 7) return { value: BigInt(random.between(-128, 120)), bytes: 1 };
    return { value: BigInt(random.chance(50) ? random.between(-0x8000, 0x7000) : random.between(-(2 ** 31), 2 ** 31 - 16)), bytes: 4 };
  }

  /** The bytes, or nothing when there is no such encoding. */
  encode(): Uint8Array | undefined {
    const encoder = new Encoder(64);
    try {
      encoder.encode(this.instruction, this.rip);
      return encoder.takeBuffer();
    } catch {
      return undefined;
    } finally {
      encoder.free();
    }
  }
}

function fitsRelative(address: bigint): boolean {
  return address >= LOW - 0x1_0000n && address < LOW + 0x1_0000n;
}

function smallImmediate(random: Random): number {
  return random.chance(50) ? random.between(-128, 127) : random.pick([0, 1, -1, 127, -128, 2, -2]);
}

function edge32(random: Random): number {
  return random.chance(50)
    ? random.u32() | 0
    : random.pick([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 0xff, 0x80, 0x7f, 0xffff, 0x8000, -128, -32768]);
}

export function registerOf(kind: OpCodeOperandKind, random: Random): Register {
  switch (kind) {
    case K.r8_or_mem:
    case K.r8_reg:
    case K.r8_opcode:
      return gpr8(random.below(20));
    case K.r16_or_mem:
    case K.r16_reg:
    case K.r16_opcode:
    case K.r16_rm:
      return gpr(2, random.below(16));
    case K.r32_or_mem:
    case K.r32_reg:
    case K.r32_opcode:
    case K.r32_rm:
    case K.r32_vvvv:
      return gpr(4, random.below(16));
    case K.r64_or_mem:
    case K.r64_reg:
    case K.r64_opcode:
    case K.r64_rm:
    case K.r64_vvvv:
      return gpr(8, random.below(16));
    case K.ymm_or_mem:
    case K.ymm_reg:
    case K.ymm_rm:
    case K.ymm_vvvv:
    case K.ymm_is4:
      return Register.YMM0 + random.below(16);
    case K.mm_or_mem:
    case K.mm_reg:
    case K.mm_rm:
      return Register.MM0 + random.below(8);
    default:
      return Register.XMM0 + random.below(16);
  }
}

/** Number of the general register that a register is part of, or undefined. */
export function gprNumber(register: Register): number | undefined {
  if (register >= Register.AL && register <= Register.BL) return register - Register.AL;
  if (register >= Register.AH && register <= Register.BH) return register - Register.AH;
  if (register >= Register.SPL && register <= Register.R15L) return register - Register.SPL + 4;
  for (const first of [Register.AX, Register.EAX, Register.RAX]) if (register >= first && register < first + 16) return register - first;
  return undefined;
}

/** The one instruction at the start of `bytes`; the caller frees it. */
export function decode(bytes: Uint8Array, rip: bigint): Instruction {
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  decoder.ip = rip;
  const instruction = decoder.decode();
  decoder.free();
  return instruction;
}
