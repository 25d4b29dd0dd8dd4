/** futex(2): plain words, words that hold their owner (priority inheritance), and what the end of a thread does to both. */
import { CLOCK } from '../abi/constants.js';
import { E, Errno, errnoName, RESTART } from '../abi/errno.js';
import type { Kernel, WaitRow } from '../kernel.js';
import { TASK_SIZE } from '../load/layout.js';
import type { Task } from '../task.js';
import { int, type SyscallResult, uint } from './row.js';
import { readTimespec, timeoutDeadline, until } from './timespec.js';

/** Bits of a word that holds its owner: uapi/linux/futex.h. */
const FUTEX_WAITERS = 0x8000_0000;
const FUTEX_OWNER_DIED = 0x4000_0000;
const FUTEX_TID_MASK = 0x3fff_ffff;
/** Entries of a robust list that the kernel looks at. */
const ROBUST_LIMIT = 2048;

export const ANY_WAITER = 0xffff_ffff;
const FUTEX = {
  ...{ WAIT: 0, WAKE: 1, REQUEUE: 3, CMP_REQUEUE: 4, WAKE_OP: 5, LOCK_PI: 6, UNLOCK_PI: 7, TRYLOCK_PI: 8 },
  ...{ WAIT_BITSET: 9, WAKE_BITSET: 10, WAIT_REQUEUE_PI: 11, CMP_REQUEUE_PI: 12, LOCK_PI2: 13 },
} as const;
const FUTEX_PRIVATE = 0x80;
const FUTEX_CLOCK_REALTIME = 0x100;
const KNOWN = new Set<number>(Object.values(FUTEX));
/** Linux counts behind each waiter it wakes: of none it wakes one. */
const atLeastOne = (count: number): number => Math.max(1, count);
/** Operations that may be given that flag. */
const CLOCKED = new Set<number>([FUTEX.WAIT, FUTEX.WAIT_BITSET, FUTEX.WAIT_REQUEUE_PI, FUTEX.LOCK_PI2]);

export const FUTEX_WAIT: WaitRow<'futex'> = {
  reason: (_kernel, { address }) => `futex 0x${address.toString(16)}`,
  timeout: () => -E.TIMEDOUT,
  signal: (_kernel, { timed, pi }) => (pi ? -RESTART.NOINTR : timed ? -RESTART.BLOCK : -RESTART.SYS),
  cancel: (kernel, task) => {
    kernel.futexes.leave(task);
    kernel.piFutexes.leave(task);
  },
};

export function futex(kernel: Kernel, task: Task, args: readonly bigint[]): SyscallResult {
  const [address, , , timeout, address2] = args as [bigint, bigint, bigint, bigint, bigint];
  const flags = uint(args[1]);
  const operation = flags & 0x7f;
  const value = uint(args[2]);
  if ((flags & FUTEX_CLOCK_REALTIME) !== 0 && !CLOCKED.has(operation)) return -E.NOSYS;
  if (address % 4n !== 0n) return -E.INVAL;
  if (address >= TASK_SIZE) return -E.FAULT;
  // A word that processes could share is looked up by its page.
  if ((flags & FUTEX_PRIVATE) === 0 && KNOWN.has(operation)) kernel.user.u32(address);
  switch (operation) {
    case FUTEX.WAIT:
    case FUTEX.WAIT_BITSET: {
      const absolute = operation === FUTEX.WAIT_BITSET;
      const bits = absolute ? uint(args[5]) : ANY_WAITER;
      if (bits === 0) return -E.INVAL;
      return wait(kernel, task, { address, value, bits, timeout, realtime: (flags & FUTEX_CLOCK_REALTIME) !== 0, absolute, pi: false });
    }
    case FUTEX.WAKE:
      return kernel.futexes.wake(address, atLeastOne(int(args[2])), ANY_WAITER);
    case FUTEX.WAKE_BITSET: {
      const bits = uint(args[5]);
      return bits === 0 ? -E.INVAL : kernel.futexes.wake(address, atLeastOne(int(args[2])), bits);
    }
    case FUTEX.CMP_REQUEUE:
    case FUTEX.REQUEUE: {
      if (int(args[2]) < 0 || int(timeout) < 0 || address2 % 4n !== 0n) return -E.INVAL;
      if (address2 >= TASK_SIZE) return -E.FAULT;
      if (operation === FUTEX.CMP_REQUEUE && kernel.user.u32(address) !== uint(args[5])) return -E.AGAIN;
      const woken = kernel.futexes.wake(address, int(args[2]), ANY_WAITER);
      const moved = kernel.futexes.requeue(address, address2, int(timeout));
      return operation === FUTEX.CMP_REQUEUE ? woken + moved : woken;
    }
    case FUTEX.WAKE_OP:
      return wakeOp(kernel, args);
    case FUTEX.LOCK_PI:
    case FUTEX.LOCK_PI2:
      return lockPi(kernel, task, address, timeout, operation === FUTEX.LOCK_PI || (flags & FUTEX_CLOCK_REALTIME) !== 0);
    case FUTEX.TRYLOCK_PI:
      return takePi(kernel, task, address) ? 0 : -E.AGAIN;
    case FUTEX.UNLOCK_PI:
      return unlockPi(kernel, task, address);
    case FUTEX.WAIT_REQUEUE_PI:
      if (address === address2 || address2 % 4n !== 0n) return -E.INVAL;
      return wait(kernel, task, {
        ...{ address, value, bits: ANY_WAITER, timeout, realtime: (flags & FUTEX_CLOCK_REALTIME) !== 0, absolute: true, pi: true },
      });
    case FUTEX.CMP_REQUEUE_PI:
      if (address === address2 || address2 % 4n !== 0n || value !== 1) return -E.INVAL;
      return kernel.user.u32(address) === uint(args[5]) ? requeuePi(kernel, address, address2, int(timeout)) : -E.AGAIN;
    default:
      kernel.refusals.add('futex', `operation ${operation} is unknown`, errnoName(E.NOSYS));
      return -E.NOSYS;
  }
}

interface Waited {
  readonly address: bigint;
  readonly value: number;
  readonly bits: number;
  /** Where a timespec lies; 0n: for ever. */
  readonly timeout: bigint;
  readonly realtime: boolean;
  readonly absolute: boolean;
  readonly pi: boolean;
}

/** Waits at a word, as long as it has that value. */
function wait(kernel: Kernel, task: Task, { address, value, bits, timeout, realtime, absolute, pi }: Waited): SyscallResult {
  const time = timeout === 0n ? undefined : readTimespec(kernel, timeout);
  if (kernel.user.u32(address) !== value) return -E.AGAIN;
  const clock = realtime ? CLOCK.REALTIME : CLOCK.MONOTONIC;
  const deadline = time === undefined ? undefined : timeoutDeadline(kernel, clock, time, absolute);
  kernel.futexes.add(task, address, bits);
  return { kind: 'futex', address, bits, timed: time !== undefined, pi, ...until(deadline) };
}

/** FUTEX_WAKE_OP: changes the second word, wakes on the first, and on the second when its old value meets a condition. */
function wakeOp(kernel: Kernel, args: readonly bigint[]): number {
  const encoded = uint(args[5]);
  const address2 = args[4]!;
  if (address2 % 4n !== 0n) return -E.INVAL;
  const signed12 = (value: number) => (value << 20) >> 20;
  let operand = signed12((encoded >>> 12) & 0xfff);
  const compare = signed12(encoded & 0xfff);
  if ((encoded >>> 31) & 1) operand = 1 << (operand & 31);
  const old = kernel.user.u32(address2) | 0;
  const results = [operand, old + operand, old | operand, old & ~operand, old ^ operand];
  const result = results[(encoded >>> 28) & 7];
  const conditions = [old === compare, old !== compare, old < compare, old <= compare, old > compare, old >= compare];
  const condition = conditions[(encoded >>> 24) & 15];
  if (result === undefined || condition === undefined) return -E.NOSYS;
  kernel.user.setU32(address2, result);
  const woken = kernel.futexes.wake(args[0]!, atLeastOne(int(args[2])), ANY_WAITER);
  return condition ? woken + kernel.futexes.wake(address2, atLeastOne(int(args[3])), ANY_WAITER) : woken;
}

// ---- priority inheritance: the word is 0, or its owner's tid with what the kernel must know. All priorities are equal here: first come first. ----

/** Takes the lock when it is free. Throws EDEADLK for who has it, and ESRCH when its owner is no thread. */
function takePi(kernel: Kernel, task: Task, address: bigint): boolean {
  kernel.user.writable(address, 4);
  const word = kernel.user.u32(address);
  const owner = word & FUTEX_TID_MASK;
  if (owner === task.tid) throw new Errno(E.DEADLK);
  if (owner !== 0) {
    if (kernel.task(owner) === undefined) throw new Errno(E.SRCH);
    return false;
  }
  own(kernel, task, address, word & FUTEX_OWNER_DIED);
  return true;
}

/** Makes a task the owner. */
function own(kernel: Kernel, { tid }: Task, address: bigint, flags: number): void {
  const waiters = kernel.piFutexes.waiters(address).length > 0 ? FUTEX_WAITERS : 0;
  kernel.user.setU32(address, (tid | flags | waiters) >>> 0);
}

function lockPi(kernel: Kernel, task: Task, address: bigint, timeout: bigint, realtime: boolean): SyscallResult {
  const time = timeout === 0n ? undefined : readTimespec(kernel, timeout);
  if (takePi(kernel, task, address)) return 0;
  kernel.user.setU32(address, (kernel.user.u32(address) | FUTEX_WAITERS) >>> 0);
  kernel.piFutexes.add(task, address, ANY_WAITER);
  const clock = realtime ? CLOCK.REALTIME : CLOCK.MONOTONIC;
  const deadline = time === undefined ? undefined : timeoutDeadline(kernel, clock, time, true);
  return { kind: 'futex', address, bits: ANY_WAITER, timed: time !== undefined, pi: true, ...until(deadline) };
}

function unlockPi(kernel: Kernel, task: Task, address: bigint): number {
  kernel.user.writable(address, 4);
  if ((kernel.user.u32(address) & FUTEX_TID_MASK) !== task.tid) return -E.PERM;
  handOver(kernel, address, 0);
  return 0;
}

/** The first waiter becomes the owner; without one the word is free. */
function handOver(kernel: Kernel, address: bigint, flags: number): void {
  const [next] = kernel.piFutexes.waiters(address);
  if (next === undefined) {
    kernel.user.setU32(address, flags);
    return;
  }
  kernel.piFutexes.wake(address, 1, ANY_WAITER);
  // Linux does not look whether others wait: who unlocks next asks it.
  own(kernel, next, address, flags | FUTEX_WAITERS);
}

/** Who waits at the first word goes on to wait for the lock in the second; the first of them gets it if it is free. */
function requeuePi(kernel: Kernel, from: bigint, to: bigint, most: number): number {
  kernel.user.writable(to, 4);
  const [first] = kernel.futexes.waiters(from);
  if (first === undefined) return 0;
  let woken = 0;
  if (takePi(kernel, first, to)) woken = kernel.futexes.wake(from, 1, ANY_WAITER);
  const moving = kernel.futexes.waiters(from).slice(0, Math.max(0, most + 1 - woken));
  for (const task of moving) {
    kernel.futexes.leave(task);
    kernel.piFutexes.add(task, to, ANY_WAITER);
  }
  if (moving.length > 0) kernel.user.setU32(to, (kernel.user.u32(to) | FUTEX_WAITERS) >>> 0);
  return woken + moving.length;
}

// ---- the end of a thread ---------------------------------------------------------------------------------------------------------------

/** Its robust mutexes are marked, and the locks that others wait for pass on. */
export function releaseFutexes(kernel: Kernel, task: Task): void {
  releaseRobust(kernel, task);
  for (const address of kernel.piFutexes.addresses) {
    if ((kernel.user.u32(address) & FUTEX_TID_MASK) === task.tid) handOver(kernel, address, FUTEX_OWNER_DIED);
  }
}

function releaseRobust(kernel: Kernel, task: Task): void {
  const head = task.robustList;
  if (head === 0n) return;
  const offset = BigInt.asIntN(64, kernel.user.u64(head + 8n));
  const pending = kernel.user.u64(head + 16n);
  // The lowest bit says that the lock inherits priority: such a word is passed on to its waiters.
  const release = (entry: bigint): void => {
    const word = BigInt.asUintN(64, (entry & ~1n) + offset);
    const value = kernel.user.u32(word);
    if ((value & FUTEX_TID_MASK) !== task.tid || kernel.piFutexes.waiters(word).length > 0) return;
    kernel.user.setU32(word, ((value & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
    if ((value & FUTEX_WAITERS) !== 0) kernel.futexes.wake(word, 1, ANY_WAITER);
  };
  let entry = kernel.user.u64(head);
  for (let i = 0; i < ROBUST_LIMIT && (entry & ~1n) !== head; i++) {
    const next = kernel.user.u64(entry & ~1n);
    if (entry !== pending) release(entry);
    entry = next;
  }
  if (pending !== 0n) release(pending);
}
