import { describe, expect, it } from 'vitest';
import { type EditedLine, EMPTY, edit, insert, spelt } from './editor.js';

const HISTORY = ['bt', 'p x', 'info goroutines', 'p *g'];
/** `|` is the cursor. Keys are names, or characters in quotes. */
const shown = (line: EditedLine): string => `${line.text.slice(0, line.cursor)}|${line.text.slice(line.cursor)}`;
const typed = (...keys: string[]): EditedLine =>
  keys.reduce((line, key) => {
    const text = /^'(.*)'$/su.exec(key)?.[1];
    return text === undefined ? edit(line, HISTORY, key, '') : [...text].reduce((now, each) => edit(now, HISTORY, '', each), line);
  }, EMPTY);

describe('the line editor', () => {
  it('moves and deletes by characters, words and to the ends', () => {
    expect(shown(typed("'p abc'", 'left', 'left', "'X'"))).toBe('p aX|bc');
    expect(shown(typed("'p abc'", 'ctrl-a', 'delete', 'right'))).toBe(' |abc');
    expect(shown(typed("'p a.b c'", 'alt-b', 'alt-b'))).toBe('p a.|b c');
    expect(shown(typed("'p a.b c'", 'home', 'alt-f', 'alt-f'))).toBe('p a|.b c');
    expect(shown(typed("'break a.b'", 'ctrl-w', "'c'"))).toBe('break c|');
    expect(shown(typed("'break a.b'", 'alt-backspace'))).toBe('break a.|');
    expect(shown(typed("'one two'", 'alt-b', 'ctrl-u', 'end', 'ctrl-y'))).toBe('twoone |');
    expect(shown(typed("'one two'", 'home', 'ctrl-k', 'ctrl-y', 'ctrl-y'))).toBe('one twoone two|');
    expect(shown(typed('left', 'backspace', 'delete', 'right', 'ctrl-w', 'ctrl-y'))).toBe('|');
  });

  it('takes a letter and its accents, and characters beyond the first plane, for one', () => {
    expect(shown(typed("'ae\u0301'", 'left'))).toBe('a|e\u0301');
    expect(shown(typed("'a😀'", 'backspace'))).toBe('a|');
  });

  it('walks the history and comes back to what was being written', () => {
    expect(shown(typed("'new'", 'up', 'up'))).toBe('p x|');
    expect(shown(typed("'new'", 'up', 'up', 'down', 'down', 'down'))).toBe('new|');
    expect(shown(typed('up', 'up', 'up', 'up', 'up', 'up'))).toBe('p *g|');
  });

  it('searches the history as it is typed', () => {
    expect(shown(typed('ctrl-r', "'p'"))).toBe('|p x');
    expect(shown(typed('ctrl-r', "'p'", 'ctrl-r'))).toBe('|p *g');
    expect(shown(typed('ctrl-r', "'go'"))).toBe('info |goroutines');
    const failed = typed('ctrl-r', "'goz'");
    expect(failed.search).toMatchObject({ query: 'goz', failed: true });
    expect(shown(edit(failed, HISTORY, 'backspace', ''))).toBe('info |goroutines');
    expect(shown(typed("'new'", 'ctrl-r', "'go'", 'ctrl-g'))).toBe('new|');
    expect(shown(typed('ctrl-r', "'go'", 'end', "'!'"))).toBe('info goroutines!|');
  });

  it('spells out what a paste has besides text', () => {
    expect(spelt('p x\tb\x1b[2J\u202e\nbt\n')).toBe('p x b\\x1b[2J\\u{202e}\nbt');
    expect(shown(insert(typed("'ad'", 'left'), 'bc'))).toBe('abc|d');
  });
});
