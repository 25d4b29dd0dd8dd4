/** Catchpoints pass as often, and under the conditions, that gdb's do: what the program has written when they stop is the same. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildC, hasCommand, missing } from '../support/build.js';
import { debug, debugBundled } from '../support/debug.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-catch-'));
afterAll(() => rmSync(folder, { recursive: true }));

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');

describe.skipIf(why)(`catch${why ? ` (skipped: ${why})` : ''}`, () => {
  const binary = () => buildC('kernel-locks', { static: true });
  const inGdb = (commands: readonly string[]): string => {
    const file = join(folder, 'out');
    const script = ['set pagination off', 'set confirm off', 'catch syscall futex', ...commands, `run > ${file}`, 'kill'];
    execFileSync('gdb', ['-nx', '-batch', ...script.flatMap(line => ['-ex', line]), binary()], { stdio: 'ignore' });
    return readFileSync(file, 'utf8');
  };

  it.each([
    [['ignore 1 7'], ['ignore 1 7']],
    [['ignore 1 12'], ['condition -hitcount 1 > 12']],
    [['condition 1 $rsi == 7'], ['condition 1 $rsi == 7']],
    [
      ['condition 1 $rsi == 8', 'ignore 1 1'],
      ['condition 1 $rsi == 8', 'ignore 1 1'],
    ],
  ])('syscall futex obeys %j', async (theirs, ours) => {
    const at = debug(binary());
    await at.text('catch syscall futex');
    for (const line of ours) await at.text(line);
    expect(await at.text('continue')).toMatch(/system call futex/);
    expect(at.written()).not.toBe('');
    expect(at.written()).toBe(inGdb(theirs));
  });
});

it('a call of the detector that r14 brings along has the name of its function, wherever it is told of', async () => {
  const at = debugBundled('newproc-race');
  await at.text('break main.main');
  await at.text('continue');
  await at.text('catch syscall');
  expect(await at.text('continue')).toMatch(/system call __tsan_func_enter \(\d+\) entered(?:.|\n)*__tsan_func_enter\(0x/);
  await at.text('delete');
  await at.text('finish');
  expect(await at.text('origin rax')).toContain('the kernel: __tsan_func_enter at t=');
});
