/** The frame of the screen on a real pseudo-terminal: layouts, lessons, settings, colours. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { home, openR14 as open } from './support/pty.js';

const settings = join(home, '.config/r14/settings');
/** How far lessons were read. */
const progress = join(home, '.local/state/r14');
afterEach(() => {
  rmSync(settings, { force: true });
  rmSync(progress, { recursive: true, force: true });
});

/** Pane titles by row, left to right. */
const titles = (lines: readonly string[]): string[] =>
  lines.flatMap(line => [...line.matchAll(/─([\dw] [a-z ]+?) ─/g)].map(match => match[1]!));

describe('the bundled crash, which r14 opens by itself', () => {
  it('at 80 x 24 has code beside registers, why it stops and what mends that, and the lesson', async () => {
    const screen = open(80, 24, []);
    await screen.shows('q quit');
    const lines = screen.text().split('\n');
    expect(lines[0]).toMatch(/^ r14 {2}newproc-race .* t [\d,]+ .*goroutine 1 on g0 +thread 1 ?$/);
    expect(lines[1]).toMatch(/^ SIGSEGV in __tsan_func_enter\+0/);
    expect(lines[3]).toMatch(/^─1 code .*│─2 registers/);
    // What has led there comes as soon as it is found.
    await screen.shows('mended by');
    const told = screen.text().split('\n');
    expect(titles(told)).toEqual(['1 code', '2 registers', 'w why', '6 lesson']);
    const why = told.slice(told.findIndex(line => line.startsWith('─w why')) + 1).slice(0, 8);
    expect(why.join(' ').replace(/\s+/g, ' ')).toMatch(
      /it runs on g0 for goroutine 1: .*TakeSnapShot is built with -race.*mended by: call trace\.TakeSnapShot on the goroutine/,
    );
    expect(told[22]).toMatch(/^ 1 code 2 regs 3 stack .* w why/);
    expect(told[23]).toMatch(/^ space lesson · s step · .*\? keys · q quit$/);
    screen.type('3z');
    await screen.shows(/► 0 __tsan_func_enter[^\n]*\n(.*\n)*.*systemstack.*\n.*stack switch.*\n.*runtime\.newproc /);
    screen.type('\x1b');
    await screen.shows('─w why');
    // A lesson on the whole screen: its text, and what its step has shown.
    screen.type('6');
    await screen.shows('► x/i RIP   space runs this');
    await screen.hides('─1 code');
    screen.type(' ');
    await screen.shows(/✓ expect shows 0x10\(%rdi\)\n 1\. What faulted\n(.*\n)+ ► p RDI {3}space runs this/);
    screen.type('\x1b');
    await screen.shows('─1 code');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('at 120 x 40 has the lesson beside it', async () => {
    const screen = open(120, 40, []);
    await screen.shows('mended by');
    const lines = screen.text().split('\n');
    expect(titles(lines.map(line => line.slice(0, 60)))).toEqual(['1 code', 'w why', '3 backtrace', '9 console']);
    expect(titles(lines.map(line => line.slice(59))).filter(title => title !== '4 call lens')).toEqual([
      '2 registers',
      '5 memory',
      '6 lesson',
    ]);
    expect(lines.join('\n')).toContain('(r14) continue');
    expect(lines.filter(line => line.includes('│')).every(line => line.indexOf('│') === 59)).toBe(true);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('at 200 x 60 has the source beside the disassembly, and no pane is left out', async () => {
    const screen = open(200, 60, []);
    await screen.shows('q quit');
    const lines = screen.text().split('\n');
    expect(lines[2]).toMatch(/^─1 code .*│─0 source .*│─2 registers/);
    expect(titles(lines)).toEqual(expect.arrayContaining(['3 backtrace', '5 memory', '6 lesson', '8 goroutines', '9 console']));
    expect(lines.join('\n')).toContain('13 runtime.goexit');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});

describe('a lesson', () => {
  it('is walked by the space bar, through other builds of the program, with its checks', async () => {
    const screen = open(120, 40, ['lesson', 'newproc-race']);
    await screen.shows('► variant injected race=false');
    screen.type(' ');
    await screen.shows('► continue');
    screen.type(' ');
    await screen.shows('✓ expect exit 0');
    await screen.shows(/─7 output[^\n]*\n42/);
    await screen.shows('► variant injected race=true');
    screen.type(' ');
    await screen.shows('► continue');
    screen.type(' ');
    await screen.shows('► x/i RIP');
    // What the build without -race has printed is not this run's.
    await screen.hides('─7 output');
    await screen.shows('SIGSEGV in __tsan_func_enter+0');
    await screen.shows('✓ expect signal SIGSEGV');
    // What the reader looks at in between changes neither the lesson nor its checks.
    screen.type('vv:p 40 + 2\r');
    await screen.shows(/\(r14\) p 40 \+ 2[^\n]*\n42/);
    screen.type(' ');
    await screen.shows('► p RDI');
    await screen.shows('1. What faulted');
    screen.type('6z');
    await screen.shows('✓ expect shows 0x10(%rdi)');
    expect(screen.text()).not.toContain('✗');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('tells of a check that does not hold, and goes on', async () => {
    const screen = open(120, 40, []);
    // More than the pane has room for is read before anything is run.
    await screen.shows(/⋮ \d+ more: space/);
    screen.type(' ');
    await screen.shows('► x/i RIP');
    screen.type(' ');
    await screen.shows(/1\. What faulted(.*\n)+.*⋮ \d+ more: space/);
    screen.type(' ');
    await screen.shows('► p RDI');
    screen.type(':set $rdi = 1\r');
    await screen.shows(/rdi +0x1 /);
    // What has happened, happened with the register as it was.
    expect(screen.text().split('\n')[1]).toContain('reads 0x10, which is not mapped: rdi = 0 ');
    expect(screen.text()).toContain('<- 0x10 fault');
    screen.type(' ');
    await screen.shows('✗ expect RDI == 0');
    await screen.shows('RDI is 1');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});

describe('the line mode', () => {
  it.each<[string[], Record<string, string>]>([
    [['exec', 'closures', '--line'], {}],
    [['exec', 'closures'], { TERM: 'dumb' }],
  ])('is what %j has with %j', async (args, env) => {
    const screen = open(80, 24, args, env);
    await screen.shows('(r14) ');
    expect(screen.modes().alternate).toBe(false);
    screen.type('quit\r');
    expect(await screen.exit()).toBe(0);
  });
});

describe('settings', () => {
  it('that are wrong are named, the others count, and the file stays as it is', async () => {
    const text = 'config theme purple\nconfig disassemble-flavor intel\nconfig hidden-panes memroy\n# mine\nquit\n';
    mkdirSync(join(settings, '..'), { recursive: true });
    writeFileSync(settings, text);
    const screen = open(120, 40, ['exec', 'newproc-race', '-ex', 'c']);
    await screen.shows('mov rdx, qword ptr [rdi+0x10]');
    screen.type('9z');
    await screen.shows(`${settings}:1: `);
    await screen.shows(`${settings}:3: `);
    await screen.shows('not "purple"');
    await screen.shows(`${settings}:5: quit has no place here`);
    await screen.shows('3 lines of the settings file cannot be used; the rest is used: 9 z shows which');
    expect(readFileSync(settings, 'utf8')).toBe(text);
    screen.type(':config -save\r');
    await screen.shows('What else stood there is kept.');
    const kept = readFileSync(settings, 'utf8').split('\n');
    expect(kept).toEqual(expect.arrayContaining(text.trimEnd().split('\n')));
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('of the look are kept when the user changes them', async () => {
    writeFileSync(settings, '# mine\n\nconfig theme purple\nconfig max-string-len 99\n');
    const first = open(120, 40, [
      'exec',
      'newproc-race',
      '-ex',
      'config disassemble-flavor intel',
      '-ex',
      'config hidden-panes lens',
      '-ex',
      'c',
    ]);
    await first.shows('─5 memory');
    await first.hides('─4 call lens');
    expect(readFileSync(settings, 'utf8')).toBe('# mine\n\nconfig theme purple\nconfig max-string-len 99\n');
    first.type('5h');
    await first.hides('─5 memory');
    first.type(':config theme light\r');
    await first.shows('config theme light');
    first.type('q');
    await first.exit();
    expect(readFileSync(settings, 'utf8')).toBe(
      '# mine\n\nconfig max-string-len 99\nconfig hidden-panes "lens memory"\nconfig theme light\n',
    );
    const second = open(120, 40, ['exec', 'newproc-race', '-ex', 'c']);
    await second.shows('► 0 __tsan_func_enter');
    expect(second.text()).not.toContain('─5 memory');
    second.type('5');
    await second.shows('─5 memory');
    second.type('q');
    await second.exit();
  });
});

describe('characters and colours', () => {
  it('--ascii has none beyond ASCII', async () => {
    const screen = open(120, 40, ['--ascii']);
    await screen.shows('q quit');
    expect(screen.text()).toMatch(/^[ -~\n]*$/);
    expect(screen.text()).toContain('-1 code ---');
    screen.type('?');
    await screen.shows('step one instruction, into calls');
    expect(screen.text()).toMatch(/^[ -~\n]*$/);
    screen.type('qq');
    await screen.exit();
  });

  it.each<[string, Record<string, string>, string]>([
    ['exact ones', { COLORTERM: 'truecolor' }, 'rgb'],
    ['the nearest of 256', { TERM: 'xterm-256color' }, 'palette'],
    ['16', { TERM: 'xterm-color' }, 'palette'],
    ['none', { NO_COLOR: '1' }, 'default'],
  ])('as the terminal has: %s', async (_, env, kind) => {
    const screen = open(80, 24, ['exec', 'newproc-race', '-ex', 'c'], env);
    await screen.shows('► 0 __tsan_func_enter');
    const kinds = new Set<string>();
    let largest = 0;
    for (let row = 0; row < 24; row++) {
      for (let column = 0; column < 80; column++) {
        const cell = screen.cell(row, column)!;
        kinds.add(cell.isFgRGB() ? 'rgb' : cell.isFgPalette() ? 'palette' : 'default');
        if (cell.isFgPalette()) largest = Math.max(largest, cell.getFgColor());
      }
    }
    expect(kinds).toEqual(new Set(['default', kind]));
    if (env.TERM === 'xterm-color') expect(largest).toBeLessThan(16);
    if (env.TERM === 'xterm-256color') expect(largest).toBeGreaterThan(15);
    screen.type('q');
    await screen.exit();
  });
});
