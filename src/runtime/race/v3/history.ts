/** Finds the stack of an access that happened before, by replaying the trace of the thread that made it. */
import type { RaceMemory } from '../memory.js';
import type { RaceContext } from './context.js';
import { ACCESS, PART, THREAD, THREAD_CONTEXT, TRACE } from './layout.js';
import { type TraceParts, traceOf } from './parts.js';
import type { Slots } from './slots.js';
import type { Threads } from './threads.js';
import { EVENT, NOP, PC_DELTA } from './trace.js';

/** An access as a cell of the shadow tells it. */
export interface OldAccess {
  readonly sid: number;
  readonly epoch: number;
  readonly address: number;
  readonly size: number;
  /** ACCESS. */
  readonly typ: number;
}

export interface Restored {
  readonly tid: number;
  /** Outermost first; the access's own pc is the last. */
  readonly stack: readonly number[];
}

export class History {
  readonly #memory: RaceMemory;

  constructor(
    context: RaceContext,
    private readonly parts: TraceParts,
    private readonly slots: Slots,
    private readonly threads: Threads,
  ) {
    this.#memory = context.memory;
  }

  /** The last access of that epoch that holds all its bytes; undefined when the trace no longer reaches back so far. */
  restore(wanted: OldAccess): Restored | undefined {
    const memory = this.#memory;
    const tid = this.slots.tidAt(wanted.sid, wanted.epoch);
    if (tid === undefined) return undefined;
    const context = this.threads.contextOf(tid);
    const trace = traceOf(context);
    const first = this.parts.first(trace);
    if (first === 0) return undefined;
    const last = this.parts.last(trace);
    const thread = memory.get64(context + THREAD_CONTEXT.thread);
    const end = memory.get64(thread === 0 ? trace + TRACE.finalPos : thread + THREAD.tracePos);
    const replay = new Replay(memory, wanted);
    for (let part = first; ; part = this.parts.next(trace, part)) {
      const past = replay.part(part, part === last ? end : part + PART.first + (PART.events - 1) * 8);
      if (past || part === last) break;
    }
    return replay.found && { tid, stack: replay.found };
  }
}

/** One walk over a trace, part by part. */
class Replay {
  found: readonly number[] | undefined;
  readonly #stack: number[] = [];
  #pc = 0;
  #sid = -1;
  #epoch = -1;

  constructor(
    private readonly memory: RaceMemory,
    private readonly wanted: OldAccess,
  ) {}

  /** Returns true when the wanted epoch is over. */
  part(part: number, end: number): boolean {
    const { memory, wanted } = this;
    this.#stack.length = 0;
    this.#pc = 0;
    for (let pos = part + PART.first; pos < end; pos += 8) {
      const index = memory.at(pos) >>> 2;
      const low = memory.words[index]!;
      const high = memory.words[index + 1]!;
      if (low & 1) {
        if (low !== NOP || high !== 0) this.#access(low, high);
      } else if (low & 2) this.#call((low >>> 2) + high * 0x4000_0000);
      else {
        const type = (low >>> 2) & 7;
        if (type === EVENT.time) {
          this.#sid = (low >>> 5) & 0xff;
          this.#epoch = (low >>> 13) & 0x3fff;
          if (this.#sid === wanted.sid && this.#epoch > wanted.epoch) return true;
        } else if (type !== EVENT.unlock) {
          pos += 8;
          this.#wide(type, low, high, memory.words[index + 2]!, memory.words[index + 3]!);
        }
      }
    }
    return false;
  }

  #access(low: number, high: number): void {
    this.#pc += ((low >>> 5) & 0x7fff) - PC_DELTA.middle;
    this.#match(high * 0x1000 + (low >>> 20), 1 << ((low >>> 3) & 3), ((low >>> 1) & 1) | ((low >>> 1) & 2));
  }

  /** Events of two words. */
  #wide(type: number, low: number, high: number, low2: number, high2: number): void {
    const field = high * 0x1000 + (low >>> 20);
    if (type === EVENT.accessExt) {
      this.#pc = low2 + high2 * 0x1_0000_0000;
      this.#match(field, 1 << ((low >>> 7) & 3), ((low >>> 5) & 1) | ((low >>> 5) & 2));
    } else if (type === EVENT.range) {
      this.#pc = field;
      const size = ((low >>> 7) & 0x1fff) + (high2 >>> 12) * 0x2000;
      this.#match(low2 + (high2 & 0xfff) * 0x1_0000_0000, size, low & (1 << 5) ? ACCESS.read : 0);
    }
  }

  #call(pc: number): void {
    if (pc !== 0) this.#stack.push(pc);
    else this.#stack.pop();
  }

  #match(address: number, size: number, typ: number): void {
    const { wanted } = this;
    if (this.#sid !== wanted.sid || this.#epoch !== wanted.epoch || typ !== wanted.typ) return;
    if (wanted.address < address || wanted.address + wanted.size > address + size) return;
    this.found = [...this.#stack, this.#pc];
  }
}
