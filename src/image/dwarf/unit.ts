import { utf8Text } from '../../host/bytes.js';
import { ByteReader } from '../bytes.js';
import { AbbrevTable, type Encoding, skipAttributes } from './abbrev.js';
import { CPLUSPLUS, DW_AT, DW_FORM, DW_LANG_Go, DW_UT } from './constants.js';
import { Die, readAddress, readOffset } from './die.js';
import type { Sections } from './source.js';

/** What a unit's first DIE says. Bases are 0 where absent. */
export interface RootAttributes {
  readonly tag: number;
  readonly name: string;
  readonly compDir: string;
  readonly producer: string;
  readonly language: number;
  readonly stmtList: number | undefined;
  readonly lowPc: number | undefined;
  readonly die: Die;
}

/** One unit of .debug_info or .debug_types. Offsets of DIEs count from the start of .debug_info, with .debug_types joined behind it. */
export class Unit implements Encoding {
  private table: AbbrevTable | undefined;
  private rootCache: RootAttributes | undefined;
  strOffsetsBase = 0;
  addrBase = 0;
  rnglistsBase = 0;
  loclistsBase = 0;

  constructor(
    readonly info: DebugInfo,
    readonly index: number,
    readonly start: number,
    readonly end: number,
    readonly version: number,
    readonly addressSize: number,
    readonly offsetSize: number,
    private readonly abbrevOffset: number,
    /** Offset of the first DIE. */
    readonly first: number,
    /** Type units only. */
    readonly signature?: bigint,
    readonly typeOffset?: number,
  ) {}

  get abbrevs(): AbbrevTable {
    return (this.table ??= this.info.abbrevTable(this.abbrevOffset, this));
  }

  /** @throws FormatError */
  get root(): RootAttributes {
    if (this.rootCache) return this.rootCache;
    const die = this.info.die(this, this.first);
    const header = this.offsetSize === 8 ? 16 : 8;
    this.strOffsetsBase = die.number(DW_AT.str_offsets_base) ?? (this.version >= 5 ? header : 0);
    this.addrBase = die.number(DW_AT.addr_base) ?? header;
    this.rnglistsBase = die.number(DW_AT.rnglists_base) ?? 0;
    this.loclistsBase = die.number(DW_AT.loclists_base) ?? 0;
    this.rootCache = {
      tag: die.abbrev.tag,
      name: die.string(DW_AT.name) ?? '',
      compDir: die.string(DW_AT.comp_dir) ?? '',
      producer: die.string(DW_AT.producer) ?? '',
      language: die.number(DW_AT.language) ?? 0,
      stmtList: die.number(DW_AT.stmt_list),
      lowPc: die.address(DW_AT.low_pc),
      die,
    };
    const split = die.string(DW_AT.dwo_name) ?? die.string(DW_AT.GNU_dwo_name);
    if (split !== undefined)
      this.info.sections.problem(
        `split DWARF is not supported: functions, types and variables of ${this.rootCache.name || split} are missing`,
      );
    return this.rootCache;
  }

  get isGo(): boolean {
    return this.root.language === DW_LANG_Go;
  }

  get isCPlusPlus(): boolean {
    return CPLUSPLUS.has(this.root.language);
  }
}

/** .debug_info and .debug_types: units, abbreviations, DIEs by offset, strings and indexed addresses. */
export class DebugInfo {
  readonly bytes: Uint8Array;
  readonly units: readonly Unit[];
  private readonly shared: ByteReader;
  private addresses: ByteReader | undefined;
  private onlyGo: boolean | undefined;
  private readonly tables = new Map<string, AbbrevTable>();
  private starts: Map<number, Unit> | undefined;
  private signatures: Map<bigint, number> | undefined;

  constructor(readonly sections: Sections) {
    const info = sections.get('.debug_info');
    const types = sections.get('.debug_types');
    if (types.length === 0) this.bytes = info;
    else {
      this.bytes = new Uint8Array(info.length + types.length);
      this.bytes.set(info);
      this.bytes.set(types, info.length);
    }
    this.shared = new ByteReader(this.bytes, '.debug_info');
    this.units = this.readHeaders(info.length);
  }

  reader(offset: number, end?: number): ByteReader {
    return new ByteReader(this.bytes, '.debug_info', offset, end);
  }

  /** Whether every unit is Go's. Its linker writes all names into the DIEs themselves. */
  get allGo(): boolean {
    return (this.onlyGo ??= this.units.every(unit => this.sections.guard('names are looked up the slow way', false, () => unit.isGo)));
  }

  /** The reader that all attributes share, put at an offset. What it gives must be used before the next call. */
  seek(offset: number): ByteReader {
    this.shared.seek(offset);
    return this.shared;
  }

  private readHeaders(infoLength: number): Unit[] {
    const units: Unit[] = [];
    let start = 0;
    while (start < this.bytes.length) {
      const next = this.sections.guard('this unit and those behind it are missing', undefined, () =>
        this.readHeader(units, start, start >= infoLength),
      );
      if (next === undefined) break;
      start = next;
    }
    return units;
  }

  /** Adds the unit at `start`, if its version is known, and returns where the next starts. */
  private readHeader(units: Unit[], start: number, inTypes: boolean): number {
    const reader = this.reader(start);
    let length = reader.u32();
    let offsetSize = 4;
    if (length === 0xffff_ffff) {
      offsetSize = 8;
      length = reader.size64();
    } else if (length >= 0xffff_fff0) reader.fail(`reserved unit length 0x${length.toString(16)}`);
    if (length > reader.remaining) reader.fail(`unit of ${length} bytes, ${reader.remaining} left`);
    if (length === 0) reader.fail('a unit of no bytes');
    const end = reader.offset + length;
    const where = `.debug_info: unit at 0x${start.toString(16)}`;
    const version = reader.u16();
    if (version < 2 || version > 5) {
      this.sections.problem(`${where} has DWARF version ${version}, which is not supported: what it describes is missing`);
      return end;
    }
    let unitType: number = inTypes ? DW_UT.type : DW_UT.compile;
    let addressSize = 8;
    let abbrevOffset: number;
    if (version >= 5) {
      unitType = reader.u8();
      addressSize = reader.u8();
      abbrevOffset = readOffset(reader, offsetSize);
    } else {
      abbrevOffset = readOffset(reader, offsetSize);
      addressSize = reader.u8();
    }
    if (addressSize !== 8 && addressSize !== 4) {
      this.sections.problem(`${where} has addresses of ${addressSize} bytes: what it describes is missing`);
      return end;
    }
    let signature: bigint | undefined;
    let typeOffset: number | undefined;
    if (unitType === DW_UT.type || unitType === DW_UT.split_type) {
      signature = reader.u64();
      typeOffset = start + readOffset(reader, offsetSize);
    } else if (unitType === DW_UT.skeleton || unitType === DW_UT.split_compile) reader.u64();
    if (reader.offset > end) reader.fail('a unit ends within its header');
    units.push(
      new Unit(this, units.length, start, end, version, addressSize, offsetSize, abbrevOffset, reader.offset, signature, typeOffset),
    );
    return end;
  }

  abbrevTable(offset: number, encoding: Encoding): AbbrevTable {
    const key = `${offset}:${encoding.version}:${encoding.addressSize}:${encoding.offsetSize}`;
    let table = this.tables.get(key);
    if (!table) this.tables.set(key, (table = new AbbrevTable(this.sections.get('.debug_abbrev'), offset, encoding)));
    return table;
  }

  /** The unit whose bytes include the offset. */
  unitAt(offset: number): Unit | undefined {
    let low = 0;
    let high = this.units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.units[middle]!.start <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = this.units[low - 1];
    return unit && offset >= unit.first && offset < unit.end ? unit : undefined;
  }

  /** The unit whose header starts at the offset. */
  unitByStart(start: number): Unit | undefined {
    this.starts ??= new Map(this.units.map(unit => [unit.start, unit]));
    return this.starts.get(start);
  }

  /** The DIE at an offset within a unit, undefined for the null entry that ends siblings. @throws FormatError */
  dieOrNull(unit: Unit, offset: number): Die | undefined {
    const reader = this.seek(offset);
    if (offset >= unit.end) reader.fail('siblings without an end');
    const code = reader.uleb();
    if (code === 0) return undefined;
    return new Die(unit, offset, unit.abbrevs.get(code) ?? reader.fail(`no abbreviation ${code}`), reader.offset);
  }

  /** @throws FormatError */
  die(unit: Unit, offset: number): Die {
    return this.dieOrNull(unit, offset) ?? this.reader(offset).fail('a null entry where a DIE is expected');
  }

  /** The DIE at a global offset, as references give them; its unit's bases are known. @throws FormatError */
  dieAt(offset: number): Die {
    const unit = this.unitAt(offset);
    if (!unit) return this.reader(Math.min(offset, this.bytes.length)).fail(`reference 0x${offset.toString(16)} leads into no unit`);
    void unit.root;
    return this.die(unit, offset);
  }

  /** Offset behind a DIE and all it holds. @throws FormatError */
  behind(die: Die): number {
    if (!die.abbrev.children) return die.end;
    const sibling = die.reference(DW_AT.sibling);
    if (sibling !== undefined && sibling > die.offset && sibling <= die.unit.end) return sibling;
    return this.skipChildren(die.unit, die.end);
  }

  /** Passes over siblings up to and with their null entry. */
  skipChildren(unit: Unit, at: number): number {
    const bytes = this.bytes;
    const table = unit.abbrevs;
    const end = unit.end;
    for (let depth = 1; depth > 0; ) {
      if (at >= end) this.reader(Math.min(at, end)).fail('children without an end');
      let code = bytes[at++]!;
      if (code >= 0x80) {
        const reader = this.reader(at - 1, end);
        code = reader.uleb();
        at = reader.offset;
      }
      if (code === 0) {
        depth--;
        continue;
      }
      const abbrev = table.get(code);
      if (!abbrev) return this.reader(at).fail(`no abbreviation ${code}`);
      at = skipAttributes(bytes, at, abbrev, unit);
      if (abbrev.children) depth++;
    }
    return at;
  }

  /** Offset of the type that a type unit of this signature holds. */
  typeUnit(signature: bigint): number | undefined {
    if (!this.signatures) {
      this.signatures = new Map();
      for (const unit of this.units) if (unit.signature !== undefined) this.signatures.set(unit.signature, unit.typeOffset!);
    }
    return this.signatures.get(signature);
  }

  /** Address number `index` of the unit's part of .debug_addr. @throws FormatError */
  indexedAddress(unit: Unit, index: number): number {
    this.addresses ??= new ByteReader(this.sections.get('.debug_addr'), '.debug_addr');
    this.addresses.seek(unit.addrBase + index * unit.addressSize);
    return readAddress(this.addresses, unit.addressSize);
  }

  /** A string attribute. @throws FormatError */
  string(unit: Unit, form: number, at: number): string | undefined {
    if (form === DW_FORM.string) return this.cstring(at);
    const reader = this.seek(at);
    switch (form) {
      case DW_FORM.strp:
        return this.stringAt('.debug_str', readOffset(reader, unit.offsetSize));
      case DW_FORM.line_strp:
        return this.stringAt('.debug_line_str', readOffset(reader, unit.offsetSize));
      case DW_FORM.strx:
        return this.indexedString(unit, reader.uleb());
      case DW_FORM.strx1:
        return this.indexedString(unit, reader.u8());
      case DW_FORM.strx2:
        return this.indexedString(unit, reader.u16());
      case DW_FORM.strx3:
        return this.indexedString(unit, reader.u24());
      case DW_FORM.strx4:
        return this.indexedString(unit, reader.u32());
      case DW_FORM.strp_sup:
      case DW_FORM.GNU_strp_alt:
        this.sections.problem('debug information refers to a supplementary file (dwz), which is not supported: what it shares is missing');
    }
    return undefined;
  }

  /** A string within .debug_info. Names are most of what an index costs, so they are decoded in one go. */
  private cstring(at: number): string {
    let end = at;
    while (end < this.bytes.length && this.bytes[end] !== 0) end++;
    if (end === this.bytes.length) this.reader(at).fail('string without end');
    return utf8Text(this.bytes.subarray(at, end));
  }

  stringAt(section: '.debug_str' | '.debug_line_str', offset: number): string {
    return new ByteReader(this.sections.get(section), section, offset).cstring();
  }

  private indexedString(unit: Unit, index: number): string {
    const reader = new ByteReader(
      this.sections.get('.debug_str_offsets'),
      '.debug_str_offsets',
      unit.strOffsetsBase + index * unit.offsetSize,
    );
    return this.stringAt('.debug_str', readOffset(reader, unit.offsetSize));
  }
}
