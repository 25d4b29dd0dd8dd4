import type { Fault } from '../../cpu/api.js';
import { SIGNAL_RT_MIN, SYNCHRONOUS, signalBit } from '../abi/signals.js';

/** A signal under way to a task, with what its siginfo will say. */
export interface QueuedSignal {
  readonly signal: number;
  readonly code: number;
  /** si_addr, of a fault. */
  readonly address?: bigint;
  readonly fault?: Fault;
  /** si_pid. */
  readonly sender?: number;
  readonly uid?: number;
  /** si_value. */
  readonly value?: bigint;
  /** si_tid and si_overrun of a POSIX timer. */
  readonly timer?: { readonly id: number; overrun: number };
}

export function copySignal(entry: QueuedSignal): QueuedSignal {
  return entry.timer === undefined ? entry : { ...entry, timer: { ...entry.timer } };
}

/** A queue of pending signals: one of each standard signal, any number of the real-time ones (signal(7)). */
export class PendingSignals {
  private queue: QueuedSignal[] = [];
  /** Of the signals in the queue; undefined: to be worked out. */
  private bits: bigint | undefined = 0n;

  save(): QueuedSignal[] {
    return this.queue.map(copySignal);
  }

  restore(saved: readonly QueuedSignal[]): void {
    this.queue = saved.map(copySignal);
    this.bits = undefined;
  }

  get mask(): bigint {
    if (this.bits === undefined) {
      let mask = 0n;
      for (const { signal } of this.queue) mask |= signalBit(signal);
      this.bits = mask;
    }
    return this.bits;
  }

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  get list(): readonly QueuedSignal[] {
    return this.queue;
  }

  /** False when a standard signal was pending already. */
  add(entry: QueuedSignal): boolean {
    if (entry.signal < SIGNAL_RT_MIN && this.queue.some(other => other.signal === entry.signal)) return false;
    this.queue.push(entry);
    this.bits = undefined;
    return true;
  }

  /** Takes the next signal of `wanted` (a signal mask) off: faults first, then by number, then in order of arrival. */
  take(wanted: bigint): QueuedSignal | undefined {
    if ((this.mask & wanted) === 0n) return undefined;
    let best = -1;
    let rank = Number.POSITIVE_INFINITY;
    for (const [index, { signal }] of this.queue.entries()) {
      const bit = signalBit(signal);
      if ((wanted & bit) === 0n) continue;
      const r = (SYNCHRONOUS & bit) !== 0n ? signal : signal + 100;
      if (r < rank) {
        rank = r;
        best = index;
      }
    }
    this.bits = undefined;
    return best < 0 ? undefined : this.queue.splice(best, 1)[0];
  }

  discard(signal: number): void {
    this.queue = this.queue.filter(entry => entry.signal !== signal);
    this.bits = undefined;
  }
}
