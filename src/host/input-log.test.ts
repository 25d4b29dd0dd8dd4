import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputQueue } from './input.js';
import { InputLog, inputLog } from './input-log.js';

/** A reader of a log that notes what it is told; `fill` is what somebody types before each question. */
function reader(log: InputLog, queue: InputQueue) {
  return (want: number, fill: Uint8Array | undefined): unknown => {
    if (fill !== undefined) queue.push(fill);
    const { available, ended, closed } = log.look(want);
    return [[...log.take(available)], ended, closed, log.hungry];
  };
}

const typed = () =>
  new InputQueue(
    () => 0,
    () => undefined,
    false,
  );

/** What is asked for, and what has been typed since the question before. */
const steps = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 20 }), fc.option(fc.uint8Array({ minLength: 1, maxLength: 30 }), { nil: undefined })),
  {
    minLength: 1,
    maxLength: 40,
  },
);

describe('the record of an input', () => {
  it('gives every byte once, in order, and never more than is asked for', () => {
    fc.assert(
      fc.property(steps, moves => {
        const queue = typed();
        const log = new InputLog(queue);
        const got: number[] = [];
        for (const [want, fill] of moves) {
          const [bytes] = reader(log, queue)(want, fill) as [number[]];
          expect(bytes.length).toBeLessThanOrEqual(want);
          got.push(...bytes);
        }
        queue.close();
        for (let { available, ended } = log.look(7); !ended; { available, ended } = log.look(7)) got.push(...log.take(available));
        expect(got).toEqual(moves.flatMap(([, fill]) => [...(fill ?? [])]));
      }),
    );
  });

  it('answers again as it did, from any moment on, and goes on with what is new', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (moves, chance) => {
        const queue = typed();
        const log = new InputLog(queue);
        const read = reader(log, queue);
        const from = chance % moves.length;
        const told: unknown[] = [];
        let saved = log.save();
        moves.forEach(([want, fill], index) => {
          if (index === from) saved = log.save();
          told.push(read(want, fill));
        });
        log.restore(structuredClone(saved));
        expect(moves.slice(from).map(([want]) => read(want, undefined))).toEqual(told.slice(from));
        // Elsewhere, with what had come by then.
        const elsewhere = new InputLog(typed());
        elsewhere.restore(structuredClone(saved));
        const { held } = saved.aside;
        expect([...elsewhere.take(elsewhere.look(1000).available)]).toEqual([...held]);
        // From the record alone.
        const again = new InputLog(typed(), structuredClone(log.record()));
        expect(moves.map(([want]) => reader(again, queue)(want, undefined))).toEqual(told);
      }),
    );
  });

  it('is bounded: what was read longest ago goes, and going back there says so', () => {
    const queue = typed();
    const log = new InputLog(queue, undefined, 1000);
    const start = log.save();
    for (let index = 0; index < 100; index++) {
      queue.push(new Uint8Array(50).fill(index));
      expect([...log.take(log.look(50).available)]).toEqual(new Array(50).fill(index));
    }
    expect(log.record().pieces.length).toBeLessThan(20);
    expect(() => log.restore(start)).toThrow(/the bytes from \d+ on are kept, not those from 0 on/);
  });

  it('of bytes has all of them at once', () => {
    const log = inputLog(Uint8Array.of(1, 2, 3));
    expect(log.look(2)).toMatchObject({ available: 2, closed: true, ended: false });
    expect([...log.take(2)]).toEqual([1, 2]);
    const { held, ended } = log.save().aside;
    expect([[...held], ended]).toEqual([[3], true]);
    log.take(log.look(9).available);
    expect(log.look(1)).toMatchObject({ available: 0, ended: true });
  });
});

describe('an input that a program writes', () => {
  it('is given at a stretch: as much as is wanted, or what there is when the writer pauses', () => {
    let now = 0;
    const queue = new InputQueue(
      () => now,
      () => undefined,
      true,
    );
    const take = (most: number) => queue.take(most).bytes.length;
    queue.push(new Uint8Array(10));
    expect(take(20)).toBe(0);
    expect(queue.hungry).toBe(false);
    queue.push(new Uint8Array(15));
    expect(take(20)).toBe(20);
    expect(take(20)).toBe(0);
    now += queue.due!;
    expect(take(20)).toBe(5);
    expect(take(1)).toBe(0);
    expect(queue.hungry).toBe(true);
    queue.close();
    expect(queue.take(1)).toEqual({ bytes: new Uint8Array(0), closed: true });
  });

  it('lets the time of the guest pass as the host does', () => {
    let now = 1000;
    const queue = new InputQueue(
      () => now,
      () => undefined,
      false,
    );
    expect(queue.passed(5e6)).toBe(false);
    now += 4;
    expect(queue.until(5e6)).toBe(1);
    now += 3;
    expect(queue.passed(5e6)).toBe(true);
    // It is two milliseconds behind.
    expect(queue.until(5e6)).toBe(3);
    expect(queue.passed(1e6)).toBe(true);
  });
});
