/** That everything on the screen can be read, at the sizes of terminals: keys in, cells out. */
import { describe, expect, it } from 'vitest';
import { openR14 } from './support/pty.js';

const SIZES = [
  [80, 24],
  [120, 40],
  [200, 60],
] as const;

describe.each(SIZES)('at %i x %i', (columns, rows) => {
  it('the reason of a fault is whole, and what is cut opens where it is selected', async () => {
    const screen = openR14(columns, rows, ['exec', 'newproc-race', '-ex', 'c']);
    await screen.settles(/mended by: /);
    expect(screen.text().replace(/\s+/g, ' ')).toContain('reads 0x10, which is not mapped: rdi = 0 = thr, argument 1 of a System V call');
    screen.type('3\x1b[B\x1b[B');
    await screen.shows(/2 racefuncenter +race\.s:94 +jumped to from(?: *|[^\n]*\n {4})runtime\.racefuncenter\.abi0/);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('the console is wrapped, keeps its place while text comes, and is searched', async () => {
    const screen = openR14(columns, rows, ['exec', 'newproc-race', '-ex', 'c', '-ex', 'help x', '-ex', 'abi check']);
    await screen.settles(/mended by: /);
    screen.type('9z');
    await screen.hides('─1 code');
    await screen.shows('signal-stack');
    const all = screen.text().replace(/\s+/g, ' ');
    expect(all).toContain('the race runtime takes its context from g.racectx, which every g0 has 0 once runtime.main runs');
    expect(screen.text()).not.toContain('…');
    screen.type('/SIGSEGV in\r');
    await screen.settles(/SIGSEGV in __tsan_func_enter\+0 at src/);
    const at = screen.find('SIGSEGV in __tsan_func_enter+0 at src');
    screen.type('s');
    await screen.settles(/t 1,4\d\d/);
    expect(screen.find('SIGSEGV in __tsan_func_enter+0 at src')).toEqual(at);
    screen.type('/no such text\r');
    await screen.shows('"no such text" is nowhere in console');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('g goes to what is named, in the code and in memory, and there is a way back and forth', async () => {
    const screen = openR14(columns, rows, ['exec', 'newproc-race', '-ex', 'c']);
    await screen.settles(/mended by: /);
    screen.type('1g');
    await screen.shows('go to: ');
    screen.type('main.main\r');
    await screen.shows(/TEXT main·main/);
    screen.type('\x7f');
    await screen.shows(/=> ?(0x)?4035a0/);
    screen.type(']');
    await screen.shows(/TEXT main·main/);
    screen.type('5g$r14\r');
    await screen.shows('─5 memory ');
    await screen.shows('0x406010 ');
    screen.type('g1 +\r');
    await screen.settles(/─5 memory[\s\S]*\n [^\n]*(?:expression|no function)[^\n]*\n[^\n]*$/);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});

it('what has no place is found in the line below, whose words can be clicked, and escape comes back', async () => {
  const screen = openR14(80, 24, ['exec', 'newproc-race']);
  await screen.settles(/ main\.main +ABIInternal, race/);
  expect(screen.text()).toContain('m main');
  screen.mouse(screen.find('5 mem'));
  await screen.shows('─5 memory');
  await screen.shows('esc all panes');
  screen.type('\x1b');
  await screen.shows('─2 registers');
  screen.mouse(screen.find('m main'));
  await screen.shows(/=> ?(0x)?\w+[\s\S]*► 0 main\.main/);
  expect(screen.text()).not.toContain('m main ·');
  screen.type('q');
  expect(await screen.exit()).toBe(0);
});
