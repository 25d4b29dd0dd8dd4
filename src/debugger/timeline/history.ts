/**
 * What a run has passed, and the way back to any moment of it. While the program runs, the machine is saved now and then; a moment between two saves
 * is reached from the one before it by running again, which is exact. Where saves lie decides how long a way takes, and nothing else.
 *
 * A moment is a number of retired instructions, `t`. What the machine is then is all that can be done without another instruction: system calls
 * acted on, signals delivered. A signal that a debugger was told of before it was delivered is a moment of its own, `signal` its number.
 */
import type { LoggedFiles } from '../../host/log.js';
import type { Process, ProcessStop, SavedProcess } from '../../linux/api.js';
import { Course, type CourseKind } from './course.js';
import { Marks, type Moment, type Signalled, signalOf } from './marks.js';
import { type SavePlace, thinned } from './thinning.js';

/** A save of the machine. `behind`: what the user did took from there to here, and nothing between is of the run. */
interface Snapshot extends SavePlace {
  readonly saved: SavedProcess;
  readonly behind?: number | undefined;
}

/** The furthest that a branch has come; `note`: what whoever was there wants to know of it on coming back. */
interface End<N> extends Moment {
  /** Undefined: there was no room for it, and the way there is run again. */
  saved: SavedProcess | undefined;
  readonly note: N;
}

/** One way that the run has taken: from its start, or from where the user has changed something. */
export class RunBranch<N> {
  /** In the order of `t`; two at one moment are before and behind a change. */
  snapshots: Snapshot[] = [];
  /** How far it was run. */
  reached = 0;
  /** Set when it was left. */
  end: End<N> | undefined;

  /** `from`: what was changed, where, and in which branch; undefined: the program's own way. */
  constructor(
    readonly id: number,
    readonly from: { readonly branch: number; readonly t: number; readonly change: string } | undefined,
    readonly course: Course,
  ) {}
}

/** Instructions between two saves: at least, before it is known what they cost, and at most. */
const NEAREST = 500_000;
const FIRST = 4_000_000;
const FURTHEST = 16_000_000;
/** Of the time that the program runs, what saves may take. */
const SHARE = 0.05;
/** Milliseconds that a page costs that is about to change: the way around the fast tag, the copy, and the garbage that it becomes. */
const COPY = 0.01;
/** Instructions that are run again at once: hundredths of a second. */
const SLICE = 2_000_000;
/** On the way to a moment saves are made ever closer to it, down to so many instructions. */
const CLOSE = 25_000;
const CLOSER = 4;
/** Times that the program may ask for input without a step forward, before it is clear that none comes. */
const MOST_ASKED = 4;

const PAGE = 4096;
/** Of the limit, what is made free when it is come to. */
const SPARE = 1 / 16;
/** What a save is reckoned as beside its pages, until all are counted. */
const SAVE = 1 << 17;

/** Has the process run again what it has passed. */
interface Runner {
  readonly process: Process;
  rerun(budget: number, pass: boolean): ProcessStop;
}

/** What a run took from outside, in its order; a branch goes on with what its stem has had. */
type World = Pick<LoggedFiles, 'save' | 'become' | 'cut'>;

/** What is done while the way is gone: it stops here and there, so that others get their turn. Its value is what came of it. */
export type Journey<T> = Generator<void, T, void>;

export class Timeline<N extends Signalled> {
  readonly marks = new Marks<N>();
  readonly branches: RunBranch<N>[] = [];
  #branch: RunBranch<N>;
  #interval = FIRST;
  /** Another save is due when the run is here. */
  #due = 0;
  /** Milliseconds that the program ran since the last save, where that was, and copies before. */
  #spent = 0;
  #since: number;
  #copies = 0;
  /** The machine has been restored since it was saved last. */
  #restored = false;
  /** Bytes held, as they were counted last, and copies then. */
  #held = 0;
  #counted = 0;
  /** Of branches that are not looked at, what they took from outside. */
  readonly #taken = new Map<RunBranch<N>, ReturnType<World['save']>>();
  /** Saves that had to go, for want of memory. */
  lost = 0;
  #recording = false;

  readonly process: Process;

  /** Begins where the process stands. `now`: milliseconds, for the saves' share of time. `limit`: bytes that saves may hold. */
  constructor(
    private readonly runner: Runner,
    private readonly now: () => number,
    private readonly limit: () => number,
    private readonly world: World,
  ) {
    const { process } = runner;
    this.process = process;
    this.#branch = new RunBranch(1, undefined, new Course(process.t));
    this.branches.push(this.branch);
    this.#since = process.t;
    this.#counted = process.memory.copiedPages;
    this.#save(true);
  }

  /** The one that is looked at. */
  get branch(): RunBranch<N> {
    return this.#branch;
  }

  set branch(branch: RunBranch<N>) {
    if (branch === this.#branch) return;
    this.#taken.set(this.#branch, this.world.save());
    this.#branch = branch;
    const taken = this.#taken.get(branch);
    if (taken !== undefined) this.world.become(taken);
  }

  /** Where it begins: the process's start, mostly. */
  get start(): number {
    return this.branch.snapshots[0]!.t;
  }

  /** Bytes that all saves hold now. */
  get held(): number {
    return this.process.held(this.#allSaves());
  }

  // ---- while the program runs --------------------------------------------------------------------------------------------------------------

  /** Something happens in the program. What is gone through once more, or only to look, is no part of its course. */
  note(kind: CourseKind): void {
    if (this.#recording) this.branch.course.note(kind, this.process.t);
  }

  /** Has the program run, and saves the machine behind it when that is due. */
  record(run: () => ProcessStop): ProcessStop {
    const begin = this.now();
    this.#recording = true;
    let stop: ProcessStop;
    try {
      stop = run();
    } finally {
      this.#recording = false;
    }
    this.#spent += this.now() - begin;
    const { t, memory } = this.process;
    if (t > this.branch.reached) {
      this.branch.reached = t;
      this.branch.end = undefined;
    }
    // What other stops leave the machine in is on the way to what it is at this moment.
    if (t >= this.#due && (stop.kind === 'budget' || stop.kind === 'breakpoint')) this.#saveIfFar();
    else if (this.#held + (memory.copiedPages - this.#counted) * PAGE > this.limit()) this.#bound();
    return stop;
  }

  #saveIfFar(): void {
    const { t } = this.process;
    const { snapshots } = this.branch;
    const index = this.#indexAt(t);
    const before = snapshots[index]!.t;
    const next = snapshots[index + 1]?.t ?? Number.POSITIVE_INFINITY;
    if (t - before < this.#interval || next - t < this.#interval / 2) {
      this.#due = Math.max(before + this.#interval, t + this.#interval / 2);
      return;
    }
    const begin = this.now();
    this.#save(false);
    this.#adapt(t - this.#since, this.now() - begin);
  }

  /** Sees from what saves cost how far apart they may be: what they cost grows far slower than their distance. */
  #adapt(instructions: number, took: number): void {
    const { copiedPages } = this.process.memory;
    const cost = took + (copiedPages - this.#copies) * COPY;
    if (instructions > 0 && this.#spent > 0) {
      const wanted = this.#interval * Math.min(2, Math.max(0.5, cost / (SHARE * this.#spent)));
      this.#interval = Math.min(FURTHEST, Math.max(NEAREST, wanted));
    }
    this.#spent = 0;
    this.#copies = copiedPages;
    this.#since = this.process.t;
    this.#due = this.#since + this.#interval;
  }

  #save(kept: boolean, behind?: number): void {
    const { t } = this.process;
    const snapshot: Snapshot = { t, kept, saved: this.process.save(), behind };
    const { branch } = this;
    branch.snapshots.splice(this.#indexAt(t) + 1, 0, snapshot);
    this.#held += SAVE;
    this.#countRestored();
    branch.reached = Math.max(branch.reached, t);
    const log = Math.log2(1 + branch.reached / NEAREST);
    branch.snapshots = thinned(branch.snapshots, 24 + 6 * Math.ceil(log), [t, branch.reached]);
    this.#bound();
  }

  /** Index of the last save at or before a moment; -1: there is none. */
  #indexAt(t: number): number {
    return this.branch.snapshots.findLastIndex(each => each.t <= t);
  }

  #allSaves(): Set<SavedProcess> {
    const saves = this.branches.flatMap(({ snapshots, end }) => [
      ...snapshots.map(({ saved }) => saved),
      ...(end?.saved ? [end.saved] : []),
    ]);
    return new Set(saves);
  }

  /** Keeps saves within the limit, now and while the program runs on. */
  #bound(): void {
    const { copiedPages } = this.process.memory;
    // No more than what was copied has come to it since it was counted.
    if (this.#held + (copiedPages + 1 - this.#counted) * PAGE > this.limit()) this.#makeRoom();
    this.#watchCopies();
  }

  /** Lets saves go until the rest has room, and some to spare. What was changed by the user cannot be run again, and stays. */
  #makeRoom(): void {
    this.#count();
    while (this.#held > this.limit() * (1 - SPARE)) {
      const [largest] = this.branches.toSorted((a, b) => loose(b) - loose(a));
      if (largest === undefined || loose(largest) === 0) {
        if (this.#held <= this.limit() || !this.#forgetEnds()) return;
        continue;
      }
      const before = largest.snapshots.length;
      largest.snapshots = thinned(largest.snapshots, before - Math.ceil(loose(largest) / 4), [this.process.t, largest.reached], true);
      this.lost += before - largest.snapshots.length;
      this.#count();
    }
  }

  /** Lets go what ends were like. False: nothing was kept of them. */
  #forgetEnds(): boolean {
    const kept = this.branches.filter(({ end }) => end?.saved !== undefined);
    for (const { end } of kept) end!.saved = undefined;
    this.#count();
    return kept.length > 0;
  }

  /** Pages that were restored have bytes beside their frames: with the first save behind that they are held, whoever held them before. */
  #countRestored(): void {
    const { touchedPages, copiedPages } = this.process.memory;
    const most = this.#held + (copiedPages - this.#counted + touchedPages) * PAGE;
    if (this.#restored && most > this.limit()) this.#count();
    this.#restored = false;
  }

  #count(): void {
    this.#held = this.held;
    this.#counted = this.process.memory.copiedPages;
  }

  /** While the program runs, what it changes is copied: to be told when that has come to the limit. */
  #watchCopies(): void {
    const room = Math.floor((this.limit() - this.#held) / PAGE);
    // Where nothing can go, nothing is to be done.
    const from = this.branches.some(each => loose(each) > 0 || each.end?.saved !== undefined)
      ? this.#counted + Math.max(0, room)
      : Number.POSITIVE_INFINITY;
    this.process.memory.tellCopies(from, () => this.#bound());
  }

  // ---- what the user changes ---------------------------------------------------------------------------------------------------------------

  /**
   * The user has changed something of the machine, which stood at `since` then. In the past another branch begins there, and the one that was run
   * stays; at its end it goes on with what was changed, unless that is to be `apart`.
   */
  changed(change: string, since = this.process.t, apart = since < this.branch.reached): void {
    if (apart) {
      const from = { branch: this.branch.id, t: since, change };
      const branch = new RunBranch<N>(this.branches.length + 1, from, this.branch.course.upTo(since));
      branch.snapshots = this.branch.snapshots.slice(0, this.#indexAt(since) + 1);
      branch.reached = since;
      this.branches.push(branch);
      this.branch = branch;
      this.world.cut();
    }
    this.branch.end = undefined;
    this.#save(true, since < this.process.t ? since : undefined);
  }

  /** Where the user has changed the run that led here, first; undefined: the program does all of it by itself. */
  get firstChange(): number | undefined {
    return this.branch.snapshots.slice(1).find(({ kept, t }) => kept && t <= this.process.t)?.t;
  }

  // ---- going elsewhere ---------------------------------------------------------------------------------------------------------------------

  /** Before the run is taken elsewhere: where it ends is remembered as it is. */
  leave(note: N): void {
    const { branch, process } = this;
    branch.reached = Math.max(branch.reached, process.t);
    if (process.t < branch.reached || branch.end?.t === process.t) return;
    branch.end = { t: process.t, signal: signalOf(note), saved: process.save(), note };
    this.#held += SAVE;
    this.#countRestored();
    this.#bound();
  }

  /** To the end of a branch, and what was noted of it. */
  *toEnd(branch: RunBranch<N> = this.branch): Journey<N | undefined> {
    this.branch = branch;
    const { end } = branch;
    if (end === undefined) return undefined;
    if (end.saved !== undefined) this.#restore({ saved: end.saved });
    else if (end.signal === undefined) yield* this.seek(end.t);
    else yield* this.seekSignal(end.t, end.signal);
    return end.note;
  }

  /** To another moment of this branch, from its start to its end. */
  *seek(t: number): Journey<void> {
    const { process } = this;
    const from = this.#before(t);
    this.#restore(from);
    const distance = t - process.t;
    for (let ahead = distance / CLOSER; ahead >= CLOSE; ahead /= CLOSER) {
      yield* this.#forward(Math.floor(t - ahead));
      this.#saveIfRoom();
    }
    yield* this.#forward(t);
    this.#due = 0;
  }

  /** To where a debugger was told of a signal. False: it does not come there; the machine is then at that `t`. */
  *seekSignal(t: number, signal: number): Journey<boolean> {
    const { process } = this;
    yield* this.seek(Math.max(this.start, t - 1));
    process.catch = { signals: new Set([signal]) };
    for (;;) {
      const stop = this.runner.rerun(t - process.t + 1, true);
      if (stop.kind === 'signal' && process.t === t) return true;
      if (process.t > t || (stop.kind !== 'signal' && stop.kind !== 'budget' && stop.kind !== 'thread')) break;
    }
    yield* this.seek(t);
    return false;
  }

  #saveIfRoom(): void {
    const { t } = this.process;
    if (this.branch.snapshots[this.#indexAt(t)]!.t < t) this.#save(false);
  }

  /** The last save at or before a moment. */
  #before(t: number): Snapshot {
    let index = this.#indexAt(t);
    if ((this.branch.snapshots[index + 1]?.behind ?? t) < t) index++;
    if (index < 0) throw new RangeError(`the history begins at ${this.start}, and ${t} is before that`);
    return this.branch.snapshots[index]!;
  }

  #restore({ saved }: { readonly saved: SavedProcess }): void {
    this.process.restore(saved);
    this.#restored = true;
    this.quiet();
    this.#since = this.process.t;
    this.#spent = 0;
    this.#copies = this.process.memory.copiedPages;
  }

  /** One instruction of whichever thread's turn it is. */
  step(): ProcessStop {
    return this.runner.rerun(1, true);
  }

  /** Has nothing stop the program. */
  quiet(): void {
    const { process } = this;
    process.cpu.setBreakpoints([]);
    process.cpu.setWatches([]);
    process.catch = { signals: new Set() };
  }

  /** Runs all again from the start, what the user has changed on the way included. True: `enough` has ended it before that moment. */
  *again(to: number, enough: (stop: ProcessStop) => boolean = () => false): Journey<boolean> {
    const [first, ...rest] = this.branch.snapshots;
    this.#restore(first!);
    for (const change of rest.filter(({ kept, t }) => kept && t <= to)) {
      if (yield* this.#forward(change.behind ?? change.t, enough)) return true;
      this.#restore(change);
    }
    return yield* this.#forward(to, enough);
  }

  *#forward(to: number, enough: (stop: ProcessStop) => boolean = () => false): Journey<boolean> {
    const { process } = this;
    this.quiet();
    for (let asked = 0; process.t < to; ) {
      const before = process.t;
      const stop = this.runner.rerun(Math.min(SLICE, to - before), true);
      if (enough(stop)) return true;
      asked = process.t === before ? asked + 1 : 0;
      if (stop.kind === 'exited' || stop.kind === 'deadlock' || asked > MOST_ASKED) return false;
      yield;
    }
    return false;
  }

  // ---- looking through the past --------------------------------------------------------------------------------------------------------------

  /**
   * Runs again what lies before `before`, piece by piece from the last one on, until `look` has an answer. The pieces join: each goes from a save to
   * the next one's moment. `look` gets a piece that stands at its beginning with nothing to stop for.
   */
  *backwards<T>(before: number, look: (piece: PastPiece) => Journey<T | undefined>): Journey<T | undefined> {
    const { snapshots } = this.branch;
    const pieces: Snapshot[] = [];
    for (const [index, snapshot] of snapshots.entries()) {
      // Of two at a moment the second is what the user has made of it.
      if (snapshot.t < before && snapshots[index + 1]?.t !== snapshot.t) pieces.push(snapshot);
    }
    let end = before;
    let changed = false;
    for (const snapshot of pieces.reverse()) {
      this.#restore(snapshot);
      const found = yield* look(new PastPiece(this.runner, snapshot.t, end, end === before, changed));
      if (found !== undefined) return found;
      end = snapshot.behind ?? snapshot.t;
      changed = snapshot.kept;
    }
    return undefined;
  }
}

const loose = <N>({ snapshots }: RunBranch<N>): number => snapshots.slice(1).filter(({ kept }) => !kept).length;

/** A piece of the past, which is run again. */
export class PastPiece {
  /** `last`: the moment at its end is the one that is looked back from. `changed`: there the user has changed something. */
  constructor(
    private readonly runner: Runner,
    readonly start: number,
    readonly end: number,
    readonly last: boolean,
    readonly changed: boolean,
  ) {}

  /** Runs it to its end; `visit` is asked at each stop that whoever looks has set up. Stops behind an instruction belong to the piece that ran it. */
  *run(visit: (stop: ProcessStop) => void): Journey<void> {
    const { process } = this.runner;
    let pass = false;
    for (let asked = 0; process.t < this.end; ) {
      const before = process.t;
      const stop = this.runner.rerun(Math.min(SLICE, this.end - before), pass);
      pass = stop.kind === 'breakpoint';
      if (stop.kind !== 'budget' && stop.kind !== 'input' && !(this.last && process.t >= this.end)) visit(stop);
      asked = process.t === before && stop.kind === 'input' ? asked + 1 : 0;
      if (stop.kind === 'exited' || stop.kind === 'deadlock' || asked > MOST_ASKED) return;
      yield;
    }
  }
}
