/**
 * A second opinion on a run: FastTrack, which forgets nothing, on the calls that a program makes of its race runtime, beside the real detector. Both
 * see the same order of the same run, so what one of them finds is not a matter of chance. Calls and returns it is not told of: stacks are the innermost
 * frame alone.
 */
import type { Process } from '../../linux/api.js';
import { PreciseDetector } from '../../runtime/race/precise/detector.js';
import type { RaceMop, RaceReport } from '../../runtime/race/report.js';
import { Target } from '../target.js';
import { accessWidth } from './access-width.js';
import { isModel, ReportedRaces, raceAtHand, raceView, reportingAddresses } from './race.js';
import { type OnRaceCall, type RaceArgument, RaceCalls } from './race-calls.js';

/** Why the real detector has not reported what FastTrack has found. */
export type DroppedWhy =
  /** The accesses do not meet in the byte that a scalar counts by. */
  | 'first byte'
  /** The earlier access's cell was overwritten by a later access. */
  | 'evicted'
  /** Its slot has been taken over, and what its owner did counts as the other's past. */
  | 'slot reused'
  /** The word had raced before, and its marker made it overlook this access. */
  | 'marked'
  /** It was found, but the trace no longer reached back to the earlier access. */
  | 'history'
  /** It was found, and the same two stacks had been reported at another address. */
  | 'told before'
  | 'unknown';

export interface SecondRace {
  readonly mops: readonly [RaceMop, RaceMop];
  /** Undefined: the real detector has reported a race there. */
  readonly dropped: DroppedWhy | undefined;
  /** The program stands where the real detector has found it, in front of its report (`break race`). */
  readonly atHand?: true;
}

const GRANULE = 8;
const R12 = 12;
/** Functions that acquire, or tell where a thread's state is. */
const ENDING = { has: (name: string): boolean => /^__tsan_(init|go_start|acquire|go_atomic\d+_(?!store))/.test(name) };
/** Of a program that races without end. */
const MOST_REAL = 10_000;

/** A race that the real detector has found, and whether the trace reached back to the earlier access. */
interface RealRace {
  printed: boolean;
  readonly restored: boolean;
  /** Pcs of both accesses, in a text; undefined where the earlier one's is lost. */
  readonly pair: string | undefined;
}

interface Found {
  readonly mops: readonly [RaceMop, RaceMop];
  readonly why: DroppedWhy;
  /** What the real one has found in the same access. */
  real: RealRace | undefined;
}

const pairOf = (one: number | undefined, other: number | undefined): string | undefined =>
  one === undefined || other === undefined ? undefined : [one, other].sort((a, b) => a - b).join(' ');

export class SecondOpinion extends RaceCalls {
  /** What it is told to, and its threads, by the address of the real one's. */
  model: PreciseDetector;
  readonly threads = new Map<number, number>();
  /** By FastTrack's numbers of threads, the real detector's, where it has begun in the middle and they differ. */
  readonly #tids = new Map<number, number>();
  /** Threads that it has not seen begin have begun unseen; else what they do is not looked at. */
  #adopts = false;
  readonly #found: Found[] = [];
  readonly #real: RealRace[] = [];
  /** What was found in each thread's last access. */
  readonly #last = new Map<number, Found[]>();
  #state = 0;
  #address = 0;
  readonly #target: Target;
  #reported: ReportedRaces;
  /** Accesses, and what synchronised. */
  told = 0;
  syncs = 0;

  constructor(process: Process, images: ConstructorParameters<typeof Target>[1]) {
    const target = new Target(process, images);
    const others = new Map<bigint, OnRaceCall>(reportingAddresses(target.images).map(at => [at, () => self().#realRace()]));
    super(
      target,
      handlers(target, () => self()),
      ENDING,
      others,
    );
    const self = (): SecondOpinion => this;
    this.model = this.#newModel();
    this.#target = target;
    this.#reported = new ReportedRaces(isModel(target));
  }

  #newModel(): PreciseDetector {
    return new PreciseDetector('fasttrack', report => this.#tell(report));
  }

  /**
   * Begins anew, in the middle of a run: what was before is ordered before all that comes. Nothing is made up by that: an order of two later accesses is made by
   * what comes between them; that one of them was earlier is missed.
   */
  anew(): void {
    this.forget();
    this.model = this.#newModel();
    this.threads.clear();
    this.#tids.clear();
    this.#adopts = true;
    this.#found.length = 0;
    this.#real.length = 0;
    this.#last.clear();
    this.#reported = new ReportedRaces(isModel(this.#target));
  }

  /** FastTrack's number of a thread; undefined: it is none that it knows. */
  thread(state: number): number | undefined {
    const known = this.threads.get(state);
    if (known !== undefined || !this.#adopts || state === 0) return known;
    const adopted = this.model.start(0, 0);
    this.know(state, adopted);
    return adopted;
  }

  /** A thread is known from now on. */
  know(state: number, thread: number): void {
    this.threads.set(state, thread);
    const tid = this.#adopts ? raceView(this.#target).inside.threadAt(state)?.tid : undefined;
    if (tid !== undefined) this.#tids.set(thread - 1, tid);
  }

  /** An access of a thread begins. */
  begins(state: number, address: number): void {
    this.told++;
    this.#state = state;
    this.#address = address;
    if (this.#last.size > 0) this.#last.delete(state);
  }

  /** Races of FastTrack, in the order in which it found them, and whether the real detector has told of them. */
  races(): readonly SecondRace[] {
    this.#target.changed();
    this.#reported.end(raceView(this.#target).inside.reported);
    const pairs = new Set(this.#real.filter(({ printed }) => printed).map(({ pair }) => pair));
    const atHand = this.#atHand();
    return this.#found.map(found => {
      const { mops, why, real } = found;
      if (atHand.includes(found)) return { mops, dropped: undefined, atHand: true };
      const pair = pairOf(mops[0].stack.at(-1), mops[1].stack.at(-1));
      if (real?.printed || pairs.has(pair)) return { mops, dropped: undefined };
      if (real === undefined) return { mops, dropped: why };
      return { mops, dropped: real.restored ? 'told before' : 'history' };
    });
  }

  /** What the structures of FastTrack took. */
  get cost(): { readonly bytes: number; readonly clockOperations: number } {
    return this.model.cost;
  }

  #tell({ mops }: RaceReport): boolean {
    const found: Found = { mops, why: this.#whyMissed(mops), real: undefined };
    this.#found.push(found);
    const last = this.#last.get(this.#state) ?? [];
    this.#last.set(this.#state, last);
    last.push(found);
    return true;
  }

  /** By what the shadow has in front of the access. */
  #whyMissed([now, before]: readonly [RaceMop, RaceMop]): DroppedWhy {
    this.#target.changed();
    const { inside } = raceView(this.#target);
    const offset = now.address % GRANULE;
    const cells = inside.cells(now.address - offset) ?? [];
    // A range is not looked at where its first word has the marker.
    const begins = inside.cells(this.#address - (this.#address % GRANULE)) ?? [];
    if ([...cells, ...begins].some(({ kind }) => kind === 'marker')) return 'marked';
    const tid = this.#tids.get(before.tid) ?? before.tid;
    const own = cells.filter(cell => cell.kind === 'access' && cell.tid === tid && cell.write === before.write);
    if (own.some(({ mask }) => (mask >> offset) & 1)) return 'slot reused';
    return own.length > 0 ? 'first byte' : 'evicted';
  }

  /** What was found in the access that the real detector is about to report. */
  #atHand(): readonly Found[] {
    const { images, process } = this.#target;
    if (!reportingAddresses(images).includes(process.cpu.registers.rip)) return [];
    const found = raceAtHand(raceView(this.#target), process.cpu.registers);
    return (found && this.#last.get(found.thread.state)) ?? [];
  }

  #realRace(): undefined {
    this.#target.changed();
    const view = raceView(this.#target);
    const found = raceAtHand(view, this.#target.process.cpu.registers);
    if (found === undefined || this.#real.length >= MOST_REAL) return undefined;
    const before = view.inside.restore(found.before, found.granule)?.stack.at(-1);
    const pair = pairOf(view.inside.stackOf(found.thread)?.pc, before);
    const real: RealRace = { printed: false, restored: before !== undefined, pair };
    this.#real.push(real);
    this.#reported.found(view.inside.reported, () => {
      real.printed = true;
    });
    for (const each of this.#last.get(found.thread.state) ?? []) each.real = real;
    return undefined;
  }
}

/** What each function of the race runtime means to FastTrack. A release counts at the call's entry and an acquire at its return: so no order is missed. */
function handlers({ process }: Target, self: () => SecondOpinion): ReadonlyMap<string, OnRaceCall> {
  const { memory, cpu } = process;
  const word = (address: number): number => Number(memory.readU64(BigInt(address)));
  const thread = (state: number): number | undefined => self().thread(state);
  const widths = new Map<number, number>();

  /** The size of a scalar, which the call does not tell: what its code behind the call accesses. */
  const width = (pc: number, address: number): number => {
    let known = widths.get(pc);
    if (known === undefined) {
      known = accessWidth(memory, BigInt(pc), cpu.registers.gpr(R12) + 8n, BigInt(address));
      widths.set(pc, known);
    }
    return known;
  };
  const scalar =
    (write: boolean): OnRaceCall =>
    argument => {
      const of = thread(argument(0));
      if (of === undefined) return undefined;
      self().begins(argument(0), argument(1));
      const [address, pc] = [argument(1), argument(2)];
      // That the other bytes of a variable race as well, once it has, is no news.
      if (!self().model.raced(address)) self().model.range(of, address, width(pc, address), pc, write);
      return undefined;
    };
  const from =
    (write: boolean): OnRaceCall =>
    argument => {
      const of = thread(argument(0));
      if (of === undefined) return undefined;
      self().begins(argument(0), argument(1));
      self().model.range(of, argument(1), 1, argument(3), write);
      return undefined;
    };
  const range =
    (write: boolean): OnRaceCall =>
    argument => {
      const of = thread(argument(0));
      if (of === undefined) return undefined;
      self().begins(argument(0), argument(1));
      self().model.range(of, argument(1), argument(2), argument(3), write);
      return undefined;
    };
  const sync =
    (entry: ((of: number, address: number) => void) | undefined, behind?: (of: number, address: number) => void): OnRaceCall =>
    argument => {
      const of = thread(argument(0));
      if (of === undefined) return undefined;
      self().syncs++;
      const address = argument(1);
      entry?.(of, address);
      return behind && (() => behind(of, address));
    };
  const started =
    (place: number, made: number): (() => void) =>
    () =>
      self().know(word(place), made);
  const atomic =
    (bits: number, kind: 'load' | 'store' | 'update' | 'compareExchange'): OnRaceCall =>
    argument => {
      const of = thread(argument(0));
      if (of === undefined) return undefined;
      self().syncs++;
      const block = argument(3);
      const address = word(block);
      self().begins(argument(0), address);
      const succeeds = (): boolean => kind !== 'compareExchange' || compares(address, block + 8, bits);
      self().model.atomic(of, 0, argument(2), address, bits / 8, kind, succeeds);
      return kind === 'store' ? undefined : () => self().model.acquire(of, address);
    };
  const compares = (address: number, block: number, bits: number): boolean =>
    bits === 32
      ? memory.readU32(BigInt(address)) === memory.readU32(BigInt(block))
      : memory.readU64(BigInt(address)) === memory.readU64(BigInt(block));

  const table: Record<string, OnRaceCall> = {
    init: argument => started(argument(0), self().model.main),
    go_start: argument => started(argument(1), self().model.start(thread(argument(0)) ?? 0, argument(2))),
    go_end: argument => {
      const state = argument(0);
      const of = thread(state);
      if (of !== undefined) self().model.end(of);
      self().threads.delete(state);
      return undefined;
    },
    read: scalar(false),
    write: scalar(true),
    read_pc: from(false),
    write_pc: from(true),
    read_range: range(false),
    write_range: range(true),
    malloc: argument => {
      self().model.malloc(argument(2), argument(3));
      return undefined;
    },
    free: argument => {
      self().model.free(argument(0), argument(1));
      return undefined;
    },
    acquire: sync(undefined, (of, address) => self().model.acquire(of, address)),
    release: sync((of, address) => self().model.release(of, address)),
    release_merge: sync((of, address) => self().model.releaseMerge(of, address)),
    release_acquire: sync((of, address) => self().model.releaseAcquire(of, address)),
    finalizer_goroutine: argument => on(argument, of => self().model.finalizerGoroutine(of)),
    go_ignore_sync_begin: argument => on(argument, of => self().model.ignoreSync(of, 1)),
    go_ignore_sync_end: argument => on(argument, of => self().model.ignoreSync(of, -1)),
  };
  const on = (argument: RaceArgument, work: (of: number) => void): undefined => {
    const of = thread(argument(0));
    if (of !== undefined) work(of);
    return undefined;
  };
  for (const bits of [32, 64]) {
    table[`go_atomic${bits}_load`] = atomic(bits, 'load');
    table[`go_atomic${bits}_store`] = atomic(bits, 'store');
    table[`go_atomic${bits}_compare_exchange`] = atomic(bits, 'compareExchange');
    for (const name of ['exchange', 'fetch_add', 'fetch_and', 'fetch_or']) table[`go_atomic${bits}_${name}`] = atomic(bits, 'update');
  }
  return new Map(Object.entries(table).map(([name, work]) => [`__tsan_${name}`, work]));
}
