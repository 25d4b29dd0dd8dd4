/** What Ink draws on: takes whole frames and sends the terminal only the rows that differ from what it shows. */
import { EventEmitter } from 'node:events';

/**
 * Ink in debug mode writes each frame as one plain text. Placing rows absolutely keeps the screen right through resizes and suspensions, where
 * counting rows upwards from a remembered cursor does not.
 */
export class Surface extends EventEmitter {
  rows = 0;
  columns = 0;
  #shown: readonly string[] = [];
  #muted = true;

  constructor(private readonly send: (text: string) => void) {
    super();
  }

  /** Begins with a blank screen of that size. */
  open(rows: number, columns: number): void {
    this.rows = rows;
    this.columns = columns;
    this.#shown = [];
    this.#muted = false;
    this.send(CLEAR);
  }

  /** Draws no more: the terminal is somebody else's. */
  close(): void {
    this.#muted = true;
  }

  write(frame: string): boolean {
    if (this.#muted) return true;
    const lines = frame.split('\n').slice(0, this.rows);
    const changed = Array.from({ length: Math.max(lines.length, this.#shown.length) }, (_, row) => row).filter(
      row => lines[row] !== this.#shown[row],
    );
    this.#shown = lines;
    // Erased first: behind a row that fills the width the cursor still stands on its last cell.
    const rows = changed.map(row => `\x1b[${row + 1};1H\x1b[2K${lines[row] ?? ''}\x1b[m`);
    if (rows.length > 0) this.send(`${SYNCHRONIZED.begin}${rows.join('')}${SYNCHRONIZED.end}`);
    return true;
  }
}

const CLEAR = '\x1b[m\x1b[2J';
/** Terminals that know these show the update at once; others overlook them. */
const SYNCHRONIZED = { begin: '\x1b[?2026h', end: '\x1b[?2026l' } as const;
