/** The core, compiled without Node's types: only what `globals.d.ts` lists is there. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

it('the core uses no global of Node', () => {
  const { stdout, status } = spawnSync('npx', ['tsc', '-p', 'tsconfig.core.json'], { cwd: root, encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});
