import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PER_NANOSECOND, VirtualClock } from './clock.js';
import { Prng } from './prng.js';
import { Scheduler, type SchedulerPort } from './scheduler.js';
import { Task } from './task.js';
import { Timers } from './timers.js';

const ALONE = 100_000;
const TURN = 5000;
/** Instructions that retire in the time that a task takes from its wake-up to its next instruction. */
const WAKE = 20_000 * PER_NANOSECOND;
const CPUS = 2;

/** A machine of tasks that count. */
class Bench {
  readonly tasks: Task[] = [];
  readonly cpu = { icount: 0 };
  readonly clock = new VirtualClock(() => this.cpu.icount);
  readonly timers = new Timers(
    this.clock,
    () => this.cpu.icount,
    () => {},
  );
  readonly answers: string[] = [];
  scheduler: Scheduler;
  /** Turns in order: who, on which processor, where it began, and how long. */
  readonly turns: { tid: number; on: number; from: number; end: number; length: number }[] = [];

  constructor(count: number, seed: number) {
    this.scheduler = new Scheduler(this.port, new Prng(seed, 2));
    for (let tid = 1; tid <= count; tid++) {
      const task = new Task(tid, new Uint8Array(0), `t${tid}`);
      this.tasks.push(task);
      this.scheduler.add(task);
    }
  }

  get port(): SchedulerPort {
    const { tasks, cpu, clock, timers, answers } = this;
    return {
      ...{ tasks, cpu, clock, timers, cpus: CPUS },
      load: () => {},
      timeOut: () => -1,
      waitEnded: () => {},
      finishSyscall: ({ tid }, result) => answers.push(`${tid} ${result}`),
    };
  }

  task(tid: number): Task {
    return this.tasks.find(task => task.tid === tid)!;
  }

  get current(): Task | undefined {
    return this.scheduler.current;
  }

  /** Gives the CPU to who is next, for at most so many instructions. */
  run(most: number): void {
    const before = this.clock.now();
    const due = this.tasks.filter(({ state, wait }) => state === 'waiting' && wait!.deadline !== undefined && wait!.deadline <= before);
    const task = this.scheduler.next();
    for (const each of due) expect(each.state).toBe('runnable');
    expect(this.clock.now()).toBeGreaterThanOrEqual(before);
    if (task === undefined) {
      expect(this.tasks.every(({ state }) => state === 'waiting')).toBe(true);
      return;
    }
    const length = Math.min(most, this.scheduler.slice(task));
    expect(length).toBeGreaterThan(0);
    expect(this.cpu.icount + this.scheduler.slice(task)).toBeLessThanOrEqual(Math.max(task.quantumEnd, this.cpu.icount + 1));
    const last = this.turns.at(-1);
    if (last?.tid === task.tid && last.end === task.quantumEnd) last.length += length;
    else this.turns.push({ tid: task.tid, on: this.scheduler.processor, from: this.cpu.icount, end: task.quantumEnd, length });
    this.cpu.icount += length;
    task.cpuTime += length;
  }

  wait(deadline: number | undefined): void {
    const task = this.current;
    if (task?.state !== 'runnable') return;
    const until = deadline === undefined ? {} : { deadline: this.clock.now() + deadline };
    this.scheduler.wait(task, { kind: 'signal', call: 'pause', ...until });
  }

  wake(tid: number): void {
    const task = this.task(tid);
    if (task.state !== 'waiting') return;
    this.scheduler.finishWait(task, 7);
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('run' as const), most: fc.constantFrom(1, 1000, 60_000, 1e9) }),
  fc.record({ do: fc.constant('run' as const), most: fc.constantFrom(30_000, 1e9) }),
  fc.record({ do: fc.constant('wait' as const), deadline: fc.option(fc.constantFrom(1, 500, 90_000, 300_000), { nil: undefined }) }),
  fc.record({ do: fc.constant('wake' as const), tid: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constantFrom('yield' as const, 'spin' as const, 'kernel' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function act(bench: Bench, one: Step): void {
  if (one.do === 'run') bench.run(one.most);
  else if (one.do === 'wait') bench.wait(one.deadline);
  else if (one.do === 'wake') bench.wake(one.tid);
  else if (bench.current?.state === 'runnable') {
    if (one.do === 'yield') bench.scheduler.yield();
    else if (one.do === 'spin') bench.scheduler.spin();
    else bench.scheduler.enterKernel();
  }
}

const steps = fc.array(step, { minLength: 10, maxLength: 80 });
const share = (bench: Bench, tid: number): number => bench.turns.reduce((sum, turn) => sum + (turn.tid === tid ? turn.length : 0), 0);

describe('the scheduler', () => {
  it('wakes who is due, and lets time go on, whatever happens', () => {
    fc.assert(
      fc.property(steps, fc.nat(5), (given, seed) => {
        const bench = new Bench(4, seed);
        for (const one of given) act(bench, one);
      }),
      { numRuns: 300 },
    );
  });

  it('runs as many at the same time as there are processors, by short turns', () => {
    const bench = new Bench(CPUS, 3);
    for (let i = 0; i < 400; i++) bench.run(1e9);
    for (const { length } of bench.turns) {
      expect(length).toBeGreaterThan(0.75 * TURN);
      expect(length).toBeLessThanOrEqual(TURN);
    }
    expect(new Set(bench.turns.map(({ length }) => length)).size).toBeGreaterThan(300);
    expect(new Set(bench.turns.map(({ tid, on }) => `${tid} ${on}`)).size).toBe(CPUS);
    expect(Math.abs(share(bench, 1) - share(bench, 2))).toBeLessThanOrEqual(TURN);
  });

  it('shares the processors among more than they are, each for a while', () => {
    const bench = new Bench(5, 3);
    while (bench.cpu.icount < 20_000_000) bench.run(1e9);
    for (let tid = 1; tid <= 5; tid++) {
      expect(share(bench, tid)).toBeGreaterThan(3_500_000);
      expect(share(bench, tid)).toBeLessThan(4_500_000);
    }
  });

  it('gives a long turn to who is alone, and cuts it short when another wakes, who begins soon', () => {
    const bench = new Bench(2, 3);
    for (let i = 0; i < 10; i++) bench.run(1e9);
    bench.wait(undefined);
    const gone = bench.current!.tid;
    for (let i = 0; i < 5; i++) bench.run(1e9);
    expect(bench.turns.at(-1)!.length).toBeGreaterThan(0.75 * ALONE);
    bench.run(10_000);
    const woken = bench.cpu.icount;
    bench.wake(gone);
    while (bench.current!.tid !== gone || bench.current!.state !== 'runnable') bench.run(1e9);
    expect(bench.turns.at(-1)!.from - woken).toBeLessThanOrEqual(WAKE + 2 * TURN);
  });

  it('lets the others go on while one spins, for about as long as that takes', () => {
    const bench = new Bench(2, 3);
    for (let i = 0; i < 20_000; i++) {
      bench.run(64);
      if (bench.current!.tid === 1) bench.scheduler.spin();
    }
    expect(share(bench, 1)).toBeLessThan(share(bench, 2) / 50);
  });

  it('has time pass with the instructions, half as fast with two processors, and with what takes none', () => {
    const alone = new Bench(1, 0);
    const both = new Bench(2, 0);
    for (const bench of [alone, both]) bench.run(1);
    const [one, two] = [alone, both].map(bench => {
      const [from, since] = [bench.clock.now(), bench.cpu.icount];
      while (bench.cpu.icount < since + 8_000_000) bench.run(1e9);
      return (bench.clock.now() - from) / (bench.cpu.icount - since);
    });
    expect(one).toBeCloseTo(1 / PER_NANOSECOND, 4);
    expect(two).toBeCloseTo(0.5 / PER_NANOSECOND, 4);
    const before = alone.clock.now();
    alone.scheduler.enterKernel();
    expect(alone.clock.now() - before).toBe(200);
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
