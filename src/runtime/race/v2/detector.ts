/**
 * ThreadSanitizer v2, as Go <= 1.18 links it: every event has an epoch of its own, a thread a clock with an entry for each of 8,128 tids. Cells, meta
 * words and events lie in memory where the real ones do; threads and clocks, whose layout is not known here, are objects.
 */
import type { RaceFlags } from '../gorace.js';
import type { RaceMemory } from '../memory.js';
import { type AtomicKind, type RaceCost, type RaceModel, RaceRuntimeDied, type SeeRace, type TellRace } from '../model.js';
import { ClockCost, PreciseClock } from '../precise/clock.js';
import type { RaceMop } from '../report.js';
import {
  bothReadsOrAtomic,
  coversKind,
  intersects,
  sameBytes,
  V2_ATOMIC,
  V2_CELL_BYTES,
  V2_CELLS,
  V2_READ,
  type V2Cell,
  v2Cell,
  v2CellText,
  v2Epoch,
  v2Offset,
  v2ShadowAddress,
  v2Size,
  v2Tid,
} from './cell.js';
import { V2_PART, V2Trace } from './trace.js';

const GRANULE = 8;
const WORD_LOG = 3;
/** Goroutines alive at once, at most, and ended ones whose tids are not given out again yet. */
const MOST_THREADS = 8128;
const QUARANTINE = 64;
const MOST_FRAMES = 256;

interface V2Thread {
  readonly tid: number;
  readonly clock: PreciseClock;
  readonly trace: V2Trace;
  readonly createdAt: readonly number[];
  readonly firstEpoch: number;
  epoch: number;
  /** Of the last release: what was seen since is seen again only after the next. */
  synchEpoch: number;
  readonly stack: number[];
  ignoring: number;
  alive: boolean;
}

interface V2Sync {
  clock: PreciseClock | undefined;
  readClock: PreciseClock | undefined;
  recursion: number;
}

export class TsanV2 implements RaceModel {
  readonly main: number;
  reportCount = 0;
  readonly #cost = new ClockCost();
  /** By tid; the last that had it. */
  readonly #byTid: V2Thread[] = [];
  /** By handle. */
  readonly #threads: V2Thread[] = [];
  readonly #quarantine: number[] = [];
  readonly #free: number[] = [];
  readonly #syncs = new Map<number, V2Sync>();
  readonly #toldStacks = new Set<string>();
  readonly #toldAddresses: (readonly [low: number, high: number])[] = [];

  constructor(
    private readonly memory: RaceMemory,
    private readonly flags: RaceFlags,
    private readonly tell: TellRace,
    private readonly see: SeeRace = () => {},
  ) {
    this.main = this.start(0, 0);
  }

  get cost(): RaceCost {
    const clocks = [...this.#threads.map(({ clock }) => clock), ...[...this.#syncs.values()].map(({ clock }) => clock)];
    const entries = clocks.reduce((sum, clock) => sum + (clock?.epochs.length ?? 0), 0);
    const rings = this.#byTid.length * 2 * V2_PART * 2 ** this.flags.history_size;
    return { clockOperations: this.#cost.operations, clockEntries: this.#cost.entries, bytes: (entries + rings) * 8 };
  }

  mapShadow(): void {}

  start(parent: number, pc: number): number {
    const creator = parent === 0 ? undefined : this.#thread(parent);
    const tid = this.#free.shift() ?? this.#byTid.length;
    if (tid >= MOST_THREADS) {
      throw new RaceRuntimeDied(`race: limit on ${MOST_THREADS} simultaneously alive goroutines is exceeded, dying\n`);
    }
    let released: PreciseClock | undefined;
    if (creator !== undefined) {
      this.#event(creator, 'access', 0);
      released = this.#released(creator)?.copy();
    }
    // Parts of a ring do not hold events of two threads.
    const before = this.#byTid[tid]?.epoch ?? 0;
    const epoch = (Math.floor(before / V2_PART) + 1) * V2_PART;
    const clock = released ?? new PreciseClock(this.#cost);
    clock.set(tid, epoch);
    const trace = new V2Trace(this.memory, tid, this.flags.history_size);
    trace.begin(epoch, []);
    const createdAt = creator === undefined ? [] : [...creator.stack, ...(pc === 0 ? [] : [pc])];
    const thread: V2Thread = {
      tid,
      clock,
      trace,
      createdAt,
      firstEpoch: epoch,
      epoch,
      synchEpoch: epoch,
      stack: [],
      ignoring: 0,
      alive: true,
    };
    this.#byTid[tid] = thread;
    return this.#threads.push(thread);
  }

  end(thread: number): void {
    const ended = this.#thread(thread);
    ended.alive = false;
    if (ended.tid === 0) return;
    this.#quarantine.push(ended.tid);
    if (this.#quarantine.length > QUARANTINE) this.#free.push(this.#quarantine.shift()!);
  }

  enter(thread: number, pc: number): void {
    const state = this.#thread(thread);
    this.#event(state, 'enter', pc);
    state.stack.push(pc);
  }

  exit(thread: number): void {
    const state = this.#thread(thread);
    this.#event(state, 'exit', 0);
    state.stack.pop();
  }

  read(thread: number, address: number, pc: number): void {
    this.#access(thread, address, 0, V2_READ, pc);
  }

  write(thread: number, address: number, pc: number): void {
    this.#access(thread, address, 0, 0, pc);
  }

  accessFrom(thread: number, address: number, caller: number, pc: number, write: boolean): void {
    if (caller !== 0) this.enter(thread, caller);
    this.#access(thread, address, 0, write ? 0 : V2_READ, pc);
    if (caller !== 0) this.exit(thread);
  }

  /** Bytes up to a word and behind the last are accesses of their own; none stops at a race. */
  range(thread: number, address: number, size: number, pc: number, write: boolean): void {
    if (size === 0) return;
    const state = this.#thread(thread);
    this.#event(state, 'access', pc);
    const end = address + size;
    for (let at = address; at < end; ) {
      const whole = at % GRANULE === 0 && end - at >= GRANULE;
      const cell = v2Cell(state.tid, state.epoch, at % GRANULE, whole ? WORD_LOG : 0, write ? 0 : V2_READ);
      if (!this.#known(state, at, cell)) this.#check(state, at, cell, pc);
      at += whole ? GRANULE : 1;
    }
  }

  malloc(address: number, size: number): void {
    const first = v2ShadowAddress(address);
    this.memory.clear(first, v2ShadowAddress(address + size + GRANULE - 1) - first);
  }

  free(address: number, size: number): void {
    const first = address - (address % GRANULE);
    const end = Math.max(address + size - ((address + size) % GRANULE), first + GRANULE);
    for (const each of this.#syncs.keys()) if (each >= first && each < end) this.#syncs.delete(each);
  }

  acquire(thread: number, address: number): void {
    const state = this.#thread(thread);
    if (state.ignoring === 0) this.#acquire(state, this.#syncs.get(address)?.clock);
  }

  release(thread: number, address: number): void {
    this.#release(thread, address, (sync, past) => {
      sync.clock = past.copy();
    });
  }

  releaseAcquire(thread: number, address: number): void {
    this.#release(thread, address, (sync, past) => {
      const before = sync.clock;
      sync.clock = past.copy();
      if (before !== undefined) past.join(before);
    });
  }

  releaseMerge(thread: number, address: number): void {
    this.#release(thread, address, mergeInto);
  }

  finalizerGoroutine(thread: number): void {
    const state = this.#thread(thread);
    if (state.ignoring > 0) return;
    for (const { tid, epoch } of this.#byTid) state.clock.set(tid, epoch);
  }

  ignoreSync(thread: number, change: 1 | -1): void {
    this.#thread(thread).ignoring += change;
  }

  mutexAfterLock(thread: number, address: number, write: boolean): void {
    const state = this.#thread(thread);
    const sync = this.#sync(address);
    this.#event(state, 'access', 0);
    const again = write && sync.recursion++ > 0;
    if (again || state.ignoring > 0) return;
    this.#acquire(state, sync.clock);
    if (write) this.#acquire(state, sync.readClock);
  }

  mutexBeforeUnlock(thread: number, address: number, write: boolean): void {
    const state = this.#thread(thread);
    const sync = this.#sync(address);
    this.#event(state, 'access', 0);
    if (write && --sync.recursion > 0) return;
    const past = this.#released(state);
    if (past === undefined) return;
    if (write) sync.clock = past.copy();
    else if (sync.readClock === undefined) sync.readClock = past.copy();
    else sync.readClock.join(past);
  }

  atomic(thread: number, caller: number, pc: number, address: number, size: number, kind: AtomicKind, operate: () => boolean): void {
    const state = this.#thread(thread);
    if (state.ignoring > 0) {
      operate();
      return;
    }
    const sizeLog = size === GRANULE ? WORD_LOG : 2;
    this.enter(thread, caller);
    if (kind === 'load') {
      operate();
      this.acquire(thread, address);
      this.#access(thread, address, sizeLog, V2_READ | V2_ATOMIC, pc);
    } else {
      this.#access(thread, address, sizeLog, V2_ATOMIC, pc);
      const done = operate();
      const sync = this.#sync(address);
      this.#event(state, 'access', 0);
      if (!done) this.#acquire(state, sync.clock);
      else {
        const past = this.#released(state)!;
        if (kind === 'store') sync.clock = past.copy();
        else {
          if (sync.clock !== undefined) past.join(sync.clock);
          sync.clock = past.copy();
        }
      }
    }
    this.exit(thread);
  }

  shadowText(address: number): string {
    const cells = v2ShadowAddress(address);
    return Array.from({ length: V2_CELLS }, (_, index) => ` ${v2CellText(this.#cell(cells + index * V2_CELL_BYTES))}`).join('');
  }

  metaText(address: number): string {
    const sync = this.#syncs.get(address);
    return sync === undefined ? '0' : `{${(sync.clock?.toString() ?? '').trim()}}`;
  }

  threadText(thread: number): string {
    const { tid, epoch, ignoring, stack } = this.#thread(thread);
    return `ep=${epoch} ign_sync=${ignoring} stackdepth=${stack.length} tid=${tid}`;
  }

  clockText(thread: number): string {
    return this.#thread(thread).clock.toString();
  }

  #thread(thread: number): V2Thread {
    return this.#threads[thread - 1]!;
  }

  #cell(address: number): V2Cell {
    const index = this.memory.at(address) >>> 2;
    return { low: this.memory.words[index]!, high: this.memory.words[index + 1]! };
  }

  #event(state: V2Thread, kind: 'access' | 'enter' | 'exit', pc: number): void {
    state.epoch++;
    state.trace.add(state.epoch, kind, pc, () => state.stack.slice(-MOST_FRAMES));
  }

  #sync(address: number): V2Sync {
    let sync = this.#syncs.get(address);
    if (sync === undefined) {
      sync = { clock: undefined, readClock: undefined, recursion: 0 };
      this.#syncs.set(address, sync);
    }
    return sync;
  }

  #acquire(state: V2Thread, clock: PreciseClock | undefined): void {
    if (clock === undefined) return;
    state.clock.set(state.tid, state.epoch);
    state.clock.join(clock);
  }

  /** The thread's past, up to now, to be released; undefined when it ignores synchronisation. */
  #released(state: V2Thread): PreciseClock | undefined {
    if (state.ignoring > 0) return undefined;
    state.clock.set(state.tid, state.epoch);
    state.synchEpoch = state.epoch;
    return state.clock;
  }

  #release(thread: number, address: number, how: (sync: V2Sync, past: PreciseClock) => void): void {
    const state = this.#thread(thread);
    if (state.ignoring > 0) return;
    const sync = this.#sync(address);
    this.#event(state, 'access', 0);
    how(sync, this.#released(state)!);
  }

  #access(thread: number, address: number, sizeLog: number, kind: number, pc: number): void {
    const state = this.#thread(thread);
    const cell = (): V2Cell => v2Cell(state.tid, state.epoch, address % GRANULE, sizeLog, kind);
    if (this.#known(state, address, cell())) return;
    this.#event(state, 'access', pc);
    this.#check(state, address, cell(), pc);
  }

  /** Whether the thread did the same or more since its last release. */
  #known(state: V2Thread, address: number, now: V2Cell): boolean {
    const cells = v2ShadowAddress(address);
    for (let index = 0; index < V2_CELLS; index++) {
      const old = this.#cell(cells + index * V2_CELL_BYTES);
      if (!sameBytes(old, now) || v2Tid(old) !== state.tid || v2Epoch(old) <= state.synchEpoch) continue;
      if (((old.high ^ now.high) & V2_ATOMIC) === 0 && (old.high & V2_READ) <= (now.high & V2_READ)) return true;
    }
    return false;
  }

  #check(state: V2Thread, address: number, now: V2Cell, pc: number): void {
    const { memory } = this;
    const cells = v2ShadowAddress(address);
    let stored = false;
    /** Stores this access in the first place that it may have; others that it stands for become empty. */
    const store = (at: number): void => {
      memory.setPair(at, stored ? 0 : now.low, stored ? 0 : now.high);
      stored = true;
    };
    for (let index = 0; index < V2_CELLS; index++) {
      const at = cells + index * V2_CELL_BYTES;
      const old = this.#cell(at);
      if (old.low === 0 && old.high === 0) {
        store(at);
        continue;
      }
      const same = sameBytes(old, now);
      if (!same && !intersects(old, now)) continue;
      const ordered = v2Tid(old) === state.tid || state.clock.get(v2Tid(old)) >= v2Epoch(old);
      if (same && ordered) {
        if (coversKind(now, old)) store(at);
      } else if (!ordered && !bothReadsOrAtomic(old, now)) {
        this.#race(state, address - (address % GRANULE), now, old, pc);
        return;
      }
    }
    if (!stored) memory.setPair(cells + (v2Epoch(now) % V2_CELLS) * V2_CELL_BYTES, now.low, now.high);
  }

  #race(state: V2Thread, word: number, now: V2Cell, old: V2Cell, pc: number): void {
    this.see(word);
    const { flags } = this;
    if (!flags.report_bugs || (!flags.report_atomic_races && ((now.high | old.high) & V2_ATOMIC) !== 0)) return;
    const [low, high] = [
      word + Math.min(v2Offset(now), v2Offset(old)),
      word + Math.max(...[now, old].map(cell => v2Offset(cell) + v2Size(cell))),
    ];
    if (flags.suppress_equal_addresses) {
      if (this.#toldAddresses.some(([begin, end]) => Math.max(begin, low) < Math.min(end, high))) return;
      this.#toldAddresses.push([low, high]);
    }
    const other = this.#byTid[v2Tid(old)]!;
    const stacks = [[...state.stack, pc].slice(-MOST_FRAMES), other.trace.restore(v2Epoch(old)) ?? []];
    if (flags.suppress_equal_stacks) {
      const key = stacks
        .map(stack => stack.join())
        .sort()
        .join(';');
      if (this.#toldStacks.has(key)) return;
      this.#toldStacks.add(key);
    }
    const mop = (cell: V2Cell, stack: readonly number[]): RaceMop => ({
      address: word + v2Offset(cell),
      write: (cell.high & V2_READ) === 0,
      tid: v2Tid(cell),
      stack,
    });
    // A thread whose tid has gone to another is no longer known.
    const known = other !== state && v2Epoch(old) >= other.firstEpoch ? [state, other] : [state];
    const threads = known.map(({ tid, alive, createdAt }) => ({ tid, running: alive, stack: createdAt }));
    if (this.tell({ mops: [mop(now, stacks[0]!), mop(old, stacks[1]!)], threads })) this.reportCount++;
  }
}

function mergeInto(sync: V2Sync, past: PreciseClock): void {
  if (sync.clock === undefined) sync.clock = past.copy();
  else sync.clock.join(past);
}
