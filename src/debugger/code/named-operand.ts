/** The memory operand that an instruction's text names, among all that it touches. */
import type { Effects, EffectValue, MemoryAccess } from '../../cpu/api.js';
import { operandAddressOf } from '../../cpu/effects/address.js';

export interface NamedOperand {
  readonly address: EffectValue;
  /** Undefined: the address is only computed, as by LEA. */
  readonly access: MemoryAccess | undefined;
}

/** What an instruction does to the stack comes after the operand that is written in it. Undefined: it names none. */
export function namedOperand(effects: Effects): NamedOperand | undefined {
  const access = effects.accesses.find(each => !isImplied(effects, each));
  if (access !== undefined) return { address: access.address, access };
  const computed = effects.accesses.length === 0 ? computedAddress(effects) : undefined;
  return computed && { address: computed, access: undefined };
}

/** Whether an access is that of a push or pop: at RSP, which moves. */
function isImplied({ writes }: Effects, { kind, bytes, address }: MemoryAccess): boolean {
  const { base, index, displacement } = operandAddressOf(address) ?? {};
  if (base !== 'rsp' || index !== undefined || !writes.some(({ register }) => register === 'rsp')) return false;
  return kind === 'read' ? displacement === 0n : displacement === BigInt(-bytes);
}

function computedAddress({ writes, flags, flow }: Effects): EffectValue | undefined {
  const [write, ...others] = writes;
  if (write === undefined || others.length > 0 || flags.writes !== 0 || flow.kind !== 'next') return undefined;
  const operand = operandAddressOf(write.value);
  const isAddress = write.value.kind === 'computed' ? operand !== undefined : operand?.relative === true;
  return isAddress ? write.value : undefined;
}
