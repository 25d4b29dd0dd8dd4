/** Terminals that are closed when the tests of a file are done. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openTerminal } from '../../scripts/terminal.js';

const opened: (() => void)[] = [];
// The history and the settings of these sessions are nobody's.
export const home = mkdtempSync(join(tmpdir(), 'r14-'));
afterAll(() => {
  for (const close of opened) close();
  rmSync(home, { recursive: true, force: true, maxRetries: 9 });
});

/** Runs a program on a terminal of that size. */
export function openPty(columns: number, rows: number, file: string, args: readonly string[], environment: Record<string, string> = {}) {
  const terminal = openTerminal(columns, rows, file, args, home, environment);
  opened.push(terminal.close);
  return terminal;
}

/** What a terminal is before and after a program that minds its manners. */
export const UNTOUCHED = { alternate: false, mouse: 'none', paste: false, wraps: true, cursor: true } as const;

export const openR14 = (columns: number, rows: number, args: readonly string[], environment: Record<string, string> = {}) =>
  openPty(columns, rows, process.execPath, ['bin/r14.js', ...args], environment);

/** The process that a shell waits for. */
export function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').at(-1));
}
