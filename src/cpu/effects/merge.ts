/** Accesses that are one to the instruction: a read-modify-write, and what is moved piece by piece. */
import type { EffectLeaf, EffectValue, MemoryAccess } from '../api.js';
import { apply, isComputed, isConstant, sameValue } from './value.js';

/** Where an access has gone: the number of the merged one, and the distance from its address in bytes. */
interface Place {
  readonly access: number;
  readonly offset: number;
}

export function mergedAccesses(accesses: readonly MemoryAccess[]): {
  readonly accesses: readonly MemoryAccess[];
  readonly places: readonly Place[];
} {
  const merged: MemoryAccess[] = [];
  const places: Place[] = [];
  for (const access of accesses) {
    const found = (access.kind as string) === 'probe' ? undefined : partner(merged, access);
    places.push(found ?? { access: merged.length, offset: 0 });
    if (found === undefined) {
      if ((access.kind as string) !== 'probe') merged.push(access);
      continue;
    }
    const into = merged[found.access]!;
    const bytes = Math.max(into.bytes, found.offset + access.bytes);
    const whole = found.offset === 0 && access.bytes === bytes;
    merged[found.access] = { ...into, bytes, value: whole ? access.value : undefined, certain: into.certain && access.certain };
  }
  return { accesses: merged, places };
}

/** The access that another goes on, or writes back to. */
function partner(merged: readonly MemoryAccess[], { kind, bytes, address }: MemoryAccess): Place | undefined {
  for (const [access, before] of merged.entries()) {
    const offset = distance(before.address, address);
    if (offset === undefined) continue;
    const goesOn = before.kind === kind && offset === before.bytes;
    const writesBack = before.kind === 'update' && kind === 'write' && offset >= 0 && offset + bytes <= before.bytes;
    if (goesOn || writesBack) return { access, offset };
  }
  return undefined;
}

/** Bytes from one address to another, when it does not depend on registers. */
function distance(from: EffectValue, to: EffectValue): number | undefined {
  const [one, first] = split(from);
  const [other, second] = split(to);
  if (one === undefined ? other !== undefined : other === undefined || !sameValue(one, other)) return undefined;
  return Number(BigInt.asIntN(64, second - first));
}

function split(address: EffectValue): readonly [EffectValue | undefined, bigint] {
  if (isConstant(address)) return [undefined, address.value];
  if (isComputed(address) && address.operation === 'i64.add' && isConstant(address.args[1]!))
    return [address.args[0]!, address.args[1].value];
  return [address, 0n];
}

/** The value with its accesses renumbered. */
export function withAccesses(value: EffectValue, places: readonly Place[]): EffectValue {
  if (isComputed(value))
    return apply<EffectLeaf>(
      value.operation,
      value.args.map(arg => withAccesses(arg, places)),
    );
  if (value.kind !== 'memory') return value;
  const { access, offset } = places[value.access]!;
  return { ...value, access, offset: value.offset + offset };
}
