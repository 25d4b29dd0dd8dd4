/** Threads: one for each goroutine, and one for what runs before the first. Numbers (tids) are never used again. */
import type { RaceMemory } from '../memory.js';
import { acquireFrom, freeClock, releaseStoreTo } from './clock.js';
import type { RaceContext } from './context.js';
import { NO_SLOT, REGISTRY, STATUS, THREAD, THREAD_CONTEXT, TRACE } from './layout.js';
import { type TraceParts, traceOf } from './parts.js';
import type { Slots } from './slots.js';
import type { Sync } from './sync.js';

/** Frames that a new thread's stack has room for, and that a stack is kept with. */
const FIRST_FRAMES = 8;
export const MOST_KEPT = 255;

export class Threads {
  readonly #memory: RaceMemory;
  readonly #registry: number;

  constructor(
    private readonly context: RaceContext,
    private readonly parts: TraceParts,
    private readonly slots: Slots,
    private readonly sync: Sync,
  ) {
    this.#memory = context.memory;
    this.#registry = context.field('registry');
  }

  /** The context of a tid, which outlives its thread. */
  contextOf(tid: number): number {
    return this.#memory.get64(this.#memory.get64(this.#registry + REGISTRY.threads) + tid * 8);
  }

  /** Starts a thread, created at `pc` by `parent` (0: by nobody), whose past it sees. */
  start(parent: number, pc: number): number {
    const memory = this.#memory;
    const context = this.context.allocate(THREAD_CONTEXT.size);
    if (parent !== 0) {
      const frames = this.frames(parent);
      if (pc !== 0) frames.push(pc);
      memory.set32(context + THREAD_CONTEXT.creationStack, this.context.putStack(frames.slice(0, MOST_KEPT)));
      if (memory.get32(parent + THREAD.ignoreSync) === 0) {
        this.slots.lock(parent);
        releaseStoreTo(this.context, parent + THREAD.clock, context + THREAD_CONTEXT.sync);
        memory.set64(context + THREAD_CONTEXT.syncEpoch, this.context.globalEpoch);
        this.sync.incrementEpoch(parent);
        this.slots.unlock(parent);
      }
    }
    const tid = this.#register(context);
    memory.set32(context + THREAD_CONTEXT.tid, tid);
    memory.set64(context + THREAD_CONTEXT.uniqueId, tid);
    memory.set32(context + THREAD_CONTEXT.parent, parent === 0 ? 0xffff_ffff : memory.get32(parent + THREAD.tid));
    memory.set32(context + THREAD_CONTEXT.status, STATUS.running);
    memory.set32(context + THREAD_CONTEXT.detached, 1);
    this.parts.init(traceOf(context));
    const thread = this.#state(tid, context);
    this.slots.attach(thread);
    if (memory.get64(context + THREAD_CONTEXT.syncEpoch) === this.context.globalEpoch) {
      acquireFrom(this.context, thread + THREAD.clock, context + THREAD_CONTEXT.sync);
    }
    this.slots.unlock(thread);
    freeClock(this.context, context + THREAD_CONTEXT.sync);
    return thread;
  }

  end(thread: number): void {
    const memory = this.#memory;
    const context = memory.get64(thread + THREAD.context);
    const trace = traceOf(context);
    memory.set32(thread + THREAD.isDead, 1);
    if (memory.get32(thread + THREAD.ignoreSync) === 0) {
      this.slots.lock(thread);
      this.slots.unlock(thread);
    }
    this.#freeStack(thread);
    this.slots.detach(thread);
    this.parts.finish(trace);
    memory.set64(trace + TRACE.finalPos, memory.get64(thread + THREAD.tracePos));
    memory.set64(context + THREAD_CONTEXT.thread, 0);
    memory.set32(context + THREAD_CONTEXT.status, STATUS.dead);
    this.#count('alive', -1);
    this.#count('running', -1);
    this.context.free(thread, THREAD.size);
  }

  /** Pcs of calls that have not returned, outermost first. */
  frames(thread: number): number[] {
    const memory = this.#memory;
    const bottom = memory.get64(thread + THREAD.stack);
    const depth = Math.max(0, (memory.get64(thread + THREAD.stackPos) - bottom) / 8);
    return Array.from({ length: depth }, (_, index) => memory.get64(bottom + index * 8));
  }

  push(thread: number, pc: number): void {
    const memory = this.#memory;
    let top = memory.get64(thread + THREAD.stackPos);
    if (top === memory.get64(thread + THREAD.stackEnd)) top = this.#growStack(thread);
    // More returns than calls have left the stack below its bottom: nothing is kept there.
    if (top >= memory.get64(thread + THREAD.stack)) memory.set64(top, pc);
    memory.set64(thread + THREAD.stackPos, top + 8);
  }

  pop(thread: number): void {
    this.#memory.set64(thread + THREAD.stackPos, this.#memory.get64(thread + THREAD.stackPos) - 8);
  }

  #state(tid: number, context: number): number {
    const memory = this.#memory;
    const thread = this.context.allocate(THREAD.size);
    const stack = this.context.allocate(FIRST_FRAMES * 8);
    memory.set32(thread, NO_SLOT);
    memory.set32(thread + THREAD.tid, tid);
    memory.set64(thread + THREAD.stackPos, stack);
    memory.set64(thread + THREAD.stack, stack);
    memory.set64(thread + THREAD.stackEnd, stack + FIRST_FRAMES * 8);
    memory.set64(thread + THREAD.context, context);
    memory.set64(context + THREAD_CONTEXT.thread, thread);
    this.#count('alive', 1);
    this.#count('running', 1);
    memory.set64(this.#registry + REGISTRY.maxAlive, Math.max(this.#get('maxAlive'), this.#get('alive')));
    return thread;
  }

  #growStack(thread: number): number {
    const memory = this.#memory;
    const bottom = memory.get64(thread + THREAD.stack);
    const size = memory.get64(thread + THREAD.stackEnd) - bottom;
    const longer = this.context.allocate(size * 2);
    for (let at = 0; at < size; at += 8) memory.set64(longer + at, memory.get64(bottom + at));
    this.context.free(bottom, size);
    memory.set64(thread + THREAD.stack, longer);
    memory.set64(thread + THREAD.stackPos, longer + size);
    memory.set64(thread + THREAD.stackEnd, longer + size * 2);
    return longer + size;
  }

  #freeStack(thread: number): void {
    const memory = this.#memory;
    const bottom = memory.get64(thread + THREAD.stack);
    this.context.free(bottom, memory.get64(thread + THREAD.stackEnd) - bottom);
    for (const field of [THREAD.stack, THREAD.stackPos, THREAD.stackEnd]) memory.set64(thread + field, 0);
  }

  /** Adds a context to the registry; its tid. */
  #register(context: number): number {
    const memory = this.#memory;
    const tid = this.#get('count');
    const capacity = this.#get('capacity');
    if (tid * 8 === capacity) {
      const wanted = Math.max(0x1000, capacity * 2);
      const longer = this.context.map(wanted, 0x1000);
      const threads = this.#get('threads');
      for (let at = 0; at < capacity; at += 8) memory.set64(longer + at, memory.get64(threads + at));
      memory.set64(this.#registry + REGISTRY.threads, longer);
      memory.set64(this.#registry + REGISTRY.capacity, wanted);
    }
    memory.set64(this.#get('threads') + tid * 8, context);
    this.#count('count', 1);
    this.#count('total', 1);
    return tid;
  }

  #get(field: keyof typeof REGISTRY): number {
    return this.#memory.get64(this.#registry + REGISTRY[field]);
  }

  #count(field: keyof typeof REGISTRY, change: number): void {
    this.#memory.set64(this.#registry + REGISTRY[field], this.#get(field) + change);
  }
}
