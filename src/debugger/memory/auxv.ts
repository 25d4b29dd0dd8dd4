import type { AddressSpace } from '../../cpu/api.js';

/** Linux's names for the auxiliary vector's entries (include/uapi/linux/auxvec.h, arch/x86/include/uapi/asm/auxvec.h). */
const NAMES: Readonly<Record<number, string>> = {
  3: 'AT_PHDR',
  4: 'AT_PHENT',
  5: 'AT_PHNUM',
  6: 'AT_PAGESZ',
  7: 'AT_BASE',
  8: 'AT_FLAGS',
  9: 'AT_ENTRY',
  11: 'AT_UID',
  12: 'AT_EUID',
  13: 'AT_GID',
  14: 'AT_EGID',
  15: 'AT_PLATFORM',
  16: 'AT_HWCAP',
  17: 'AT_CLKTCK',
  23: 'AT_SECURE',
  25: 'AT_RANDOM',
  26: 'AT_HWCAP2',
  31: 'AT_EXECFN',
  33: 'AT_SYSINFO_EHDR',
  51: 'AT_MINSIGSTKSZ',
};

const MOST = 100_000;

/** The auxiliary vector above argc, argv and the environment at a process's first stack pointer (psABI, figure 3.9). */
export function auxiliaryVector(memory: AddressSpace, initialSp: bigint): readonly { readonly name: string; readonly value: bigint }[] {
  let at = initialSp + 8n * (memory.readU64(initialSp) + 2n);
  for (let count = 0; memory.readU64(at) !== 0n && count < MOST; count++) at += 8n;
  at += 8n;
  const entries: { name: string; value: bigint }[] = [];
  for (let count = 0; count < 64; count++, at += 16n) {
    const type = Number(memory.readU64(at));
    if (type === 0) break;
    entries.push({ name: NAMES[type] ?? `AT_${type}`, value: memory.readU64(at + 8n) });
  }
  return entries;
}
