import type { Images } from '../image/images.js';

/** `main.main+20`, `__tsan_func_enter`; nothing when no symbol covers the address. Offsets in decimal, as gdb has them. */
export function describeAddress(images: Images, address: bigint): string | undefined {
  const func = images.functionAt(address);
  if (func !== undefined) return withOffset(func.name, address - func.entry);
  const hit = images.symbolAt(address);
  return hit === undefined ? undefined : withOffset(hit.symbol.name, BigInt(hit.offset));
}

function withOffset(name: string, offset: bigint): string {
  return offset === 0n ? name : `${name}+${offset}`;
}
