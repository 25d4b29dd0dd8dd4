/** Programs on a real pseudo-terminal: keys in, cells out. */
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

/** Milliseconds after which what is waited for does not come any more; fewer for who writes a test. */
const PATIENCE = Number(process.env.R14_PATIENCE ?? 60_000);
/** A screen that has not changed for this many milliseconds is finished. */
const QUIET = 400;

/** Runs a program on a terminal of that size until `close`. Its history and settings are under `home`. */
export function openTerminal(
  columns: number,
  rows: number,
  file: string,
  args: readonly string[],
  home: string,
  environment: Record<string, string> = {},
) {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  // What would say something of the terminal that this is run from.
  const { CI, NO_COLOR, FORCE_COLOR, COLORTERM, TMUX, ...rest } = process.env;
  const env = { ...rest, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', HOME: home, XDG_CONFIG_HOME: '', XDG_STATE_HOME: '', ...environment };
  const pty = spawn(file, [...args], { cols: columns, rows, env });
  let exited: number | undefined;
  let raw = '';
  let changed = performance.now();
  pty.onData(data => {
    changed = performance.now();
    raw += data;
    terminal.write(data);
  });
  pty.onExit(({ exitCode }) => {
    exited = exitCode;
  });
  const text = (): string => {
    const { active } = terminal.buffer;
    return Array.from({ length: terminal.rows }, (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '').join(
      '\n',
    );
  };
  const until = async (what: () => boolean): Promise<void> => {
    const began = performance.now();
    while (!what()) {
      if (performance.now() - began > PATIENCE) throw new Error(`still not so; exit status ${exited}:\n${text()}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };
  return {
    pid: pty.pid,
    text,
    cell: (row: number, column: number) => terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row)?.getCell(column),
    /** The modes that a program has left the terminal in. */
    modes: () => ({
      alternate: terminal.buffer.active.type === 'alternate',
      mouse: terminal.modes.mouseTrackingMode,
      paste: terminal.modes.bracketedPasteMode,
      wraps: terminal.modes.wraparoundMode,
      cursor: raw.lastIndexOf('\x1b[?25h') >= raw.lastIndexOf('\x1b[?25l'),
    }),
    until,
    type: (keys: string) => pty.write(keys),
    shows: (wanted: string | RegExp) => until(() => (typeof wanted === 'string' ? text().includes(wanted) : wanted.test(text()))),
    /** Waits for a text, and for the screen to come to rest. */
    settles: (wanted: RegExp) => until(() => wanted.test(text()) && performance.now() - changed > QUIET),
    hides: (unwanted: string) => until(() => !text().includes(unwanted)),
    /** The row and the column, from 0, of a text that is shown. */
    find: (wanted: string): { row: number; column: number } => {
      const lines = text().split('\n');
      const row = lines.findIndex(line => line.includes(wanted));
      return { row, column: lines[row]?.indexOf(wanted) ?? -1 };
    },
    /** A press of the left button, or a turn of the wheel (64 up, 65 down), at a cell from 0. */
    mouse: ({ row, column }: { row: number; column: number }, button = 0) => pty.write(`\x1b[<${button};${column + 1};${row + 1}M`),
    exit: async () => {
      while (exited === undefined) await new Promise(resolve => setTimeout(resolve, 20));
      return exited;
    },
    resize: (width: number, height: number) => {
      terminal.resize(width, height);
      pty.resize(width, height);
    },
    close: () => {
      if (exited === undefined) pty.kill('SIGKILL');
    },
  };
}
