import { CLOCK, UID } from '../abi/constants.js';
import { E, Errno, RESTART } from '../abi/errno.js';
import { SI, SIG, SIGNAL_MAX } from '../abi/signals.js';
import { PidFile } from '../fs/pid-file.js';
import type { Kernel, WaitRow } from '../kernel.js';
import { altStackFlags, onAltStack, popFrame } from '../signal/frame.js';
import type { QueuedSignal } from '../signal/pending.js';
import { encodeSiginfo } from '../signal/siginfo.js';
import type { Task } from '../task.js';
import { int, rowsOf, type SyscallResult, type SyscallRow, uint } from './row.js';
import { readTimespec, timeoutDeadline, until } from './timespec.js';

const SIGSET_SIZE = 8n;
const MINSIGSTKSZ = 2048n;
const SS_ONSTACK = 1;
const SS_DISABLE = 2;
const SS_AUTODISARM = 0x8000_0000;
const HOW = { BLOCK: 0, UNBLOCK: 1, SETMASK: 2 } as const;

function validSignal(signal: number): boolean {
  return signal >= 1 && signal <= SIGNAL_MAX;
}

/** struct sigaction of the kernel: handler, flags, restorer, mask: 32 bytes. */
function sigaction(kernel: Kernel, args: readonly bigint[]): number {
  const signal = int(args[0]);
  const [, next, old, length] = args as [bigint, bigint, bigint, bigint];
  if (length !== SIGSET_SIZE || !validSignal(signal)) return -E.INVAL;
  if (next !== 0n && (signal === SIG.KILL || signal === SIG.STOP)) return -E.INVAL;
  const before = kernel.signals.action(signal);
  const view = next === 0n ? undefined : kernel.user.view(next, 32);
  if (old !== 0n) {
    const words = new BigUint64Array([before.handler, BigInt(before.flags), before.restorer, before.mask]);
    kernel.user.write(old, new Uint8Array(words.buffer));
  }
  if (view) {
    kernel.signals.setAction(signal, {
      handler: view.getBigUint64(0, true),
      flags: view.getUint32(8, true),
      restorer: view.getBigUint64(16, true),
      mask: view.getBigUint64(24, true),
    });
  }
  return 0;
}

function sigprocmask(kernel: Kernel, task: Task, args: readonly bigint[]): number {
  const [, set, old, length] = args as [bigint, bigint, bigint, bigint];
  if (length !== SIGSET_SIZE) return -E.INVAL;
  const before = task.blocked;
  if (set !== 0n) {
    const mask = kernel.user.u64(set);
    const how = int(args[0]);
    if (how === HOW.BLOCK) kernel.signals.setBlocked(task, before | mask);
    else if (how === HOW.UNBLOCK) kernel.signals.setBlocked(task, before & ~mask);
    else if (how === HOW.SETMASK) kernel.signals.setBlocked(task, mask);
    else return -E.INVAL;
  }
  if (old !== 0n) kernel.user.setU64(old, before);
  return 0;
}

/** stack_t: address, flags, size: 24 bytes. */
function sigaltstack(kernel: Kernel, task: Task, args: readonly bigint[]): number {
  const [next, old] = args as [bigint, bigint];
  const sp = kernel.cpu.registers.get('rsp');
  const { altstack } = task;
  const view = next === 0n ? undefined : kernel.user.view(next, 24);
  if (view) {
    const flags = view.getInt32(8, true);
    const size = view.getBigUint64(16, true);
    if (onAltStack(altstack, sp)) return -E.PERM;
    const mode = flags & ~SS_AUTODISARM;
    if (mode !== 0 && mode !== SS_ONSTACK && mode !== SS_DISABLE) return -E.INVAL;
    if (mode !== SS_DISABLE && size < MINSIGSTKSZ) return -E.NOMEM;
    task.altstack = mode === SS_DISABLE ? undefined : { start: view.getBigUint64(0, true), size, flags };
  }
  if (old !== 0n) {
    const out = new DataView(new ArrayBuffer(24));
    out.setBigUint64(0, altstack?.start ?? 0n, true);
    out.setInt32(8, altStackFlags(altstack, sp), true);
    out.setBigUint64(16, altstack?.size ?? 0n, true);
    kernel.user.write(old, new Uint8Array(out.buffer));
  }
  return 0;
}

function from({ pid }: Kernel, signal: number, code: number): QueuedSignal {
  return { signal, code, sender: pid, uid: UID };
}

/** Whom kill(2) means: a process, a group, or all but init, of which the sender is not one. */
function addressees(kernel: Kernel, pid: number): Kernel[] {
  const { processes } = kernel.system;
  if (pid === -1) {
    const others = processes.filter(process => process !== kernel && !process.exit);
    return others.length > 0 ? others : [kernel];
  }
  if (pid <= 0) {
    const group = pid === 0 ? kernel.group : -pid;
    return processes.filter(process => process.group === group);
  }
  return processes.filter(process => process.pid === pid || process.task(pid) !== undefined);
}

function kill(kernel: Kernel, pid: number, signal: number): number {
  if (signal !== 0 && !validSignal(signal)) return -E.INVAL;
  const targets = addressees(kernel, pid);
  if (targets.length === 0) return -E.SRCH;
  if (signal === 0) return 0;
  const taken = targets.map(target => target.exit !== undefined || target.signals.sendToProcess(from(kernel, signal, SI.USER)));
  return taken.some(Boolean) ? 0 : -E.AGAIN;
}

function threadKill(kernel: Kernel, group: number | undefined, tid: number, signal: number): number {
  if (tid <= 0 || (group !== undefined && group <= 0) || signal < 0 || signal > SIGNAL_MAX) return -E.INVAL;
  const target = kernel.system.task(tid);
  if (!target || (group !== undefined && group !== target.pid)) return -E.SRCH;
  if (signal === 0) return 0;
  return kernel.system.kernelOf(target).signals.sendToTask(target, from(kernel, signal, SI.TKILL)) ? 0 : -E.AGAIN;
}

/** siginfo_t of sigqueue(3): code at 8, pid at 16, uid at 20, value at 24. */
function queueInfo(kernel: Kernel, signal: number, address: bigint): QueuedSignal {
  const view = kernel.user.view(address, 128);
  const code = view.getInt32(8, true);
  if (code >= 0 || code === SI.TKILL) throw new Errno(E.PERM);
  return { signal, code, sender: view.getInt32(16, true), uid: view.getUint32(20, true), value: view.getBigUint64(24, true) };
}

function timedwait(kernel: Kernel, task: Task, args: readonly bigint[]): SyscallResult {
  const [set, info, timeout, length] = args as [bigint, bigint, bigint, bigint];
  if (length !== SIGSET_SIZE) return -E.INVAL;
  const wanted = kernel.user.u64(set);
  const time = timeout === 0n ? undefined : readTimespec(kernel, timeout);
  const now = takeSignal(kernel, task, wanted, info);
  if (now !== undefined) return now;
  if (time === 0n) return -E.AGAIN;
  const deadline = time === undefined ? undefined : timeoutDeadline(kernel, CLOCK.MONOTONIC, time, false);
  return { kind: 'sigtimedwait', wanted, info, ...until(deadline) };
}

function takeSignal(kernel: Kernel, task: Task, wanted: bigint, info: bigint): number | undefined {
  const entry = task.pending.take(wanted) ?? kernel.signals.shared.take(wanted);
  if (!entry) return undefined;
  if (info !== 0n) kernel.user.write(info, encodeSiginfo(entry));
  return entry.signal;
}

export const SIGTIMEDWAIT_WAIT: WaitRow<'sigtimedwait'> = {
  reason: () => 'rt_sigtimedwait',
  poll: (kernel, task, { wanted, info }) => takeSignal(kernel, task, wanted, info),
  timeout: () => -E.AGAIN,
  signal: () => -E.INTR,
};

export const SIGNAL_WAIT: WaitRow<'signal'> = { reason: (_kernel, { call }) => call, signal: () => -RESTART.NOHAND };

const row = rowsOf('signals');

export const SIGNAL_SYSCALLS: readonly SyscallRow[] = [
  row(13, 'rt_sigaction', 'signal ptr ptr size', (k, _t, a) => sigaction(k, a)),
  row(14, 'rt_sigprocmask', 'int ptr ptr size', (k, t, a) => sigprocmask(k, t, a)),
  row(15, 'rt_sigreturn', '', (k, t) => {
    if (!popFrame(k, t)) throw new Errno(E.FAULT);
    return k.cpu.registers.get('rax');
  }),
  row(34, 'pause', '', () => ({ kind: 'signal', call: 'pause' })),
  row(62, 'kill', 'int signal', (k, _t, a) => kill(k, int(a[0]), int(a[1]))),
  row(127, 'rt_sigpending', 'ptr size', (k, t, a) => {
    if (a[1]! > SIGSET_SIZE) return -E.INVAL;
    k.user.setU64(a[0]!, (t.pending.mask | k.signals.shared.mask) & t.blocked);
    return 0;
  }),
  row(128, 'rt_sigtimedwait', 'ptr ptr ptr size', (k, t, a) => timedwait(k, t, a)),
  row(129, 'rt_sigqueueinfo', 'int signal ptr', (k, _t, a) => {
    const target = k.process(int(a[0]));
    if (!target) return -E.SRCH;
    if (!validSignal(int(a[1]))) return -E.INVAL;
    const info = queueInfo(k, int(a[1]), a[2]!);
    return target.exit || target.signals.sendToProcess(info) ? 0 : -E.AGAIN;
  }),
  row(130, 'rt_sigsuspend', 'ptr size', (k, t, a) => {
    if (a[1] !== SIGSET_SIZE) return -E.INVAL;
    const mask = k.user.u64(a[0]!);
    t.savedBlocked = t.blocked;
    k.signals.setBlocked(t, mask);
    return { kind: 'signal', call: 'rt_sigsuspend' };
  }),
  row(131, 'sigaltstack', 'ptr ptr', (k, t, a) => sigaltstack(k, t, a)),
  row(424, 'pidfd_send_signal', 'fd signal ptr hex', (k, _t, a) => {
    const file = k.fds.get(int(a[0]));
    if (!(file instanceof PidFile)) return -E.BADF;
    if (uint(a[3]) !== 0) return -E.INVAL;
    const target = k.process(file.pid);
    if (!target || target.exit) return target && int(a[1]) === 0 ? 0 : -E.SRCH;
    if (int(a[1]) === 0) return 0;
    if (!validSignal(int(a[1]))) return -E.INVAL;
    const entry = a[2] === 0n ? from(k, int(a[1]), SI.USER) : queueInfo(k, int(a[1]), a[2]!);
    return target.signals.sendToProcess(entry) ? 0 : -E.AGAIN;
  }),
  row(200, 'tkill', 'int signal', (k, _t, a) => threadKill(k, undefined, int(a[0]), int(a[1]))),
  row(234, 'tgkill', 'int int signal', (k, _t, a) => threadKill(k, int(a[0]), int(a[1]), int(a[2]))),
  row(297, 'rt_tgsigqueueinfo', 'int int signal ptr', (k, _t, a) => {
    const target = k.system.task(int(a[1]));
    if (!target || int(a[0]) !== target.pid) return -E.SRCH;
    if (!validSignal(int(a[2])) || uint(a[2]) === 0) return -E.INVAL;
    return k.system.kernelOf(target).signals.sendToTask(target, queueInfo(k, int(a[2]), a[3]!)) ? 0 : -E.AGAIN;
  }),
];
