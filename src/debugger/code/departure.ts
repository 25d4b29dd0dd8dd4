/** How an instruction leaves the straight line of code. */
import type { AddressSpace, Effects } from '../../cpu/api.js';
import { type KnownRegisters, valueNow } from '../../cpu/effects/instruction.js';

export interface Departure {
  readonly by: 'call' | 'jump' | 'return' | 'syscall';
  /** Undefined for returns and system calls, and where the registers and memory do not tell. */
  readonly target: bigint | undefined;
}

/** How an instruction leaves the straight line, and where to, as far as the registers tell. */
export function departure(memory: AddressSpace, effects: Effects | undefined, registers: KnownRegisters): Departure | undefined {
  const flow = effects?.flow;
  switch (flow?.kind) {
    case 'call':
    case 'jump':
      return { by: flow.kind, target: valueNow(effects!, flow.target, registers, memory) };
    case 'return':
    case 'syscall':
      return { by: flow.kind, target: undefined };
    default:
      return undefined;
  }
}
