/** The shell around the screen: terminal modes, keys in, effects out. */
import { render } from 'ink';
import { run } from '../debugger/commands/execute.js';
import { complete } from '../debugger/completion.js';
import type { Session } from '../debugger/session.js';
import { grouped } from '../debugger/stop-text.js';
import { Screen } from './app.js';
import { draw } from './draw.js';
import { type Effect, initial, type Message, type State } from './state.js';
import { Terminal } from './terminal.js';
import { update } from './update.js';
import { type Looking, observe } from './view/view.js';

export interface ScreenOptions {
  readonly title: string;
  readonly history: readonly string[];
  /** Paths that begin so, for completion. */
  readonly files: (start: string) => readonly string[];
  readonly saveHistory: (newestFirst: readonly string[]) => void;
}

const PROGRESS_EVERY = 200;
/** Milliseconds between two frames. */
const FRAME = 16;

/** Shows the session on the whole screen until the user quits. `output` receives what the program writes from now on. */
export async function show(
  session: Session,
  options: ScreenOptions,
  output: { sink: ((text: string) => void) | undefined },
): Promise<void> {
  const terminal = new Terminal({
    input: input => send(input),
    size: (rows, columns) => send({ kind: 'size', rows, columns }),
    ending: () => {
      options.saveHistory(state.history);
      session.interrupt();
      finish();
    },
  });
  const { rows, columns } = terminal.size;
  let state: State = initial(observe(session, options.title), rows, columns, options.history);
  const coloured = process.env.NO_COLOR === undefined || process.env.NO_COLOR === '';
  const screen = () => <Screen rows={draw(state)} coloured={coloured} />;
  const app = render(screen(), {
    // Frames come whole, and the surface sends what has changed of them.
    debug: true,
    stdout: terminal.surface as unknown as NodeJS.WriteStream,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  const redraw = atMostEvery(FRAME, () => app.rerender(screen()));
  let looking: Looking = {};
  let finish: () => void = () => undefined;
  const send = (message: Message): void => {
    const next = update(state, message);
    state = next.state;
    redraw();
    if (next.effect !== undefined) void carryOut(next.effect);
  };
  output.sink = text => send({ kind: 'written', text });

  async function carryOut(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case 'command':
        return command(effect.line);
      case 'complete': {
        const { words, start } = complete(session, effect.line, options.files);
        const typed = effect.line.slice(start);
        const common = commonPrefix(words).slice(typed.length);
        return send({ kind: 'completed', text: common + (words.length === 1 ? ' ' : ''), words: words.length > 1 ? words : [] });
      }
      case 'go':
        return go(effect.address);
      case 'return': {
        const { spot } = effect;
        looking = spot.looking;
        return send({ kind: 'returned', spot, view: observe(session, options.title, looking) });
      }
      case 'mouse':
        return terminal.setMouse(effect.on);
      case 'interrupt':
        return session.interrupt();
      case 'suspend':
        return terminal.suspend();
      case 'quit':
        session.interrupt();
        return finish();
    }
  }

  async function command(line: string): Promise<void> {
    const started = performance.now();
    const from = session.process.t;
    const whole = line === '' ? session.lastLine : line;
    if (whole !== '') send({ kind: 'begun', line: whole });
    const timer = setInterval(() => {
      const done = session.process.t - from;
      const time = performance.now() - started;
      const rate = done / time / 1000;
      send({ kind: 'progress', text: `${whole}   ${grouped(done)} instructions   ${rate.toFixed(0)} M/s   ${(time / 1000).toFixed(1)} s` });
    }, PROGRESS_EVERY);
    const place = placeOf(session);
    const outcome = await run(session, line);
    clearInterval(timer);
    if (session.ended) return finish();
    if (outcome.output !== '') send({ kind: 'answer', text: outcome.output });
    // The code follows the program, and the frame that is selected.
    if (placeOf(session) !== place) looking = { ...looking, code: undefined };
    send({ kind: 'stopped', view: observe(session, options.title, looking) });
  }

  /** Shows code as code, and whatever else can be read as memory. */
  function go(address: bigint): void {
    const { memory } = session.process;
    const pane = memory.allows(address, 1, 'exec') ? 'code' : memory.allows(address, 1, 'read') ? 'memory' : undefined;
    if (pane === undefined) send({ kind: 'answer', text: `0x${address.toString(16)} is not mapped` });
    else {
      looking = { ...looking, [pane]: address };
      send({ kind: 'arrived', view: observe(session, options.title, looking), pane, address });
    }
  }

  terminal.open();
  await new Promise<void>(resolve => {
    finish = resolve;
  });
  terminal.close();
  app.unmount();
  options.saveHistory(state.history);
}

/** Where the program is, and what of it is selected. */
const placeOf = ({ process, selection, exited }: Session): string =>
  exited ? '' : `${process.t} ${selection.goroutine?.id} ${selection.thread?.tid} ${selection.frame}`;

/** Calls `action` now, or later when it was called less than `pause` milliseconds ago. */
function atMostEvery(pause: number, action: () => void): () => void {
  let last = 0;
  let due: NodeJS.Timeout | undefined;
  const act = () => {
    due = undefined;
    last = performance.now();
    action();
  };
  return () => {
    if (due !== undefined) return;
    const wait = last + pause - performance.now();
    if (wait <= 0) act();
    else due = setTimeout(act, wait);
  };
}

function commonPrefix(words: readonly string[]): string {
  let prefix = words[0] ?? '';
  for (const word of words) while (!word.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
