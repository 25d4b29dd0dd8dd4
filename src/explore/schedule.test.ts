import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSchedule, type Schedule, scheduleText, unfit } from './schedule.js';

const sample: Schedule = {
  run: {
    program: 'pool.test',
    binary: 'ab'.repeat(32),
    made: '1.2.3',
    args: ['-test.run', 'Test "x"\n#'],
    env: ['A=b'],
    cpus: 8,
    machine: 0,
  },
  strategy: 'pct:3',
  seed: 138,
  stir: 138,
  begins: 0,
  decisions: [
    { who: 8, count: 14, chosen: 9 },
    { who: 1, count: 2, chosen: 0 },
  ],
};

describe('a schedule as text', () => {
  it('says the same when it is read', () => {
    const number = fc.integer({ min: 0, max: 2 ** 40 });
    const schedules = fc.record({
      run: fc.record({
        program: fc.string(),
        binary: fc.constant('cd'.repeat(32)),
        made: fc.constant('0.1.0'),
        args: fc.array(fc.string()),
        env: fc.array(fc.string()),
        cpus: number,
        machine: number,
      }),
      strategy: fc.constantFrom('mixed', 'pct:3', 'random'),
      seed: number,
      stir: fc.option(number, { nil: undefined }),
      begins: number,
      decisions: fc.array(fc.record({ who: number, count: number, chosen: number })),
    });
    fc.assert(
      fc.property(schedules, fc.string(), (schedule, comment) => {
        const said = comment.replaceAll(/[\r\n]/g, ' ');
        expect(
          parseSchedule(
            scheduleText(schedule, () => said),
            'x',
          ),
        ).toEqual(schedule);
      }),
    );
  });

  it('may have comments, and is refused with the line that is wrong', () => {
    const text = scheduleText(sample, () => undefined);
    expect(parseSchedule(`${text}\n  # more\n8.15 -> 9 # why\n`, 'x').decisions).toHaveLength(3);
    const wrong = (changed: string): string => {
      try {
        parseSchedule(changed, 'pool.schedule');
      } catch (error) {
        return (error as Error).message;
      }
      return 'well';
    };
    expect(wrong('')).toBe('pool.schedule:1: this is no schedule: the first line is to be "r14 schedule 1"');
    expect(wrong(text.replace('schedule 1', 'schedule 2'))).toBe('pool.schedule:1: a schedule of version 2, this r14 reads version 1');
    expect(wrong(text.replace('8.14 -> 9', '8.14 -> nine'))).toMatch(
      /^pool\.schedule:\d+: neither a decision \(8\.14 -> 9\) nor one of program, binary/,
    );
    expect(wrong(text.replace('cpus 8', 'cpus many'))).toBe('pool.schedule:1: cpus "many" is no number');
    expect(wrong(text.replace(/binary .*\n/, ''))).toBe('pool.schedule:1: it has no line "binary"');
    expect(wrong(`${text}seed 5\n`)).toMatch(/: seed stands behind decisions$/);
    expect(wrong(text.replace('argument "-test.run"', 'argument -test.run'))).toBe('pool.schedule:1: argument -test.run is not in quotes');
    expect(wrong(text.replace('8.14', `${'9'.repeat(20)}.14`))).toMatch(/: a number that is too large$/);
  });

  it('is of one run, and says how another differs', () => {
    const { run } = sample;
    expect(unfit(sample, run)).toBeUndefined();
    expect(unfit(sample, { ...run, binary: 'ef'.repeat(32) })).toContain('it is of another pool.test than this one');
    expect(unfit(sample, { ...run, made: '2.0.0' })).toContain('made by r14 1.2.3');
    expect(unfit(sample, { ...run, args: [] })).toContain('not (none)');
    expect(unfit(sample, { ...run, cpus: 2 })).toBe('it is of a run with --cpus 8, not 2');
    expect(unfit(sample, { ...run, machine: 3 })).toBe('it is of a run with --seed 0, not 3');
    expect(unfit(sample, { ...run, env: [] })).toContain('--env A=b');
  });
});
