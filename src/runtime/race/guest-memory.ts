/** A guest's own memory, as the race detector's model works on it: what it keeps there is seen, watched and saved like all else. */
import { type AddressSpace, PAGE_SIZE } from '../../cpu/api.js';
import { RaceMemory } from './memory.js';

const CACHED = 256;

export class GuestRaceMemory extends RaceMemory {
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
  /** The page that each entry of the cache holds, and where it lies. */
  readonly #tags = new Float64Array(CACHED).fill(-1);
  readonly #places = new Float64Array(CACHED);

  constructor(private readonly space: AddressSpace) {
    super();
    this.words = new Uint32Array(space.memory.buffer);
    this.halves = new Uint16Array(space.memory.buffer);
  }

  /** To be called before each piece of work: where pages lie is known only while nobody else does anything. */
  begin(): void {
    this.#tags.fill(-1);
  }

  /** Throws MemoryFault. */
  at(address: number): number {
    const page = Math.floor(address / PAGE_SIZE);
    const entry = page & (CACHED - 1);
    if (this.#tags[entry] !== page) {
      this.#places[entry] = this.space.changing(page);
      this.#tags[entry] = page;
    }
    return this.#places[entry]! + (address & (PAGE_SIZE - 1));
  }

  /** What was never touched is zero, and stays untouched. */
  clear(address: number, size: number): void {
    const whole = Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
    const end = Math.floor((address + size) / PAGE_SIZE) * PAGE_SIZE;
    if (whole >= end) {
      this.#fill(address, size);
      return;
    }
    this.#fill(address, whole - address);
    this.space.discard(BigInt(whole), BigInt(end - whole));
    this.begin();
    this.#fill(end, address + size - end);
  }

  #fill(address: number, size: number): void {
    for (let at = address; at < address + size; ) {
      const length = Math.min(address + size - at, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
      const index = this.at(at) >>> 2;
      this.words.fill(0, index, index + (length >>> 2));
      at += length;
    }
  }
}
