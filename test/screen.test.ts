/** The real screen on a real pseudo-terminal: keys in, cells out. */
import { describe, expect, it } from 'vitest';
import { openR14, UNTOUCHED } from './support/pty.js';

const CRASH = ['exec', 'newproc-race', '-ex', 'c'];

describe('the screen', () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('walks to the bundled crash and looks around at %i x %i, and leaves the terminal as it was', async (columns, rows) => {
    const screen = openR14(columns, rows, ['exec', 'newproc-race']);
    await screen.shows('─2 registers');
    expect(screen.modes()).toEqual({ alternate: true, mouse: 'vt200', paste: true, wraps: false, cursor: false });

    screen.type(':b __tsan_func_enter if $rdi == 0\r');
    await screen.shows('reakpoint 1');
    screen.type('c');
    await screen.shows(/► 0 __tsan_func_enter +thr=nil/);
    screen.type('s');
    await screen.shows('SIGSEGV in __tsan_func_enter+0');

    screen.type('v');
    await screen.shows('mov rdx, qword ptr [rdi+0x10]');
    screen.type('v');
    await screen.shows(/=> ?\w+ +MOVQ /);

    screen.type('3z');
    await screen.shows('13 runtime.goexit');
    await screen.shows('stack switch');
    screen.type('z9z');
    await screen.shows('(r14) config disassemble-flavor intel');
    screen.type(':bt\r');
    await screen.shows(/#13 .*runtime\.goexit/);
    screen.type(':p (*runtime.g)(R14).racec\t');
    await screen.shows('(r14) p (*runtime.g)(R14).racectx');
    screen.type('\r');
    await screen.shows(/\(r14\) p \(\*runtime\.g\)\(R14\)\.racectx *\n0/);
    screen.type(':\x1b[A\x1b[A');
    await screen.shows(/\n\(r14\) bt *\n.*$/);
    screen.type('\x12__ts');
    await screen.shows('(search: __ts) b __tsan_func_enter');
    screen.type('\x03\x03');
    await screen.hides('(search: __ts)');
    screen.type('z1');

    screen.type('u');
    await screen.shows('► 1 racecall');
    screen.resize(columns + 7, rows + 3);
    await screen.shows(new RegExp(`^.{${columns + 4},}`));
    screen.type('q');
    expect(await screen.exit()).toBe(0);
    expect(screen.modes()).toEqual(UNTOUCHED);
  });

  it('shows its keys, and what it needs when the terminal is too small', async () => {
    const screen = openR14(120, 40, CRASH);
    await screen.shows('─3 backtrace');
    screen.type('?');
    await screen.shows('step one instruction, into calls');
    screen.type('x');
    await screen.shows('─3 backtrace');
    screen.resize(40, 10);
    await screen.shows('r14 needs 60 x 15');
    screen.resize(120, 40);
    await screen.shows('─8 goroutines');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('follows the mouse', async () => {
    const screen = openR14(120, 40, CRASH);
    // All of it: the first frame comes in several pieces, and what is pointed at may be in the last.
    await screen.settles(/► 0 __tsan_func_enter/);
    screen.mouse(screen.find(' 2 racefuncenter'));
    await screen.shows('► 2 racefuncenter');
    const { row, column } = screen.find('=> 0x');
    screen.mouse({ row, column: column - 1 });
    await screen.shows('●=> 0x');
    // The click has selected the row: another anywhere on it acts.
    screen.mouse({ row, column: column + 6 });
    await screen.hides('●');
    // The call before the return address leads to what it calls.
    screen.type('1\x1b[A\r');
    await screen.hides('=> 0x');
    screen.type('\x7f');
    await screen.shows('=> 0x');
    screen.type('9z');
    await screen.shows(/\(r14\) frame 2 *\n[\s\S]*\(r14\) break \*0x\w+ *\n[\s\S]*\(r14\) clear \*0x/);
    screen.type('z');
    await screen.shows('─2 registers');
    const registers = screen.find('─2 registers');
    screen.mouse({ row: registers.row + 1, column: registers.column + 3 }, 65);
    screen.type('2z');
    await screen.hides('─3 backtrace');
    screen.type('z\x1b[HM');
    await screen.shows('the mouse is off');
    await screen.until(() => screen.modes().mouse === 'none');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});
