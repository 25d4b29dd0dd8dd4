import { ByteReader } from '../bytes.js';
import { DW_AT, DW_FORM, DW_TAG } from './constants.js';

/** What the size of an encoded attribute depends on besides its form. */
export interface Encoding {
  readonly version: number;
  readonly addressSize: number;
  /** 4, or 8 in the 64-bit format. */
  readonly offsetSize: number;
}

/** One abbreviation: how the DIEs that name its code are laid out (DWARF 5, 7.5.3). */
export interface Abbrev {
  readonly tag: number;
  readonly children: boolean;
  /** DW_AT codes, their forms, and values of DW_FORM_implicit_const; parallel. */
  readonly attributes: readonly number[];
  readonly forms: readonly number[];
  readonly implicit: readonly number[];
  /** How to pass over the attributes: a positive number is that many bytes, a negative one a SKIP code. */
  readonly skips: readonly number[];
  readonly hasSibling: boolean;
  /** Which list of a unit's index such a DIE belongs to. */
  readonly indexed: Indexed | undefined;
}

export type Indexed = 'function' | 'type' | 'variable';

const TYPE_TAGS: ReadonlySet<number> = new Set([
  DW_TAG.array_type,
  DW_TAG.class_type,
  DW_TAG.enumeration_type,
  DW_TAG.pointer_type,
  DW_TAG.structure_type,
  DW_TAG.subroutine_type,
  DW_TAG.typedef,
  DW_TAG.union_type,
  DW_TAG.base_type,
  DW_TAG.unspecified_type,
]);

/** Functions with code, types with names, variables and constants; no declarations of what is elsewhere. */
function indexedAs(tag: number, attributes: readonly number[]): Indexed | undefined {
  if (attributes.includes(DW_AT.declaration)) return undefined;
  if (tag === DW_TAG.subprogram) return attributes.includes(DW_AT.low_pc) || attributes.includes(DW_AT.ranges) ? 'function' : undefined;
  if (tag === DW_TAG.variable || tag === DW_TAG.constant) return 'variable';
  return TYPE_TAGS.has(tag) && attributes.includes(DW_AT.name) ? 'type' : undefined;
}

const SKIP = { string: -1, leb: -2, block1: -3, block2: -4, block4: -5, block: -6, indirect: -7 } as const;

/** Bytes that a form takes (>= 0), or a SKIP code; undefined for a form that DWARF 5 does not know. */
function sizeOf(form: number, encoding: Encoding): number | undefined {
  switch (form) {
    case DW_FORM.addr:
      return encoding.addressSize;
    case DW_FORM.flag_present:
    case DW_FORM.implicit_const:
      return 0;
    case DW_FORM.data1:
    case DW_FORM.flag:
    case DW_FORM.ref1:
    case DW_FORM.strx1:
    case DW_FORM.addrx1:
      return 1;
    case DW_FORM.data2:
    case DW_FORM.ref2:
    case DW_FORM.strx2:
    case DW_FORM.addrx2:
      return 2;
    case DW_FORM.strx3:
    case DW_FORM.addrx3:
      return 3;
    case DW_FORM.data4:
    case DW_FORM.ref4:
    case DW_FORM.ref_sup4:
    case DW_FORM.strx4:
    case DW_FORM.addrx4:
      return 4;
    case DW_FORM.data8:
    case DW_FORM.ref8:
    case DW_FORM.ref_sup8:
    case DW_FORM.ref_sig8:
      return 8;
    case DW_FORM.data16:
      return 16;
    case DW_FORM.strp:
    case DW_FORM.line_strp:
    case DW_FORM.strp_sup:
    case DW_FORM.sec_offset:
    case DW_FORM.GNU_ref_alt:
    case DW_FORM.GNU_strp_alt:
      return encoding.offsetSize;
    case DW_FORM.ref_addr:
      return encoding.version <= 2 ? encoding.addressSize : encoding.offsetSize;
    case DW_FORM.string:
      return SKIP.string;
    case DW_FORM.sdata:
    case DW_FORM.udata:
    case DW_FORM.ref_udata:
    case DW_FORM.strx:
    case DW_FORM.addrx:
    case DW_FORM.loclistx:
    case DW_FORM.rnglistx:
      return SKIP.leb;
    case DW_FORM.block1:
      return SKIP.block1;
    case DW_FORM.block2:
      return SKIP.block2;
    case DW_FORM.block4:
      return SKIP.block4;
    case DW_FORM.block:
    case DW_FORM.exprloc:
      return SKIP.block;
    case DW_FORM.indirect:
      return SKIP.indirect;
  }
  return undefined;
}

/** Passes over one step of `Abbrev.skips`; the caller checks bounds afterwards (reading past the end yields a result past the end). */
function skipStep(bytes: Uint8Array, at: number, step: number, encoding: Encoding): number {
  switch (step) {
    case SKIP.string: {
      const nul = bytes.indexOf(0, at);
      return nul < 0 ? bytes.length + 1 : nul + 1;
    }
    case SKIP.leb:
      while (bytes[at++]! >= 0x80);
      return at;
    case SKIP.block1:
      return at + 1 + (bytes[at] ?? 0);
    case SKIP.block2:
      return at + 2 + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
    case SKIP.block4:
      return at + 4 + new ByteReader(bytes, '.debug_info', at).u32();
    case SKIP.block: {
      const reader = new ByteReader(bytes, '.debug_info', at);
      const length = reader.uleb();
      return reader.offset + length;
    }
    case SKIP.indirect: {
      const reader = new ByteReader(bytes, '.debug_info', at);
      return skipForm(bytes, reader.uleb(), reader.offset, encoding);
    }
  }
  return at + step;
}

/** Where the attribute behind one of this form starts. */
export function skipForm(bytes: Uint8Array, form: number, at: number, encoding: Encoding): number {
  const size = form === DW_FORM.indirect ? undefined : sizeOf(form, encoding);
  if (size === undefined) {
    // An indirect form that names DW_FORM_indirect again would let a corrupt file recurse.
    const reader: ByteReader = new ByteReader(bytes, '.debug_info', Math.min(at, bytes.length));
    const real = form === DW_FORM.indirect ? reader.uleb() : form;
    if (real === DW_FORM.indirect || sizeOf(real, encoding) === undefined) reader.fail(`unknown form 0x${real.toString(16)}`);
    return skipStep(bytes, reader.offset, sizeOf(real, encoding)!, encoding);
  }
  return skipStep(bytes, at, size, encoding);
}

/** Passes over all attributes of a DIE whose attributes start at `at`. This is the inner loop of every scan. */
export function skipAttributes(bytes: Uint8Array, at: number, abbrev: Abbrev, encoding: Encoding): number {
  const skips = abbrev.skips;
  for (let i = 0; i < skips.length; i++) {
    const step = skips[i]!;
    if (step > 0) at += step;
    else if (step === SKIP.leb) while (bytes[at++]! >= 0x80);
    else if (step === SKIP.string) {
      while (bytes[at] !== 0 && at < bytes.length) at++;
      at++;
    } else if (step === SKIP.block1) at += 1 + (bytes[at] ?? 0);
    else at = skipStep(bytes, at, step, encoding);
  }
  return at;
}

/** The abbreviations of one unit, by code. */
export class AbbrevTable {
  private readonly dense: (Abbrev | undefined)[] = [];
  private readonly sparse = new Map<number, Abbrev>();
  /** Whether some DIE has a location list: the mark of code that was optimised. */
  readonly hasLocationLists: boolean = false;

  /** @throws FormatError when the table is corrupt or names a form that DWARF 5 does not have. */
  constructor(section: Uint8Array, offset: number, encoding: Encoding) {
    const reader: ByteReader = new ByteReader(section, '.debug_abbrev', offset);
    for (;;) {
      const code = reader.uleb();
      if (code === 0) break;
      const tag = reader.uleb();
      const children = reader.u8() !== 0;
      const attributes: number[] = [];
      const forms: number[] = [];
      const implicit: number[] = [];
      const skips: number[] = [];
      for (;;) {
        const attribute = reader.uleb();
        const form = reader.uleb();
        const value = form === DW_FORM.implicit_const ? Number(reader.slebBig()) : 0;
        if (attribute === 0 && form === 0) break;
        const size = sizeOf(form, encoding);
        if (attribute === DW_AT.location && (form === DW_FORM.sec_offset || form === DW_FORM.loclistx)) this.hasLocationLists = true;
        if (size === undefined) reader.fail(`unknown form 0x${form.toString(16)}`);
        attributes.push(attribute);
        forms.push(form);
        implicit.push(value);
        if (size > 0 && skips.length > 0 && skips[skips.length - 1]! > 0) skips[skips.length - 1]! += size;
        else if (size !== 0) skips.push(size);
      }
      const hasSibling = attributes.includes(DW_AT.sibling);
      const abbrev: Abbrev = { tag, children, attributes, forms, implicit, skips, hasSibling, indexed: indexedAs(tag, attributes) };
      if (code < 4096) this.dense[code] = abbrev;
      else this.sparse.set(code, abbrev);
    }
  }

  get(code: number): Abbrev | undefined {
    return this.dense[code] ?? this.sparse.get(code);
  }
}
