/**
 * The bytes of the loaded segments by link address, with the relocations that only need the file itself applied. A position-independent
 * Go program keeps its module data and type descriptors zero in the file and in its relocations instead.
 */
import { hex } from '../../host/hex.js';
import { ByteReader, FormatError, textOf } from '../bytes.js';
import { DT, type Elf } from './elf.js';
import { PF, type ProgramHeader } from './headers.js';

const R_X86_64_64 = 1;
const R_X86_64_RELATIVE = 8;
const RELA_SIZE = 24;
const SYMBOL_SIZE = 24;

interface Range {
  readonly start: number;
  /** First address behind the file's bytes; to `memoryEnd` it reads as zero. */
  readonly end: number;
  readonly memoryEnd: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export class LinkedMemory {
  private readonly ranges: readonly Range[];
  private last: Range;

  constructor(elf: Elf) {
    const { tags } = elf.dynamic;
    const rela = elf.fileOffset(tags.get(DT.rela) ?? -1);
    const relocated = rela !== undefined && elf.header.positionIndependent;
    this.ranges = elf.loads.map(load => range(load, elf.bytes, relocated));
    this.last = this.ranges[0]!;
    if (relocated) this.relocate(elf, rela, tags.get(DT.relasz) ?? 0);
  }

  private relocate(elf: Elf, start: number, size: number): void {
    const end = Math.min(start + size, elf.bytes.length);
    const view = new DataView(elf.bytes.buffer, elf.bytes.byteOffset, elf.bytes.byteLength);
    const symbols = elf.fileOffset(elf.dynamic.tags.get(DT.symtab) ?? -1);
    for (let at = start; at + RELA_SIZE <= end; at += RELA_SIZE) {
      const type = view.getUint32(at + 8, true);
      if (type !== R_X86_64_RELATIVE && type !== R_X86_64_64) continue;
      let value = view.getBigInt64(at + 16, true);
      if (type === R_X86_64_64) {
        const symbol = (symbols ?? elf.bytes.length) + view.getUint32(at + 12, true) * SYMBOL_SIZE;
        if (symbol + SYMBOL_SIZE > elf.bytes.length || view.getUint16(symbol + 6, true) === 0) continue;
        value += view.getBigInt64(symbol + 8, true);
      }
      const address = Number(view.getBigUint64(at, true));
      const target = this.find(address);
      if (target && address + 8 <= target.end) target.view.setBigInt64(address - target.start, value, true);
    }
  }

  private find(address: number): Range | undefined {
    if (address >= this.last.start && address < this.last.memoryEnd) return this.last;
    const found = this.ranges.find(r => address >= r.start && address < r.memoryEnd);
    if (found) this.last = found;
    return found;
  }

  private need(address: number, length: number): Range {
    const found = this.find(address);
    if (!found || address + length > found.memoryEnd) throw new FormatError(`address ${hex(address)} is in no segment`);
    return found;
  }

  contains(address: number): boolean {
    return this.find(address) !== undefined;
  }

  u8(address: number): number {
    const r = this.need(address, 1);
    return address < r.end ? r.bytes[address - r.start]! : 0;
  }

  u16(address: number): number {
    const r = this.need(address, 2);
    return address + 2 <= r.end ? r.view.getUint16(address - r.start, true) : 0;
  }

  u32(address: number): number {
    const r = this.need(address, 4);
    return address + 4 <= r.end ? r.view.getUint32(address - r.start, true) : 0;
  }

  i32(address: number): number {
    return this.u32(address) | 0;
  }

  /** A pointer or size; NaN-free: what a number cannot hold is an error. */
  word(address: number): number {
    const value = this.u32(address) + this.u32(address + 4) * 0x1_0000_0000;
    if (value > Number.MAX_SAFE_INTEGER) throw new FormatError(`the word at ${hex(address)} is no address or size`);
    return value;
  }

  /** `length` bytes that are in the file, not copied. */
  slice(address: number, length: number): Uint8Array {
    const r = this.need(address, length);
    if (address + length > r.end) throw new FormatError(`${hex(length)} bytes at ${hex(address)} are not in the file`);
    return r.bytes.subarray(address - r.start, address - r.start + length);
  }

  /** The bytes from the address to the end of what the file has of its segment. */
  rest(address: number): Uint8Array {
    const r = this.need(address, 1);
    return r.bytes.subarray(Math.min(address - r.start, r.bytes.length));
  }

  reader(address: number, what: string): ByteReader {
    return new ByteReader(this.rest(address), what);
  }

  string(address: number, length: number): string {
    return textOf(this.slice(address, length), 0, length);
  }
}

function range(load: ProgramHeader, file: Uint8Array, relocated: boolean): Range {
  let bytes = file.subarray(load.offset, load.offset + load.fileSize);
  // Only writable segments are relocated; the file's own bytes must not change.
  if (relocated && load.flags & PF.w) bytes = bytes.slice();
  return {
    start: load.address,
    end: load.address + load.fileSize,
    memoryEnd: load.address + load.memorySize,
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  };
}
