/** `r14 cost`: the same figures as r14 has of the runs one by one. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, runR14 } from '../support/build.js';
import { debugBundled } from '../support/debug.js';

interface Cost {
  readonly instructions: number;
  readonly calls: number;
  readonly detector: number;
  readonly syscalls: number;
  readonly memory: number;
  readonly status: number;
}

const costOf = (...args: readonly string[]): { plain: Cost; race: Cost } => JSON.parse(runR14(['cost', '--json', ...args]).stdout);

/** What `r14 run --stats` tells of a run. */
function stats(...args: readonly string[]): Pick<Cost, 'instructions' | 'syscalls' | 'memory' | 'status'> {
  const { stderr } = runR14(['run', '--stats', ...args]);
  const { instructions, syscalls, pages, exit } = JSON.parse(stderr.trimEnd().split('\n').at(-1)!);
  return { instructions, syscalls, memory: pages * 4096, status: exit };
}

describe('r14 cost', () => {
  it('of a bundled program', async () => {
    const { plain, race } = costOf('race-counter');
    expect(plain).toMatchObject(stats('--race=false', 'race-counter'));
    expect(race).toMatchObject(stats('--race=true', 'race-counter'));
    expect(plain.detector).toBe(0);
    // Breakpoints count the same calls.
    const at = debugBundled('race-counter');
    await at.text('catch racecall');
    await at.text('break *__tsan_malloc');
    for (const each of [1, 2]) await at.text(`ignore ${each} 1000000`);
    await at.text('continue');
    const rows: readonly { hits: number }[] = await at.data('breakpoints');
    expect(race.detector).toBe(rows.reduce((sum, { hits }) => sum + hits, 0));
    expect(race.calls).toBeGreaterThan(plain.calls + race.detector / 2);
  });

  const why = missing('go1.26');
  it.skipIf(why)(`of two builds of a program${why ? ` (skipped: ${why})` : ''}`, () => {
    const [plain, race] = [buildGo('race-free'), buildGo('race-free', { race: true })];
    const cost = costOf('--env', 'GORACE=atexit_sleep_ms=0', plain, race);
    expect(cost.plain).toMatchObject(stats('--env', 'GORACE=atexit_sleep_ms=0', plain));
    expect(cost.race).toMatchObject(stats('--env', 'GORACE=atexit_sleep_ms=0', race));
    expect(cost.race.detector).toBeGreaterThan(1000);
  });

  it('says what it cannot count', () => {
    expect(runR14(['cost', 'go-to-c'])).toMatchObject({ status: 2, stderr: 'r14: go-to-c has no -race build\n' });
    expect(runR14(['cost', 'a', 'b', 'c']).stderr).toMatch(/^r14: r14 cost wants a bundled program, or two files/);
    expect(runR14(['cost', '--limit', '100', 'race-counter'])).toMatchObject({
      status: 2,
      stderr: 'r14: race-counter: stopped after 100 instructions (--limit)\n',
    });
  });
});
