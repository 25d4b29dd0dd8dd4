/** Who decides what a run leaves open, where that is not left to the scheduler's own fair turns. */

/** What can go on, when no thread runs. Times are ns of virtual time. */
export interface OpenChoice {
  readonly now: number;
  /** When the first of the waits is over by itself; undefined: none ever is. */
  readonly next: number | undefined;
  /** The same without threads that only sleep (nanosleep): what somebody waits for with a time limit, and timers. */
  readonly timed: number | undefined;
}

/**
 * Steers a process's threads. Each that comes to a point is held there, in front of the instruction; the others run on by the scheduler's turns until
 * they wait or are held too. Then it is asked who goes on. It is a part of the machine: what it keeps is saved and restored with the rest.
 */
export interface ScheduleControl {
  /** Addresses of instructions. Fixed. */
  readonly points: ReadonlySet<bigint>;
  /** The process's `t` from which on it steers; before, all is as if it were not there. */
  readonly begins: number;
  /** A thread has come to a point and is held; its registers are loaded. */
  arrived(tid: number): void;
  /** The tid of a thread that is held and goes on now; `preempt`: it has Go's signal for giving way first; `time`: what ends by itself is waited for; `stop`: `Process.run` returns, as where all wait for ever. */
  choose(open: OpenChoice): number | { readonly preempt: number } | 'time' | 'stop';
  save(): unknown;
  /** `undefined`: saved when nobody steered. */
  restore(saved: unknown): void;
}
