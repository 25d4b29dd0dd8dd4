import type { VirtualClock } from './clock.js';
import type { QueuedSignal } from './signal/pending.js';
import type { Task } from './task.js';

/** What a timer counts: virtual time, the process's instructions, or one task's. */
export type TimerClock = 'wall' | 'process' | Task;

export interface Timer {
  readonly clock: TimerClock;
  /** Runs on expiry; `count` periods have passed. */
  readonly fire: (count: number) => void;
  /** On the timer's own clock, in ns; undefined: not armed. */
  deadline: number | undefined;
  /** Period in ns; 0: fires once. */
  interval: number;
}

/** A timer of timer_create(2). */
export interface PosixTimer extends Timer {
  readonly id: number;
  readonly clockId: number;
  /** Its signal, as long as it may be pending. */
  entry: QueuedSignal | undefined;
  lastOverrun: number;
}

/** The timers that the process has made, armed or not. */
export class ProcessTimers {
  /** ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF. */
  readonly interval: (Timer | undefined)[] = [];
  readonly posix = new Map<number, PosixTimer>();
  nextId = 0;
}

/** All armed timers of the process: setitimer, timer_create, timerfd. */
export class Timers {
  private readonly armed: Timer[] = [];

  constructor(
    private readonly clock: VirtualClock,
    private readonly icount: () => number,
  ) {}

  read(clock: TimerClock): number {
    if (clock === 'wall') return this.clock.now();
    return clock === 'process' ? this.icount() : clock.cpuTime;
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
    for (const timer of [...this.armed]) {
      const now = this.read(timer.clock);
      if (timer.deadline === undefined || timer.deadline > now) continue;
      let count = 1;
      if (timer.interval > 0) {
        count += Math.floor((now - timer.deadline) / timer.interval);
        timer.deadline += count * timer.interval;
      } else this.disarm(timer);
      timer.fire(count);
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

  /** Instructions that `task` can run before a timer is due. */
  instructionsLeft(task: Task): number {
    let left = Number.POSITIVE_INFINITY;
    for (const timer of this.armed) {
      if (timer.deadline === undefined || (typeof timer.clock === 'object' && timer.clock !== task)) continue;
      left = Math.min(left, timer.deadline - this.read(timer.clock));
    }
    return left;
  }

  describe(): string {
    return this.armed.map(t => `${typeof t.clock === 'object' ? t.clock.tid : t.clock}:${t.deadline}/${t.interval}`).join(' ');
  }
}
