import type { ByteReader } from '../bytes.js';
import { type Abbrev, skipAttributes, skipForm } from './abbrev.js';
import { DW_AT, DW_FORM } from './constants.js';
import type { Unit } from './unit.js';

/** One DIE, read on demand. Attribute readers return undefined for an absent attribute or one of a form that cannot hold such a value. */
export class Die {
  private places: Float64Array | undefined;

  constructor(
    readonly unit: Unit,
    readonly offset: number,
    readonly abbrev: Abbrev,
    readonly attributesAt: number,
  ) {}

  get tag(): number {
    return this.abbrev.tag;
  }

  has(attribute: number): boolean {
    return this.abbrev.attributes.includes(attribute);
  }

  /** Where the attributes end: the first child, or the next sibling. */
  get end(): number {
    return skipAttributes(this.unit.info.bytes, this.attributesAt, this.abbrev, this.unit);
  }

  /** Where the name's text starts when it stands in the DIE itself. */
  get nameAt(): number | undefined {
    const found = this.find(DW_AT.name);
    return found?.form === DW_FORM.string ? found.at : undefined;
  }

  /** Form, place and implicit value of an attribute. */
  private find(attribute: number): { form: number; at: number; implicit: number } | undefined {
    const index = this.abbrev.attributes.indexOf(attribute);
    if (index < 0) return undefined;
    const { forms, implicit } = this.abbrev;
    const bytes = this.unit.info.bytes;
    if (index > 0 && !this.places) {
      this.places = new Float64Array(forms.length);
      let at = this.attributesAt;
      for (let i = 0; i < forms.length; i++) {
        this.places[i] = at;
        at = skipForm(bytes, forms[i]!, at, this.unit);
      }
    }
    const at = this.places ? this.places[index]! : this.attributesAt;
    if (at > this.unit.end) this.unit.info.reader(this.offset).fail('a DIE reaches past its unit');
    if (forms[index] !== DW_FORM.indirect) return { form: forms[index]!, at, implicit: implicit[index]! };
    const reader = this.unit.info.seek(at);
    return { form: reader.uleb(), at: reader.offset, implicit: 0 };
  }

  /** An unsigned constant, section offset or flag (1 or 0). Data past 2^53 loses precision. */
  number(attribute: number): number | undefined {
    const found = this.find(attribute);
    if (!found) return undefined;
    const reader = this.unit.info.seek(found.at);
    switch (found.form) {
      case DW_FORM.flag_present:
        return 1;
      case DW_FORM.implicit_const:
        return found.implicit;
      case DW_FORM.data1:
      case DW_FORM.flag:
        return reader.u8();
      case DW_FORM.data2:
        return reader.u16();
      case DW_FORM.data4:
        return reader.u32();
      case DW_FORM.data8:
        return Number(reader.u64());
      case DW_FORM.udata:
      case DW_FORM.loclistx:
      case DW_FORM.rnglistx:
        return reader.uleb();
      case DW_FORM.sdata:
        return reader.sleb();
      case DW_FORM.sec_offset:
        return readOffset(reader, this.unit.offsetSize);
    }
    return undefined;
  }

  /** A constant as a 64-bit signed value; data1 to data8 are taken as unsigned, as compilers mean them for unsigned types. */
  constant(attribute: number): bigint | undefined {
    const found = this.find(attribute);
    if (!found) return undefined;
    const reader = this.unit.info.seek(found.at);
    if (found.form === DW_FORM.sdata) return reader.slebBig();
    if (found.form === DW_FORM.udata) return reader.ulebBig();
    if (found.form === DW_FORM.data8) return reader.u64();
    const value = this.number(attribute);
    return value === undefined ? undefined : BigInt(value);
  }

  flag(attribute: number): boolean {
    return this.abbrev.attributes.includes(attribute) && (this.number(attribute) ?? 0) !== 0;
  }

  /** An address as linked. */
  address(attribute: number): number | undefined {
    const found = this.find(attribute);
    if (!found) return undefined;
    const reader = this.unit.info.seek(found.at);
    switch (found.form) {
      case DW_FORM.addr:
        return readAddress(reader, this.unit.addressSize);
      case DW_FORM.addrx:
        return this.unit.info.indexedAddress(this.unit, reader.uleb());
      case DW_FORM.addrx1:
        return this.unit.info.indexedAddress(this.unit, reader.u8());
      case DW_FORM.addrx2:
        return this.unit.info.indexedAddress(this.unit, reader.u16());
      case DW_FORM.addrx3:
        return this.unit.info.indexedAddress(this.unit, reader.u24());
      case DW_FORM.addrx4:
        return this.unit.info.indexedAddress(this.unit, reader.u32());
    }
    return undefined;
  }

  /** DW_AT_high_pc is an address, or a length behind low_pc (DWARF 5, 2.17.2). */
  highPc(low: number): number | undefined {
    const address = this.address(DW_AT.high_pc);
    if (address !== undefined) return address;
    const length = this.number(DW_AT.high_pc);
    return length === undefined ? undefined : low + length;
  }

  /** Offset of the DIE that a reference names. */
  reference(attribute: number): number | undefined {
    const found = this.find(attribute);
    if (!found) return undefined;
    const unit = this.unit;
    const reader = unit.info.seek(found.at);
    switch (found.form) {
      case DW_FORM.ref1:
        return unit.start + reader.u8();
      case DW_FORM.ref2:
        return unit.start + reader.u16();
      case DW_FORM.ref4:
        return unit.start + reader.u32();
      case DW_FORM.ref8:
        return unit.start + Number(reader.u64());
      case DW_FORM.ref_udata:
        return unit.start + reader.uleb();
      case DW_FORM.ref_addr:
        return readOffset(reader, unit.version <= 2 ? unit.addressSize : unit.offsetSize);
      case DW_FORM.ref_sig8:
        return unit.info.typeUnit(reader.u64());
      case DW_FORM.ref_sup4:
      case DW_FORM.ref_sup8:
      case DW_FORM.GNU_ref_alt:
        unit.info.sections.problem(
          'debug information refers to a supplementary file (dwz), which is not supported: what it shares is missing',
        );
    }
    return undefined;
  }

  string(attribute: number): string | undefined {
    const found = this.find(attribute);
    return found && this.unit.info.string(this.unit, found.form, found.at);
  }

  /** Bytes of a block or expression. */
  block(attribute: number): Uint8Array | undefined {
    const found = this.find(attribute);
    if (!found) return undefined;
    const reader = this.unit.info.seek(found.at);
    switch (found.form) {
      case DW_FORM.block1:
        return reader.slice(reader.u8());
      case DW_FORM.block2:
        return reader.slice(reader.u16());
      case DW_FORM.block4:
        return reader.slice(reader.u32());
      case DW_FORM.block:
      case DW_FORM.exprloc:
        return reader.slice(reader.uleb());
      case DW_FORM.data16:
        return reader.slice(16);
    }
    return undefined;
  }

  /** The form, for attributes whose meaning hangs on it. */
  form(attribute: number): number | undefined {
    return this.find(attribute)?.form;
  }

  /** Direct children, one at a time. @throws FormatError */
  *children(): Generator<Die> {
    if (!this.abbrev.children) return;
    const info = this.unit.info;
    let at = this.end;
    for (;;) {
      const child = info.dieOrNull(this.unit, at);
      if (!child) return;
      yield child;
      at = info.behind(child);
    }
  }
}

/** An address of 8 or 4 bytes. One past 2^53, which no program has, loses precision. */
export function readAddress(reader: ByteReader, size: number): number {
  if (size === 4) return reader.u32();
  const low = reader.u32();
  return low + reader.u32() * 0x1_0000_0000;
}

export function readOffset(reader: ByteReader, size: number): number {
  return size === 8 ? reader.size64() : reader.u32();
}
