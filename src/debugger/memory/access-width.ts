/**
 * How wide an access is that Go's compiler has told the race detector of: it hands over no size for a scalar. The access itself stands right behind the call;
 * its instruction counts when its address, followed from the stack on, is proved to be the one that was told.
 */
import type { AddressSpace, GprName } from '../../cpu/api.js';
import { isGpr, valueNow } from '../../cpu/effects/instruction.js';
import { effectsIn } from '../code/decode.js';

/** Instructions behind a call that are followed. */
const MOST = 12;

/** Bytes from `address` on that the code at `pc` accesses before it goes elsewhere, `sp` being its RSP there; 1 where that is not proved. */
export function accessWidth(memory: AddressSpace, pc: bigint, sp: bigint, address: bigint): number {
  const known = new Map<GprName, bigint>([['rsp', sp]]);
  const registers = { get: (name: GprName) => known.get(name) };
  let end = address + 1n;
  let at = pc;
  for (let count = 0; count < MOST; count++) {
    const effects = effectsIn(memory, at);
    if (effects === undefined) break;
    for (const { address: place, bytes } of effects.accesses) {
      const start = valueNow(effects, place, registers, memory);
      // Words of one value may be accessed in any order, but nothing between them is left out.
      if (start !== undefined && start >= address && start <= end && start + BigInt(bytes) > end) end = start + BigInt(bytes);
    }
    if (effects.flow.kind !== 'next') break;
    const written = effects.writes.map(({ register, offset, bytes, value, certain }) => {
      const whole = certain && offset === 0 && bytes >= 4 ? valueNow(effects, value, registers, memory) : undefined;
      return [register, whole === undefined ? undefined : BigInt.asUintN(8 * bytes, whole)] as const;
    });
    for (const [register, value] of written) {
      if (!isGpr(register)) continue;
      if (value === undefined) known.delete(register);
      else known.set(register, value);
    }
    at += BigInt(effects.length);
  }
  return Number(end - address);
}
