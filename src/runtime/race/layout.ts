/** The race detector's memory on linux/amd64 (tsan_platform.h, Go's mapping): shadow cells, and records of synchronisation. */
const RANGES: readonly (readonly [lo: bigint, hi: bigint, name: string])[] = [
  [0x2000_0000_0000n, 0x2380_0000_0000n, "the race detector's shadow"],
  [0x3000_0000_0000n, 0x3400_0000_0000n, "the race detector's sync records"],
];

/** What a program under the race detector has at an address: `the race detector's shadow`; nothing where it has no memory of its own. */
export function raceRegion(address: bigint): string | undefined {
  return RANGES.find(([lo, hi]) => address >= lo && address < hi)?.[2];
}

const GRANULE = 8;

/** Where the shadow of the 8 bytes around an address begins: four cells of 4 bytes (v3). */
export const shadowAddress = (address: number): number => (address - (address % GRANULE)) * 2 + 0x2000_0000_0000;

/** The 8 bytes that a cell of the shadow is of (v3). */
export const shadowedAddress = (cell: number): number => Math.floor((cell - 0x2000_0000_0000) / 16) * GRANULE;

/** The word of meta memory of the 8 bytes around an address. */
export const metaAddress = (address: number): number => 0x3000_0000_0000 + Math.floor(address / GRANULE) * 4;
