/** The walker where stacks are left for others, by every way that Go has. */
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, MATRIX, missing } from '../support/build.js';
import { type Debugging, debug, debugAssembly, debugBundled } from '../support/debug.js';

const names = async (at: Debugging): Promise<string[]> => (await at.data('bt 100000')).map((row: { function: string }) => row.function);
const stacks = async (at: Debugging): Promise<string[]> => {
  const rows: readonly { stack: string }[] = await at.data('bt');
  return rows.map(row => row.stack).filter((stack, index, all) => stack !== all[index - 1]);
};
const stopAt = async (at: Debugging, place: string) => {
  await at.text(`tbreak ${place}`);
  expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint' });
};

for (const toolchain of MATRIX) {
  const why = missing(toolchain);
  describe.skipIf(why)(`stacks, ${toolchain}${why ? ` (skipped: ${why})` : ''}`, () => {
    it('mcall: from the scheduler to the goroutine that gave way', async () => {
      const at = debug(buildGo('channels', { toolchain }));
      await stopAt(at, 'main.main');
      await stopAt(at, 'runtime.park_m if gp.goid == 1');
      const found = await names(at);
      expect(found.slice(0, 3)).toEqual(['runtime.park_m', 'runtime.mcall', 'runtime.gopark']);
      expect(found.at(-1)).toBe('runtime.goexit');
      expect(found).toContain('main.main');
      expect(await stacks(at)).toEqual(['g0', 'goroutine 1']);
    });

    it('morestack: from newstack to the function whose stack was too small', async () => {
      const at = debug(buildGo('recursion', { toolchain }));
      await stopAt(at, 'main.depth');
      await stopAt(at, 'runtime.newstack');
      const found = await names(at);
      expect(found[0]).toBe('runtime.newstack');
      expect(found[1]).toBe('runtime.morestack');
      expect(found[2]).toBe('main.depth');
      expect(found.at(-1)).toBe('runtime.goexit');
    });

    it('a stack that has moved is still told in full', async () => {
      const at = debug(buildGo('recursion', { toolchain }));
      await stopAt(at, 'main.depth');
      await at.text('break runtime.copystack');
      for (let count = 0; count < 3; count++) await at.text('continue');
      await at.text('delete');
      await stopAt(at, 'main.depth');
      const found: readonly { function: string; how: string }[] = await at.data('bt 100000');
      expect(found.length).toBeGreaterThan(20);
      expect(found.slice(-4).map(row => row.function)).toEqual(['main.depth', 'main.main', 'runtime.main', 'runtime.goexit']);
      expect(new Set(found.slice(0, -3).map(row => row.function))).toEqual(new Set(['main.depth']));
    });

    it('signals: from the handler to what it interrupted, with all its registers', async () => {
      const at = debug(buildGo('profile', { toolchain }));
      await stopAt(at, 'runtime.sighandler');
      expect(await stacks(at)).toEqual(['gsignal', 'goroutine 1']);
      const rows: readonly { function: string; index: number }[] = await at.data('bt');
      expect(rows.slice(0, 3).map(row => row.function)).toEqual(['runtime.sighandler', 'runtime.sigtrampgo', 'runtime.sigtramp']);
      const registers = await at.data('frame 3 regs');
      expect(registers.rax).toMatch(/^0x/);
      expect(registers.r14).toMatch(/^0x/);
      const { fs_base, gs_base } = await at.data('frame 0 regs fs_base gs_base');
      expect(await at.data('frame 5 regs fs_base gs_base')).toEqual({ fs_base, gs_base });
      expect(await at.text('bt')).toContain('---- signal SIGPROF: gsignal -> goroutine 1 ----');
    });

    it('preemption: asyncPreempt is not called by what it preempts', async () => {
      const at = debug(buildGo('profile', { toolchain }));
      await stopAt(at, 'runtime.asyncPreempt2');
      const found = await names(at);
      expect(found.slice(0, 2)).toEqual(['runtime.asyncPreempt2', 'runtime.asyncPreempt']);
      expect(found.at(-1)).toBe('runtime.goexit');
      expect(found).toContain('main.main');
    });

    it('racecall: to the goroutine whose access it checks, and which entry jumped there', async () => {
      const at = debug(buildGo('race-counter', { toolchain, race: true }));
      await stopAt(at, 'main.increment');
      await stopAt(at, '__tsan_write');
      const rows = await at.data('bt');
      expect(rows.slice(0, 3).map((row: { function: string }) => row.function)).toEqual(['__tsan_write', 'racecall', 'main.increment']);
      expect(rows[1].jumpedFrom).toBe('runtime.racewrite');
      expect(await stacks(at)).toEqual(['g0', expect.stringMatching(/^goroutine \d+$/)]);
      expect((await names(at)).at(-1)).toBe('runtime.goexit');
    });
  });
}

const needsC = missing('go1.26', 'gcc');
describe.skipIf(needsC)(`stacks with C${needsC ? ` (skipped: ${needsC})` : ''}`, () => {
  it('cgo there and back again, several times', async () => {
    const at = debug(buildGo('cgo'));
    await at.text('break goCallback');
    for (let count = 0; count < 3; count++) await at.text('continue');
    const found = await names(at);
    expect(found[0]).toBe('goCallback');
    const go = found.filter(name => name === 'runtime.cgocall').length;
    expect(go).toBeGreaterThanOrEqual(2);
    expect(found.filter(name => name === 'runtime.cgocallback').length).toBe(go - 1);
    expect(found.slice(-3)).toEqual(['main.main', 'runtime.main', 'runtime.goexit']);
    expect((await stacks(at)).slice(0, 3)).toEqual(['g0', 'goroutine 1', 'g0']);
  });

  it('C alone: callee-saved registers come back from unwind tables, others are lost', async () => {
    const at = debug(buildC('sorting'));
    await at.text('break qsort');
    await at.text('continue');
    const frames = await at.data('bt');
    expect(frames[0]).toMatchObject({ function: 'qsort', stack: 'C' });
    expect(frames[1]).toMatchObject({ function: 'main' });
    const outer = await at.data('frame 1 regs');
    const inner = await at.data('regs');
    expect(outer.rbx).toBe(inner.rbx);
    await at.text('finish');
    expect((await at.data('bt'))[0].function).toBe('main');
    const now = await at.data('regs');
    for (const name of ['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15', 'rsp', 'rip']) expect(now[name], name).toBe(outer[name]);
  });

  it('a signal handler on the same stack, entered without a CALL', async () => {
    const at = debug(buildC('signals'));
    await at.text('continue');
    await at.text('break segv');
    await at.text('continue');
    const rows = await at.data('bt');
    expect(rows.slice(0, 2).map((row: { function: string }) => row.function)).toEqual(['segv', 'main']);
    expect(await at.text('bt')).toContain('---- signal SIGSEGV:');
  });
});

describe('saved registers of outer frames', () => {
  const rbpOf = async (at: Debugging, frame: number) => (await at.data(`frame ${frame} regs rbp`)).rbp;

  for (const [variant, frames, caller] of [
    ['injected', 4, 'racefuncenter'],
    ['norace', 3, 'runtime.mapiterinit'],
  ] as const) {
    it(`newproc-race ${variant}: nothing down to the C code has touched it, and padding of the stack is not a saved one`, async () => {
      const at = debugBundled('newproc-race', variant);
      expect(await at.data('continue')).toMatchObject({ reason: 'signal', signal: 'SIGSEGV' });
      expect((await names(at)).slice(1, 3)).toEqual(['racecall', caller]);
      const rbp = await rbpOf(at, 0);
      for (let frame = 1; frame < frames; frame++) expect(await rbpOf(at, frame), `#${frame}`).toBe(rbp);
    });
  }

  it('through systemstack: what its callee saved, though it points to another stack', async () => {
    const at = debugBundled('systemstack');
    await stopAt(at, 'main.onG0');
    const told = await rbpOf(at, 1);
    expect((await names(at))[1]).toBe('runtime.systemstack');
    await at.text('finish');
    expect(await at.data('regs rbp')).toEqual({ rbp: told });
  });

  it('and the other registers of C, where hand-made code saves them: true or lost', async () => {
    const at = debugBundled('newproc-race');
    await at.text('break *__tsan_init');
    await at.text('continue');
    const { rbx } = await at.data('regs rbx');
    for (let steps = 0; steps < 12; steps++) {
      expect([rbx, null]).toContain((await at.data('frame 1 regs rbx')).rbx);
      await at.text('stepi');
    }
    expect(await at.data('frame 1 regs rbx')).toEqual({ rbx: null });
    await at.text('finish');
    expect(await at.data('regs rbx')).toEqual({ rbx });
  });

  const assembly = (body: string) =>
    debugAssembly(
      `
TEXT main·main<ABIInternal>(SB), NOSPLIT, $16-0
	CALL main·f(SB)
	RET
TEXT main·f(SB), NOSPLIT|NOFRAME, $0-0
${body}
	RET
TEXT main·g(SB), NOSPLIT|NOFRAME, $0-0
	RET
`,
      'package main\n\nfunc f()\nfunc g()\n',
    );

  it('is lost where hand-made code has overwritten it', async () => {
    const at = assembly('\tSUBQ $16, SP\n\tMOVQ $0, 8(SP)\n\tMOVQ $7, BP\n\tCALL main·g(SB)\n\tADDQ $16, SP');
    await stopAt(at, 'main.g');
    expect(await rbpOf(at, 1)).toBe('0x7');
    expect(await rbpOf(at, 2)).toBeNull();
    expect(await at.text('frame 2 regs rbp')).toContain('<clobbered>');
  });

  it('is known again where hand-made code has fetched it from where it put it', async () => {
    const at = assembly('\tPUSHQ AX\n\tPUSHQ BP\n\tMOVQ $7, BP\n\tPOPQ BP\n\tCALL main·g(SB)\n\tPOPQ AX');
    await stopAt(at, 'main.f');
    const rbp = await rbpOf(at, 0);
    await stopAt(at, 'main.g');
    for (const frame of [1, 2]) expect(await rbpOf(at, frame), `#${frame}`).toBe(rbp);
  });
});
