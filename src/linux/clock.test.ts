import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK } from './abi/constants.js';
import { NEVER, PER_NANOSECOND, VirtualClock } from './clock.js';
import { Prng } from './prng.js';
import { Scheduler } from './scheduler.js';
import { Task } from './task.js';
import { Timers } from './timers.js';

/** A moment from a nanosecond to the last before the end of time, with a nanosecond's digits. */
const moment = fc
  .tuple(fc.integer({ min: 0, max: 62 }), fc.double({ min: 1, max: 2, maxExcluded: true, noNaN: true }))
  .map(([e, m]) => Math.floor(m * 2 ** e));

describe('virtual time', () => {
  it('comes to every moment before its end, and never goes back', () => {
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1, maxLength: 5 }), fc.nat(1e6), (moments, step) => {
        const cpu = { icount: 0 };
        const clock = new VirtualClock(() => cpu.icount);
        const timers = new Timers(
          clock,
          () => cpu.icount,
          () => {},
        );
        const task = new Task(1, new Uint8Array(0), 't');
        const scheduler = new Scheduler(
          { cpu, clock, timers, cpus: 1, tasks: [task], load: () => {}, timeOut: () => 0, waitEnded: () => {}, finishSyscall: () => {} },
          new Prng(0, 2),
        );
        for (const deadline of moments) {
          task.state = 'waiting';
          task.wait = { kind: 'sleep', call: 'nanosleep', absolute: false, remain: 0n, deadline };
          const before = clock.now();
          expect(scheduler.next()).toBe(task);
          expect(clock.now()).toBeGreaterThanOrEqual(Math.max(before, deadline));
          cpu.icount += step;
          expect(clock.now()).toBeGreaterThanOrEqual(before);
        }
        task.state = 'waiting';
        task.wait = { kind: 'sleep', call: 'nanosleep', absolute: false, remain: 0n, deadline: NEVER };
        expect(scheduler.next()).toBeUndefined();
      }),
      { examples: [[[2 ** 63 - 1024, 1], 999_936]] },
    );
  });

  it('is read to the nanosecond in the first hundred days', () => {
    const clock = new VirtualClock(() => 7 * PER_NANOSECOND);
    const start = clock.read(CLOCK.MONOTONIC)!;
    clock.leapTo(100 * 86_400e9 + 3);
    expect(clock.read(CLOCK.MONOTONIC)! - start).toBe(100n * 86_400_000_000_000n + 3n - 7n);
  });
});
