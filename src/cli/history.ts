import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolder } from './folder.js';

const MOST = 1000;

/** `$XDG_STATE_HOME/r14/history`, where the XDG base directory specification puts it. */
export function historyFile(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'r14/history');
}

/** Newest first, as readline wants it; empty when there is none yet. */
export function loadHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .reverse()
      .slice(0, MOST);
  } catch {
    return [];
  }
}

/** Keeps the history; a home that cannot be written to costs only that. */
export function saveHistory(path: string, newestFirst: readonly string[]): void {
  try {
    makeFolder(dirname(path), 0o700);
    writeFileSync(path, `${newestFirst.slice(0, MOST).reverse().join('\n')}\n`, { mode: 0o600 });
  } catch {
    // Nothing that the user's session depends on.
  }
}
