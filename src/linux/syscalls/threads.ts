import { PAGE_SIZE } from '../../cpu/api.js';
import { CLONE, THREAD_LIMIT } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import { SIGNAL_MAX } from '../abi/signals.js';
import type { Kernel } from '../kernel.js';
import { TASK_SIZE } from '../load/layout.js';
import type { Task } from '../task.js';
import { makeProcess } from './children.js';
import { futex } from './futex.js';
import { int, rowsOf, type SyscallResult, type SyscallRow, size, uint } from './row.js';
import { type CloneRequest, childTask, leaveMemory, putTid } from './task-edges.js';

/** Flags that make a clone a thread of this process. */
const THREAD = CLONE.VM | CLONE.SIGHAND | CLONE.THREAD;

function clone(kernel: Kernel, parent: Task, request: CloneRequest, name: string): SyscallResult {
  const { flags } = request;
  if ((flags & CLONE.SETTLS) !== 0 && request.tls >= TASK_SIZE) return -E.PERM;
  if (kernel.system.tasks.length >= THREAD_LIMIT) return -E.AGAIN;
  if ((flags & THREAD) === THREAD && (flags & CLONE.PIDFD) !== 0) return -E.INVAL;
  if ((flags & THREAD) !== THREAD) return makeProcess(kernel, parent, request, name);
  const tid = kernel.system.newTid();
  const child = childTask(kernel, parent, request, tid);
  if ((flags & CLONE.CHILD_CLEARTID) !== 0) child.clearChildTid = request.childTid;
  if ((flags & CLONE.PARENT_SETTID) !== 0) putTid(kernel, request.parentTid, tid);
  if ((flags & CLONE.CHILD_SETTID) !== 0) putTid(kernel, request.childTid, tid);
  kernel.addTask(child);
  kernel.system.threadEvents.push({ event: 'created', tid, pid: kernel.pid });
  return tid;
}

/** Bytes of struct clone_args (uapi/linux/sched.h) in its first version and as Linux 6.1 has it; what lies behind must be zeros. */
const CLONE_ARGS_FIRST = 64;
const CLONE_ARGS = 88;

function clone3(kernel: Kernel, task: Task, args: readonly bigint[]): SyscallResult {
  const length = size(args[1]);
  if (length < CLONE_ARGS_FIRST) return -E.INVAL;
  if (length > PAGE_SIZE) return -E['2BIG'];
  const view = kernel.user.view(args[0]!, length);
  for (let at = CLONE_ARGS; at < length; at++) if (view.getUint8(at) !== 0) return -E['2BIG'];
  const flags = view.getBigUint64(0, true);
  const stack = view.getBigUint64(40, true);
  const stackSize = view.getBigUint64(48, true);
  const exitSignal = view.getBigUint64(32, true);
  if (flags >> 32n !== 0n || (flags & 0xffn) !== 0n || exitSignal > BigInt(SIGNAL_MAX) || (stack === 0n) !== (stackSize === 0n))
    return -E.INVAL;
  const request = {
    flags: Number(flags),
    exitSignal: Number(exitSignal),
    pidfd: view.getBigUint64(8, true),
    childTid: view.getBigUint64(16, true),
    parentTid: view.getBigUint64(24, true),
    stack: stack + stackSize,
    tls: view.getBigUint64(56, true),
  };
  return clone(kernel, task, request, 'clone3');
}

/** The end of a thread: its tid word is cleared and woken, its robust mutexes are marked (kernel/futex, mm_release). */
function exitTask(kernel: Kernel, task: Task, code: number): void {
  leaveMemory(kernel, task);
  kernel.removeTask(task);
  kernel.system.threadEvents.push({ event: 'exited', tid: task.tid, pid: kernel.pid });
  if (task.tid === kernel.pid) kernel.mainStatus = code;
  if (kernel.tasks.length === 0) kernel.end((kernel.mainStatus ?? code) & 0xff);
}

function cpuMask(kernel: Kernel): Uint8Array {
  return new Uint8Array(new BigUint64Array([(1n << BigInt(Math.min(kernel.cpus, 64))) - 1n]).buffer);
}

function findTask(kernel: Kernel, task: Task, tid: number): Task {
  const found = tid === 0 ? task : kernel.task(tid);
  if (!found) throw new Errno(E.SRCH);
  return found;
}

const row = rowsOf('threads');

export const THREAD_SYSCALLS: readonly SyscallRow[] = [
  row(56, 'clone', 'hex ptr ptr ptr ptr', (k, t, a) => {
    const [flags, exitSignal] = [uint(a[0]) & ~0xff, uint(a[0]) & 0xff];
    if ((flags & CLONE.PIDFD) !== 0 && (flags & CLONE.PARENT_SETTID) !== 0) return -E.INVAL;
    return clone(k, t, { flags, exitSignal, stack: a[1]!, parentTid: a[2]!, childTid: a[3]!, tls: a[4]!, pidfd: a[2]! }, 'clone');
  }),
  row(435, 'clone3', 'ptr size', (k, t, a) => clone3(k, t, a)),
  row(60, 'exit', 'int', (k, t, a) => {
    exitTask(k, t, int(a[0]));
    return 0;
  }),
  row(231, 'exit_group', 'int', (k, _t, a) => {
    k.end(int(a[0]) & 0xff);
    return 0;
  }),
  row(186, 'gettid', '', (_k, t) => t.tid),
  row(218, 'set_tid_address', 'ptr', (_k, t, a) => {
    t.clearChildTid = a[0]!;
    return t.tid;
  }),
  row(273, 'set_robust_list', 'ptr size', (_k, t, a) => {
    if (a[1] !== 24n) return -E.INVAL;
    t.robustList = a[0]!;
    return 0;
  }),
  row(274, 'get_robust_list', 'int ptr ptr', (k, t, a) => {
    k.user.setU64(a[1]!, findTask(k, t, int(a[0])).robustList);
    k.user.setU64(a[2]!, 24n);
    return 0;
  }),
  row(202, 'futex', 'ptr int int ptr ptr int', (k, t, a) => futex(k, t, a)),
  row(24, 'sched_yield', '', k => {
    k.scheduler.yield();
    return 0;
  }),
  row(204, 'sched_getaffinity', 'int size ptr', (k, t, a) => {
    findTask(k, t, int(a[0]));
    if (a[1]! < 8n || a[1]! % 8n !== 0n) return -E.INVAL;
    k.user.write(a[2]!, cpuMask(k));
    return 8;
  }),
  row(203, 'sched_setaffinity', 'int size ptr', (k, t, a) => {
    findTask(k, t, int(a[0]));
    const wanted = k.user.read(a[2]!, Math.min(Number(a[1]), 8));
    return wanted.some((byte, i) => (byte & cpuMask(k)[i]!) !== 0) ? 0 : -E.INVAL;
  }),
  row(145, 'sched_getscheduler', 'int', (k, t, a) => {
    findTask(k, t, int(a[0]));
    return 0;
  }),
  row(144, 'sched_setscheduler', 'int int ptr', (k, t, a) => {
    findTask(k, t, int(a[0]));
    return int(a[1]) === 0 ? 0 : -E.PERM;
  }),
  row(143, 'sched_getparam', 'int ptr', (k, t, a) => {
    findTask(k, t, int(a[0]));
    k.user.setU32(a[1]!, 0);
    return 0;
  }),
  row(142, 'sched_setparam', 'int ptr', (k, t, a) => {
    findTask(k, t, int(a[0]));
    return k.user.u32(a[1]!) === 0 ? 0 : -E.INVAL;
  }),
  row(146, 'sched_get_priority_max', 'int', (_k, _t, a) => (int(a[0]) === 1 || int(a[0]) === 2 ? 99 : 0)),
  row(147, 'sched_get_priority_min', 'int', (_k, _t, a) => (int(a[0]) === 1 || int(a[0]) === 2 ? 1 : 0)),
  row(148, 'sched_rr_get_interval', 'int ptr', (k, t, a) => {
    if (int(a[0]) < 0) return -E.INVAL;
    findTask(k, t, int(a[0]));
    k.user.writable(a[1]!, 16);
    k.user.setU64(a[1]!, 0n);
    // The slice of a normal thread is below the kernel's tick.
    k.user.setU64(a[1]! + 8n, 0n);
    return 0;
  }),
  row(309, 'getcpu', 'ptr ptr ptr', (k, _t, a) => {
    if (a[0] !== 0n) k.user.setU32(a[0]!, k.scheduler.processor);
    if (a[1] !== 0n) k.user.setU32(a[1]!, 0);
    return 0;
  }),
];
