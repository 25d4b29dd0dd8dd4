/** What the instruction that a thread stands at will do: which way a branch goes, where an indirect one leads, what its operand is. */
import {
  ConditionCode,
  FlowControl,
  type Instruction,
  InstructionInfoFactory,
  MemorySizeExt,
  Mnemonic,
  OpAccess,
  OpKind,
  Register,
  RegisterExt,
  type UsedMemory,
} from 'iced-x86';
import type { AddressSpace, Registers } from '../../cpu/api.js';
import { decodedAt, FLOWS } from './decode.js';

/** A place in memory that the instruction touches. */
export interface Access {
  readonly address: bigint;
  /** Bytes; 0 for LEA, which only computes the address. */
  readonly size: number;
  readonly kind: 'read' | 'write' | 'update' | 'address';
  /** The page tables refuse it. */
  readonly faults: boolean;
  /** What lies there now, when it has 8 bytes or fewer and can be read. */
  readonly value: bigint | undefined;
}

export interface Forecast {
  readonly flow: 'next' | 'branch' | 'jump' | 'call' | 'return' | 'system';
  /** Whether a conditional jump, move or set has its condition. */
  readonly holds?: boolean;
  /** The target is in a register or in memory, not in the instruction. */
  readonly indirect: boolean;
  /** RIP afterwards; absent: a fault or the kernel decides. */
  readonly next?: bigint;
  /** The memory operand; for POP, RET and string instructions what they read without naming it. */
  readonly access?: Access;
}

const FLAG = { CF: 1n, PF: 4n, ZF: 0x40n, SF: 0x80n, OF: 0x800n } as const;

/** By the registers as they are; nothing when there is no instruction at RIP. */
export function forecast(memory: AddressSpace, registers: Registers): Forecast | undefined {
  return decodedAt(memory, registers.rip, instruction => (instruction.isInvalid ? undefined : of(memory, registers, instruction)));
}

function of(memory: AddressSpace, registers: Registers, instruction: Instruction): Forecast {
  const syscall = instruction.mnemonic === Mnemonic.Syscall;
  const flow = syscall ? 'system' : (FLOWS.get(instruction.flowControl) ?? 'system');
  const holds = condition(registers, instruction);
  const access = accessOf(memory, registers, instruction);
  const indirect = [FlowControl.IndirectCall, FlowControl.IndirectBranch].includes(instruction.flowControl);
  const next = access?.faults ? undefined : successor(registers, instruction, flow, holds, access);
  return {
    flow,
    indirect,
    ...(holds === undefined ? {} : { holds }),
    ...(next === undefined ? {} : { next }),
    ...(access === undefined ? {} : { access }),
  };
}

function successor(
  registers: Registers,
  instruction: Instruction,
  flow: Forecast['flow'],
  holds: boolean | undefined,
  access: Access | undefined,
): bigint | undefined {
  switch (flow) {
    case 'next':
      return instruction.nextIP;
    case 'branch':
      return holds === undefined ? undefined : holds ? instruction.nearBranchTarget : instruction.nextIP;
    case 'return':
      return access?.value;
    case 'system':
      return undefined;
    default:
      if (instruction.op0Kind === OpKind.NearBranch64) return instruction.nearBranchTarget;
      return instruction.op0Kind === OpKind.Register ? registerValue(registers, instruction.op0Register) : access?.value;
  }
}

/** Intel SDM vol. 1, appendix B; and the branches on RCX. */
function condition(registers: Registers, instruction: Instruction): boolean | undefined {
  const flags = registers.rflags;
  const set = (flag: bigint) => (flags & flag) !== 0n;
  const rcx = registers.get('rcx');
  switch (instruction.mnemonic) {
    case Mnemonic.Jrcxz:
      return rcx === 0n;
    case Mnemonic.Jecxz:
      return BigInt.asUintN(32, rcx) === 0n;
    case Mnemonic.Loop:
      return rcx !== 1n;
    case Mnemonic.Loope:
      return rcx !== 1n && set(FLAG.ZF);
    case Mnemonic.Loopne:
      return rcx !== 1n && !set(FLAG.ZF);
  }
  const code = instruction.conditionCode;
  if (code === ConditionCode.None) return undefined;
  const less = set(FLAG.SF) !== set(FLAG.OF);
  // In the encoding's order: every odd one is the former's opposite.
  const rows = [set(FLAG.OF), set(FLAG.CF), set(FLAG.ZF), set(FLAG.CF) || set(FLAG.ZF), set(FLAG.SF), set(FLAG.PF), less];
  const row = (code - ConditionCode.o) >> 1;
  const value = row < rows.length ? rows[row]! : set(FLAG.ZF) || less;
  return ((code - ConditionCode.o) & 1) === 0 ? value : !value;
}

/** A general register of any width; nothing for others. */
function registerValue(registers: Registers, register: Register): bigint | undefined {
  if (register === Register.None) return 0n;
  const full = RegisterExt.fullRegister(register);
  if (!RegisterExt.isGPR64(full)) return undefined;
  const value = registers.gpr(RegisterExt.number(full));
  if (register >= Register.AH && register <= Register.BH) return (value >> 8n) & 0xffn;
  return BigInt.asUintN(8 * RegisterExt.size(register), value);
}

const WRITES = [OpAccess.Write, OpAccess.CondWrite];
const UPDATES = [OpAccess.ReadWrite, OpAccess.ReadCondWrite];

function accessOf(memory: AddressSpace, registers: Registers, instruction: Instruction): Access | undefined {
  if (instruction.mnemonic === Mnemonic.Lea) {
    const { memoryBase: base, memoryIndex: index, memoryIndexScale: scale, memoryDisplacement: displacement } = instruction;
    const address = effectiveAddress(registers, instruction, { base, index, scale, displacement, segment: Register.None });
    return address === undefined ? undefined : { address, size: 0, kind: 'address', faults: false, value: undefined };
  }
  const factory = new InstructionInfoFactory();
  const info = factory.info(instruction);
  const used = info.usedMemory();
  try {
    // The operand that is written in the instruction comes before what it does to the stack; a plain push or call shows nothing.
    const explicit =
      instruction.memoryBase !== Register.None || instruction.memoryIndex !== Register.None || instruction.memoryDisplSize > 0;
    const stackOnly = (each: UsedMemory) => each.base === Register.RSP && instruction.memoryBase !== Register.RSP;
    const chosen = used.find(each => (explicit ? !stackOnly(each) : !WRITES.includes(each.access)));
    const address = chosen === undefined ? undefined : effectiveAddress(registers, instruction, chosen);
    if (chosen === undefined || address === undefined) return undefined;
    const size = MemorySizeExt.size(chosen.memorySize);
    const kind = WRITES.includes(chosen.access) ? 'write' : UPDATES.includes(chosen.access) ? 'update' : 'read';
    const reads = kind === 'write' || memory.allows(address, size, 'read');
    const faults = !reads || (kind !== 'read' && !memory.allows(address, size, 'write'));
    return { address, size, kind, faults, value: valueAt(memory, address, size) };
  } finally {
    for (const each of used) each.free();
    info.free();
    factory.free();
  }
}

type Operand = Pick<UsedMemory, 'base' | 'index' | 'scale' | 'displacement' | 'segment'>;

function effectiveAddress(registers: Registers, instruction: Instruction, used: Operand): bigint | undefined {
  if (instruction.isIpRelMemoryOperand && used.base !== Register.RSP) return instruction.ipRelMemoryAddress;
  const base = registerValue(registers, used.base);
  const index = registerValue(registers, used.index);
  if (base === undefined || index === undefined) return undefined;
  const narrow = RegisterExt.size(used.base) === 4 || RegisterExt.size(used.index) === 4;
  const offset = BigInt.asUintN(narrow ? 32 : 64, base + index * BigInt(used.scale) + used.displacement);
  const segment = used.segment === Register.FS ? registers.fsBase : used.segment === Register.GS ? registers.gsBase : 0n;
  return BigInt.asUintN(64, offset + segment);
}

function valueAt(memory: AddressSpace, address: bigint, size: number): bigint | undefined {
  if (size === 0 || size > 8 || !memory.allows(address, size, 'read')) return undefined;
  return memory.read(address, size).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
