// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what terminals speak in
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Input, InputDecoder } from './input.js';

/** What a text becomes when it arrives whole and silence follows. */
function decoded(text: string): Input[] {
  const decoder = new InputDecoder();
  return [...decoder.push(text), ...decoder.flush()];
}
const names = (text: string): string[] => decoded(text).map(input => (input.kind === 'key' ? input.name || input.text : input.kind));

describe('InputDecoder', () => {
  it('names keys as xterm and the Linux console send them', () => {
    expect(names('s\r\n\t\x7f\b\x01\x1a')).toEqual(['s', 'enter', 'enter', 'tab', 'backspace', 'backspace', 'ctrl-a', 'ctrl-z']);
    expect(names('\x1b[A\x1bOB\x1b[H\x1b[4~\x1b[3~\x1b[5~\x1b[Z')).toEqual(['up', 'down', 'home', 'end', 'delete', 'pageup', 'shift-tab']);
    expect(names('\x1b[1;5C\x1b[1;3D\x1b[3;5~')).toEqual(['ctrl-right', 'alt-left', 'ctrl-delete']);
    expect(names('\x1bb\x1b\x7f\x1bé')).toEqual(['alt-b', 'alt-backspace', 'alt-é']);
  });

  it('takes function keys and answers of the terminal for nothing, not for text', () => {
    expect(names('\x1bOP\x1b[15~\x1b[[A\x1b[?62;c\x1b]11;rgb:0/0/0\x07\x1bP1$r0m\x1b\\\x1b[M !!s')).toEqual(['s']);
  });

  it('reads SGR mouse reports: presses and the wheel, not releases and motion', () => {
    expect(decoded('\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<64;1;1M\x1b[<65;1;1M\x1b[<35;2;2M')).toEqual([
      { kind: 'click', row: 4, column: 9 },
      { kind: 'wheel', row: 0, column: 0, by: -1 },
      { kind: 'wheel', row: 0, column: 0, by: 1 },
    ]);
  });

  it('keeps a paste together, whatever is in it', () => {
    expect(decoded('\x1b[200~q\r\n\x1b[A\x00\x1b[201~s')).toEqual([
      { kind: 'paste', text: 'q\n\x1b[A\x00' },
      { kind: 'key', name: '', text: 's' },
    ]);
  });

  it('does not wait for ever', () => {
    expect(names('\x1b')).toEqual(['escape']);
    expect(names('\x1b\x1b')).toEqual(['escape', 'escape']);
    expect(names('\x1b[')).toEqual(['alt-[']);
    expect(names('\x1b[1;')).toEqual([]);
    expect(decoded('\x1b[200~half \x1b[20')).toEqual([{ kind: 'paste', text: 'half \x1b[20' }]);
    expect(names(`\x1b]${'x'.repeat(5000)}`).length).toBeGreaterThan(4000);
  });

  it('reads the same from pieces as from the whole, and nothing but printable characters becomes text', () => {
    const piece = fc.oneof(
      fc.constantFrom('\x1b', '\x1b[', '\x1b[A', '\x1b[200~', '\x1b[201~', '\x1b[<0;3;4M', '\x1b]x\x07', '\x1bO', ';', '3', '~', 'é', '漢'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(200)), (pieces, cuts) => {
        const text = pieces.join('');
        const decoder = new InputDecoder();
        const inputs: Input[] = [];
        let from = 0;
        for (const cut of [...cuts, text.length].sort((a, b) => a - b)) {
          // Node's decoder of UTF-8 never cuts a character in two.
          const half = /[\ud800-\udbff]/.test(text[cut - 1] ?? '') && /[\udc00-\udfff]/.test(text[cut] ?? '');
          if (half || cut < from) continue;
          inputs.push(...decoder.push(text.slice(from, cut)));
          from = cut;
        }
        inputs.push(...decoder.flush());
        expect(inputs).toEqual(decoded(text));
        for (const input of inputs) if (input.kind === 'key') expect(input.text).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
      }),
    );
  });
});
