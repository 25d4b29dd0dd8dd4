import type { Func } from '../../image/api.js';
import type { Images } from '../../image/images.js';

/** `main.main+20`, `__tsan_func_enter`; nothing when no symbol covers the address. Offsets in decimal, as gdb has them. */
export function describeAddress(images: Images, address: bigint): string | undefined {
  const func = images.functionAt(address);
  if (func !== undefined) return withOffset(func.name, address - func.entry);
  const hit = images.symbolAt(address);
  return hit === undefined ? undefined : withOffset(hit.symbol.name, BigInt(hit.offset));
}

/** A function's name, with the suffix that tells an ABI0 function from its wrapper. */
export function sideName(func: Func): string {
  return func.language !== 'c' && func.linkName.endsWith('.abi0') ? func.linkName : func.name;
}

/** As `describeAddress`, with that suffix: a wrapper that calls its function does not call itself. */
export function describeSide(images: Images, address: bigint): string | undefined {
  const func = images.functionAt(address);
  return func === undefined ? describeAddress(images, address) : withOffset(sideName(func), address - func.entry);
}

/** As `describeAddress`, for code that may have no name: `0x7ffff7ee68d9 from /lib/x86_64-linux-gnu/libc.so.6`. */
export function describeCode(images: Images, pc: bigint): string {
  const name = describeAddress(images, pc);
  if (name !== undefined) return name;
  const image = images.at(pc);
  return `0x${pc.toString(16)}${image === undefined || image === images.all[0] ? '' : ` from ${image.path}`}`;
}

function withOffset(name: string, offset: bigint): string {
  return offset === 0n ? name : `${name}+${offset}`;
}
