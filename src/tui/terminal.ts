/** The terminal while the screen has it. However r14 ends or is suspended, the terminal is left as it was found. */
import { ENDING_SIGNALS } from '../host/ending-signals.js';
import { type Input, InputDecoder } from './input.js';
import { Surface } from './surface.js';

export interface TerminalEvents {
  input(input: Input): void;
  size(rows: number, columns: number): void;
  /** The terminal is gone, or r14 is told to end: nothing more is shown. */
  ending(): void;
}

interface Mode {
  readonly on: string;
  readonly off: string;
}

const SCREEN: Mode = { on: '\x1b[?1049h', off: '\x1b[?1049l' };
const CURSOR_HIDDEN: Mode = { on: '\x1b[?25l', off: '\x1b[?25h' };
/** A character that is wider than thought stays in its row. */
const CLIPPED: Mode = { on: '\x1b[?7l', off: '\x1b[?7h' };
const PASTE: Mode = { on: '\x1b[?2004h', off: '\x1b[?2004l' };
/** Presses and the wheel, in SGR form. */
const MOUSE: Mode = { on: '\x1b[?1000h\x1b[?1006h', off: '\x1b[?1006l\x1b[?1000l' };
const ALWAYS = [SCREEN, CURSOR_HIDDEN, CLIPPED, PASTE] as const;

/** Silence after which a sequence that has begun is taken to have ended, in milliseconds. */
const SILENCE = { sequence: 50, paste: 1000 } as const;
/** A terminal that does not know its size. */
const UNKNOWN_SIZE = { rows: 24, columns: 80 } as const;

export class Terminal {
  readonly surface = new Surface(text => this.#write(text));
  readonly #decoder = new InputDecoder();
  #silence: NodeJS.Timeout | undefined;
  #has = false;
  #mouse = true;

  constructor(private readonly events: TerminalEvents) {}

  /** Takes the terminal. */
  open(): void {
    const { stdin, stdout } = process;
    stdin.setEncoding('utf8');
    stdin.on('data', this.#data);
    stdin.on('end', this.#gone);
    stdin.on('error', this.#gone);
    stdout.on('error', this.#gone);
    stdout.on('resize', this.#resized);
    for (const signal of ENDING_SIGNALS) process.on(signal, this.#end);
    process.on('SIGINT', this.#interrupt);
    process.on('SIGTSTP', this.suspend);
    process.on('SIGCONT', this.#resumed);
    process.on('exit', this.#leave);
    // Before whoever prints the message.
    process.prependListener('uncaughtException', this.#leave);
    process.prependListener('unhandledRejection', this.#leave);
    this.#enter();
  }

  /** Gives the terminal back. */
  close(): void {
    const { stdin, stdout } = process;
    this.#leave();
    clearTimeout(this.#silence);
    stdin.off('data', this.#data);
    stdin.off('end', this.#gone);
    stdin.off('error', this.#gone);
    // `stdout` keeps its listener: the last writes to a terminal that is gone fail later.
    stdout.off('resize', this.#resized);
    for (const signal of ENDING_SIGNALS) process.off(signal, this.#end);
    process.off('SIGINT', this.#interrupt);
    process.off('SIGTSTP', this.suspend);
    process.off('SIGCONT', this.#resumed);
    process.off('exit', this.#leave);
    process.off('uncaughtException', this.#leave);
    process.off('unhandledRejection', this.#leave);
    stdin.pause();
  }

  /** Without the mouse the terminal's own selection of text works. */
  setMouse(on: boolean): void {
    this.#mouse = on;
    if (this.#has) this.#write(on ? MOUSE.on : MOUSE.off);
  }

  get size(): { readonly rows: number; readonly columns: number } {
    const [columns, rows] = process.stdout.getWindowSize();
    return { rows: rows || UNKNOWN_SIZE.rows, columns: columns || UNKNOWN_SIZE.columns };
  }

  /** Draws all of the screen anew, whatever has been written over it. */
  repaint(): void {
    this.#resized();
  }

  /** Stops r14's job, as Ctrl-Z does, and goes on when it is continued; at once where there is no job control. */
  readonly suspend = (): void => {
    this.#leave();
    process.off('SIGTSTP', this.suspend);
    process.kill(0, 'SIGTSTP');
    setImmediate(() => {
      process.on('SIGTSTP', this.suspend);
      this.#enter();
    });
  };

  #write(text: string): void {
    process.stdout.write(text);
  }

  #enter(): void {
    if (this.#has) return;
    this.#has = true;
    process.stdin.setRawMode(true);
    process.stdin.resume();
    this.#write(ALWAYS.map(mode => mode.on).join('') + (this.#mouse ? MOUSE.on : ''));
    this.#resized();
  }

  readonly #leave = (): void => {
    if (!this.#has) return;
    this.#has = false;
    this.surface.close();
    const off = [...ALWAYS].reverse().map(mode => mode.off);
    this.#write(`\x1b[m${MOUSE.off}${off.join('')}`);
    process.stdin.setRawMode(false);
  };

  readonly #resized = (): void => {
    const { rows, columns } = this.size;
    if (this.#has) this.surface.open(rows, columns);
    this.events.size(rows, columns);
  };

  /** After a stop that could not be seen coming the shell has changed the terminal. */
  readonly #resumed = (): void => {
    this.#leave();
    this.#enter();
    // Nobody told r14 of a new size while it was stopped: now Node asks.
    process.kill(process.pid, 'SIGWINCH');
  };

  readonly #data = (chunk: string): void => {
    clearTimeout(this.#silence);
    for (const input of this.#decoder.push(chunk)) this.events.input(input);
    if (!this.#decoder.waiting) return;
    const timer = setTimeout(() => setImmediate(quiet), SILENCE[this.#decoder.pasting ? 'paste' : 'sequence']);
    // The timer may be late and the rest already there: only after another look at the terminal is it silence.
    const quiet = () => {
      if (timer === this.#silence) for (const input of this.#decoder.flush()) this.events.input(input);
    };
    this.#silence = timer;
  };

  readonly #interrupt = (): void => this.events.input({ kind: 'key', name: 'ctrl-c', text: '' });

  readonly #gone = (): void => {
    this.surface.close();
    this.events.ending();
  };

  /** Ends as the signal says, so that who started r14 sees it. */
  readonly #end = (signal: NodeJS.Signals): void => {
    this.events.ending();
    this.close();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
}
