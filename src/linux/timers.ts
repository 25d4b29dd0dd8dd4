import { checkVersion, type Versioned } from '../cpu/part.js';
import { nanosecondsOf, PER_NANOSECOND, type VirtualClock } from './clock.js';
import type { Task } from './task.js';

/** What a timer counts: virtual time, the instructions of the process that has it, or one task's. */
export type TimerClock = 'wall' | 'process' | Task;

interface TimerBase {
  readonly clock: TimerClock;
  /** On the timer's own clock, in ns; undefined: not armed. */
  deadline: number | undefined;
  /** Period in ns; 0: fires once. */
  interval: number;
}

/** A timer of setitimer(2): 0 ITIMER_REAL, 1 ITIMER_VIRTUAL, 2 ITIMER_PROF. */
export interface IntervalTimer extends TimerBase {
  readonly kind: 'interval';
  readonly which: number;
}

/** A timer of timer_create(2). */
export interface PosixTimer extends TimerBase {
  readonly kind: 'posix';
  readonly id: number;
  readonly clockId: number;
  /** Its signal, as struct sigevent says it; undefined: none. `tid`: the thread it goes to. */
  readonly notify: { readonly signal: number; readonly value: bigint; readonly tid: number | undefined } | undefined;
  lastOverrun: number;
}

/** The timer of a timerfd, which keeps it. */
export interface DescriptorTimer extends TimerBase {
  readonly kind: 'descriptor';
  readonly file: { readonly id: number; expired(count: number): void };
}

export type Timer = IntervalTimer | PosixTimer | DescriptorTimer;

type SavedClock = 'wall' | 'process' | { readonly tid: number };
type Saved<T extends TimerBase> = Omit<T, 'clock'> & { readonly clock: SavedClock };

/** The timers that a process has made, armed or not, and which are armed, in order; those of descriptors are saved with their file. */
export type SavedTimers = Versioned<{
  readonly interval: readonly Saved<IntervalTimer>[];
  readonly posix: readonly Saved<PosixTimer>[];
  readonly nextId: number;
  readonly armed: readonly { readonly kind: Timer['kind']; readonly id: number }[];
}>;

/** The timers of a process, setitimer and timer_create; or those of all timerfds, which any of them may have. */
export class Timers {
  /** By number; those that were asked for. */
  readonly interval = new Map<number, IntervalTimer>();
  readonly posix = new Map<number, PosixTimer>();
  /** The id of the next POSIX timer. */
  nextId = 0;
  private readonly armed: Timer[] = [];

  constructor(
    private readonly clock: VirtualClock,
    /** Instructions that the process has retired. */
    private readonly retired: () => number,
    /** Told of a timer that is due: `count` periods have passed. */
    private readonly fire: (timer: Timer, count: number) => void,
  ) {}

  read(clock: TimerClock): number {
    if (clock === 'wall') return this.clock.now();
    return nanosecondsOf(this.counted(clock));
  }

  private counted(clock: 'process' | Task): number {
    return clock === 'process' ? this.retired() : clock.cpuTime;
  }

  arm(timer: Timer, deadline: number, interval: number): void {
    this.disarm(timer);
    timer.deadline = deadline;
    timer.interval = interval;
    this.armed.push(timer);
  }

  disarm(timer: Timer): void {
    const index = this.armed.indexOf(timer);
    if (index >= 0) this.armed.splice(index, 1);
    timer.deadline = undefined;
  }

  /** Fires what is due. */
  expire(): void {
    if (this.armed.length === 0) return;
    for (const timer of [...this.armed]) {
      const now = this.read(timer.clock);
      if (timer.deadline === undefined || timer.deadline > now) continue;
      let count = 1;
      if (timer.interval > 0) {
        count += Math.floor((now - timer.deadline) / timer.interval);
        timer.deadline += count * timer.interval;
      } else this.disarm(timer);
      this.fire(timer, count);
    }
  }

  /** The next moment of virtual time at which a timer is due while no task runs. */
  nextMoment(): number | undefined {
    let next: number | undefined;
    for (const timer of this.armed) {
      if (timer.clock === 'wall' && timer.deadline !== undefined && (next === undefined || timer.deadline < next)) next = timer.deadline;
    }
    return next;
  }

  /** Instructions that `task` can run before a timer is due; `foreign`: it is of another process. */
  instructionsLeft(task: Task, foreign = false): number {
    let left = Number.POSITIVE_INFINITY;
    for (const timer of this.armed) {
      if (timer.deadline === undefined || (typeof timer.clock === 'object' && timer.clock !== task)) continue;
      if (foreign && timer.clock === 'process') continue;
      const { clock, deadline } = timer;
      left = Math.min(left, clock === 'wall' ? this.clock.until(deadline) : deadline * PER_NANOSECOND - this.counted(clock));
    }
    return left;
  }

  /** Tasks whose instructions a timer counts, gone ones among them. */
  get countedTasks(): Task[] {
    return [...this.posix.values()].flatMap(({ clock }) => (typeof clock === 'object' ? [clock] : []));
  }

  /** All of them are gone: as when its process is, or for `posix` alone, when that becomes another program. */
  forget(which: 'all' | 'posix'): void {
    for (const timer of [...this.armed]) if (which === 'all' || timer.kind === 'posix') this.disarm(timer);
    this.posix.clear();
    if (which === 'all') this.interval.clear();
  }

  save(): SavedTimers {
    return {
      version: 1,
      interval: [...this.interval.values()].map(timer => ({ ...timer, clock: savedClock(timer.clock) })),
      posix: [...this.posix.values()].map(timer => ({ ...timer, clock: savedClock(timer.clock) })),
      nextId: this.nextId,
      armed: this.armed.map(timer => ({ kind: timer.kind, id: idOf(timer) })),
    };
  }

  /** `task`: by tid, also those that are gone; `descriptor`: the timer of an open file. */
  restore(saved: SavedTimers, task: (tid: number) => Task, descriptor?: (file: number) => DescriptorTimer): void {
    checkVersion('timers', saved, 1);
    const clock = (of: SavedClock): TimerClock => (typeof of === 'object' ? task(of.tid) : of);
    this.interval.clear();
    this.posix.clear();
    for (const timer of saved.interval) this.interval.set(timer.which, { ...timer, clock: clock(timer.clock) });
    for (const timer of saved.posix) this.posix.set(timer.id, { ...timer, clock: clock(timer.clock) });
    this.nextId = saved.nextId;
    const find = {
      interval: (id: number) => this.interval.get(id)!,
      posix: (id: number) => this.posix.get(id)!,
      descriptor: (id: number) => descriptor!(id),
    };
    this.armed.splice(0, this.armed.length, ...saved.armed.map(({ kind, id }) => find[kind](id)));
  }
}

const savedClock = (clock: TimerClock): SavedClock => (typeof clock === 'object' ? { tid: clock.tid } : clock);

function idOf(timer: Timer): number {
  if (timer.kind === 'interval') return timer.which;
  return timer.kind === 'posix' ? timer.id : timer.file.id;
}
