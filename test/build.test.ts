import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { build } from '../scripts/build.js';

it('does not build again what is made from the same inputs', async () => {
  const dist = join(import.meta.dirname, '../dist');
  const before = statSync(dist);
  await build();
  expect(statSync(dist)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
});
