/** YMM registers in the registers pane, in the lanes that the user chooses. */
import { expect, it } from 'vitest';
import { buildC, missing } from './support/build.js';
import { openR14 } from './support/pty.js';

const why = missing('gcc');

it.skipIf(why)(`YMM registers among the registers, by V and by config${why ? ` (skipped: ${why})` : ''}`, async () => {
  const screen = openR14(170, 60, ['exec', buildC('ymm'), '-ex', 'break seen', '-ex', 'continue']);
  await screen.settles(/breakpoint 1/);
  screen.type('2z');
  await screen.hides('backtrace ─');
  expect(screen.text()).not.toContain('ymm3');
  screen.type('V');
  await screen.shows(/ymm3 +v8_float \{1\.4\S*e-45, 0, /);
  screen.type('V');
  // What programs/c/ymm.c loads: its last lane is pi.
  await screen.shows(/ymm3 +v4_double \{\S+, \S+, \S+, 3\.141592653589793\}/);
  screen.type(':config vector-lanes int64\r');
  await screen.shows(/ymm3 +v4_int64 \{1, 2, 3, 4614256656552045848\}/);
  screen.type(':set $ymm3.v4_int64[1] = 7\r');
  await screen.shows(/ymm3 +v4_int64 \{1, 7, 3, /);
  screen.type('V');
  await screen.hides('v4_int64 {1');
  screen.type('q');
  expect(await screen.exit()).toBe(0);
});
