/** What r14's screen does to a terminal, and to itself, when things end or go wrong. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasCommand } from './support/build.js';
import { childOf, openPty, openR14, UNTOUCHED } from './support/pty.js';

const R14 = `${process.execPath} bin/r14.js`;
const folder = mkdtempSync(join(tmpdir(), 'r14-'));
const spin = join(folder, 'spin.s');
writeFileSync(spin, '#include "textflag.h"\nTEXT ·main(SB), NOSPLIT, $0-0\nagain:\n\tINCQ AX\n\tJMP again\n');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A defect of r14, made up: an exception that nobody expects. */
const BOOM = 'process.on("SIGUSR2",()=>{throw new Error("boom")})';

const absent = process.env.CI === 'true' ? [] : ['bash', 'stty'].filter(name => !hasCommand(name));

describe.skipIf(absent.length > 0)(`the terminal${absent.length === 0 ? '' : ` (skipped: no ${absent.join(', no ')})`}`, () => {
  const kill = (signal: NodeJS.Signals) => (pid: number) => process.kill(pid, signal);
  it.each([
    ['q', 'q', 0],
    ['ctrl-d', '\x04', 0],
    ['ctrl-c twice', '\x03\x03', 0],
    ['SIGTERM', kill('SIGTERM'), 143],
    ['SIGHUP', kill('SIGHUP'), 129],
    ['an exception', kill('SIGUSR2'), 70],
  ] as const)('is as it was after %s', async (_, end, status) => {
    const script = `before=$(stty -a); ${R14} exec go-args; echo "status $?"; [ "$before" = "$(stty -a)" ] && echo same; read -r`;
    const screen = openPty(80, 24, 'bash', ['--norc', '-c', script], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(BOOM)}`,
    });
    await screen.shows('─2 registers');
    if (typeof end === 'string') screen.type(end);
    else end(childOf(screen.pid));
    await screen.shows(`status ${status}`);
    await screen.shows('same');
    expect(screen.modes()).toEqual(UNTOUCHED);
    expect(screen.text().includes('r14 itself is at fault: Error: boom')).toBe(status === 70);
    expect(screen.text()).not.toContain('    at ');
    screen.type('\r');
    await screen.exit();
  });

  it('goes to the shell at Ctrl-Z and comes back at fg', async () => {
    const screen = openPty(80, 24, 'bash', ['--norc', '--noprofile', '-i'], { PS1: 'prompt> ' });
    await screen.shows('prompt>');
    screen.type(`${R14} exec go-args\r`);
    await screen.shows('─2 registers');
    screen.type('2');
    screen.type('\x1a');
    await screen.shows(/\[1\]\+ +Stopped[^\n]*\n(.*\n)?prompt> *\n/);
    expect(screen.modes()).toMatchObject({ alternate: false, mouse: 'none', cursor: true, wraps: true });
    screen.type('echo one $((1 + 1)); [[ $(stty -a) = *" echo "* ]] && echo echoes\r');
    await screen.shows(/\none 2\nechoes/);
    screen.resize(100, 30);
    screen.type('fg\r');
    await screen.shows(/^ r14 .{85,}\n/);
    await screen.shows('─2 registers');
    expect(screen.modes()).toMatchObject({ alternate: true, mouse: 'vt200' });
    // Whoever stops it from outside finds the terminal as Ctrl-Z leaves it.
    process.kill(childOf(screen.pid), 'SIGTSTP');
    await screen.shows(/\[1\]\+ +Stopped[^\n]*\n(.*\n)?prompt> *\n/);
    expect(screen.modes()).toMatchObject({ alternate: false, cursor: true });
    screen.type('fg\r');
    await screen.shows('─2 registers');
    screen.type('q');
    await screen.hides('─2 registers');
    screen.type('exit\r');
    expect(await screen.exit()).toBe(0);
  });

  it('may be of any size, and change it a hundred times', async () => {
    const screen = openR14(120, 40, ['exec', 'go-args']);
    await screen.shows('─2 registers');
    const tty = readlinkSync(`/proc/${screen.pid}/fd/0`);
    for (let turn = 0; turn < 100; turn++) screen.resize(1 + ((turn * 37) % 200), 1 + ((turn * 17) % 60));
    screen.resize(1, 1);
    for (const size of ['cols 0 rows 0', 'cols 0 rows 24', 'cols 80 rows 0']) execFileSync('stty', ['-F', tty, ...size.split(' ')]);
    screen.resize(120, 40);
    await screen.shows('─2 registers');
    await screen.shows('─3 backtrace');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});

describe('input', () => {
  it('that is pasted waits for Enter, whatever is in it', async () => {
    const screen = openR14(80, 24, ['exec', 'go-args']);
    await screen.shows('─2 registers');
    screen.type('\x1b[200~q\rrestart\r\x1b[A\x00\x1b[201~');
    await screen.shows('(r14) q↵restart↵\\x1b[A\\x00');
    screen.type('\x15');
    const junk = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 2654435761) >>> 24)).toString('latin1');
    screen.type(`\x1b[200~${junk.replaceAll('\x1b', '')}\x1b[201~`);
    await screen.shows('\\x');
    screen.type('\x03');
    await screen.hides('\\x');
    screen.type('\x1b[200~p 1+1\rp 2+2\r\x1b[201~');
    await screen.shows('(r14) p 1+1↵p 2+2');
    screen.type('\r');
    await screen.shows(/\(r14\) p 2\+2 *\n4/);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('is heard while the program runs', async () => {
    const screen = openR14(100, 30, ['asm', spin]);
    await screen.shows('─2 registers');
    screen.type('c');
    await screen.shows(/running: continue +[\d,]+ instructions +\d+ M\/s +\d+\.\d s/);
    screen.type('2z');
    await screen.hides('─1 code');
    screen.type('z:p $rip\r');
    await screen.shows('1 more waits');
    screen.type('\x03');
    await screen.shows('interrupted');
    screen.type('c');
    await screen.shows('running: continue');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
    expect(screen.modes()).toEqual(UNTOUCHED);
  });
});

describe('for a screen reader', () => {
  it.each([
    ['the flag', ['--screen-reader'], {}],
    ["Ink's variable", [], { INK_SCREEN_READER: 'true' }],
  ])('there are lines, and words for what has changed: %s', async (_, flags, environment) => {
    const screen = openR14(120, 40, ['exec', ...flags, 'newproc-race'], environment);
    await screen.shows('(r14)');
    expect(screen.modes().alternate).toBe(false);
    screen.type('continue\r');
    await screen.shows(/SIGSEGV in __tsan_func_enter[\s\S]*changed: .*rdi is 0x0, arg1 thr = nil/s);
    screen.type('x/i $pc\r');
    await screen.shows(/x\/i \$pc\s+=> 0x\w+ <__tsan_func_enter>:[^\n]*\n\(r14\)/);
    expect(screen.text()).not.toMatch(/[─│┄]/);
    screen.type('\x04');
    expect(await screen.exit()).toBe(0);
  });
});

it('much output is all there at its end', async () => {
  const file = join(folder, 'much.s');
  const write = (symbol: string, length: number) =>
    `\tMOVQ $1, AX\n\tMOVQ $1, DI\n\tLEAQ ${symbol}<>(SB), SI\n\tMOVQ $${length}, DX\n\tSYSCALL`;
  const data = (symbol: string, text: string) => `DATA ${symbol}<>(SB)/8, $"${text}\\n"\nGLOBL ${symbol}<>(SB), RODATA, $8`;
  const lines = [
    '#include "textflag.h"',
    data('line', 'another'),
    data('last', 'lastone'),
    'TEXT ·main(SB), NOSPLIT, $0-0',
    '\tMOVQ $20000, BX',
  ];
  writeFileSync(file, [...lines, 'again:', write('line', 8), '\tDECQ BX', '\tJNZ again', write('last', 8), '\tRET', ''].join('\n'));
  const screen = openR14(100, 30, ['asm', file]);
  await screen.shows('─2 registers');
  screen.type('c7z');
  await screen.shows('exited with status 0');
  await screen.shows(/another\s+another\s+lastone/);
  screen.type('q');
  expect(await screen.exit()).toBe(0);
});
