import { Mnemonic } from 'iced-x86';
import { beforeAll, describe, expect, test } from 'vitest';
import { lifters } from '../../src/cpu/lift/table.js';
import { formOf } from './draft.js';
import { Engine } from './engine.js';
import { testedForms, UNTESTED } from './forms.js';
import { GAPS, type Gap } from './gaps.js';
import { check, type Failure, gapOf, readVectors, report, vectorGroups } from './run.js';

const groups = vectorGroups();
let engine: Engine;

beforeAll(() => {
  engine = new Engine();
});

interface Result {
  readonly cases: number;
  readonly failures: readonly Failure[];
  readonly gaps: ReadonlySet<Gap>;
}

const results = new Map<string, Result>();

/** How a group of cases comes out; each is run once, whichever test asks first. */
function resultOf(group: string): Result {
  const known = results.get(group);
  if (known !== undefined) return known;
  const failures: Failure[] = [];
  const gaps = new Set<Gap>();
  const { measured } = readVectors(group);
  for (const { test, outcome } of measured) {
    const failure = check(engine, test, outcome);
    if (!failure) continue;
    const gap = gapOf(failure, GAPS);
    if (gap) gaps.add(gap);
    else failures.push(failure);
  }
  const result = { cases: measured.length, failures, gaps };
  results.set(group, result);
  return result;
}

describe('outcomes measured on a real CPU', () => {
  test.each(groups)('%s', group => {
    const { failures } = resultOf(group);
    expect(failures.length, report(failures)).toBe(0);
  });

  test('there are at least 150,000', () => {
    expect(groups.reduce((sum, group) => sum + resultOf(group).cases, 0)).toBeGreaterThanOrEqual(150_000);
  });

  test('of every instruction that the table has', () => {
    const tested = new Set(testedForms().map(({ code }) => formOf(code).mnemonic));
    const untested = new Set(UNTESTED.flatMap(([, mnemonics]) => mnemonics.split(' ')));
    const without = [...lifters.keys()]
      .map(mnemonic => Mnemonic[mnemonic] as string)
      .filter(name => !tested.has(name) && !untested.has(name));
    expect(without).toEqual([]);
  });

  test('every known gap still is one', () => {
    const seen = new Set(groups.flatMap(group => [...resultOf(group).gaps]));
    expect(GAPS.filter(gap => !seen.has(gap)).map(gap => gap.reason)).toEqual([]);
  });
});
