/**
 * Traces of ThreadSanitizer v2: each thread has a ring of events, and an event's place in it is its epoch's. Each part of a ring notes the stack
 * that it began with.
 */
import type { RaceMemory } from '../memory.js';

/** kTracePartSize, in events. */
export const V2_PART = 8192;
/** Where the rings lie. How far apart is not known here: the headers between them differ between builds. */
const RINGS = { base: 0x6000_0000_0000, apart: 0x0200_0000 } as const;
/** Kinds of event, in the upper 3 bits; the lower 61 are a pc. */
const EVENT = { access: 0, enter: 1, exit: 2 } as const;
const KIND_SHIFT = 29;

/** What the part of a ring begins with. */
interface Header {
  readonly epoch: number;
  readonly stack: readonly number[];
}

export class V2Trace {
  readonly #headers = new Map<number, Header>();
  readonly #base: number;
  readonly #size: number;

  /** `historySize`: a ring has 2^(14 + it) events. */
  constructor(
    private readonly memory: RaceMemory,
    tid: number,
    historySize: number,
  ) {
    this.#base = RINGS.base + tid * RINGS.apart;
    this.#size = (2 * V2_PART) << historySize;
  }

  add(epoch: number, kind: keyof typeof EVENT, pc: number, stack: () => readonly number[]): void {
    if (epoch % V2_PART === 0) this.begin(epoch, stack());
    const high = Math.floor(pc / 0x1_0000_0000) | (EVENT[kind] << KIND_SHIFT);
    this.memory.setPair(this.#base + (epoch % this.#size) * 8, pc >>> 0, high >>> 0);
  }

  begin(epoch: number, stack: readonly number[]): void {
    this.#headers.set(Math.floor(epoch / V2_PART) % (this.#size / V2_PART), { epoch, stack });
  }

  /** The stack at an epoch, outermost first; undefined when its part has been written over. */
  restore(epoch: number): readonly number[] | undefined {
    const header = this.#headers.get(Math.floor(epoch / V2_PART) % (this.#size / V2_PART));
    if (header === undefined || epoch < header.epoch || epoch >= header.epoch + V2_PART) return undefined;
    const stack = [...header.stack];
    let pc = 0;
    const last = epoch % this.#size;
    for (let event = last - (last % V2_PART); event <= last; event++) {
      const index = this.memory.at(this.#base + event * 8) >>> 2;
      const high = this.memory.words[index + 1]!;
      const kind = high >>> KIND_SHIFT;
      const value = this.memory.words[index]! + (high & 0x1fff_ffff) * 0x1_0000_0000;
      if (kind === EVENT.enter) stack.push(value);
      else if (kind === EVENT.exit) stack.pop();
      else pc = value;
    }
    return stack.length === 0 && pc === 0 ? undefined : [...stack, pc];
  }
}
