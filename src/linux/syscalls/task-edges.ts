/** How a task begins, and what it does when it leaves its memory. */
import { CLONE } from '../abi/constants.js';
import { Errno } from '../abi/errno.js';
import type { Kernel } from '../kernel.js';
import { Task } from '../task.js';
import { ANY_WAITER, releaseFutexes } from './futex.js';

export interface CloneRequest {
  readonly flags: number;
  /** What the parent gets when it ends, if it is a process. */
  readonly exitSignal: number;
  /** Where a descriptor of the new process is written, if one is wanted (CLONE_PIDFD). */
  readonly pidfd: bigint;
  /** RSP of the new thread; 0n: its creator's. */
  readonly stack: bigint;
  readonly parentTid: bigint;
  readonly childTid: bigint;
  readonly tls: bigint;
}

/** The task that a clone begins as: where its creator is, with 0 for an answer. */
export function childTask(kernel: Kernel, parent: Task, { flags, stack, tls }: CloneRequest, tid: number): Task {
  const { registers } = kernel.cpu;
  const before = registers.save();
  registers.set('rax', 0n);
  if (stack !== 0n) registers.set('rsp', stack);
  if ((flags & CLONE.SETTLS) !== 0) registers.fsBase = tls;
  const child = new Task(tid, registers.save(), parent.name);
  registers.restore(before);
  child.blocked = parent.blocked;
  return child;
}

/** Linux makes the thread all the same when the word cannot be written (kernel/fork.c: put_user, schedule_tail). */
export function putTid(kernel: Kernel, address: bigint, tid: number): void {
  try {
    kernel.user.setU32(address, tid);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
}

/** What a task does that leaves its memory, where others may be in it. */
export function leaveMemory(kernel: Kernel, task: Task): void {
  try {
    releaseFutexes(kernel, task);
    if (task.clearChildTid !== 0n) {
      kernel.user.setU32(task.clearChildTid, 0);
      kernel.futexes.wake(task.clearChildTid, 1, ANY_WAITER);
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
}
