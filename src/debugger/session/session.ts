/**
 * One debugging session: the target that is looked at, what drives it, and what the user has set up and selected. Commands work on it; it knows
 * nothing of terminals.
 */
import { type Fault, GPR_NAMES } from '../../cpu/api.js';
import { ClientLog } from '../../host/clients.js';
import { type InputLog, type InputRecord, inputLog } from '../../host/input-log.js';
import { LoggedFiles, noFiles } from '../../host/log.js';
import type { Images } from '../../image/images.js';
import type { Process, ProcessStop, Refusal, Thread } from '../../linux/api.js';
import type { OutputRecord } from '../../linux/output.js';
import type { Goroutine } from '../../runtime/goroutine.js';
import type { Faulted } from '../code/operands.js';
import { CommandError } from '../errors.js';
import type { EvaluationContext } from '../evaluate/context.js';
import type { CallManner, CallResult, CallTarget, EvaluatedOperand } from '../evaluate/operand.js';
import { CallChecks } from '../lens/checks.js';
import type { Scene } from '../lens/lens.js';
import type { LogicalFrame } from '../stack/frame.js';
import { type CallStack, Target } from '../target.js';
import type { Timeline } from '../timeline/history.js';
import { Breakpoints } from './breakpoints.js';
import { type CallAsked, callFunction } from './calls/function-call.js';
import type { CallSite } from './calls/running.js';
import { type Census, census, tellChanges } from './census.js';
import { Convenience } from './convenience.js';
import { courseObserver } from './course.js';
import { Driver } from './driver.js';
import { Events } from './events.js';
import { HeldOutput } from './held-output.js';
import { awaitOutside, type Host, type Launcher } from './host.js';
import { inFrontOf } from './inlined-stop.js';
import { startOf } from './launcher.js';
import { Pace } from './pace.js';
import { Passed } from './passed.js';
import { RegisterWatches } from './register-watches.js';
import { Requests } from './requests.js';
import { Settings } from './settings.js';
import type { SharedLook, SharedPlace, SharedSubject } from './share.js';
import { givenOf } from './shared-run.js';
import { SignalHandling } from './signal-handling.js';
import { SourceFiles } from './sources.js';
import type { Stop } from './stop.js';
import { Written } from './written.js';

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

const MEBIBYTE = 2 ** 20;

/** Milliseconds between two looks at whether the user wants a program to stop that waits for input. */
const INPUT_WAIT = 50;

const faultedIn = ({ tid, registers }: Thread, fault: Fault): Faulted => ({
  fault,
  tid,
  rip: registers.rip,
  registers: new Map(GPR_NAMES.map(name => [name, registers.get(name)])),
});

export class Session {
  readonly events = new Events();
  readonly breakpoints = new Breakpoints((change, breakpoint) => {
    this.stopsChanged();
    this.events.emit('breakpoint', { change, breakpoint });
  });
  readonly convenience = new Convenience(() => this.breakpoints.newest);
  readonly signals = new SignalHandling(() => this.stopsChanged());
  readonly requests = new Requests();
  readonly checks = new CallChecks();
  readonly registerWatches = new RegisterWatches();
  readonly sources: SourceFiles;
  readonly pace: Pace;
  displays: Display[] = [];
  /** What is looked at: another one after `restart`. */
  target: Target;
  /** What runs the target's process. */
  driver: Driver;
  /** What the target's process has passed. */
  readonly past = new Passed(this);
  stop: Stop;
  /** What the program was given as its standard input. */
  input!: InputLog;
  /** What clients from outside have done; undefined: none can reach the program. */
  clients: ClientLog | undefined;
  /** What the run has passed, since it was first had to go on. */
  history: Timeline<Stop> | undefined;
  selection: Selection = { goroutine: undefined, frame: 0 };
  /** Where `transcript` writes to. */
  transcript: { readonly path: string; readonly quiet: boolean } | undefined;
  /** Where `x`, `telescope` and `list` go on, kept by those commands. */
  readonly resume: { x?: bigint; format?: { readonly letter: string; readonly size: number }; telescope?: bigint; list?: Listed } = {};
  lastLine = '';
  /** What the user has done, in lines that come to the same place again. */
  readonly given: string[] = [];
  /** What a link to here names: what the launcher has launched, where nobody says otherwise. Undefined: nothing that could be opened elsewhere. */
  subject: () => SharedSubject | undefined = () => this.launcher.shared?.(this.target.process);
  /** How the screen stands that shows it. */
  look: SharedLook | undefined;
  /** Scripts that are being run, each by the one before. */
  scripts = 0;
  /** The user's own commands, and how deep they call each other now. */
  readonly defined = new Map<string, { readonly body: readonly string[]; readonly help: string | undefined }>();
  calls = 0;
  /** What the last command has answered. */
  answered = '';
  /** Prints at once what scripts print; absent: it is a part of their answers. */
  printed: ((text: string) => void) | undefined;
  /** With which status r14 is to end (`exit 3`). */
  exitStatus: number | undefined;
  ended = false;
  /** The program stands on another source line than at the stop before. */
  otherLine = true;
  /** How far the command is that is being done, in its own words; undefined: it has none. */
  progress: string | undefined;
  /** A request is done while the program runs: there is no stop, and no frame, that it could speak of. */
  aside = false;
  /** Another number, other things to stop for. */
  stops = 0;
  /** What each start of the program has read. */
  readonly #logs: InputLog[] = [];
  #line: string | undefined;
  #coming: Images | undefined;
  #interrupted = false;
  #written!: Written;
  /** It has been told that the program waits for input. */
  #starved = false;
  /** What there was when the program went on; undefined: it stands still. */
  #went: Census | undefined;
  readonly #told = new Map<string, number>();
  /** What the user has changed of the program since it was last had to go on. */
  #changed: string | undefined;
  #args: readonly string[] | undefined;
  #stdin: string | undefined;
  #output: HeldOutput | undefined;
  /** What becomes of what calls do: it stays, all that is being done will be undone in the end, or each call is undone by itself. */
  #calls: 'stay' | 'undone' | 'each undone' = 'stay';

  /** `limit`: instructions in all. `stdin`: a file that the program reads. */
  constructor(
    /** Another one for a run in another order. */
    public launcher: Launcher,
    readonly host: Host,
    limit = Number.POSITIVE_INFINITY,
    readonly settings = new Settings(),
    stdin?: string,
    /** What its starts read in turn, before anything else: of a run that is done again. */
    private readonly inputs: readonly (InputRecord | undefined)[] = [],
  ) {
    this.#stdin = stdin;
    this.sources = new SourceFiles(path => this.launcher.source(path) ?? host.readSource(path), this.settings);
    this.pace = new Pace(host);
    this.driver = new Driver(this.#launch(undefined, stdin), limit);
    this.target = this.#look();
    this.stop = { reason: 'start' };
  }

  /** Where a link leads that is made here, standing so; undefined: to nothing that could be opened elsewhere. Throws Told. */
  place(look: SharedLook | undefined): SharedPlace | undefined {
    const subject = this.subject();
    if (subject === undefined) return undefined;
    // A lesson starts its programs itself.
    const given = subject.kind === 'lesson' ? undefined : givenOf(this.launcher.sharedStart ?? {}, this.#logs);
    return { subject, ...(given === undefined ? {} : { given }), commands: this.given, ...(look === undefined ? {} : { look }) };
  }

  /** What the program gets when it is started anew. */
  give({ args, stdin }: { readonly args: readonly string[]; readonly stdin: string | undefined }): void {
    this.#args = args;
    this.#stdin = stdin;
  }

  /** Starts the program anew, with the same breakpoints and settings. `given`: undefined: what it was given before. */
  restart(given: { readonly args: readonly string[]; readonly stdin: string | undefined } | undefined): void {
    const { args, stdin } = given ?? { args: this.#args, stdin: this.#stdin };
    this.driver = new Driver(this.#launch(args, stdin), this.driver.remaining);
    this.history = undefined;
    this.#changed = undefined;
    this.#args = args;
    this.#stdin = stdin;
    this.target = this.#look();
    this.#told.clear();
    // Frames of the process before are no more.
    for (const each of this.breakpoints.all.filter(one => one.kind === 'watch' && one.scope !== undefined)) this.breakpoints.remove(each);
    this.stopped({ reason: 'start' });
    this.events.emit('started', undefined);
  }

  #launch(args: readonly string[] | undefined, stdin: string | undefined): Process {
    const { typed, clients } = this.host;
    typed?.renew?.();
    clients?.renew();
    this.clients = clients && new ClientLog(clients);
    this.#starved = false;
    const record = this.inputs[this.#logs.length];
    // The file of a run that is done again may be nowhere.
    const input = stdin === undefined || record !== undefined ? typed?.input : this.host.openInput(stdin);
    const way = () => this.history?.branch.id ?? 1;
    const written = new Written(() => this.history?.branches ?? [], way);
    this.#written = written;
    this.input = inputLog(input ?? new Uint8Array(0), record);
    this.#logs.push(this.input);
    const output = new HeldOutput(record => {
      written.add(record);
      this.history?.note('output');
      this.events.emit('output', record);
    }, way);
    this.#output = output;
    return this.launcher.launch(args, output.listen, this.input, this.clients);
  }

  /** The program waits for what has not come: waits with it, for at most so many ns of its time, and not for long. */
  async awaitInput({ idle, clients: clientsToo }: Extract<ProcessStop, { readonly kind: 'input' }>): Promise<void> {
    const { typed, clients } = this.host;
    if (idle !== 0 && clientsToo !== 'alone' && typed?.queue?.hungry && !this.#starved) {
      this.#starved = true;
      this.events.emit('starved', undefined);
    }
    await awaitOutside({ idle, clients: clientsToo }, typed, clients, INPUT_WAIT);
  }

  /** What the program had written at this moment of its run, the newest of it. */
  get wrote(): string {
    return this.#written.text(this.target.process.written);
  }

  /** Whether the program waits for input that is to be typed. */
  get starved(): boolean {
    return this.requests.running && this.#starved;
  }

  /** Sends the program what was typed for it. */
  type(bytes: Uint8Array): void {
    this.#starved = false;
    this.host.typed?.queue?.push(bytes);
  }

  /** Nothing more will be typed for it. */
  endInput(): void {
    this.#starved = false;
    this.host.typed?.queue?.close();
  }

  /** Ends the program where it stands. */
  kill(): void {
    this.stopped({ reason: 'exited', status: 137, signal: 'SIGKILL' });
    this.#tellStop();
  }

  /** Runs the program for a request that is being done: `move` stops it, and has made its last stop the session's. */
  async moving<T>(move: () => Promise<T>): Promise<T> {
    await this.remember();
    try {
      return await this.requests.whileRunning(move);
    } finally {
      if (this.#went !== undefined) {
        tellChanges(this.#went, census(this.target, this.events), this.events);
        this.#went = undefined;
        this.#tellStop();
      }
    }
  }

  /** Where the run can be gone back to: begins with the first move, and hears of what the user has changed before each. */
  async remember(): Promise<Timeline<Stop>> {
    if (this.history === undefined) {
      const { Timeline } = await import('../timeline/history.js');
      const limit = () => this.settings.number('history-memory') * MEBIBYTE;
      this.history = new Timeline<Stop>(
        this.driver,
        () => this.host.now(),
        limit,
        startOf(this.driver.process)?.log ?? new LoggedFiles(noFiles),
      );
      const { history } = this;
      if (this.host.notesCourse) this.driver.process.observe(courseObserver(this.target.images, kind => history.note(kind)));
      // Without room for saved states every way back is one from the start.
      this.driver.recorder = limit() === 0 ? undefined : this.history;
    } else if (this.#changed !== undefined) this.history.changed(this.#changed);
    this.#changed = undefined;
    return this.history;
  }

  /** The user has changed something of the program where it stands: `set rax = 1`. */
  changed(change: string): void {
    this.#changed = this.#changed === undefined ? change : `${this.#changed}; ${change}`;
    this.target.changed();
  }

  /** Before the run is gone to elsewhere than on: nothing of it is run. */
  goElsewhere(): void {
    if (this.#went === undefined) {
      this.#went = census(this.target, this.events);
      this.events.emit('continued', undefined);
    }
    this.history?.leave(this.stop);
    // Of a program that has ended, too, there is something to look at then.
    this.stop = { reason: 'moment' };
    this.selection = { goroutine: undefined, frame: 0 };
  }

  /** Before other moments of the run are looked at, with nothing to stop for. What is returned comes back to where it stands. */
  away(history: Timeline<Stop>): () => void {
    const { checks, selection, stop, target } = this;
    const { process, faulted } = target;
    const { branch } = history;
    const here = process.save();
    const { on } = checks;
    checks.on = false;
    checks.arm(target);
    this.registerWatches.arm(process, []);
    return () => {
      history.branch = branch;
      process.restore(here);
      checks.on = on;
      this.stop = stop;
      this.selection = selection;
      target.faulted = faulted;
      target.changed();
      this.stopsChanged();
    };
  }

  #tellStop(): void {
    const { stop } = this;
    if (stop.reason === 'exited') this.events.emit('exited', stop);
    else this.events.emit('stopped', { stop });
  }

  #look(): Target {
    const { process } = this.driver;
    const target = new Target(process, objects => this.launcher.images(objects));
    target.past = this.past;
    return target;
  }

  /** Breakpoints, signals to hear of or checks are others: a program that runs is told before its next slice. */
  stopsChanged(): void {
    this.stops++;
  }

  /**
   * The images with those libraries that the loader has yet to map. Runs are equal to the bit, so another process, run to the program's
   * entry, has them where they will be.
   */
  comingImages(): Images | undefined {
    const { objects } = this.target.process;
    if (this.exited || !objects.some(object => object.role === 'interpreter') || objects.some(object => object.role === 'library'))
      return undefined;
    this.#coming ??= this.#scout();
    return this.#coming;
  }

  #scout(): Images {
    const scout = new Driver(this.launcher.launch(undefined, () => undefined));
    scout.process.cpu.setBreakpoints([this.target.images.all[0]!.entry]);
    scout.run(SCOUT_BUDGET);
    return this.launcher.images(scout.process.objects);
  }

  /** Asks a running program to stop soon. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** Whether `interrupt` was called since this was last asked. */
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
    return this.target.process;
  }

  /** After anything ran: a new stop, with the innermost frame selected. */
  stopped(stop: Stop): void {
    this.stop = stop;
    if (stop.reason === 'exited') this.convenience.exited(stop.status, stop.signal === undefined ? undefined : stop.status - 128);
    const { target } = this;
    if (stop.reason === 'signal' || stop.reason === 'ending') {
      const note = stop.reason === 'signal' ? stop.signal.name : stop.ending.message;
      this.history?.marks.faulted(this.history, stop, note);
    }
    target.faulted =
      stop.reason === 'signal' && stop.signal.fault !== undefined ? faultedIn(target.process.current, stop.signal.fault) : undefined;
    this.lookAtThread();
    this.enter(inFrontOf(target, stop));
    const line = target.lineOf(this.thread);
    const at = line && `${line.file}:${line.line}`;
    this.otherLine = at !== this.#line;
    this.#line = at;
    if (stop.reason === 'signal' && stop.signal.fault?.vector === '#BP')
      this.selection = { goroutine: undefined, frame: this.#breakpointCaller() };
  }

  /** Has the thread stand in front of so many inlined calls that begin where it stands. */
  enter(count: number): void {
    const { tid, registers } = this.thread;
    this.target.entering = count === 0 ? undefined : { tid, pc: registers.rip, count };
    this.target.changed();
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

  /** Refused system calls that were not told yet. */
  takeRefusals(): readonly Refusal[] {
    const fresh = this.target.process.refusals.filter(each => (this.#told.get(`${each.syscall} ${each.detail}`) ?? 0) < each.count);
    for (const each of fresh) this.#told.set(`${each.syscall} ${each.detail}`, each.count);
    return fresh;
  }

  get thread(): Thread {
    return this.selection.thread ?? this.target.process.current;
  }

  /** Before the program goes on: the thread that was looked at is the one that does. Looking alone changes no schedule. */
  goOnInThread(): void {
    if (this.#went === undefined) {
      this.#went = census(this.target, this.events);
      this.events.emit('continued', undefined);
    }
    const { thread } = this.selection;
    const { process } = this.target;
    if (thread !== undefined && thread.tid !== process.current.tid) {
      process.select(thread.tid);
      this.history?.changed(`thread ${this.target.threadNumber(thread)}`);
    }
    this.selection = { goroutine: undefined, frame: 0 };
    this.target.entering = undefined;
    this.target.changed();
  }

  /** The goroutine that commands speak of. */
  get goroutine(): Goroutine | undefined {
    return this.selection.goroutine ?? this.target.goroutineOf(this.thread);
  }

  /** The selected stack. Throws CommandError when there is no process any more, or when it runs. */
  get stack(): CallStack {
    this.requireProcess();
    if (this.aside) throw new CommandError('the program is running: no frame is selected');
    return this.target.stack(this.selection);
  }

  /** The first `count` frames of the selected stack, innermost first. */
  frames(count?: number): readonly LogicalFrame[] {
    return this.stack.frames(count);
  }

  /** The selected frame. */
  get frame(): LogicalFrame {
    return this.frames(this.selection.frame + 1)[this.selection.frame]!;
  }

  /** Whether there is a frame to speak of: not without a process, nor while it runs. */
  get still(): boolean {
    return !this.exited && !this.aside;
  }

  /** Where the selected frame stands, if there is one. */
  get pc(): bigint | undefined {
    return this.still ? this.frame.physical.pc : undefined;
  }

  /** The selected frame, and how what it holds is printed. */
  get scene(): Scene {
    const { stack, frame, settings } = this;
    return { stack, frame, print: settings.printOptions, flavor: settings.flavor };
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

  /** Does something whose traces in the program, if it leaves any, are wiped out: the machine is then as it was. Gives what the program wrote, too. */
  apart<T>(work: () => T): { readonly value: T; readonly written: readonly OutputRecord[] } {
    this.requireProcess();
    return this.#calling('undone', () => this.#attempt(false, work));
  }

  /** Does something that wants to know of calls what type they give, and nothing of what they do. */
  typing<T>(work: () => T): T {
    return this.#calling('each undone', work);
  }

  #calling<T>(calls: 'undone' | 'each undone', work: () => T): T {
    const before = this.#calls;
    this.#calls = calls;
    try {
      return work();
    } finally {
      this.#calls = before;
    }
  }

  /** Has the program run for an expression. When that fails, or nothing is to be kept, the machine is put back to where it stood. */
  #attempt<T>(keep: boolean, work: () => T): { readonly value: T; readonly written: readonly OutputRecord[] } {
    const { driver, target, selection } = this;
    const { process } = target;
    const { remaining, recorder } = driver;
    const { t } = process;
    const saved = process.save();
    // What a call passes is none of the run's own way.
    driver.recorder = undefined;
    const undo = (): void => {
      process.restore(saved);
      driver.remaining = remaining;
    };
    try {
      const done = this.#output!.during(keep, work);
      if (!keep) undo();
      else this.history?.changed('call', t);
      return done;
    } catch (error) {
      undo();
      throw error;
    } finally {
      driver.recorder = recorder;
      // The thread that runs next is the only one that calls: if it was selected by its number, it is the selected one still.
      this.selection = { ...selection, thread: undefined };
      this.stopsChanged();
      target.changed();
    }
  }

  #call(context: EvaluationContext, callee: CallTarget, args: readonly EvaluatedOperand[], manner: CallManner): readonly CallResult[] {
    const { target, driver, checks, stop } = this;
    const site: CallSite = { target, driver, checks, thread: this.thread, most: this.settings.number('max-call-instructions') };
    const asked: CallAsked = { site, context, stop, apart: this.#calls !== 'stay', goroutine: this.selection.goroutine };
    return this.registerWatches.pass(
      () => this.#attempt(this.#calls !== 'each undone', () => callFunction(asked, callee, args, manner)).value,
    );
  }

  /** What expressions are evaluated in: the selected frame, if there is one. */
  context(): EvaluationContext {
    const { target } = this;
    const breakpointHits = (name: string) => this.breakpoints.named(name)?.hits;
    const convenience = (name: string) => this.convenience.get(name);
    if (this.still) {
      const context = { ...this.stack.context(this.frame), breakpointHits, convenience };
      return { ...context, call: (callee, args, manner) => this.#call(context, callee, args, manner) };
    }
    return { memory: target.memory, images: target.images.all, frame: undefined, curg: undefined, breakpointHits, convenience };
  }
}
