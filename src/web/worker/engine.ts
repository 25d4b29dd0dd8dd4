/** The debugger in a worker: what a page asks of it, and the screen that it is shown. */
import { reserveMemory } from '../../cpu/memory/reserve.js';
import { parseLesson } from '../../debugger/lesson/lesson.js';
import { LessonRun } from '../../debugger/lesson/run.js';
import { sessionsStage } from '../../debugger/lesson/stage.js';
import { LessonWalk } from '../../debugger/lesson/walk.js';
import type { Launcher } from '../../debugger/session/host.js';
import { assembledLauncher, launcher, startOptions } from '../../debugger/session/launcher.js';
import { Session } from '../../debugger/session/session.js';
import type { Settings } from '../../debugger/session/settings.js';
import { linkOf, placeOfLink, type SharedPlace, wrongProgram } from '../../debugger/session/share.js';
import { inputsOf, type SharedGiven } from '../../debugger/session/shared-run.js';
import type { Assets } from '../../host/assets.js';
import { utf8Text } from '../../host/bytes.js';
import type { HostFiles } from '../../host/files.js';
import type { InputRecord } from '../../host/input-log.js';
import { noFiles } from '../../host/log.js';
import { ownFault, Told } from '../../host/told.js';
import { webPorts } from '../../host/web/ports.js';
import { Catalog } from '../../runtime/bundled/catalog.js';
import { type Opened, Presenter } from '../../tui/presenter.js';
import type { State } from '../../tui/state.js';
import {
  type FromEngine,
  type PaintedScreen,
  PLAYED,
  PLAYED_FILE,
  type PlayExample,
  type ScreenSize,
  type Subject,
  type ToEngine,
} from '../messages.js';
import { paint } from '../paint.js';
import { playLauncher, problemsOf, scriptOf } from './assembly.js';
import { after, webHost } from './host.js';
import { treeOf } from './program.js';

/** Bytes that guests may touch, tried in this order: a browser may refuse what it has no room for. */
const MEMORY = { bundled: [256, 128, 64], binary: [2048, 1024, 512, 256, 128] } as const;
const MEBIBYTE = 2 ** 20;
/** What waits for what is being opened. */
const TO_WHAT_IS_OPEN: ReadonlySet<ToEngine['kind']> = new Set(['input', 'line', 'walk', 'share']);

/** Where sessions are shown: there is none while they are opened. */
interface Stage {
  presenter?: Presenter;
}

interface SessionOptions {
  readonly files?: HostFiles;
  readonly settings?: Settings;
  readonly inputs?: readonly (InputRecord | undefined)[];
  readonly again?: string;
}

/** How one comes to a crash again of a program that is only here. */
const AGAIN_HERE = 'again: Share makes a link that comes here';

export class Engine {
  readonly #catalog: Catalog;
  #presenter: Presenter | undefined;
  #opened: Opened | undefined;
  #size: ScreenSize = { rows: 40, columns: 120 };
  /** Counts what was opened: what comes late of one that is gone is not shown. */
  #generation = 0;
  /** The same of what was to be opened. */
  #asked = 0;
  /** What is being opened. */
  #opening: Promise<void> = Promise.resolve();

  /** `shown`: the screen that a page is sent. */
  constructor(
    private readonly assets: Assets,
    private readonly version: string,
    private readonly post: (message: FromEngine) => void,
    private readonly shown: (state: State) => PaintedScreen = paint,
  ) {
    this.#catalog = new Catalog(assets);
    post({ kind: 'ready', course: this.#catalog.course(), examples: examplesIn(assets) });
  }

  async receive(message: ToEngine): Promise<void> {
    try {
      await this.#do(message);
    } catch (error) {
      if (error instanceof Told) this.post({ kind: 'refused', text: error.message });
      else this.post({ kind: 'fault', text: ownFault(error, false) });
    }
  }

  async #do(message: ToEngine): Promise<void> {
    // What is done on a screen that was prepared is for what is being opened.
    if (TO_WHAT_IS_OPEN.has(message.kind)) await this.#opening.catch(() => undefined);
    const presenter = this.#presenter;
    switch (message.kind) {
      case 'open':
        this.#opening = this.#open(message.number, message.subject, message.run);
        return this.#opening;
      case 'link':
        return this.#follow(message.number, message.link);
      case 'share':
        return this.#share();
      case 'size':
        this.#size = message.size;
        return presenter?.send({ kind: 'size', ...message.size });
      case 'input':
        return presenter?.send(message.input);
      case 'line':
        return this.#type(message.line);
      case 'check':
        return this.post({ kind: 'checked', problems: problemsOf(message.text, this.assets) });
      case 'walk':
        return presenter?.ask({ kind: 'lesson', move: message.move });
      case 'stop': {
        const { session } = this.#opened ?? {};
        if (session?.requests.running) this.post({ kind: 'stopping' });
        return session?.interrupt();
      }
    }
  }

  async #follow(number: number, link: string): Promise<void> {
    const place = placeOfLink(link, webPorts(this.assets, noFiles));
    this.post({ kind: 'linked', number, place });
    const { subject } = place;
    // What is not in the link has to be given first.
    if (subject.kind === 'binary') return;
    this.#opening = this.#open(number, subject, place);
    await this.#opening;
  }

  #share(): void {
    const { session } = this.#opened ?? {};
    const look = this.#presenter?.standing;
    if (session === undefined || look === undefined) throw new Told('nothing is open yet');
    const place = session.place(look);
    if (place === undefined) throw new Told('what is open here cannot be opened elsewhere by a link');
    const link = linkOf(place, webPorts(this.assets, noFiles).pack);
    this.post({ kind: 'shared', link, whole: place.subject.kind !== 'binary', read: place.given?.inputs !== undefined });
  }

  async #open(number: number, subject: Subject, run: SharedPlace | undefined): Promise<void> {
    const generation = ++this.#asked;
    const stage: Stage = {};
    const begun = await this.#begun(subject, stage, run).catch(error => {
      // Nobody waits for what is wrong with it any more.
      if (generation === this.#asked || !(error instanceof Told)) throw error;
    });
    if (begun === undefined || generation !== this.#asked) return;
    const { opened, title, written } = begun;
    // What was open until now stays when the other cannot be opened.
    this.#opened?.session.interrupt();
    this.#generation = generation;
    this.#opened = opened;
    const presenter: Presenter = new Presenter(
      opened,
      {
        title,
        written: written(),
        // A link has these among its commands.
        script: run?.commands ?? (subject.kind === 'assembly' ? scriptOf(subject.text) : []),
        history: [],
        files: () => [],
        notice: '',
        shared: run?.look,
        lessonBeside: true,
        saveLook: () => undefined,
      },
      {
        size: this.#size,
        draw: state => {
          if (generation === this.#generation) this.post({ kind: 'screen', number, screen: this.shown(state) });
        },
        after,
        setMouse: () => undefined,
        repaint: () => this.post({ kind: 'screen', number, screen: this.shown(presenter.state) }),
        suspend: () => undefined,
        left: () => this.post({ kind: 'left' }),
      },
    );
    this.#presenter = stage.presenter = presenter;
    this.post({ kind: 'screen', number, screen: this.shown(presenter.state) });
    presenter.begin();
  }

  async #begun(
    subject: Subject,
    stage: Stage,
    run: SharedPlace | undefined,
  ): Promise<{ opened: Opened; title: string; written: () => string }> {
    const given = run?.given ?? {};
    const alone = (title: string, launch: Launcher, files: HostFiles = noFiles) => ({
      opened: { session: this.#session(launch, stage, { files, inputs: inputsOf(given), again: AGAIN_HERE }) },
      title,
      written: () => '',
    });
    switch (subject.kind) {
      case 'binary': {
        const { file, libraries } = subject;
        const { files, path, bytes } = await treeOf(file, libraries);
        if (run?.subject.kind === 'binary') {
          const problem = wrongProgram(file.name, bytes, run.subject, webPorts(this.assets, files).digest);
          if (problem !== undefined) throw new Told(problem);
        }
        const launch = launcher({
          ...this.#common(files, 'binary'),
          ...startOptions(path, given),
          path,
          cwd: '/',
          sysroot: '/',
          logged: true,
        });
        return alone(file.name, launch, files);
      }
      case 'assembly':
        return alone(
          PLAYED,
          playLauncher(subject.text, {
            ...this.#common(noFiles, 'bundled'),
            ...startOptions(PLAYED_FILE, given),
            path: PLAYED,
            logged: true,
          }),
        );
      case 'bundled':
        return alone(subject.name, this.#bundled(subject.name, subject.variant, subject.race, given));
      case 'lesson': {
        const { name, part = 0 } = subject;
        const { file, text } = this.#catalog.lesson(name);
        const programs = sessionsStage((variant, race, settings) => this.#session(this.#bundled(name, variant, race), stage, { settings }));
        const after = this.#catalog.afterLesson(name, next => `Next: ${next.title} (${next.minutes} minutes)`);
        const walk = new LessonWalk(new LessonRun(parseLesson(file, text), programs), () => undefined, after);
        await walk.resume(part);
        return { opened: walk, title: name, written: () => programs.printed() };
      }
    }
  }

  #bundled(name: string, variant: string | undefined, race: boolean | undefined, given: SharedGiven = {}): Launcher {
    const bundled = { ...(variant === undefined ? {} : { variant }), ...(race === undefined ? {} : { race }) };
    const program = this.#catalog.build(name, bundled);
    return assembledLauncher(program, {
      ...this.#common(noFiles, 'bundled'),
      ...startOptions(name, given),
      path: name,
      logged: true,
      bundled,
    });
  }

  /** What happens in it is told to its screen. */
  #session(launch: Launcher, stage: Stage, { files = noFiles, settings, inputs, again }: SessionOptions): Session {
    const hand = (name: string, content: Blob): void => this.post({ kind: 'file', name, content });
    const host = webHost({ version: this.version, files, cwd: '/', pack: webPorts(this.assets, files).pack, hand, again });
    const session = new Session(launch, host, undefined, settings, undefined, inputs);
    const { events } = session;
    const decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
    stage.presenter?.shown.renewed();
    events.on('started', () => stage.presenter?.shown.renewed());
    events.on('output', ({ descriptor, bytes }) => stage.presenter?.shown.written(decoders[descriptor].decode(bytes, { stream: true })));
    events.on('starved', () => stage.presenter?.shown.starved());
    events.on('message', ({ text }) => stage.presenter?.shown.said(text));
    return session;
  }

  #common(files: HostFiles, kind: keyof typeof MEMORY) {
    return { host: webPorts(this.assets, files), memory: roomFor(MEMORY[kind]) };
  }

  /** As if typed key by key: what is begun gives way. */
  #type(line: string): void {
    const presenter = this.#presenter;
    if (presenter === undefined) return;
    const key = (name: string, text = ''): void => presenter.send({ kind: 'key', name, text });
    const { asking } = presenter.state;
    if (!presenter.state.reading && asking !== 'answer') {
      if (presenter.state.line !== undefined) key('escape');
      key('', ':');
    }
    presenter.send({ kind: 'paste', text: line });
    key('enter');
  }
}

function examplesIn(assets: Assets): readonly PlayExample[] {
  const text = (name: string): string => utf8Text(assets.read(`src/web/examples/${name}`)!);
  const listed = JSON.parse(text('examples.json')) as readonly Pick<PlayExample, 'name' | 'title' | 'call'>[];
  return listed.map(each => ({ ...each, source: text(`${each.name}.s`), types: text(`${each.name}.go`) }));
}

/** The largest of these sizes, in MiB, that the browser gives; in bytes. Throws Told. */
function roomFor(sizes: readonly number[]): number {
  for (const size of sizes) {
    try {
      reserveMemory(size * MEBIBYTE);
      return size * MEBIBYTE;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new Told(`this browser gives a program not even ${sizes.at(-1)} MiB of memory: close other tabs, and try again`);
}
