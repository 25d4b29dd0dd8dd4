/** The guest's standard input, as it comes. */
import { HostPace } from './host-pace.js';

/** What there is of it now. */
export interface InputPiece {
  /** Empty: nothing yet, or nothing any more. */
  readonly bytes: Uint8Array;
  /** The writer has gone: what has not been taken yet is all that there will be. */
  readonly closed: boolean;
}

/** Where standard input comes from: the port that the guest's kernel asks. */
export interface HostInput {
  /** Takes at most `most` bytes of what has come; at least one is asked for. Never waits. */
  take(most: number): InputPiece;
  /** Asked when the guest has found nothing and could only wait for it, or for a moment `ns` away: whether so much time has passed. */
  passed(ns: number): boolean;
}

const NOTHING = new Uint8Array(0);

/** Milliseconds in which more is expected of a writer that is not done: what it writes at a stretch is read as one, whenever that was. */
const STRETCH = 20;

/**
 * An input that somebody else fills. `stretches`: it comes from a program, and a reader that wants more than there is gets it when the writer pauses;
 * else at once, as from a keyboard. `now`: milliseconds of the host's time. `wake`: something has changed for who waits.
 */
export class InputQueue implements HostInput {
  readonly #chunks: Uint8Array[] = [];
  /** Bytes that nobody has taken. */
  size = 0;
  #closed = false;
  /** As much is wanted; 0: nobody has asked in vain. */
  #wanted = 0;
  #came: number;
  readonly #pace: HostPace;

  constructor(
    private readonly now: () => number,
    private readonly wake: () => void,
    private readonly stretches: boolean,
  ) {
    this.#came = now();
    this.#pace = new HostPace(now);
  }

  push(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.size += bytes.length;
    this.#came = this.now();
    this.wake();
  }

  close(): void {
    this.#closed = true;
    this.wake();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The guest has asked for more than there was, and nothing has come since. */
  get hungry(): boolean {
    return this.#wanted > 0 && this.size === 0 && !this.#closed;
  }

  /** Milliseconds until what is there is given although more is wanted; undefined: nothing is there. */
  get due(): number | undefined {
    if (this.size === 0) return undefined;
    return this.#ready(this.#wanted) ? 0 : Math.max(1, this.#came + STRETCH - this.now());
  }

  /** Milliseconds that a writer which is not done is waited for before the guest goes on without. */
  get patience(): number {
    return this.stretches ? Math.max(0, this.#came + STRETCH - this.now()) : 0;
  }

  #ready(most: number): boolean {
    return this.size >= most || this.#closed || !this.stretches || this.now() - this.#came >= STRETCH;
  }

  take(most: number): InputPiece {
    if (!this.#ready(most) || (this.size === 0 && !this.#closed)) {
      this.#wanted = most;
      return { bytes: NOTHING, closed: false };
    }
    this.#wanted = 0;
    this.#pace.end();
    const out = new Uint8Array(Math.min(most, this.size));
    for (let at = 0; at < out.length; ) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, out.length - at);
      out.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.size -= out.length;
    return { bytes: out, closed: this.#closed };
  }

  /** Virtual time goes on with the host's while the guest waits. */
  passed(ns: number): boolean {
    return this.#pace.passed(ns);
  }

  /** Milliseconds until so much more of the guest's time has passed: fewer when it is behind the host's. */
  until(ns: number): number {
    return this.#pace.until(ns);
  }
}
