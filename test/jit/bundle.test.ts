/** What users run: the compiler of regions is a part of the bundle that is loaded when a program is hot. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildC, GUEST_ENVIRONMENT, missing } from '../support/build.js';

const r14 = join(import.meta.dirname, '../../bin/r14.js');

function run(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [r14, 'run', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  return { stdout, stderr, status };
}

interface Stats {
  readonly instructions: number;
  readonly jit?: { readonly compiled: number; readonly regions: number; readonly modules: number; readonly failed: number };
}

describe('a run of the bundle', () => {
  it.skipIf(missing('gcc'))('has a hot loop compiled, and prints what it prints natively', () => {
    const loop = buildC('loop', { static: true, flags: ['-O2'] });
    const rounds = '8000000';
    const native = spawnSync(loop, [rounds], { encoding: 'utf8', env: GUEST_ENVIRONMENT });
    const folder = mkdtempSync(join(tmpdir(), 'r14-'));
    try {
      const { stdout, stderr, status } = run({ R14_JIT_DUMP: folder }, '--stats', loop, '--', rounds);
      expect({ stdout, status }).toEqual({ stdout: native.stdout, status: 0 });
      const { instructions, jit } = JSON.parse(stderr) as Stats;
      expect(jit).toMatchObject({ failed: 0, regions: expect.any(Number) });
      expect(jit!.compiled).toBeGreaterThan(instructions / 4);
      const [name = ''] = readdirSync(folder);
      expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^region_[0-9a-f]+\n\nblock 1:/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(missing('gcc'))('has nothing compiled where it is short, or R14_ENGINE=interpret says so, and is the same', () => {
    const loop = buildC('loop', { static: true, flags: ['-O2'] });
    const stats = (env: Readonly<Record<string, string>>, rounds: string) =>
      JSON.parse(run(env, '--stats', loop, '--', rounds).stderr) as Stats;
    expect(stats({}, '1000000').jit).toMatchObject({ compiled: 0, modules: 0 });
    const interpreted = stats({ R14_ENGINE: 'interpret' }, '8000000');
    expect(interpreted.jit).toBeUndefined();
    expect(stats({}, '8000000').instructions).toBe(interpreted.instructions);
  });

  it('with an R14_ENGINE of another name is refused in a line', () => {
    const { stdout, stderr, status } = run({ R14_ENGINE: 'fast' }, '/bin/true');
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(stderr).toMatch(/^r14: R14_ENGINE is 'fast': it can be interpret, jit, both .*\n$/);
  });
});
