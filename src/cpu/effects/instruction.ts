/** Values of an instruction's effects, worked out with registers and memory. */
import type { EffectLeaf, EffectValue, GprName, RegisterName, Registers } from '../api.js';
import { gprNumber } from '../layout.js';
import { evaluate, type Slice } from './value.js';

/** What a value comes to with these registers; `memory` tells what an access would read, undefined that it is not known. */
export function valueWith(
  value: EffectValue,
  registers: Pick<Registers, 'get' | 'fsBase' | 'gsBase' | 'rflags'>,
  memory: (access: number, slice: Slice) => bigint | undefined = () => undefined,
): bigint | undefined {
  return evaluate<EffectLeaf>(value, leaf => {
    if (leaf.kind === 'flags') return registers.rflags;
    if (leaf.kind === 'memory') return memory(leaf.access, leaf);
    const whole = wholeOf(leaf.register, registers);
    return whole === undefined ? undefined : sliceOf(whole, leaf);
  });
}

function wholeOf(name: RegisterName, registers: Pick<Registers, 'get' | 'fsBase' | 'gsBase'>): bigint | undefined {
  if (name === 'fsBase') return registers.fsBase;
  if (name === 'gsBase') return registers.gsBase;
  return isGpr(name) ? registers.get(name) : undefined;
}

const isGpr = (name: RegisterName): name is GprName => gprNumber(name) !== undefined;

/** The bytes that a slice takes of a value, widened to 64 bits. */
function sliceOf(whole: bigint, { offset, bytes, signed }: Slice): bigint {
  const bits = whole >> BigInt(8 * offset);
  return signed ? BigInt.asUintN(64, BigInt.asIntN(8 * bytes, bits)) : BigInt.asUintN(8 * bytes, bits);
}
