/**
 * Shadow cells of ThreadSanitizer v2, which Go <= 1.18 links: four of 64 bits for 8 bytes. They are taken in halves: `low` has the lower 32 bits of
 * the epoch, `high` its other 10, and the rest.
 */

const GRANULE = 8;
export const V2_CELLS = 4;
export const V2_CELL_BYTES = 8;

/** Where the cells of the 8 bytes around an address begin (v2). */
export const v2ShadowAddress = (address: number): number => (address - (address % GRANULE)) * 4 + 0x2000_0000_0000;

/** Epochs have 42 bits, and count every event of their thread. */
const EPOCH_HIGH = 0x3ff;
const OFFSET = { shift: 10, mask: 7 } as const;
const SIZE_LOG = { shift: 13, mask: 3 } as const;
export const V2_READ = 1 << 15;
export const V2_ATOMIC = 1 << 16;
const TID = { shift: 18, mask: 0x1fff } as const;
/** Offset and size: what two accesses to just the same bytes have in common. */
const BYTES = (OFFSET.mask << OFFSET.shift) | (SIZE_LOG.mask << SIZE_LOG.shift);

export interface V2Cell {
  readonly low: number;
  readonly high: number;
}

export function v2Cell(tid: number, epoch: number, offset: number, sizeLog: number, kind: number): V2Cell {
  const high = Math.floor(epoch / 0x1_0000_0000) | (offset << OFFSET.shift) | (sizeLog << SIZE_LOG.shift) | kind | (tid << TID.shift);
  return { low: epoch >>> 0, high: high >>> 0 };
}

export const v2Epoch = ({ low, high }: V2Cell): number => low + (high & EPOCH_HIGH) * 0x1_0000_0000;
export const v2Tid = ({ high }: V2Cell): number => (high >>> TID.shift) & TID.mask;
export const v2Offset = ({ high }: V2Cell): number => (high >>> OFFSET.shift) & OFFSET.mask;
export const v2Size = ({ high }: V2Cell): number => 1 << ((high >>> SIZE_LOG.shift) & SIZE_LOG.mask);
export const sameBytes = (one: V2Cell, other: V2Cell): boolean => ((one.high ^ other.high) & BYTES) === 0;

/** Whether two accesses meet in a byte. */
export function intersects(one: V2Cell, other: V2Cell): boolean {
  const [a, b] = [v2Offset(one), v2Offset(other)];
  return a < b ? a + v2Size(one) > b : b + v2Size(other) > a;
}

/** Whether an access stands for another by the same thread: a write for a read, a plain one for an atomic one. */
export function coversKind(now: V2Cell, old: V2Cell): boolean {
  const rank = ({ high }: V2Cell): number => (high & V2_ATOMIC ? 2 : 0) + (high & V2_READ ? 1 : 0);
  return rank(old) >= rank(now);
}

export const bothReadsOrAtomic = (one: V2Cell, other: V2Cell): boolean => (one.high & other.high & (V2_READ | V2_ATOMIC)) !== 0;

export function v2CellText(cell: V2Cell): string {
  if (cell.low === 0 && cell.high === 0) return '-';
  const kind = `${cell.high & V2_READ ? 'R' : 'W'}${cell.high & V2_ATOMIC ? 'a' : ''}`;
  return `{off=${v2Offset(cell)} size=${v2Size(cell)} tid=${v2Tid(cell)} ep=${v2Epoch(cell)} ${kind}}`;
}
