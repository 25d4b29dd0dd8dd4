/**
 * Random event scripts for the models of the race detector, in the language of `oracle.c`. The same seed gives the same script for good: what
 * the real race runtime prints of them is recorded in `recorded.txt`. A script only does what a Go program can: no thread that has ended, no
 * return without a call, no unlock without a lock.
 */

/** A generator of random numbers (splitmix32). */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x9e37_79b9) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0_aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97);
    return Math.floor((((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

/** What a kind of script is made of. Weights are relative. */
interface Profile {
  readonly events: readonly [least: number, most: number];
  /** Threads alive at once, at most. */
  readonly threads: number;
  /** Words of 8 bytes that accesses go to. */
  readonly words: number;
  /** Different pcs. */
  readonly pcs: number;
  readonly weights: Readonly<Record<Action, number>>;
  /** Percent of events after which something is looked at. */
  readonly looks: number;
  /** Calls that have not returned, at most. */
  readonly deepest?: number;
}

type Action = 'start' | 'end' | 'call' | 'access' | 'range' | 'sync' | 'atomic' | 'mutex' | 'heap' | 'ignore' | 'finalizer';

const EVEN: Profile['weights'] = {
  start: 4,
  end: 2,
  call: 12,
  access: 50,
  range: 8,
  sync: 12,
  atomic: 8,
  mutex: 4,
  heap: 2,
  ignore: 1,
  finalizer: 1,
};

const PROFILES: readonly Profile[] = [
  { events: [10, 300], threads: 6, words: 3, pcs: 40, weights: EVEN, looks: 60 },
  { events: [100, 2000], threads: 20, words: 12, pcs: 200, weights: EVEN, looks: 20 },
  // Hardly any order: races, and reports that equal others.
  { events: [100, 1000], threads: 10, words: 30, pcs: 12, weights: { ...EVEN, sync: 2, atomic: 2, mutex: 1, heap: 8 }, looks: 20 },
  // More threads than slots, most of them blocked.
  { events: [600, 4000], threads: 600, words: 20, pcs: 100, weights: { ...EVEN, start: 40, end: 1 }, looks: 10 },
  // Threads that come and go: their slots and traces are used again.
  { events: [1000, 6000], threads: 24, words: 10, pcs: 100, weights: { ...EVEN, start: 30, end: 29 }, looks: 10 },
  // Much synchronisation: epochs, many SyncVars that are freed and made.
  { events: [500, 4000], threads: 12, words: 400, pcs: 60, weights: { ...EVEN, sync: 60, atomic: 30, heap: 10 }, looks: 15 },
  // Long: trace parts that are full.
  { events: [8000, 10000], threads: 5, words: 40, pcs: 400, weights: { ...EVEN, start: 1, end: 0, call: 60, access: 60 }, looks: 2 },
  // Deep stacks.
  { events: [500, 3000], threads: 4, words: 6, pcs: 60, weights: { ...EVEN, call: 120, end: 1 }, looks: 5 },
];

/** How long the longest are: for history that is lost. A thread's trace holds some 49,000 events. */
const LONG: Profile = {
  events: [60_000, 120_000],
  threads: 3,
  words: 60,
  pcs: 60,
  deepest: 12,
  weights: { ...EVEN, start: 1, end: 0, call: 60, access: 90, sync: 1, atomic: 1, mutex: 1, heap: 0, ignore: 0, finalizer: 0 },
  looks: 1,
};

interface Thread {
  readonly index: number;
  depth: number;
  ignoring: number;
}

class Script {
  readonly #lines: string[] = [];
  readonly #alive: Thread[] = [{ index: 0, depth: 0, ignoring: 0 }];
  /** Mutexes that are locked for writing or reading, as `offset` -> who, how often. */
  readonly #writers = new Map<number, { thread: number; count: number }>();
  readonly #readers: (readonly [thread: number, offset: number])[] = [];
  #next = 1;

  constructor(
    private readonly random: Random,
    private readonly profile: Profile,
  ) {}

  make(): string {
    const { random, profile } = this;
    const actions = (Object.keys(profile.weights) as Action[]).flatMap(action => Array<Action>(profile.weights[action]).fill(action));
    const [least, most] = profile.events;
    for (let left = least + random.below(most - least + 1); left > 0; left--) {
      this[random.pick(actions)]();
      if (random.chance(profile.looks)) this.#look();
    }
    for (let word = 0; word < Math.min(profile.words, 40); word++) this.#say('sh', word * 8);
    for (const { index } of this.#alive.slice(0, 12)) this.#say('thr', index).#say('clk', index);
    return `${this.#say('count').#say('fini').#lines.join('\n')}\n`;
  }

  #say(...words: (string | number)[]): this {
    this.#lines.push(words.join(' '));
    return this;
  }

  #look(): void {
    const word = this.random.pick(['sh', 'sh', 'thr', 'clk', 'meta', 'count']);
    if (word === 'count') this.#say(word);
    else this.#say(word, word === 'sh' || word === 'meta' ? this.#offset() : this.#thread().index);
  }

  #thread(): Thread {
    return this.random.pick(this.#alive);
  }

  #offset(): number {
    return this.random.below(this.profile.words) * 8 + (this.random.chance(60) ? 0 : this.random.below(8));
  }

  #word(): number {
    return this.random.below(this.profile.words) * 8;
  }

  /** Pcs near each other, and now and then far. */
  #pc(): string {
    const pc = this.random.below(this.profile.pcs) * 16;
    return `0x${(0x40_1000 + (this.random.chance(10) ? pc * 0x1000 : pc)).toString(16)}`;
  }

  protected start(): void {
    const { random } = this;
    if (this.#alive.length > this.profile.threads) {
      this.access();
      return;
    }
    this.#say('start', random.chance(3) ? -1 : this.#thread().index, this.#next, this.#pc());
    this.#alive.push({ index: this.#next++, depth: 0, ignoring: 0 });
  }

  protected end(): void {
    const at = 1 + this.random.below(this.#alive.length - 1);
    const thread = this.#alive[at];
    const holds = [...this.#writers.values()].some(writer => writer.thread === thread?.index);
    if (thread === undefined || holds || this.#readers.some(([reader]) => reader === thread.index)) {
      this.access();
      return;
    }
    this.#say('end', thread.index);
    this.#alive.splice(at, 1);
  }

  protected call(): void {
    const thread = this.#thread();
    const full = thread.depth === this.profile.deepest;
    if (full || (thread.depth > 0 && this.random.chance(45))) {
      thread.depth--;
      this.#say('exit', thread.index);
    } else {
      thread.depth++;
      this.#say('enter', thread.index, this.#pc());
    }
  }

  protected access(): void {
    const { random } = this;
    const thread = this.#thread().index;
    const kind = random.pick(['r', 'r', 'r', 'w', 'w', 'rpc', 'wpc']);
    if (kind.length === 1) this.#say(kind, thread, this.#offset(), this.#pc());
    else this.#say(kind, thread, this.#offset(), random.chance(20) ? 0 : this.#pc(), this.#pc());
  }

  protected range(): void {
    const { random } = this;
    const length = random.chance(5) ? 0 : random.below(random.chance(80) ? 40 : this.profile.words * 8);
    this.#say(random.pick(['rr', 'wr']), this.#thread().index, this.#offset(), length, this.#pc());
  }

  protected sync(): void {
    this.#say(this.random.pick(['acq', 'acq', 'rel', 'relacq', 'relmerge']), this.#thread().index, this.#offset());
  }

  protected atomic(): void {
    const { random } = this;
    const size = random.pick([32, 64]);
    const kind = random.pick(['aload', 'astore', 'aadd', 'axchg', 'acas']);
    const offset = this.#word() + (size === 32 && random.chance(50) ? 4 : 0);
    const values = { aload: 0, astore: 1, aadd: 1, axchg: 1, acas: 2 }[kind]!;
    this.#say(`${kind}${size}`, this.#thread().index, offset, ...Array.from({ length: values }, () => random.below(3)));
  }

  protected mutex(): void {
    const { random } = this;
    const [writer] = this.#writers;
    if (writer !== undefined && random.chance(60)) {
      const [offset, held] = writer;
      this.#say('munlock', held.thread, offset, 1);
      if (--held.count === 0) this.#writers.delete(offset);
      return;
    }
    if (this.#readers.length > 0 && random.chance(50)) {
      const [[thread, offset]] = this.#readers.splice(random.below(this.#readers.length), 1) as [readonly [number, number]];
      this.#say('munlock', thread, offset, 0);
      return;
    }
    const offset = this.#word();
    const thread = this.#thread().index;
    const held = this.#writers.get(offset);
    if (random.chance(70)) {
      if (held !== undefined && held.thread !== thread) return;
      this.#say('mlock', thread, offset, 1);
      this.#writers.set(offset, { thread, count: (held?.count ?? 0) + 1 });
    } else if (held === undefined) {
      this.#say('mlock', thread, offset, 0);
      this.#readers.push([thread, offset]);
    }
  }

  protected heap(): void {
    const { random, profile } = this;
    const offset = this.#offset();
    const size = 1 + random.below(random.chance(80) ? 32 : profile.words * 8);
    const kind = random.pick(['malloc', 'free']);
    // A mutex that is held is not freed.
    if (
      kind === 'free' &&
      [...this.#writers.keys(), ...this.#readers.map(([, at]) => at)].some(at => at + 8 > offset && at < offset + size + 8)
    )
      return;
    this.#say(kind, offset, size);
  }

  protected ignore(): void {
    const thread = this.#thread();
    if (thread.ignoring > 0 && this.random.chance(80)) {
      thread.ignoring--;
      this.#say('igne', thread.index);
    } else {
      thread.ignoring++;
      this.#say('ignb', thread.index);
    }
  }

  protected finalizer(): void {
    this.#say('fing', this.#thread().index);
  }
}

/** The script of a seed: 10 to 10,000 events, or with `long` so many that history is lost. */
export const randomScript = (seed: number, long = false): string =>
  new Script(new Random(seed), long ? LONG : PROFILES[seed % PROFILES.length]!).make();
