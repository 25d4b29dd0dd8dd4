/** What the race detector knows at a stop, read from its own structures in the program's memory. Nothing here changes anything. */
import { metaAddress, shadowAddress, shadowedAddress } from '../layout.js';
import { CELLS, MARKER } from '../v3/access.js';
import { ACCESS, LIST, META, PART, REGISTRY, SLOT, SLOTS, STATUS, SYNC, THREAD, THREAD_CONTEXT, TRACE } from '../v3/layout.js';
import { decodeCell } from '../v3/reports.js';
import { epochOf, sidOf } from '../v3/slots.js';
import { CopiedRaceMemory, type RaceBytes } from './copy.js';
import type { RaceState } from './find.js';
import { partEvents, type RaceEvent, spanOfPart } from './trace.js';

/** A thread of the detector: a goroutine, g0 before the first (tid 0), or a timer's context. It outlives what it was of. */
export interface RaceThread {
  readonly tid: number;
  readonly status: 'created' | 'running' | 'finished' | 'dead' | 'invalid';
  /** Undefined: the detector was not told who created it. */
  readonly parent: number | undefined;
  /** ThreadState, which Go calls racectx; 0: it has ended. */
  readonly state: number;
  /** Undefined: it has no slot now. */
  readonly slot: { readonly sid: number; readonly epoch: number } | undefined;
  /** How many calls of race.Disable have not been undone. */
  readonly ignoresSync: number;
  readonly parts: number;
  readonly context: number;
}

export interface ShadowCell {
  readonly word: number;
  /** `marker`: the word has raced, and this cell meets no access. */
  readonly kind: 'empty' | 'marker' | 'access';
  readonly sid: number;
  readonly epoch: number;
  /** First byte of its 8, and how many. */
  readonly offset: number;
  readonly size: number;
  readonly mask: number;
  readonly write: boolean;
  readonly atomic: boolean;
  /** Who had the slot at that epoch; undefined: the journal does not say. */
  readonly tid: number | undefined;
}

export interface RaceSync {
  readonly object: number;
  readonly address: number;
  /** Epochs by sid; undefined: nothing was released yet, or a reset has dropped it. */
  readonly clock: Uint16Array | undefined;
}

/** An access, with the calls around it: return addresses, outermost first; the last is the access's own. */
export interface TracedAccess {
  readonly stack: readonly number[];
  readonly address: number;
  readonly size: number;
  readonly typ: number;
}

const STATUS_NAMES = Object.entries(STATUS);
/** Links of one word's list that are followed: a damaged list may be a circle. */
const MOST_LINKED = 1000;

export class RaceInside {
  readonly memory: CopiedRaceMemory;

  constructor(
    readonly state: RaceState,
    memory: RaceBytes,
  ) {
    this.memory = new CopiedRaceMemory(memory);
  }

  #field(name: keyof RaceState['layout']): number {
    return this.state.context + this.state.layout[name];
  }

  /** Reports that were printed. */
  get reported(): number {
    return this.memory.get32(this.#field('reported'));
  }

  /** 1, and one more each time that all slots had used up their epochs and everything was forgotten. */
  get globalEpoch(): number {
    return this.memory.get64(this.#field('globalEpoch'));
  }

  /** Threads that there ever were; their tids are 0 up to this. */
  get count(): number {
    return this.memory.get64(this.#field('registry') + REGISTRY.count);
  }

  thread(tid: number): RaceThread | undefined {
    const { memory } = this;
    if (tid < 0 || tid >= this.count) return undefined;
    const context = memory.get64(memory.get64(this.#field('registry') + REGISTRY.threads) + tid * 8);
    if (!memory.reads(context, THREAD_CONTEXT.size)) return undefined;
    const code = memory.get32(context + THREAD_CONTEXT.status);
    const pointer = memory.get64(context + THREAD_CONTEXT.thread);
    const state = memory.reads(pointer, THREAD.size) ? pointer : 0;
    const attached = state !== 0 && this.#attached(state);
    const parent = memory.get32(context + THREAD_CONTEXT.parent);
    return {
      tid,
      status: (STATUS_NAMES.find(([, value]) => value === code)?.[0] ?? 'invalid') as RaceThread['status'],
      parent: parent >= this.count ? undefined : parent,
      state,
      slot: attached ? { sid: sidOf(memory.get32(state)), epoch: epochOf(memory.get32(state)) } : undefined,
      ignoresSync: state === 0 ? 0 : memory.get32(state + THREAD.ignoreSync),
      parts: memory.get64(context + THREAD_CONTEXT.trace + TRACE.parts + LIST.count),
      context,
    };
  }

  *threads(): Generator<RaceThread> {
    for (let tid = 0; tid < this.count; tid++) {
      const thread = this.thread(tid);
      if (thread !== undefined) yield thread;
    }
  }

  /** The thread whose ThreadState lies there. */
  threadAt(state: number): RaceThread | undefined {
    if (!this.memory.reads(state, THREAD.size)) return undefined;
    const thread = this.thread(this.memory.get32(state + THREAD.tid));
    return thread?.state === state ? thread : undefined;
  }

  /** Its slot is its own still, and of this global epoch. */
  #attached(state: number): boolean {
    const slot = this.memory.get64(state + THREAD.slot);
    return slot !== 0 && this.memory.reads(slot, SLOT.size) && this.memory.get64(slot + SLOT.thread) === state;
  }

  /** What a thread knows of all others: epochs by sid. Undefined when it has ended. */
  clockOf({ state }: RaceThread): Uint16Array | undefined {
    return state === 0 ? undefined : this.#clockAt(state + this.state.clock);
  }

  #clockAt(address: number): Uint16Array {
    return Uint16Array.from({ length: SLOTS }, (_, sid) => this.memory.get16(address + sid * 2));
  }

  /** Who had a slot at an epoch, and from which epoch on. */
  ownerOf(sid: number, epoch: number): { readonly tid: number; readonly since: number } | undefined {
    const { memory } = this;
    if (sid >= SLOTS) return undefined;
    const journal = this.#field('slots') + sid * SLOT.size + SLOT.journal;
    const [begin, end] = [memory.get64(journal), memory.get64(journal + 8)];
    if (end < begin || !memory.reads(begin, Math.max(1, end - begin))) return undefined;
    let owner: { tid: number; since: number } | undefined;
    for (let entry = begin; entry < end; entry += 8) {
      const since = memory.get32(entry + 4) & 0xffff;
      if (since > epoch) break;
      owner = { tid: memory.get32(entry), since };
    }
    return owner;
  }

  /** The four cells of the 8 bytes around an address; undefined where it has no shadow. */
  cells(address: number): readonly ShadowCell[] | undefined {
    const at = shadowAddress(address);
    if (!this.memory.reads(at, CELLS * 4)) return undefined;
    return Array.from({ length: CELLS }, (_, index) => this.decode(this.memory.get32(at + index * 4)));
  }

  decode(word: number): ShadowCell {
    const { sid, epoch, mask, typ, offset, size } = decodeCell(word);
    const kind = word === 0 ? 'empty' : word === MARKER ? 'marker' : 'access';
    const tid = kind === 'access' ? this.ownerOf(sid, epoch)?.tid : undefined;
    return { word, kind, sid, epoch, offset, size, mask, write: (typ & ACCESS.read) === 0, atomic: (typ & ACCESS.atomic) !== 0, tid };
  }

  /** What was released at an address, and the others that share its 8 bytes; undefined: it has no record of synchronisation. */
  syncs(address: number): readonly RaceSync[] | undefined {
    const { memory } = this;
    const meta = metaAddress(address);
    if (!memory.reads(meta, 4)) return undefined;
    const found: RaceSync[] = [];
    let word = memory.get32(meta);
    while (word >= META.sync && found.length < MOST_LINKED) {
      const index = word & META.index;
      const slab = memory.get64(this.#field('syncSlabs') + Math.floor(index / SYNC.perSlab) * 8);
      const object = slab + (index % SYNC.perSlab) * SYNC.size;
      if (!memory.reads(slab, SYNC.perSlab * SYNC.size) || metaAddress(memory.get64(object + SYNC.address)) !== meta) break;
      const clock = memory.get64(object + SYNC.clock);
      found.push({
        object,
        address: memory.get64(object + SYNC.address),
        clock: memory.reads(clock, SLOTS * 2) ? this.#clockAt(clock) : undefined,
      });
      word = memory.get32(object + SYNC.next);
    }
    return found;
  }

  /** Pcs of calls that have not returned, outermost first, and the pc of the last access. */
  stackOf({ state }: RaceThread): { readonly frames: readonly number[]; readonly pc: number } | undefined {
    const { memory } = this;
    if (state === 0) return undefined;
    const bottom = memory.get64(state + THREAD.stack);
    const depth = (memory.get64(state + THREAD.stackPos) - bottom) / 8;
    const sound = Number.isInteger(depth) && depth > 0 && memory.reads(bottom, depth * 8);
    const frames = sound ? Array.from({ length: depth }, (_, index) => memory.get64(bottom + index * 8)) : [];
    return { frames, pc: memory.get64(state + THREAD.tracePrevPc) };
  }

  /** What is left of a thread's trace. A part that cannot be its own is left out, with a word about it. */
  *events(thread: RaceThread): Generator<RaceEvent> {
    const { memory } = this;
    const trace = thread.context + THREAD_CONTEXT.trace;
    const root = trace + TRACE.parts;
    const end = memory.get64(thread.state === 0 ? trace + TRACE.finalPos : thread.state + THREAD.tracePos);
    const last = memory.get64(root + LIST.prev);
    const seen = new Set<number>();
    for (let node = memory.get64(root + LIST.next); node !== root && node !== 0; node = memory.get64(node + LIST.next)) {
      const part = node - PART.node;
      if (!memory.reads(part, PART.size) || memory.get64(part + PART.trace) !== trace || seen.has(node)) {
        const all = memory.get64(root + LIST.count);
        yield {
          kind: 'lost',
          why: `${all - seen.size} of its ${all} parts: the list leads to 0x${part.toString(16)}, which is no part of it`,
        };
        if (node === last || !memory.reads(last - PART.node, PART.size) || memory.get64(last - PART.node + PART.trace) !== trace) return;
        node = last;
        if (seen.has(node)) return;
      }
      seen.add(node);
      const own = node - PART.node;
      const inLast = node === last && end > own && end <= own + PART.size;
      yield* partEvents(memory, spanOfPart(own, inLast ? end : undefined));
      if (node === last) return;
    }
  }

  /**
   * The stack of an access that a cell tells of: the last one of that slot and epoch that holds the cell's bytes. Undefined when the trace no longer
   * reaches back so far; the detector itself then reports nothing.
   */
  restore(cell: ShadowCell, granule: number): TracedAccess | undefined {
    const thread = cell.tid === undefined ? undefined : this.thread(cell.tid);
    if (thread === undefined) return undefined;
    const typ = cell.word >>> 30;
    const first = granule + cell.offset;
    let found: TracedAccess | undefined;
    const stack: number[] = [];
    let now: { readonly sid: number; readonly epoch: number } | undefined;
    for (const event of this.events(thread)) {
      replayCall(stack, event);
      if (event.kind === 'time') {
        now = event;
        if (event.sid === cell.sid && event.epoch > cell.epoch) break;
      } else if (event.kind === 'access' && event.typ === typ && now?.sid === cell.sid && now.epoch === cell.epoch) {
        if (event.address <= first && first + cell.size <= event.address + event.size) {
          found = { stack: [...stack, event.pc], address: event.address, size: event.size, typ };
        }
      }
    }
    return found;
  }

  /** The 8 bytes that an address of the shadow is of. */
  granuleOf(shadow: number): number {
    return shadowedAddress(shadow);
  }
}

/** Keeps a stack of calls up with the events. */
export function replayCall(stack: number[], event: RaceEvent): void {
  if (event.kind === 'part') stack.length = 0;
  else if (event.kind === 'enter') stack.push(event.pc);
  else if (event.kind === 'exit') stack.pop();
}
