/** What goes on between a session and whatever shows its screen: inputs change the state, effects are carried out, and the display draws in time. */
import { execute, run } from '../debugger/commands/execute.js';
import { complete } from '../debugger/complete/completion.js';
import type { LessonWalk } from '../debugger/lesson/walk.js';
import { locate, placeOfExpression } from '../debugger/session/expressions.js';
import { mainFunction } from '../debugger/session/locations.js';
import type { Session } from '../debugger/session/session.js';
import type { SharedLook } from '../debugger/session/share.js';
import { utf8 } from '../host/bytes.js';
import { grouped } from '../host/grouped.js';
import { told } from '../host/told.js';
import type { Action } from './action.js';
import { act } from './actions.js';
import { PANES } from './panes/table.js';
import { type Effect, initial, type Message, type Next, type State } from './state.js';
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

/** Settings of how the screen looks, which are kept when the user changes them. */
const LOOK = ['theme', 'hidden-panes'] as const;
export type LookSetting = (typeof LOOK)[number];

export interface PresenterOptions {
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
  /** How it stands at first, as a link has it. */
  readonly shared?: SharedLook | undefined;
  /** The lesson is shown beside the screen, and not on it. */
  readonly lessonBeside?: boolean;
  /** Keeps what the user has set of the screen's look. */
  readonly saveLook: (session: Session, changed: readonly LookSetting[]) => void;
}

/** Where the screen is shown. */
export interface ScreenDisplay {
  readonly size: { readonly rows: number; readonly columns: number };
  /** Draws. It is asked for at most once in a frame's time. */
  draw(state: State): void;
  /** Calls `action` in so many milliseconds; what is returned forgets it. */
  after(milliseconds: number, action: () => void): () => void;
  setMouse(on: boolean): void;
  repaint(): void;
  suspend(): void;
  /** The user has left, or the session has ended. */
  left(): void;
}

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

/** Holds the state of a screen, from `begin` until the display is told that it was left. */
export class Presenter {
  #state: State;
  #looking: Looking;
  /** What the program has written since the last frame or message: one message for all of it. */
  #unread = '';
  #opening: boolean;
  #reasoning: Promise<unknown> = Promise.resolve();
  readonly #redraw: (wait: number) => void;

  constructor(
    private readonly opened: Opened,
    private readonly options: PresenterOptions,
    private readonly display: ScreenDisplay,
  ) {
    const { rows, columns } = display.size;
    this.#looking = atFirst(opened.session);
    this.#state = initial(this.#look(), rows, columns, options.history, opened.lesson?.view, options.lessonBeside);
    const shared = options.shared;
    const focus = PANES.find(({ name }) => name === shared?.focus)?.name;
    if (shared !== undefined && focus !== undefined) this.#state = { ...this.#state, focus, zoomed: shared.zoomed };
    this.#opening = (options.script ?? []).length > 0;
    this.#redraw = atMostEvery(FRAME, display, () => {
      this.#readOutput();
      display.draw(this.#state);
    });
    if (options.written !== undefined) this.shown.written(options.written);
    if (options.notice !== '') this.send({ kind: 'answer', text: options.notice });
  }

  get state(): State {
    return this.#state;
  }

  /** Where what the session tells meanwhile belongs. */
  readonly shown: Shown = {
    renewed: () => this.send({ kind: 'renewed' }),
    written: text => {
      if (this.#unread === '' && !this.#opening) this.#redraw(READABLE);
      this.#unread += text;
    },
    said: text => this.send({ kind: 'answer', text }),
    starved: () => this.send({ kind: 'starved' }),
  };

  /** Runs the first commands. */
  begin(): void {
    if (this.#opening) {
      this.send({ kind: 'opening', lines: this.options.script ?? [] });
      this.display.after(OPENING, () => this.#drawSoon());
    } else this.#reasonSoon();
  }

  send(message: Message): void {
    this.#readOutput();
    this.#goOn(update(this.#state, message));
  }

  /** Does what a key would, wherever the focus is; not while something runs. */
  ask(action: Action): void {
    this.#readOutput();
    if (this.#state.running === undefined) this.#goOn(act(this.#state, action));
  }

  #goOn({ state, effect }: Next): void {
    this.#state = state;
    if (!this.#opening) this.#redraw(SOON);
    if (effect !== undefined) void this.#carryOut(effect);
  }

  /** How the screen stands, for a link. */
  get standing(): SharedLook {
    const { focus, zoomed } = this.#state;
    return { focus, zoomed };
  }

  #look() {
    return observe(this.opened.session, this.options.title, this.#looking);
  }

  #readOutput(): void {
    if (this.#unread === '') return;
    const text = this.#unread;
    this.#unread = '';
    this.#state = update(this.#state, { kind: 'written', text, end: this.opened.session.target.process.written }).state;
  }

  /** Elsewhere in its run the program had written something else. */
  #rereadOutput(): void {
    this.#readOutput();
    const { session } = this.opened;
    const { written } = session.target.process;
    if (written !== this.#state.written) this.send({ kind: 'written', text: session.wrote, end: written, anew: true });
  }

  #drawSoon(): void {
    this.#opening = false;
    this.#redraw(0);
  }

  async #carryOut(effect: Effect): Promise<void> {
    const { opened, display } = this;
    if (LOOKING.has(effect.kind)) await this.#reasoning;
    switch (effect.kind) {
      case 'command': {
        const { session } = opened;
        session.look = this.standing;
        const before = LOOK.map(name => session.settings.text(name));
        await this.#running(effect.line === '' ? session.lastLine : effect.line, async () => (await run(session, effect.line)).output);
        const changed = LOOK.filter((name, index) => session.settings.text(name) !== before[index]);
        if (!effect.opening && changed.length > 0) this.options.saveLook(session, changed);
        return;
      }
      case 'lesson':
        return this.#running(this.#state.running!, () => opened.lesson!.move(effect.move));
      case 'complete': {
        const { words, start } = complete(opened.session, effect.line, this.options.files);
        const typed = effect.line.slice(start);
        const common = commonPrefix(words).slice(typed.length);
        return this.send({ kind: 'completed', text: common + (words.length === 1 ? ' ' : ''), words: words.length > 1 ? words : [] });
      }
      case 'go':
        return this.#go(effect.address);
      case 'find':
        return this.#find(effect.text, effect.pane);
      case 'return': {
        const { spot } = effect;
        this.#looking = spot.looking;
        return this.send({ kind: 'returned', spot, view: this.#look() });
      }
      case 'input':
        return effect.text === undefined ? opened.session.endInput() : opened.session.type(utf8(effect.text));
      case 'reason':
        // Asked for: it may take its time, and can be stopped.
        this.send({ kind: 'reasons' });
        return this.#reason();
      case 'mouse':
        return display.setMouse(effect.on);
      case 'interrupt':
        return opened.session.interrupt();
      case 'repaint':
        return display.repaint();
      case 'suspend':
        return display.suspend();
      case 'quit':
        opened.session.interrupt();
        return display.left();
    }
  }

  /** Runs something, tells of its progress, and looks at where it has led to. */
  async #running(what: string, action: () => Promise<string>): Promise<void> {
    const { opened, display } = this;
    const { session } = opened;
    const started = performance.now();
    const from = session.target.process.t;
    if (what !== '') this.send({ kind: 'begun', line: what });
    const tell = (): void => {
      const done = session.target.process.t - from;
      const time = performance.now() - started;
      const rate = done / time / 1000;
      const run = `${what}   ${grouped(done)} instructions   ${rate.toFixed(0)} M/s   ${(time / 1000).toFixed(1)} s`;
      const text = session.progress ?? run;
      this.send({ kind: 'progress', text });
      forget = display.after(PROGRESS_EVERY, tell);
    };
    let forget = display.after(PROGRESS_EVERY, tell);
    const place = placeOf(session);
    const { target } = session;
    const output = await action();
    forget();
    if (opened.session.ended) return display.left();
    await opened.lesson?.afterCommand();
    if (output !== '') this.send({ kind: 'answer', text: output });
    // The code follows the program, and the frame that is selected. Addresses of one process are none of another's.
    if (opened.session.target !== target) this.#looking = atFirst(opened.session);
    else if (placeOf(opened.session) !== place) this.#looking = { ...this.#looking, code: undefined };
    this.#rereadOutput();
    this.send({ kind: 'stopped', view: this.#look(), lesson: opened.lesson?.view });
    if (this.#state.running === undefined) {
      this.#drawSoon();
      this.#reasonSoon();
    }
  }

  /** Of a short run it is soon known what has led to a fault, and told unasked; not before the stop is on the screen. */
  #reasonSoon(): void {
    const { session } = this.opened;
    const { view, reasons } = this.#state;
    if (!view.fault || reasons !== undefined || session.exited || session.target.process.t > SHORT_RUN) return;
    const { t } = view;
    this.display.after(AFTER_FRAME, () => {
      const state = this.#state;
      if (state.running === undefined && state.view.t === t && state.reasons === undefined) void this.#reason();
    });
  }

  async #reason(): Promise<void> {
    const found = execute(this.opened.session, 'why');
    // Until it is found the process stands in its past: nobody may look at it.
    this.#reasoning = found;
    const { output } = await found;
    this.send({ kind: 'reasons', lines: output.split('\n'), view: this.#look() });
    this.#drawSoon();
  }

  /** Shows code as code, and whatever else can be read as memory. */
  #go(address: bigint): void {
    const { memory } = this.opened.session.target.process;
    const pane = memory.allows(address, 1, 'exec') ? 'code' : memory.allows(address, 1, 'read') ? 'memory' : undefined;
    if (pane === undefined) this.send({ kind: 'notice', text: `0x${address.toString(16)} is not mapped` });
    else this.#arrive(pane, address);
  }

  #arrive(pane: 'code' | 'memory', address: bigint): void {
    this.#looking = { ...this.#looking, [pane]: address };
    this.send({ kind: 'arrived', view: this.#look(), pane, address });
  }

  /** In the code a location, in memory an expression: the other where it is not one. */
  #find(text: string, pane: 'code' | 'memory' | undefined): void {
    const { session } = this.opened;
    if (session.exited) {
      this.send({ kind: 'notice', text: 'the program has exited: there is nothing to look at' });
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
        if (pane !== undefined && shows) this.#arrive(pane, address);
        else this.#go(address);
        return;
      } catch (error) {
        complaint ||= told(error).message;
      }
    }
    this.send({ kind: 'notice', text: complaint });
  }
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
function atMostEvery(pause: number, { after }: Pick<ScreenDisplay, 'after'>, action: () => void): (wait: number) => void {
  let last = 0;
  let due = Number.POSITIVE_INFINITY;
  let forget = (): void => undefined;
  return wait => {
    const now = performance.now();
    const at = Math.max(now + wait, last + pause);
    if (due <= at) return;
    forget();
    due = at;
    forget = after(at - now, () => {
      due = Number.POSITIVE_INFINITY;
      last = performance.now();
      action();
    });
  };
}

function commonPrefix(words: readonly string[]): string {
  let prefix = words[0] ?? '';
  for (const word of words) while (!word.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
