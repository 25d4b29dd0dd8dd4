/**
 * ThreadSanitizer v3 as Go >= 1.19 links it: what each `__tsan_*` function does. All of its state is in memory, with the layouts of the real
 * one, cells and meta words at its addresses.
 */
import type { RaceFlags } from '../gorace.js';
import { metaAddress, shadowAddress, shadowedAddress } from '../layout.js';
import type { RaceMemory } from '../memory.js';
import type { AtomicKind, RaceCost, RaceModel, SeeRace, TellRace } from '../model.js';
import { Accesses, CELLS } from './access.js';
import { clockOf } from './clock.js';
import { RaceContext } from './context.js';
import { History } from './history.js';
import { ACCESS, CLOCK_BYTES, RACE_RELEASES, type RaceRelease, REGISTRY, THREAD } from './layout.js';
import { MetaMap, PROCESSOR_BYTES } from './metamap.js';
import { TraceParts } from './parts.js';
import { decodeCell, Reports } from './reports.js';
import { epochOf, growMappedShadow, Slots, sidOf } from './slots.js';
import { Sync } from './sync.js';
import { Threads } from './threads.js';
import { Trace } from './trace.js';

const GRANULE = 8;
const READ = ACCESS.read;
const WRITE = 0;

export class TsanV3 implements RaceModel {
  /** The thread of g0, tid 0. */
  readonly main: number;
  /** Of the calls that have none of their own. */
  processor: number;
  readonly #memory: RaceMemory;
  readonly #metamap: MetaMap;
  readonly #slots: Slots;
  readonly #sync: Sync;
  readonly #trace: Trace;
  readonly #threads: Threads;
  readonly #accesses: Accesses;
  readonly #reports: Reports;
  readonly #context: RaceContext;

  /**
   * `__tsan_init`; or, where memory has a detector already, that one again. `tell` gets each race that is reported, `see` each that is found.
   */
  constructor(memory: RaceMemory, flags: RaceFlags, tell: TellRace, release: RaceRelease = RACE_RELEASES.at(-1)!, see: SeeRace = () => {}) {
    const context = new RaceContext(memory, flags, release);
    const parts = new TraceParts(context);
    this.#memory = memory;
    this.#context = context;
    this.#metamap = new MetaMap(context);
    this.#slots = new Slots(context, parts, this.#metamap);
    this.#trace = new Trace(context, parts, this.#slots);
    this.#sync = new Sync(context, this.#slots, this.#trace, this.#metamap);
    this.#threads = new Threads(context, parts, this.#slots, this.#sync);
    this.#reports = new Reports(context, this.#threads, new History(context, parts, this.#slots, this.#threads), tell);
    this.#accesses = new Accesses(context, this.#trace, (thread, cells, current, old) => {
      see(shadowedAddress(cells), { thread, cells, current, old });
      this.#reports.race(thread, cells, current, old);
    });
    this.processor = context.root('processor', () => this.createProcessor());
    this.main = context.root('main', () => this.#threads.start(0, 0));
  }

  /** `__tsan_report_count`. */
  get reportCount(): number {
    return this.#reports.count;
  }

  /** Threads that have not ended. */
  get alive(): number {
    return this.#memory.get64(this.#context.field('registry') + REGISTRY.alive);
  }

  createProcessor(): number {
    return this.#context.allocate(PROCESSOR_BYTES);
  }

  /** The first range is data and bss, the others are the heap's. */
  mapShadow(address: number, size: number): void {
    let first = false;
    this.#context.root('mapped', () => {
      first = true;
      return 1;
    });
    if (!first) growMappedShadow(this.#context, address, size);
  }

  start(parent: number, pc: number): number {
    return this.#threads.start(parent, pc);
  }

  end(thread: number): void {
    this.#threads.end(thread);
  }

  enter(thread: number, pc: number): void {
    this.#trace.call(thread, pc);
    this.#threads.push(thread, pc);
  }

  exit(thread: number): void {
    this.#trace.call(thread, 0);
    this.#threads.pop(thread);
  }

  read(thread: number, address: number, pc: number): void {
    this.#accesses.access(thread, pc, address, 1, READ);
  }

  write(thread: number, address: number, pc: number): void {
    this.#accesses.access(thread, pc, address, 1, WRITE);
  }

  /** `read_pc` and `write_pc`: an access as if in a function called from `caller`, unless that is 0. */
  accessFrom(thread: number, address: number, caller: number, pc: number, write: boolean): void {
    if (caller !== 0) this.enter(thread, caller);
    this.#accesses.access(thread, pc, address, 1, write ? WRITE : READ);
    if (caller !== 0) this.exit(thread);
  }

  range(thread: number, address: number, size: number, pc: number, write: boolean): void {
    if (size > 0) this.#accesses.range(thread, pc, address, size, write ? WRITE : READ);
  }

  /** Without a thread, as Go calls it, it only forgets what the block's shadow says. */
  malloc(address: number, size: number): void {
    const first = address - (address % GRANULE);
    const bytes = Math.ceil((size + address - first) / GRANULE) * GRANULE;
    if (bytes > 0) this.#memory.clear(shadowAddress(first), bytes * 2);
  }

  free(address: number, size: number): void {
    this.#metamap.freeRange(this.processor, address, size);
  }

  acquire(thread: number, address: number): void {
    this.#sync.acquire(thread, address);
  }

  /** `__tsan_release`: what the address releases from now on is this thread's past alone. */
  release(thread: number, address: number): void {
    this.#sync.release('releaseStore', this.processor, thread, address);
  }

  releaseAcquire(thread: number, address: number): void {
    this.#sync.release('releaseStoreAcquire', this.processor, thread, address);
  }

  releaseMerge(thread: number, address: number): void {
    this.#sync.release('release', this.processor, thread, address);
  }

  finalizerGoroutine(thread: number): void {
    this.#sync.acquireGlobal(thread);
  }

  ignoreSync(thread: number, change: 1 | -1): void {
    this.#sync.ignore(thread, change);
  }

  mutexAfterLock(thread: number, address: number, write: boolean): void {
    this.#sync.afterLock(this.processor, thread, address, write);
  }

  mutexBeforeUnlock(thread: number, address: number, write: boolean): void {
    this.#sync.beforeUnlock(this.processor, thread, address, write);
  }

  /**
   * The detector's part of an atomic operation, around what it does to memory: `operate` returns whether it succeeded, as only a
   * compare-and-swap may not. A failed one has released nothing.
   */
  atomic(thread: number, caller: number, pc: number, address: number, size: number, kind: AtomicKind, operate: () => boolean): void {
    if (this.#sync.ignores(thread)) {
      operate();
      return;
    }
    this.enter(thread, caller);
    if (kind === 'load') {
      operate();
      this.#sync.acquire(thread, address);
      this.#accesses.access(thread, pc, address, size, READ | ACCESS.atomic);
    } else {
      this.#accesses.access(thread, pc, address, size, ACCESS.atomic);
      this.#sync.update(kind, this.processor, thread, address, operate);
    }
    this.exit(thread);
  }

  get cost(): RaceCost {
    const { clockOperations, taken } = this.#context;
    return { clockOperations, clockEntries: clockOperations * (CLOCK_BYTES / 2), bytes: taken };
  }

  shadowText(address: number): string {
    const cells = shadowAddress(address);
    return Array.from({ length: CELLS }, (_, index) => ` ${cellText(this.#memory.get32(cells + index * 4))}`).join('');
  }

  metaText(address: number): string {
    const word = this.#memory.get32(metaAddress(address));
    return word === 0 ? '0' : `0x${word.toString(16)}`;
  }

  threadText(thread: number): string {
    const memory = this.#memory;
    const fast = memory.get32(thread);
    const depth = (memory.get64(thread + THREAD.stackPos) - memory.get64(thread + THREAD.stack)) / 8;
    const ignored = memory.get32(thread + THREAD.ignoreSync) | 0;
    return `sid=${sidOf(fast)} ep=${epochOf(fast)} ign_sync=${ignored} stackdepth=${depth} tid=${memory.get32(thread + THREAD.tid)}`;
  }

  clockText(thread: number): string {
    const epochs = Array.from({ length: CLOCK_BYTES / 2 }, (_, sid) => clockOf(this.#memory, thread + THREAD.clock, sid));
    return epochs.map((epoch, sid) => (epoch === 0 ? '' : ` ${sid}:${epoch}`)).join('');
  }
}

function cellText(cell: number): string {
  if (cell === 0) return '-';
  const { mask, sid, epoch, typ } = decodeCell(cell);
  return `{acc=${mask.toString(16).padStart(2, '0')} sid=${sid} ep=${epoch} ${typ & ACCESS.read ? 'R' : 'W'}${typ & ACCESS.atomic ? 'a' : ''}}`;
}
