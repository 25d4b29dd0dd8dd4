import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginning, printable, span, toWidth, wrapped } from './text.js';
import widthOf from './width.js';

const text = (row: ReturnType<typeof toWidth>): string => row.map(segment => segment.text).join('');

describe('cells', () => {
  it('counts what terminals count', () => {
    expect(widthOf('漢字')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(beginning('漢字', 3)).toBe('漢');
    expect(text(toWidth([span('a漢字b')], 4))).toBe('a漢…');
    expect(text(toWidth([span('a漢字b')], 3))).toBe('a… ');
  });

  it('lets nothing through that moves the cursor or turns the writing', () => {
    expect(printable('a\tb\x1b[2J\u009b1m\u202e\u2028c')).toBe('a  b·[2J·1m··c');
  });

  it('wraps at any width, and neither loses nor joins a word', () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '%', '漢'), minLength: 1, maxLength: 8 }), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 24, max: 60 }), fc.constantFrom(' ', '  '), (all, width, blank) => {
        const rows = wrapped(all.join(blank), width).map(text);
        expect(rows.flatMap(row => row.trim().split(/ +/))).toEqual(all);
        for (const row of rows) expect(widthOf(row)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('fills any row to its width exactly', () => {
    const rows = fc.array(fc.string({ unit: fc.constantFrom('a', '漢', 'e\u0301', '😀', '…', '\u0301', ' ', 'ﾞ', '한') }));
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 40 }), (texts, width) => {
        expect(
          widthOf(
            text(
              toWidth(
                texts.map(each => span(each)),
                width,
              ),
            ),
          ),
        ).toBe(width);
      }),
    );
  });
});
