import type { AddressSpace } from '../../cpu/api.js';
import { AT } from '../../linux/abi/constants.js';

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(AT).map(([name, type]) => [type, `AT_${name}`]));

const MOST = 100_000;

/** The auxiliary vector above argc, argv and the environment at a process's first stack pointer (psABI, figure 3.9). */
export function auxiliaryVector(
  memory: AddressSpace,
  initialSp: bigint,
): readonly { readonly type: number; readonly name: string; readonly value: bigint }[] {
  let at = initialSp + 8n * (memory.readU64(initialSp) + 2n);
  for (let count = 0; memory.readU64(at) !== 0n && count < MOST; count++) at += 8n;
  at += 8n;
  const entries: { type: number; name: string; value: bigint }[] = [];
  for (let count = 0; count < 64; count++, at += 16n) {
    const type = Number(memory.readU64(at));
    if (type === 0) break;
    entries.push({ type, name: NAMES.get(type) ?? `AT_${type}`, value: memory.readU64(at + 8n) });
  }
  return entries;
}
