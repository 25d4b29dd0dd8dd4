/** Steers a process's threads from point to point, as a strategy says, and notes what it decides. */
import type { OpenChoice, ScheduleControl } from '../linux/control.js';
import { type Arrival, type OrderDecision, type Strategy, TIME } from './party.js';
import type { RunQueues } from './run-queues.js';
import { replayed } from './strategies.js';

/** So long what ends by itself is waited for before it is asked who goes on, in ns: Go's threads that look for work sleep for 3 us, to which the kernel adds its 50. */
const SETTLE = 60_000;
/** After so many choices who has waited longest goes on, whatever was decided: who spins until another has done something would do so for ever. */
const FAIR = 2000;
/** And after time has gone on so often: who sleeps until another has done something would do so for ever, too. */
const PATIENT = 20;
/** So far ahead lies at most what time is let go to, in ns: nearer than what runtime and tests have for the worst case. */
const REACH = 10_000_000_000;

interface Held extends Arrival {
  readonly tid: number;
  /** Address of the goroutine; 0n: none. */
  readonly g: bigint;
  /** It was to give way where it stands, and cannot there. */
  readonly stays: boolean;
  /** `choices` when it came, and how often time had gone on by then. */
  readonly since: number;
  readonly leaps: number;
}

/** A goroutine without a thread, and the one that is held and would give way to it. */
interface Queued extends Arrival {
  readonly by: Held;
}

interface SteeringState {
  readonly now: number;
  readonly held: readonly Held[];
  readonly counts: readonly (readonly [who: number, count: number])[];
  readonly last: number | undefined;
  readonly step: number;
  readonly choices: number;
  readonly leaps: number;
  readonly settled: number | undefined;
  readonly started: boolean;
  readonly places: readonly (readonly [who: number, pc: bigint])[];
  readonly asked: { readonly who: number; readonly pc: bigint } | undefined;
  readonly unsafe: readonly bigint[];
  readonly decisions: readonly OrderDecision[];
  readonly order: bigint;
  readonly strategy: unknown;
}

/** What a process is steered by: its points, who stands at one, and what becomes of chance in it. */
export interface Steered {
  readonly points: ReadonlySet<bigint>;
  /** Of these, accesses to memory. */
  readonly accesses: ReadonlySet<bigint>;
  /** Of these, where Go chooses by chance: `select`, and ranges over maps. */
  readonly chance: ReadonlySet<bigint>;
  /** Points where the program's own work is over: who comes there goes on when nobody else can. */
  readonly ends: ReadonlySet<bigint>;
  /** The goroutine of a thread whose registers are loaded, by its number; where there are none, the thread. */
  whose(tid: number): { readonly who: number; readonly g: bigint; readonly pc: bigint; readonly address: bigint };
  /** Goroutines without a thread; undefined: nothing is known of them. */
  readonly queues: RunQueues | undefined;
  /** Draws the state of the program's own random numbers anew. */
  stir(seed: number): void;
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

export class Steering implements ScheduleControl {
  strategy: Strategy = replayed([]);
  /** What Go's own random choices are drawn from, from the first choice on, which may be one of these; undefined: they are as they were. */
  stir: number | undefined;
  /** Accesses that only one goroutine's memory is concerned by: nobody is put aside there. What is not known of is not among them. */
  private: ReadonlySet<bigint> = new Set();
  /** Is told of accesses. */
  learning: { access(who: number, pc: bigint, address: bigint): void } | undefined;
  /** Has the run stop: at the first choice, when somebody comes to an end and all others wait, and when nothing happens for so long, in ns. */
  readonly stops = { first: false, ends: false, idle: Number.POSITIVE_INFINITY };
  private held: readonly Held[] = [];
  private counts = new Map<number, number>();
  private last: number | undefined;
  private settled: number | undefined;
  /** Choices so far, those with one party too, from the first between several on. */
  step = 0;
  /** Those between several. */
  choices = 0;
  private leaps = 0;
  /** There has been something to choose: between several, or by Go's own chance. */
  private started = false;
  /** Where each stood last, by its number. */
  private places = new Map<number, bigint>();
  /** Who was to give way, and stood where. */
  private asked: { readonly who: number; readonly pc: bigint } | undefined;
  /** Points where Go lets nobody give way. */
  private unsafe: readonly bigint[] = [];
  private made: OrderDecision[] = [];
  /** Who went on, from point to point, as a sum. */
  order = FNV_OFFSET;
  /** Somebody has come to an end, and all others wait: where the run has stopped for that. */
  atEnd = false;
  /** Virtual time when it was last asked, in ns. */
  now = 0;
  /** It stands at the first choice. */
  atFirst = false;

  constructor(
    private readonly steered: Steered,
    readonly begins: number,
  ) {}

  get points(): ReadonlySet<bigint> {
    return this.steered.points;
  }

  /** What was decided so far, in order; what is decided later does not come into it. */
  get decisions(): readonly OrderDecision[] {
    return [...this.made];
  }

  arrived(tid: number): void {
    const { queues } = this.steered;
    const { who, g, pc, address } = this.steered.whose(tid);
    const { asked } = this;
    const stays = asked?.who === who && asked.pc === pc && queues?.marked(g) === true;
    if (asked?.who === who) this.asked = undefined;
    if (stays) this.unsafe = [...this.unsafe, pc];
    if (this.learning !== undefined && this.steered.accesses.has(pc)) this.learning.access(who, pc, address);
    const count = (this.counts.get(who) ?? 0) + (stays ? 0 : 1);
    this.counts.set(who, count);
    this.places.set(who, pc);
    this.held = [...this.held, { tid, who, g, stays, count, pc, since: this.choices, leaps: this.leaps }];
  }

  choose({ now, next, timed }: OpenChoice): number | { readonly preempt: number } | 'time' | 'stop' {
    this.now = now;
    const { held } = this;
    if (held.length === 0) {
      this.settled = undefined;
      return next === undefined || next - now > this.stops.idle ? 'stop' : 'time';
    }
    const stays = held.find(each => each.stays);
    if (stays !== undefined) return this.release(stays);
    this.settled ??= now + SETTLE;
    if (next !== undefined && next <= this.settled) return 'time';
    const going = held.filter(({ pc }) => !this.steered.ends.has(pc));
    if (going.length === 0) return this.end(held[0]!);
    const clock = timed !== undefined && timed - now <= REACH;
    const queued = this.queued(going);
    const several = going.length + queued.length > 1 || clock;
    if ((several || this.steered.chance.has(going[0]!.pc)) && !this.started) {
      this.atFirst = this.stops.first;
      if (this.atFirst) return 'stop';
      this.started = true;
      if (this.stir !== undefined) this.steered.stir(this.stir);
    }
    if (several) this.choices++;
    const longest = going[0]!;
    const starved = this.choices - longest.since > FAIR || this.leaps - longest.leaps > PATIENT;
    const same = starved ? undefined : going.find(({ who }) => who === this.last);
    const usual = same ?? longest;
    const matters = !starved && (same === undefined || !this.private.has(same.pc));
    if (this.choices > 0 && matters) this.step++;
    const chosen = several && matters ? this.strategy.pick({ step: this.step, waiting: [...going, ...queued], clock, usual }) : usual.who;
    const to = going.find(({ who }) => who === chosen);
    const other = queued.find(({ who }) => who === chosen);
    if (chosen !== usual.who) this.made.push({ who: usual.who, count: usual.count, chosen, pc: usual.pc, chosenPc: (to ?? other)?.pc });
    if (other !== undefined) return this.giveWay(other);
    if (to === undefined) {
      this.note(TIME, 0);
      this.leaps++;
      this.settled = timed;
      return 'time';
    }
    return this.release(to);
  }

  /** Who would run where one of those that are held gave way: each once, and none that is held itself. */
  private queued(going: readonly Held[]): readonly Queued[] {
    const { queues } = this.steered;
    if (queues === undefined) return [];
    const found: Queued[] = [];
    for (const by of going) {
      const next = by.g === 0n || this.unsafe.includes(by.pc) ? undefined : queues.next(by.g);
      if (next === undefined || found.some(({ who }) => who === next.who)) continue;
      found.push({ who: next.who, count: this.counts.get(next.who) ?? 0, pc: this.places.get(next.who) ?? next.pc, by });
    }
    return found;
  }

  /** Has the one before a goroutine in Go's queues give way to it. */
  private giveWay({ who, count, by }: Queued): { readonly preempt: number } {
    this.steered.queues!.mark(by.g);
    this.asked = { who: by.who, pc: by.pc };
    this.release(by);
    this.last = who;
    if (this.choices > 0) this.note(who, count);
    return { preempt: by.tid };
  }

  private end(first: Held): number | 'stop' {
    this.atEnd = this.stops.ends && !this.atEnd;
    return this.atEnd ? 'stop' : this.release(first);
  }

  private release(one: Held): number {
    this.held = this.held.filter(each => each !== one);
    this.settled = undefined;
    this.last = one.who;
    if (this.choices > 0) this.note(one.who, one.count);
    return one.tid;
  }

  private note(who: number, count: number): void {
    for (const word of [who, count]) this.order = BigInt.asUintN(64, (this.order ^ BigInt(word)) * FNV_PRIME);
  }

  save(): SteeringState {
    const { now, held, last, step, choices, leaps, settled, started, asked, unsafe, decisions, order } = this;
    return {
      ...{ now, held, last, step, choices, leaps, settled, started, asked, unsafe, decisions, order },
      counts: [...this.counts],
      places: [...this.places],
      strategy: this.strategy.save(),
    };
  }

  restore(saved: unknown): void {
    if (saved === undefined) return;
    const { counts, places, strategy, decisions, ...rest } = saved as SteeringState;
    Object.assign(this, rest);
    this.made = [...decisions];
    this.counts = new Map(counts);
    this.places = new Map(places);
    this.atEnd = false;
    if (strategy !== undefined) this.strategy.restore(strategy);
  }
}
