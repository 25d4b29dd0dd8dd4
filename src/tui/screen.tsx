/** The full screen in a terminal: its modes, keys in, rows out. */
import { render } from 'ink';
import { Rows } from './app.js';
import { ascii } from './ascii.js';
import { draw } from './draw.js';
import { type Opened, Presenter, type PresenterOptions, type Shown } from './presenter.js';
import { Terminal } from './terminal.js';

/** Tells the screen, for as long as it is there. */
interface Outlet {
  screen: Shown | undefined;
}

export interface ScreenOptions extends PresenterOptions {
  /** No character beyond ASCII. */
  readonly ascii: boolean;
  readonly saveHistory: (newestFirst: readonly string[]) => void;
}

/** Shows what is open on the whole screen until the user quits. `outlet` gives what the program writes from now on. */
export async function show(opened: Opened, options: ScreenOptions, outlet: Outlet): Promise<void> {
  let finish: () => void = () => undefined;
  const terminal = new Terminal({
    input: input => presenter.send(input),
    size: (rows, columns) => presenter.send({ kind: 'size', rows, columns }),
    ending: () => {
      options.saveHistory(presenter.state.history);
      opened.session.interrupt();
      finish();
    },
  });
  const depth = process.stdout.getColorDepth();
  const presenter = new Presenter(opened, options, {
    size: terminal.size,
    draw: state => {
      const { theme } = state.view;
      const rows = options.ascii ? draw(state).map(ascii) : draw(state);
      const differing = terminal.surface.differing(rows.map(row => theme + JSON.stringify(row)));
      if (differing.length === 0) return;
      const changed = new Map(differing.map(row => [row, rows[row] ?? []]));
      app.rerender(<Rows key={terminal.surface.blanks} rows={changed} look={{ theme, depth }} />);
    },
    after: (milliseconds, action) => {
      const timer = setTimeout(action, milliseconds).unref();
      return () => clearTimeout(timer);
    },
    setMouse: on => terminal.setMouse(on),
    repaint: () => terminal.repaint(),
    suspend: () => terminal.suspend(),
    left: () => finish(),
  });
  // Rows are given to Ink when the terminal is open.
  const app = render(<Rows rows={new Map()} look={{ theme: presenter.state.view.theme, depth }} />, {
    // Frames come whole, and the surface places their lines: rows one below another, as Ink gives them to screen readers, need no grid of cells.
    debug: true,
    isScreenReaderEnabled: true,
    stdout: terminal.surface as unknown as NodeJS.WriteStream,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  outlet.screen = presenter.shown;
  terminal.open();
  presenter.begin();
  await new Promise<void>(resolve => {
    finish = resolve;
  });
  outlet.screen = undefined;
  terminal.close();
  app.unmount();
  options.saveHistory(presenter.state.history);
}
