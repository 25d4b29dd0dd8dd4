/**
 * Go's maps of at most eight entries, as they lie in memory since Go 1.24 (internal/runtime/maps): a Map, whose directory is one group of eight
 * control bytes and eight slots {key, elem}. Offsets in bytes.
 */
import { alignUp } from '../abi/shape.js';

export const SMALL_MAP = 8;
/** Larger keys and elements are stored as pointers. */
export const SMALL_SLOT = 128;
export const CONTROL_EMPTY = 0x80;

interface Extent {
  readonly size: number;
  readonly align: number;
}

export interface SmallMapLayout {
  /** Of a Map: its size, and where its count and its directory are. */
  readonly head: number;
  readonly used: number;
  readonly directory: number;
  readonly directoryLength: number;
  /** Of a group: its size, where the slots begin, the size of one, and where its elem is. */
  readonly group: number;
  readonly slots: number;
  readonly slot: number;
  readonly elem: number;
}

export function smallMap(key: Extent, value: Extent): SmallMapLayout {
  const align = Math.max(key.align, value.align, 1);
  const elem = alignUp(key.size, Math.max(value.align, 1));
  const slot = Math.max(alignUp(elem + value.size, align), align);
  return { head: 48, used: 0, directory: 16, directoryLength: 24, group: SMALL_MAP + SMALL_MAP * slot, slots: SMALL_MAP, slot, elem };
}
