/** The variables of a frame as a tree, what is watched, and the breakpoints: keys in, cells out. */
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
