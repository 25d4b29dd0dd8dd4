import { PAUSES } from '../cpu/api.js';
import { checkVersion, type Versioned } from '../cpu/part.js';
import { NEVER, PER_NANOSECOND, type VirtualClock } from './clock.js';
import type { ScheduleControl } from './control.js';
import type { Prng } from './prng.js';
import type { Task } from './task.js';
import type { Timers } from './timers.js';
import type { Wait } from './wait.js';

/** Instructions of a turn of a task that has the machine for itself, and of one among others; the seed varies each turn by up to a quarter. */
const ALONE = 100_000;
const TURN = 5000;
/** Instructions that a task may have a processor while others wait for one. */
const SLICE = 100_000;
/**
 * What takes time on a processor, as instructions that would have retired meanwhile: PAUSES of PAUSE, 40 ns each; a system call, 200 ns; another
 * task's registers, 1 us; and on a processor that was idle what lies between a task's wake-up and its next instruction, 20 us.
 */
const COST = { spin: PAUSES * 40, syscall: 200, change: 1000, wake: 20_000 } as const;

/** Leaps of time that wake nobody, as with a periodic timer whose signal is ignored, before it is said that nothing ever will. */
const MAX_LEAPS = 10_000;

/** What the scheduler sees of the machine. */
export interface SchedulerPort {
  readonly cpu: { readonly icount: number };
  readonly clock: VirtualClock;
  readonly timers: Pick<Timers, 'expire' | 'instructionsLeft' | 'nextMoment'>;
  /** Processors, which run at the same time. */
  readonly cpus: number;
  /** Absent: nobody steers the tasks. */
  readonly control?: ScheduleControl | undefined;
  /** Tasks that have not exited, in order of creation. */
  readonly tasks: readonly Task[];
  /** Has a CPU hold a task's registers. */
  load(task: Task): void;
  /** Sends it the signal by which Go has a goroutine give way, which it takes where it stands. Absent: nobody steers the tasks. */
  preempt?(task: Task): void;
  /** Ends a wait whose time is over. Returns its answer. */
  timeOut(task: Task): number;
  waitEnded(wait: Wait | undefined): void;
  finishSyscall(task: Task, result: number): void;
}

/** Whose registers are loaded, who has which processor, whose turn it is, who waits for a processor, and how far the lengths of turns have been drawn. */
export type SavedScheduler = Versioned<{
  readonly current: number | undefined;
  readonly processors: readonly (number | undefined)[];
  /** How far each processor is ahead of the one that is furthest behind, and the count of instructions where the turn began. */
  readonly ahead: readonly number[];
  readonly turn: number;
  readonly since: number;
  readonly queue: readonly number[];
  readonly random: bigint;
}>;

/**
 * Runs tasks on processors, as Linux does: who wakes gets a processor that is free, or waits for one until somebody has had his slice. The
 * processors work at the same time, that is by turns which are shorter than the hand-over of a lock: always that one whose own time is furthest
 * behind. What takes a processor time but no instructions (PAUSE, the kernel's work) counts as well. Turns end at counts of instructions, never at moments of the
 * host, so that a run is the same whatever slices the debugger cuts it into.
 */
export class Scheduler {
  /** The task whose registers are in the CPU. */
  current: Task | undefined;
  private readonly processors: (Task | undefined)[];
  /** Time of each processor, in instructions that would have retired, from that of the one furthest behind. */
  private readonly ahead: number[];
  /** The processor that has its turn, and the count of instructions where that began. */
  private turn = 0;
  private since = 0;
  /** Tasks that wait for a processor. */
  private queue: Task[] = [];
  /** When the first of the waits is over; undefined: not known, until somebody looks through all tasks. */
  private soonest: number | undefined;

  constructor(
    private readonly machine: SchedulerPort,
    private readonly random: Prng,
  ) {
    this.processors = Array.from({ length: machine.cpus }, () => undefined);
    this.ahead = this.processors.map(() => 0);
  }

  /** The number of the processor that has its turn. */
  get processor(): number {
    return this.turn;
  }

  /** Lets a task run from now on. */
  add(task: Task): void {
    task.state = 'runnable';
    if (this.processors.includes(task)) return;
    if (!this.queue.includes(task)) this.queue.push(task);
    // It need not wait for the end of a turn that was to be a long one.
    const { current } = this;
    if (current !== undefined) current.quantumEnd = Math.min(current.quantumEnd, this.machine.cpu.icount + TURN);
  }

  /** Has a task wait. */
  wait(task: Task, wanted: Wait): void {
    task.wait = wanted;
    task.state = 'waiting';
    if (wanted.deadline !== undefined && this.soonest !== undefined) this.soonest = Math.min(this.soonest, wanted.deadline);
  }

  /** Puts a waiting task's answer down and lets it run. */
  finishWait(task: Task, result: number): void {
    if (task.state !== 'waiting') return;
    const { wait } = task;
    task.wait = undefined;
    if (wait?.deadline === this.soonest) this.soonest = undefined;
    this.machine.waitEnded(wait);
    this.machine.finishSyscall(task, result);
    this.add(task);
  }

  /** A task is gone, whatever it waited for. */
  remove(task: Task): void {
    if (task.wait?.deadline === this.soonest) this.soonest = undefined;
    task.wait = undefined;
    task.state = 'exited';
  }

  /** The current task gives way to who waits for a processor. */
  yield(): void {
    const task = this.current;
    if (task === undefined) return;
    task.quantumEnd = this.machine.cpu.icount;
    task.sliceEnd = task.cpuTime;
  }

  /** The current task has run PAUSE, and lets the other processors go on. */
  spin(): void {
    this.take(this.turn, COST.spin);
    this.current!.quantumEnd = this.machine.cpu.icount;
  }

  /** The current task has made a system call. */
  enterKernel(): void {
    this.take(this.turn, COST.syscall);
  }

  /** So many ns pass on a processor, with no instruction. */
  private take(processor: number, ns: number): void {
    this.ahead[processor]! += ns * PER_NANOSECOND;
    this.machine.clock.pass(ns * PER_NANOSECOND);
  }

  /** Loads a task's registers. */
  load(task: Task): void {
    if (this.current === task) return;
    this.machine.load(task);
    this.current = task;
  }

  /** Makes a task the next to run, for the debugger. */
  prefer(task: Task): void {
    this.endTurn();
    const at = this.processors.indexOf(task);
    if (at >= 0) this.turn = at;
    else {
      const before = this.processors[this.turn];
      if (before?.ready) this.queue.unshift(before);
      this.give(this.turn, task);
    }
    this.queue = this.queue.filter(other => other !== task);
    this.load(task);
    this.startTurn(task);
  }

  /** Whether the next task to run begins a turn. */
  get turnOver(): boolean {
    const task = this.current;
    return !task?.ready || this.machine.cpu.icount >= task.quantumEnd;
  }

  /**
   * The task to run now, loaded. Moves virtual time forward when all wait, if that may be; undefined when none can ever run again, or not yet.
   * `mayLeap`: whether so many ns may pass.
   */
  next(mayLeap: (ns: number) => boolean = () => true): Task | undefined {
    for (let leaps = 0; leaps < MAX_LEAPS; leaps++) {
      this.expire();
      if (!this.turnOver) return this.current;
      this.endTurn();
      this.place();
      const task = this.nextTurn();
      if (task) {
        this.load(task);
        this.startTurn(task);
        return task;
      }
      const moment = this.nextMoment();
      const { control, cpu } = this.machine;
      const chosen = control === undefined || cpu.icount < control.begins ? 'time' : this.steered(control, moment);
      if (chosen === 'go') continue;
      if (chosen === 'stop' || moment === undefined || moment >= NEVER || !mayLeap(moment - this.machine.clock.now())) return undefined;
      this.machine.clock.leapTo(moment);
    }
    return undefined;
  }

  /** Has a task stand where it is until it is chosen. */
  hold(task: Task): void {
    task.state = 'parked';
  }

  /** Asks who goes on when nobody runs. The one that was held gets the processor at once, as if it had never been off it. */
  private steered(control: ScheduleControl, next: number | undefined): 'go' | 'time' | 'stop' {
    const chosen = control.choose({ now: this.machine.clock.now(), next, timed: this.nextMoment(task => task.wait?.kind !== 'sleep') });
    if (typeof chosen === 'string') return chosen;
    const tid = typeof chosen === 'number' ? chosen : chosen.preempt;
    const task = this.machine.tasks.find(each => each.tid === tid)!;
    task.state = 'runnable';
    this.give(this.turn, task);
    if (typeof chosen !== 'number') this.machine.preempt?.(task);
    return 'go';
  }

  /** Gives the processors to tasks: who waits, is gone or has had his slice goes, and who has waited longest comes. */
  private place(): void {
    const { processors } = this;
    // Of many that wait only those in front are looked at: who can run no more goes when it would be its turn.
    while (this.queue.length > 0 && !this.queue[0]!.ready) this.queue.shift();
    const waiting = this.queue.length > 0;
    const costs = processors.map(task => (task === undefined ? COST.wake : COST.change));
    let busy = 0;
    for (let at = 0; at < processors.length; at++) {
      const task = processors[at];
      if (task === undefined) continue;
      const runnable = task.ready;
      if (!runnable || (waiting && task.cpuTime >= task.sliceEnd)) {
        if (runnable) this.queue.push(task);
        processors[at] = undefined;
      } else busy++;
    }
    const given: number[] = [];
    for (let at = 0; at < processors.length && this.queue.length > 0; at++) {
      if (processors[at] !== undefined) continue;
      const task = this.queue.shift()!;
      if (!task.ready) at--;
      else {
        this.give(at, task);
        given.push(at);
      }
    }
    if (busy + given.length > 0) this.machine.clock.share(busy + given.length);
    for (const at of given) this.take(at, costs[at]!);
  }

  private give(processor: number, task: Task): void {
    this.processors[processor] = task;
    task.sliceEnd = task.cpuTime + SLICE;
  }

  /** Notes what the turn that is over has taken. */
  private endTurn(): void {
    this.ahead[this.turn]! += this.machine.cpu.icount - this.since;
    this.since = this.machine.cpu.icount;
  }

  /** The task of the processor that is furthest behind, of several the next. */
  private nextTurn(): Task | undefined {
    const { processors, ahead, turn } = this;
    let best = -1;
    for (let step = 1; step <= processors.length; step++) {
      const at = (turn + step) % processors.length;
      if (processors[at] !== undefined && (best < 0 || ahead[at]! < ahead[best]!)) best = at;
    }
    if (best < 0) return undefined;
    const behind = ahead[best]!;
    // An idle processor is never behind.
    for (const at of ahead.keys()) ahead[at] = Math.max(0, ahead[at]! - behind);
    this.turn = best;
    return processors[best];
  }

  /** Instructions the task may run before something is due: its turn's end, a timer, a sleeper. */
  slice(task: Task): number {
    const { clock, timers, cpu } = this.machine;
    return Math.max(1, Math.min(task.quantumEnd - cpu.icount, timers.instructionsLeft(task), clock.until(this.nextSleeper())));
  }

  /** Answers the waits whose time is over and fires the timers that are due. */
  expire(): void {
    this.machine.timers.expire();
    const next = this.nextSleeper();
    if (next === Number.POSITIVE_INFINITY) return;
    const now = this.machine.clock.now();
    if (next > now) return;
    const due = this.machine.tasks.filter(task => task.state === 'waiting' && (task.wait?.deadline ?? NEVER) <= now);
    due.sort((a, b) => a.wait!.deadline! - b.wait!.deadline! || a.tid - b.tid);
    for (const task of due) {
      if (task.wait) this.finishWait(task, this.machine.timeOut(task));
    }
  }

  save(): SavedScheduler {
    const alive = (task: Task | undefined) => (task?.state === 'exited' ? undefined : task?.tid);
    return {
      version: 2,
      current: this.current?.tid,
      processors: this.processors.map(alive),
      ahead: [...this.ahead],
      turn: this.turn,
      since: this.since,
      queue: this.queue.filter(task => task.state !== 'exited').map(task => task.tid),
      random: this.random.save(),
    };
  }

  restore(saved: SavedScheduler, task: (tid: number) => Task): void {
    checkVersion('scheduler', saved, 2);
    const known = (tid: number | undefined) => (tid === undefined ? undefined : task(tid));
    this.current = known(saved.current);
    this.processors.splice(0, this.processors.length, ...saved.processors.map(known));
    this.ahead.splice(0, this.ahead.length, ...saved.ahead);
    this.turn = saved.turn;
    this.since = saved.since;
    this.queue = saved.queue.map(task);
    this.soonest = undefined;
    this.random.restore(saved.random);
  }

  private startTurn(task: Task): void {
    const others = this.queue.length > 0 || this.processors.some(other => other !== undefined && other !== task);
    const length = others ? TURN : ALONE;
    task.quantumEnd = this.machine.cpu.icount + length - this.random.below(length / 4);
  }

  /** When the first of the waits is over; infinity: none is by itself. */
  private nextSleeper(): number {
    if (this.soonest === undefined) {
      this.soonest = Number.POSITIVE_INFINITY;
      for (const { state, wait } of this.machine.tasks) {
        if (state === 'waiting' && wait?.deadline !== undefined && wait.deadline < this.soonest) this.soonest = wait.deadline;
      }
    }
    return this.soonest;
  }

  /** `of`: only of some of those that wait. */
  private nextMoment(of?: (task: Task) => boolean): number | undefined {
    let waits = of === undefined ? this.nextSleeper() : Number.POSITIVE_INFINITY;
    if (of !== undefined)
      for (const task of this.machine.tasks)
        if (task.state === 'waiting' && of(task)) waits = Math.min(waits, task.wait?.deadline ?? waits);
    const moment = Math.min(waits, this.machine.timers.nextMoment() ?? Number.POSITIVE_INFINITY);
    return moment === Number.POSITIVE_INFINITY ? undefined : moment;
  }
}
