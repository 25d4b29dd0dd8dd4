/** Happens-before, exactly: what threads have seen of each other, through what. Nothing is reused, and nothing forgotten. */
import { type ClockCost, PreciseClock } from './clock.js';

/** A call that has not returned, in the one before. Shared by all accesses made in it. */
export interface Call {
  readonly pc: number;
  readonly outer: Call | undefined;
}

export interface PreciseThread {
  readonly tid: number;
  readonly clock: PreciseClock;
  readonly createdAt: readonly number[];
  call: Call | undefined;
  depth: number;
  ignoring: number;
  alive: boolean;
}

interface SyncObject {
  clock: PreciseClock | undefined;
  readClock: PreciseClock | undefined;
  writers: number;
}

export function callStack(call: Call | undefined, pc: number): number[] {
  const stack = pc === 0 ? [] : [pc];
  for (let each = call; each !== undefined; each = each.outer) stack.push(each.pc);
  return stack.reverse();
}

export class Order {
  readonly threads: PreciseThread[] = [];
  readonly #syncs = new Map<number, SyncObject>();

  constructor(private readonly cost: ClockCost) {}

  start(parent: PreciseThread | undefined, pc: number): PreciseThread {
    const tid = this.threads.length;
    const ordered = parent !== undefined && parent.ignoring === 0;
    const clock = ordered ? parent.clock.copy() : new PreciseClock(this.cost);
    clock.set(tid, 1);
    const createdAt = parent === undefined ? [] : callStack(parent.call, pc);
    const thread: PreciseThread = { tid, clock, createdAt, call: undefined, depth: 0, ignoring: 0, alive: true };
    this.threads.push(thread);
    if (ordered) this.#next(parent);
    return thread;
  }

  sync(address: number): SyncObject | undefined {
    return this.#syncs.get(address);
  }

  acquire(thread: PreciseThread, address: number): void {
    const clock = this.#syncs.get(address)?.clock;
    if (thread.ignoring === 0 && clock !== undefined) thread.clock.join(clock);
  }

  /** `merge`: what others have released before stays released. `acquires`: the thread also sees that. */
  release(thread: PreciseThread, address: number, { merge = false, acquires = false }): void {
    if (thread.ignoring > 0) return;
    const sync = this.#make(address);
    const before = sync.clock;
    if (merge && before !== undefined) before.join(thread.clock);
    else sync.clock = thread.clock.copy();
    if (acquires && before !== undefined) thread.clock.join(before);
    this.#next(thread);
  }

  /** As if every thread released something that this one acquires. */
  acquireAll(thread: PreciseThread): void {
    if (thread.ignoring > 0) return;
    for (const other of this.threads) {
      if (other === thread) continue;
      thread.clock.join(other.clock);
      this.#next(other);
    }
  }

  lock(thread: PreciseThread, address: number, write: boolean): void {
    const sync = this.#make(address);
    const again = write && sync.writers++ > 0;
    if (again || thread.ignoring > 0) return;
    if (sync.clock !== undefined) thread.clock.join(sync.clock);
    if (write && sync.readClock !== undefined) thread.clock.join(sync.readClock);
  }

  unlock(thread: PreciseThread, address: number, write: boolean): void {
    const sync = this.#make(address);
    if ((write && --sync.writers > 0) || thread.ignoring > 0) return;
    if (write) sync.clock = thread.clock.copy();
    else if (sync.readClock === undefined) sync.readClock = thread.clock.copy();
    else sync.readClock.join(thread.clock);
    this.#next(thread);
  }

  /** Forgets what synchronises in a range. */
  free(address: number, size: number): void {
    const first = address - (address % 8);
    const end = Math.max(address + size - ((address + size) % 8), first + 8);
    if (end - first < this.#syncs.size) for (let each = first; each < end; each++) this.#syncs.delete(each);
    else for (const each of this.#syncs.keys()) if (each >= first && each < end) this.#syncs.delete(each);
  }

  get clockEntries(): number {
    let entries = 0;
    for (const { clock } of this.threads) entries += clock.epochs.length;
    for (const { clock, readClock } of this.#syncs.values()) entries += (clock?.epochs.length ?? 0) + (readClock?.epochs.length ?? 0);
    return entries;
  }

  #next(thread: PreciseThread): void {
    thread.clock.set(thread.tid, thread.clock.get(thread.tid) + 1);
  }

  #make(address: number): SyncObject {
    let sync = this.#syncs.get(address);
    if (sync === undefined) {
      sync = { clock: undefined, readClock: undefined, writers: 0 };
      this.#syncs.set(address, sync);
    }
    return sync;
  }
}
