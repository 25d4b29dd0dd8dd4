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

describe.skipIf(obstacle)(`every register after every instruction is native's${obstacle ? ` (${obstacle})` : ''}`, () => {
  test.each(['integers', 'strings', 'sorting', 'floats'])('%s', name => {
    expect(follow(trace(name)).steps).toBeGreaterThan(10_000);
  });
});
