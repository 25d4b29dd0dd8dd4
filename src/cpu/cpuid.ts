/**
 * The processors that a guest can be given, and what CPUID answers on them. Levels: AMD64 psABI, table 3.1; v3 also has AES, PCLMULQDQ, SHA,
 * ADX, RDRAND, RDSEED and RDPID. Bits: Intel SDM vol. 2, CPUID, and AMD APM vol. 3, appendix E.
 */

export const CPU_LEVELS = ['v1', 'v2', 'v3'] as const;
export type CpuLevel = (typeof CPU_LEVELS)[number];
export const DEFAULT_CPU: CpuLevel = 'v3';

/** What a level has more than the one before, by iced's names of CPUID's bits. */
const ADDED: Readonly<Record<CpuLevel, string>> = {
  v1: '',
  v2: 'SSE3 SSSE3 SSE4_1 SSE4_2 POPCNT CMPXCHG16B',
  v3: 'AVX AVX2 FMA F16C BMI1 BMI2 LZCNT MOVBE XSAVE XSAVEOPT XSAVEC AES PCLMULQDQ SHA ADX RDRAND RDSEED RDPID CLFLUSHOPT',
};
const LEVEL_OF: ReadonlyMap<string, number> = new Map(
  CPU_LEVELS.flatMap((level, number) => ADDED[level].split(' ').map(feature => [feature, number] as const)),
);
/** Whether a processor of a level has a feature; of those that belong to no level it is not known here: true. */
export const hasFeature = (level: CpuLevel, feature: string): boolean => (LEVEL_OF.get(feature) ?? 0) <= CPU_LEVELS.indexOf(level);

/** Whether a feature is one that some level has; what belongs to none is not here. */
export const isOfSomeLevel = (feature: string): boolean => LEVEL_OF.has(feature);

const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value.padEnd(Math.ceil(value.length / 4) * 4, '\0'));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true));
};

const VENDOR = text('GenuineIntel');
const BRAND = text('r14 emulated amd64 CPU'.padEnd(48, '\0'));

const bits = (...numbers: number[]): number => numbers.reduce((word, bit) => word | (1 << bit), 0);
/** The bits of a word that a level has. */
const upTo = (level: CpuLevel, words: Readonly<Record<CpuLevel, number>>): number =>
  CPU_LEVELS.slice(0, CPU_LEVELS.indexOf(level) + 1).reduce((word, each) => word | words[each], 0);

// Leaf 1 EDX: FPU TSC MSR CX8 SEP(no) CMOV CLFSH MMX FXSR SSE SSE2.
const FEATURES_EDX = bits(0, 4, 5, 8, 15, 19, 23, 24, 25, 26);
// Leaf 1 ECX: SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT; PCLMULQDQ FMA MOVBE AES XSAVE OSXSAVE AVX F16C RDRAND.
const FEATURES_ECX = { v1: 0, v2: bits(0, 9, 13, 19, 20, 23), v3: bits(1, 12, 22, 25, 26, 27, 28, 29, 30) };
// Leaf 7 EBX: FSGSBASE; BMI1 AVX2 BMI2 RDSEED ADX CLFLUSHOPT SHA. ECX: RDPID.
const LEAF7_EBX = { v1: bits(0), v2: 0, v3: bits(3, 5, 8, 18, 19, 23, 29) };
const LEAF7_ECX = { v1: 0, v2: 0, v3: bits(22) };
// Leaf 0x80000001: LAHF in long mode; LZCNT, PREFETCHW. SYSCALL, NX, RDTSCP, long mode.
const EXTENDED_ECX = { v1: 0, v2: bits(0), v3: bits(5, 8) };
const EXTENDED_EDX = bits(11, 20, 27, 29);
/**
 * Family, model and stepping, for libraries that look at them: Core 2 (6, 15), Nehalem (6, 30) and Alder Lake (6, 151), which have about what
 * the levels have.
 */
const SIGNATURE: Readonly<Record<CpuLevel, number>> = { v1: 0x6fb, v2: 0x106e5, v3: 0x90672 };

/** The XSAVE area: x87 and SSE with the header behind, and the upper halves of the YMM registers (Intel SDM vol. 1, 13.4 and 13.5). */
export const XSAVE = { x87: 1, sse: 2, avx: 4, header: 512, avxAt: 576, bytes: 832 } as const;
/** XCR0: the components that the system saves. */
export const XCR0 = XSAVE.x87 | XSAVE.sse | XSAVE.avx;

/** What XSAVE's components are made of. */
interface SavedRegisters {
  readonly fcw: number;
  readonly fsw: number;
  readonly ftw: number;
  st(index: number): bigint;
  xmm(index: number): bigint;
  ymmHigh(index: number): bigint;
}

/** Which components are not as they are at the start: what the processor says of them when it saves them (Intel SDM vol. 1, 13.6). */
export function componentsInUse(registers: SavedRegisters): number {
  const { fcw, fsw, ftw } = registers;
  const some = (count: number, value: (index: number) => bigint): boolean =>
    Array.from({ length: count }, (_, index) => index).some(index => value(index) !== 0n);
  const x87 = fcw !== 0x37f || fsw !== 0 || ftw !== 0xffff || some(8, index => registers.st(index));
  const sse = some(16, index => registers.xmm(index));
  const avx = some(16, index => registers.ymmHigh(index));
  return (x87 ? XSAVE.x87 : 0) | (sse ? XSAVE.sse : 0) | (avx ? XSAVE.avx : 0);
}

type Answer = readonly [eax: number, ebx: number, ecx: number, edx: number];
const NOTHING: Answer = [0, 0, 0, 0];

/** EAX, EBX, ECX, EDX of a leaf. Unknown leaves are zero. */
export function cpuid(level: CpuLevel, leaf: number, subleaf: number): Answer {
  switch (leaf) {
    case 0:
      return [level === 'v3' ? 0xd : 7, VENDOR[0]!, VENDOR[2]!, VENDOR[1]!];
    case 1:
      return [SIGNATURE[level], (8 << 8) | (1 << 16), upTo(level, FEATURES_ECX), FEATURES_EDX];
    case 2:
      // v3: leaf 4 has the caches.
      return [level === 'v3' ? 0xff01 : 0x01, 0, 0, 0];
    case 4:
      return cacheLeaf(subleaf);
    case 7:
      return subleaf === 0 ? [0, upTo(level, LEAF7_EBX), upTo(level, LEAF7_ECX), 0] : NOTHING;
    case 0xd:
      return level === 'v3' ? stateLeaf(subleaf) : NOTHING;
    case 0x80000000:
      return [0x80000008, 0, 0, 0];
    case 0x80000001:
      return [0, 0, upTo(level, EXTENDED_ECX), EXTENDED_EDX];
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: {
      const at = (leaf - 0x80000002) * 4;
      return [BRAND[at]!, BRAND[at + 1]!, BRAND[at + 2]!, BRAND[at + 3]!];
    }
    case 0x80000008:
      return [0x3030, 0, 0, 0];
    default:
      return NOTHING;
  }
}

/** The XSAVE area and its components. Of the instructions that save it, XSAVEOPT, XSAVEC and XGETBV with ECX = 1 are there. */
function stateLeaf(subleaf: number): Answer {
  if (subleaf === 0) return [XCR0, XSAVE.bytes, XSAVE.bytes, 0];
  if (subleaf === 1) return [bits(0, 1, 2), 0, 0, 0];
  return subleaf === 2 ? [XSAVE.bytes - XSAVE.avxAt, XSAVE.avxAt, 0, 0] : NOTHING;
}

/** Deterministic cache parameters: 32 KiB data, 256 KiB unified, 8 MiB unified, 64-byte lines. glibc tunes its copies by them. */
function cacheLeaf(subleaf: number): Answer {
  const caches = [
    { type: 1, level: 1, ways: 8, sets: 64 },
    { type: 3, level: 2, ways: 8, sets: 512 },
    { type: 3, level: 3, ways: 16, sets: 8192 },
  ];
  const cache = caches[subleaf];
  if (cache === undefined) return NOTHING;
  return [cache.type | (cache.level << 5) | (1 << 8), ((cache.ways - 1) << 22) | 63, cache.sets - 1, 0];
}
