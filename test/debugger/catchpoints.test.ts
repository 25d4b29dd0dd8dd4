/** Catchpoints pass as often, and under the conditions, that gdb's do: what the program has written when they stop is the same. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildC, buildGo, hasCommand, missing } from '../support/build.js';
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

  it('takes the condition at once, and says what cannot be told', async () => {
    const at = debug(binary());
    await at.text('catch syscall futex if $rsi == 7');
    await at.text('continue');
    expect(at.written()).toBe(inGdb(['condition 1 $rsi == 7']));
    const odd = debug(binary());
    const told: string[] = [];
    odd.session.events.on('message', ({ text }) => told.push(text));
    await odd.text('catch syscall futex if nothing == 7');
    expect(await odd.text('continue')).toMatch(/system call futex/);
    expect(told.join()).toContain('cannot tell whether nothing == 7 holds');
  });
});

describe.skipIf(why ?? missing('go1.26'))('of whom hits count', () => {
  /** Where a run stops, forwards to its end, and back to its beginning. */
  async function stops(path: string, ...set: readonly string[]) {
    const at = debug(path);
    await at.text('break main.main');
    await at.text('continue');
    await at.text('delete');
    for (const line of set) await at.text(line);
    const seen = async (command: string) => {
      const all: { t: number; goroutine: number; thread: number }[] = [];
      for (;;) {
        const { t, goroutine, thread, reason } = await at.data(command);
        if (reason === 'exited' || reason === 'moment') return all;
        // The entry of a system call and its return are one moment.
        if (all.at(-1)?.t !== t) all.push({ t, goroutine, thread });
      }
    };
    const forth = await seen('continue');
    const back = await seen('reverse-continue');
    // What is behind main.main; before it others stop.
    return { forth, back: back.toReversed().filter(({ t }) => t >= (forth[0]?.t ?? 0)) };
  }

  it.each(['catch syscall write', 'watch runtime.sched.nmidle'])('%s', async what => {
    const path = buildGo('goroutines');
    const all = await stops(path, what);
    expect(all.forth.length).toBeGreaterThan(1);
    expect(all.back).toEqual(all.forth);
    for (const kind of ['goroutine', 'thread'] as const) {
      const wanted = all.forth.find(each => each[kind] !== null)?.[kind] ?? 1;
      const own = await stops(path, `${what} ${kind} ${wanted}`);
      expect(own.forth).toEqual(all.forth.filter(each => each[kind] === wanted));
      expect(own.back).toEqual(own.forth);
    }
  });

  it('is kept with the breakpoint', async () => {
    const at = debug(buildGo('goroutines'));
    for (const line of [
      'catch newproc goroutine 7 if 1 == 1',
      'break main.main thread 2',
      'watch $r14 goroutine 3',
      'catch signal SIGURG goroutine 1',
    ])
      await at.text(line);
    const before = await at.data('breakpoints');
    expect(before.map((each: { goroutine: number | null; thread: number | null }) => [each.goroutine, each.thread])).toEqual([
      [7, null],
      [null, 2],
      [3, null],
      [1, null],
    ]);
    await at.text('breakpoints -save kept');
    await at.text('delete');
    await at.text('source kept');
    const plain = (rows: readonly Record<string, unknown>[]) => rows.map(({ id, ...rest }) => rest);
    expect(plain(await at.data('breakpoints'))).toEqual(plain(before));
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
