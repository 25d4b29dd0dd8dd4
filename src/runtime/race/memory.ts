/** The memory that a race detector's model keeps its state in: a guest's own, or the sparse one here for scripts that run without a guest. */

/**
 * Addresses are numbers: all that Go's race detector maps lies below 2^47. Words are little-endian and aligned. A subclass says where a page
 * lies in one buffer; all memory reads as zero until it is written.
 */
export abstract class RaceMemory {
  abstract readonly words: Uint32Array;
  abstract readonly halves: Uint16Array;

  /**
   * Where the byte at an address lies in that buffer, in bytes; the rest of its page of 4 KiB lies behind it. The buffer may be another
   * afterwards, so `words` and `halves` are asked for after this.
   */
  abstract at(address: number): number;

  /** Sets `[address, address + size)` to zero; both are multiples of 4. */
  abstract clear(address: number, size: number): void;

  get16(address: number): number {
    const index = this.at(address);
    return this.halves[index >>> 1]!;
  }

  set16(address: number, value: number): void {
    const index = this.at(address);
    this.halves[index >>> 1] = value;
  }

  get32(address: number): number {
    const index = this.at(address);
    return this.words[index >>> 2]!;
  }

  set32(address: number, value: number): void {
    const index = this.at(address);
    this.words[index >>> 2] = value;
  }

  /** A pointer, or another number below 2^53. */
  get64(address: number): number {
    const index = this.at(address) >>> 2;
    return this.words[index]! + this.words[index + 1]! * 0x1_0000_0000;
  }

  set64(address: number, value: number): void {
    this.setPair(address, value >>> 0, Math.floor(value / 0x1_0000_0000));
  }

  setPair(address: number, low: number, high: number): void {
    const index = this.at(address) >>> 2;
    this.words[index] = low;
    this.words[index + 1] = high;
  }

  /** One byte, at any address. */
  get8(address: number): number {
    return (this.get32(address - (address % 4)) >>> ((address % 4) * 8)) & 0xff;
  }

  set8(address: number, value: number): void {
    const shift = (address % 4) * 8;
    const word = address - (address % 4);
    this.set32(word, (this.get32(word) & ~(0xff << shift)) | ((value & 0xff) << shift));
  }
}

const PAGE = 0x1_0000;
const CACHED = 1024;

/** Memory of which only the touched pages exist, in a buffer that grows. */
export class SparseRaceMemory extends RaceMemory {
  words = new Uint32Array(0);
  halves = new Uint16Array(0);
  readonly #frames = new Map<number, number>();
  /** The page that each entry of the cache holds, and where its frame is. */
  readonly #tags = new Float64Array(CACHED).fill(-1);
  readonly #places = new Uint32Array(CACHED);

  constructor() {
    super();
    this.#room(16 * PAGE);
  }

  at(address: number): number {
    const page = Math.floor(address / PAGE);
    const entry = page & (CACHED - 1);
    if (this.#tags[entry] === page) return this.#places[entry]! + (address & (PAGE - 1));
    return this.#find(page, entry) + (address & (PAGE - 1));
  }

  clear(address: number, size: number): void {
    for (let start = address, left = size; left > 0; ) {
      const length = Math.min(left, PAGE - (start & (PAGE - 1)));
      if (this.#frames.has(Math.floor(start / PAGE))) {
        const index = this.at(start) >>> 2;
        this.words.fill(0, index, index + (length >>> 2));
      }
      start += length;
      left -= length;
    }
  }

  #find(page: number, entry: number): number {
    let frame = this.#frames.get(page);
    if (frame === undefined) {
      frame = this.#frames.size * PAGE;
      if (frame + PAGE > this.words.byteLength) this.#room(this.words.byteLength * 2);
      this.#frames.set(page, frame);
    }
    this.#tags[entry] = page;
    this.#places[entry] = frame;
    return frame;
  }

  #room(bytes: number): void {
    const words = new Uint32Array(bytes / 4);
    words.set(this.words);
    this.words = words;
    this.halves = new Uint16Array(words.buffer);
  }
}
