/** What precise detectors remember of the accesses to a byte, and how they find that a new one races. */
import type { Call, PreciseThread } from './order.js';

/** An access that is remembered. `pc` and `call` are only for the report. */
export interface Remembered {
  readonly tid: number;
  readonly epoch: number;
  readonly pc: number;
  readonly call: Call | undefined;
}

/** Reads and writes, plain and atomic: atomics race with plain accesses, not with each other. */
export const KIND = { write: 0, read: 1, atomicWrite: 2, atomicRead: 3 } as const;
export type RacingKind = (typeof KIND)[keyof typeof KIND];
const KINDS = 4;
export const KIND_NAMES = ['W', 'R', 'Wa', 'Ra'] as const;

/** With which others an access can race. */
const AGAINST: readonly (readonly RacingKind[])[] = [
  [KIND.write, KIND.read, KIND.atomicWrite, KIND.atomicRead],
  [KIND.write, KIND.atomicWrite],
  [KIND.write, KIND.read],
  [KIND.write],
];

/** The accesses to one byte. */
export interface ByteHistory {
  /** Remembers an access; the earlier one that it races with, and of which kind, if there is one. */
  access(thread: PreciseThread, kind: RacingKind, pc: number): { readonly old: Remembered; readonly kind: RacingKind } | undefined;
  /** What is remembered, by kind. */
  readonly remembered: Iterable<readonly [RacingKind, Remembered]>;
}

const remember = (thread: PreciseThread, pc: number): Remembered => ({
  tid: thread.tid,
  epoch: thread.clock.get(thread.tid),
  pc,
  call: thread.call,
});

const seen = (thread: PreciseThread, old: Remembered): boolean => thread.clock.get(old.tid) >= old.epoch;

/** The race with the earliest thread, so that it does not depend on how accesses are kept. */
function raceIn(thread: PreciseThread, all: Iterable<Remembered>): Remembered | undefined {
  let first: Remembered | undefined;
  for (const old of all) if (!seen(thread, old) && (first === undefined || old.tid < first.tid)) first = old;
  return first;
}

/** DJIT+ (Pozniansky and Schuster): for each kind the last access of every thread; only the first in each epoch is looked at. */
export class DjitHistory implements ByteHistory {
  readonly #last: (Map<number, Remembered> | undefined)[] = Array.from({ length: KINDS });

  access(thread: PreciseThread, kind: RacingKind, pc: number): ReturnType<ByteHistory['access']> {
    const own = (this.#last[kind] ??= new Map());
    const now = remember(thread, pc);
    if (own.get(thread.tid)?.epoch === now.epoch) return undefined;
    for (const each of AGAINST[kind]!) {
      const old = raceIn(thread, this.#last[each]?.values() ?? []);
      if (old !== undefined) return { old, kind: each };
    }
    own.set(thread.tid, now);
    return undefined;
  }

  get remembered(): Iterable<readonly [RacingKind, Remembered]> {
    return this.#last.flatMap((all, kind) => [...(all?.values() ?? [])].map(old => [kind as RacingKind, old] as const));
  }
}

/**
 * FastTrack (Flanagan and Freund): as long as there is no race, all accesses lie before the last write, so its epoch stands for them; of the
 * others one epoch is kept for as long as they are ordered, and one for each thread only then.
 */
export class FastTrackHistory implements ByteHistory {
  readonly #last: (Remembered | Map<number, Remembered> | undefined)[] = Array.from({ length: KINDS });

  access(thread: PreciseThread, kind: RacingKind, pc: number): ReturnType<ByteHistory['access']> {
    const own = this.#last[kind];
    const epoch = thread.clock.get(thread.tid);
    const mine = own instanceof Map ? own.get(thread.tid) : own?.tid === thread.tid ? own : undefined;
    if (mine?.epoch === epoch) return undefined;
    for (const each of AGAINST[kind]!) {
      const last = this.#last[each];
      const old = last === undefined ? undefined : raceIn(thread, last instanceof Map ? last.values() : [last]);
      if (old !== undefined) return { old, kind: each };
    }
    const now = remember(thread, pc);
    if (kind === KIND.write) {
      this.#last.fill(undefined);
      this.#last[kind] = now;
    } else if (own instanceof Map) own.set(thread.tid, now);
    else if (own === undefined || seen(thread, own)) this.#last[kind] = now;
    else this.#last[kind] = new Map([own, now].map(each => [each.tid, each]));
    return undefined;
  }

  get remembered(): Iterable<readonly [RacingKind, Remembered]> {
    return this.#last.flatMap((last, kind) =>
      last === undefined ? [] : [...(last instanceof Map ? last.values() : [last])].map(old => [kind as RacingKind, old] as const),
    );
  }
}
