/** The fault in words on the screen, and what its words mean: keys in, cells out. */
import { describe, expect, it } from 'vitest';
import { openR14 } from './support/pty.js';

const words = (text: string): string =>
  text
    .split('\n')
    .map(row => row.trim())
    .join(' ')
    .replace(/\s+/g, ' ');

describe.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('at %i x %i', (columns, rows) => {
  it('r14 alone says why the crash happens, and both ways to mend it', async () => {
    const screen = openR14(columns, rows, []);
    await screen.settles(/mended by: /);
    const pane = words(
      screen
        .text()
        .split('\n')
        .map(row => (columns === 80 ? row : (row.split('│')[0] ?? '')))
        .join('\n'),
    );
    expect(pane).toContain('it runs on g0 for goroutine 1');
    expect(pane).toContain('trace.TakeSnapShot is built with -race, and calls the race detector itself');
    expect(pane).toContain('mended by: call trace.TakeSnapShot on the goroutine, before the change of stack; or //go:norace on it, if');
    // One key to the culprit's source, one to all of it, and from there to who wrote what was at fault.
    screen.type('U');
    await screen.shows(/► 4 trace\.TakeSnapShot|=> ?403b73/);
    screen.type('wz');
    await screen.hides('─1 code');
    await screen.shows(/\[2\] runtime\.g0\.racectx \(0x406148\) = 0: runtime\.main\+11/);
    screen.type('\x1b[F');
    await screen.shows(/reports like this one|again: r14/);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('? explains what is selected', async () => {
    const screen = openR14(columns, rows, ['exec', 'newproc-race', '-ex', 'c']);
    await screen.settles(/mended by: /);
    screen.type('2/r14\r?');
    await screen.shows('help WORD tells');
    expect(screen.text()).toMatch(/r14 +0x406010/);
    expect(words(screen.text())).toContain("g0 Each thread's goroutine for the runtime itself");
    screen.type('x');
    await screen.shows('─2 registers');
    screen.type(':help racectx\r9z');
    await screen.shows("racectx: The race detector's notion of a goroutine");
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});

it('no fault, no pane; after the end nothing of the fault before is told', async () => {
  const screen = openR14(80, 24, ['exec', 'newproc-race']);
  await screen.settles(/ main\.main/);
  expect(screen.text()).not.toContain('w why');
  screen.type('c');
  await screen.settles(/mended by: /);
  screen.type('c');
  await screen.shows('exited with status 2');
  await screen.hides('mended by');
  screen.type('q');
  expect(await screen.exit()).toBe(0);
});
