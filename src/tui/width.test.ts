import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { ASCII_MARKS } from './ascii.js';
import { isPlain } from './width.js';

it.each(Object.keys(ASCII_MARKS))('%s, a mark of the screen, takes a cell and is known to', mark => {
  expect(isPlain(mark)).toBe(true);
  expect(stringWidth(mark)).toBe(1);
});

it('what is taken for one cell takes one', () => {
  for (let code = 0x20; code < 0x3000; code++) {
    const character = String.fromCharCode(code);
    if (isPlain(character)) expect([character, stringWidth(character)]).toEqual([character, 1]);
  }
});
