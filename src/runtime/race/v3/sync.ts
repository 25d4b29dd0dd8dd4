/** Operations that order threads. All first make sure of the thread's slot; those that release give it a new epoch afterwards. */
import type { RaceMemory } from '../memory.js';
import { acquireFrom, releaseAcquire, releaseStoreAcquire, releaseStoreTo, releaseTo, setClock } from './clock.js';
import type { RaceContext } from './context.js';
import { EPOCH_LAST, SLOTS, SYNC, THREAD } from './layout.js';
import type { MetaMap } from './metamap.js';
import { epochOf, type Slots, sidOf } from './slots.js';
import type { Trace } from './trace.js';

const NOBODY = 0xffff_ffff;
const MUTEX_BROKEN = 1 << 30;
const EPOCH_BITS = 0x3fff_0000;

/** What an operation does with the clocks of thread and SyncVar. */
const RELEASES = { release: releaseTo, releaseStore: releaseStoreTo, releaseAcquire, releaseStoreAcquire } as const;
export type Release = keyof typeof RELEASES;

export class Sync {
  readonly #memory: RaceMemory;

  constructor(
    private readonly context: RaceContext,
    private readonly slots: Slots,
    private readonly trace: Trace,
    private readonly metamap: MetaMap,
  ) {
    this.#memory = context.memory;
  }

  ignores(thread: number): boolean {
    return this.#memory.get32(thread + THREAD.ignoreSync) !== 0;
  }

  ignore(thread: number, change: 1 | -1): void {
    this.#memory.set32(thread + THREAD.ignoreSync, this.#memory.get32(thread + THREAD.ignoreSync) + change);
  }

  /** The next epoch of a thread that holds its slot. At the last there is none: the slot is exchanged when it is locked next. */
  incrementEpoch(thread: number): void {
    const memory = this.#memory;
    const fast = memory.get32(thread);
    const epoch = epochOf(fast) + 1;
    if (epoch > EPOCH_LAST) return;
    setClock(memory, thread + THREAD.clock, sidOf(fast), epoch);
    memory.set32(thread, (fast & ~EPOCH_BITS) | (epoch << 16));
    this.slots.setEpoch(memory.get64(thread + THREAD.slot), epoch);
    this.trace.time(thread);
  }

  acquire(thread: number, address: number): void {
    if (this.ignores(thread)) return;
    const sync = this.metamap.find(address);
    if (sync === 0) return;
    this.slots.lock(thread);
    acquireFrom(this.context, thread + THREAD.clock, sync + SYNC.clock);
    this.slots.unlock(thread);
  }

  /** Learns the epochs of all slots: what a finalizer's goroutine does. */
  acquireGlobal(thread: number): void {
    if (this.ignores(thread)) return;
    this.slots.lock(thread);
    for (let sid = 0; sid < SLOTS; sid++) setClock(this.#memory, thread + THREAD.clock, sid, this.slots.epoch(this.slots.at(sid)));
    this.slots.unlock(thread);
  }

  release(how: Release, processor: number, thread: number, address: number): void {
    if (this.ignores(thread)) return;
    this.#whileLocked(processor, thread, address, sync => {
      RELEASES[how](this.context, thread + THREAD.clock, sync + SYNC.clock);
      return true;
    });
  }

  /** What orders in an atomic operation that stores, if it does: one that fails only acquires. */
  update(kind: 'store' | 'update' | 'compareExchange', processor: number, thread: number, address: number, operate: () => boolean): void {
    this.#whileLocked(processor, thread, address, sync => {
      const done = operate();
      const [clock, field] = [thread + THREAD.clock, sync + SYNC.clock] as const;
      if (kind === 'store') releaseStoreTo(this.context, clock, field);
      else if (done) releaseAcquire(this.context, clock, field);
      else acquireFrom(this.context, clock, field);
      return done;
    });
  }

  /** Does something with the SyncVar of an address, made if there is none; when that releases (returns true), with a new epoch afterwards. */
  #whileLocked(processor: number, thread: number, address: number, operation: (sync: number) => boolean): void {
    this.slots.lock(thread);
    if (operation(this.metamap.findOrCreate(processor, address))) this.incrementEpoch(thread);
    this.slots.unlock(thread);
  }

  afterLock(processor: number, thread: number, address: number, write: boolean): void {
    const memory = this.#memory;
    this.#whileLocked(processor, thread, address, sync => {
      this.trace.lock(thread, address, write);
      const first = memory.get32(sync + SYNC.recursion) === 0;
      const owner = memory.get32(sync + SYNC.owner);
      if (write) {
        if (owner === NOBODY) {
          memory.set32(sync + SYNC.owner, memory.get32(thread + THREAD.tid));
          memory.set32(sync + SYNC.lastLock, memory.get32(thread));
        } else if (owner !== memory.get32(thread + THREAD.tid)) this.#break(sync);
        memory.set32(sync + SYNC.recursion, memory.get32(sync + SYNC.recursion) + 1);
      } else {
        if (owner !== NOBODY) this.#break(sync);
        memory.set32(sync + SYNC.lastLock, memory.get32(thread));
      }
      if ((first || !write) && !this.ignores(thread)) {
        acquireFrom(this.context, thread + THREAD.clock, sync + SYNC.clock);
        if (write) acquireFrom(this.context, thread + THREAD.clock, sync + SYNC.readClock);
      }
      return false;
    });
  }

  beforeUnlock(processor: number, thread: number, address: number, write: boolean): void {
    const memory = this.#memory;
    this.trace.unlock(thread, address);
    this.#whileLocked(processor, thread, address, sync => {
      if (write) {
        const recursion = (memory.get32(sync + SYNC.recursion) - 1) >>> 0;
        memory.set32(sync + SYNC.recursion, recursion);
        if (recursion !== 0) return false;
        memory.set32(sync + SYNC.owner, NOBODY);
      } else if (memory.get32(sync + SYNC.owner) !== NOBODY) this.#break(sync);
      if (this.ignores(thread)) return false;
      if (write) releaseStoreTo(this.context, thread + THREAD.clock, sync + SYNC.clock);
      else releaseTo(this.context, thread + THREAD.clock, sync + SYNC.readClock);
      return true;
    });
  }

  /** Go is told of no misuse of a mutex; the mutex is only marked. */
  #break(sync: number): void {
    this.#memory.set32(sync + SYNC.flags, this.#memory.get32(sync + SYNC.flags) | MUTEX_BROKEN);
  }
}
