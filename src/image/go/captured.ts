/**
 * Where closures keep what they have captured, for Go before 1.24, whose debug information says only where a copy lies in the frame: the code
 * that is compiled without optimisation begins by copying each from the closure object, whose address is in RDX (Go ABI specification,
 * "Closures"), to its place in the frame.
 */
import type { Effects, EffectValue } from '../../cpu/api.js';
import { operandAddressOf } from '../../cpu/effects/address.js';
import { effectsOf } from '../../cpu/effects/describe.js';

/** Instructions that are looked at; a closure that captures more than they copy is not followed to its end. */
const MOST_INSTRUCTIONS = 200;

/** Offsets in the closure object by those in the frame, which count from the CFA. `code` begins at the closure's entry. */
export function capturedSlots(code: Uint8Array): ReadonlyMap<number, number> {
  const slots = new Map<number, number>();
  /** What has been loaded from the closure object and is still in its register. */
  const loaded = new Map<string, number>();
  // The return address lies between the CFA and RSP.
  let depth = -8;
  let left = MOST_INSTRUCTIONS;
  let closure = true;
  for (const effects of effectsOf(code, 0n)) {
    const { flow, writes } = effects;
    if (left-- === 0 || (flow.kind !== 'next' && flow.kind !== 'branch')) break;
    const offset = closure ? fromClosure(effects) : undefined;
    for (const { kind, address, bytes } of effects.accesses) {
      const at = kind === 'write' ? offsetFrom('rsp', address) : undefined;
      const source = effects.reads.map(({ register }) => loaded.get(register)).find(each => each !== undefined);
      if (at !== undefined && bytes > 0 && source !== undefined) slots.set(depth + at, source);
    }
    for (const { register, value } of writes) {
      if (register === 'rsp') depth += offsetFrom('rsp', value) ?? Number.NaN;
      loaded.delete(register);
      if (offset !== undefined) loaded.set(register, offset);
    }
    // The last that is loaded may take the place of the closure's address.
    closure &&= !writes.some(({ register }) => register === 'rdx');
    if ((!closure && loaded.size === 0) || Number.isNaN(depth)) break;
  }
  return slots;
}

/** The offset in the closure object that an instruction reads. */
function fromClosure({ accesses }: Effects): number | undefined {
  const [read] = accesses;
  return read?.kind === 'read' && accesses.length === 1 ? offsetFrom('rdx', read.address) : undefined;
}

function offsetFrom(register: 'rdx' | 'rsp', address: EffectValue): number | undefined {
  const { base, index, displacement, rest } = operandAddressOf(address) ?? { rest: true };
  return !rest && base === register && index === undefined ? Number(displacement) : undefined;
}
