import { O, POLL, S, UID } from '../abi/constants.js';
import { E, Errno, RESTART } from '../abi/errno.js';
import { SI, SIG } from '../abi/signals.js';
import { EventFd } from '../fs/event.js';
import { HostDirectory, SyntheticDirectory } from '../fs/files.js';
import { type OpenFile, WOULD_BLOCK } from '../fs/open-file.js';
import { Pipe } from '../fs/streams.js';
import type { Kernel, WaitRow } from '../kernel.js';
import { Socket } from '../net/socket.js';
import type { Task } from '../task.js';
import type { UserPiece, Wait, WaitOf } from '../wait.js';
import { fcntlLock, flock, isLockCommand } from './file-locks.js';
import { gather, iovec, MOST_MOVED, scatter, total, writablePieces } from './pieces.js';
import { int, long, MAX_OFFSET, rowsOf, type SyscallResult, type SyscallRow, size, uint } from './row.js';
import { receive, send } from './socket-transfer.js';

const LONG_END = 2 ** 63;
/** Reading behind every end of a file; an end that is no offset at all is refused. */
const atEnd = (offset: number, length: number): number => (offset + length >= LONG_END ? -E.INVAL : 0);

/** The first attempt of a transfer; while the file would block, the task waits. */
function transfer<K extends 'read' | 'write'>(
  kernel: Kernel,
  task: Task,
  file: OpenFile,
  row: WaitRow<K>,
  wait: WaitOf<K> & Wait,
): SyscallResult {
  const now = row.poll!(kernel, task, wait);
  if (now !== undefined) return now;
  return file.nonblocking ? -E.AGAIN : wait;
}

function readable(kernel: Kernel, fd: number): OpenFile {
  const file = kernel.fds.get(fd);
  if (!file.readable || (file.flags & O.PATH) !== 0) throw new Errno(E.BADF);
  return file;
}

function writable(kernel: Kernel, fd: number): OpenFile {
  const file = kernel.fds.get(fd);
  if (!file.writable || (file.flags & O.PATH) !== 0) throw new Errno(E.BADF);
  return file;
}

function read(kernel: Kernel, task: Task, fd: number, pieces: readonly UserPiece[], call: string): SyscallResult {
  const file = readable(kernel, fd);
  const length = total(pieces);
  writablePieces(kernel, pieces, length);
  if (file instanceof Socket) {
    return length === 0 ? 0 : receive(kernel, task, file, { call, pieces, length, flags: 0, from: undefined, message: 0n });
  }
  return transfer(kernel, task, file, READ_WAIT, { kind: 'read', call, file: file.id, pieces, length });
}

export const READ_WAIT: WaitRow<'read'> = {
  reason: transferReason,
  poll: (kernel, _task, { file, pieces, length }) => {
    const bytes = kernel.files.file(file).read(length);
    if (bytes === WOULD_BLOCK) return undefined;
    scatter(kernel, pieces, bytes);
    return bytes.length;
  },
  signal: () => -RESTART.SYS,
};

function write(kernel: Kernel, task: Task, fd: number, pieces: readonly UserPiece[], call: string): SyscallResult {
  const file = writable(kernel, fd);
  const length = total(pieces);
  if (file instanceof Socket) return send(kernel, task, file, { call, pieces, length, flags: 0, to: undefined, control: undefined });
  return transfer(kernel, task, file, WRITE_WAIT, { kind: 'write', call, file: file.id, pieces, length, done: 0 });
}

export const WRITE_WAIT: WaitRow<'write'> = {
  reason: transferReason,
  poll: (kernel, task, wait) => {
    const file = kernel.files.file(wait.file);
    try {
      do {
        const written = file.write(gather(kernel, wait.pieces, wait.done, file.mostWritten));
        if (written === WOULD_BLOCK) return file.nonblocking && wait.done > 0 ? wait.done : undefined;
        wait.done += written;
      } while (wait.done < wait.length && file.pollable);
      return wait.done;
    } catch (error) {
      if (error instanceof Errno && error.number === E.PIPE) {
        brokenPipe(kernel, task);
      }
      if (error instanceof Errno && wait.done > 0) return wait.done;
      throw error;
    }
  },
  signal: (_kernel, { done }) => (done > 0 ? done : -RESTART.SYS),
};

function transferReason(kernel: Kernel, { call, file }: { readonly call: string; readonly file: number }): string {
  return `${call} ${kernel.files.file(file).path}`;
}

function readAt(kernel: Kernel, fd: number, pieces: readonly UserPiece[], offset: number): number {
  const file = readable(kernel, fd);
  if (offset < 0) return -E.INVAL;
  if (offset + total(pieces) > MAX_OFFSET) return atEnd(offset, total(pieces));
  const bytes = file.readAt(offset, total(pieces));
  scatter(kernel, pieces, bytes);
  return bytes.length;
}

function writeAt(kernel: Kernel, fd: number, pieces: readonly UserPiece[], offset: number): number {
  const file = writable(kernel, fd);
  if (offset < 0) return -E.INVAL;
  if (offset >= MAX_OFFSET) return offset + total(pieces) >= LONG_END ? -E.INVAL : -E.FBIG;
  return file.writeAt(offset, gather(kernel, pieces));
}

function one(args: readonly bigint[]): UserPiece[] {
  return [{ address: args[1]!, length: Math.min(size(args[2]), MOST_MOVED) }];
}

const F = {
  DUPFD: 0,
  GETFD: 1,
  SETFD: 2,
  GETFL: 3,
  SETFL: 4,
  DUPFD_CLOEXEC: 1030,
  SETPIPE_SZ: 1031,
  GETPIPE_SZ: 1032,
  ADD_SEALS: 1033,
  GET_SEALS: 1034,
} as const;
const SETTABLE = O.APPEND | O.NONBLOCK;
const PIPE_SIZE = 65536;

function fcntl(kernel: Kernel, args: readonly bigint[]): SyscallResult {
  const fd = int(args[0]);
  const value = int(args[2]);
  const { file } = kernel.fds.descriptor(fd);
  if (isLockCommand(args[1]!)) return fcntlLock(kernel, file, uint(args[1]), args[2]!);
  switch (int(args[1])) {
    case F.DUPFD:
    case F.DUPFD_CLOEXEC:
      if (value < 0 || value >= kernel.fds.limit) return -E.INVAL;
      return kernel.fds.add(file, int(args[1]) === F.DUPFD_CLOEXEC, value);
    case F.GETFD:
      return kernel.fds.descriptor(fd).cloexec ? 1 : 0;
    case F.SETFD:
      kernel.fds.descriptor(fd).cloexec = (value & 1) !== 0;
      return 0;
    case F.GETFL:
      // A 64-bit process's files are all opened with O_LARGEFILE; pipes and the like are not opened.
      return file.flags | (file.path.startsWith('/') ? O.LARGEFILE : 0);
    case F.SETFL:
      file.flags = (file.flags & ~SETTABLE) | (value & SETTABLE);
      return 0;
    case F.GETPIPE_SZ:
    case F.SETPIPE_SZ:
      return (file.stat().mode & S.IFMT) === S.IFIFO ? PIPE_SIZE : -E.BADF;
    case F.ADD_SEALS:
      file.seal(uint(args[2]));
      return 0;
    case F.GET_SEALS:
      return file.seals;
    default:
      return -E.INVAL;
  }
}

const IOCTL = { FIONREAD: 0x541b, FIONBIO: 0x5421, FIOCLEX: 0x5451, FIONCLEX: 0x5450 } as const;

function ioctl(kernel: Kernel, args: readonly bigint[]): number {
  const descriptor = kernel.fds.descriptor(int(args[0]));
  switch (uint(args[1])) {
    case IOCTL.FIONBIO:
      descriptor.file.flags = kernel.user.u32(args[2]!) !== 0 ? descriptor.file.flags | O.NONBLOCK : descriptor.file.flags & ~O.NONBLOCK;
      return 0;
    case IOCTL.FIOCLEX:
    case IOCTL.FIONCLEX:
      descriptor.cloexec = uint(args[1]) === IOCTL.FIOCLEX;
      return 0;
    case IOCTL.FIONREAD:
      kernel.user.setU32(args[2]!, descriptor.file.waiting());
      return 0;
    default:
      if (descriptor.file instanceof Socket) return interfaceRequest(kernel, uint(args[1]), args[2]!);
      // No descriptor is a terminal.
      throw new Errno(descriptor.file.unknownRequest);
  }
}

/** Requests of netdevice(7), each with what it puts behind the name of 16 bytes in struct ifreq: of `lo`, as netlink tells of it. */
const OF_LOOPBACK: Readonly<Record<number, readonly number[]>> = {
  // SIOCGIFFLAGS: up, loopback, running.
  35091: [0x49, 0],
  // SIOCGIFADDR, SIOCGIFNETMASK.
  35093: [2, 0, 0, 0, 127, 0, 0, 1, ...Array<number>(8).fill(0)],
  35099: [2, 0, 0, 0, 255, 0, 0, 0, ...Array<number>(8).fill(0)],
  // SIOCGIFMTU, SIOCGIFINDEX.
  35105: [0, 0, 1, 0],
  35123: [1, 0, 0, 0],
};
/** SIOCGIFNAME: by number. */
const NAME_OF_INTERFACE = 0x8910;
const LOOPBACK_NAME = [0x6c, 0x6f, 0];
const IFNAMSIZ = 16;

function interfaceRequest(kernel: Kernel, request: number, address: bigint): number {
  const value = OF_LOOPBACK[request];
  if (value === undefined && request !== NAME_OF_INTERFACE) return -E.NOTTY;
  const name = kernel.user.read(address, IFNAMSIZ + 16);
  const isLoopback = value === undefined ? name[IFNAMSIZ] === 1 : LOOPBACK_NAME.every((byte, index) => name[index] === byte);
  if (!isLoopback) return -E.NODEV;
  if (value === undefined) kernel.user.write(address, Uint8Array.from(LOOPBACK_NAME));
  else kernel.user.write(address + BigInt(IFNAMSIZ), Uint8Array.from(value));
  return 0;
}

function pipe(kernel: Kernel, address: bigint, flags: number): number {
  if ((flags & ~(O.NONBLOCK | O.CLOEXEC)) !== 0) return -E.INVAL;
  kernel.user.writable(address, 8);
  const { reader, writer } = new Pipe(kernel.system.nextPipe++, flags & O.NONBLOCK);
  const cloexec = (flags & O.CLOEXEC) !== 0;
  if (kernel.fds.room < 2) return -E.MFILE;
  const first = kernel.fds.add(reader, cloexec);
  const second = kernel.fds.add(writer, cloexec);
  kernel.user.setU32(address, first);
  kernel.user.setU32(address + 4n, second);
  return 0;
}

function eventfd(kernel: Kernel, initial: bigint, flags: number): number {
  if ((flags & ~(O.NONBLOCK | O.CLOEXEC | 1)) !== 0) return -E.INVAL;
  const file = new EventFd(BigInt.asUintN(32, initial), (flags & 1) !== 0, flags & O.NONBLOCK);
  return kernel.fds.add(file, (flags & O.CLOEXEC) !== 0);
}

/** struct linux_dirent64: inode, offset of the next, length, type, name. */
function getdents(kernel: Kernel, args: readonly bigint[]): number {
  const file = kernel.fds.get(int(args[0]));
  if (!(file instanceof HostDirectory) && !(file instanceof SyntheticDirectory)) return -E.NOTDIR;
  const room = Math.min(size(args[2]), MOST_MOVED);
  const entries = file.entries();
  const records: Uint8Array[] = [];
  let used = 0;
  let { position } = file;
  for (; position < entries.length; position++) {
    const entry = entries[position]!;
    const name = new TextEncoder().encode(entry.name);
    const length = (19 + name.length + 1 + 7) & ~7;
    if (used + length > room) break;
    const record = new Uint8Array(length);
    const view = new DataView(record.buffer);
    view.setBigUint64(0, entry.ino, true);
    view.setBigInt64(8, BigInt(position + 1), true);
    view.setUint16(16, length, true);
    view.setUint8(18, entry.type);
    record.set(name, 19);
    records.push(record);
    used += length;
  }
  if (records.length === 0 && position < entries.length) return -E.INVAL;
  const out = new Uint8Array(used);
  let at = 0;
  for (const record of records) {
    out.set(record, at);
    at += record.length;
  }
  kernel.user.write(args[1]!, out);
  file.position = position;
  return used;
}

function duplicate(kernel: Kernel, from: number, to: number, flags: number): number {
  const file = kernel.fds.get(from);
  if (to < 0 || to >= kernel.fds.limit) return -E.BADF;
  kernel.fds.set(to, file, (flags & O.CLOEXEC) !== 0);
  return to;
}

function closeRange(kernel: Kernel, args: readonly bigint[]): number {
  const [first, last] = [uint(args[0]), uint(args[1])];
  const cloexecOnly = (uint(args[2]) & 4) !== 0;
  if (first > last || (uint(args[2]) & ~6) !== 0) return -E.INVAL;
  for (const fd of kernel.fds.numbers().filter(number => number >= first && number <= last)) {
    if (cloexecOnly) kernel.fds.descriptor(fd).cloexec = true;
    else kernel.fds.close(fd);
  }
  return 0;
}

/** sendfile(2): out of a file, to whatever takes it; waits for that where it must. */
function sendfile(kernel: Kernel, task: Task, args: readonly bigint[]): SyscallResult {
  const input = readable(kernel, int(args[1]));
  const output = writable(kernel, int(args[0]));
  const type = input.stat().mode & S.IFMT;
  if (type !== S.IFREG && type !== S.IFCHR) return -E.INVAL;
  const wait = { kind: 'sendfile', call: 'sendfile', file: output.id, input: input.id, offset: args[2]!, count: size(args[3]) } as const;
  const now = SENDFILE_WAIT.poll!(kernel, task, wait);
  if (now !== undefined) return now;
  return output.nonblocking ? -E.AGAIN : wait;
}

export const SENDFILE_WAIT: WaitRow<'sendfile'> = {
  reason: transferReason,
  poll: (kernel, task, { file, input: from, offset, count }) => {
    const input = kernel.files.find(from);
    // Closed meanwhile.
    if (input === undefined) return -E.BADF;
    const start = offset === 0n ? input.seek(0, 1) : long(kernel.user.u64(offset));
    if (start < 0) return -E.INVAL;
    if (start > MAX_OFFSET) return 0;
    const bytes = input.readAt(start, Math.min(count, PIPE_SIZE));
    let written: number | typeof WOULD_BLOCK;
    try {
      written = bytes.length === 0 ? 0 : kernel.files.file(file).write(bytes);
    } catch (error) {
      if (error instanceof Errno && error.number === E.PIPE) brokenPipe(kernel, task);
      throw error;
    }
    if (written === WOULD_BLOCK) return undefined;
    if (offset === 0n) input.seek(start + written, 0);
    else kernel.user.setU64(offset, BigInt(start + written));
    return written;
  },
  signal: () => -RESTART.SYS,
};

function brokenPipe(kernel: Kernel, task: Task): void {
  kernel.signals.sendToTask(task, { signal: SIG.PIPE, code: SI.USER, sender: kernel.pid, uid: UID });
}

const SPLICE_NONBLOCK = 2;

/**
 * splice(2) where nothing has to wait: between a pipe and something else. Who would wait is told that these files cannot (EINVAL), and copies by itself.
 */
function splice(kernel: Kernel, task: Task, args: readonly bigint[]): number {
  const input = readable(kernel, int(args[0]));
  const output = writable(kernel, int(args[2]));
  const isPipe = (file: OpenFile): boolean => (file.stat().mode & S.IFMT) === S.IFIFO;
  if ((!isPipe(input) && !isPipe(output)) || (uint(args[5]) & ~15) !== 0) return -E.INVAL;
  if ((uint(args[5]) & SPLICE_NONBLOCK) === 0 && !(input.nonblocking && output.nonblocking)) return -E.INVAL;
  for (const [address, file] of [
    [args[1]!, input],
    [args[3]!, output],
  ] as const) {
    if (address !== 0n) return isPipe(file) ? -E.SPIPE : -E.INVAL;
  }
  const most = Math.min(size(args[4]), PIPE_SIZE, output.free());
  if (most === 0) return size(args[4]) === 0 ? 0 : -E.AGAIN;
  const bytes = input.read(most);
  if (bytes === WOULD_BLOCK) return -E.AGAIN;
  if (bytes.length === 0) return 0;
  try {
    const written = output.write(bytes);
    // There was room for all of it.
    return written === WOULD_BLOCK ? -E.AGAIN : written;
  } catch (error) {
    if (error instanceof Errno && error.number === E.PIPE) brokenPipe(kernel, task);
    throw error;
  }
}

const row = rowsOf('files');

export const FILE_SYSCALLS: readonly SyscallRow[] = [
  row(0, 'read', 'fd ptr size', (k, t, a) => read(k, t, int(a[0]), one(a), 'read')),
  row(1, 'write', 'fd ptr size', (k, t, a) => write(k, t, int(a[0]), one(a), 'write')),
  row(3, 'close', 'fd', (k, _t, a) => {
    k.fds.close(int(a[0]));
    return 0;
  }),
  row(8, 'lseek', 'fd int int', (k, _t, a) => k.fds.get(int(a[0])).seek(long(a[1]), int(a[2]))),
  row(16, 'ioctl', 'fd hex hex', (k, _t, a) => ioctl(k, a)),
  row(17, 'pread64', 'fd ptr size int', (k, _t, a) => readAt(k, int(a[0]), one(a), long(a[3]))),
  row(18, 'pwrite64', 'fd ptr size int', (k, _t, a) => writeAt(k, int(a[0]), one(a), long(a[3]))),
  row(19, 'readv', 'fd ptr int', (k, t, a) => read(k, t, int(a[0]), iovec(k, a[1]!, int(a[2])), 'readv')),
  row(20, 'writev', 'fd ptr int', (k, t, a) => write(k, t, int(a[0]), iovec(k, a[1]!, int(a[2])), 'writev')),
  row(295, 'preadv', 'fd ptr int int', (k, _t, a) => readAt(k, int(a[0]), iovec(k, a[1]!, int(a[2])), long(a[3]))),
  row(296, 'pwritev', 'fd ptr int int', (k, _t, a) => writeAt(k, int(a[0]), iovec(k, a[1]!, int(a[2])), long(a[3]))),
  row(22, 'pipe', 'ptr', (k, _t, a) => pipe(k, a[0]!, 0)),
  row(293, 'pipe2', 'ptr hex', (k, _t, a) => pipe(k, a[0]!, int(a[1]))),
  row(32, 'dup', 'fd', (k, _t, a) => k.fds.add(k.fds.get(int(a[0])), false)),
  row(33, 'dup2', 'fd fd', (k, _t, a) => {
    const same = int(a[0]) === int(a[1]);
    if (same) k.fds.get(int(a[0]));
    return same ? int(a[1]) : duplicate(k, int(a[0]), int(a[1]), 0);
  }),
  row(292, 'dup3', 'fd fd hex', (k, _t, a) => (int(a[0]) === int(a[1]) ? -E.INVAL : duplicate(k, int(a[0]), int(a[1]), int(a[2])))),
  row(40, 'sendfile', 'fd fd ptr size', (k, t, a) => sendfile(k, t, a)),
  row(72, 'fcntl', 'fd int hex', (k, _t, a) => fcntl(k, a)),
  row(73, 'flock', 'fd int', (k, _t, a) => flock(k, k.fds.get(int(a[0])), int(a[1]))),
  row(74, 'fsync', 'fd', (k, _t, a) => {
    k.fds.get(int(a[0])).sync();
    return 0;
  }),
  row(75, 'fdatasync', 'fd', (k, _t, a) => {
    k.fds.get(int(a[0])).sync();
    return 0;
  }),
  row(77, 'ftruncate', 'fd size', (k, _t, a) => {
    if (long(a[1]) < 0) return -E.INVAL;
    const file = k.fds.get(int(a[0]));
    if (!file.writable) return -E.INVAL;
    file.truncate(long(a[1]));
    return 0;
  }),
  row(162, 'sync', '', () => 0),
  row(187, 'readahead', 'fd int size', (k, _t, a) => {
    const file = readable(k, int(a[0]));
    return (file.stat().mode & S.IFMT) === S.IFREG ? 0 : -E.INVAL;
  }),
  row(217, 'getdents64', 'fd ptr size', (k, _t, a) => getdents(k, a)),
  row(275, 'splice', 'fd ptr fd ptr size hex', (k, t, a) => splice(k, t, a)),
  row(221, 'fadvise64', 'fd int size int', (k, _t, a) => {
    k.fds.get(int(a[0]));
    return 0;
  }),
  row(284, 'eventfd', 'int', (k, _t, a) => eventfd(k, a[0]!, 0)),
  row(290, 'eventfd2', 'int hex', (k, _t, a) => eventfd(k, a[0]!, int(a[1]))),
  row(436, 'close_range', 'fd fd hex', (k, _t, a) => closeRange(k, a)),
];

/** Conditions of a descriptor for poll and select; NVAL when it is closed. */
export function readinessOf(kernel: Kernel, fd: number): number {
  return kernel.fds.has(fd) ? kernel.fds.get(fd).readiness() : POLL.NVAL;
}
