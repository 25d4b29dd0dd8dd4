/** Memory accesses against the four cells of each 8 bytes: which stay, which go, and which race. */
import { shadowAddress } from '../layout.js';
import type { RaceMemory } from '../memory.js';
import type { RaceContext } from './context.js';
import { ACCESS, THREAD } from './layout.js';
import type { Trace } from './trace.js';

export const CELLS = 4;
/** A cell that no access meets: it marks a word that has raced. */
export const MARKER = 0x4000_0000;
const IGNORE = 0x8000_0000;
const GRANULE = 8;

/** Called with the word's first cell, and the cell of this access and of the other one. */
export type OnRace = (thread: number, cells: number, current: number, old: number) => void;

export class Accesses {
  readonly #memory: RaceMemory;
  /** An access that stands for several cells goes to the first of them only. */
  readonly #once: boolean;

  constructor(
    context: RaceContext,
    private readonly trace: Trace,
    private readonly onRace: OnRace,
  ) {
    this.#memory = context.memory;
    this.#once = context.release.vectors === true;
  }

  /** An access of 1, 2, 4 or 8 bytes; what goes beyond its 8 bytes is not seen. */
  access(thread: number, pc: number, address: number, size: number, typ: number): void {
    const memory = this.#memory;
    const cells = shadowAddress(address);
    const mask = (((1 << size) - 1) << (address % GRANULE)) & 0xff;
    for (;;) {
      const fast = memory.get32(thread);
      const current = ((fast & 0x3fff_ff00) | mask | (typ << 30)) >>> 0;
      if (this.#same(cells, current, typ) || fast >= IGNORE) return;
      if (this.trace.tryAccess(thread, pc, address, size, typ)) {
        this.#check(thread, cells, current, typ);
        return;
      }
      // The thread may have another slot and epoch after this.
      this.trace.switchPart(thread);
    }
  }

  range(thread: number, pc: number, address: number, size: number, typ: number): void {
    const memory = this.#memory;
    let cells = shadowAddress(address);
    for (;;) {
      if (memory.get32(cells) === MARKER || memory.get32(thread) >= IGNORE) return;
      if (this.trace.tryRange(thread, pc, address, size, typ)) break;
      this.trace.switchPart(thread);
    }
    const state = ((memory.get32(thread) & 0x3fff_ff00) | (typ << 30)) >>> 0;
    let offset = address % GRANULE;
    for (let left = size; left > 0; ) {
      const length = Math.min(left, GRANULE - offset);
      const current = (state | ((((1 << length) - 1) << offset) & 0xff)) >>> 0;
      if (!this.#same(cells, current, typ) && this.#check(thread, cells, current, typ)) return;
      left -= length;
      offset = 0;
      cells += CELLS * 4;
    }
  }

  /** Whether a cell already says all that this access would. */
  #same(cells: number, current: number, typ: number): boolean {
    const index = this.#memory.at(cells) >>> 2;
    const { words } = this.#memory;
    // A read is also covered by the same thread's write of the same epoch.
    const read = typ & ACCESS.read ? MARKER : 0;
    for (let cell = index; cell < index + CELLS; cell++) if ((words[cell]! | read) >>> 0 === current) return true;
    return false;
  }

  /** True when it raced. */
  #check(thread: number, cells: number, current: number, typ: number): boolean {
    const memory = this.#memory;
    const index = memory.at(cells) >>> 2;
    const { words } = memory;
    let stored = false;
    for (let cell = index; cell < index + CELLS; cell++) {
      const old = words[cell]!;
      if (old === 0) {
        if (!stored) words[cell] = current;
        return false;
      }
      if ((old & current & 0xff) === 0) continue;
      const sid = (old >>> 8) & 0xff;
      if (sid === ((current >>> 8) & 0xff)) {
        if (((old ^ current) & 0xff) === 0 && old >>> 30 >= typ) {
          if (!stored || !this.#once) words[cell] = current;
          stored = true;
        }
        continue;
      }
      if (((old >>> 30) & typ) !== 0) continue;
      if (memory.get16(thread + THREAD.clock + sid * 2) >= ((old >>> 16) & 0x3fff)) continue;
      words[index] = MARKER;
      words.fill(0, index + 1, index + CELLS);
      this.onRace(thread, cells, current, old);
      return true;
    }
    // The victim follows from where the thread's trace stands.
    if (!stored) words[(memory.at(cells) >>> 2) + ((memory.get32(thread + THREAD.tracePos) >>> 3) % CELLS)] = current;
    return false;
  }
}
