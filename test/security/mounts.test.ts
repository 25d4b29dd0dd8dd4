/** Mounts in the folder that a guest was given are part of it, and lead nowhere else. They are made in a namespace of the test's own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { missing } from '../support/build.js';

const namespace = (script: string, ...args: readonly string[]) =>
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...args], { encoding: 'utf8' });
const why =
  missing('gcc') ?? (namespace('mount -t tmpfs none /mnt').status === 0 ? undefined : 'a user may mount nothing in a namespace here');

let top = '';
beforeAll(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'r14-mounts-')));
});
afterAll(() => rmSync(top, { recursive: true }));

/** What the guest has no right to, though the kernel of this namespace would let its root do it. */
const REFUSED = {
  'tmp/../../out/secret': 'ENOENT',
  'bind/../../out/secret': 'ENOENT',
  'out of tmp': 'ENOENT',
  unmount: 'EPERM',
  mount: 'EPERM',
};

it.skipIf(why)(`mounts are as natively, but for what lies outside${why ? ` (skipped: ${why})` : ''}`, { timeout: 60_000 }, () => {
  for (const name of ['in/tmp', 'in/bind', 'in/deep', 'out']) mkdirSync(join(top, name), { recursive: true });
  for (const name of ['in/file', 'out/secret']) writeFileSync(join(top, name), '');
  execFileSync('gcc', ['-w', '-O1', '-static', '-o', join(top, 'guest'), join(import.meta.dirname, 'guests/mounts.c')]);
  const run = (...command: readonly string[]): Record<string, string> => {
    const script = `(cd "${top}" && mount -t tmpfs none in/tmp && : > in/tmp/file && mount --bind out in/bind) && exec "$@"`;
    const { stdout, stderr } = namespace(script, ...command);
    expect(stderr).toBe('');
    return Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map(line => line.split(': ')),
    );
  };
  const r14 = [process.execPath, '--import', 'tsx', join(import.meta.dirname, '../../src/cli/main.ts')];
  const native = run(join(top, 'guest'), join(top, 'in'));
  expect(native['moved out of tmp']).toBe('EXDEV');
  const own = run(...r14, 'run', '--allow-write', join(top, 'in'), join(top, 'guest'), '--', join(top, 'in'));
  expect(own).toEqual({ ...native, ...REFUSED });
});
