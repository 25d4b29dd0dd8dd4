import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hostReason } from '../host/files.js';
import { changeFile } from '../host/node/kept.js';
import { isSystemError } from './host.js';

const MOST = 1000;

/** `$XDG_STATE_HOME/r14/history`, where the XDG base directory specification puts it. */
function historyFile(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'r14/history');
}

const linesOf = (text: string): string[] => text.split('\n').filter(line => line !== '');

/** The lines that a user has typed, kept from session to session. */
export class TypedLines {
  private readonly file = historyFile();
  /** Oldest first, as they were at the start. */
  private readonly before: readonly string[];

  constructor() {
    this.before = this.read();
  }

  /** Newest first, as readline wants it; empty when there is none yet. */
  get newestFirst(): string[] {
    return [...this.before].reverse().slice(0, MOST);
  }

  private read(): string[] {
    try {
      return linesOf(readFileSync(this.file, 'utf8'));
    } catch {
      return [];
    }
  }

  /**
   * Keeps what this session has added, behind what others have kept meanwhile. Returns what is to be said when that cannot be: it costs only the
   * history.
   */
  save(newestFirst: readonly string[]): string | undefined {
    const added = this.added([...newestFirst].reverse());
    if (added.length === 0) return undefined;
    try {
      changeFile(
        this.file,
        kept => {
          const all = [...linesOf(new TextDecoder().decode(kept)), ...added];
          const last = new Map(all.map((line, index) => [line, index]));
          return `${all
            .filter((line, index) => last.get(line) === index)
            .slice(-MOST)
            .join('\n')}\n`;
        },
        0o600,
      );
      return undefined;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return `the history is not kept: cannot write ${this.file}: ${hostReason(error)}`;
    }
  }

  /** The lines behind those that were there, of which each that was typed again has moved to the end. */
  private added(lines: readonly string[]): readonly string[] {
    let from = 0;
    const first = lines.findIndex(line => {
      const at = this.before.indexOf(line, from);
      if (at >= 0) from = at + 1;
      return at < 0;
    });
    return first < 0 ? [] : lines.slice(first);
  }
}
