/** Other processes: fork(2), vfork(2) and clone(2), wait4(2) and waitid(2), groups and sessions. */
import { MemoryLimitError } from '../../cpu/memory/address-space.js';
import { CLONE, O, UID } from '../abi/constants.js';
import { E, Errno, errnoName, RESTART } from '../abi/errno.js';
import { CLD, SIG } from '../abi/signals.js';
import { nanosecondsOf } from '../clock.js';
import { PidFile } from '../fs/pid-file.js';
import type { Kernel, WaitRow } from '../kernel.js';
import { encodeSiginfo } from '../signal/siginfo.js';
import type { Space } from '../space.js';
import type { Task } from '../task.js';
import type { WaitOf } from '../wait.js';
import { int, rowsOf, type SyscallResult, type SyscallRow, uint } from './row.js';
import { type CloneRequest, childTask, putTid } from './task-edges.js';
import { encodeTimeval } from './timespec.js';

/** What a new process may ask for besides its memory. CLONE_UNTRACED, CLONE_DETACHED, CLONE_SYSVSEM and CLONE_IO change nothing here. */
const KNOWN =
  CLONE.VM | CLONE.VFORK | CLONE.PIDFD | CLONE.SETTLS | CLONE.PARENT_SETTID | CLONE.CHILD_SETTID | CLONE.CHILD_CLEARTID | 0x80c4_0000;

/** A clone that is no thread: a process with a copy of its parent's memory, or in that memory itself. */
export function makeProcess(kernel: Kernel, parent: Task, request: CloneRequest, name: string): SyscallResult {
  const { system } = kernel;
  const { flags, exitSignal } = request;
  if ((flags & CLONE.SIGHAND) !== 0 && (flags & CLONE.VM) === 0) return -E.INVAL;
  if ((flags & ~KNOWN) !== 0) {
    const more = `0x${((flags & ~KNOWN) >>> 0).toString(16)}`;
    kernel.refusals.add(name, `a new process with flags ${more}: it shares no files, handlers or namespaces`, errnoName(E.PERM));
    return -E.PERM;
  }
  if ((flags & CLONE.VM) === 0 && kernel.space!.shares) {
    kernel.refusals.add(name, 'a new process that has memory in common with its parent (MAP_SHARED)', errnoName(E.NOSYS));
    return -E.NOSYS;
  }
  if (system.processes.length >= system.mostProcesses) {
    kernel.refusals.add(name, `more than ${system.mostProcesses} processes: --processes N allows more`, errnoName(E.AGAIN));
    return -E.AGAIN;
  }
  if ((flags & CLONE.PIDFD) !== 0) {
    kernel.user.writable(request.pidfd, 4);
    if (kernel.fds.room < 1) return -E.MFILE;
  }
  const space = (flags & CLONE.VM) !== 0 ? kernel.space! : copyOf(kernel);
  const child = system.newProcess(space, kernel.fs.cwd);
  const task = childTask(kernel, parent, request, child.pid);
  child.parent = kernel;
  child.group = kernel.group;
  child.session = kernel.session;
  child.exitSignal = exitSignal;
  child.umask = kernel.umask;
  for (const [which, limit] of kernel.limits) child.limits.set(which, limit);
  child.signals.inherit(kernel.signals);
  child.fds.inherit(kernel.fds);
  task.altstack = (flags & CLONE.VM) !== 0 && (flags & CLONE.VFORK) === 0 ? undefined : parent.altstack && { ...parent.altstack };
  task.signalFrames.push(...parent.signalFrames);
  task.trap = parent.trap;
  if ((flags & CLONE.CHILD_CLEARTID) !== 0) task.clearChildTid = request.childTid;
  if ((flags & CLONE.PARENT_SETTID) !== 0) putTid(kernel, request.parentTid, child.pid);
  if ((flags & CLONE.CHILD_SETTID) !== 0) putTid(child, request.childTid, child.pid);
  if ((flags & CLONE.PIDFD) !== 0) kernel.user.setU32(request.pidfd, kernel.fds.add(new PidFile(child.pid, 0, system.hasEnded), true));
  child.addTask(task);
  system.processEvents.push({ event: (flags & CLONE.VFORK) !== 0 ? 'vfork' : 'fork', pid: kernel.pid, child: child.pid });
  return (flags & CLONE.VFORK) !== 0 ? { kind: 'vfork', child: child.pid } : child.pid;
}

/** A copy of a process's memory. Throws ENOMEM. */
function copyOf(kernel: Kernel): Space {
  const { system } = kernel;
  const space = system.newSpace();
  try {
    space.copy(kernel.space!, space.cpu.save().random);
  } catch (error) {
    system.giveBack(space);
    throw error instanceof MemoryLimitError ? new Errno(E.NOMEM) : error;
  }
  return space;
}

export const VFORK_WAIT: WaitRow<'vfork'> = {
  reason: (_kernel, { child }) => `vfork, until process ${child} is another program or has ended`,
  signal: (_kernel, { child }) => child,
  deaf: true,
};

const W = { NOHANG: 1, UNTRACED: 2, EXITED: 4, CONTINUED: 8, NOWAIT: 0x0100_0000 } as const;
/** __WNOTHREAD, __WALL and __WCLONE: all children are alike here. */
const KINDS = 0xe000_0000;
const P = { ALL: 0, PID: 1, PGID: 2, PIDFD: 3 } as const;

/** What has become of a child that its parent is to be told of. */
interface ChildNews {
  readonly child: Kernel;
  readonly code: number;
  readonly status: number;
}

function childNews(kernel: Kernel, { which, id, options }: Pick<WaitOf<'child'>, 'which' | 'id' | 'options'>): ChildNews | undefined {
  const meant = kernel.system
    .childrenOf(kernel)
    .filter(({ pid, group }) => which === P.ALL || (which === P.PID ? pid === id : group === id));
  if (meant.length === 0) throw new Errno(E.CHILD);
  for (const child of meant) {
    const { ending, news } = child;
    if (ending !== undefined && (options & W.EXITED) !== 0) return { child, ...ending };
    if (ending !== undefined || news === undefined) continue;
    if (news.kind === 'stopped' && (options & W.UNTRACED) !== 0) return { child, code: CLD.STOPPED, status: news.signal };
    if (news.kind === 'continued' && (options & W.CONTINUED) !== 0) return { child, code: CLD.CONTINUED, status: news.signal };
  }
  return undefined;
}

/** As wait4(2) says it: exit status in bits 8 to 15, a signal in bits 0 to 6, 0x7f for stopped, 0xffff for going on. */
function statusWord({ code, status }: ChildNews): number {
  if (code === CLD.EXITED) return (status & 0xff) << 8;
  if (code === CLD.STOPPED) return (status << 8) | 0x7f;
  return code === CLD.CONTINUED ? 0xffff : status;
}

/** Tells of a child, and forgets what was told. */
function tell(kernel: Kernel, wait: Pick<WaitOf<'child'>, 'call' | 'status' | 'usage' | 'options'>, news: ChildNews): number {
  const { child, code, status } = news;
  if (wait.usage !== 0n) kernel.user.write(wait.usage, usageOf(child.cpuTime + child.childrenTime, 0));
  if (wait.call === 'waitid') {
    if (wait.status !== 0n)
      kernel.user.write(wait.status, encodeSiginfo({ signal: SIG.CHLD, code, sender: child.pid, uid: UID, value: BigInt(status) }));
  } else if (wait.status !== 0n) kernel.user.setU32(wait.status, statusWord(news));
  if ((wait.options & W.NOWAIT) === 0) {
    if (child.exit) {
      kernel.childrenTime += child.cpuTime + child.childrenTime;
      kernel.system.reap(child);
    } else child.news = undefined;
  }
  return wait.call === 'waitid' ? 0 : child.pid;
}

/** struct rusage: user time, system time, fourteen longs of which the first is the maximum resident size in KiB. */
export function usageOf(instructions: number, pages: number): Uint8Array {
  const bytes = new Uint8Array(144);
  bytes.set(encodeTimeval(BigInt(nanosecondsOf(instructions))));
  new DataView(bytes.buffer).setBigUint64(32, BigInt(pages * 4), true);
  return bytes;
}

function waitFor(kernel: Kernel, wait: Omit<WaitOf<'child'>, 'kind'>): SyscallResult {
  const news = childNews(kernel, wait);
  if (news !== undefined) return tell(kernel, wait, news);
  if ((wait.options & W.NOHANG) === 0) return { kind: 'child', ...wait };
  if (wait.call === 'waitid' && wait.status !== 0n) kernel.user.write(wait.status, new Uint8Array(128));
  return 0;
}

export const CHILD_WAIT: WaitRow<'child'> = {
  reason: (_kernel, { call, which, id }) => `${call} for ${which === P.ALL ? 'a child' : `${which === P.PID ? 'process' : 'group'} ${id}`}`,
  poll: (kernel, _task, wait) => {
    const news = childNews(kernel, wait);
    return news && tell(kernel, wait, news);
  },
  signal: () => -RESTART.SYS,
};

function wait4(kernel: Kernel, args: readonly bigint[]): SyscallResult {
  const [pid, options] = [int(args[0]), uint(args[2])];
  if ((options & ~(W.NOHANG | W.UNTRACED | W.CONTINUED | KINDS)) !== 0) return -E.INVAL;
  if (pid === -0x8000_0000) return -E.SRCH;
  const which = pid === -1 ? P.ALL : pid > 0 ? P.PID : P.PGID;
  const id = pid > 0 ? pid : pid === 0 ? kernel.group : -pid;
  return waitFor(kernel, { call: 'wait4', which, id, options: options | W.EXITED, status: args[1]!, usage: args[3]! });
}

function waitid(kernel: Kernel, args: readonly bigint[]): SyscallResult {
  const [which, id, options] = [int(args[0]), int(args[1]), uint(args[3])];
  if ((options & ~(W.NOHANG | W.UNTRACED | W.EXITED | W.CONTINUED | W.NOWAIT | KINDS)) !== 0) return -E.INVAL;
  if ((options & (W.EXITED | W.UNTRACED | W.CONTINUED)) === 0) return -E.INVAL;
  if (which < P.ALL || which > P.PIDFD || (which !== P.ALL && id < 0) || (which === P.PID && id === 0)) return -E.INVAL;
  if (which === P.PIDFD) {
    const file = pidFile(kernel, id);
    const answer = waitFor(kernel, { call: 'waitid', which: P.PID, id: file.pid, options, status: args[2]!, usage: args[4]! });
    return typeof answer === 'object' && file.nonblocking ? -E.AGAIN : answer;
  }
  const group = which === P.PGID && id === 0 ? kernel.group : id;
  return waitFor(kernel, { call: 'waitid', which, id: group, options, status: args[2]!, usage: args[4]! });
}

/** Throws EBADF. */
function pidFile(kernel: Kernel, fd: number): PidFile {
  const file = kernel.fds.get(fd);
  if (!(file instanceof PidFile)) throw new Errno(E.BADF);
  return file;
}

function pidfdOpen(kernel: Kernel, pid: number, flags: number): number {
  if (pid <= 0 || (flags & ~O.NONBLOCK) !== 0) return -E.INVAL;
  const process = kernel.process(pid);
  if (process === undefined) return kernel.system.task(pid) ? -E.INVAL : -E.SRCH;
  return kernel.fds.add(new PidFile(pid, flags, kernel.system.hasEnded), true);
}

/** A process by its pid, 0 being the caller. Throws ESRCH. */
export function processOf(kernel: Kernel, pid: number): Kernel {
  const found = pid === 0 ? kernel : kernel.process(pid);
  if (!found) throw new Errno(E.SRCH);
  return found;
}

/** setpgid(2): of oneself or a child, into a group of the same session. */
function setGroup(kernel: Kernel, pid: number, group: number): number {
  if (group < 0) return -E.INVAL;
  const process = processOf(kernel, pid);
  if (process !== kernel && process.parent !== kernel) return -E.SRCH;
  if (process.session === process.pid || process.session !== kernel.session) return -E.PERM;
  const wanted = group || process.pid;
  const known = kernel.system.processes.some(other => other.group === wanted && other.session === kernel.session);
  if (wanted !== process.pid && !known) return -E.PERM;
  process.group = wanted;
  return 0;
}

const row = rowsOf('process');

/** What fork(2) and vfork(2) ask of clone(2). */
const PLAIN = { pidfd: 0n, exitSignal: SIG.CHLD, stack: 0n, parentTid: 0n, childTid: 0n, tls: 0n };

export const CHILD_SYSCALLS: readonly SyscallRow[] = [
  row(57, 'fork', '', (k, t) => makeProcess(k, t, { ...PLAIN, flags: 0 }, 'fork')),
  row(58, 'vfork', '', (k, t) => makeProcess(k, t, { ...PLAIN, flags: CLONE.VM | CLONE.VFORK }, 'vfork')),
  row(61, 'wait4', 'int ptr hex ptr', (k, _t, a) => wait4(k, a)),
  row(247, 'waitid', 'int int ptr hex ptr', (k, _t, a) => waitid(k, a)),
  row(434, 'pidfd_open', 'int hex', (k, _t, a) => pidfdOpen(k, int(a[0]), uint(a[1]))),
  row(39, 'getpid', '', k => k.pid),
  row(110, 'getppid', '', k => k.parentPid),
  row(111, 'getpgrp', '', k => k.group),
  row(121, 'getpgid', 'int', (k, _t, a) => processOf(k, int(a[0])).group),
  row(124, 'getsid', 'int', (k, _t, a) => processOf(k, int(a[0])).session),
  row(109, 'setpgid', 'int int', (k, _t, a) => setGroup(k, int(a[0]), int(a[1]))),
  row(112, 'setsid', '', k => {
    if (k.system.processes.some(({ group }) => group === k.pid)) return -E.PERM;
    k.group = k.pid;
    k.session = k.pid;
    return k.pid;
  }),
];
