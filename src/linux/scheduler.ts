import type { Registers } from '../cpu/api.js';
import { checkVersion, type Versioned } from '../cpu/part.js';
import { NEVER, type VirtualClock } from './clock.js';
import type { Prng } from './prng.js';
import type { Task } from './task.js';
import type { Timers } from './timers.js';
import type { Wait } from './wait.js';

/** Instructions a task may run before another's turn; the seed varies each turn by up to a quarter. */
const QUANTUM = 100_000;

/** Leaps of time that wake nobody, as with a periodic timer whose signal is ignored, before it is said that nothing ever will. */
const MAX_LEAPS = 10_000;

/** What the scheduler sees of the machine. */
export interface SchedulerPort {
  /** `registers` are those of the task that is loaded. */
  readonly cpu: { readonly icount: number; readonly registers: Pick<Registers, 'save' | 'restore'> };
  readonly clock: VirtualClock;
  readonly timers: Timers;
  /** Tasks that have not exited, in order of creation. */
  readonly tasks: readonly Task[];
  /** Ends a wait whose time is over. Returns its answer. */
  timeOut(task: Task): number;
  waitEnded(wait: Wait | undefined): void;
  finishSyscall(task: Task, result: number): void;
}

/** Whose turn it is, who comes then, and how far the lengths of turns have been drawn. */
export type SavedScheduler = Versioned<{
  readonly current: number | undefined;
  readonly queue: readonly number[];
  readonly random: bigint;
}>;

/**
 * Round robin over the runnable tasks, one at a time. Turns end at counts of instructions, never at moments of the host, so that a run is
 * the same whatever slices the debugger cuts it into.
 */
export class Scheduler {
  /** The task whose registers are in the CPU. */
  current: Task | undefined;
  private queue: Task[] = [];

  constructor(
    private readonly machine: SchedulerPort,
    private readonly random: Prng,
  ) {}

  /** Lets a task run from now on. The current one is never in the queue. */
  add(task: Task): void {
    task.state = 'runnable';
    if (task !== this.current) this.queue.push(task);
  }

  /** Puts a waiting task's answer down and lets it run. */
  finishWait(task: Task, result: number): void {
    if (task.state !== 'waiting') return;
    const { wait } = task;
    task.wait = undefined;
    this.machine.waitEnded(wait);
    this.machine.finishSyscall(task, result);
    this.add(task);
  }

  /** The current task's turn is over. */
  yield(): void {
    const task = this.current;
    if (task) task.quantumEnd = this.machine.cpu.icount;
  }

  /** Loads a task's registers. */
  load(task: Task): void {
    if (this.current === task) return;
    const { registers } = this.machine.cpu;
    if (this.current) this.current.saved = registers.save();
    registers.restore(task.saved);
    this.current = task;
  }

  /** Makes a task the next to run, for the debugger. */
  prefer(task: Task): void {
    const before = this.current;
    this.load(task);
    if (before && before !== task && before.state === 'runnable') this.queue.unshift(before);
    this.queue = this.queue.filter(other => other !== task);
    this.startTurn(task);
  }

  /** Whether the next task to run begins a turn. */
  get turnOver(): boolean {
    const task = this.current;
    return task?.state !== 'runnable' || this.machine.cpu.icount >= task.quantumEnd;
  }

  /**
   * The task to run now, loaded. Moves virtual time forward when all wait, if that may be; undefined when none can ever run again, or not yet.
   * `mayLeap`: whether so many ns may pass.
   */
  next(mayLeap: (ns: number) => boolean = () => true): Task | undefined {
    for (let leaps = 0; leaps < MAX_LEAPS; leaps++) {
      this.expire();
      const before = this.current;
      if (!this.turnOver) return before;
      if (before?.state === 'runnable') this.queue.push(before);
      this.queue = this.queue.filter(task => task.state === 'runnable');
      const task = this.queue.shift();
      if (task) {
        this.load(task);
        this.startTurn(task);
        return task;
      }
      const moment = this.nextMoment();
      if (moment === undefined || moment >= NEVER || !mayLeap(moment - this.machine.clock.now())) return undefined;
      this.machine.clock.leapTo(moment);
    }
    return undefined;
  }

  /** Instructions the task may run before something is due: its turn's end, a timer, a sleeper. */
  slice(task: Task): number {
    const { clock, timers, cpu } = this.machine;
    let left = Math.min(task.quantumEnd - cpu.icount, timers.instructionsLeft(task));
    const sleeper = this.nextSleeper();
    if (sleeper !== undefined) left = Math.min(left, sleeper - clock.now());
    return Math.max(1, left);
  }

  /** Answers the waits whose time is over and fires the timers that are due. */
  expire(): void {
    this.machine.timers.expire();
    const now = this.machine.clock.now();
    const due = this.machine.tasks.filter(task => task.state === 'waiting' && (task.wait?.deadline ?? Number.POSITIVE_INFINITY) <= now);
    due.sort((a, b) => a.wait!.deadline! - b.wait!.deadline! || a.tid - b.tid);
    for (const task of due) {
      if (task.wait) this.finishWait(task, this.machine.timeOut(task));
    }
  }

  save(): SavedScheduler {
    const queued = this.queue.filter(task => task.state !== 'exited');
    return { version: 1, current: this.current?.tid, queue: queued.map(task => task.tid), random: this.random.save() };
  }

  restore(saved: SavedScheduler, task: (tid: number) => Task): void {
    checkVersion('scheduler', saved, 1);
    this.current = saved.current === undefined ? undefined : task(saved.current);
    this.queue = saved.queue.map(task);
    this.random.restore(saved.random);
  }

  private startTurn(task: Task): void {
    task.quantumEnd = this.machine.cpu.icount + QUANTUM - this.random.below(QUANTUM / 4);
  }

  private nextSleeper(): number | undefined {
    let next: number | undefined;
    for (const { state, wait } of this.machine.tasks) {
      if (state === 'waiting' && wait?.deadline !== undefined && (next === undefined || wait.deadline < next)) next = wait.deadline;
    }
    return next;
  }

  private nextMoment(): number | undefined {
    const sleeper = this.nextSleeper();
    const timer = this.machine.timers.nextMoment();
    if (sleeper === undefined || timer === undefined) return sleeper ?? timer;
    return Math.min(sleeper, timer);
  }
}
