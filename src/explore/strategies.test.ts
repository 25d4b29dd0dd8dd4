import { describe, expect, it } from 'vitest';
import { type Arrival, type OrderDecision, type Strategy, TIME } from './party.js';
import { makeStrategy, replayed, strategyNamed } from './strategies.js';

/** Parties of so many steps each, that nothing holds up: the order in which they go, by number from 1. */
function play(
  strategy: Strategy,
  lengths: readonly number[],
): { readonly order: readonly number[]; readonly decisions: readonly OrderDecision[] } {
  const done = lengths.map(() => 0);
  const order: number[] = [];
  const decisions: OrderDecision[] = [];
  let waiting: Arrival[] = lengths.map((_, index) => ({ who: index + 1, count: 1, pc: 0n }));
  for (let step = 1; waiting.length > 0; step++) {
    const usual = waiting.find(({ who }) => who === order.at(-1)) ?? waiting[0]!;
    const chosen = strategy.pick({ step, waiting, clock: false, usual });
    if (!waiting.some(({ who }) => who === chosen)) throw new Error(`${chosen} cannot go on`);
    if (chosen !== usual.who) decisions.push({ who: usual.who, count: usual.count, chosen });
    order.push(chosen);
    waiting = waiting.filter(({ who }) => who !== chosen);
    if (++done[chosen - 1]! < lengths[chosen - 1]!) waiting.push({ who: chosen, count: done[chosen - 1]! + 1, pc: 0n });
  }
  return { order, decisions };
}

const SEEDS = 1000;

/** How often a bug shows that needs `first` to do step `a` before `second` does its step `b`, and so on along the list. */
function hits(strategy: string, lengths: readonly number[], constraints: readonly (readonly [who: number, step: number])[]): number {
  const steps = lengths.reduce((sum, each) => sum + each, 0);
  let count = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const { order } = play(makeStrategy(strategy, seed, steps), lengths);
    const at = ([who, step]: readonly [number, number]): number => {
      let seen = 0;
      return order.findIndex(each => each === who && ++seen === step);
    };
    const places = constraints.map(at);
    if (places.every((place, index) => index === 0 || places[index - 1]! < place)) count++;
  }
  return count;
}

/** Three standard deviations below what a probability gives of so many: a true one fails once in 700 such tests, and these seeds are fixed. */
const least = (probability: number): number => SEEDS * probability - 3 * Math.sqrt(SEEDS * probability * (1 - probability));

describe('the strategies of a search', () => {
  it('pct finds a bug of depth d with the probability of its theorem, 1/(n * k^(d-1)), at least', () => {
    const lengths = [6, 6];
    const k = 12;
    // Depth 1: the second ends before the first begins.
    expect(
      hits('pct:1', lengths, [
        [2, 6],
        [1, 1],
      ]),
    ).toBeGreaterThanOrEqual(least(1 / 2));
    // Depth 2: the second does all of it between two steps of the first.
    for (let step = 1; step < 6; step++)
      expect(
        hits('pct:2', lengths, [
          [1, step],
          [2, 1],
          [2, 6],
          [1, step + 1],
        ]),
      ).toBeGreaterThanOrEqual(least(1 / (2 * k)));
    // Depth 3: in the middle of that, the first goes on for a step.
    expect(
      hits(
        'pct:3',
        [3, 3],
        [
          [1, 1],
          [2, 1],
          [1, 2],
          [2, 2],
        ],
      ),
    ).toBeGreaterThanOrEqual(least(1 / (2 * 6 * 6)));
  });

  it('pct without a change never interrupts anybody', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { order } = play(makeStrategy('pct:1', seed, 30), [5, 5, 5]);
      expect(order.filter((who, index) => who !== order[index - 1])).toHaveLength(3);
    }
  });

  it('delay decides no more often than it may', () => {
    for (let seed = 0; seed < 50; seed++)
      expect(play(makeStrategy('delay:2', seed, 30), [10, 10, 10]).decisions.length).toBeLessThanOrEqual(2);
  });

  it('what one has decided makes the same order when it is replayed', () => {
    for (const name of ['random', 'pct:4', 'delay:3', 'chaos', 'mixed'])
      for (let seed = 0; seed < 50; seed++) {
        const { order, decisions } = play(makeStrategy(name, seed, 24), [8, 8, 8]);
        expect(play(replayed(decisions), [8, 8, 8])).toEqual({ order, decisions });
      }
  });

  it('goes on from what was saved as it would have', () => {
    const choice = (step: number) => {
      const waiting = [1, 2, 3].map(who => ({ who, count: step, pc: 0n }));
      return { step, waiting, clock: true, usual: waiting[0]! };
    };
    for (const name of ['random', 'pct:3', 'chaos']) {
      const one = makeStrategy(name, 7, 40);
      for (let step = 1; step < 20; step++) one.pick(choice(step));
      const other = makeStrategy(name, 7, 40);
      other.restore(structuredClone(one.save()));
      for (let step = 20; step < 40; step++) {
        const picked = one.pick(choice(step));
        expect(other.pick(choice(step))).toBe(picked);
        expect([TIME, 1, 2, 3]).toContain(picked);
      }
    }
  });

  it('are named with their number, and refused with what there is', () => {
    expect(strategyNamed('pct')).toBe('pct:3');
    expect(strategyNamed('delay:5')).toBe('delay:5');
    for (const wrong of ['pct:0', 'pct:x', 'random:2', 'luck', '', 'constructor'])
      expect(() => strategyNamed(wrong)).toThrow(
        `no strategy "${wrong}"; there are mixed, usual, random, pct:D, delay:D, chaos, D from 1 to 100`,
      );
  });
});
