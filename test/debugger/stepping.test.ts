/** Stepping by instruction and by line, through calls, recursion, stack growth and other goroutines. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, missing } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = missing('go1.26', 'gcc');
const lineOf = (text: string, path: string) =>
  readFileSync(new URL(`../../programs/${path}`, import.meta.url), 'utf8')
    .split('\n')
    .findIndex(line => line.includes(text)) + 1;

describe.skipIf(why)(`stepping${why ? ` (skipped: ${why})` : ''}`, () => {
  it('si is one instruction, N are N, and the clock counts them', async () => {
    const at = debug(buildC('loop'));
    expect((await at.data('si')).t).toBe(1);
    expect((await at.data('si 99')).t).toBe(100);
  });

  it('stepping takes the same way as running', async () => {
    const [stepped, run] = [debug(buildGo('goroutines')), debug(buildGo('goroutines'))];
    await stepped.text('si 5000');
    await run.text('tbreak main.main');
    await stepped.text('tbreak main.main');
    const [one, other] = [await stepped.data('continue'), await run.data('continue')];
    expect(one.t).toBe(other.t);
    expect(await stepped.data('info state')).toEqual(await run.data('info state'));
  });

  it('looking at threads and goroutines changes nothing', async () => {
    const [looked, plain] = [debug(buildGo('goroutines')), debug(buildGo('goroutines'))];
    for (const at of [looked, plain]) {
      await at.text('break main.main');
      await at.text('continue');
      await at.text('si 200000');
    }
    await looked.text('thread apply all bt');
    await looked.text('goroutine all bt');
    await looked.text('goroutines -t');
    await looked.text('thread 2');
    await looked.text('bt');
    await looked.text('thread 1');
    expect(await looked.data('continue')).toEqual(await plain.data('continue'));
    expect(await looked.data('info state')).toEqual(await plain.data('info state'));
  });

  it('a thread that is selected is the one that is stepped', async () => {
    const at = debug(buildGo('goroutines'));
    await at.text('break main.main');
    await at.text('continue');
    const threads: readonly { thread: number; state: string; current: boolean }[] = await at.data('threads');
    const other = threads.find(each => !each.current && each.state === 'runnable');
    if (other === undefined) return;
    await at.text(`thread ${other.thread}`);
    expect((await at.data('si')).thread).toBe(other.thread);
  });

  it('ni runs calls to their return', async () => {
    const at = debug(buildGo('hello'));
    await at.text('break main.main');
    await at.text('continue');
    for (let count = 0; count < 40; count++) {
      const stop = await at.data('ni');
      if (stop.reason === 'exited') break;
      expect(stop.function).toMatch(/^(main\.main|runtime\.main)$/);
      if (stop.function === 'runtime.main') break;
    }
  });

  it('next stays in the function, in the goroutine, whatever else runs', async () => {
    const at = debug(buildGo('channels'));
    await at.text('break main.main');
    await at.text('continue');
    let last = 0;
    for (let count = 0; count < 15; count++) {
      const stop = await at.data('next');
      expect(stop).toMatchObject({ function: 'main.main', goroutine: 1, reason: 'next' });
      expect(stop.t).toBeGreaterThan(last);
      last = stop.t;
    }
  });

  it('next passes recursive calls that grow the stack', async () => {
    const at = debug(buildGo('recursion'));
    const call = lineOf('depth(', 'go/recursion/main.go');
    expect(call).toBeGreaterThan(0);
    await at.text('break main.main');
    await at.text('continue');
    const { session } = at;
    const lines: number[] = [];
    for (let count = 0; count < 3; count++) {
      await at.text('next');
      lines.push(session.frame.line!);
      expect(session.frame.name).toBe('main.main');
    }
    expect(at.written()).toContain('12507500 12502500');
  });

  it('step enters functions and not what the compiler inserts, finish leaves them with their results', async () => {
    const at = debug(buildGo('recursion'));
    await at.text('break main.ackermann');
    await at.text('continue');
    await at.text('delete');
    await at.text('tbreak main.ackermann if m == 0');
    await at.text('continue');
    const stop = await at.data('finish');
    expect(stop.reason).toBe('finish');
    expect(stop.returned).toEqual([expect.objectContaining({ type: 'int', value: expect.stringMatching(/^\d+$/) })]);
  });

  it('until goes on, advance and continue LOCATION go there', async () => {
    const at = debug(buildC('loop'));
    const after = lineOf('uint64_t sum = 0;', 'c/loop.c');
    await at.text('break main');
    await at.text('continue');
    expect((await at.data(`until ${after}`)).reason).toBe('until');
    await at.text('restart');
    expect((await at.data('continue main')).function).toBe('main');
    expect((await at.data('advance printf')).function).toBe('printf');
  });

  it('restart keeps breakpoints, and the program runs the same again', async () => {
    const at = debug(buildGo('maps'));
    await at.text('break main.main');
    const first = await at.data('continue');
    await at.text('restart');
    expect(await at.data('continue')).toEqual(first);
  });

  it('an exit leaves the session alive', async () => {
    const at = debug(buildGo('hello'));
    expect(await at.data('continue')).toMatchObject({ reason: 'exited', status: 0 });
    expect((await at.run('bt')).ok).toBe(false);
    expect((await at.run('continue')).ok).toBe(false);
    expect((await at.run('info functions main.main')).ok).toBe(true);
    await at.text('restart');
    expect((await at.data('si')).t).toBe(1);
  });

  it('conditions, hit counts, ignore counts, commands and temporary breakpoints', async () => {
    const at = debug(buildGo('recursion'));
    await at.text('break a main.ackermann if n == 3');
    await at.text('continue');
    expect(await at.text('p n')).toBe('3');
    await at.text('condition -hitcount a == 4');
    await at.text('condition a');
    await at.text('on a p m');
    await at.text('condition -clear a');
    await at.text('ignore a 2');
    const outcome = await at.run('continue');
    expect(outcome.output.split('\n').at(-1)).toMatch(/^\d+$/);
    await at.text('clear a');
    await at.text('tbreak runtime.main');
    await at.text('restart');
    await at.text('continue');
    expect(await at.text('bp')).toBe('No breakpoints.');
  });

  it('watchpoints tell old and new values and where', async () => {
    const at = debug(buildGo('race-counter'));
    await at.text('watch main.counter');
    const { output, data } = await at.run('continue');
    expect(data).toMatchObject({ reason: 'watchpoint', function: 'main.increment' });
    expect(output).toContain('0 (0x0) -> 1 (0x1)');
  });
});
