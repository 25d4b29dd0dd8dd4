/** The bundle starts with what V8 has compiled of it, and as well without. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FILES } from '../src/cli/start.js';

const root = join(import.meta.dirname, '..');
const copy = mkdtempSync(join(tmpdir(), 'r14-'));
const compiled = join(copy, 'dist', FILES.compiled);
for (const name of ['package.json', 'dist']) cpSync(join(root, name), join(copy, name), { recursive: true });
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

afterAll(() => rmSync(copy, { recursive: true }));

const main = join(copy, 'main.mjs');
writeFileSync(main, `import { start } from './dist/start.js';\nconsole.log((await start()).cachedDataRejected);\n`);

/** What `r14 --version` prints, and whether V8 has thrown away what is compiled. */
const started = (): string => execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' });

it('takes what is compiled', () => expect(started()).toBe(`r14 ${version}\nfalse\n`));

it('compiles what does not fit', () => {
  writeFileSync(compiled, readFileSync(compiled).subarray(0, 1000));
  expect(started()).toBe(`r14 ${version}\ntrue\n`);
});

it('compiles when there is nothing', () => {
  rmSync(compiled);
  expect(started()).toBe(`r14 ${version}\nundefined\n`);
});
