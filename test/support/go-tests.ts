/** A package's own tests, natively and as a guest: which pass. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { output, toolchain } from './build.js';

const r14 = join(import.meta.dirname, '../../bin/r14.js');

/** The tests of a package of Go 1.26's standard library, and where its sources lie. `level`: of the processor that they are built for. */
export function standardTests(name: string, level?: 'v3'): { readonly binary: string; readonly folder: string; readonly goroot: string } {
  const { go, env, goroot } = toolchain('go1.26')!;
  const binary = join(output, 'std', `${name.replaceAll('/', '_')}${level === undefined ? '' : `.${level}`}.test`);
  mkdirSync(join(output, 'std'), { recursive: true });
  if (!existsSync(binary)) {
    const made = spawnSync(go, ['test', '-c', '-o', binary, name], {
      env: { ...process.env, ...env, ...(level === undefined ? {} : { GOAMD64: level }) },
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`${name}: ${made.stderr}`);
  }
  return { binary, folder: join(goroot, 'src', name), goroot };
}

/** Each test with how it ended, in the order of their names; output of their own is none of it, nor are those of AVX-512, which r14's processor has not. */
const verdicts = (text: string): readonly string[] =>
  [...text.matchAll(/^ *--- (PASS|FAIL|SKIP): (\S+)/gm)]
    .filter(([, , name]) => !/avx512/i.test(name!))
    .map(([, verdict, name]) => `${name} ${verdict}`)
    .sort();

/** Runs a test binary in the folder of its package both ways. `skip`: a pattern of tests that are left out. Expects the same tests to end the same way. */
export function expectSameVerdicts(binary: string, folder: string, allow: readonly string[], skip: string): void {
  const args = ['-test.short', '-test.v', ...(skip === '' ? [] : [`-test.skip=${skip}`])];
  const run = (command: string, before: readonly string[]) =>
    spawnSync(command, [...before, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  const native = run(binary, []);
  const guest = run(process.execPath, [r14, 'run', ...allow, binary, '--']);
  expect(verdicts(native.stdout).length).toBeGreaterThan(0);
  expect(verdicts(guest.stdout), guest.stderr.slice(-2000)).toEqual(verdicts(native.stdout));
  expect(guest.status).toBe(native.status);
}
