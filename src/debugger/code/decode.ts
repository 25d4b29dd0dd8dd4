/** Instructions in the guest's memory: how they go on, and what they do. */
import type { AddressSpace, Effects } from '../../cpu/api.js';
import { effectsAt } from '../../cpu/effects/describe.js';
import { type Outline, outlinesOf } from '../../cpu/effects/outline.js';
import { told } from '../../host/told.js';

/** The instructions of [start, end), one after the other; ends early at bytes that cannot be read. */
export const instructionsIn = (memory: AddressSpace, start: bigint, end: bigint): Generator<Outline> =>
  outlinesOf(readable(memory, start, Number(end - start)), start);

/** Bytes of the longest instruction (Intel SDM vol. 2, 2.3.11). */
const LONGEST = 15;

/** What the instruction at an address does; undefined when its bytes cannot be read. */
export const effectsIn = (memory: AddressSpace, address: bigint): Effects | undefined =>
  effectsAt(readable(memory, address, LONGEST), 0, address);

/** As many of `length` bytes as can be read. */
export function readable(memory: AddressSpace, start: bigint, length: number): Uint8Array {
  for (let size = length; size > 0; size = size > 16 ? Math.max(16, size >> 1) : size - 1) {
    try {
      return memory.read(start, size);
    } catch (error) {
      // Fewer, then.
      told(error);
    }
  }
  return new Uint8Array();
}
