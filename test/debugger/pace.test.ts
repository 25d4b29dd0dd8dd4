/** Runs are cut into slices so that keys are answered: by the clock, and without any effect on what the program does. */
import { expect, it } from 'vitest';
import { Pace } from '../../src/debugger/session/pace.js';
import { buildGo, missing } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = missing('go1.26');

/** A host whose clock stands still unless it is told what something took. */
function fakeHost() {
  const host = {
    time: 0,
    breaths: [] as number[],
    now: () => host.time,
    breathe: async () => {
      host.breaths.push(host.time);
    },
  };
  return host;
}

/** Runs that many instructions of so many milliseconds each; the lengths of the slices. */
async function runs(pace: Pace, host: ReturnType<typeof fakeHost>, instructions: number, cost: number): Promise<number[]> {
  const slices: number[] = [];
  for (let left = instructions; left > 0; left -= slices.at(-1)!) {
    pace.slice(Math.min(50_000, left), budget => {
      slices.push(budget);
      host.time += budget * cost;
      return { kind: 'budget' };
    });
    await pace.rest();
  }
  return slices;
}

it('keys get in every 50 ms at least, from cold code to fast code and back to slower', async () => {
  const host = fakeHost();
  const pace = new Pace(host);
  pace.begin();
  await runs(pace, host, 5000, 0.04);
  const fast = await runs(pace, host, 20_000_000, 0.000_01);
  await runs(pace, host, 1_000_000, 0.000_5);
  const waits = host.breaths.map((at, index) => at - (host.breaths[index - 1] ?? 0));
  expect(Math.max(...waits)).toBeLessThan(50);
  // Fast code is not held up: long slices, and a breath for many of them.
  expect(Math.max(...fast)).toBe(50_000);
  expect(fast.length).toBeLessThan(20_000_000 / 50_000 + 20);
  expect(host.breaths.length).toBeLessThanOrEqual(host.time / 10);
});

it('a slice that a breakpoint ends early says nothing about the next', () => {
  const host = fakeHost();
  const pace = new Pace(host);
  const budgets: number[] = [];
  for (let passed = 0; passed < 20; passed++) {
    pace.slice(50_000, budget => {
      budgets.push(budget);
      return { kind: 'breakpoint' };
    });
  }
  expect(new Set(budgets).size).toBe(1);
});

it.skipIf(why)('the program does the same whatever the clock shows, and a slow one makes more breaths', async () => {
  const ends = [];
  for (const perInstruction of [0, 0.000_1, 0.04]) {
    const at = debug(buildGo('goroutines'));
    const { session } = at;
    let breaths = 0;
    session.host.now = () => session.target.process.t * perInstruction;
    session.host.breathe = async () => void breaths++;
    await at.run('continue');
    ends.push({ state: await at.data('info state'), breaths });
  }
  const [still, quick, slow] = ends;
  expect(quick!.state).toEqual(still!.state);
  expect(slow!.state).toEqual(still!.state);
  expect(still!.breaths).toBe(0);
  expect(slow!.breaths).toBeGreaterThan(quick!.breaths);
});

it.skipIf(why)('a step of many instructions or lines hears an interrupt', async () => {
  for (const line of ['stepi 1000', 'nexti 1000', 'step 1000']) {
    const at = debug(buildGo('goroutines'));
    const { session } = at;
    await at.text('break main.main');
    await at.text('continue');
    // One from before the command is not meant for it.
    session.interrupt();
    expect((await at.data(line.replace(' 1000', ''))).reason, line).not.toBe('interrupted');
    let time = session.host.now();
    session.host.now = () => (time += 20);
    session.host.breathe = async () => session.interrupt();
    expect((await at.data(line)).reason, line).toBe('interrupted');
  }
});
