import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { follow, trace } from './lockstep.js';

const obstacle =
  process.platform !== 'linux' || process.arch !== 'x64'
    ? 'needs Linux on x86-64'
    : spawnSync('gcc', ['--version']).status !== 0
      ? 'needs gcc'
      : undefined;
if (obstacle && process.env.CI === 'true') throw new Error(`lockstep with the real CPU ${obstacle}`);

describe.skipIf(obstacle)(`a program on the real CPU and on r14${obstacle ? ` (${obstacle})` : ''}`, () => {
  test.each(['integers', 'strings', 'sorting', 'floats', 'mmx'])(
    '%s',
    name => {
      const traced = trace(name);
      // Every register after every instruction; then again in whole blocks, whose instructions share flags and temporaries.
      expect(follow(traced, 1)).toBeGreaterThan(10_000);
      expect(follow(traced, 61)).toBe(traced.steps.length - 1);
    },
    240_000,
  );
});
