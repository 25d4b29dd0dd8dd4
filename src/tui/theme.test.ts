import { expect, it } from 'vitest';
import { styleOf } from './theme.js';

it('colours by what the terminal has, and by theme', () => {
  expect(styleOf('stack', 'dark', 4).color).toBe('green');
  expect(styleOf('stack', 'dark', 8).color).toMatch(/^#/);
  expect(styleOf('changed', 'light', 24).color).not.toBe(styleOf('changed', 'dark', 24).color);
});

it('leaves marks and attributes where there are no colours', () => {
  for (const style of [styleOf('fault', 'dark', 1), styleOf('fault', 'plain', 24)]) expect(style).toEqual({ bold: true, inverse: true });
});
