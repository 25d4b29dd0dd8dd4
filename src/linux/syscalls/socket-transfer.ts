/** What sockets send and receive: of send(2), recv(2) and their kin, and of read and write on a socket. */
import { UID } from '../abi/constants.js';
import { E, Errno, RESTART } from '../abi/errno.js';
import { SI, SIG } from '../abi/signals.js';
import { MSG, SCM, SO, SOCK, SOL_SOCKET } from '../abi/sockets.js';
import type { OpenFile } from '../fs/open-file.js';
import { WOULD_BLOCK } from '../fs/open-file.js';
import type { Kernel, WaitRow } from '../kernel.js';
import { addressText, encodeAddress, type SocketAddress } from '../net/address.js';
import type { SocketMessage } from '../net/message-queue.js';
import { type Beside, NOTHING_BESIDE, type Socket } from '../net/socket.js';
import type { Task } from '../task.js';
import type { Wait, WaitOf } from '../wait.js';
import { gather, scatter } from './pieces.js';
import type { SyscallResult } from './row.js';

/** Bytes that a stream is given at once. */
const MOST_AT_ONCE = 1 << 20;
const HEADER = 16;
/** Descriptors that one message takes along (SCM_MAX_FD). */
const MOST_FILES = 253;

export const MSGHDR = { name: 0, nameLength: 8, pieces: 16, count: 24, control: 32, controlLength: 40, flags: 48, size: 56 } as const;

const align = (length: number): number => (length + 7) & ~7;

/** The first attempt; while that has to wait, the task does. */
export function attempt<K extends 'send' | 'receive' | 'accept' | 'connect'>(
  kernel: Kernel,
  task: Task,
  row: WaitRow<K>,
  wait: WaitOf<K> & Wait,
  nonblocking: boolean,
): SyscallResult {
  const now = row.poll!(kernel, task, wait);
  if (now !== undefined) return now;
  return nonblocking ? -E.AGAIN : wait;
}

/** When a wait of this socket is over: in virtual ns. */
export const deadlineOf = (kernel: Kernel, timeout: bigint): { readonly deadline?: number } =>
  timeout === 0n ? {} : { deadline: kernel.clock.now() + Number(timeout) };

export function socketText(kernel: Kernel, { call, file }: { readonly call: string; readonly file: number }): string {
  const { local, remote, path } = kernel.files.file(file) as Socket;
  return `${call} ${local === undefined ? path : addressText(local)}${remote === undefined ? '' : ` from ${addressText(remote)}`}`;
}

/** Puts an address where the guest wants it, as much as there is room for, and how long it is. */
export function putAddress(kernel: Kernel, address: bigint, lengthAt: bigint, name: SocketAddress | undefined, family: number): void {
  if (address === 0n || lengthAt === 0n) return;
  const room = kernel.user.u32(lengthAt) | 0;
  if (room < 0) throw new Errno(E.INVAL);
  const bytes = name === undefined ? new Uint8Array(0) : encodeAddress(name, family);
  kernel.user.write(address, bytes.subarray(0, room));
  kernel.user.setU32(lengthAt, bytes.length);
}

// ---- sending -----------------------------------------------------------------------------------------------------------------------------

/** What control messages say: cmsg(3). Throws EINVAL, EBADF, EPERM. */
function besideOf(kernel: Kernel, control: WaitOf<'send'>['control']): Beside {
  if (control === undefined || control.length === 0) return NOTHING_BESIDE;
  if (control.length > 20_480) throw new Errno(E.NOBUFS);
  const view = kernel.user.view(control.address, control.length);
  const files: OpenFile[] = [];
  for (let at = 0; at + HEADER <= view.byteLength; ) {
    const length = Number(view.getBigUint64(at, true));
    if (length < HEADER || at + length > view.byteLength) throw new Errno(E.INVAL);
    const [level, type] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)];
    if (level === SOL_SOCKET && type === SCM.RIGHTS) {
      for (let i = at + HEADER; i + 4 <= at + length; i += 4) files.push(kernel.fds.get(view.getInt32(i, true)));
      if (files.length > MOST_FILES) throw new Errno(E.INVAL);
    } else if (level === SOL_SOCKET && type === SCM.CREDENTIALS) {
      if (length < HEADER + 12) throw new Errno(E.INVAL);
      const [pid, uid, gid] = [0, 4, 8].map(offset => view.getInt32(at + HEADER + offset, true));
      if (pid !== kernel.pid || uid !== UID || gid !== UID) throw new Errno(E.PERM);
    } else if (level === SOL_SOCKET) throw new Errno(E.INVAL);
    at += align(length);
  }
  if (files.length > 0 && kernel.net.crowded) throw new Errno(E.TOOMANYREFS);
  return { files, credentials: undefined };
}

export const SEND_WAIT: WaitRow<'send'> = {
  reason: socketText,
  poll: (kernel, task, wait) => {
    const socket = kernel.files.file(wait.file) as Socket;
    const stream = socket.socket.type === SOCK.STREAM;
    try {
      // Files go with the first byte.
      const beside =
        socket.isUnix && wait.done === 0
          ? { ...besideOf(kernel, wait.control), credentials: { pid: kernel.pid, uid: UID, gid: UID } }
          : NOTHING_BESIDE;
      do {
        const bytes = gather(kernel, wait.pieces, wait.done, stream ? MOST_AT_ONCE : undefined);
        const sent = socket.send(bytes, wait.to, wait.done === 0 ? beside : { ...beside, files: [] });
        if (sent === WOULD_BLOCK) return wait.done > 0 && isNonblocking(socket, wait.flags) ? wait.done : undefined;
        wait.done += sent;
      } while (wait.done < wait.length && stream);
      return wait.done;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      if (wait.done > 0) return wait.done;
      if (error.number === E.PIPE && stream && (wait.flags & MSG.NOSIGNAL) === 0)
        kernel.signals.sendToTask(task, { signal: SIG.PIPE, code: SI.USER, sender: kernel.pid, uid: UID });
      throw error;
    }
  },
  timeout: (_kernel, { done }) => (done > 0 ? done : -E.AGAIN),
  signal: (_kernel, { done, deadline }) => (done > 0 ? done : deadline === undefined ? -RESTART.SYS : -E.INTR),
};

export const isNonblocking = (socket: Socket, flags: number): boolean => socket.nonblocking || (flags & MSG.DONTWAIT) !== 0;

export function send(
  kernel: Kernel,
  task: Task,
  socket: Socket,
  wait: Pick<WaitOf<'send'>, 'call' | 'pieces' | 'length' | 'flags' | 'to' | 'control'>,
): SyscallResult {
  if ((wait.flags & MSG.OOB) !== 0) return -E.OPNOTSUPP;
  const nonblocking = isNonblocking(socket, wait.flags);
  const until = deadlineOf(kernel, socket.timeouts.send);
  return attempt(kernel, task, SEND_WAIT, { kind: 'send', file: socket.id, done: 0, ...until, ...wait }, nonblocking);
}

// ---- receiving ---------------------------------------------------------------------------------------------------------------------------

export const RECEIVE_WAIT: WaitRow<'receive'> = {
  reason: socketText,
  poll: (kernel, _task, wait) => {
    const socket = kernel.files.file(wait.file) as Socket;
    const stream = socket.socket.type === SOCK.STREAM;
    const peek = (wait.flags & MSG.PEEK) !== 0;
    for (;;) {
      let message: ReturnType<Socket['receive']>;
      try {
        message = socket.receive(wait.length - wait.done, peek);
      } catch (error) {
        if (!(error instanceof Errno) || wait.done === 0) throw error;
        socket.error = error.number;
        return wait.done;
      }
      if (message === WOULD_BLOCK) return wait.done > 0 && isNonblocking(socket, wait.flags) ? wait.done : undefined;
      const bytes = message.bytes.subarray(0, wait.length - wait.done);
      scatter(kernel, wait.pieces, bytes, wait.done);
      wait.done += bytes.length;
      const more =
        stream && !peek && (wait.flags & MSG.WAITALL) !== 0 && wait.done < wait.length && bytes.length > 0 && message.files.length === 0;
      if (more) continue;
      tellBeside(kernel, socket, wait, message, bytes.length < message.bytes.length);
      // How long a datagram really was, for who asks for it.
      const result = !stream && (wait.flags & MSG.TRUNC) !== 0 ? message.bytes.length : wait.done;
      if (wait.counted === undefined) return result;
      kernel.user.setU32(wait.counted + BigInt(MSGHDR.size), result);
      return 1;
    }
  },
  timeout: (_kernel, { done }) => (done > 0 ? done : -E.AGAIN),
  signal: (_kernel, { done, deadline }) => (done > 0 ? done : deadline === undefined ? -RESTART.SYS : -E.INTR),
};

export function receive(
  kernel: Kernel,
  task: Task,
  socket: Socket,
  wait: Pick<WaitOf<'receive'>, 'call' | 'pieces' | 'length' | 'flags' | 'from' | 'message'>,
): SyscallResult {
  if ((wait.flags & MSG.OOB) !== 0) return -E.INVAL;
  const until = deadlineOf(kernel, socket.timeouts.receive);
  const nonblocking = isNonblocking(socket, wait.flags);
  return attempt(kernel, task, RECEIVE_WAIT, { kind: 'receive', file: socket.id, done: 0, ...until, ...wait }, nonblocking);
}

/** Who has sent, and what came with it. */
function tellBeside(kernel: Kernel, socket: Socket, wait: WaitOf<'receive'>, message: SocketMessage<OpenFile>, cut: boolean): void {
  const { from, message: header } = wait;
  const stream = socket.socket.type === SOCK.STREAM;
  const name = stream ? undefined : (message.from ?? (socket.isUnix && message.bytes.length > 0 ? NO_NAME : undefined));
  if (from) putAddress(kernel, from.address, from.length, name === NO_NAME ? undefined : name, socket.socket.family);
  if (header === 0n) {
    kernel.net.drop(message.files);
    return;
  }
  const view = kernel.user.view(header, MSGHDR.size);
  const address = view.getBigUint64(MSGHDR.name, true);
  if (address !== 0n) {
    const bytes = name === undefined || name === NO_NAME ? new Uint8Array(0) : encodeAddress(name, socket.socket.family);
    kernel.user.write(address, bytes.subarray(0, view.getUint32(MSGHDR.nameLength, true)));
    kernel.user.setU32(header + BigInt(MSGHDR.nameLength), bytes.length);
  }
  const control = putControl(kernel, socket, wait, message, view);
  kernel.user.setU64(header + BigInt(MSGHDR.controlLength), BigInt(control.length));
  const kept = wait.flags & MSG.CMSG_CLOEXEC;
  kernel.user.setU32(header + BigInt(MSGHDR.flags), kept | (cut && !stream ? MSG.TRUNC : 0) | (control.cut ? MSG.CTRUNC : 0));
}

const NO_NAME = 'no name';

/** Control messages, as many as there is room for: who has sent, for who asks for that; and the files, which get descriptors. */
function putControl(
  kernel: Kernel,
  socket: Socket,
  { flags }: WaitOf<'receive'>,
  { files, credentials }: SocketMessage<OpenFile>,
  view: DataView,
): { readonly length: number; readonly cut: boolean } {
  const start = view.getBigUint64(MSGHDR.control, true);
  const room = start === 0n ? 0 : Math.min(Number(view.getBigUint64(MSGHDR.controlLength, true)), 1 << 16);
  const out = new Uint8Array(room);
  const to = new DataView(out.buffer);
  let at = 0;
  let cut = false;
  const put = (type: number, words: readonly number[]): void => {
    to.setBigUint64(at, BigInt(HEADER + 4 * words.length), true);
    to.setInt32(at + 8, SOL_SOCKET, true);
    to.setInt32(at + 12, type, true);
    for (const [i, word] of words.entries()) to.setInt32(at + HEADER + 4 * i, word, true);
    at = Math.min(room, at + align(HEADER + 4 * words.length));
  };
  if (socket.isUnix && socket.options.is(SO.PASSCRED)) {
    const { pid, uid, gid } = credentials ?? { pid: 0, uid: 65534, gid: 65534 };
    if (at + HEADER + 12 <= room) put(SCM.CREDENTIALS, [pid, uid, gid]);
    else cut = true;
  }
  if (files.length > 0) {
    const most = Math.min(Math.floor((room - at - HEADER) / 4), kernel.fds.room);
    const given = files.slice(0, Math.max(0, most));
    cut ||= given.length < files.length;
    if (given.length > 0)
      put(
        SCM.RIGHTS,
        given.map(file => kernel.fds.add(file, (flags & MSG.CMSG_CLOEXEC) !== 0)),
      );
    kernel.net.drop(files);
  }
  if (at > 0) kernel.user.write(start, out.subarray(0, at));
  return { length: at, cut };
}
