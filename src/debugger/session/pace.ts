/**
 * Cuts runs into slices of the host's time, so that keys are answered within 50 ms. Code that runs for the first time takes a thousand
 * times as long as later on: slices begin small and grow as far as the time they took allows. What the program does depends on none of it.
 */
import type { ProcessStop } from '../../linux/api.js';
import type { Host } from './host.js';

/** Instructions of a run's first slice: at the very start, with nothing translated and V8 cold, one takes about 40 us. */
const FIRST = 250;
/** Milliseconds that a slice is to take, and between two breaths. */
const SPAN = 10;

export class Pace {
  #instructions = FIRST;
  #breath: number;

  constructor(private readonly host: Pick<Host, 'now' | 'breathe'>) {
    this.#breath = host.now();
  }

  /** Another run begins, perhaps with code that has not run yet. */
  begin(): void {
    this.#instructions = FIRST;
  }

  /** Does one slice of at most `most` instructions, and sees from the time it took how long the next may be: at most twice as long. */
  slice(most: number, run: (instructions: number, enough: () => boolean) => ProcessStop): ProcessStop {
    const instructions = Math.min(this.#instructions, most);
    const start = this.host.now();
    // System calls and faults may cost a thousand times what other instructions do.
    const stop = run(instructions, () => this.host.now() - start > 2 * SPAN);
    const took = Math.max(this.host.now() - start, SPAN / 2);
    if (stop.kind === 'budget') this.#instructions = Math.max(FIRST, Math.floor((instructions * SPAN) / took));
    return stop;
  }

  /** Lets keys and signals in when it is time. */
  async rest(): Promise<void> {
    if (this.host.now() - this.#breath < SPAN) return;
    await this.host.breathe();
    this.#breath = this.host.now();
  }
}
