import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pages } from '../scripts/docs.js';

const root = join(import.meta.dirname, '..');

for (const [path, text] of pages()) {
  it(`${path} is fresh (npm run docs makes it so)`, () => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });
}

it('links of the hand-written pages lead somewhere', () => {
  for (const page of [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/architecture.md',
    'docs/json.md',
    'docs/formats.md',
    'docs/race.md',
    'docs/editors.md',
    'docs/web.md',
  ]) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      expect(() => readFileSync(join(root, page, '..', target!)), `${page}: ${target}`).not.toThrow();
    }
  }
});
