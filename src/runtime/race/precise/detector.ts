/**
 * A detector that forgets nothing, byte by byte: it finds each race of the accesses that it is told of, up to the first on each byte. What it
 * remembers of a byte is DJIT+'s or FastTrack's.
 */
import type { AtomicKind, RaceCost, RaceModel, SeeRace, TellRace } from '../model.js';
import type { RaceMop, RaceReport } from '../report.js';
import { ByteTable, RACED } from './bytes.js';
import { ClockCost } from './clock.js';
import { DjitHistory, FastTrackHistory, KIND, KIND_NAMES, type RacingKind, type Remembered } from './histories.js';
import { callStack, Order, type PreciseThread } from './order.js';

export const HISTORIES = { djit: DjitHistory, fasttrack: FastTrackHistory } as const;

const GRANULE = 8;
/** An epoch with its thread, and a clock's entry, as the algorithms' authors count them. */
const ENTRY_BYTES = 4;

export class PreciseDetector implements RaceModel {
  readonly main: number;
  reportCount = 0;
  readonly #clocks = new ClockCost();
  readonly #order = new Order(this.#clocks);
  readonly #bytes: ByteTable;

  constructor(
    kind: keyof typeof HISTORIES,
    private readonly tell: TellRace,
    private readonly see: SeeRace = () => {},
  ) {
    this.#bytes = new ByteTable(() => new HISTORIES[kind]());
    this.main = this.start(0, 0);
  }

  get cost(): RaceCost {
    let remembered = 0;
    for (const [history, bytes] of this.#bytes.histories()) for (const _ of history.remembered) remembered += bytes;
    const bytes = (remembered + this.#order.clockEntries) * ENTRY_BYTES;
    return { clockOperations: this.#clocks.operations, clockEntries: this.#clocks.entries, bytes };
  }

  mapShadow(): void {}

  start(parent: number, pc: number): number {
    return this.#order.start(parent === 0 ? undefined : this.#thread(parent), pc).tid + 1;
  }

  end(thread: number): void {
    this.#thread(thread).alive = false;
  }

  enter(thread: number, pc: number): void {
    const state = this.#thread(thread);
    state.call = { pc, outer: state.call };
    state.depth++;
  }

  exit(thread: number): void {
    const state = this.#thread(thread);
    state.call = state.call?.outer;
    state.depth--;
  }

  /** Whether a byte has raced: what comes later is not looked at. */
  raced(address: number): boolean {
    return this.#bytes.at(address) === RACED;
  }

  read(thread: number, address: number, pc: number): void {
    this.#access(thread, address, 1, pc, KIND.read);
  }

  write(thread: number, address: number, pc: number): void {
    this.#access(thread, address, 1, pc, KIND.write);
  }

  accessFrom(thread: number, address: number, caller: number, pc: number, write: boolean): void {
    if (caller !== 0) this.enter(thread, caller);
    this.#access(thread, address, 1, pc, write ? KIND.write : KIND.read);
    if (caller !== 0) this.exit(thread);
  }

  range(thread: number, address: number, size: number, pc: number, write: boolean): void {
    this.#access(thread, address, size, pc, write ? KIND.write : KIND.read);
  }

  malloc(address: number, size: number): void {
    this.#bytes.clear(address, size);
  }

  free(address: number, size: number): void {
    this.#order.free(address, size);
  }

  acquire(thread: number, address: number): void {
    this.#order.acquire(this.#thread(thread), address);
  }

  release(thread: number, address: number): void {
    this.#order.release(this.#thread(thread), address, {});
  }

  releaseAcquire(thread: number, address: number): void {
    this.#order.release(this.#thread(thread), address, { acquires: true });
  }

  releaseMerge(thread: number, address: number): void {
    this.#order.release(this.#thread(thread), address, { merge: true });
  }

  finalizerGoroutine(thread: number): void {
    this.#order.acquireAll(this.#thread(thread));
  }

  ignoreSync(thread: number, change: 1 | -1): void {
    this.#thread(thread).ignoring += change;
  }

  mutexAfterLock(thread: number, address: number, write: boolean): void {
    this.#order.lock(this.#thread(thread), address, write);
  }

  mutexBeforeUnlock(thread: number, address: number, write: boolean): void {
    this.#order.unlock(this.#thread(thread), address, write);
  }

  atomic(thread: number, caller: number, pc: number, address: number, size: number, kind: AtomicKind, operate: () => boolean): void {
    const state = this.#thread(thread);
    if (state.ignoring > 0) {
      operate();
      return;
    }
    this.enter(thread, caller);
    if (kind === 'load') {
      operate();
      this.#order.acquire(state, address);
      this.#access(thread, address, size, pc, KIND.atomicRead);
    } else {
      this.#access(thread, address, size, pc, KIND.atomicWrite);
      if (!operate()) this.#order.acquire(state, address);
      else this.#order.release(state, address, kind === 'store' ? {} : { merge: true, acquires: true });
    }
    this.exit(thread);
  }

  shadowText(address: number): string {
    const first = address - (address % GRANULE);
    const shown = Array.from({ length: GRANULE }, (_, offset) => {
      const byte = this.#bytes.at(first + offset);
      if (byte === RACED) return ` ${offset}:raced`;
      const remembered = [...(byte?.remembered ?? [])];
      return remembered.length === 0
        ? ''
        : ` ${offset}:{${remembered.map(([kind, old]) => `${KIND_NAMES[kind]} ${old.tid}@${old.epoch}`).join(' ')}}`;
    }).join('');
    return shown === '' ? ' -' : shown;
  }

  metaText(address: number): string {
    const sync = this.#order.sync(address);
    return sync === undefined ? '0' : `{${(sync.clock?.toString() ?? '').trim()}}`;
  }

  threadText(thread: number): string {
    const { tid, clock, ignoring, depth } = this.#thread(thread);
    return `ep=${clock.get(tid)} ign_sync=${ignoring} stackdepth=${depth} tid=${tid}`;
  }

  clockText(thread: number): string {
    return this.#thread(thread).clock.toString();
  }

  #thread(thread: number): PreciseThread {
    return this.#order.threads[thread - 1]!;
  }

  /** One access to some bytes: told of once, however many of them it races on. */
  #access(thread: number, address: number, size: number, pc: number, kind: RacingKind): void {
    const state = this.#thread(thread);
    const { tid } = state;
    const epoch = state.clock.get(tid);
    let now: Remembered | undefined;
    let told = false;
    this.#bytes.visit(address, size, (history, byte) => {
      if (history.same(tid, epoch, kind)) return false;
      now ??= { tid, epoch, pc, call: state.call };
      const race = history.access(state, kind, now);
      if (race === undefined) return false;
      this.see(byte - (byte % GRANULE));
      if (!told && this.tell(this.#report(state, byte, pc, kind, race.old, race.kind))) this.reportCount++;
      told = true;
      return true;
    });
  }

  #report(state: PreciseThread, byte: number, pc: number, kind: RacingKind, old: Remembered, oldKind: RacingKind): RaceReport {
    const writes = (each: RacingKind): boolean => each === KIND.write || each === KIND.atomicWrite;
    const mops: [RaceMop, RaceMop] = [
      { address: byte, write: writes(kind), tid: state.tid, stack: callStack(state.call, pc) },
      { address: byte, write: writes(oldKind), tid: old.tid, stack: callStack(old.call, old.pc) },
    ];
    const threads = [state.tid, old.tid].map(tid => {
      const thread = this.#order.threads[tid]!;
      return { tid, running: thread.alive, stack: thread.createdAt };
    });
    return { mops, threads };
  }
}
