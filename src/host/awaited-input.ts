/** Input that comes to a queue while somebody waits for it, wherever there are timers. */
import { type HostInput, InputQueue } from './input.js';

/** Timers of the host. */
export interface InputClock {
  /** As soon as other things have been done. */
  soon(action: () => void): void;
  /** In so many milliseconds; what is returned forgets it. */
  after(milliseconds: number, action: () => void): () => void;
}

export class AwaitedInput {
  queue: InputQueue;
  #wake: () => void = () => undefined;

  /** `stretches`: as InputQueue has it. `begin`: somebody waits, so that it is time to read. */
  constructor(
    private readonly clock: InputClock,
    private readonly stretches: boolean,
    private readonly begin: () => void = () => undefined,
  ) {
    this.queue = this.#empty();
  }

  #empty(): InputQueue {
    return new InputQueue(
      () => performance.now(),
      () => this.#wake(),
      this.stretches,
    );
  }

  /** For another program. */
  renew(): void {
    this.queue = this.#empty();
  }

  get input(): HostInput {
    return this.queue;
  }

  /** Waits for input, as TypedInput says. */
  async wait(idle: number | undefined, most = Number.POSITIVE_INFINITY): Promise<void> {
    const { queue } = this;
    this.begin();
    const start = performance.now();
    const time = Math.min(idle === undefined ? Number.POSITIVE_INFINITY : idle === 0 ? queue.patience : queue.until(idle), most);
    do {
      const left = start + time - performance.now();
      await this.#change(Math.min(left, queue.due ?? left));
    } while (queue.due !== 0 && !queue.closed && performance.now() < start + time);
  }

  /** Waits for something to come, or so many milliseconds; lets other things be done in any case. */
  async #change(ms: number): Promise<void> {
    let forget = (): void => undefined;
    await new Promise<void>(resolve => {
      this.#wake = resolve;
      if (ms <= 0) this.clock.soon(resolve);
      else if (ms < 2 ** 31) forget = this.clock.after(Math.ceil(ms), resolve);
    });
    forget();
    this.#wake = () => undefined;
  }
}
