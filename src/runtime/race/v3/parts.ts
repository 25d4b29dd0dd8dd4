/** Trace parts: who has which, and which are taken from whom when there are enough. */
import type { RaceMemory } from '../memory.js';
import { IntrusiveLists, type RaceContext } from './context.js';
import { PART, THREAD, THREAD_CONTEXT, TRACE } from './layout.js';

/** A thread has at least so many parts before its oldest is used again; `history_size` adds to it. */
const LEAST_PARTS = 3;
/** Ended threads' parts: from `low` on each such thread keeps one, from `high` on none. */
const FINISHED = { low: 16, high: 64 } as const;

export const traceOf = (context: number): number => context + THREAD_CONTEXT.trace;
const partsOf = (trace: number): number => trace + TRACE.parts;

export class TraceParts {
  readonly lists: IntrusiveLists;
  readonly #memory: RaceMemory;
  readonly #recycle: number;

  constructor(private readonly context: RaceContext) {
    this.#memory = context.memory;
    this.lists = new IntrusiveLists(context.memory);
    this.#recycle = context.field('recycle');
    if (context.fresh) this.lists.clear(this.#recycle);
  }

  /** How many of a thread's parts are not yet anyone's to take. */
  get local(): number {
    return (LEAST_PARTS + this.context.flags.history_size + 1) >>> 1;
  }

  count(trace: number): number {
    return this.lists.count(partsOf(trace));
  }

  first(trace: number): number {
    return this.#part(this.lists.front(partsOf(trace)));
  }

  last(trace: number): number {
    return this.#part(this.lists.back(partsOf(trace)));
  }

  next(trace: number, part: number): number {
    return this.#part(this.lists.next(partsOf(trace), part + PART.node));
  }

  /** A part for a thread: a new one, or the longest unused of all. */
  allocate(trace: number): number {
    const memory = this.#memory;
    const most = LEAST_PARTS + this.context.flags.history_size;
    let part = 0;
    if (memory.get64(trace + TRACE.allocated) === most || this.#get('partsExcess') > 0) {
      const node = this.lists.popFront(this.#recycle);
      part = node === 0 ? 0 : node - PART.recycleNode;
      const owner = part === 0 ? 0 : memory.get64(part + PART.trace);
      if (owner !== 0) {
        memory.set64(part + PART.trace, 0);
        this.lists.popFront(partsOf(owner));
        this.#shrink(owner, this.count(owner));
      }
    }
    const allocated = memory.get64(trace + TRACE.allocated);
    if (allocated < most) {
      memory.set64(trace + TRACE.allocated, allocated + 1);
      if (this.#get('partsExcess') > 0) this.#add('partsExcess', -1);
    }
    if (part === 0) this.#add('partsTotal', 1);
    else if (this.#get('partsFinished') > 0) this.#add('partsFinished', -1);
    return part === 0 ? this.context.mapPart(PART.size) : part;
  }

  /** Appends a part, and gives the oldest of the thread's own to be taken by others, which it returns (or 0) for `recycle`. */
  append(trace: number, part: number): number {
    const memory = this.#memory;
    memory.set64(part + PART.trace, trace);
    const count = this.count(trace);
    if (count === 0) memory.set64(trace + TRACE.localHead, part);
    let recycled = 0;
    if (count >= this.local) {
      recycled = memory.get64(trace + TRACE.localHead);
      memory.set64(trace + TRACE.localHead, this.next(trace, recycled));
    }
    this.lists.pushBack(partsOf(trace), part + PART.node);
    return recycled;
  }

  recycle(part: number): void {
    this.lists.pushBack(this.#recycle, part + PART.recycleNode);
  }

  /** The thread has ended: all its parts may be taken, and from some number on they must. */
  finish(trace: number): void {
    const memory = this.#memory;
    for (let part = memory.get64(trace + TRACE.localHead); part !== 0; part = this.next(trace, part)) this.recycle(part);
    memory.set64(trace + TRACE.localHead, 0);
    const count = this.count(trace);
    this.#add('partsFinished', count);
    const finished = this.#get('partsFinished');
    if (finished > FINISHED.high) {
      this.#add('partsExcess', count);
      memory.set64(trace + TRACE.allocated, 0);
    } else if (finished > FINISHED.low && count > 1) {
      this.#add('partsExcess', count - 1);
      memory.set64(trace + TRACE.allocated, 1);
    }
  }

  /** Frees the only part of a thread that finds out that everything was reset. */
  dropStale(trace: number): void {
    const node = this.lists.popFront(partsOf(trace));
    this.#memory.set64(trace + TRACE.localHead, 0);
    if (node !== 0) this.#free(this.#part(node));
  }

  /** Frees all parts of a thread, but for the last if it is running in it. */
  reset(context: number): void {
    const memory = this.#memory;
    const trace = traceOf(context);
    const thread = memory.get64(context + THREAD_CONTEXT.thread);
    const attached = thread !== 0 && memory.get64(thread + THREAD.slot) !== 0;
    let local = false;
    for (let part = this.first(trace); part !== 0; part = this.first(trace)) {
      local ||= part === memory.get64(trace + TRACE.localHead);
      if (!local) this.lists.remove(this.#recycle, part + PART.recycleNode);
      if (attached && this.count(trace) === 1) {
        // Its next event finds the part full, and attaches anew.
        memory.set64(thread + THREAD.tracePos, part + PART.first + PART.events * 8);
        break;
      }
      this.lists.remove(partsOf(trace), part + PART.node);
      this.#free(part);
    }
    memory.set64(trace + TRACE.localHead, this.first(trace));
    if (thread !== 0 && !attached) {
      memory.set64(thread + THREAD.tracePos, 0);
      memory.set64(thread + THREAD.tracePrevPc, 0);
    }
    this.#shrink(trace, this.count(trace));
  }

  init(trace: number): void {
    this.lists.clear(partsOf(trace));
  }

  #free(part: number): void {
    this.#memory.set64(part + PART.trace, 0);
    this.lists.pushFront(this.#recycle, part + PART.recycleNode);
  }

  /** A thread has lost parts that it may allocate again; then somebody else must give up as many. */
  #shrink(trace: number, to: number): void {
    const allocated = this.#memory.get64(trace + TRACE.allocated);
    if (allocated <= to) return;
    this.#add('partsExcess', allocated - to);
    this.#memory.set64(trace + TRACE.allocated, to);
  }

  #part(node: number): number {
    return node === 0 ? 0 : node - PART.node;
  }

  #get(counter: 'partsTotal' | 'partsFinished' | 'partsExcess'): number {
    return this.#memory.get64(this.context.field(counter));
  }

  #add(counter: 'partsTotal' | 'partsFinished' | 'partsExcess', change: number): void {
    this.#memory.set64(this.context.field(counter), this.#get(counter) + change);
  }
}
