/**
 * What is remembered of each byte. Most accesses are to all of an aligned word, so the bytes of one share a history until an access tells them
 * apart.
 */
import type { ByteHistory } from './histories.js';

const WORD = 8;
const WORDS = 512;
const PAGE = WORD * WORDS;

/** Bytes that have raced: what comes later may only follow from that. */
export const RACED = 'raced';
type Byte = ByteHistory | typeof RACED | undefined;
/** Of a word: one for all bytes, or one for each. */
type Word = Byte | Byte[];

export class ByteTable {
  readonly #pages = new Map<number, Word[]>();
  #number = -1;
  #page: Word[] | undefined;

  constructor(private readonly fresh: () => ByteHistory) {}

  /**
   * Calls `work` with each history of `[address, address + size)`, the first of its bytes and how many they are; what it returns true for has raced.
   */
  visit(address: number, size: number, work: (history: ByteHistory, byte: number, count: number) => boolean): void {
    for (let at = address, end = address + size; at < end; ) {
      const offset = at % WORD;
      const count = Math.min(WORD - offset, end - at);
      const page = this.#pageOf(at);
      const index = Math.floor((at % PAGE) / WORD);
      if (count === WORD && !Array.isArray(page[index])) {
        const word = (page[index] ??= this.fresh()) as Byte;
        if (word !== RACED && work(word!, at, WORD)) page[index] = RACED;
      } else this.#visitBytes(page, index, at, count, work);
      at += count;
    }
  }

  #visitBytes(
    page: Word[],
    index: number,
    at: number,
    count: number,
    work: (history: ByteHistory, byte: number, count: number) => boolean,
  ): void {
    const word = page[index];
    let bytes: Byte[];
    if (Array.isArray(word)) bytes = word;
    else {
      bytes = Array.from({ length: WORD }, () => (word === undefined || word === RACED ? word : word.copy()));
      page[index] = bytes;
    }
    for (let byte = at; byte < at + count; byte++) {
      const history = (bytes[byte % WORD] ??= this.fresh());
      if (history !== RACED && work(history, byte, 1)) bytes[byte % WORD] = RACED;
    }
  }

  /** What is known of a byte. */
  at(address: number): Byte {
    const word = this.#pages.get(Math.floor(address / PAGE))?.[Math.floor((address % PAGE) / WORD)];
    return Array.isArray(word) ? word[address % WORD] : word;
  }

  /** Forgets the words that `[address, address + size)` touches. */
  clear(address: number, size: number): void {
    const end = Math.ceil((address + size) / WORD) * WORD;
    for (let at = address - (address % WORD); at < end; ) {
      const number = Math.floor(at / PAGE);
      const next = Math.min(end, (number + 1) * PAGE);
      const page = this.#pages.get(number);
      if (page !== undefined) page.fill(undefined, (at % PAGE) / WORD, WORDS - ((number + 1) * PAGE - next) / WORD);
      at = next;
    }
  }

  /** Each history, and of how many bytes it is. */
  *histories(): Generator<readonly [ByteHistory, bytes: number]> {
    for (const page of this.#pages.values()) {
      for (const word of page) {
        if (Array.isArray(word)) for (const byte of word) if (byte !== undefined && byte !== RACED) yield [byte, 1];
        if (word !== undefined && word !== RACED && !Array.isArray(word)) yield [word, WORD];
      }
    }
  }

  #pageOf(address: number): Word[] {
    const number = Math.floor(address / PAGE);
    if (number === this.#number) return this.#page!;
    let page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, (page = new Array<Word>(WORDS).fill(undefined)));
    this.#number = number;
    return (this.#page = page);
  }
}
