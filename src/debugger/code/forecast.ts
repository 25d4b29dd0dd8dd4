/** What the instruction that a thread stands at will do: which way a branch goes, where an indirect one leads, what its operand is. */
import type { AddressSpace, Effects, Registers } from '../../cpu/api.js';
import { valueNow, valueWith } from '../../cpu/effects/instruction.js';
import { effectsIn } from './decode.js';
import { namedOperand } from './named-operand.js';

/** A place in memory that the instruction touches. */
export interface ForecastAccess {
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
  readonly access?: ForecastAccess;
}

/** By the registers as they are; nothing when there is no instruction at RIP. */
export function forecast(memory: AddressSpace, registers: Registers): Forecast | undefined {
  const effects = effectsIn(memory, registers.rip);
  const undefinedOpcode = effects?.flow.kind === 'fault' && effects.flow.vector === '#UD';
  return effects === undefined || undefinedOpcode ? undefined : of(memory, registers, effects);
}

function of(memory: AddressSpace, registers: Registers, effects: Effects): Forecast {
  const { flow, condition } = effects;
  const told = condition && valueNow(effects, condition, registers, memory);
  const holds = told === undefined ? undefined : told !== 0n;
  const access = accessOf(memory, registers, effects);
  const next = access?.faults ? undefined : successor(memory, registers, effects, holds);
  return {
    flow: FLOWS[flow.kind],
    indirect: (flow.kind === 'call' || flow.kind === 'jump') && flow.target.kind !== 'constant',
    ...(holds === undefined ? {} : { holds }),
    ...(next === undefined ? {} : { next }),
    ...(access === undefined ? {} : { access }),
  };
}

const FLOWS = {
  next: 'next',
  jump: 'jump',
  branch: 'branch',
  call: 'call',
  return: 'return',
  syscall: 'system',
  fault: 'system',
  unsupported: 'system',
} as const satisfies Record<Effects['flow']['kind'], Forecast['flow']>;

function successor(memory: AddressSpace, registers: Registers, effects: Effects, holds: boolean | undefined): bigint | undefined {
  const { flow, address, length } = effects;
  const behind = address + BigInt(length);
  switch (flow.kind) {
    case 'next':
      return behind;
    case 'branch':
      return holds === undefined ? undefined : holds ? flow.target : behind;
    case 'jump':
    case 'call':
    case 'return':
      return valueNow(effects, flow.target, registers, memory);
    default:
      return undefined;
  }
}

function accessOf(memory: AddressSpace, registers: Registers, effects: Effects): ForecastAccess | undefined {
  const named = namedOperand(effects);
  // A plain push or call shows nothing.
  const chosen = named?.access ?? (named === undefined ? effects.accesses.find(({ kind }) => kind !== 'write') : undefined);
  const operand = chosen?.address ?? named?.address;
  const address = operand && valueWith(operand, registers);
  if (address === undefined) return undefined;
  if (chosen === undefined) return { address, size: 0, kind: 'address', faults: false, value: undefined };
  const { bytes: size, kind } = chosen;
  const reads = kind === 'write' || memory.allows(address, size, 'read');
  const faults = !reads || (kind !== 'read' && !memory.allows(address, size, 'write'));
  return { address, size, kind, faults, value: valueAt(memory, address, size) };
}

function valueAt(memory: AddressSpace, address: bigint, size: number): bigint | undefined {
  if (size === 0 || size > 8 || !memory.allows(address, size, 'read')) return undefined;
  return memory.read(address, size).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
