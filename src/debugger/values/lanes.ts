/** The lanes of a vector register. */

/** Kinds of lanes by gdb's names: bytes of one, and how it is read. */
const LANES = {
  float: [4, (view: DataView, at: number) => view.getFloat32(at, true)],
  double: [8, (view: DataView, at: number) => view.getFloat64(at, true)],
  int8: [1, (view: DataView, at: number) => view.getInt8(at)],
  int16: [2, (view: DataView, at: number) => view.getInt16(at, true)],
  int32: [4, (view: DataView, at: number) => view.getInt32(at, true)],
  int64: [8, (view: DataView, at: number) => view.getBigInt64(at, true)],
} as const satisfies Record<string, readonly [number, (view: DataView, at: number) => number | bigint]>;
export type LaneKind = keyof typeof LANES;
export const LANE_KINDS = Object.keys(LANES) as LaneKind[];

/** A register of so many bits as `v4_int32 {1, 2, 3, 4}`, the lowest lane first; several kinds one behind the other. */
export function lanesText(value: bigint, bits: number, kinds: readonly LaneKind[]): string {
  const view = new DataView(new ArrayBuffer(bits / 8));
  for (let at = 0; at < bits / 8; at += 8) view.setBigUint64(at, BigInt.asUintN(64, value >> BigInt(8 * at)), true);
  return kinds
    .map(kind => {
      const [size, read] = LANES[kind];
      const all = Array.from({ length: bits / 8 / size }, (_, index) => read(view, index * size));
      return `v${all.length}_${kind} {${all.join(', ')}}`;
    })
    .join(' ');
}
