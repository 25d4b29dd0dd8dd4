import { ByteReader } from '../bytes.js';
import { DW_AT, DW_FORM } from './constants.js';
import { type Die, readAddress } from './die.js';
import type { Unit } from './unit.js';

/** Address ranges, flat: low, high (exclusive), low, high ... as linked. */
export type Ranges = readonly number[];

const LIST_END = 0;

/** DW_RLE and DW_LLE share their first eight codes but for 4 and 5 (DWARF 5, 7.25 and 7.7.3). */
const DW_RLE = {
  base_addressx: 1,
  startx_endx: 2,
  startx_length: 3,
  offset_pair: 4,
  base_address: 5,
  start_end: 6,
  start_length: 7,
} as const;
const DW_LLE = {
  base_addressx: 1,
  startx_endx: 2,
  startx_length: 3,
  offset_pair: 4,
  default_location: 5,
  base_address: 6,
  start_end: 7,
  start_length: 8,
  view_pair: 9,
} as const;

/** Whether `pc` lies in the ranges. */
export function inRanges(ranges: Ranges, pc: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (pc >= ranges[i]! && pc < ranges[i + 1]!) return true;
  return false;
}

/** Code that a DIE covers, by DW_AT_ranges or low_pc and high_pc; empty when it says nothing. @throws FormatError */
export function rangesOf(die: Die): Ranges {
  if (die.has(DW_AT.ranges)) {
    const value = die.number(DW_AT.ranges);
    if (value !== undefined) return readRanges(die.unit, value, die.form(DW_AT.ranges) === DW_FORM.rnglistx);
  }
  const low = die.address(DW_AT.low_pc);
  if (low === undefined) return [];
  const high = die.highPc(low);
  return high !== undefined && high > low ? [low, high] : [];
}

/** Offset of list number `index` in the unit's table of offsets, which starts at `base` (DWARF 5, 7.28 and 7.29). */
function listOffset(section: Uint8Array, what: string, unit: Unit, base: number, index: number): number {
  const start = base || (unit.offsetSize === 8 ? 20 : 12);
  const reader = new ByteReader(section, what, Math.min(start + index * unit.offsetSize, section.length));
  return start + (unit.offsetSize === 8 ? reader.size64() : reader.u32());
}

function readRanges(unit: Unit, value: number, indexed: boolean): Ranges {
  const info = unit.info;
  const ranges: number[] = [];
  const add = (low: number, high: number) => {
    if (high > low) ranges.push(low, high);
  };
  let base = unit.root.lowPc ?? 0;
  if (unit.version < 5) {
    const reader = new ByteReader(info.sections.get('.debug_ranges'), '.debug_ranges', value);
    const selectBase = unit.addressSize === 4 ? 0xffff_ffff : 2 ** 64;
    for (;;) {
      const low = readAddress(reader, unit.addressSize);
      const high = readAddress(reader, unit.addressSize);
      if (low === 0 && high === 0) return ranges;
      // As a double the all-ones address rounds to 2^64.
      if (low === selectBase) base = high;
      else add(base + low, base + high);
    }
  }
  const section = info.sections.get('.debug_rnglists');
  const reader = new ByteReader(
    section,
    '.debug_rnglists',
    indexed ? listOffset(section, '.debug_rnglists', unit, unit.rnglistsBase, value) : value,
  );
  for (;;) {
    const kind = reader.u8();
    switch (kind) {
      case LIST_END:
        return ranges;
      case DW_RLE.base_addressx:
        base = info.indexedAddress(unit, reader.uleb());
        break;
      case DW_RLE.startx_endx: {
        const low = info.indexedAddress(unit, reader.uleb());
        add(low, info.indexedAddress(unit, reader.uleb()));
        break;
      }
      case DW_RLE.startx_length: {
        const low = info.indexedAddress(unit, reader.uleb());
        add(low, low + reader.uleb());
        break;
      }
      case DW_RLE.offset_pair: {
        const low = base + reader.ulebOffset();
        add(low, base + reader.ulebOffset());
        break;
      }
      case DW_RLE.base_address:
        base = readAddress(reader, unit.addressSize);
        break;
      case DW_RLE.start_end: {
        const low = readAddress(reader, unit.addressSize);
        add(low, readAddress(reader, unit.addressSize));
        break;
      }
      case DW_RLE.start_length: {
        const low = readAddress(reader, unit.addressSize);
        add(low, low + reader.uleb());
        break;
      }
      default:
        reader.fail(`unknown range list entry ${kind}`);
    }
  }
}

/**
 * The expression in force at `pc` for a DW_AT_location, DW_AT_frame_base or the like: the expression itself, or the first fitting entry of a
 * location list. Undefined: none there. @throws FormatError
 */
export function expressionAt(die: Die, attribute: number, pc: number | undefined): Uint8Array | undefined {
  const block = die.block(attribute);
  if (block) return block;
  const value = die.number(attribute);
  if (value === undefined || pc === undefined) return undefined;
  const unit = die.unit;
  return unit.version < 5 ? oldListEntry(unit, value, pc) : listEntry(unit, value, die.form(attribute) === DW_FORM.loclistx, pc);
}

/** .debug_loc of DWARF 2 to 4. */
function oldListEntry(unit: Unit, offset: number, pc: number): Uint8Array | undefined {
  const reader = new ByteReader(unit.info.sections.get('.debug_loc'), '.debug_loc', offset);
  const selectBase = unit.addressSize === 4 ? 0xffff_ffff : 2 ** 64;
  let base = unit.root.lowPc ?? 0;
  for (;;) {
    const low = readAddress(reader, unit.addressSize);
    const high = readAddress(reader, unit.addressSize);
    if (low === 0 && high === 0) return undefined;
    if (low === selectBase) {
      base = high;
      continue;
    }
    const expression = reader.slice(reader.u16());
    if (pc >= base + low && pc < base + high) return expression;
  }
}

function listEntry(unit: Unit, value: number, indexed: boolean, pc: number): Uint8Array | undefined {
  const info = unit.info;
  const section = info.sections.get('.debug_loclists');
  const reader = new ByteReader(
    section,
    '.debug_loclists',
    indexed ? listOffset(section, '.debug_loclists', unit, unit.loclistsBase, value) : value,
  );
  let base = unit.root.lowPc ?? 0;
  let fallback: Uint8Array | undefined;
  for (;;) {
    const kind = reader.u8();
    let low = 0;
    let high = 0;
    switch (kind) {
      case LIST_END:
        return fallback;
      case DW_LLE.base_addressx:
        base = info.indexedAddress(unit, reader.uleb());
        continue;
      case DW_LLE.base_address:
        base = readAddress(reader, unit.addressSize);
        continue;
      case DW_LLE.view_pair:
        reader.uleb();
        reader.uleb();
        continue;
      case DW_LLE.default_location:
        fallback = reader.slice(reader.uleb());
        continue;
      case DW_LLE.startx_endx:
        low = info.indexedAddress(unit, reader.uleb());
        high = info.indexedAddress(unit, reader.uleb());
        break;
      case DW_LLE.startx_length:
        low = info.indexedAddress(unit, reader.uleb());
        high = low + reader.uleb();
        break;
      case DW_LLE.offset_pair:
        low = base + reader.ulebOffset();
        high = base + reader.ulebOffset();
        break;
      case DW_LLE.start_end:
        low = readAddress(reader, unit.addressSize);
        high = readAddress(reader, unit.addressSize);
        break;
      case DW_LLE.start_length:
        low = readAddress(reader, unit.addressSize);
        high = low + reader.uleb();
        break;
      default:
        reader.fail(`unknown location list entry ${kind}`);
    }
    const expression = reader.slice(reader.uleb());
    if (pc >= low && pc < high) return expression;
  }
}
