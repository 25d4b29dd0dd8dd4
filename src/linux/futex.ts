import type { Task } from './task.js';

interface Waiter {
  readonly task: Task;
  address: bigint;
  readonly bits: number;
}

/** Queues of futex(2), one a word of guest memory, woken first in, first out. */
export class FutexTable {
  private readonly queues = new Map<bigint, Waiter[]>();

  constructor(private readonly wakeTask: (task: Task, result: number) => void) {}

  /** Queues the task; the answer takes it off again. */
  add(task: Task, address: bigint, bits: number): () => void {
    const waiter: Waiter = { task, address, bits };
    this.queue(address).push(waiter);
    return () => this.remove(waiter);
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

  /** For the state hash: words and the tids that wait on them. */
  describe(): string {
    const words = [...this.queues].sort(([a], [b]) => (a < b ? -1 : 1));
    return words.map(([address, queue]) => `${address.toString(16)}:${queue.map(w => `${w.task.tid}/${w.bits}`).join(',')}`).join(' ');
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
