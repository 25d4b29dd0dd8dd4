import { CLOCK, O, POLL } from '../abi/constants.js';
import { E, Errno, RESTART } from '../abi/errno.js';
import { EPOLL_CTL, Epoll } from '../fs/epoll.js';
import type { Kernel, WaitRow } from '../kernel.js';
import type { Task } from '../task.js';
import type { Wait, WaitOf } from '../wait.js';
import { readinessOf } from './files.js';
import { int, rowsOf, type SyscallResult, type SyscallRow } from './row.js';
import { encodeTimespec, encodeTimeval, readTimespec, readTimeval, timeoutDeadline, until } from './timespec.js';

const MILLISECOND = 1_000_000n;

/** Answers with what is ready now, or waits for it. `timeout`: in ns; undefined: for ever. */
function poll<W extends Wait>(
  kernel: Kernel,
  wait: W,
  scan: (kernel: Kernel, wait: W) => number,
  timeout: bigint | undefined,
): SyscallResult {
  const ready = scan(kernel, wait);
  if (ready > 0 || timeout === 0n) return ready;
  const deadline = timeout === undefined ? undefined : timeoutDeadline(kernel, CLOCK.MONOTONIC, timeout, false);
  return { ...wait, ...until(deadline) };
}

const callOf = (_kernel: Kernel, { call }: { readonly call: string }): string => call;

/** The signal mask that ppoll, pselect6 and epoll_pwait put in force for as long as they wait. */
function replaceMask(kernel: Kernel, task: Task, address: bigint, length: bigint): void {
  if (address === 0n) return;
  if (length !== 8n) throw new Errno(E.INVAL);
  const mask = kernel.user.u64(address);
  task.savedBlocked = task.blocked;
  kernel.signals.setBlocked(task, mask);
}

/** Milliseconds of poll and epoll_wait: negative means for ever. */
function milliseconds(value: number): bigint | undefined {
  return value < 0 ? undefined : BigInt(value) * MILLISECOND;
}

/** struct pollfd: fd, events, revents: 8 bytes. */
function pollFds(kernel: Kernel, call: string, address: bigint, count: number, timeout: bigint | undefined): SyscallResult {
  if (count < 0 || count > kernel.fds.limit) return -E.INVAL;
  kernel.user.writable(address, 8 * count);
  return poll(kernel, { kind: 'poll', call, address, count }, scanPoll, timeout);
}

/** Says what is ready now, in the pollfds. Returns how many are. */
function scanPoll(kernel: Kernel, { address, count }: WaitOf<'poll'>): number {
  const view = kernel.user.view(address, 8 * count);
  let ready = 0;
  for (let i = 0; i < count; i++) {
    const fd = view.getInt32(8 * i, true);
    const wanted = view.getUint16(8 * i + 4, true) | POLL.ERR | POLL.HUP | POLL.NVAL;
    const events = fd < 0 ? 0 : readinessOf(kernel, fd) & wanted;
    view.setUint16(8 * i + 6, events, true);
    if (events !== 0) ready++;
  }
  kernel.user.write(address, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return ready;
}

export const POLL_WAIT: WaitRow<'poll'> = {
  reason: callOf,
  poll: (kernel, _task, wait) => scanPoll(kernel, wait) || undefined,
  signal: () => -RESTART.NOHAND,
};

const SELECT_SETS = [POLL.IN | POLL.HUP | POLL.ERR, POLL.OUT | POLL.ERR, POLL.PRI];

const setBytes = (count: number): number => 8 * Math.ceil(count / 64);
const has = (set: Uint8Array, fd: number): boolean => ((set[fd >> 3] ?? 0) & (1 << (fd & 7))) !== 0;

/** fd_sets are bit sets in 64-bit words: read, write, exceptional. */
function select(
  kernel: Kernel,
  call: string,
  args: readonly bigint[],
  timeout: bigint | undefined,
  left: WaitOf<'select'>['left'],
): SyscallResult {
  const count = Math.min(int(args[0]), kernel.fds.capacity);
  if (count < 0) return -E.INVAL;
  const bytes = setBytes(count);
  const addresses = [args[1]!, args[2]!, args[3]!];
  const wanted = addresses.map(address => (address === 0n ? new Uint8Array(bytes) : kernel.user.read(address, bytes)));
  for (let fd = 0; fd < count; fd++) if (wanted.some(set => has(set, fd)) && !kernel.fds.has(fd)) return -E.BADF;
  const wait: WaitOf<'select'> = { kind: 'select', call, count, addresses, wanted, left };
  const result = poll(kernel, wait, scanSelect, timeout);
  if (result === 0) putNone(kernel, wait);
  return result;
}

/** Says what is ready now, in the sets, if anything is. Returns how many bits are set. */
function scanSelect(kernel: Kernel, wait: WaitOf<'select'>): number {
  const { count, wanted } = wait;
  let ready = 0;
  const out = wanted.map(() => new Uint8Array(setBytes(count)));
  for (let fd = 0; fd < count; fd++) {
    for (const [i, set] of wanted.entries()) {
      if (!has(set, fd) || (readinessOf(kernel, fd) & SELECT_SETS[i]!) === 0) continue;
      out[i]![fd >> 3]! |= 1 << (fd & 7);
      ready++;
    }
  }
  if (ready > 0) putSets(kernel, wait, out);
  return ready;
}

function putSets(kernel: Kernel, { addresses }: WaitOf<'select'>, sets: readonly Uint8Array[]): void {
  for (const [i, address] of addresses.entries()) if (address !== 0n) kernel.user.write(address, sets[i]!);
}

function putNone(kernel: Kernel, wait: WaitOf<'select'>): void {
  putSets(
    kernel,
    wait,
    wait.wanted.map(() => new Uint8Array(setBytes(wait.count))),
  );
}

function putLeft(kernel: Kernel, { left }: WaitOf<'select'>, time: bigint): void {
  if (left) kernel.user.write(left.address, left.form === 'timeval' ? encodeTimeval(time) : encodeTimespec(time));
}

export const SELECT_WAIT: WaitRow<'select'> = {
  reason: callOf,
  poll: (kernel, _task, wait) => {
    const ready = scanSelect(kernel, wait);
    if (ready === 0) return undefined;
    putLeft(kernel, wait, wait.deadline === undefined ? 0n : BigInt(Math.max(0, wait.deadline - kernel.clock.now())));
    return ready;
  },
  timeout: (kernel, wait) => {
    putNone(kernel, wait);
    putLeft(kernel, wait, 0n);
    return 0;
  },
  signal: () => -RESTART.NOHAND,
};

function epollOf(kernel: Kernel, fd: number): Epoll {
  const file = kernel.fds.get(fd);
  if (!(file instanceof Epoll)) throw new Errno(E.INVAL);
  return file;
}

/** struct epoll_event, packed: events u32, data u64. */
const EVENT_SIZE = 12;
const MAX_EVENTS = 65536;

function epollWait(kernel: Kernel, call: string, args: readonly bigint[], timeout: bigint | undefined): SyscallResult {
  const epoll = epollOf(kernel, int(args[0]));
  const limit = Math.min(int(args[2]), MAX_EVENTS);
  if (limit <= 0) return -E.INVAL;
  return poll(kernel, { kind: 'epoll', call, file: epoll.id, address: args[1]!, limit }, scanEpoll, timeout);
}

/** Takes what is ready now. Returns how many events that is. */
function scanEpoll(kernel: Kernel, { file, address, limit }: WaitOf<'epoll'>): number {
  const events = (kernel.files.file(file) as Epoll).take(limit);
  const view = new DataView(new ArrayBuffer(EVENT_SIZE * events.length));
  for (const [i, event] of events.entries()) {
    view.setUint32(EVENT_SIZE * i, event.events, true);
    view.setBigUint64(EVENT_SIZE * i + 4, event.data, true);
  }
  kernel.user.write(address, new Uint8Array(view.buffer));
  return events.length;
}

export const EPOLL_WAIT: WaitRow<'epoll'> = {
  reason: callOf,
  poll: (kernel, _task, wait) => scanEpoll(kernel, wait) || undefined,
  signal: () => -E.INTR,
};

function epollCreate(kernel: Kernel, flags: number): number {
  if ((flags & ~O.CLOEXEC) !== 0) return -E.INVAL;
  return kernel.fds.add(new Epoll(0, kernel.epolls), (flags & O.CLOEXEC) !== 0);
}

const row = rowsOf('polling');

export const POLLING_SYSCALLS: readonly SyscallRow[] = [
  row(7, 'poll', 'ptr int int', (k, _t, a) => pollFds(k, 'poll', a[0]!, int(a[1]), milliseconds(int(a[2])))),
  row(271, 'ppoll', 'ptr int ptr ptr size', (k, t, a) => {
    const timeout = a[2] === 0n ? undefined : readTimespec(k, a[2]!);
    replaceMask(k, t, a[3]!, a[4]!);
    return pollFds(k, 'ppoll', a[0]!, int(a[1]), timeout);
  }),
  row(23, 'select', 'int ptr ptr ptr ptr', (k, _t, a) => {
    const timeout = a[4] === 0n ? undefined : readTimeval(k, a[4]!);
    return select(k, 'select', a, timeout, a[4] === 0n ? undefined : { address: a[4]!, form: 'timeval' });
  }),
  row(270, 'pselect6', 'int ptr ptr ptr ptr ptr', (k, t, a) => {
    const timeout = a[4] === 0n ? undefined : readTimespec(k, a[4]!);
    if (a[5] !== 0n) replaceMask(k, t, k.user.u64(a[5]!), k.user.u64(a[5]! + 8n));
    return select(k, 'pselect6', a, timeout, a[4] === 0n ? undefined : { address: a[4]!, form: 'timespec' });
  }),
  row(213, 'epoll_create', 'int', (k, _t, a) => (int(a[0]) <= 0 ? -E.INVAL : epollCreate(k, 0))),
  row(291, 'epoll_create1', 'hex', (k, _t, a) => epollCreate(k, int(a[0]))),
  row(233, 'epoll_ctl', 'fd int fd ptr', (k, _t, a) => {
    const operation = int(a[1]);
    const view = operation === EPOLL_CTL.DEL ? undefined : k.user.view(a[3]!, EVENT_SIZE);
    k.fds.get(int(a[0]));
    const file = k.fds.get(int(a[2]));
    if (!file.pollable) return -E.PERM;
    epollOf(k, int(a[0])).control(operation, int(a[2]), file, view?.getUint32(0, true) ?? 0, view?.getBigUint64(4, true) ?? 0n);
    return 0;
  }),
  row(232, 'epoll_wait', 'fd ptr int int', (k, _t, a) => epollWait(k, 'epoll_wait', a, milliseconds(int(a[3])))),
  row(281, 'epoll_pwait', 'fd ptr int int ptr size', (k, t, a) => {
    replaceMask(k, t, a[4]!, a[5]!);
    return epollWait(k, 'epoll_pwait', a, milliseconds(int(a[3])));
  }),
  row(441, 'epoll_pwait2', 'fd ptr int ptr ptr size', (k, t, a) => {
    const timeout = a[3] === 0n ? undefined : readTimespec(k, a[3]!);
    replaceMask(k, t, a[4]!, a[5]!);
    return epollWait(k, 'epoll_pwait2', a, timeout);
  }),
];
