/**
 * What is asked of a session, one request after another. While the program runs, the table of commands says of each what becomes of it:
 *
 * - `acts`: it is done at once, between two slices of the run. It says what to stop for, or how things are shown, and has no frame to speak of.
 *   `interrupt` is such a request too.
 * - `waits`: it looks at the program, and is done when it stands still again, in the order of asking.
 * - `refused`: it would have the program run, or end, which is being done.
 *
 * While another request is done that lets nothing run, all wait. What a request does for itself (the commands of a breakpoint, the lines of
 * a script) is a part of it, and is asked of nobody.
 */
export type Meanwhile = 'acts' | 'waits' | 'refused';

export class Requests {
  #running = 0;
  #asked = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Whether the program runs now: a request has had it go on, and it has not stopped yet. */
  get running(): boolean {
    return this.#running > 0;
  }

  /** Whether none is being done, or waits to be. */
  get idle(): boolean {
    return this.#asked === 0;
  }

  /** Does a request when those before it are done. */
  inTurn<T>(request: () => Promise<T>): Promise<T> {
    this.#asked++;
    const done = this.#last.then(request).finally(() => this.#asked--);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Lets the program run, for the request that is being done. */
  async whileRunning<T>(run: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await run();
    } finally {
      this.#running--;
    }
  }
}
