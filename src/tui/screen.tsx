/** The shell around the screen: terminal modes, keys in, effects out. */
import { render } from 'ink';
import { execute, run } from '../debugger/commands/execute.js';
import { complete } from '../debugger/complete/completion.js';
import type { LessonWalk } from '../debugger/lesson/walk.js';
import { locate, placeOfExpression } from '../debugger/session/expressions.js';
import { mainFunction } from '../debugger/session/locations.js';
import type { Session } from '../debugger/session/session.js';
import { utf8 } from '../host/bytes.js';
import { grouped } from '../host/grouped.js';
import { told } from '../host/told.js';
import { Rows } from './app.js';
import { ascii } from './ascii.js';
import { draw } from './draw.js';
import { type Effect, initial, type Message, type State } from './state.js';
import { Terminal } from './terminal.js';
import { update } from './update.js';
import { type Looking, observe } from './view/view.js';

/** What the screen shows: a session, or a lesson, whose session changes. */
export interface Opened {
  readonly session: Session;
  readonly lesson?: LessonWalk;
}

/** What the screen is told of its session while commands run. */
export interface Shown {
  /** Another process runs the program from now on, or another session shows it. */
  renewed(): void;
  /** What the program has written. */
  written(text: string): void;
  /** A line of the debugger's own. */
  said(text: string): void;
  /** The program waits for input. */
  starved(): void;
}

/** Tells the screen, for as long as it is there. */
interface Outlet {
  screen: Shown | undefined;
}

export interface ScreenOptions {
  readonly title: string;
  readonly history: readonly string[];
  /** Paths that begin so, for completion. */
  readonly files: (start: string) => readonly string[];
  /** Commands that are run at first. */
  readonly script?: readonly string[];
  /** What the present process of the program has written already. */
  readonly written?: string;
  /** What is to be said first; empty: nothing. */
  readonly notice: string;
  /** No character beyond ASCII. */
  readonly ascii: boolean;
  readonly saveHistory: (newestFirst: readonly string[]) => void;
  /** Keeps what the user has set of the screen's look. */
  readonly saveLook: (session: Session, changed: readonly LookSetting[]) => void;
}

/** Settings of how the screen looks, which are kept when the user changes them. */
const LOOK = ['theme', 'hidden-panes'] as const;
export type LookSetting = (typeof LOOK)[number];

const PROGRESS_EVERY = 200;
/** Milliseconds between two frames. */
const FRAME = 16;
/** Milliseconds in which most commands are done: their beginning and their end are one frame. */
const SOON = 4;
/** Milliseconds between two frames of what only the program writes: nobody reads faster. */
const READABLE = 50;
/** Instructions of a run that is looked through unasked for what has led to its end: some tenths of a second. */
const SHORT_RUN = 3_000_000;
/** What looks at the program, or has it run. */
const LOOKING: ReadonlySet<Effect['kind']> = new Set(['command', 'lesson', 'go', 'find', 'return']);
/** Milliseconds after which a frame that was asked for is on the screen. */
const AFTER_FRAME = 40;
/** Milliseconds that the first frame waits for the first commands: most are done by then, and their end is what is shown first. */
const OPENING = 150;

/** Shows what is open on the whole screen until the user quits. `outlet` gives what the program writes from now on. */
export async function show(opened: Opened, options: ScreenOptions, outlet: Outlet): Promise<void> {
  const terminal = new Terminal({
    input: input => send(input),
    size: (rows, columns) => send({ kind: 'size', rows, columns }),
    ending: () => {
      options.saveHistory(state.history);
      opened.session.interrupt();
      finish();
    },
  });
  const { rows, columns } = terminal.size;
  let looking: Looking = atFirst(opened.session);
  const look = () => observe(opened.session, options.title, looking);
  let state: State = initial(look(), rows, columns, options.history, opened.lesson?.view);
  const depth = process.stdout.getColorDepth();
  // Rows are given to Ink when the terminal is open.
  const app = render(<Rows rows={new Map()} look={{ theme: state.view.theme, depth }} />, {
    // Frames come whole, and the surface places their lines: rows one below another, as Ink gives them to screen readers, need no grid of cells.
    debug: true,
    isScreenReaderEnabled: true,
    stdout: terminal.surface as unknown as NodeJS.WriteStream,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  /** What the program has written since the last frame or message: one message for all of it. */
  let unread = '';
  const readOutput = (): void => {
    if (unread === '') return;
    const text = unread;
    unread = '';
    ({ state } = update(state, { kind: 'written', text }));
  };
  const redraw = atMostEvery(FRAME, () => {
    readOutput();
    const { theme } = state.view;
    const rows = options.ascii ? draw(state).map(ascii) : draw(state);
    const differing = terminal.surface.differing(rows.map(row => theme + JSON.stringify(row)));
    if (differing.length === 0) return;
    const changed = new Map(differing.map(row => [row, rows[row] ?? []]));
    app.rerender(<Rows key={terminal.surface.blanks} rows={changed} look={{ theme, depth }} />);
  });
  const { script = [] } = options;
  let opening = script.length > 0;
  const drawSoon = (): void => {
    opening = false;
    redraw(0);
  };
  let finish: () => void = () => undefined;
  let reasoning: Promise<unknown> = Promise.resolve();
  const send = (message: Message): void => {
    readOutput();
    const next = update(state, message);
    state = next.state;
    if (!opening) redraw(SOON);
    if (next.effect !== undefined) void carryOut(next.effect);
  };
  outlet.screen = {
    renewed: () => send({ kind: 'renewed' }),
    written: text => {
      if (unread === '' && !opening) redraw(READABLE);
      unread += text;
    },
    said: text => send({ kind: 'answer', text }),
    starved: () => send({ kind: 'starved' }),
  };
  if (options.written !== undefined) outlet.screen.written(options.written);
  if (options.notice !== '') send({ kind: 'answer', text: options.notice });

  async function carryOut(effect: Effect): Promise<void> {
    if (LOOKING.has(effect.kind)) await reasoning;
    switch (effect.kind) {
      case 'command': {
        const { session } = opened;
        const before = LOOK.map(name => session.settings.text(name));
        await running(effect.line === '' ? session.lastLine : effect.line, async () => (await run(session, effect.line)).output);
        const changed = LOOK.filter((name, index) => session.settings.text(name) !== before[index]);
        if (!effect.opening && changed.length > 0) options.saveLook(session, changed);
        return;
      }
      case 'lesson':
        return running(state.running!, () => opened.lesson!.move(effect.move));
      case 'complete': {
        const { words, start } = complete(opened.session, effect.line, options.files);
        const typed = effect.line.slice(start);
        const common = commonPrefix(words).slice(typed.length);
        return send({ kind: 'completed', text: common + (words.length === 1 ? ' ' : ''), words: words.length > 1 ? words : [] });
      }
      case 'go':
        return go(effect.address);
      case 'find':
        return find(effect.text, effect.pane);
      case 'return': {
        const { spot } = effect;
        looking = spot.looking;
        return send({ kind: 'returned', spot, view: look() });
      }
      case 'input':
        return effect.text === undefined ? opened.session.endInput() : opened.session.type(utf8(effect.text));
      case 'reason':
        // Asked for: it may take its time, and can be stopped.
        send({ kind: 'reasons' });
        return reason();
      case 'mouse':
        return terminal.setMouse(effect.on);
      case 'interrupt':
        return opened.session.interrupt();
      case 'repaint':
        return terminal.repaint();
      case 'suspend':
        return terminal.suspend();
      case 'quit':
        opened.session.interrupt();
        return finish();
    }
  }

  /** Runs something, tells of its progress, and looks at where it has led to. */
  async function running(what: string, action: () => Promise<string>): Promise<void> {
    const { session } = opened;
    const started = performance.now();
    const from = session.target.process.t;
    if (what !== '') send({ kind: 'begun', line: what });
    const timer = setInterval(() => {
      const done = session.target.process.t - from;
      const time = performance.now() - started;
      const rate = done / time / 1000;
      send({ kind: 'progress', text: `${what}   ${grouped(done)} instructions   ${rate.toFixed(0)} M/s   ${(time / 1000).toFixed(1)} s` });
    }, PROGRESS_EVERY);
    const place = placeOf(session);
    const { target } = session;
    const output = await action();
    clearInterval(timer);
    if (opened.session.ended) return finish();
    opened.lesson?.afterCommand();
    if (output !== '') send({ kind: 'answer', text: output });
    // The code follows the program, and the frame that is selected. Addresses of one process are none of another's.
    if (opened.session.target !== target) looking = atFirst(opened.session);
    else if (placeOf(opened.session) !== place) looking = { ...looking, code: undefined };
    send({ kind: 'stopped', view: look(), lesson: opened.lesson?.view });
    if (state.running === undefined) {
      drawSoon();
      reasonSoon();
    }
  }

  /** Of a short run it is soon known what has led to a fault, and told unasked; not before the stop is on the screen. */
  function reasonSoon(): void {
    const { session } = opened;
    if (!state.view.fault || state.reasons !== undefined || session.exited || session.target.process.t > SHORT_RUN) return;
    const { t } = state.view;
    setTimeout(() => {
      if (state.running === undefined && state.view.t === t && state.reasons === undefined) void reason();
    }, AFTER_FRAME).unref();
  }

  async function reason(): Promise<void> {
    const found = execute(opened.session, 'why');
    // Until it is found the process stands in its past: nobody may look at it.
    reasoning = found;
    const { output } = await found;
    send({ kind: 'reasons', lines: output.split('\n'), view: look() });
    drawSoon();
  }

  /** Shows code as code, and whatever else can be read as memory. */
  function go(address: bigint): void {
    const { memory } = opened.session.target.process;
    const pane = memory.allows(address, 1, 'exec') ? 'code' : memory.allows(address, 1, 'read') ? 'memory' : undefined;
    if (pane === undefined) send({ kind: 'notice', text: `0x${address.toString(16)} is not mapped` });
    else arrive(pane, address);
  }

  function arrive(pane: 'code' | 'memory', address: bigint): void {
    looking = { ...looking, [pane]: address };
    send({ kind: 'arrived', view: look(), pane, address });
  }

  /** In the code a location, in memory an expression: the other where it is not one. */
  function find(text: string, pane: 'code' | 'memory' | undefined): void {
    const { session } = opened;
    if (session.exited) {
      send({ kind: 'notice', text: 'the program has exited: there is nothing to look at' });
      return;
    }
    const { memory } = session.target.process;
    const location = (): bigint => locate(session, text, 0, true).addresses[0]!;
    const expression = (): bigint => placeOfExpression(session.context(), text, 0);
    const ways = pane === 'memory' ? [expression, location] : [location, expression];
    let complaint = '';
    for (const way of ways) {
      try {
        const address = way();
        const shows = pane === 'memory' ? memory.allows(address, 1, 'read') : memory.allows(address, 1, 'exec');
        if (pane !== undefined && shows) arrive(pane, address);
        else go(address);
        return;
      } catch (error) {
        complaint ||= told(error).message;
      }
    }
    send({ kind: 'notice', text: complaint });
  }

  terminal.open();
  if (opening) {
    send({ kind: 'opening', lines: script });
    setTimeout(drawSoon, OPENING).unref();
  } else reasonSoon();
  await new Promise<void>(resolve => {
    finish = resolve;
  });
  outlet.screen = undefined;
  terminal.close();
  app.unmount();
  options.saveHistory(state.history);
}

/** Before anything has run the code that is shown is the user's own, not what the system starts. */
function atFirst({ stop, target }: Session): Looking {
  const main = stop.reason === 'start' ? mainFunction(target.images) : undefined;
  return main === undefined ? {} : { code: main.entry };
}

/** Where the program is, and what of it is selected. */
const placeOf = ({ target, selection, exited }: Session): string =>
  exited ? '' : `${target.process.t} ${selection.goroutine?.id} ${selection.thread?.tid} ${selection.frame}`;

/** Calls `action` in so many milliseconds, but at most once in `pause` of them. What is asked for until then is one call. */
function atMostEvery(pause: number, action: () => void): (wait: number) => void {
  let last = 0;
  let due = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  return wait => {
    const now = performance.now();
    const at = Math.max(now + wait, last + pause);
    if (due <= at) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(() => {
      due = Number.POSITIVE_INFINITY;
      last = performance.now();
      action();
    }, at - now);
  };
}

function commonPrefix(words: readonly string[]): string {
  let prefix = words[0] ?? '';
  for (const word of words) while (!word.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
