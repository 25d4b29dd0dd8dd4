/** The real screen on a real pseudo-terminal: keys in, cells out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { afterAll, describe, expect, it } from 'vitest';

const opened: (() => void)[] = [];
// The history of these sessions is nobody's.
const home = mkdtempSync(join(tmpdir(), 'r14-'));
afterAll(() => {
  for (const close of opened) close();
  rmSync(home, { recursive: true, force: true });
});

function open(columns: number, rows: number, args: readonly string[]) {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const env = { ...process.env, CI: 'false', TERM: 'xterm-256color', HOME: home };
  const pty = spawn(process.execPath, ['bin/r14.js', ...args], { cols: columns, rows, env });
  let exited: number | undefined;
  pty.onData(data => terminal.write(data));
  pty.onExit(({ exitCode }) => {
    exited = exitCode;
  });
  opened.push(() => {
    if (exited === undefined) pty.kill();
  });
  const text = (): string => {
    const { active } = terminal.buffer;
    return Array.from({ length: rows }, (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '').join('\n');
  };
  const until = async (what: () => boolean): Promise<void> => {
    while (!what()) await new Promise(resolve => setTimeout(resolve, 20));
  };
  return {
    text,
    alternate: () => terminal.buffer.active.type === 'alternate',
    type: (keys: string) => pty.write(keys),
    shows: (wanted: string | RegExp) => until(() => (typeof wanted === 'string' ? text().includes(wanted) : wanted.test(text()))),
    exit: async () => {
      await until(() => exited !== undefined);
      return exited;
    },
    resize: (width: number, height: number) => {
      terminal.resize(width, height);
      pty.resize(width, height);
    },
  };
}

const CRASH = ['exec', 'newproc-race', '-ex', 'c'];

describe('the screen', () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('shows the bundled crash at %i x %i, runs what is typed, and leaves the terminal as it was', async (columns, rows) => {
    const screen = open(columns, rows, CRASH);
    await screen.shows('SIGSEGV in __tsan_func_enter+0');
    await screen.shows(/► 0 __tsan_func_enter +thr=nil pc=runtime\.newproc/);
    expect(screen.alternate()).toBe(true);
    screen.type(':p (*runtime.g)(R14).racectx\r');
    await screen.shows(/\(r14\) p \(\*runtime\.g\)\(R14\)\.racectx[^\n]*\n0/);
    screen.type('v');
    await screen.shows('mov rdx, qword ptr [rdi+0x10]');
    screen.type('u');
    await screen.shows('► 1 racecall');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
    expect(screen.alternate()).toBe(false);
  });

  it('zooms, shows its keys, completes, and follows the terminal in size', async () => {
    const screen = open(120, 40, CRASH);
    await screen.shows('─3 backtrace');
    screen.type('3z');
    await screen.shows('13 runtime.goexit');
    screen.type('z?');
    await screen.shows('step one instruction, into calls');
    screen.type('x:info gor\t');
    await screen.shows('(r14) info goroutines');
    screen.type('\x15\x7f');
    screen.resize(80, 24);
    await screen.shows('⋮ ');
    screen.resize(40, 10);
    await screen.shows('r14 needs 60 x 15');
    screen.resize(120, 40);
    await screen.shows('─8 goroutines');
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});
