/** Where Go's runtime ends a program: what r14 says there against what the program itself says natively, on every release. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, runNative, toolchains } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';

const why = missing('go1.26', 'go1.19');
const KINDS = ['string', 'error', 'custom', 'int', 'index', 'divide', 'assert', 'closed', 'same'];

/** A program that has been given arguments. */
async function started(path: string, ...args: readonly string[]): Promise<Debugging> {
  const at = debug(path);
  await at.run(`restart ${args.join(' ')}`);
  return at;
}

/** The first function of package main in a Go traceback, and its line: `main.index`, `main.go:24`. */
function culprit(traceback: string): { readonly name: string; readonly where: string } {
  const found = /^(main\.[\w.]+)\(.*\)\n\t.*\/(\w+\.go:\d+)/m.exec(traceback)!;
  return { name: found[1]!, where: found[2]! };
}

describe.skipIf(why)(`the end of a Go program${why ? ` (skipped: ${why})` : ''}`, () => {
  describe.each(toolchains())('%s', toolchain => {
    const builds = [{}, { gcflags: 'all=-N -l' }, { ldflags: '-s -w' }].map(how => buildGo('panics', { toolchain, ...how }));

    it.each(KINDS)('a panic is stopped at with what Go prints of it: %s', async kind => {
      for (const path of kind === 'custom' ? builds : builds.slice(0, 1)) {
        const native = runNative(path, { args: [kind] });
        const printed = /^panic: (.*?)(?: \[recovered.*\])?$/m.exec(native.stderr)![1]!;
        const at = await started(path, kind);
        const { output, data } = await at.run('continue');
        expect(data).toMatchObject({ reason: 'panic', function: 'runtime.fatalpanic' });
        // Go writes the type of a value of a named type before it.
        expect((data as { message: string }).message).toBe(printed.replace(/^main\.\w+\((.*)\)$/, '$1'));
        expect(output).toContain(culprit(native.stderr).where);
        expect(at.session.frame.name).toBe(culprit(native.stderr).name);
        expect(await at.data('continue')).toMatchObject({ reason: 'exited', status: native.status });
      }
    });

    it('the value is told with its type, which printing it has lost', async () => {
      const at = await started(builds[0]!, 'custom');
      expect(await at.text('continue')).toContain('value interface {}(main.failure) {code: 7, text: "custom"}');
    });

    it('a deadlock tells who waits, for what and where', async () => {
      const path = buildGo('deadlock', { toolchain });
      const native = runNative(path);
      const at = debug(path);
      const { output, data } = await at.run('continue');
      expect(data).toMatchObject({ reason: 'deadlock', message: 'all goroutines are asleep - deadlock!' });
      const waits = [...native.stderr.matchAll(/^goroutine \d+ \[(.*)\]:\n(?:.*\n)*?main\.(\w+)[^\n]*\n\t\S*\/(\w+\.go:\d+)/gm)];
      expect(waits.length).toBe(2);
      for (const [, reason, name, where] of waits)
        expect(output).toMatch(new RegExp(`goroutine \\d+ \\[${reason}\\] in main\\.${name}.* at \\S*/${where}, for sync`));
      expect(at.session.goroutine?.id).toBe(1n);
      expect(at.session.frame.name).toBe('main.main');
      expect(await at.data('continue')).toMatchObject({ reason: 'exited', status: native.status });
    });

    it('what the runtime throws is stopped at', async () => {
      const native = runNative(builds[0]!, { args: ['overflow'] });
      const at = await started(builds[0]!, 'overflow');
      const { message, reason } = await at.data('continue');
      expect({ reason, message }).toEqual({ reason: 'throw', message: /^fatal error: (.*)$/m.exec(native.stderr)![1] });
      expect(at.session.frame.name).toBe(culprit(native.stderr).name);
    });

    it('a stack that grows without end is asked about long before Go ends it', async () => {
      const at = await started(builds[0]!, 'endless');
      const { output, data } = await at.run('continue');
      expect(data).toMatchObject({ reason: 'recursion' });
      expect(output).toContain('main.overflow');
      expect(at.session.frame.name).toBe('main.overflow');
      // The stack is as full as is said: the goroutine's own bounds, and where it stands in them.
      const [lo, hi] = [at.session.goroutine!.stackLo, at.session.goroutine!.stackHi];
      expect(hi - lo).toBe(32n << 20n);
      expect(at.session.frame.physical.sp - lo).toBeLessThan(4096n);
    });

    it('what is recovered is not stopped at', async () => {
      const path = buildGo('recovers', { toolchain });
      const at = debug(path);
      await at.text('handle SIGSEGV nostop');
      await at.text('handle SIGFPE nostop');
      expect(await at.data('continue')).toMatchObject({ reason: 'exited', status: runNative(path).status });
    });
  });

  it('they can be deleted, disabled, and asked for with a condition', async () => {
    const path = buildGo('panics');
    for (const off of ['delete panic', 'disable panic', 'clear panic', 'delete -1']) {
      const at = debug(path);
      await at.text(off);
      expect(await at.data('continue')).toMatchObject({ reason: 'exited', status: 2 });
    }
    const at = debug(path);
    await at.text('delete panic');
    await at.text('catch panic if 1 == 2');
    expect((await at.data('continue')).reason).toBe('exited');
    await at.text('condition 1');
    await at.text('on 1 p 1 + 1');
    await at.text('restart');
    const { output, data } = await at.run('continue');
    expect(data).toMatchObject({ reason: 'panic', breakpoint: 1 });
    expect(output.split('\n').at(-1)).toBe('2');
    expect((await at.run('catch panic foo')).output).toContain('takes no names');
    expect((await at.run('catch thread if 1 == 1')).output).toBe('Catchpoint 2 thread if 1 == 1');
  });

  it('a list without them, and one with', async () => {
    const at = debug(buildGo('panics'));
    expect(await at.text('breakpoints')).toBe('No breakpoints.');
    expect((await at.data('breakpoints -a')).map(({ name }: { name: string }) => name)).toEqual([
      'panic',
      'throw',
      'deadlock',
      'recursion',
    ]);
  });

  it('what was made of them is saved', async () => {
    const at = debug(buildGo('panics'));
    for (const line of ['delete panic', 'disable throw', 'condition deadlock 1 == 2', 'on recursion p 1']) await at.text(line);
    await at.text('save breakpoints file');
    const again = debug(buildGo('panics'));
    (again.files as Map<string, string>).set('file', at.files.get('file')!);
    await again.text('source file');
    expect(await again.text('breakpoints -a')).toBe(await at.text('breakpoints -a'));
    expect(again.session.breakpoints.named('panic')).toBe(undefined);
  });

  it("the user's own breakpoint in such a function comes first", async () => {
    const at = debug(buildGo('panics'));
    await at.text('break runtime.fatalpanic');
    expect((await at.data('continue')).reason).toBe('breakpoint');
    expect((await at.data('continue')).reason).toBe('exited');
  });
});
