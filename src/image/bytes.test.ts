import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, FormatError } from './bytes.js';

function leb(value: bigint, signed: boolean): number[] {
  const out: number[] = [];
  for (;;) {
    const byte = Number(value & 0x7fn);
    value >>= 7n;
    const done = signed ? (value === 0n && !(byte & 0x40)) || (value === -1n && byte & 0x40) : value === 0n;
    if (done) return [...out, byte];
    out.push(byte | 0x80);
  }
}

const reader = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes), 'test');

describe('ByteReader', () => {
  it('reads integers little-endian', () => {
    const r = reader(1, 2, 3, 4, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    expect(r.u16()).toBe(0x201);
    expect(r.u16()).toBe(0x403);
    expect(r.i8()).toBe(-1);
    expect(r.i16()).toBe(-2);
    expect(r.i64()).toBe(-1n);
    expect(r.atEnd).toBe(true);
  });

  it('reads LEB128 of every value', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), value => {
        expect(reader(...leb(value, true)).slebBig()).toBe(value);
        expect(reader(...leb(BigInt.asUintN(64, value), false)).ulebBig()).toBe(BigInt.asUintN(64, value));
        const small = BigInt.asIntN(53, value);
        const behind = reader(0x99, ...leb(small, true));
        behind.u8();
        expect(behind.sleb()).toBe(Number(small));
        expect(reader(...leb(BigInt.asUintN(53, value), false)).uleb()).toBe(Number(BigInt.asUintN(53, value)));
      }),
    );
    expect(reader(0x80, 0x7f, ...new Array(3).fill(0)).sleb()).toBe(-128);
    expect(reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f).sleb()).toBe(-1);
  });

  it('says where when the bytes end', () => {
    const r = reader(1, 2, 3);
    r.u16();
    expect(() => r.u32()).toThrow(new FormatError('test: 4 bytes wanted, 1 left (at 0x2 of 0x3 bytes)'));
    expect(() => reader(0x80, 0x80).uleb()).toThrow(FormatError);
    expect(() => reader(...new Array(30).fill(0x80)).uleb()).toThrow(FormatError);
    expect(() => reader(...new Array(30).fill(0x80)).sleb()).toThrow(FormatError);
    expect(() => reader(65, 66).cstring()).toThrow('string without end');
    expect(() => r.seek(4)).toThrow(FormatError);
    expect(() => r.seek(Number.NaN)).toThrow(FormatError);
  });

  it('reads strings', () => {
    const bytes = new TextEncoder().encode('main.main\0main.héllo\0');
    const r = new ByteReader(bytes, 'names');
    expect(r.cstring()).toBe('main.main');
    expect(r.cstring()).toBe('main.héllo');
  });
});
