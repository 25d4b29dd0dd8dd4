import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from './clock.js';
import { Prng } from './prng.js';
import { Scheduler, type SchedulerPort } from './scheduler.js';
import { Task } from './task.js';
import { Timers } from './timers.js';

const QUANTUM = 100_000;

/** A machine of tasks that count, with a plain queue beside the scheduler: who has waited longest comes next. */
class Bench {
  readonly tasks: Task[] = [];
  readonly cpu = { icount: 0, registers: { save: () => new Uint8Array(0), restore: () => {} } };
  readonly clock = new VirtualClock(() => this.cpu.icount);
  readonly timers = new Timers(
    this.clock,
    () => this.cpu.icount,
    () => {},
  );
  readonly answers: string[] = [];
  scheduler: Scheduler;
  queue: number[] = [];
  current: number | undefined;
  /** Turns in order: who, and how long. */
  readonly turns: { tid: number; length: number }[] = [];

  constructor(count: number, seed: number) {
    this.scheduler = new Scheduler(this.port, new Prng(seed, 2));
    for (let tid = 1; tid <= count; tid++) {
      const task = new Task(tid, new Uint8Array(0), `t${tid}`);
      this.tasks.push(task);
      this.scheduler.add(task);
      this.queue.push(tid);
    }
  }

  get port(): SchedulerPort {
    const { tasks, cpu, clock, timers, answers } = this;
    return {
      ...{ tasks, cpu, clock, timers },
      timeOut: () => -1,
      waitEnded: () => {},
      finishSyscall: ({ tid }, result) => answers.push(`${tid} ${result}`),
    };
  }

  task(tid: number): Task {
    return this.tasks.find(task => task.tid === tid)!;
  }

  /** Whose turn it is, as the plain queue has it. */
  private expected(): number | undefined {
    const due = this.tasks
      .filter(({ state, wait }) => state === 'waiting' && wait!.deadline !== undefined)
      .sort((a, b) => a.wait!.deadline! - b.wait!.deadline! || a.tid - b.tid);
    const now = this.clock.now();
    const ready = due.filter(({ wait }) => wait!.deadline! <= now);
    const coming = this.queue.concat(ready.filter(({ tid }) => tid !== this.current).map(({ tid }) => tid));
    const isCurrent = (task: Task | undefined) => task !== undefined && (task.state === 'runnable' || ready.includes(task));
    const current = this.current === undefined ? undefined : this.task(this.current);
    if (isCurrent(current) && this.cpu.icount < current!.quantumEnd) this.queue = coming;
    else {
      if (isCurrent(current)) coming.push(this.current!);
      // All wait: time goes on to the first of the deadlines.
      if (coming.length === 0) {
        const first = due[0]?.wait?.deadline;
        const next = due.filter(({ wait }) => wait?.deadline === first).map(({ tid }) => tid);
        // The one that is loaded, if it is among them, goes on with its turn or goes behind the others.
        const loaded = next.includes(this.current ?? -1) ? this.current : undefined;
        const others = next.filter(tid => tid !== loaded);
        if (loaded !== undefined && this.cpu.icount < this.task(loaded).quantumEnd) {
          this.queue = others;
          return loaded;
        }
        coming.push(...others, ...(loaded === undefined ? [] : [loaded]));
      }
      this.current = coming.shift();
      this.queue = coming;
    }
    return this.current;
  }

  /** Gives the CPU to who is next, for at most so many instructions. */
  run(most: number): void {
    const expected = this.expected();
    const task = this.scheduler.next();
    expect(task?.tid).toBe(expected);
    if (task === undefined) return;
    const length = Math.min(most, this.scheduler.slice(task));
    expect(length).toBeGreaterThan(0);
    expect(this.cpu.icount + this.scheduler.slice(task)).toBeLessThanOrEqual(Math.max(task.quantumEnd, this.cpu.icount + 1));
    this.cpu.icount += length;
    task.cpuTime += length;
    const last = this.turns.at(-1);
    if (last?.tid === task.tid && this.cpu.icount <= task.quantumEnd) last.length += length;
    else this.turns.push({ tid: task.tid, length });
  }

  wait(deadline: number | undefined): void {
    const task = this.current === undefined ? undefined : this.task(this.current);
    if (task?.state !== 'runnable') return;
    task.state = 'waiting';
    const until = deadline === undefined ? {} : { deadline: this.clock.now() + deadline };
    task.wait = { kind: 'signal', call: 'pause', ...until };
  }

  wake(tid: number): void {
    const task = this.task(tid);
    if (task.state !== 'waiting') return;
    this.scheduler.finishWait(task, 7);
    if (tid !== this.current) this.queue.push(tid);
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('run' as const), most: fc.constantFrom(1, 1000, 60_000, 1e9) }),
  fc.record({ do: fc.constant('run' as const), most: fc.constantFrom(30_000, 1e9) }),
  fc.record({ do: fc.constant('wait' as const), deadline: fc.option(fc.constantFrom(1, 500, 90_000, 300_000), { nil: undefined }) }),
  fc.record({ do: fc.constant('wake' as const), tid: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('yield' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function act(bench: Bench, one: Step): void {
  if (one.do === 'run') bench.run(one.most);
  else if (one.do === 'wait') bench.wait(one.deadline);
  else if (one.do === 'wake') bench.wake(one.tid);
  else bench.scheduler.yield();
}

const steps = fc.array(step, { minLength: 10, maxLength: 80 });

describe('the scheduler', () => {
  it('gives turns to who has waited longest, and wakes in the order of deadlines', () => {
    fc.assert(
      fc.property(steps, fc.nat(5), (given, seed) => {
        const bench = new Bench(4, seed);
        for (const one of given) act(bench, one);
      }),
      { numRuns: 300 },
    );
  });

  it('gives everyone who can run a turn of three quarters of the quantum to the whole of it', () => {
    const bench = new Bench(4, 3);
    for (let i = 0; i < 400; i++) bench.run(1e9);
    expect(bench.turns.map(({ tid }) => tid)).toEqual(Array.from({ length: 400 }, (_, i) => 1 + (i % 4)));
    for (const { length } of bench.turns) {
      expect(length).toBeGreaterThan(0.75 * QUANTUM);
      expect(length).toBeLessThanOrEqual(QUANTUM);
    }
    expect(new Set(bench.turns.map(({ length }) => length)).size).toBeGreaterThan(300);
  });

  it('is the same for the same seed, and goes on from what it saved as it went on', () => {
    fc.assert(
      fc.property(steps, steps, fc.nat(5), (before, after, seed) => {
        const [plain, saving] = [new Bench(4, seed), new Bench(4, seed)];
        for (const one of before) for (const bench of [plain, saving]) act(bench, one);
        const saved = saving.scheduler.save();
        saving.scheduler = new Scheduler(saving.port, new Prng(99, 9));
        saving.scheduler.restore(saved, tid => saving.task(tid));
        for (const one of after) for (const bench of [plain, saving]) act(bench, one);
        expect(saving.turns).toEqual(plain.turns);
        expect(saving.answers).toEqual(plain.answers);
        expect(saving.scheduler.save()).toEqual(plain.scheduler.save());
      }),
      { numRuns: 100 },
    );
  });
});
