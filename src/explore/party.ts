/** Who takes part in a schedule, and the choices between them. */

/** Stands among goroutines for time: what sleeps or waits with a limit has its turn before anybody who could run. No goroutine has this number. */
export const TIME = 0;

/** Somebody who has come to a point: a goroutine (or thread, where there are none) by its number, for the `count`-th time, and where. */
export interface Arrival {
  readonly who: number;
  readonly count: number;
  readonly pc: bigint;
}

/** Who could go on, and who does if nothing is decided. */
export interface OrderChoice {
  /** Counts the choices of a run, from 1; those with one party too. */
  readonly step: number;
  /** Longest waiting first. */
  readonly waiting: readonly Arrival[];
  /** Whether TIME can be chosen as well. */
  readonly clock: boolean;
  /** Of `waiting`: who went on last, or has waited longest. */
  readonly usual: Arrival;
}

/** What was chosen in place of the usual. */
export interface OrderDecision {
  /** Who would have gone on, and for which time it had come to a point. */
  readonly who: number;
  readonly count: number;
  /** Who went on; TIME: time did. */
  readonly chosen: number;
  /** Where those two stood; undefined: not known, or time. */
  readonly pc?: bigint | undefined;
  readonly chosenPc?: bigint | undefined;
}

/** Chooses, from what it has drawn and seen: nothing else. */
export interface Strategy {
  /** `who` of one that waits, or TIME where that may be. */
  pick(choice: OrderChoice): number;
  /** Plain data. */
  save(): unknown;
  restore(saved: unknown): void;
}
