import { describe, expect, it } from 'vitest';
import { FutexTable } from './futex.js';
import { Prng } from './prng.js';
import { PendingSignals } from './signal/pending.js';
import { Task } from './task.js';

const task = (tid: number) => new Task(tid, new Uint8Array(0), 'test');

describe('futex queues', () => {
  const woken: number[] = [];
  const table = new FutexTable(({ tid }) => woken.push(tid));

  it('wakes in order, by bits, and after moves', () => {
    const tasks = [1, 2, 3, 4].map(task);
    for (const each of tasks) table.add(each, 0x100n, each.tid === 3 ? 2 : 1);
    expect(table.wake(0x100n, 1, 1)).toBe(1);
    expect(table.wake(0x100n, 5, 2)).toBe(1);
    expect(table.requeue(0x100n, 0x200n, 1)).toBe(1);
    expect(table.wake(0x100n, 5, 0xffff)).toBe(1);
    expect(woken).toEqual([1, 3, 4]);
    table.leave(tasks[1]!);
    expect(table.wake(0x200n, 5, 0xffff)).toBe(0);
    expect(table.save().queues).toEqual([]);
  });
});

describe('pending signals', () => {
  it('come faults first, then by number, then in order; standard ones only once', () => {
    const pending = new PendingSignals();
    for (const [signal, code] of [
      [40, 1],
      [10, 0],
      [40, 2],
      [11, 1],
      [10, 5],
      [34, 0],
    ] as const)
      pending.add({ signal, code });
    expect(pending.add({ signal: 10, code: 0 })).toBe(false);
    const taken: string[] = [];
    for (let entry = pending.take(-1n); entry; entry = pending.take(-1n)) taken.push(`${entry.signal}/${entry.code}`);
    expect(taken).toEqual(['11/1', '10/0', '34/0', '40/1', '40/2']);
  });
});

describe('the random numbers', () => {
  it('are a function of seed and stream', () => {
    const draw = (seed: number, stream: number) => [...new Prng(seed, stream).bytes(20)];
    expect(draw(7, 1)).toEqual(draw(7, 1));
    expect(draw(7, 1)).not.toEqual(draw(8, 1));
    expect(draw(7, 1)).not.toEqual(draw(7, 2));
    const random = new Prng(0, 0);
    const counts = Array.from({ length: 4 }, () => 0);
    for (let i = 0; i < 4000; i++) counts[random.below(4)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
