/**
 * What CPUID answers: an x86-64-v2 processor (SSE to SSE4.2, POPCNT, CMPXCHG16B, FXSAVE, RDTSCP) with FSGSBASE, without AVX, AES or XSAVE.
 * Bits: Intel SDM vol. 2, CPUID, and AMD APM vol. 3, appendix E.
 */

const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value.padEnd(Math.ceil(value.length / 4) * 4, '\0'));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true));
};

const VENDOR = text('GenuineIntel');
const BRAND = text('r14 emulated amd64 CPU'.padEnd(48, '\0'));

// Leaf 1 EDX: FPU TSC MSR CX8 SEP(no) CMOV CLFSH MMX FXSR SSE SSE2.
const FEATURES_EDX = (1 << 0) | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 15) | (1 << 19) | (1 << 23) | (1 << 24) | (1 << 25) | (1 << 26);
// Leaf 1 ECX: SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT.
const FEATURES_ECX = (1 << 0) | (1 << 9) | (1 << 13) | (1 << 19) | (1 << 20) | (1 << 23);
/** Leaf 7 EBX. */
const FSGSBASE = 1 << 0;
// Leaf 0x80000001: LAHF in long mode; SYSCALL, NX, RDTSCP, long mode.
const EXTENDED_ECX = 1 << 0;
const EXTENDED_EDX = (1 << 11) | (1 << 20) | (1 << 27) | (1 << 29);

/** EAX, EBX, ECX, EDX of a leaf. Unknown leaves are zero. */
export function cpuid(leaf: number, subleaf: number): readonly [number, number, number, number] {
  switch (leaf) {
    case 0:
      return [7, VENDOR[0], VENDOR[2], VENDOR[1]];
    case 1:
      // Family 6, model 30 (Nehalem): libraries that look at the model find one of this level.
      return [0x106e5, (8 << 8) | (1 << 16), FEATURES_ECX, FEATURES_EDX];
    case 2:
      return [0x01, 0, 0, 0];
    case 4:
      return cacheLeaf(subleaf);
    case 7:
      return subleaf === 0 ? [0, FSGSBASE, 0, 0] : [0, 0, 0, 0];
    case 0x80000000:
      return [0x80000008, 0, 0, 0];
    case 0x80000001:
      return [0, 0, EXTENDED_ECX, EXTENDED_EDX];
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: {
      const at = (leaf - 0x80000002) * 4;
      return [BRAND[at], BRAND[at + 1], BRAND[at + 2], BRAND[at + 3]];
    }
    case 0x80000008:
      return [0x3030, 0, 0, 0];
    default:
      return [0, 0, 0, 0];
  }
}

/** Deterministic cache parameters: 32 KiB data, 256 KiB unified, 8 MiB unified, 64-byte lines. glibc tunes its copies by them. */
function cacheLeaf(subleaf: number): readonly [number, number, number, number] {
  const caches = [
    { type: 1, level: 1, ways: 8, sets: 64 },
    { type: 3, level: 2, ways: 8, sets: 512 },
    { type: 3, level: 3, ways: 16, sets: 8192 },
  ];
  const cache = caches[subleaf];
  if (cache === undefined) return [0, 0, 0, 0];
  return [cache.type | (cache.level << 5) | (1 << 8), ((cache.ways - 1) << 22) | 63, cache.sets - 1, 0];
}
