/** The strategies of a search: small, drawn from a seed, and the same wherever they are asked. */
import { Told } from '../host/told.js';
import { Prng } from '../linux/prng.js';
import { STRATEGY_NAMES, STRATEGY_TABLE, type StrategyKind, usualParameter } from './names.js';
import { type Arrival, type OrderChoice, type OrderDecision, type Strategy, TIME } from './party.js';

/** Streams of random numbers, of which the kernel has the first. */
const STREAM = 16;

const partiesOf = ({ waiting, clock }: OrderChoice): readonly number[] => [...waiting.map(({ who }) => who), ...(clock ? [TIME] : [])];

/** Decides nothing: who runs goes on until it waits, then who has waited longest. */
class Usual implements Strategy {
  pick({ usual }: OrderChoice): number {
    return usual.who;
  }

  save(): unknown {
    return undefined;
  }

  restore(): void {}
}

/** Anybody, at each point. */
class RandomWalk implements Strategy {
  constructor(private readonly random: Prng) {}

  pick(choice: OrderChoice): number {
    const parties = partiesOf(choice);
    return parties[this.random.below(parties.length)]!;
  }

  save(): unknown {
    return this.random.save();
  }

  restore(saved: unknown): void {
    this.random.restore(saved as bigint);
  }
}

/** Priorities above those that changes give. */
const ABOVE = 1000;

interface PctState {
  readonly random: bigint;
  readonly priorities: readonly (readonly [who: number, priority: number])[];
}

/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, ASPLOS 2010): whoever has the highest of random priorities
 * runs, and at `depth - 1` random of `steps` choices the one that would run gets the lowest. A bug that takes `depth` constraints on the order
 * is found with a probability of at least 1/(n * steps^(depth-1)) with n parties.
 */
class Pct implements Strategy {
  private priorities = new Map<number, number>();
  private readonly changes: readonly number[];

  constructor(
    private readonly random: Prng,
    depth: number,
    steps: number,
  ) {
    this.changes = Array.from({ length: depth - 1 }, () => 1 + random.below(steps));
  }

  pick(choice: OrderChoice): number {
    const parties = partiesOf(choice);
    for (const who of parties) if (!this.priorities.has(who)) this.priorities.set(who, ABOVE + Number(this.random.next() >> 12n));
    const top = () => parties.reduce((a, b) => (this.priorities.get(b)! > this.priorities.get(a)! ? b : a));
    for (const [index, step] of this.changes.entries()) if (step === choice.step) this.priorities.set(top(), index);
    const chosen = top();
    // Time that was first once has had its turn: it would never end one.
    if (chosen === TIME) this.priorities.set(TIME, ABOVE - 1);
    return chosen;
  }

  save(): PctState {
    return { random: this.random.save(), priorities: [...this.priorities] };
  }

  restore(saved: unknown): void {
    const { random, priorities } = saved as PctState;
    this.random.restore(random);
    this.priorities = new Map(priorities);
  }
}

/** Delay bounding (Emmi, Qadeer and Rakamaric, POPL 2011): the usual order, but at `delays` random of `steps` choices whoever would run is passed over. */
class DelayBounded implements Strategy {
  private readonly delays: readonly number[];

  constructor(random: Prng, delays: number, steps: number) {
    this.delays = Array.from({ length: delays }, () => 1 + random.below(steps));
  }

  pick(choice: OrderChoice): number {
    const parties = partiesOf(choice);
    const passed = this.delays.filter(step => step === choice.step).length;
    return parties[(parties.indexOf(choice.usual.who) + passed) % parties.length]!;
  }

  save(): unknown {
    return undefined;
  }

  restore(): void {}
}

interface ChaosState {
  readonly random: bigint;
  readonly until: number;
  readonly starved: number | undefined;
}

/** As rr's chaos mode has it: for stretches of random length one party does not run at all, as long as another can; the others by chance. */
class Chaos implements Strategy {
  private until = 0;
  private starved: number | undefined;

  constructor(
    private readonly random: Prng,
    private readonly steps: number,
  ) {}

  pick(choice: OrderChoice): number {
    const { random } = this;
    const parties = partiesOf(choice);
    if (choice.step >= this.until) {
      this.until = choice.step + 1 + random.below(Math.max(2, this.steps >> random.below(4)));
      this.starved = random.below(4) === 0 ? undefined : parties[random.below(parties.length)];
    }
    const others = parties.filter(who => who !== this.starved);
    if (others.length === 0) return parties[0]!;
    // Most of the time whoever runs goes on.
    return others.includes(choice.usual.who) && random.below(4) > 0 ? choice.usual.who : others[random.below(others.length)]!;
  }

  save(): ChaosState {
    return { random: this.random.save(), until: this.until, starved: this.starved };
  }

  restore(saved: unknown): void {
    const { random, until, starved } = saved as ChaosState;
    this.random.restore(random);
    this.until = until;
    this.starved = starved;
  }
}

const keyOf = ({ who, count }: Pick<Arrival, 'who' | 'count'>): string => `${who}.${count}`;

/** Decides what is written, each decision once, where it can be: what the others leave usual. */
class Replayed implements Strategy {
  private readonly at = new Map<string, number[]>();
  private used = new Map<string, number>();

  constructor(decisions: readonly OrderDecision[]) {
    for (const decision of decisions) {
      const key = keyOf(decision);
      const list = this.at.get(key);
      if (list === undefined) this.at.set(key, [decision.chosen]);
      else list.push(decision.chosen);
    }
  }

  pick(choice: OrderChoice): number {
    const { usual } = choice;
    const key = keyOf(usual);
    const list = this.at.get(key);
    if (list === undefined) return usual.who;
    const parties = partiesOf(choice);
    for (let used = this.used.get(key) ?? 0; used < list.length; used++) {
      const chosen = list[used]!;
      if (!parties.includes(chosen)) continue;
      this.used.set(key, used + 1);
      return chosen;
    }
    return usual.who;
  }

  save(): unknown {
    return [...this.used];
  }

  restore(saved: unknown): void {
    this.used = new Map(saved as [string, number][]);
  }
}

type Maker = (random: Prng, parameter: number, steps: number) => Strategy;

const MAKERS: Readonly<Record<Exclude<StrategyKind, 'mixed'>, Maker>> = {
  usual: () => new Usual(),
  random: random => new RandomWalk(random),
  pct: (random, depth, steps) => new Pct(random, depth, steps),
  delay: (random, delays, steps) => new DelayBounded(random, delays, steps),
  chaos: (random, _, steps) => new Chaos(random, steps),
};

/** What `mixed` goes through, by seed. */
const TURNS = ['pct:3', 'random', 'chaos', 'delay:3', 'pct:5'];

/** A strategy's name with its parameter, in full. Throws Told. */
export function strategyNamed(text: string): string {
  const [, name = '', number] = /^([a-z]+)(?::(\d+))?$/.exec(text) ?? [];
  const kind = Object.hasOwn(STRATEGY_TABLE, name) ? (name as StrategyKind) : undefined;
  const usual = kind && usualParameter(kind);
  const parameter = number === undefined ? usual : Number(number);
  if (
    kind === undefined ||
    (number !== undefined && usual === undefined) ||
    (parameter !== undefined && !(parameter >= 1 && parameter <= 100))
  )
    throw new Told(`no strategy "${text}"; there are ${STRATEGY_NAMES.join(', ')}, D from 1 to 100`);
  return parameter === undefined ? name : `${name}:${parameter}`;
}

/** Throws Told. `steps`: choices that a run has, about. */
export function makeStrategy(text: string, seed: number, steps: number): Strategy {
  const [name, number] = (text === 'mixed' ? TURNS[seed % TURNS.length]! : strategyNamed(text)).split(':');
  return MAKERS[name as keyof typeof MAKERS](new Prng(seed, STREAM), Number(number ?? 0), Math.max(1, steps));
}

export const replayed = (decisions: readonly OrderDecision[]): Strategy => new Replayed(decisions);
