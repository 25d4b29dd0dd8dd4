/** Values of an instruction's effects, worked out with registers and memory. */
import type { AddressSpace, EffectLeaf, EffectRegister, Effects, EffectValue, GprName } from '../api.js';
import { gprNumber } from '../layout.js';
import { evaluateValue, type Slice } from './value.js';

/** What is known of the registers: those of a thread, or of a frame further out, of which some are lost. */
export interface KnownRegisters {
  get(name: GprName): bigint | undefined;
  readonly fsBase?: bigint;
  readonly gsBase?: bigint;
  readonly rflags?: bigint;
}

/** What a value comes to; `memory` tells what an access has read. Undefined: something that it is made of is not known. */
export function valueWith(
  value: EffectValue,
  registers: KnownRegisters,
  memory: (access: number, slice: Slice) => bigint | undefined = () => undefined,
): bigint | undefined {
  return evaluateValue<EffectLeaf>(value, leaf => {
    if (leaf.kind === 'flags') return registers.rflags;
    if (leaf.kind === 'memory') return memory(leaf.access, leaf);
    const whole = wholeOf(leaf.register, registers);
    return whole === undefined ? undefined : sliceOf(whole, leaf);
  });
}

/** The same for a value of some effects, with what memory holds now. */
export function valueNow(effects: Effects, value: EffectValue, registers: KnownRegisters, memory: AddressSpace): bigint | undefined {
  return valueWith(value, registers, (access, { offset, bytes, signed }) => {
    const start = valueWith(effects.accesses[access]!.address, registers);
    if (start === undefined || bytes > 8 || !memory.allows(start + BigInt(offset), bytes, 'read')) return undefined;
    const whole = memory.read(start + BigInt(offset), bytes).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    return sliceOf(whole, { offset: 0, bytes, signed });
  });
}

function wholeOf(name: EffectRegister, registers: KnownRegisters): bigint | undefined {
  if (name === 'fsBase') return registers.fsBase;
  if (name === 'gsBase') return registers.gsBase;
  return isGpr(name) ? registers.get(name) : undefined;
}

export const isGpr = (name: EffectRegister): name is GprName => gprNumber(name) !== undefined;

/** The bytes that a slice takes of a value, widened to 64 bits. */
function sliceOf(whole: bigint, { offset, bytes, signed }: Slice): bigint {
  const bits = whole >> BigInt(8 * offset);
  return signed ? BigInt.asUintN(64, BigInt.asIntN(8 * bytes, bits)) : BigInt.asUintN(8 * bytes, bits);
}
