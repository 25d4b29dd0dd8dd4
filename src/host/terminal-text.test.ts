import { describe, expect, it } from 'vitest';
import { boundedText, terminalText } from './terminal-text.js';

describe('text for a terminal', () => {
  it('spells out what the terminal would obey', () => {
    expect(terminalText('a\x1b[2J\x07\r\x9b31m\x7f\u202eb')).toBe('a\\x1b[2J\\x07\\x0d\\u009b31m\\u007f\\u202eb');
  });

  it('leaves lines, tabs and other writing alone', () => {
    const text = 'main.grüße\t世界\n😀';
    expect(terminalText(text)).toBe(text);
  });

  it('keeps JSON what it says', () => {
    const text = JSON.stringify({ name: String.fromCharCode(...Array(0x100).keys(), 0x200e, 0x2028, 0x2029, 0x202e, 0x2066) });
    expect(JSON.parse(terminalText(text))).toEqual(JSON.parse(text));
  });

  it('has an end', () => {
    expect(boundedText('x'.repeat(5_000_000))).toMatch(/^x{4194304}\.\.\. \(805696 more characters\)$/);
  });
});
