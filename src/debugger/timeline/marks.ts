/** Moments of a run, and those that have a name. */

export interface Moment {
  readonly t: number;
  /** Before this signal is delivered. */
  readonly signal?: number | undefined;
}

/** Where a run stands. */
interface Standing {
  readonly process: { readonly t: number };
  readonly branch: { readonly id: number };
}

/** `stop`: why the program stood there. `id` is 0 for where it has faulted, which nobody has marked. */
export interface Mark<N> extends Moment {
  readonly id: number;
  readonly branch: number;
  readonly note: string;
  readonly stop: N;
}

/** Why a program stood somewhere: before a signal, or not. */
export interface Signalled {
  readonly reason: string;
  readonly signal?: { readonly signal: number } | string | undefined;
}

export const signalOf = ({ reason, signal }: Signalled): number | undefined =>
  reason === 'signal' && typeof signal === 'object' ? signal.signal : undefined;

const MOST_PASSED = 1000;

export class Marks<N extends Signalled> {
  readonly #marks: Mark<N>[] = [];
  /** Of questions; they are not listed, and the oldest go. */
  #trails: readonly Mark<N>[] = [];
  #next = 1;
  /** The last fault of each branch. */
  readonly #faults = new Map<number, Mark<N>>();

  add({ process, branch }: Standing, stop: N, note: string): Mark<N> {
    const mark = { id: this.#next++, t: process.t, signal: signalOf(stop), branch: branch.id, note, stop };
    this.#marks.push(mark);
    return mark;
  }

  /** Those that somebody has asked for. */
  get own(): readonly Mark<N>[] {
    return this.#marks;
  }

  /** As they were in another process of the same run. */
  take(marks: readonly (Moment & { readonly note: string })[], stopAt: (moment: Moment) => N): void {
    for (const { t, signal, note } of marks)
      this.#marks.push({ id: this.#next++, t, signal, branch: 1, note, stop: stopAt({ t, signal }) });
  }

  /** Moments that a question has come by. */
  trail(moments: readonly { readonly t: number; readonly note: string; readonly stop: N }[], branch: number): readonly Mark<N>[] {
    const trail = moments.map((each, index) => ({ ...each, id: this.#next + index, branch }));
    this.#next += moments.length;
    this.#trails = [...this.#trails, ...trail].slice(-MOST_PASSED);
    return trail;
  }

  /** Where a signal of a fault was told of, the newest last. */
  readonly signals: Mark<N>[] = [];

  faulted({ process, branch }: Standing, stop: N, note: string): void {
    this.fault = { id: 0, t: process.t, signal: signalOf(stop), branch: branch.id, note, stop };
    this.#faults.set(branch.id, this.fault);
    if (this.fault.signal !== undefined) this.signals.push(this.fault);
  }

  /** The newest. */
  fault: Mark<N> | undefined;

  /** In the order of time. */
  get all(): readonly Mark<N>[] {
    return [...this.#marks, ...this.#faults.values()].sort((one, other) => one.t - other.t);
  }

  find(name: string): Mark<N> | undefined {
    return [...this.#marks, ...this.#trails].find(({ id, note }) => String(id) === name.replace('#', '') || (note !== '' && note === name));
  }
}
