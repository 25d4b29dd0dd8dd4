/** What lies at an address besides data: SyncVars, found by a word of meta memory for each 8 bytes, in slabs that are never given back. */
import { metaAddress } from '../layout.js';
import type { RaceMemory } from '../memory.js';
import { freeClock } from './clock.js';
import type { RaceContext } from './context.js';
import { META, NO_SLOT, SYNC } from './layout.js';

/** DenseSlabAllocCache: the number of free indices a processor has at hand, and those. */
const CACHE = { pos: 0, indices: 8, room: 128 } as const;
export const PROCESSOR_BYTES = 0x4000;
const SYNC_CACHE = 0x2000;
/** Behind the table of slabs, in a place that no decoder reads: how many slabs there are, and the list of free indices. */
const STATE = { filled: 0, free: 8 } as const;

export class MetaMap {
  readonly #memory: RaceMemory;
  readonly #slabs: number;
  readonly #state: number;

  constructor(private readonly context: RaceContext) {
    this.#memory = context.memory;
    this.#slabs = context.field('syncSlabs');
    this.#state = context.root('slabs', () => context.map(0x10, 0x10));
  }

  /** The SyncVar of an address, or 0. */
  find(address: number): number {
    const memory = this.#memory;
    for (let word = memory.get32(metaAddress(address)); word >= META.sync; ) {
      const sync = this.#at(word & META.index);
      if (memory.get64(sync + SYNC.address) === address) return sync;
      word = memory.get32(sync + SYNC.next);
    }
    return 0;
  }

  findOrCreate(processor: number, address: number): number {
    const found = this.find(address);
    if (found !== 0) return found;
    const memory = this.#memory;
    const meta = metaAddress(address);
    const index = this.#take(processor + SYNC_CACHE);
    const sync = this.#at(index);
    this.#reset(sync);
    memory.set64(sync + SYNC.address, address);
    memory.set32(sync + SYNC.next, memory.get32(meta));
    memory.set32(meta, (META.sync | index) >>> 0);
    return sync;
  }

  /** Forgets the SyncVars of `[address, address + size)`: memory that is free has no history of synchronisation. */
  freeRange(processor: number, address: number, size: number): void {
    const memory = this.#memory;
    const first = metaAddress(address);
    const end = Math.max(metaAddress(address + size), first + 4);
    for (let meta = first; meta < end; meta += 4) {
      let word = memory.get32(meta);
      if (word === 0) continue;
      memory.set32(meta, 0);
      while (word >= META.sync) {
        const index = word & META.index;
        const sync = this.#at(index);
        word = memory.get32(sync + SYNC.next);
        if (this.context.release.slabs === 'single') this.#reset(sync);
        this.#give(processor + SYNC_CACHE, index);
      }
    }
  }

  /** After a reset no clock means anything. */
  resetClocks(): void {
    const memory = this.#memory;
    const filled = memory.get64(this.#state + STATE.filled);
    for (let index = 1; index < filled * SYNC.perSlab; index++) {
      const sync = this.#at(index);
      freeClock(this.context, sync + SYNC.clock);
      freeClock(this.context, sync + SYNC.readClock);
      memory.set32(sync + SYNC.lastLock, NO_SLOT);
    }
  }

  #at(index: number): number {
    return this.#memory.get64(this.#slabs + Math.floor(index / SYNC.perSlab) * 8) + (index % SYNC.perSlab) * SYNC.size;
  }

  #reset(sync: number): void {
    const memory = this.#memory;
    memory.set32(sync + SYNC.creationStack, 0);
    memory.set32(sync + SYNC.owner, 0xffff_ffff);
    memory.set32(sync + SYNC.lastLock, NO_SLOT);
    memory.set32(sync + SYNC.recursion, 0);
    memory.set32(sync + SYNC.flags, 0);
    freeClock(this.context, sync + SYNC.clock);
    freeClock(this.context, sync + SYNC.readClock);
  }

  // ---- indices: a processor's cache in front of one list, which is refilled by slabs ----------------------------------------------------

  #take(cache: number): number {
    const memory = this.#memory;
    if (memory.get64(cache + CACHE.pos) === 0) {
      if (this.context.release.slabs === 'single') this.#refillSingle(cache);
      else this.#refillBatch(cache);
    }
    return this.#pop(cache);
  }

  #give(cache: number, index: number): void {
    if (this.#memory.get64(cache + CACHE.pos) === CACHE.room) this.#drain(cache);
    this.#push(cache, index);
  }

  #push(cache: number, index: number): void {
    const pos = this.#memory.get64(cache + CACHE.pos);
    this.#memory.set32(cache + CACHE.indices + pos * 4, index);
    this.#memory.set64(cache + CACHE.pos, pos + 1);
  }

  #pop(cache: number): number {
    const pos = this.#memory.get64(cache + CACHE.pos) - 1;
    this.#memory.set64(cache + CACHE.pos, pos);
    return this.#memory.get32(cache + CACHE.indices + pos * 4);
  }

  /** A new slab; index 0 of the first is never given out. Returns the index of its first object. */
  #slab(): number {
    const memory = this.#memory;
    const filled = memory.get64(this.#state + STATE.filled);
    // An object must not cross a page for its words to be reached one by one: they are aligned to 8, so none does.
    memory.set64(this.#slabs + filled * 8, this.context.map(SYNC.perSlab * SYNC.size, 0x1000));
    memory.set64(this.#state + STATE.filled, filled + 1);
    return filled * SYNC.perSlab;
  }

  /** Go 1.19: free objects are a list, linked through their first word. */
  #refillSingle(cache: number): void {
    const memory = this.#memory;
    if (memory.get64(this.#state + STATE.free) === 0) {
      const start = this.#slab();
      const last = start + SYNC.perSlab - 1;
      for (let index = start === 0 ? 1 : start; index < last; index++) memory.set32(this.#at(index), index + 1);
      memory.set64(this.#state + STATE.free, start === 0 ? 1 : start);
    }
    for (let left = CACHE.room / 2; left > 0; left--) {
      const index = memory.get64(this.#state + STATE.free);
      if (index === 0) return;
      this.#push(cache, index);
      memory.set64(this.#state + STATE.free, memory.get32(this.#at(index)));
    }
  }

  /** Since: a list of batches, linked through the first word of their heads; those inside of one through the second. */
  #refillBatch(cache: number): void {
    const memory = this.#memory;
    let index = memory.get64(this.#state + STATE.free);
    if (index === 0) {
      const start = this.#slab();
      for (let next = start === 0 ? 1 : start; next < start + SYNC.perSlab; next++) {
        this.#push(cache, next);
        if (memory.get64(cache + CACHE.pos) === CACHE.room) this.#drain(cache);
      }
      return;
    }
    memory.set64(this.#state + STATE.free, memory.get32(this.#at(index)));
    while (index !== 0) {
      this.#push(cache, index);
      index = memory.get32(this.#at(index) + 4);
    }
  }

  /** Half of a full cache goes back to the list. */
  #drain(cache: number): void {
    const memory = this.#memory;
    const batch = this.context.release.slabs === 'batch';
    let head = 0;
    for (let left = CACHE.room / 2; left > 0; left--) {
      const index = this.#pop(cache);
      if (batch) memory.set32(this.#at(index) + 4, head);
      else this.#link(index);
      head = index;
    }
    if (batch) this.#link(head);
  }

  #link(index: number): void {
    this.#memory.set32(this.#at(index), this.#memory.get64(this.#state + STATE.free));
    this.#memory.set64(this.#state + STATE.free, index);
  }
}
