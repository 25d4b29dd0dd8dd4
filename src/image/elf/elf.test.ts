import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes.js';
import { Elf } from './elf.js';
import { ElfSymbolTable } from './symbols.js';

/** A program of one segment that covers the whole file, three sections and two symbols. */
function tinyElf(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(0x300);
  const view = new DataView(bytes.buffer);
  const put = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, 0x400100n, true);
  view.setBigUint64(32, 64n, true);
  view.setBigUint64(40, 0x200n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint16(58, 64, true);
  view.setUint16(60, 4, true);
  view.setUint16(62, 3, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 5, true);
  view.setBigUint64(80, 0x400000n, true);
  view.setBigUint64(96, 0x300n, true);
  view.setBigUint64(104, 0x300n, true);
  const section = (index: number, name: number, type: number, address: number, offset: number, size: number, link = 0) => {
    const at = 0x200 + index * 64;
    view.setUint32(at, name, true);
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 8, address ? 6n : 0n, true);
    view.setBigUint64(at + 16, BigInt(address), true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setUint32(at + 40, link, true);
  };
  section(1, 1, 1, 0x400100, 0x100, 0x20);
  section(2, 7, 2, 0, 0x140, 72, 3);
  section(3, 15, 3, 0, 0x1a0, 0x30);
  put(0x1a0, '\0.text\0.symtab\0.strtab\0start\0helper@V1');
  const symbol = (index: number, name: number, value: number, size: number) => {
    const at = 0x140 + index * 24;
    view.setUint32(at, name, true);
    view.setUint8(at + 4, 0x12);
    view.setUint16(at + 6, 1, true);
    view.setBigUint64(at + 8, BigInt(value), true);
    view.setBigUint64(at + 16, BigInt(size), true);
  };
  symbol(1, 29, 0x400110, 8);
  symbol(2, 23, 0x400100, 0);
  return bytes;
}

const changed = (change: (view: DataView, bytes: Uint8Array) => void): Uint8Array => {
  const bytes = tinyElf();
  change(new DataView(bytes.buffer), bytes);
  return bytes;
};

describe('Elf', () => {
  it('reads a small program', () => {
    const elf = new Elf(tinyElf(), 'tiny');
    expect(elf.problems).toEqual([]);
    expect(elf.header.entry).toBe(0x400100);
    expect(elf.sections.map(s => s.name)).toEqual(['', '.text', '.symtab', '.strtab']);
    expect([elf.low, elf.high]).toEqual([0x400000, 0x400300]);
    const symbols = ElfSymbolTable.of(elf)!;
    expect([...symbols.all()].map(s => [s.name, s.address])).toEqual([
      ['start', 0x400100],
      ['helper', 0x400110],
    ]);
    expect(symbols.at(0x400104)?.name).toBe('start');
    expect(symbols.at(0x400117)?.name).toBe('helper');
    expect(symbols.at(0x400118)).toBeUndefined();
    expect([...symbols.named('helper')].length).toBe(1);
    expect(elf.memory.u32(0x400000)).toBe(0x464c457f);
    expect(() => elf.memory.u8(0x400300)).toThrow('address 0x400300 is in no segment');
  });

  it.each([
    ['an empty file', new Uint8Array(0), 'x: the file is empty'],
    ['a script', new TextEncoder().encode('#!/bin/sh\n'), 'x: not an ELF file but a script (starts with #!)'],
    ['text', new TextEncoder().encode('hello'), 'x: not an ELF file (starts with 68 65 6c 6c, not 7f 45 4c 46)'],
    ['32 bits', changed((_, b) => (b[4] = 1)), 'x: a 32-bit ELF file; only 64-bit amd64 programs run here'],
    ['big endian', changed((_, b) => (b[5] = 2)), 'x: a big-endian ELF file; only amd64 programs run here'],
    ['another machine', changed(v => v.setUint16(18, 183, true)), 'x: not for amd64 but for AArch64'],
    ['an object file', changed(v => v.setUint16(16, 1, true)), 'x: a relocatable object file (.o), not a program: link it first'],
    ['a core', changed(v => v.setUint16(16, 4, true)), 'x: a core dump, not a program'],
    ['a short header', tinyElf().subarray(0, 40), 'x: truncated: the ELF header takes 64 bytes, the file has 40'],
    ['short program headers', tinyElf().subarray(0, 90), 'x: truncated: program headers reach to 0x78, the file has 0x5a bytes'],
    ['too many program headers', changed(v => v.setUint16(56, 65535, true)), 'x: 65535 program headers, more than Linux takes (1170)'],
    [
      'a short segment',
      tinyElf().subarray(0, 0x250),
      'x: segment 0 (program header at 0x40): truncated: file bytes 0x0 + 0x300 are past the end of the file (0x250 bytes)',
    ],
    [
      'a wrapping segment',
      changed(v => v.setBigUint64(80, 0xffff_ffff_ffff_f000n, true)),
      'x: segment 0 (program header at 0x40): memory 0xfffffffffffff000 + 0x300 is outside user space',
    ],
    [
      'a segment smaller than its bytes',
      changed(v => v.setBigUint64(104, 1n, true)),
      'x: segment 0 (program header at 0x40): 0x300 bytes of file do not fit in 0x1 bytes of memory',
    ],
    ['nothing to load', changed(v => v.setUint32(64, 6, true)), 'x: has no segment to load (PT_LOAD)'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => new Elf(bytes, 'x')).toThrow(new FormatError(message));
  });

  it('loses only the sections when their headers are wrong', () => {
    const elf = new Elf(
      changed(v => v.setBigUint64(40, 0x10000n, true)),
      'x',
    );
    expect(elf.sections).toEqual([]);
    expect(elf.problems).toEqual(['section headers at 0x10000 lie past the end of the file: no symbols, no debug information']);
  });

  it('throws nothing but FormatError whatever bytes change', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(0x2ff), fc.nat(255)), { maxLength: 6 }), fc.nat(0x300), (flips, length) => {
        const bytes = tinyElf();
        for (const [at, value] of flips) bytes[at] = value;
        try {
          const elf = new Elf(length % 3 ? bytes : bytes.subarray(0, length), 'x');
          const symbols = ElfSymbolTable.of(elf);
          symbols?.at(elf.header.entry);
          if (symbols) for (const symbol of symbols.all()) symbols.endOf(symbol);
          for (const section of elf.sections) elf.sectionBytes(section);
          void [elf.buildId, elf.dynamic, elf.memory, elf.interpreter];
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      { numRuns: 3000 },
    );
  });
});
