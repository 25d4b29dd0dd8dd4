import { describe, expect, it } from 'vitest';
import { DW_AT, DW_ATE, DW_FORM, DW_TAG } from './constants.js';
import { Dwarf } from './dwarf.js';

/** Little-endian bytes of several numbers of one size. */
const le = (size: number, ...values: number[]): number[] =>
  values.flatMap(value => Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256));
const text = (value: string): number[] => [...Buffer.from(`${value}\0`)];
/** Unsigned LEB128, as attributes and forms past 127 need it. */
const uleb = (value: number): number[] => (value < 128 ? [value] : [(value & 0x7f) | 0x80, ...uleb(value >> 7)]);

const TAG_compile_unit = 0x11;
const STRINGS = ['unit', 'main', 'value', 'int', 'constant', 'maker'];
const CODE = 0x401000;

/** A program of indexed forms only, as LLVM writes them: strx, addrx, rnglistx and loclistx with their bases (DWARF 5, 7.5.5 and 7.26 to 7.29). */
function sections(change: (name: string, bytes: number[]) => number[] = (_, bytes) => bytes): (name: string) => Uint8Array | undefined {
  const strings: number[] = [];
  const offsets = STRINGS.map(value => {
    strings.push(...text(value));
    return strings.length - value.length - 1;
  });
  const abbrev = (code: number, tag: number, children: number, ...pairs: number[]) => [
    ...uleb(code),
    ...uleb(tag),
    children,
    ...pairs.flatMap(uleb),
    0,
    0,
  ];
  const { strx, strx1, strx2, strx3, strx4, addrx, addrx1, rnglistx, loclistx, sec_offset, data1, data2, data4, ref_udata } = DW_FORM;
  const tables: Record<string, number[]> = {
    '.debug_str': strings,
    '.debug_str_offsets': [...le(4, 4 + 4 * STRINGS.length), ...le(2, 5, 0), ...le(4, ...offsets)],
    '.debug_addr': [...le(4, 4 + 16), ...le(2, 5), 8, 0, ...le(8, CODE, CODE + 0x100)],
    '.debug_abbrev': [
      ...abbrev(
        1,
        TAG_compile_unit,
        1,
        DW_AT.name,
        strx1,
        DW_AT.str_offsets_base,
        sec_offset,
        DW_AT.addr_base,
        sec_offset,
        DW_AT.rnglists_base,
        sec_offset,
        DW_AT.loclists_base,
        sec_offset,
        DW_AT.low_pc,
        addrx1,
        DW_AT.ranges,
        rnglistx,
        DW_AT.language,
        data2,
        DW_AT.producer,
        strx,
      ),
      // An implicit constant has its value behind the form.
      ...[
        2,
        DW_TAG.subprogram,
        1,
        DW_AT.name,
        strx2,
        DW_AT.low_pc,
        addrx,
        DW_AT.high_pc,
        data4,
        DW_AT.frame_base,
        DW_FORM.exprloc,
        DW_AT.decl_line,
        DW_FORM.implicit_const,
        42,
        DW_AT.external,
        DW_FORM.flag_present,
        0,
        0,
      ],
      ...abbrev(3, DW_TAG.variable, 0, DW_AT.name, strx3, DW_AT.location, loclistx, DW_AT.type, ref_udata),
      ...abbrev(4, DW_TAG.base_type, 0, DW_AT.name, strx4, DW_AT.byte_size, data1, DW_AT.encoding, data1),
      ...abbrev(5, DW_TAG.variable, 0, DW_AT.name, DW_FORM.indirect, DW_AT.type, DW_FORM.ref4, DW_AT.const_value, DW_FORM.sdata),
      0,
    ],
    // Entry 0 is the unit's: two ranges, one by addresses of .debug_addr, one by offsets from a base.
    '.debug_rnglists': [...le(4, 0x20), ...le(2, 5), 8, 0, ...le(4, 1, 4), 3, 0, ...uleb(0x80), 1, 1, 4, 0, 0x10, 0],
    // Entry 0: first half in a register, then in memory, elsewhere the default.
    '.debug_loclists': [
      ...le(4, 0x20),
      ...le(2, 5),
      8,
      0,
      ...le(4, 1, 4),
      3,
      0,
      0x10,
      1,
      0x50,
      4,
      0x10,
      0x20,
      2,
      0x91,
      0x70,
      5,
      1,
      0x53,
      0,
    ],
  };
  const root = [...uleb(1), 0, ...le(4, 8, 8, 12, 12), 0, 0, ...le(2, 0x1d), 5];
  // References count from the unit's header of 12 bytes; the base type comes right behind the unit's DIE.
  const int = 12 + root.length;
  const body = [
    ...root,
    ...[4, ...le(4, 3), 4, DW_ATE.signed],
    ...[2, ...le(2, 1), 0, ...le(4, 0x80), 1, 0x9c],
    ...[3, ...le(3, 2), 0, ...uleb(int)],
    ...[5, ...uleb(DW_FORM.strx1), 4, ...le(4, int), 0x7f],
    0,
    0,
  ];
  tables['.debug_info'] = [...le(4, body.length + 8), ...le(2, 5), 1, 8, ...le(4, 0), ...body];
  return name => (tables[name] ? Uint8Array.from(change(name, tables[name])) : undefined);
}

function open(section: (name: string) => Uint8Array | undefined) {
  const problems: string[] = [];
  const dwarf = new Dwarf({
    section,
    sectionAddress: () => undefined,
    bias: 0x1000n,
    goTypes: () => undefined,
    code: () => new Uint8Array(0),
    threadBlock: () => undefined,
    problem: problem => problems.push(problem),
  });
  return { dwarf, problems };
}

const ENTRY = BigInt(CODE) + 0x1000n;

describe('indexed forms', () => {
  it('name and place functions', () => {
    const { dwarf, problems } = open(sections());
    expect([...dwarf.functions()]).toMatchObject([{ name: 'main', entry: ENTRY, end: ENTRY + 0x80n, line: 42, language: 'c' }]);
    expect(dwarf.functionAt(ENTRY + 0x7fn)?.name).toBe('main');
    expect(dwarf.functionAt(ENTRY + 0x80n)).toBeUndefined();
    expect(problems).toEqual([]);
  });

  it('choose from location lists, the default last', () => {
    const { dwarf } = open(sections());
    const at = (offset: bigint) => {
      const [frame] = dwarf.inlineFrames(ENTRY + offset);
      const variable = dwarf.variables(frame!.scope, ENTRY + offset).find(v => v.name === 'value');
      return variable && [variable.type.name, ...(variable.location?.expression ?? [])];
    };
    expect(at(0n)).toEqual(['int', 0x50]);
    expect(at(0xfn)).toEqual(['int', 0x50]);
    expect(at(0x10n)).toEqual(['int', 0x91, 0x70]);
    expect(at(0x20n)).toEqual(['int', 0x53]);
  });

  it('reach through DW_FORM_indirect', () => {
    const { dwarf } = open(sections());
    const [frame] = dwarf.inlineFrames(ENTRY);
    expect(dwarf.variables(frame!.scope, ENTRY).find(v => v.name === 'constant')).toMatchObject({
      role: 'constant',
      constant: -1n,
      type: { name: 'int' },
    });
  });

  it('that point nowhere cost what they name, and say so once', () => {
    for (const [lost, told] of [
      ['.debug_str_offsets', /debug_str_offsets/],
      ['.debug_addr', /debug_addr/],
    ] as const) {
      const { dwarf, problems } = open(sections((name, bytes) => (name === lost ? bytes.slice(0, 8) : bytes)));
      expect([...dwarf.functions()]).toEqual([]);
      dwarf.functionAt(ENTRY);
      dwarf.functionAt(ENTRY);
      expect(problems.filter(problem => told.test(problem)).length).toBeGreaterThan(0);
      expect(new Set(problems).size).toBe(problems.length);
    }
  });
});

describe('what is not supported', () => {
  it('is said, once, with what it costs', () => {
    const unknown = open(sections((name, bytes) => (name === '.debug_info' ? [...bytes.slice(0, 4), 9, 0, ...bytes.slice(6)] : bytes)));
    expect([...unknown.dwarf.functions()]).toEqual([]);
    expect(unknown.problems).toEqual([expect.stringMatching(/version 9, which is not supported: what it describes is missing/)]);
  });

  it('an empty file has nothing, and no problems', () => {
    const { dwarf, problems } = open(() => undefined);
    expect([...dwarf.functions(), ...dwarf.globals(), ...dwarf.typeNames(), ...dwarf.files()]).toEqual([]);
    expect([dwarf.functionAt(1n), dwarf.unwindAt(1n), dwarf.lineAt(1n), dwarf.typeNamed('nothing'), dwarf.globalNamed('x')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(problems).toEqual([]);
  });
});
