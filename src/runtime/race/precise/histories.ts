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
export const KIND_NAMES = ['W', 'R', 'Wa', 'Ra'] as const;

/** With which others an access can race. */
const AGAINST: readonly (readonly RacingKind[])[] = [
  [KIND.write, KIND.read, KIND.atomicWrite, KIND.atomicRead],
  [KIND.write, KIND.atomicWrite],
  [KIND.write, KIND.read],
  [KIND.write],
];

/** A race that an access is found in: with an earlier one, of which kind. */
export interface FoundRace {
  readonly old: Remembered;
  readonly kind: RacingKind;
}

/** The accesses to one byte. */
export interface ByteHistory {
  /** Remembers an access, `now`; the earlier one that it races with, if there is one. */
  access(thread: PreciseThread, kind: RacingKind, now: Remembered): FoundRace | undefined;
  /** Whether a thread's access says nothing new: it has made such a one in its epoch. */
  same(tid: number, epoch: number, kind: RacingKind): boolean;
  /** Another one that remembers the same, to be told apart. */
  copy(): ByteHistory;
  /** What is remembered, by kind. */
  readonly remembered: Iterable<readonly [RacingKind, Remembered]>;
}

/** By thread, once there are several. */
type Last = Remembered | Map<number, Remembered> | undefined;

const unseen = (thread: PreciseThread, old: Remembered): boolean => thread.clock.get(old.tid) < old.epoch;

/** The race with the thread of the lowest number, so that it does not depend on how accesses are kept. */
function raceWith(thread: PreciseThread, last: Last): Remembered | undefined {
  if (last === undefined) return undefined;
  if (!(last instanceof Map)) return unseen(thread, last) ? last : undefined;
  let first: Remembered | undefined;
  for (const old of last.values()) if ((first === undefined || old.tid < first.tid) && unseen(thread, old)) first = old;
  return first;
}

function findRace(thread: PreciseThread, kind: RacingKind, all: readonly Last[]): FoundRace | undefined {
  for (const each of AGAINST[kind]!) {
    const old = raceWith(thread, all[each]);
    if (old !== undefined) return { old, kind: each };
  }
  return undefined;
}

function* rememberedIn(all: readonly Last[]): Iterable<readonly [RacingKind, Remembered]> {
  for (const [kind, last] of all.entries()) {
    if (last instanceof Map) for (const old of last.values()) yield [kind as RacingKind, old];
    else if (last !== undefined) yield [kind as RacingKind, last];
  }
}

const NOTHING: readonly Last[] = [undefined, undefined, undefined, undefined];
const copied = (last: Last): Last => (last instanceof Map ? new Map(last) : last);

/** DJIT+ (Pozniansky and Schuster): for each kind the last access of every thread; only the first in each epoch is looked at. */
export class DjitHistory implements ByteHistory {
  readonly #last: Last[];

  constructor(last: readonly Last[] = NOTHING) {
    this.#last = last.map(copied);
  }

  copy(): DjitHistory {
    return new DjitHistory(this.#last);
  }

  same(tid: number, epoch: number, kind: RacingKind): boolean {
    return (this.#last[kind] as Map<number, Remembered> | undefined)?.get(tid)?.epoch === epoch;
  }

  access(thread: PreciseThread, kind: RacingKind, now: Remembered): FoundRace | undefined {
    const own = this.#last[kind] as Map<number, Remembered> | undefined;
    if (this.same(now.tid, now.epoch, kind)) return undefined;
    const race = findRace(thread, kind, this.#last);
    if (race !== undefined) return race;
    if (own === undefined) this.#last[kind] = new Map([[now.tid, now]]);
    else own.set(now.tid, now);
    return undefined;
  }

  get remembered(): Iterable<readonly [RacingKind, Remembered]> {
    return rememberedIn(this.#last);
  }
}

/**
 * FastTrack (Flanagan and Freund): as long as there is no race, all accesses lie before the last write, so its epoch stands for them; of the
 * others one epoch is kept for as long as they are ordered, and one for each thread only then.
 */
export class FastTrackHistory implements ByteHistory {
  readonly #last: Last[];

  constructor(last: readonly Last[] = NOTHING) {
    this.#last = last.map(copied);
  }

  copy(): FastTrackHistory {
    return new FastTrackHistory(this.#last);
  }

  same(tid: number, epoch: number, kind: RacingKind): boolean {
    const own = this.#last[kind];
    const mine = own instanceof Map ? own.get(tid) : own;
    return mine !== undefined && mine.tid === tid && mine.epoch === epoch;
  }

  access(thread: PreciseThread, kind: RacingKind, now: Remembered): FoundRace | undefined {
    const own = this.#last[kind];
    if (this.same(now.tid, now.epoch, kind)) return undefined;
    const race = findRace(thread, kind, this.#last);
    if (race !== undefined) return race;
    if (kind === KIND.write) this.#last.fill(undefined);
    if (kind === KIND.write || own === undefined) this.#last[kind] = now;
    else if (own instanceof Map) own.set(now.tid, now);
    else if (!unseen(thread, own)) this.#last[kind] = now;
    else this.#last[kind] = new Map([own, now].map(each => [each.tid, each]));
    return undefined;
  }

  get remembered(): Iterable<readonly [RacingKind, Remembered]> {
    return rememberedIn(this.#last);
  }
}
