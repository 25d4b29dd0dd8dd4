/**
 * One debugging session: the process, what the user set up, and what is selected. Commands work on it; it knows nothing of terminals.
 */
import { type Fault, GPR_NAMES, type GprName } from '../../cpu/api.js';
import type { Images } from '../../image/images.js';
import type { LoadedObject, Process, Refusal, Thread } from '../../linux/api.js';
import type { GoRuntime, Goroutine } from '../../runtime/goroutine.js';
import { goRuntime } from '../../runtime/open.js';
import { CommandError } from '../errors.js';
import type { EvaluationContext } from '../evaluate/context.js';
import { CallChecks } from '../lens/checks.js';
import { unwindExpression } from '../stack/expression.js';
import type { LogicalFrame } from '../stack/frame.js';
import { frameContext } from '../stack/frame-context.js';
import type { WalkStart, WalkTarget } from '../stack/walk-target.js';
import { walk } from '../stack/walker.js';
import { Breakpoints } from './breakpoints.js';
import { Pace } from './pace.js';
import { Settings } from './settings.js';
import { SignalHandling } from './signal-handling.js';
import { SourceFiles } from './sources.js';
import type { Stop } from './stop.js';

/** Makes a fresh process for the session, at its start and at `restart`. */
export interface Launcher {
  /** Throws LoadError and the readers' errors, whose messages are for the user. */
  launch(args: readonly string[] | undefined): Process;
  /** The same process once more, whose output nobody sees. */
  launchUnseen(): Process;
  /** Symbols of what is mapped; asked again when the loader has mapped more. */
  images(objects: readonly LoadedObject[]): Images;
  /** Text of a source file that came with the program. */
  source(path: string): string | undefined;
  /** What an ended process has to tell besides its status. */
  result?(process: Process): string | undefined;
}

/** What the session needs from outside. */
export interface Host {
  /** Lets keys and signals in; called between slices of a long run. */
  breathe(): Promise<void>;
  /** Milliseconds since some moment, for the length of slices; nothing else depends on it. */
  now(): number;
  /** Text of a source file, or nothing when it is not there. */
  readSource(path: string): string | undefined;
  /** Text of a script for `source`. Throws when it cannot be read. */
  readScript(path: string): string;
  writeFile(path: string, text: string): void;
  appendFile(path: string, text: string): void;
  /** r14's version. */
  readonly version: string;
  /** Where `config -save` keeps the settings, as a script. */
  readonly settingsFile: string;
  /** The settings file's text; empty where there is none. Throws CommandError when it cannot be read. */
  readSettings(): string;
  /** Shows text while a command still runs (`on`, `trace`). */
  show(text: string): void;
}

export interface Selection {
  /** Goroutine whose stack is shown; absent: what the thread runs. */
  readonly goroutine: Goroutine | undefined;
  /** Index of the logical frame. */
  readonly frame: number;
  /** Thread that is looked at; absent: the one that runs next. Only when the program goes on is it made that one. */
  readonly thread?: Thread | undefined;
}

/** Lines that `list` has shown, and where the program and the selection were. */
interface Listed {
  readonly file: string;
  readonly first: number;
  readonly last: number;
  readonly stop: Stop;
  readonly frame: number;
}

export interface Display {
  readonly id: number;
  readonly expression: string;
  readonly format: string;
}

/** The function behind runtime.Breakpoint, and itself; the caller is at most a wrapper further out. */
const OWN_BREAKPOINT = /^runtime\.[bB]reakpoint$/;
const BREAKPOINT_FRAMES = 6;

/** Instructions that a loader may take to map its libraries. */
const SCOUT_BUDGET = 200_000_000;

/** Most frames that are walked to select one; more are walked only to print them. */
const FRAME_LIMIT = 10_000;

/** A fault, where it was, and the general registers of that moment. */
export interface Faulted {
  readonly fault: Fault;
  readonly tid: number;
  readonly rip: bigint;
  readonly registers: ReadonlyMap<GprName, bigint>;
}

const faultedIn = ({ tid, registers }: Thread, fault: Fault): Faulted => ({
  fault,
  tid,
  rip: registers.rip,
  registers: new Map(GPR_NAMES.map(name => [name, registers.get(name)])),
});

export class Session {
  readonly breakpoints = new Breakpoints();
  readonly signals = new SignalHandling();
  readonly checks = new CallChecks(this);
  readonly sources: SourceFiles;
  readonly pace: Pace;
  displays: Display[] = [];
  process: Process;
  images: Images;
  stop: Stop;
  /** What the instruction that faulted found, when that is why the program stands still: registers may be written since. */
  faulted: Faulted | undefined;
  selection: Selection = { goroutine: undefined, frame: 0 };
  /** RSP at the process's start, below argc, argv, environment and auxiliary vector. */
  initialSp: bigint;
  /** Where `transcript` writes to. */
  transcript: { readonly path: string; readonly quiet: boolean } | undefined;
  /** Instructions that may still be run in all (`--limit`). */
  remaining: number;
  /** Where `x`, `telescope` and `list` go on, kept by those commands. */
  readonly resume: { x?: bigint; telescope?: bigint; list?: Listed } = {};
  lastLine = '';
  ended = false;
  #coming: Images | undefined;
  #interrupted = false;
  readonly #told = new Map<string, number>();
  #args: readonly string[] | undefined;
  #objects = 0;
  #go: GoRuntime | undefined;
  #frames: { readonly key: string; readonly list: LogicalFrame[]; readonly more: Iterator<LogicalFrame> } | undefined;

  constructor(
    readonly launcher: Launcher,
    readonly host: Host,
    limit = Number.POSITIVE_INFINITY,
    readonly settings = new Settings(),
  ) {
    this.sources = new SourceFiles(path => launcher.source(path) ?? host.readSource(path), this.settings);
    this.pace = new Pace(host);
    this.remaining = limit;
    this.process = launcher.launch(undefined);
    this.images = launcher.images(this.process.objects);
    this.#objects = this.process.objects.length;
    this.stop = { reason: 'start' };
    this.initialSp = this.thread.registers.get('rsp');
  }

  /** Starts the program anew, with the same breakpoints and settings. */
  restart(args: readonly string[] | undefined): void {
    const process = this.launcher.launch(args ?? this.#args);
    this.#args = args ?? this.#args;
    this.process = process;
    this.#objects = -1;
    this.#told.clear();
    this.initialSp = process.current.registers.get('rsp');
    this.stopped({ reason: 'start' });
  }

  /**
   * The images with those libraries that the loader has yet to map. Runs are equal to the bit, so another process, run to the program's
   * entry, has them where they will be.
   */
  comingImages(): Images | undefined {
    const { objects } = this.process;
    if (this.exited || !objects.some(object => object.role === 'interpreter') || objects.some(object => object.role === 'library'))
      return undefined;
    this.#coming ??= this.#scout();
    return this.#coming;
  }

  #scout(): Images {
    const scout = this.launcher.launchUnseen();
    scout.cpu.setBreakpoints([this.images.all[0]!.entry]);
    scout.run({ budget: SCOUT_BUDGET });
    return this.launcher.images(scout.objects);
  }

  /** Asks a running program to stop soon. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** Whether `interrupt` was called since the last time this was asked. */
  takeInterrupt(): boolean {
    const was = this.#interrupted;
    this.#interrupted = false;
    return was;
  }

  get exited(): boolean {
    return this.stop.reason === 'exited';
  }

  /** Fails when there is no process to look at any more. */
  requireProcess(): Process {
    if (this.exited) throw new CommandError('the program has exited; restart starts it again');
    return this.process;
  }

  /** After anything ran: a new stop, with the innermost frame selected. */
  stopped(stop: Stop): void {
    this.stop = stop;
    this.faulted =
      stop.reason === 'signal' && stop.signal.fault !== undefined ? faultedIn(this.process.current, stop.signal.fault) : undefined;
    this.lookAtThread();
    this.changed();
    if (stop.reason === 'signal' && stop.signal.fault?.vector === '#BP')
      this.selection = { goroutine: undefined, frame: this.#breakpointCaller() };
  }

  /** Selects the innermost frame of the current thread: what was selected before the program ran says nothing about where it is now. */
  lookAtThread(): void {
    this.selection = { goroutine: undefined, frame: 0 };
  }

  /** runtime.Breakpoint's caller is where the program wanted to be stopped. */
  #breakpointCaller(): number {
    const frames = this.frames(BREAKPOINT_FRAMES);
    if (frames[0] === undefined || !OWN_BREAKPOINT.test(frames[0].name)) return 0;
    return frames.find(frame => !OWN_BREAKPOINT.test(frame.name))?.index ?? 0;
  }

  /** Loaded files that `images` knows. */
  get objectsSeen(): number {
    return this.#objects;
  }

  /** After memory or registers were written: what was derived from them is stale. */
  changed(): void {
    this.#frames = undefined;
    this.#go = undefined;
    if (this.process.objects.length !== this.#objects) {
      this.#objects = this.process.objects.length;
      this.images = this.launcher.images(this.process.objects);
    }
  }

  /** Refused system calls that were not told yet. */
  takeRefusals(): readonly Refusal[] {
    const fresh = this.process.refusals.filter(each => (this.#told.get(`${each.syscall} ${each.detail}`) ?? 0) < each.count);
    for (const each of fresh) this.#told.set(`${each.syscall} ${each.detail}`, each.count);
    return fresh;
  }

  get thread(): Thread {
    return this.selection.thread ?? this.process.current;
  }

  /** Before the program goes on: the thread that was looked at is the one that does. Looking alone changes no schedule. */
  goOnInThread(): void {
    const { thread } = this.selection;
    if (thread !== undefined && thread.tid !== this.process.current.tid) this.process.select(thread.tid);
    this.selection = { goroutine: undefined, frame: 0 };
    this.changed();
  }

  /** Threads are numbered from 1 in the order of their creation; a number is never used twice. */
  threadNumber(thread: Pick<Thread, 'tid'>): number {
    return thread.tid - this.process.pid + 1;
  }

  get go(): GoRuntime | undefined {
    this.#go ??= goRuntime(this.images.goImage, this.process.memory);
    return this.#go;
  }

  /** g in the TLS slot of a thread; 0n: none. */
  threadG(thread: Thread): bigint {
    return this.go?.currentG(thread.registers.fsBase) ?? 0n;
  }

  /** The user goroutine that a thread runs, also while it is on g0 for it. */
  goroutineOf(thread: Thread): Goroutine | undefined {
    const go = this.go;
    if (go === undefined) return undefined;
    const g = this.threadG(thread);
    if (!go.readable(g)) return undefined;
    const machine = go.machineOf(g);
    if (machine === undefined) return undefined;
    if (g !== machine.g0 && g !== machine.gsignal) return go.goroutine(g);
    return go.readable(machine.curg) ? go.goroutine(machine.curg) : undefined;
  }

  /** The goroutine that commands speak of. */
  get goroutine(): Goroutine | undefined {
    return this.selection.goroutine ?? this.goroutineOf(this.thread);
  }

  /** The thread that runs a goroutine now. */
  threadOf(goroutine: Goroutine): Thread | undefined {
    return this.process.threads.find(thread => thread.state !== 'exited' && this.goroutineOf(thread)?.address === goroutine.address);
  }

  get walkTarget(): WalkTarget {
    const { process, images, go } = this;
    return {
      memory: process.memory,
      images,
      go,
      calls: (sp, _stack, most) => process.cpu.calls(sp, most),
      evaluate: unwindExpression(process.memory),
    };
  }

  walkStart(selection: Selection = this.selection): WalkStart {
    const thread = selection.goroutine === undefined ? this.thread : this.threadOf(selection.goroutine);
    if (thread === undefined) {
      const { pc, sp, bp } = selection.goroutine!.sched;
      // A goroutine that has not run yet stands at its function's entry; every other was left at a call.
      const exact = this.images.functionAt(pc)?.entry === pc;
      return { pc, sp, bp, live: undefined, g: selection.goroutine!.address, exact, signalFrames: [] };
    }
    return this.threadStart(thread);
  }

  threadStart(thread: Thread): WalkStart {
    const { registers, signalFrames } = thread;
    const base = { live: registers, g: this.threadG(thread), exact: true, signalFrames };
    return { pc: registers.rip, sp: registers.get('rsp'), bp: registers.get('rbp'), ...base };
  }

  /** The first `count` frames of the selected stack, innermost first. Walked once a stop. */
  frames(count = FRAME_LIMIT): readonly LogicalFrame[] {
    this.requireProcess();
    const key = `${this.selection.goroutine?.address ?? this.thread.tid}`;
    if (this.#frames?.key !== key) {
      this.#frames = { key, list: [], more: walk(this.walkTarget, this.walkStart()) };
    }
    const { list, more } = this.#frames;
    while (list.length < count) {
      const next = more.next();
      if (next.done) break;
      list.push(next.value);
    }
    return list.slice(0, count);
  }

  /** The selected frame. */
  get frame(): LogicalFrame {
    return this.frames(this.selection.frame + 1)[this.selection.frame]!;
  }

  /** Runs something with another goroutine or frame selected, and selects what was selected again. */
  async selecting<T>(selection: Partial<Selection>, action: () => T | Promise<T>): Promise<T> {
    const before = this.selection;
    const { stop } = this;
    this.selection = { ...before, ...selection };
    try {
      return await action();
    } finally {
      if (this.stop === stop) this.selection = before;
    }
  }

  /** What expressions are evaluated in: the selected frame. */
  context(): EvaluationContext {
    return this.#contextIn(this.exited ? undefined : this.frame);
  }

  /** The context of any frame of the selected stack. */
  contextOf(frame: LogicalFrame): EvaluationContext {
    return this.#contextIn(frame);
  }

  #contextIn(frame: LogicalFrame | undefined): EvaluationContext {
    return {
      memory: this.process.memory,
      images: this.images.all,
      frame: frame === undefined ? undefined : frameContext(this, frame),
      curg: this.exited ? undefined : this.goroutine?.address,
      breakpointHits: name => this.breakpoints.named(name)?.hits,
    };
  }
}
