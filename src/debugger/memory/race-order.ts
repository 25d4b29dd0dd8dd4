/** What has ordered two goroutines in a run: each release of one, and each moment at which one got more of the other's past. */
import type { Process } from '../../linux/api.js';
import type { RaceState } from '../../runtime/race/inside/find.js';
import { EPOCH_LAST, SLOTS, THREAD } from '../../runtime/race/v3/layout.js';
import type { Target } from '../target.js';
import { type OnRaceCall, type RaceArgument, RaceCalls } from './race-calls.js';

export interface OrderStep {
  /** The thread's tid. */
  readonly tid: number;
  readonly t: number;
  /** `release` ends its epoch; `acquire` gets the other's past up to `of`; `access` is one of a race. */
  readonly kind: 'start' | 'release' | 'acquire' | 'end' | 'access';
  /** The thread's own epoch: of a release, that which it has ended. */
  readonly epoch: number;
  /** Epoch of the other thread that it knows up to since. */
  readonly of?: number;
  /** Where it was released or acquired, or accessed; absent: a go statement. */
  readonly address?: number;
  /** Pcs of calls, outermost first. */
  readonly stack: readonly number[];
}

interface Seen {
  readonly state: number;
  readonly sid: number;
  readonly epoch: number;
}

/** The race runtime's functions that release or acquire for a thread. The second argument is the address, but of those that have arguments of their own. */
const SYNCHRONISING = ['acquire', 'release', 'release_merge', 'release_acquire', 'mutex_after_lock', 'mutex_before_unlock'] as const;
const ATOMICS = [32, 64].flatMap(bits =>
  ['load', 'store', 'exchange', 'fetch_add', 'fetch_and', 'fetch_or', 'compare_exchange'].map(kind => `go_atomic${bits}_${kind}`),
);
/** Frames that a step keeps. */
const MOST_FRAMES = 32;
/** Steps that are kept, the newest. */
const MOST_STEPS = 4096;

export class OrderRecorder extends RaceCalls {
  readonly steps: OrderStep[] = [];
  /** How many steps were passed before those that are kept. */
  dropped = 0;

  constructor(target: Pick<Target, 'process' | 'images'>, state: RaceState, tids: readonly number[]) {
    const seen = new Map<number, Seen>();
    const record = new Recording(target.process, state, tids, seen, step => {
      this.steps.push(step);
      if (this.steps.length < 2 * MOST_STEPS) return;
      this.steps.splice(0, MOST_STEPS);
      this.dropped += MOST_STEPS;
    });
    const on = new Map<string, OnRaceCall>();
    for (const name of SYNCHRONISING) on.set(`__tsan_${name}`, argument => record.synchronises(argument(0), () => argument(1)));
    for (const name of ATOMICS) on.set(`__tsan_${name}`, argument => record.synchronises(argument(0), () => record.word(argument(3))));
    on.set('__tsan_finalizer_goroutine', argument => record.synchronises(argument(0), () => undefined));
    on.set('__tsan_go_start', argument => record.starts(argument));
    on.set('__tsan_go_end', argument => record.ends(argument(0)));
    super(target, on, on);
  }
}

/** Reads the threads of two tids around the calls. */
class Recording {
  constructor(
    private readonly process: Process,
    private readonly state: RaceState,
    private readonly tids: readonly number[],
    private readonly seen: Map<number, Seen>,
    private readonly add: (step: OrderStep) => void,
  ) {}

  word(address: number): number {
    return Number(this.process.memory.readU64(BigInt(address)));
  }

  synchronises(state: number, address: () => number | undefined): (() => void) | undefined {
    const tid = this.#tid(state);
    if (tid === undefined) return undefined;
    const before = this.#now(state);
    const knew = this.#knows(state, tid);
    const at = address();
    const stack = this.#stack(state);
    return () => this.#tell(tid, state, { before, knew, at, stack });
  }

  starts(argument: RaceArgument): (() => void) | undefined {
    const [parent, place] = [argument(0), argument(1)];
    const parentTid = parent === 0 ? undefined : this.#tid(parent);
    const before = parentTid === undefined ? undefined : this.#now(parent);
    const pc = argument(2);
    const stack = parent === 0 ? [] : [...this.#stack(parent), pc];
    return () => {
      if (parentTid !== undefined && before !== undefined)
        this.#tell(parentTid, parent, { before, knew: this.#knows(parent, parentTid), at: undefined, stack });
      const state = this.word(place);
      const tid = this.#tid(state);
      if (tid === undefined) return;
      const { epoch } = this.#now(state);
      const of = this.#knows(state, tid);
      this.add({ tid, t: this.process.t, kind: 'start', epoch, stack, ...(of === 0 ? {} : { of }) });
    };
  }

  ends(state: number): undefined {
    const tid = this.#tid(state);
    if (tid !== undefined) this.add({ tid, t: this.process.t, kind: 'end', epoch: this.#now(state).epoch, stack: [] });
    return undefined;
  }

  #tell(
    tid: number,
    state: number,
    { before, knew, at, stack }: { before: Seen; knew: number; at: number | undefined; stack: readonly number[] },
  ): void {
    const after = this.#now(state);
    const common = { tid, t: this.process.t, stack, ...(at === undefined ? {} : { address: at }) };
    const of = this.#knows(state, tid);
    if (of > knew) this.add({ ...common, kind: 'acquire', epoch: before.epoch, of });
    if (after.epoch !== before.epoch && after.sid === before.sid) this.add({ ...common, kind: 'release', epoch: before.epoch });
  }

  #tid(state: number): number | undefined {
    const tid = this.process.memory.readU32(BigInt(state + THREAD.tid));
    return this.tids.includes(tid) ? tid : undefined;
  }

  #now(state: number): Seen {
    const fast = this.process.memory.readU32(BigInt(state));
    const now = { state, sid: (fast >>> 8) & 0xff, epoch: (fast >>> 16) & EPOCH_LAST };
    const tid = this.process.memory.readU32(BigInt(state + THREAD.tid));
    if (now.sid < SLOTS) this.seen.set(tid, now);
    return now;
  }

  /** Up to which of the other's epochs a thread knows. */
  #knows(state: number, tid: number): number {
    const other = this.seen.get(this.tids.find(each => each !== tid) ?? -1);
    return other === undefined ? 0 : this.process.memory.readU16(BigInt(state + this.state.clock + other.sid * 2));
  }

  #stack(state: number): readonly number[] {
    const bottom = this.word(state + THREAD.stack);
    const top = this.word(state + THREAD.stackPos);
    const depth = Math.max(0, Math.min(MOST_FRAMES, (top - bottom) / 8));
    return Array.from({ length: depth }, (_, index) => this.word(top - (depth - index) * 8));
  }
}
