/** Values at the edge of a call: in the registers and stack words that a convention has for them. */
import type { Place } from '../../../abi/place.js';
import type { AddressSpace, GprName, Registers } from '../../../cpu/api.js';
import { fromUint, toUint } from '../../values/source.js';

const vectorOf = (register: string): number | undefined => {
  const number = /^xmm(\d+)$/.exec(register)?.[1];
  return number === undefined ? undefined : Number(number);
};

/** What the callee finds and leaves, and where: `edge` is RSP at its first instruction, which offsets of places count from. */
export interface CallEdge {
  readonly registers: Registers;
  readonly memory: AddressSpace;
  readonly edge: bigint;
}

export function readPlaced({ registers, memory, edge }: CallEdge, place: Place, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  if (place.in === 'registers') {
    for (const part of place.parts) {
      const vector = vectorOf(part.register);
      const value = vector === undefined ? registers.get(part.register as GprName) : registers.xmm(vector);
      bytes.set(fromUint(value, 16).subarray(0, part.size), part.offset);
    }
  } else if (place.in === 'stack') bytes.set(memory.read(edge + BigInt(place.offset), size));
  return bytes;
}

export function writePlaced({ registers, memory, edge }: CallEdge, place: Place, bytes: Uint8Array): void {
  if (place.in === 'registers') {
    for (const part of place.parts) {
      const value = toUint(bytes.subarray(part.offset, part.offset + part.size));
      const vector = vectorOf(part.register);
      if (vector === undefined) registers.set(part.register as GprName, value);
      else registers.setXmm(vector, value);
    }
  } else if (place.in === 'stack') memory.write(edge + BigInt(place.offset), bytes);
}
