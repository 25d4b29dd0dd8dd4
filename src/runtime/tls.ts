import type { AddressSpace, EffectRegister } from '../cpu/api.js';
import { operandAddressOf } from '../cpu/effects/address.js';
import { effectsOf } from '../cpu/effects/describe.js';
import type { Image } from '../image/api.js';

/** Internally linked programs have one thread-local word, just below FS base (cmd/link); what r14 assembles is like them. */
export const INTERNAL_TLS = -8n;

/** Functions of every release that load g from its slot early on. */
const LOADERS = ['runtime.mcall', 'runtime.systemstack', 'runtime.asmcgocall'];
const LOOKED_AT = 96;

/**
 * Offset from FS base of the word that holds g. Linkers choose it (-8 inside, others when C's thread-local storage comes with the program),
 * so it is read off the runtime's own code: the first load from FS with a constant offset.
 */
export function tlsOffset(image: Image, memory: AddressSpace): bigint {
  for (const name of LOADERS) {
    for (const func of image.functionsNamed(name)) {
      if (func.wrapper || !memory.allows(func.entry, LOOKED_AT, 'read')) continue;
      const found = loadedFromFs(memory.read(func.entry, LOOKED_AT));
      if (found !== undefined) return found;
    }
  }
  return INTERNAL_TLS;
}

/** `mov %fs:OFFSET,%reg`, or `mov $OFFSET,%reg` before `mov %fs:(%reg),%reg` as position-independent code has it. */
function loadedFromFs(code: Uint8Array): bigint | undefined {
  const constants = new Map<EffectRegister, bigint>();
  for (const { accesses, writes } of effectsOf(code, 0n)) {
    for (const { address, kind } of accesses) {
      const operand = kind === 'read' ? operandAddressOf(address) : undefined;
      if (operand?.segment !== 'fs') continue;
      const base = operand.base === undefined ? 0n : constants.get(operand.base);
      if (base !== undefined) return base + operand.displacement;
    }
    for (const { register, value } of writes) if (value.kind === 'constant') constants.set(register, BigInt.asIntN(64, value.value));
  }
  return undefined;
}
