import { expect, it } from 'vitest';
import { fed, keys, screen, start, view } from '../../test/support/screen-state.js';
import { ascii } from './ascii.js';
import { draw } from './draw.js';
import widthOf from './width.js';

it('has a sign for each of the screen’s own marks, in as many cells', () => {
  const states = [
    start(),
    fed(start(), { kind: 'stopped', view: view('2', '0x2') }),
    fed(start(), ...keys('?')),
    fed(start(), ...keys(':', "'bt'")),
  ];
  for (const state of states) {
    expect(screen(state).join('')).toMatch(/[^ -~]/);
    for (const row of draw(state).map(ascii)) {
      const text = row.map(segment => segment.text).join('');
      expect(text).toMatch(/^[ -~]*$/);
      expect(text.replaceAll('? keys', '')).not.toContain('??');
      expect(text).toHaveLength(state.columns);
    }
  }
});

it('keeps the cells of what it cannot show', () => {
  for (const text of ['漢字', 'é', '😀', '한 x']) {
    const [segment] = ascii([{ text, role: 'plain' }]);
    expect(segment!.text).toMatch(/^[ -~]*$/);
    expect(segment!.text).toHaveLength(widthOf(text));
  }
});
