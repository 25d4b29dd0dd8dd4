/**
 * Faults that were planted: what `why` names as their cause is what the sources of these programs do. For the crash the facts are gdb's and those of Go's
 * own sources.
 */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, type Toolchain, toolchains } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

/** As it stands at the first fault, or behind `stops` more. */
async function why(at: Debugging, args = '', stops = 0): Promise<readonly string[]> {
  if (args !== '') await at.text(`restart ${args}`);
  for (let stop = 0; stop <= stops; stop++) await at.text('continue');
  const hash = at.session.target.process.hash();
  const lines: string[] = await at.data('why');
  expect(at.session.target.process.hash()).toBe(hash);
  expect(lines.length).toBeLessThanOrEqual(12);
  return lines;
}

/** The crash, and its relative where map iteration asks the race detector by hand. */
function isTheCrash(lines: readonly string[], byHand: boolean): void {
  const text = lines.join('\n');
  expect(lines[0]).toMatch(byHand ? /__tsan_read_pc/ : /__tsan_func_enter/);
  expect(lines[0]).toContain('rdi = 0 = thr');
  expect(lines[1]).toMatch(
    /^it runs on g0 for goroutine 1: runtime\.systemstack\+\d+ .* has changed the stack, called by runtime\.newproc/,
  );
  expect(text).toMatch(/\[\d+\] rdi = 0 from runtime\.g0\.racectx/);
  expect(text).toMatch(/\[\d+\] runtime\.g0\.racectx \(0x[0-9a-f]+\) = 0: runtime\.main\+\d+ .*, goroutine 1, t=/);
  expect(text).toMatch(/that g is in R14 since\n.*runtime\.systemstack\+\d+/);
  expect(text).toMatch(/racegostart, on g0 as well, takes the context of m\.curg: that is goroutine 1, with racectx = 0x[1-9a-f]/);
  if (byHand) expect(text).toMatch(/(?:mapiterinit|mapIterStart) asks the race detector by hand/);
  else
    expect(text).toMatch(
      /TakeSnapShot is built with -race, and calls the race detector itself; runtime\.(?:contextPropagate|newproc1\.func1), which has called it, is not/,
    );
  expect(text).toMatch(byHand ? /\/\/go:norace on it is not enough/ : /or \/\/go:norace on it/);
  expect(text).toContain('golang/go#77597');
}

describe('why, at the crash', () => {
  it('bundled', async () => isTheCrash(await why(debugBundled('newproc-race')), false));

  it('the line that comes to it again is told once, and does', async () => {
    const at = debugBundled('newproc-race');
    const again = (text: string): string[] => text.split('\n').filter(line => line.startsWith('again: '));
    const told = again(await at.text('continue'));
    const { t } = at.session.target.process;
    expect(told).toEqual([`again: r14 exec --seed 0 -ex 'seek ${t}' -ex continue newproc-race`]);
    for (const line of ['why', 'rsi', 'continue', 'seek fault', 'continue']) expect(again(await at.text(line))).toEqual([]);
    expect(at.session.exited).toBe(true);
    const other = debugBundled('newproc-race');
    await other.text(`seek ${t}`);
    expect(await other.data('continue')).toMatchObject({ reason: 'signal', t });
  });
  const needs = missing('go1.26');
  for (const toolchain of needs ? [] : toolchains()) {
    for (const variant of ['injected', 'norace'] as const) {
      it(`${toolchain}, ${variant}`, async () => {
        isTheCrash(await why(debug(buildGo('crash', { race: true, toolchain, variant }))), variant === 'norace');
      });
    }
  }
});

const needsGo = missing('go1.26');
describe.skipIf(needsGo)(`why, at planted faults${needsGo ? ` (skipped: ${needsGo})` : ''}`, () => {
  /** Program, its argument, stops before the one that is asked about, and what must be told. */
  const FAULTS: readonly (readonly [string, string, number, readonly RegExp[]])[] = [
    ['nils', 'dst', 0, [/main\.copyTo\+\d+ \(main\.go:23\) writes 0x0/, /= 0: main\.main\+\d+ \(main\.go:56\)/]],
    ['nils', 'p.next', 0, [/main\.field\+\d+ \(main\.go:26\) reads 0x8/, /= 0 from .*main\.field/, /main\.main\+\d+ \(main\.go:49\)/]],
    ['nils', 'p.next.next', 0, [/main\.deep\+\d+ \(main\.go:29\)/, /never written since the kernel gave that memory/]],
    ['nils', 'main.head', 0, [/main\.global/, /from main\.head/, /never written since the program was loaded: main\.head/]],
    ['nils', 'i.type', 0, [/main\.iface\+\d+ \(main\.go:35\)/, /= 0: main\.main\+\d+ \(main\.go:65\)/]],
    ['nils', 'f', 0, [/main\.call\+\d+ \(main\.go:38\)/, /= 0: main\.main\+\d+ \(main\.go:67\)/]],
    ['nils', 'q', 0, [/main\.loop/, /main\.main\+\d+ \(main\.go:49\)/]],
    ['panics', 'nil', 0, [/main\.deref \(main\.go:27\) reads 0x8/, /= 0: main\.main\+\d+ \(main\.go:\d+\)/]],
    ['panics', 'nil', 1, [/^panic: runtime error: invalid memory address/, /main\.deref \(main\.go:27\) reads 0x8/]],
    ['panics', 'closed', 0, [/close of closed channel/, /closechan was called with c = .*which is closed/, /closechan.*goroutine 1/]],
    ['panics', 'string', 0, [/^panic: a string/, /asked for in main\.main \(main\.go:40\), goroutine 1/]],
    ['panics', 'divide', 0, [/integer divide by zero/, /asked for in main\.div \(main\.go:24\)/, /the check is test .*rbx = 0 = b/]],
    ['mistakes', 'sp', 0, [/jumps to 0x0.*RET of main\.leavesRoom/, /= 0: main\.leavesRoom\+\d+ \(asm_amd64\.s:17\)/]],
    ['mistakes', 'pop', 0, [/jumps to 0x14.*RET of main\.popsTooMuch/, /= 0x14: main\.main/]],
    ['mistakes', 'return', 0, [/ret in main\.smashed/, /0x4141414141414141 from rax: main\.overReturn\+\d+/]],
    ['mistakes', 'jit-r14', 0, [/r14 = 0, where Go code keeps g/, /\[\d+\] r14 = 0: 0x[0-9a-f]+, goroutine 1/]],
    ['mistakes', 'jit-sp', 0, [/mapped, but not executable: the RET/, /from rax: 0x[0-9a-f]+, goroutine 1/]],
  ];
  for (const [program, fault, stops, told] of FAULTS) {
    it(`${program} ${fault}${stops > 0 ? ', at the panic' : ''}`, async () => {
      const text = (await why(debug(buildGo(program)), fault, stops)).join('\n');
      for (const each of told) expect(text).toMatch(each);
    });
  }

  for (const toolchain of ['go1.19', 'go1.27.2'] as const satisfies readonly Toolchain[]) {
    const without = missing(toolchain);
    it.skipIf(without)(`nils main.head, ${toolchain}${without ? ` (skipped: ${without})` : ''}`, async () => {
      const text = (await why(debug(buildGo('nils', { toolchain })), 'main.head')).join('\n');
      expect(text).toMatch(/never written since the program was loaded: main\.head/);
    });
  }

  it('nothing has gone wrong', async () => {
    const at = debug(buildGo('hello'));
    expect((await at.run('why')).output).toContain('nothing has gone wrong');
  });
});

it('a C function that was called with a stack out of step', async () => {
  const text = (await why(debugBundled('go-to-c', 'misaligned'))).join('\n');
  expect(text).toMatch(/movaps.* in sum\+\d+ .*not aligned to 16 bytes/);
  expect(text).toMatch(/sum was called by runtime\.asmcgocall\+\d+ .* wants RSP \+ 8 to be a multiple of 16/);
});
