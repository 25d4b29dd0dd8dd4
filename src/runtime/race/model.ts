/** What every model of a race detector does: the functions of Go's race runtime, and what can be looked at. */
import { Told } from '../../host/told.js';
import type { RaceReport } from './report.js';

/** `update`: exchange, add, and, or. */
export type AtomicKind = 'load' | 'store' | 'update' | 'compareExchange';

/** Tells of a race; false when it is not told of after all, and so not counted. */
export type TellRace = (report: RaceReport) => boolean;

/** A race as ThreadSanitizer v3 finds it: the thread whose access it is, the first cell of the 8 bytes, the access's cell and the other one. */
export interface RaceCells {
  readonly thread: number;
  readonly cells: number;
  readonly current: number;
  readonly old: number;
}

/** Called at each race that a model finds, told of or not, with the 8 bytes (their address) that it is in. */
export type SeeRace = (word: number, found?: RaceCells) => void;

/** What a run has cost a model. */
export interface RaceCost {
  /** Whole clocks joined or copied, and the entries in them. */
  readonly clockOperations: number;
  readonly clockEntries: number;
  /** What its structures take. */
  readonly bytes: number;
}

/** A thread is named by a number of the model's own, never 0. */
export interface RaceModel {
  /** The thread that is there from the start. */
  readonly main: number;
  readonly reportCount: number;
  readonly cost: RaceCost;
  mapShadow(address: number, size: number): void;
  /** Starts a thread, created at `pc` by `parent` (0: by nobody). */
  start(parent: number, pc: number): number;
  end(thread: number): void;
  enter(thread: number, pc: number): void;
  exit(thread: number): void;
  read(thread: number, address: number, pc: number): void;
  write(thread: number, address: number, pc: number): void;
  /** `read_pc` and `write_pc`: an access as if in a function called from `caller`, unless that is 0. */
  accessFrom(thread: number, address: number, caller: number, pc: number, write: boolean): void;
  range(thread: number, address: number, size: number, pc: number, write: boolean): void;
  malloc(address: number, size: number): void;
  free(address: number, size: number): void;
  acquire(thread: number, address: number): void;
  /** `__tsan_release`: what the address releases from now on is this thread's past alone. */
  release(thread: number, address: number): void;
  releaseAcquire(thread: number, address: number): void;
  releaseMerge(thread: number, address: number): void;
  finalizerGoroutine(thread: number): void;
  ignoreSync(thread: number, change: 1 | -1): void;
  mutexAfterLock(thread: number, address: number, write: boolean): void;
  mutexBeforeUnlock(thread: number, address: number, write: boolean): void;
  /**
   * The detector's part of an atomic operation, around what it does to memory: `operate` returns whether it succeeded, as only a
   * compare-and-swap may not. A failed one has released nothing.
   */
  atomic(thread: number, caller: number, pc: number, address: number, size: number, kind: AtomicKind, operate: () => boolean): void;

  /** In words, for a script: the shadow of the 8 bytes around an address, what lies there to synchronise, a thread, and its clock. */
  shadowText(address: number): string;
  metaText(address: number): string;
  threadText(thread: number): string;
  clockText(thread: number): string;
}

/** The race runtime gives up, and ends the process with the status of a race: the message is what it prints. */
export class RaceRuntimeDied extends Told {
  override name = 'RaceRuntimeDied';
}
