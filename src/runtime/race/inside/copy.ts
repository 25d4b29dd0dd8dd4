/** The memory of a program that stands still, for what reads the race detector's structures: each page is copied when it is first looked at. */
import type { AddressSpace } from '../../../cpu/api.js';
import { RaceMemory } from '../memory.js';

/** What is read of a program, or of what is left of one. */
export type RaceBytes = Pick<AddressSpace, 'allows' | 'read' | 'readU64'>;

const PAGE = 4096;
const FIRST_PAGES = 16;

export class CopiedRaceMemory extends RaceMemory {
  words = new Uint32Array((FIRST_PAGES * PAGE) / 4);
  halves = new Uint16Array(this.words.buffer);
  readonly #frames = new Map<number, number>();
  #page = -1;
  #place = 0;

  constructor(private readonly memory: RaceBytes) {
    super();
  }

  /** Whether all of `[address, address + size)` is mapped. A pointer that was overwritten leads anywhere. */
  reads(address: number, size: number): boolean {
    return Number.isSafeInteger(address) && address > 0 && this.memory.allows(BigInt(address), size, 'read');
  }

  /** Throws MemoryFault where nothing is mapped. */
  at(address: number): number {
    const page = Math.floor(address / PAGE);
    if (page !== this.#page) {
      this.#place = this.#frames.get(page) ?? this.#copy(page);
      this.#page = page;
    }
    return this.#place + (address % PAGE);
  }

  clear(): never {
    throw new Error('a copy is not written');
  }

  #copy(page: number): number {
    const bytes = this.memory.read(BigInt(page * PAGE), PAGE);
    const place = this.#frames.size * PAGE;
    if (place + PAGE > this.words.byteLength) {
      const longer = new Uint32Array(this.words.length * 2);
      longer.set(this.words);
      this.words = longer;
      this.halves = new Uint16Array(longer.buffer);
    }
    new Uint8Array(this.words.buffer).set(bytes, place);
    this.#frames.set(page, place);
    return place;
  }
}
