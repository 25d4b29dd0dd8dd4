/**
 * What a thread did, in words of 8 bytes: calls, returns, accesses and changes of its epoch. A report's second stack is found here again. Each
 * part stands by itself, for it begins with the thread's time and stack.
 */
import type { RaceMemory } from '../memory.js';
import type { RaceContext } from './context.js';
import { ACCESS, PART, THREAD } from './layout.js';
import { type TraceParts, traceOf } from './parts.js';
import { epochOf, type Slots, sidOf } from './slots.js';

/** Kinds of event, in bits 2 to 4 of those that are neither accesses nor calls. */
export const EVENT = { accessExt: 0, range: 1, lock: 2, readLock: 3, unlock: 4, time: 5 } as const;
/** Neither call nor anything else, to fill a gap. */
export const NOP = 1;
/** A call has this bit, an access bit 0. */
const FUNCTION = 2;
const TYPE_SHIFT = 2;
/** Where the difference of two pcs is stored, its middle. */
export const PC_DELTA = { bits: 15, middle: 0x4000 } as const;
/** Where a position ends, one cannot tell a part's end from that of any of its pages; so each page ends so. */
const PAGE_END = 0xff0;
/** Of a deeper stack a part begins with the innermost frames only. */
const MOST_FRAMES = 1000;

export class Trace {
  readonly #memory: RaceMemory;

  constructor(
    context: RaceContext,
    private readonly parts: TraceParts,
    private readonly slots: Slots,
  ) {
    this.#memory = context.memory;
  }

  /** A call from `pc`, or with 0 a return. */
  call(thread: number, pc: number): void {
    if (this.#tryCall(thread, pc)) return;
    this.switchPart(thread);
    this.#tryCall(thread, pc);
  }

  /** The thread's sid and epoch, from here on. */
  time(thread: number): void {
    const fast = this.#memory.get32(thread);
    this.#one(thread, (EVENT.time << TYPE_SHIFT) | (sidOf(fast) << 5) | (epochOf(fast) << 13), 0);
  }

  lock(thread: number, address: number, write: boolean): void {
    const pos = this.#position(thread);
    this.#memory.setPair(pos, (write ? EVENT.lock : EVENT.readLock) << TYPE_SHIFT, 0);
    this.#memory.setPair(pos + 8, (address & 0xfff) << 20, Math.floor(address / 0x1000));
    this.#advance(thread, pos + 16);
  }

  unlock(thread: number, address: number): void {
    this.#one(thread, (EVENT.unlock << TYPE_SHIFT) | ((address & 0xfff) << 20), Math.floor(address / 0x1000));
  }

  /** An access of 1, 2, 4 or 8 bytes, of `typ` (ACCESS). False: the part is full. */
  tryAccess(thread: number, pc: number, address: number, size: number, typ: number): boolean {
    const memory = this.#memory;
    const state = memory.at(thread) >>> 2;
    let { words } = memory;
    const low = words[state + THREAD.tracePos / 4]!;
    if (((low + 8) & PAGE_END) === 0) return false;
    const pos = low + words[state + THREAD.tracePos / 4 + 1]! * 0x1_0000_0000;
    const before = words[state + THREAD.tracePrevPc / 4]! + words[state + THREAD.tracePrevPc / 4 + 1]! * 0x1_0000_0000;
    const delta = pc - before + PC_DELTA.middle;
    const kind = ((31 - Math.clz32(size)) << 2) | typ;
    const near = delta >= 0 && delta < 1 << PC_DELTA.bits;
    const event = memory.at(pos) >>> 2;
    words = memory.words;
    words[event] = near
      ? 1 | ((kind & 1) << 1) | ((kind & 2) << 1) | ((kind >> 2) << 3) | (delta << 5) | ((address & 0xfff) << 20)
      : ((kind & 1) << 5) | ((kind & 2) << 5) | ((kind >> 2) << 7) | ((address & 0xfff) << 20);
    words[event + 1] = Math.floor(address / 0x1000);
    const high = Math.floor(pc / 0x1_0000_0000);
    if (!near) {
      words[event + 2] = pc;
      words[event + 3] = high;
    }
    words[state + THREAD.tracePrevPc / 4] = pc;
    words[state + THREAD.tracePrevPc / 4 + 1] = high;
    // A position never leaves its 4 GiB: a part does not cross them.
    words[state + THREAD.tracePos / 4] = low + (near ? 8 : 16);
    return true;
  }

  tryRange(thread: number, pc: number, address: number, size: number, typ: number): boolean {
    const memory = this.#memory;
    const pos = this.#acquire(thread);
    if (pos === 0) return false;
    memory.set64(thread + THREAD.tracePrevPc, pc);
    const read = typ & ACCESS.read ? 1 << 5 : 0;
    memory.setPair(pos, (EVENT.range << TYPE_SHIFT) | read | ((size & 0x1fff) << 7) | ((pc & 0xfff) << 20), Math.floor(pc / 0x1000));
    memory.setPair(pos + 8, address >>> 0, (Math.floor(address / 0x1_0000_0000) & 0xfff) | (Math.floor(size / 0x2000) << 12));
    this.#advance(thread, pos + 16);
    return true;
  }

  /** Called when a position is at the end of a page: goes over it, or on to another part. */
  switchPart(thread: number): void {
    if (this.#skipGap(thread)) return;
    const memory = this.#memory;
    const nested = this.slots.locked(thread);
    if (!nested) this.slots.lock(thread);
    const trace = traceOf(memory.get64(thread + THREAD.context));
    const part = this.parts.allocate(trace);
    memory.set64(thread + THREAD.tracePrevPc, 0);
    const recycled = this.parts.append(trace, part);
    memory.set64(thread + THREAD.tracePos, part + PART.first);
    this.time(thread);
    const bottom = memory.get64(thread + THREAD.stack);
    const top = memory.get64(thread + THREAD.stackPos);
    for (let frame = Math.max(bottom, top - MOST_FRAMES * 8); frame < top; frame += 8) {
      const pc = memory.get64(frame);
      if (this.#tryCall(thread, pc)) continue;
      this.#skipGap(thread);
      this.#tryCall(thread, pc);
    }
    if (this.#acquire(thread) === 0) this.#skipGap(thread);
    this.slots.touch(memory.get64(thread + THREAD.slot));
    if (recycled !== 0) this.parts.recycle(recycled);
    if (!nested) this.slots.unlock(thread);
  }

  #tryCall(thread: number, pc: number): boolean {
    const memory = this.#memory;
    const state = (memory.at(thread) >>> 2) + THREAD.tracePos / 4;
    let { words } = memory;
    const low = words[state]!;
    if (((low + 8) & PAGE_END) === 0) return false;
    const event = memory.at(low + words[state + 1]! * 0x1_0000_0000) >>> 2;
    words = memory.words;
    words[event] = FUNCTION | ((pc & 0x3fff_ffff) << 2);
    words[event + 1] = Math.floor(pc / 0x4000_0000);
    words[state] = low + 8;
    return true;
  }

  /** Where the next event goes; 0 at the end of a page. */
  #acquire(thread: number): number {
    const pos = this.#memory.get64(thread + THREAD.tracePos);
    return ((pos + 8) & PAGE_END) === 0 ? 0 : pos;
  }

  #position(thread: number): number {
    const pos = this.#acquire(thread);
    if (pos !== 0) return pos;
    this.switchPart(thread);
    return this.#acquire(thread);
  }

  #one(thread: number, low: number, high: number): void {
    const pos = this.#position(thread);
    this.#memory.setPair(pos, low, high);
    this.#advance(thread, pos + 8);
  }

  #advance(thread: number, pos: number): void {
    this.#memory.set64(thread + THREAD.tracePos, pos);
  }

  /** Whether the part goes on behind the end of this page. */
  #skipGap(thread: number): boolean {
    const memory = this.#memory;
    const part = this.parts.last(traceOf(memory.get64(thread + THREAD.context)));
    if (part === 0) return false;
    let pos = memory.get64(thread + THREAD.tracePos);
    const end = part + PART.first + PART.events * 8;
    if (pos + 8 < end) {
      const nop = (): void => {
        memory.setPair(pos, NOP, 0);
        pos += 8;
      };
      if ((pos & PAGE_END) === PAGE_END) nop();
      nop();
      this.#advance(thread, pos);
      return true;
    }
    for (; pos < end; pos += 8) memory.setPair(pos, NOP, 0);
    return false;
  }
}
