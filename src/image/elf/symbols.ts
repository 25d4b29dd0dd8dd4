/**
 * ELF symbol tables as typed arrays: nothing is decoded before it is asked for, and names are searched in the string table itself, so
 * that a hundred thousand symbols cost a few milliseconds.
 */

import { everyIndexOf, everyRowWith, utf8 } from '../../host/bytes.js';
import { countLeading } from '../../host/count-leading.js';
import { textOf } from '../bytes.js';
import type { Elf } from './elf.js';
import { type Section, SHF, SHT } from './headers.js';

const ENTRY_SIZE = 24;
const STT = { notype: 0, object: 1, func: 2, section: 3, file: 4, common: 5, tls: 6, ifunc: 10 } as const;
const SHN_UNDEF = 0;
const SHN_ABS = 0xfff1;
/** How many symbols below the nearest are tried for one that is long enough to cover the address. */
const NESTING = 32;

export interface RawSymbol {
  /** The link name, with a version suffix (`@@GLIBC_2.34`) cut off. */
  readonly name: string;
  /** Link address; for thread-local symbols the offset in the TLS template. */
  readonly address: number;
  readonly size: number;
  readonly kind: 'func' | 'object' | 'other';
  readonly threadLocal: boolean;
  /** What is there returns the address of the function (STT_GNU_IFUNC). */
  readonly indirect?: boolean;
}

/** Number of the last of ascending values at or below one, -1 when there is none. */
export function lastAtOrBelow(length: number, valueAt: (index: number) => number, wanted: number): number {
  return countLeading(length, index => valueAt(index) <= wanted) - 1;
}

/** The symbols of `.symtab`, or of `.dynsym` when the file is stripped. */
export class ElfSymbolTable {
  /** Symbols with an address, by address: entry numbers in the table. */
  private readonly order: Uint32Array;
  private readonly addresses: Float64Array;
  private readonly view: DataView;
  private readonly strings: Uint8Array;
  private readonly count: number;

  static of(elf: Elf): ElfSymbolTable | undefined {
    for (const type of [SHT.symtab, SHT.dynsym]) {
      const section = elf.sections.find(s => s.type === type && s.size >= ENTRY_SIZE);
      const bytes = section && elf.sectionBytes(section);
      if (!bytes) continue;
      const strings = elf.sections[section.link];
      if (!strings || strings.type !== SHT.strtab) {
        elf.problems.push(`${section.name}: its string table (section ${section.link}) is missing: no symbols`);
        continue;
      }
      if (section.size % ENTRY_SIZE !== 0) elf.problems.push(`${section.name}: ${section.size} bytes are no whole number of symbols`);
      return new ElfSymbolTable(elf, bytes, elf.sectionBytes(strings) ?? new Uint8Array(0));
    }
    return undefined;
  }

  private constructor(
    private readonly elf: Elf,
    private readonly bytes: Uint8Array,
    strings: Uint8Array,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.strings = strings;
    this.count = Math.floor(bytes.length / ENTRY_SIZE);
    const indices = new Uint32Array(this.count);
    const values = new Float64Array(this.count);
    let n = 0;
    for (let i = 1; i < this.count; i++) {
      const at = i * ENTRY_SIZE;
      const type = this.view.getUint8(at + 4) & 15;
      const section = this.view.getUint16(at + 6, true);
      if (section === SHN_UNDEF || section === SHN_ABS || type === STT.tls || type === STT.section || type === STT.file) continue;
      indices[n] = i;
      values[n] = this.value(i);
      n++;
    }
    this.order = sortBy(indices.subarray(0, n), values.subarray(0, n));
    this.addresses = Float64Array.from(this.order, i => this.value(i));
  }

  private value(index: number): number {
    const at = index * ENTRY_SIZE + 8;
    return this.view.getUint32(at + 4, true) * 0x1_0000_0000 + this.view.getUint32(at, true);
  }

  private size(index: number): number {
    const at = index * ENTRY_SIZE + 16;
    return this.view.getUint32(at + 4, true) * 0x1_0000_0000 + this.view.getUint32(at, true);
  }

  private type(index: number): number {
    return this.view.getUint8(index * ENTRY_SIZE + 4) & 15;
  }

  private symbol(index: number): RawSymbol {
    const type = this.type(index);
    const kind = type === STT.func || type === STT.ifunc ? 'func' : type === STT.object || type === STT.common ? 'object' : 'other';
    return {
      name: this.name(index),
      address: this.value(index),
      size: this.size(index),
      kind,
      threadLocal: type === STT.tls,
      indirect: type === STT.ifunc,
    };
  }

  private name(index: number): string {
    const start = this.view.getUint32(index * ENTRY_SIZE, true);
    if (start >= this.strings.length) return '';
    const nul = this.strings.indexOf(0, start);
    const name = textOf(this.strings, start, nul < 0 ? this.strings.length : nul);
    const version = name.indexOf('@');
    // Go's names may hold an @ (in import paths); versions follow a C name.
    return version > 0 && !name.includes('/') ? name.slice(0, version) : name;
  }

  /** Number of the last symbol in address order at or below the address, -1 when there is none. */
  private below(address: number): number {
    return lastAtOrBelow(this.addresses.length, i => this.addresses[i]!, address);
  }

  /** Which of several symbols at one place a reader wants: a function or object before a label, a global before a local. */
  private rank(index: number): number {
    const type = this.type(index);
    const binding = this.view.getUint8(index * ENTRY_SIZE + 4) >> 4;
    const typed = type === STT.func || type === STT.ifunc || type === STT.object || type === STT.common;
    return (typed ? 8 : 0) + (binding === 1 ? 3 : binding === 2 ? 2 : 1);
  }

  /**
   * The symbol that covers the address: the nearest with a size that reaches it, else the nearest without a size in the same section.
   * With `functions`, only symbols of code.
   */
  at(address: number, functions = false): RawSymbol | undefined {
    const start = this.below(address);
    let best = -1;
    let bestRank = -1;
    let unsized = -1;
    for (let i = start; i >= 0 && i > start - NESTING; i--) {
      const index = this.order[i]!;
      const value = this.addresses[i]!;
      if (best >= 0 && value < this.value(best)) break;
      if (functions && !this.isCode(index)) continue;
      const size = this.size(index);
      if (size === 0) {
        if (unsized < 0 || (value === this.value(unsized) && this.rank(index) > this.rank(unsized))) unsized = index;
      } else if (address < value + size && this.rank(index) > bestRank) {
        best = index;
        bestRank = this.rank(index);
      }
    }
    // A label inside a sized function does not end the function; one at the very address of an object does not rename it.
    if (best >= 0) return this.symbol(best);
    if (unsized < 0) return undefined;
    const section = this.sectionOf(unsized);
    if (!section || address < section.address || address >= section.address + section.size) return undefined;
    // What lies behind a sized symbol that ends below the address is padding, not part of an earlier label.
    return this.hasSizedBetween(unsized, start) ? undefined : this.symbol(unsized);
  }

  private hasSizedBetween(index: number, start: number): boolean {
    for (let i = start; i >= 0 && this.addresses[i]! > this.value(index); i--) if (this.size(this.order[i]!) > 0) return true;
    return false;
  }

  private sectionOf(index: number): Section | undefined {
    return this.elf.sections[this.view.getUint16(index * ENTRY_SIZE + 6, true)];
  }

  private isCode(index: number): boolean {
    const type = this.type(index);
    if (type === STT.func || type === STT.ifunc) return true;
    return type === STT.notype && ((this.sectionOf(index)?.flags ?? 0) & SHF.exec) !== 0;
  }

  /** The first address behind a code symbol; one of size 0 ends at the next, or with its section. */
  endOf(symbol: RawSymbol): number {
    if (symbol.size > 0) return symbol.address + symbol.size;
    const section = this.elf.sectionAt(symbol.address);
    const end = section ? section.address + section.size : symbol.address + 1;
    let i = this.below(symbol.address) + 1;
    while (i < this.order.length && !this.isCode(this.order[i]!)) i++;
    return i < this.order.length ? Math.min(end, this.addresses[i]!) : end;
  }

  /** All symbols of that link name. */
  *named(name: string): Iterable<RawSymbol> {
    if (name === '') return;
    const { strings } = this;
    const wanted = utf8(name);
    for (const at of everyIndexOf(strings, wanted)) {
      const next = strings[at + wanted.length];
      if (next !== 0 && next !== 0x40) continue;
      for (const i of everyRowWith(this.bytes, ENTRY_SIZE / 4, 0, at)) {
        if (i === 0 || i >= this.count) continue;
        const symbol = this.symbol(i);
        if (symbol.name === name && this.isDefined(i)) yield symbol;
      }
    }
  }

  private isDefined(index: number): boolean {
    const type = this.type(index);
    return this.view.getUint16(index * ENTRY_SIZE + 6, true) !== SHN_UNDEF && type !== STT.section && type !== STT.file;
  }

  /** In address order; thread-local and absolute symbols are left out. */
  *all(): Iterable<RawSymbol> {
    for (const index of this.order) yield this.symbol(index);
  }

  /** Addresses of the symbols that name code, ascending; a place with several names comes several times. */
  *codeAddresses(): Iterable<number> {
    for (let i = 0; i < this.order.length; i++) if (this.isCode(this.order[i]!)) yield this.addresses[i]!;
  }
}

/** `indices` in the order of their `values`. One sort of plain numbers, which engines do natively, where both fit into a double. */
function sortBy(indices: Uint32Array, values: Float64Array): Uint32Array {
  let [low, high] = [Infinity, 0];
  let sorted = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
    if (i > 0 && value < values[i - 1]!) sorted = false;
  }
  if (sorted) return indices;
  const scale = 2 ** Math.ceil(Math.log2(values.length + 1));
  if ((high - low + 1) * scale < Number.MAX_SAFE_INTEGER) {
    const keys = new Float64Array(values.length);
    for (let i = 0; i < values.length; i++) keys[i] = (values[i]! - low) * scale + i;
    keys.sort();
    return Uint32Array.from(keys, key => indices[key % scale]!);
  }
  const positions = Uint32Array.from(indices, (_, i) => i);
  positions.sort((a, b) => values[a]! - values[b]! || a - b);
  return positions.map(i => indices[i]!);
}
