import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { draw, PICTURES } from '../scripts/pictures.js';

for (const [path, picture] of Object.entries(PICTURES)) {
  it(`${path} is what the screen shows (npm run pictures makes it so)`, async () => {
    expect(await draw(picture)).toBe(readFileSync(join(import.meta.dirname, '..', path), 'utf8'));
  });
}
