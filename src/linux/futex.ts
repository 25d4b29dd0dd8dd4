import { checkVersion, type Versioned } from '../cpu/part.js';
import type { Task } from './task.js';

interface Waiter {
  readonly task: Task;
  address: bigint;
  readonly bits: number;
}

/** The words that are waited on, by address, each with its waiters in order. */
export type SavedFutexes = Versioned<{
  readonly queues: readonly { readonly address: bigint; readonly waiters: readonly { readonly tid: number; readonly bits: number }[] }[];
}>;

/** Queues of futex(2), one a word of guest memory, woken first in, first out. */
export class FutexTable {
  private readonly queues = new Map<bigint, Waiter[]>();

  constructor(private readonly wakeTask: (task: Task, result: number) => void) {}

  /** Queues the task, which waits on one word at a time. */
  add(task: Task, address: bigint, bits: number): void {
    this.queue(address).push({ task, address, bits });
  }

  /** Takes the task off again, wherever it has been moved to. */
  leave(task: Task): void {
    for (const queue of this.queues.values()) {
      const waiter = queue.find(each => each.task === task);
      if (waiter) this.remove(waiter);
    }
  }

  /** Wakes up to `count` waiters whose bits meet `bits`. Returns how many. */
  wake(address: bigint, count: number, bits: number): number {
    const queue = this.queues.get(address);
    if (!queue) return 0;
    let woken = 0;
    for (const waiter of [...queue]) {
      if (woken >= count) break;
      if ((waiter.bits & bits) === 0) continue;
      this.remove(waiter);
      this.wakeTask(waiter.task, 0);
      woken++;
    }
    return woken;
  }

  /** Who waits at a word, first come first. */
  waiters(address: bigint): readonly Task[] {
    return this.queues.get(address)?.map(({ task }) => task) ?? [];
  }

  /** Words that are waited on. */
  get addresses(): readonly bigint[] {
    return [...this.queues.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  /** Moves up to `count` waiters to another word without waking them. Returns how many. */
  requeue(from: bigint, to: bigint, count: number): number {
    const moved = (this.queues.get(from) ?? []).slice(0, count);
    for (const waiter of moved) {
      this.remove(waiter);
      waiter.address = to;
      this.queue(to).push(waiter);
    }
    return moved.length;
  }

  save(): SavedFutexes {
    const words = [...this.queues].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      version: 1,
      queues: words.map(([address, queue]) => ({ address, waiters: queue.map(({ task, bits }) => ({ tid: task.tid, bits })) })),
    };
  }

  restore(saved: SavedFutexes, task: (tid: number) => Task): void {
    checkVersion('futex queues', saved, 1);
    this.queues.clear();
    for (const { address, waiters } of saved.queues) for (const { tid, bits } of waiters) this.add(task(tid), address, bits);
  }

  private queue(address: bigint): Waiter[] {
    let queue = this.queues.get(address);
    if (!queue) this.queues.set(address, (queue = []));
    return queue;
  }

  private remove(waiter: Waiter): void {
    const queue = this.queues.get(waiter.address);
    const index = queue?.indexOf(waiter) ?? -1;
    if (!queue || index < 0) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.queues.delete(waiter.address);
  }
}
