/** What Ink draws on: tells which rows differ from what the terminal shows, and sends those. */
import { EventEmitter } from 'node:events';

/**
 * Ink in debug mode writes each frame as one plain text, and takes its time for each row of it: it is given only those that differ. Placing rows
 * absolutely keeps the screen right through resizes and suspensions, where counting rows upwards from a remembered cursor does not.
 */
export class Surface extends EventEmitter {
  rows = 0;
  columns = 0;
  /** Counts how often the screen was made blank. */
  blanks = 0;
  #shown: readonly string[] = [];
  #next: readonly number[] = [];
  #muted = true;

  constructor(private readonly send: (text: string) => void) {
    super();
  }

  /** Begins with a blank screen of that size. */
  open(rows: number, columns: number): void {
    this.rows = rows;
    this.columns = columns;
    this.#shown = [];
    this.blanks++;
    this.#muted = false;
    this.send(CLEAR);
  }

  /** Draws no more: the terminal is somebody else's. */
  close(): void {
    this.#muted = true;
  }

  /** Which rows of a screen differ from those shown: the lines of the next frame. `rows`: all that is to be seen of each. */
  differing(rows: readonly string[]): readonly number[] {
    if (this.#muted) return [];
    const wanted = rows.slice(0, this.rows);
    const before = this.#shown;
    this.#shown = wanted;
    this.#next = Array.from({ length: Math.max(wanted.length, before.length) }, (_, row) => row).filter(row => wanted[row] !== before[row]);
    return this.#next;
  }

  write(frame: string): boolean {
    if (this.#muted || this.#next.length === 0) return true;
    const lines = frame.split('\n');
    // Erased first: behind a row that fills the width the cursor still stands on its last cell.
    const rows = this.#next.map((row, line) => `\x1b[${row + 1};1H\x1b[2K${(lines[line] ?? '').trimEnd()}\x1b[m`);
    this.#next = [];
    this.send(`${SYNCHRONIZED.begin}${rows.join('')}${SYNCHRONIZED.end}`);
    return true;
  }
}

const CLEAR = '\x1b[m\x1b[2J';
/** Terminals that know these show the update at once; others overlook them. */
const SYNCHRONIZED = { begin: '\x1b[?2026h', end: '\x1b[?2026l' } as const;
