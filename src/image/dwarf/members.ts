import { DW_AT } from './constants.js';
import type { Die } from './die.js';

/** In bytes; undefined where only the object at run time can tell (C++ virtual bases). */
export function memberOffset(die: Die): number | undefined {
  const block = die.block(DW_AT.data_member_location);
  if (!block) return die.number(DW_AT.data_member_location) ?? Math.floor((die.number(DW_AT.data_bit_offset) ?? 0) / 8);
  const plusUconst = 0x23;
  if (block[0] !== plusUconst) return undefined;
  let value = 0;
  let scale = 1;
  for (let i = 1; i < block.length && i < 8; i++, scale *= 128) value += (block[i]! & 0x7f) * scale;
  return value;
}

/** Place of a bit field: `offset` moved to its storage unit, bits counted from that unit's lowest (DWARF 5, 5.7.6; version 3's DW_AT_bit_offset from the highest). */
export function bitField(die: Die, offset: number, typeSize: number): { offset?: number; bitSize?: number; bitOffset?: number } {
  const bitSize = die.number(DW_AT.bit_size);
  if (bitSize === undefined) return {};
  const fromStart = die.number(DW_AT.data_bit_offset);
  if (fromStart !== undefined) {
    const total = (die.has(DW_AT.data_member_location) ? offset * 8 : 0) + fromStart;
    const size = typeSize || 1;
    const aligned = Math.floor(total / (size * 8)) * size;
    const unit = total - aligned * 8 + bitSize <= size * 8 ? aligned : Math.floor(total / 8);
    return { offset: unit, bitSize, bitOffset: total - unit * 8 };
  }
  const fromHigh = die.number(DW_AT.bit_offset) ?? 0;
  const storage = die.number(DW_AT.byte_size) ?? typeSize;
  // A 32-bit zero-extended negative offset means that the field starts past its storage unit.
  return { bitSize, bitOffset: storage * 8 - bitSize - (fromHigh | 0) };
}
