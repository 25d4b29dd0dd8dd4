import type { AddressSpace } from '../../cpu/api.js';

/** Reads a word if it is there. */
export function peek(memory: AddressSpace, address: bigint): bigint | undefined {
  return memory.allows(address, 8, 'read') ? memory.readU64(address) : undefined;
}
