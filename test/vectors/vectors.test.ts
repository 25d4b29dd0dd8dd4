import { Mnemonic } from 'iced-x86';
import { beforeAll, describe, expect, test } from 'vitest';
import { lifters } from '../../src/cpu/lift/table.js';
import { formOf } from './draft.js';
import { Engine } from './engine.js';
import { testedForms, UNTESTED } from './forms.js';
import { GAPS, type Gap } from './gaps.js';
import { check, type Failure, gapOf, readVectors, report, vectorGroups } from './run.js';

const groups = vectorGroups();
const seen = new Map<Gap, number>();
let cases = 0;
let engine: Engine;

beforeAll(() => {
  engine = new Engine();
});

describe('outcomes measured on a real CPU', () => {
  test.each(groups)('%s', group => {
    const failures: Failure[] = [];
    const { measured } = readVectors(group);
    cases += measured.length;
    for (const { test, outcome } of measured) {
      const failure = check(engine, test, outcome);
      if (!failure) continue;
      const gap = gapOf(failure, GAPS);
      if (gap) seen.set(gap, (seen.get(gap) ?? 0) + 1);
      else failures.push(failure);
    }
    expect(failures.length, report(failures)).toBe(0);
  });

  test('there are at least 150,000', () => {
    expect(cases).toBeGreaterThanOrEqual(150_000);
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
    expect(GAPS.filter(gap => !seen.has(gap)).map(gap => gap.reason)).toEqual([]);
  });
});
