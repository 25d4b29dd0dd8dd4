/** The race detector's memory on linux/amd64 (tsan_platform.h, Go's mapping): shadow cells, and records of synchronisation. */
const RANGES: readonly (readonly [lo: bigint, hi: bigint, name: string])[] = [
  [0x2000_0000_0000n, 0x2380_0000_0000n, "the race detector's shadow"],
  [0x3000_0000_0000n, 0x3400_0000_0000n, "the race detector's sync records"],
];

/** What a program under the race detector has at an address: `the race detector's shadow`; nothing where it has no memory of its own. */
export function raceRegion(address: bigint): string | undefined {
  return RANGES.find(([lo, hi]) => address >= lo && address < hi)?.[2];
}
