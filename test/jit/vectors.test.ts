/**
 * The vectors through compiled regions: every block is compiled before it runs, with whatever it is chained to by then. A share of them; with
 * R14_ALL=1 all.
 */
import { beforeAll, expect, test } from 'vitest';
import { Machine } from '../../src/cpu/cpu.js';
import { loadJit } from '../../src/cpu/tier.js';
import { Engine } from '../vectors/engine.js';
import { GAPS } from '../vectors/gaps.js';
import { check, gapOf, readVectors, report, vectorGroups } from '../vectors/run.js';

const SHARE = process.env.R14_ALL === '1' ? 1 : 50;

let cpu: Machine;
beforeAll(async () => {
  await loadJit();
  cpu = new Machine({ memory: 1 << 24, tiers: { engine: 'jit', eager: true, warm: 0, changes: Number.POSITIVE_INFINITY } });
});

test.each(vectorGroups())(
  '%s',
  group => {
    const engine = new Engine(cpu);
    const cases = readVectors(group).measured.filter((_, index) => index % SHARE === 0);
    const failures = cases.flatMap(({ test, outcome }) => check(engine, test, outcome) ?? []).filter(failure => !gapOf(failure, GAPS));
    expect(failures.length, report(failures)).toBe(0);
    expect(cpu.tierStats!.failed).toBe(0);
  },
  600_000,
);

test('they have run as compiled code', () => {
  expect(cpu.tierStats!.compiled).toBeGreaterThan(4_000);
});
