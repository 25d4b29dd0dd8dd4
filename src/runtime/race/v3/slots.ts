/**
 * The 255 slots that threads share. A thread has one while it runs; who comes later takes the slot that was longest unused from its owner. An
 * epoch belongs to a slot, so each slot has a journal of who had it from which epoch on.
 */
import { shadowAddress } from '../layout.js';
import type { RaceMemory } from '../memory.js';
import { setClock } from './clock.js';
import type { IntrusiveLists, RaceContext } from './context.js';
import { CLOCK_BYTES, EPOCH_LAST, REGISTRY, SLOT, SLOTS, THREAD } from './layout.js';
import type { MetaMap } from './metamap.js';
import { type TraceParts, traceOf } from './parts.js';

/** Vector in a journal: begin, end, and end of its room; an entry is the tid and the epoch, 4 bytes each. */
const JOURNAL = { begin: 0, end: 8, room: 0x10, entry: 8, least: 64 } as const;
const SLOT_BITS = 0x3fff_ff00;

export const epochOf = (fastState: number): number => (fastState >>> 16) & EPOCH_LAST;
export const sidOf = (fastState: number): number => (fastState >>> 8) & 0xff;

export class Slots {
  readonly #memory: RaceMemory;
  readonly #lists: IntrusiveLists;
  readonly #queue: number;

  constructor(
    private readonly context: RaceContext,
    private readonly parts: TraceParts,
    private readonly metamap: MetaMap,
  ) {
    this.#memory = context.memory;
    this.#lists = parts.lists;
    this.#queue = context.field('slotQueue');
    if (!context.fresh) return;
    this.#lists.clear(this.#queue);
    for (let sid = 0; sid < SLOTS; sid++) {
      this.#memory.set32(this.at(sid) + SLOT.sid, sid);
      this.#lists.pushBack(this.#queue, this.at(sid) + SLOT.node);
    }
    this.#memory.set64(context.field('globalEpoch'), 1);
  }

  at(sid: number): number {
    return this.context.field('slots') + sid * SLOT.size;
  }

  epoch(slot: number): number {
    return this.#memory.get32(slot + SLOT.epoch);
  }

  setEpoch(slot: number, epoch: number): void {
    this.#memory.set32(slot + SLOT.epoch, epoch);
  }

  /** The thread that had a slot at an epoch. */
  tidAt(sid: number, epoch: number): number | undefined {
    const memory = this.#memory;
    const journal = this.at(sid) + SLOT.journal;
    const end = memory.get64(journal + JOURNAL.end);
    let tid: number | undefined;
    for (let entry = memory.get64(journal + JOURNAL.begin); entry < end; entry += JOURNAL.entry) {
      if (memory.get32(entry + 4) > epoch) break;
      tid = memory.get32(entry);
    }
    return tid;
  }

  /** Before anything that synchronises: makes sure that the thread still has its slot, and that the slot has an epoch left. */
  lock(thread: number): void {
    const memory = this.#memory;
    const slot = memory.get64(thread + THREAD.slot);
    memory.set32(thread + THREAD.slotLocked, 1);
    if (memory.get64(slot + SLOT.thread) === thread && epochOf(memory.get32(thread)) !== EPOCH_LAST) return;
    this.detach(thread);
    memory.set32(thread + THREAD.slotLocked, 0);
    this.attach(thread);
  }

  unlock(thread: number): void {
    this.#memory.set32(thread + THREAD.slotLocked, 0);
  }

  locked(thread: number): boolean {
    return this.#memory.get32(thread + THREAD.slotLocked) !== 0;
  }

  /** Attaches a thread to the slot that was longest unused, and leaves that locked. */
  attach(thread: number): void {
    const memory = this.#memory;
    const slot = this.#find(thread);
    const epoch = this.epoch(slot) + 1;
    const sid = memory.get32(slot + SLOT.sid);
    memory.set64(slot + SLOT.thread, thread);
    memory.set64(thread + THREAD.slot, slot);
    this.setEpoch(slot, epoch);
    memory.set32(thread, (memory.get32(thread) & ~SLOT_BITS) | (sid << 8) | (epoch << 16));
    const { globalEpoch } = this.context;
    if (memory.get64(thread + THREAD.slotEpoch) !== globalEpoch) {
      memory.set64(thread + THREAD.slotEpoch, globalEpoch);
      memory.clear(thread + THREAD.clock, CLOCK_BYTES);
    }
    setClock(memory, thread + THREAD.clock, sid, epoch);
    this.#note(slot, memory.get32(thread + THREAD.tid), epoch);
  }

  /** The thread gives its slot up; when that is no longer its own, only what a reset has left of it. */
  detach(thread: number): void {
    const memory = this.#memory;
    const slot = memory.get64(thread + THREAD.slot);
    memory.set64(thread + THREAD.slot, 0);
    if (memory.get64(slot + SLOT.thread) === thread) {
      this.setEpoch(slot, epochOf(memory.get32(thread)));
      memory.set64(slot + SLOT.thread, 0);
      return;
    }
    if (memory.get64(thread + THREAD.slotEpoch) === this.context.globalEpoch) return;
    memory.set64(thread + THREAD.tracePos, 0);
    memory.set64(thread + THREAD.tracePrevPc, 0);
    this.parts.dropStale(traceOf(memory.get64(thread + THREAD.context)));
  }

  /** The slot was used just now. */
  touch(slot: number): void {
    if (!this.#lists.queued(slot + SLOT.node)) return;
    this.#lists.remove(this.#queue, slot + SLOT.node);
    this.#lists.pushBack(this.#queue, slot + SLOT.node);
  }

  #find(thread: number): number {
    const memory = this.#memory;
    for (;;) {
      const slot = this.#unused();
      if (slot === 0) {
        this.#reset();
        continue;
      }
      memory.set32(thread + THREAD.slotLocked, 1);
      const owner = memory.get64(slot + SLOT.thread);
      if (owner !== 0) {
        this.setEpoch(slot, epochOf(memory.get32(owner)));
        memory.set64(slot + SLOT.thread, 0);
      }
      if (this.epoch(slot) !== EPOCH_LAST) return slot;
      if (this.#lists.queued(slot + SLOT.node)) this.#lists.remove(this.#queue, slot + SLOT.node);
    }
  }

  /** The front of the queue, which goes to its back; slots without epochs leave it. 0 when none is left. */
  #unused(): number {
    for (;;) {
      const node = this.#lists.popFront(this.#queue);
      if (node === 0) return 0;
      const slot = node - SLOT.node;
      if (this.epoch(slot) === EPOCH_LAST) continue;
      this.#lists.pushBack(this.#queue, node);
      return slot;
    }
  }

  /** No slot has an epoch left: all begins anew, and every race that spans this moment is lost. */
  #reset(): void {
    const memory = this.#memory;
    const { context } = this;
    memory.set64(context.field('globalEpoch'), context.globalEpoch + 1);
    const registry = context.field('registry');
    const threads = memory.get64(registry + REGISTRY.threads);
    for (let tid = memory.get64(registry + REGISTRY.count) - 1; tid >= 0; tid--) this.parts.reset(memory.get64(threads + tid * 8));
    while (this.#lists.popFront(this.#queue) !== 0);
    for (let sid = 0; sid < SLOTS; sid++) {
      const slot = this.at(sid);
      this.setEpoch(slot, 0);
      memory.set64(slot + SLOT.journal + JOURNAL.end, memory.get64(slot + SLOT.journal + JOURNAL.begin));
      memory.set64(slot + SLOT.thread, 0);
      this.#lists.pushBack(this.#queue, slot + SLOT.node);
    }
    const begin = memory.get64(context.field('mappedShadow'));
    const end = memory.get64(context.field('mappedShadow') + 8);
    if (end > begin) memory.clear(begin, end - begin);
    this.metamap.resetClocks();
    if (context.release.remembersSpurious) memory.set32(context.field('lastSpurious'), 0);
  }

  #note(slot: number, tid: number, epoch: number): void {
    const memory = this.#memory;
    const journal = slot + SLOT.journal;
    const begin = memory.get64(journal + JOURNAL.begin);
    let end = memory.get64(journal + JOURNAL.end);
    if (end === memory.get64(journal + JOURNAL.room)) {
      const size = end - begin;
      const wanted = Math.max(size * 2, JOURNAL.least);
      const longer = this.context.allocate(wanted);
      for (let at = 0; at < size; at += 4) memory.set32(longer + at, memory.get32(begin + at));
      if (begin !== 0) this.context.free(begin, size);
      memory.set64(journal + JOURNAL.begin, longer);
      memory.set64(journal + JOURNAL.room, longer + wanted);
      end = longer + size;
    }
    memory.set32(end, tid);
    memory.set32(end + 4, epoch);
    memory.set64(journal + JOURNAL.end, end + JOURNAL.entry);
  }
}

/** Widens the bounds of the shadow that a reset clears by that of `[address, address + size)`. */
export function growMappedShadow(context: RaceContext, address: number, size: number): void {
  const { memory } = context;
  const field = context.field('mappedShadow');
  const [begin, end] = [shadowAddress(address), shadowAddress(address + size)];
  const before = memory.get64(field);
  memory.set64(field, before === 0 ? begin : Math.min(before, begin));
  memory.set64(field + 8, Math.max(memory.get64(field + 8), end));
}
