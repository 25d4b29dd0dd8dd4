/** The page's side of its engine: the worker, what it has told last, and who wants to know. */
import type { SharedPlace } from '../../debugger/session/share.js';
import type { CourseLesson } from '../../runtime/bundled/catalog.js';
import {
  FIRST_LESSON,
  type FromEngine,
  type PaintedScreen,
  type PlayExample,
  type ScreenSize,
  type Subject,
  type TextProblem,
  type ToEngine,
} from '../messages.js';

export interface EngineView {
  readonly course: readonly CourseLesson[];
  readonly examples: readonly PlayExample[];
  /** What is wrong with the playground's text. */
  readonly problems: readonly TextProblem[];
  readonly screen: PaintedScreen | undefined;
  /** The screen is the engine's, which answers; else it was prepared, and keys and clicks wait. */
  readonly live: boolean;
  /** The program has been stopped, and is being looked at. */
  readonly stopping: boolean;
  /** What was opened last; undefined: nothing, or it was left. */
  readonly subject: Subject | undefined;
  /** Why what was to be opened is not. */
  readonly refused: string;
  /** A link to what is open, when it was asked for; */
  readonly shared: Omit<Extract<FromEngine, { kind: 'shared' }>, 'kind'> | undefined;
  /** What the link that was followed leads to. */
  readonly linked: SharedPlace | undefined;
  /** What has gone wrong with the engine itself. */
  readonly fault: string;
}

const NOTHING_YET: EngineView = {
  course: [],
  examples: [],
  problems: [],
  screen: undefined,
  live: false,
  stopping: false,
  subject: undefined,
  refused: '',
  shared: undefined,
  linked: undefined,
  fault: '',
};

/** Milliseconds after which a download has begun. */
const DOWNLOAD = 60_000;

export class PageEngine {
  #worker = this.#started();
  #size: ScreenSize | undefined;
  #view = NOTHING_YET;
  /** Counts what was opened: screens of what is gone come late. */
  #opened = 0;
  /** Of these, what is shown, or may be; and what that is. */
  #shown = 0;
  #subject: Subject | undefined;
  /** What was opened last is not there yet. */
  #pending = false;
  /** Draws what was prepared, until the engine draws. */
  #redraw: (() => void) | undefined;
  readonly #listeners = new Set<() => void>();

  #started(): Worker {
    const worker = new Worker(new URL('../worker/entry.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<FromEngine>) => this.#receive(data);
    worker.onerror = ({ message }) => this.#fail({ fault: `the engine has ended: ${message || 'it could not be loaded'}` });
    return worker;
  }

  get view(): EngineView {
    return this.#view;
  }

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** What was said of a link has been read. */
  dismiss(): void {
    this.#change({ shared: undefined });
  }

  /** Opens what a link leads to. */
  follow(link: string): void {
    if (this.#view.fault !== '') this.#renew();
    this.#clear({ linked: undefined });
    this.send({ kind: 'link', number: this.#opened, link });
  }

  /** What is open stays until the other is there: that may be refused. */
  open(subject: Subject, run?: SharedPlace): void {
    if (this.#view.fault !== '') this.#renew();
    if (!this.#view.live) this.#clear();
    else this.#opened++;
    this.#pending = true;
    this.#change({ subject, refused: '', shared: undefined });
    this.send({ kind: 'open', number: this.#opened, subject, run });
    if (this.#view.course.length === 0 && subject.kind === 'lesson' && subject.name === FIRST_LESSON) void this.#prepare(this.#opened);
  }

  /** Leaves what is open. */
  leave(): void {
    this.send({ kind: 'stop' });
    this.#clear();
  }

  resize(size: ScreenSize): void {
    if (size.rows === this.#size?.rows && size.columns === this.#size.columns) return;
    this.#size = size;
    this.send({ kind: 'size', size });
    this.#redraw?.();
  }

  /** What is on the first lesson's screen is known before there is an engine. Keys and clicks wait for it. */
  async #prepare(number: number): Promise<void> {
    // Without it nothing is there earlier than the engine.
    const prepared = await import('./first-screen.js').catch(() => undefined);
    const { live, fault, refused } = this.#view;
    if (prepared === undefined || number !== this.#opened || live || fault !== '' || refused !== '') return;
    this.#redraw = () => {
      if (this.#size !== undefined) this.#change({ course: prepared.course, screen: prepared.firstScreen(this.#size) });
    };
    this.#redraw();
  }

  /** What has gone wrong; what was prepared has no engine then. */
  #fail(problem: Partial<Pick<EngineView, 'fault' | 'refused'>>): void {
    this.#change({
      ...problem,
      ...(this.#redraw === undefined ? {} : { screen: undefined }),
      ...(this.#pending ? { subject: this.#view.live ? this.#subject : undefined } : {}),
    });
    this.#redraw = undefined;
    this.#pending = false;
  }

  /** Nothing is on the screen. */
  #clear(changes: Partial<EngineView> = {}): void {
    this.#redraw = undefined;
    this.#shown = ++this.#opened;
    this.#pending = false;
    this.#change({ subject: undefined, screen: undefined, live: false, stopping: false, refused: '', shared: undefined, ...changes });
  }

  /** A key with that letter. */
  press(text: string): void {
    this.send({ kind: 'input', input: { kind: 'key', name: '', text } });
  }

  send(message: ToEngine): void {
    this.#worker.postMessage(message);
  }

  /** Another worker in the place of one that has ended. */
  #renew(): void {
    this.#worker.terminate();
    this.#worker = this.#started();
    this.#clear({ fault: '' });
    if (this.#size !== undefined) this.send({ kind: 'size', size: this.#size });
  }

  #receive(message: FromEngine): void {
    switch (message.kind) {
      case 'ready':
        this.#change({ course: message.course, examples: message.examples });
        return;
      case 'linked':
        if (message.number === this.#opened) this.#change({ linked: message.place });
        return;
      case 'shared':
        this.#change({ shared: message });
        return;
      case 'checked':
        this.#change({ problems: message.problems });
        return;
      case 'screen':
        if (message.number < this.#shown) return;
        this.#redraw = undefined;
        this.#shown = message.number;
        if (message.number === this.#opened) {
          this.#subject = this.#view.subject;
          this.#pending = false;
        }
        this.#change({ screen: message.screen, live: true, stopping: this.#view.stopping && message.screen.running });
        return;
      case 'file':
        download(message.name, message.content);
        return;
      case 'stopping':
        this.#change({ stopping: true });
        return;
      case 'left':
        this.#change({ subject: undefined, screen: undefined, live: false });
        return;
      case 'refused':
        this.#fail({ refused: message.text });
        return;
      case 'fault':
        this.#fail({ fault: message.text });
    }
  }

  #change(changes: Partial<EngineView>): void {
    this.#view = { ...this.#view, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

/** Gives the reader a file, as a link that is clicked does. */
function download(name: string, content: Blob): void {
  const href = URL.createObjectURL(content);
  Object.assign(document.createElement('a'), { href, download: name }).click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(href), DOWNLOAD);
}
