/** The variables of a frame as a tree, what is watched, and the breakpoints: keys in, cells out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openR14 } from './support/pty.js';

it.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('variables open in place, what has changed is marked, breakpoints are switched, at %i x %i', async (columns, rows) => {
  const screen = openR14(columns, rows, ['exec', 'closures', '-ex', 'b main.area', '-ex', 'c', '-ex', 'display RIP']);
  await screen.settles(/breakpoint 1 in main\.area/);
  screen.type('l');
  await screen.shows('► r = (*main.rect)');
  screen.type('\x1b[B\x1b[B\r');
  await screen.shows('► * = main.rect {width: 6, height: 7}');
  screen.type('\x1b[B\r');
  await screen.shows(/width = 6 {2}int/);
  screen.type('s');
  await screen.shows(/\* +RIP = \d+/);
  screen.type('B');
  await screen.shows('● Breakpoint 1 at');
  screen.type('\x1b[B\r');
  await screen.hides('● Breakpoint 1');
  screen.type('\r');
  await screen.shows('● Breakpoint 1');
  screen.type('q');
  expect(await screen.exit()).toBe(0);
});

it.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('W watches an expression, which has a place on the screen until W takes it away, at %i x %i', async (columns, rows) => {
  const screen = openR14(columns, rows, ['exec', 'closures', '-ex', 'b main.area', '-ex', 'c']);
  await screen.settles(/breakpoint 1 in main\.area/);
  screen.type('W*r\r');
  await screen.settles(/─l variables[\s\S]*► \*r = main\.rect \{width: 6, height: 7\}/);
  expect(screen.text()).toContain('─1 code');
  const arrow = screen.find('► *r =');
  screen.mouse(arrow);
  await screen.settles(/width = 6 {2}int/);
  screen.type('l');
  await screen.settles(/width = 6 {2}int/);
  screen.type('\x1b[H');
  await screen.settles(/\*r = main\.rect/);
  screen.type('W');
  await screen.hides('*r = main.rect');
  screen.type('q');
  expect(await screen.exit()).toBe(0);
});

it('r14 asm --call opens where the called function begins, in Go syntax, and R takes the file as it is by then', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'r14-'));
  const file = join(folder, 'add.s');
  const text =
    '#include "textflag.h"\nTEXT ·Add(SB), NOSPLIT, $0-24\n\tMOVQ x+0(FP), AX\n\tADDQ y+8(FP), AX\n\tMOVQ AX, ret+16(FP)\n\tRET\n';
  writeFileSync(join(folder, 'types.go'), 'package main\n\nfunc Add(x, y int) int\n');
  writeFileSync(file, text);
  const screen = openR14(80, 24, ['asm', '--call', 'Add(2, 3)', file]);
  await screen.settles(/breakpoint 1 in main\.Add/);
  expect(screen.text()).toMatch(/=> ?\w+ +MOVQ 0x8\(SP\), AX/);
  writeFileSync(file, text.replace('ADDQ', 'SUBQ'));
  screen.type(':b Add\r');
  await screen.shows('reakpoint 2');
  screen.type('Rc');
  await screen.settles(/breakpoint 2 in main\.Add/);
  await screen.shows('SUBQ 0x10(SP), AX');
  screen.type('q');
  expect(await screen.exit()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});
