/** The lines that `step` and `next` stop at: behind calls of the runtime, at go statements, in loops over functions. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildGo, missing, toolchains } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = missing('go1.26', 'go1.19');
const BUILDS = [{}, { gcflags: 'all=-N -l' }];
const source = readFileSync(new URL('../../programs/go/steps/main.go', import.meta.url), 'utf8').split('\n');

/** Line of main.go where a text stands. */
const lineOf = (text: string): number => source.findIndex(line => line.includes(text)) + 1;

/** Lines that stepping by a command stops at, from a function's beginning until it returns. */
async function lines(path: string, func: string, command: 'next' | 'step', most = 80): Promise<readonly number[]> {
  const at = debug(path);
  await at.text(`tbreak ${func}`);
  await at.text('continue');
  const found: number[] = [];
  const depth = (): number => at.session.frames().length;
  const outermost = depth();
  while (found.length < most && depth() >= outermost) {
    // A line whose code lies in two places is met twice.
    if (found.at(-1) !== at.session.frame.line) found.push(at.session.frame.line!);
    await at.text(command);
  }
  return found;
}

describe.skipIf(why)(`stepping by lines${why ? ` (skipped: ${why})` : ''}`, () => {
  describe.each(toolchains().flatMap(toolchain => BUILDS.map(how => ({ toolchain, ...how }))))('%o', how => {
    it('step stops at each line that next does, also behind a call of the runtime, and in what the user has written', async () => {
      const path = buildGo('steps', how);
      const next = await lines(path, 'main.calls', 'next');
      // As Delve 1.27.2 goes: each but one that has no statement of its own in newer Go, and of which Go 1.19 has the first again.
      const first = lineOf('ch <- k');
      const last = lineOf('return s');
      const wanted = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(line => line !== lineOf('g = len(s)'));
      expect(next.filter(line => line >= first && line !== lineOf('g = len(s)'))).toEqual(wanted);
      const step = await lines(path, 'main.calls', 'step');
      const other = lineOf('func other()');
      expect(step.filter(line => line !== other)).toEqual(next);
      expect(step[step.indexOf(other) - 1]).toBe(lineOf('	other()'));
    });

    it('step at a go statement stays in its loop', async () => {
      const path = buildGo('steps', how);
      const [loop, go] = [lineOf('for i := 0; i < 2; i++'), lineOf('go work(i)')];
      for (const command of ['next', 'step'] as const) {
        const at = await lines(path, 'main.spawn', command);
        expect(at.slice(1, 6)).toEqual([loop, go, loop, go, loop]);
      }
    });
  });

  it('next goes through the bodies of loops over functions, and never into an iterator', async () => {
    // As Delve 1.27.2 goes.
    const inner = [21, 22, 23, 26];
    const wanted = [17, 18, 19, 20, ...inner, 29, 30, ...inner, 29, 30, 31, 32, 19, 20, ...inner, 27, ...inner, 27, 30, 31, 32, 19, 20];
    const end = [...inner, 27, 21, 22, 23, 24, 30, 32];
    expect(await lines(buildGo('steps', { gcflags: 'all=-N -l' }), 'main.find', 'next')).toEqual([...wanted, ...end]);
  });

  it('in optimised code too, as far as lines are left of them', async () => {
    const found = await lines(buildGo('steps'), 'main.find', 'next');
    expect(found.filter(line => line < 17)).toEqual([]);
    expect(found.filter(line => line === 20).length).toBe(3);
    expect(found.at(-1)).toBe(32);
  });

  it('next in a loop of one call of a recursive function stays in that call', async () => {
    const at = debug(buildGo('steps', { gcflags: 'all=-N -l' }));
    await at.text('tbreak main.again if depth == 2');
    await at.text('continue');
    const { cfa } = at.session.frame.physical;
    for (let count = 0; count < 6; count++) {
      await at.text('next');
      expect(at.session.frames().find(({ name }) => name === 'main.again')!.physical.cfa).toBe(cfa);
    }
  });

  it.each(BUILDS)('step -go enters the goroutine that is started: %o', async how => {
    const at = debug(buildGo('steps', how));
    await at.text(`tbreak main.go:${lineOf('	go work(k)')}`);
    await at.text('continue');
    const { id } = at.session.goroutine!;
    const { thread: _, ...stop } = await at.data('step -go');
    expect(stop).toMatchObject({ reason: 'step', function: 'main.work' });
    expect(at.session.goroutine!.id).not.toBe(id);
    expect(await at.text('p id')).toBe('1');
  });

  it.each(BUILDS)('step -go goes to and fro between the sides of iter.Pull: %o', async how => {
    const at = debug(buildGo('steps', how));
    await at.text('tbreak main.pulls');
    await at.text('continue');
    const line = () => at.session.frame.line;
    while (line() !== 20) await at.text('next');
    const { id } = at.session.goroutine!;
    const sides: string[] = [];
    for (let count = 0; count < 30 && line() !== 22; count++) {
      await at.text('step -go');
      const { name } = at.session.frame;
      expect(['main.pulls', 'main.seq']).toContain(name);
      expect(at.session.goroutine!.id === id).toBe(name === 'main.pulls');
      if (sides.at(-1) !== name) sides.push(name);
    }
    expect(sides).toEqual(['main.seq', 'main.pulls', 'main.seq', 'main.pulls']);
  });

  it('a stop in the middle of another line shows that line, once', async () => {
    const at = debug(buildGo('steps', { gcflags: 'all=-N -l' }));
    Object.assign(at.session.host, { readSource: (path: string) => readFileSync(path, 'utf8') });
    await at.text('tbreak main.find');
    await at.text('continue');
    // The call's result is still to be stored.
    const finished = await at.text('finish');
    expect(finished).toMatch(/^=> 0x/m);
    expect(finished).toContain('func loops() { fmt.Println(find(1), again(2)) }');
    expect(await at.text('stepi')).not.toContain('func loops()');
  });

  it('a result that a deferred function captures is told once, and the next from its own register', async () => {
    const at = debug(buildGo('steps'));
    await at.text('tbreak main.saved');
    await at.text('continue');
    const { returned } = await at.data('finish');
    // As main.main prints them.
    expect(returned.map(({ name, value }: { name: string; value: string }) => [name, value])).toEqual([
      ['res', '-1'],
      ['rest', '9'],
    ]);
  });

  it("a body's parameters are the loop's variables, and not the user's arguments", async () => {
    const at = debug(buildGo('steps', { gcflags: 'all=-N -l' }));
    await at.text('tbreak loops.go:22');
    await at.text('continue');
    expect(await at.text('args')).toBe('(no args)');
    const names = (await at.data('locals')).map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['sum', 'i', 'j']));
    expect(names.filter((name: string) => name.startsWith('.'))).toEqual([]);
  });

  describe.each(toolchains())('at the end of deferred functions, %s', toolchain => {
    const path = () => buildGo('unwinding', { toolchain, gcflags: 'all=-N -l' });
    const text = readFileSync(new URL('../../programs/go/unwinding/main.go', import.meta.url), 'utf8').split('\n');
    const at = (line: string): number => text.findIndex(each => each.trim() === line) + 1;

    it.each([
      ['main.one', 'x := plain(1)', 'y := recovers(1)'],
      [`main.go:${at('n++')}`, 'x := plain(1)', 'y := recovers(1)'],
      ['main.two', 'y := recovers(1)', 'z := recovers(0)'],
      [`main.go:${at('r = -1')}`, 'y := recovers(1)', 'z := recovers(0)'],
      [`main.go:${at('panic("x")')}`, 'y := recovers(1)', 'z := recovers(0)'],
    ])('next and step from %s stay in what the user has written', async (from, call, after) => {
      for (const command of ['next', 'step']) {
        const stepped = debug(path());
        await stepped.text(`tbreak ${from}`);
        await stepped.text('continue');
        const seen: number[] = [];
        while (!seen.includes(at(after))) {
          const { function: name } = await stepped.data(command);
          expect(name).toMatch(/^(main|fmt)\./);
          if (name.startsWith('fmt.')) await stepped.text('finish');
          seen.push(stepped.session.frame.line!);
          expect(seen.length).toBeLessThan(40);
        }
        expect(text[at(call) - 1]).toContain(call);
      }
    });
  });
});
