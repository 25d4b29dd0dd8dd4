/**
 * Lets a process run: the one place that does, for sessions, for `r14 run` and for a look ahead. Whatever is to come between those who want a
 * program to run and the program (a record, snapshots, a replay) has its place here.
 */
import type { Process, ProcessStop } from '../../linux/api.js';

/** Goes beside a run, and keeps what it wants of it. */
interface Recorder {
  record(run: () => ProcessStop): ProcessStop;
}

export class Driver {
  /** Absent: nobody wants to come back. */
  recorder: Recorder | undefined;

  /** `remaining`: instructions that may still be run in all (`--limit`). */
  constructor(
    readonly process: Process,
    public remaining = Number.POSITIVE_INFINITY,
  ) {}

  /** Runs at most `budget` instructions, and no more than remain; `pass`: from a breakpoint at the first of them; `enough`: as RunOptions have it. */
  run(budget: number, pass = false, enough?: () => boolean): ProcessStop {
    const { process } = this;
    const before = process.t;
    const options = { budget: Math.min(budget, this.remaining), pass, ...(enough === undefined ? {} : { enough }) };
    const run = () => process.run(options);
    const stop = this.recorder === undefined ? run() : this.recorder.record(run);
    this.remaining -= process.t - before;
    return stop;
  }

  /** As `run`, of what was run before: it counts for nothing, and nobody goes beside it. */
  rerun(budget: number, pass: boolean): ProcessStop {
    return this.process.run({ budget, pass });
  }
}
