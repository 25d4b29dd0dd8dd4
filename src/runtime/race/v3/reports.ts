/** From a race to what is told of it: which races are reported, and what they consist of. */

import { shadowedAddress } from '../layout.js';
import type { RaceMemory } from '../memory.js';
import type { TellRace } from '../model.js';
import type { RaceMop, ReportedThread } from '../report.js';
import type { RaceContext } from './context.js';
import type { History } from './history.js';
import { ACCESS, STATUS, THREAD, THREAD_CONTEXT } from './layout.js';
import { MOST_KEPT, type Threads } from './threads.js';

/** Of a cell: what it says of its access. */
export function decodeCell(cell: number): { sid: number; epoch: number; mask: number; typ: number; offset: number; size: number } {
  const mask = cell & 0xff;
  const offset = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
  let size = 0;
  for (let bits = mask; bits !== 0; bits &= bits - 1) size++;
  return { sid: (cell >>> 8) & 0xff, epoch: (cell >>> 16) & 0x3fff, mask, typ: cell >>> 30, offset, size };
}

/** Heads of lists of what was told: ranges of addresses; pairs of stacks, by their hash. */
const TOLD = { addresses: 0, stacks: 8 } as const;
const BUCKETS = 1024;
const ENTRY = { size: 32, next: 0, hash: 8, first: 16, second: 24 } as const;

export class Reports {
  readonly #memory: RaceMemory;
  /** Where what has been told before is kept: pairs of stacks, ranges of addresses. */
  readonly #told: number;

  constructor(
    private readonly context: RaceContext,
    private readonly threads: Threads,
    private readonly history: History,
    private readonly tell: TellRace,
  ) {
    this.#memory = context.memory;
    this.#told = context.root('told', () => context.map(TOLD.stacks + BUCKETS * 8, 0x20));
  }

  get count(): number {
    return this.#memory.get32(this.context.field('reported'));
  }

  race(thread: number, cells: number, current: number, old: number): void {
    const { context } = this;
    const { flags, release } = context;
    const memory = this.#memory;
    if (!flags.report_bugs) return;
    const [now, before] = [decodeCell(current), decodeCell(old)];
    if (!flags.report_atomic_races && ((now.typ | before.typ) & ACCESS.atomic) !== 0) return;
    const granule = shadowedAddress(cells);
    const address = granule + before.offset;
    const stack = this.#currentStack(thread);
    const spurious = context.field('lastSpurious');
    if (release.remembersSpurious && ((memory.get32(spurious) ^ old) & 0x3fff_ff00) === 0) return;
    // The range counts as told of even when it is not, for lack of history or because its stacks were.
    if (release.equalAddresses && flags.suppress_equal_addresses) {
      const low = Math.min(granule + now.offset, address);
      const high = Math.max(granule + now.offset + now.size, address + before.size);
      if (this.#addressesTold(low, high)) return;
    }
    const restored = this.history.restore({ ...before, address });
    if (restored === undefined) {
      if (release.remembersSpurious) memory.set32(spurious, old);
      return;
    }
    if (flags.suppress_equal_stacks && this.#stacksTold(stack, restored.stack)) return;
    const mop = (cell: typeof now, tid: number, pcs: readonly number[]): RaceMop => ({
      address: granule + cell.offset,
      write: (cell.typ & ACCESS.read) === 0,
      tid,
      stack: pcs,
    });
    const tid = memory.get32(thread + THREAD.tid);
    const told = this.tell({
      mops: [mop(now, tid, stack), mop(before, restored.tid, restored.stack)],
      threads: [...new Set([tid, restored.tid])].map(each => this.#thread(each)),
    });
    if (told) memory.set32(context.field('reported'), this.count + 1);
  }

  #thread(tid: number): ReportedThread {
    const context = this.threads.contextOf(tid);
    return {
      tid,
      running: this.#memory.get32(context + THREAD_CONTEXT.status) === STATUS.running,
      stack: this.context.stack(this.#memory.get32(context + THREAD_CONTEXT.creationStack)),
    };
  }

  #currentStack(thread: number): number[] {
    const stack = this.threads.frames(thread);
    const pc = this.#memory.get64(thread + THREAD.tracePrevPc);
    if (pc !== 0) stack.push(pc);
    return stack.slice(-MOST_KEPT);
  }

  /** Whether this pair, in whatever order, was told before; if not, it is now. */
  #stacksTold(one: readonly number[], other: readonly number[]): boolean {
    const memory = this.#memory;
    const hash = (hashOf(one) + hashOf(other)) >>> 0;
    const bucket = this.#told + TOLD.stacks + (hash % BUCKETS) * 8;
    const same = (id: number, pcs: readonly number[]): boolean => {
      const kept = this.context.stack(id);
      return kept.length === pcs.length && kept.every((pc, index) => pc === pcs[index]);
    };
    for (const entry of this.#list(bucket)) {
      if (memory.get64(entry + ENTRY.hash) !== hash) continue;
      const [first, second] = [memory.get64(entry + ENTRY.first), memory.get64(entry + ENTRY.second)];
      if ((same(first, one) && same(second, other)) || (same(first, other) && same(second, one))) return true;
    }
    this.#append(bucket, hash, this.context.putStack(one), this.context.putStack(other));
    return false;
  }

  #addressesTold(low: number, high: number): boolean {
    const memory = this.#memory;
    const list = this.#told + TOLD.addresses;
    for (const entry of this.#list(list)) {
      if (Math.max(low, memory.get64(entry + ENTRY.first)) < Math.min(high, memory.get64(entry + ENTRY.second))) return true;
    }
    this.#append(list, 0, low, high);
    return false;
  }

  *#list(head: number): Iterable<number> {
    for (let entry = this.#memory.get64(head); entry !== 0; entry = this.#memory.get64(entry + ENTRY.next)) yield entry;
  }

  #append(head: number, hash: number, first: number, second: number): void {
    const memory = this.#memory;
    const entry = this.context.allocate(ENTRY.size);
    memory.set64(entry + ENTRY.next, memory.get64(head));
    memory.set64(entry + ENTRY.hash, hash);
    memory.set64(entry + ENTRY.first, first);
    memory.set64(entry + ENTRY.second, second);
    memory.set64(head, entry);
  }
}

/** FNV-1a over the pcs' lower halves. */
function hashOf(pcs: readonly number[]): number {
  let hash = 0x811c_9dc5;
  for (const pc of pcs) hash = Math.imul(hash ^ pc, 0x0100_0193);
  return hash;
}
