import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, equalBytes, everyIndexOf, hexText, indexOfBytes, utf8, utf8Text } from './bytes.js';

/** Few values, so that they meet. */
const some = fc.uint8Array({ max: 3, maxLength: 40 });

describe('bytes', () => {
  it('compare as those of a Buffer', () => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(equalBytes(a, a.slice())).toBe(true);
      }),
    );
  });

  it('are equal or not wherever they lie in their buffers', () => {
    fc.assert(
      fc.property(some, fc.nat(7), fc.nat(7), fc.nat(39), (bytes, left, right, change) => {
        const at = (offset: number) => {
          const room = new Uint8Array(bytes.length + 8);
          room.set(bytes, offset);
          return room.subarray(offset, offset + bytes.length);
        };
        const [a, b] = [at(left), at(right)];
        expect(equalBytes(a, b)).toBe(true);
        if (change >= bytes.length) return;
        b[change]! ^= 0x80;
        expect(equalBytes(a, b)).toBe(false);
      }),
    );
  });

  it('are found where Buffer finds them', () => {
    fc.assert(
      fc.property(some, fc.uint8Array({ max: 3, maxLength: 5 }), fc.nat(45), (bytes, pattern, from) => {
        const found = indexOfBytes(bytes, pattern, from);
        // Of an empty pattern behind the end Buffer says that it is at the end.
        if (pattern.length > 0 || from <= bytes.length) expect(found).toBe(Buffer.from(bytes).indexOf(pattern, from));
      }),
    );
    expect([...everyIndexOf(utf8('aaba'), utf8('a'))]).toEqual([0, 1, 3]);
    expect([...everyIndexOf(utf8('aaaa'), utf8('aa'))]).toEqual([0, 1, 2]);
  });

  it('are text as in a Buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(utf8Text(bytes)).toBe(Buffer.from(bytes).toString());
        expect(hexText(bytes)).toBe(Buffer.from(bytes).toString('hex'));
      }),
    );
    for (const text of ['', 'racectx', 'größer \u{1f600}', '\ufeffmark']) {
      expect([...utf8(text)]).toEqual([...Buffer.from(text)]);
      expect(utf8Text(utf8(text))).toBe(text);
    }
  });
});
