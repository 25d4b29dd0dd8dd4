import { hexBytes, utf8Text } from '../../host/bytes.js';
import { O, UID } from '../abi/constants.js';
import { E, Errno, RESTART } from '../abi/errno.js';
import { AF, IPPROTO, MSG, SO, SOCK, SOL_SOCKET } from '../abi/sockets.js';
import { WOULD_BLOCK } from '../fs/open-file.js';
import type { Kernel, WaitRow } from '../kernel.js';
import { decodeAddress, LONGEST_ADDRESS, type SocketAddress } from '../net/address.js';
import { DatagramSocket } from '../net/datagram-socket.js';
import { NetlinkSocket } from '../net/netlink-socket.js';
import { optionRow } from '../net/options.js';
import { CONNECTING, Socket } from '../net/socket.js';
import { StreamSocket } from '../net/stream-socket.js';
import type { Task } from '../task.js';
import { iovec, total, writablePieces } from './pieces.js';
import { int, rowsOf, type SyscallResult, type SyscallRow, size, uint } from './row.js';
import { attempt, deadlineOf, isNonblocking, MSGHDR, putAddress, receive, send, socketText } from './socket-transfer.js';
import { SECOND } from './timespec.js';

/** Of an argument. Throws EBADF, ENOTSOCK. */
function socketOf(kernel: Kernel, fd: number): Socket {
  const file = kernel.fds.get(fd);
  if (!(file instanceof Socket)) throw new Errno(E.NOTSOCK);
  return file;
}

const PROTOCOLS: Readonly<Record<number, number>> = { [SOCK.STREAM]: IPPROTO.TCP, [SOCK.DGRAM]: IPPROTO.UDP };

/** The kind of socket that is asked for. Throws as socket(2). */
function kindOf(kernel: Kernel, call: string, family: number, given: number, protocol: number) {
  const type = given & 0xf;
  if ((given & ~(0xf | SOCK.NONBLOCK | SOCK.CLOEXEC)) !== 0) throw new Errno(E.INVAL);
  if (family === AF.UNIX) {
    if (protocol !== 0 && protocol !== AF.UNIX) throw new Errno(E.PROTONOSUPPORT);
    if (type !== SOCK.STREAM && type !== SOCK.DGRAM && type !== SOCK.SEQPACKET && type !== SOCK.RAW) throw new Errno(E.SOCKTNOSUPPORT);
    return { family, type: type === SOCK.RAW ? SOCK.DGRAM : type, protocol: 0 };
  }
  // rtnetlink(7), which says what interfaces there are.
  if (family === AF.NETLINK && protocol === 0) {
    if (type !== SOCK.RAW && type !== SOCK.DGRAM) throw new Errno(E.SOCKTNOSUPPORT);
    return { family, type, protocol: 0 };
  }
  if (family !== AF.INET && family !== AF.INET6) {
    kernel.refusals.add(call, `address family ${family}: there are AF_UNIX, AF_INET and AF_INET6`, 'EAFNOSUPPORT');
    throw new Errno(E.AFNOSUPPORT);
  }
  if (type === SOCK.RAW) {
    kernel.refusals.add(call, 'the guest has no privileges', 'EPERM');
    throw new Errno(E.PERM);
  }
  const own = PROTOCOLS[type];
  if (own === undefined) throw new Errno(E.SOCKTNOSUPPORT);
  if (protocol !== 0 && protocol !== own) throw new Errno(E.PROTONOSUPPORT);
  return { family, type, protocol: own };
}

function makeSocket(kernel: Kernel, kind: ReturnType<typeof kindOf>, flags: number): StreamSocket | DatagramSocket | NetlinkSocket {
  const made = { ...kind, inode: kernel.net.newInode() };
  if (kind.family === AF.NETLINK) return new NetlinkSocket(kernel.net, made, flags);
  return kind.type === SOCK.DGRAM ? new DatagramSocket(kernel.net, made, flags) : new StreamSocket(kernel.net, made, flags);
}

const statusOf = (type: number): number => ((type & SOCK.NONBLOCK) !== 0 ? O.NONBLOCK : 0);

function socketCall(kernel: Kernel, args: readonly bigint[]): number {
  const type = int(args[1]);
  const kind = kindOf(kernel, 'socket', int(args[0]), type, int(args[2]));
  return kernel.fds.add(makeSocket(kernel, kind, statusOf(type)), (type & SOCK.CLOEXEC) !== 0);
}

function socketpair(kernel: Kernel, args: readonly bigint[]): number {
  const type = int(args[1]);
  const kind = kindOf(kernel, 'socketpair', int(args[0]), type, int(args[2]));
  if (kind.family !== AF.UNIX) return -E.OPNOTSUPP;
  kernel.user.writable(args[3]!, 8);
  if (kernel.fds.room < 2) return -E.MFILE;
  const [one, two] = [makeSocket(kernel, kind, statusOf(type)), makeSocket(kernel, kind, statusOf(type))];
  if (one instanceof StreamSocket) one.join(two as StreamSocket);
  else if (one instanceof DatagramSocket) one.join(two as DatagramSocket);
  for (const [index, each] of [one, two].entries()) {
    each.peerPid = kernel.pid;
    kernel.user.setU32(args[3]! + BigInt(4 * index), kernel.fds.add(each, (type & SOCK.CLOEXEC) !== 0));
  }
  return 0;
}

/** An address of an argument; `leads`: where a name in the file system leads to. */
function addressAt(kernel: Kernel, address: bigint, length: number, leads: (path: string) => string): SocketAddress | undefined {
  if (length < 0 || length > 128) throw new Errno(E.INVAL);
  const decoded = decodeAddress(kernel.user.read(address, length));
  if (decoded.family === AF.UNSPEC) return undefined;
  if (decoded.family !== AF.UNIX) return decoded;
  if (length > LONGEST_ADDRESS) throw new Errno(E.INVAL);
  if (decoded.path === '' || decoded.path.startsWith('00')) return decoded;
  return { ...decoded, key: leads(kernel.fs.absolute(utf8Text(hexBytes(decoded.path)))) };
}

/** Of who is there already. */
const there = (kernel: Kernel, call: string) => (path: string) => `node:${kernel.fs.socketAt(call, path)}`;

function bind(kernel: Kernel, args: readonly bigint[]): number {
  const socket = socketOf(kernel, int(args[0]));
  const make = (path: string): string => {
    if (!socket.isUnix) return '';
    if (socket.local !== undefined) throw new Errno(E.INVAL);
    return `node:${kernel.fs.makeSocket('bind', path)}`;
  };
  const address = addressAt(kernel, args[1]!, int(args[2]), make);
  // AF_UNSPEC is taken for AF_INET's wildcard, which is all that programs bind so.
  if (address === undefined) throw new Errno(socket.isUnix ? E.INVAL : E.AFNOSUPPORT);
  if ((address.family === AF.UNIX) !== socket.isUnix) throw new Errno(socket.isUnix ? E.INVAL : E.AFNOSUPPORT);
  socket.bind(address);
  return 0;
}

function connect(kernel: Kernel, task: Task, args: readonly bigint[]): SyscallResult {
  const socket = socketOf(kernel, int(args[0]));
  const address = addressAt(kernel, args[1]!, int(args[2]), there(kernel, 'connect'));
  if (address === undefined) {
    socket.disconnect();
    return 0;
  }
  socket.asker = kernel.pid;
  if (socket.connect(address, socket.nonblocking) !== CONNECTING) return 0;
  if (socket.nonblocking) return -E.INPROGRESS;
  const until = deadlineOf(kernel, socket.timeouts.send);
  return attempt(kernel, task, CONNECT_WAIT, { kind: 'connect', call: 'connect', file: socket.id, ...until }, false);
}

export const CONNECT_WAIT: WaitRow<'connect'> = {
  reason: socketText,
  poll: (kernel, _task, { file }) => ((kernel.files.file(file) as Socket).connected() ? 0 : undefined),
  timeout: () => -E.INPROGRESS,
  signal: (_kernel, { deadline }) => (deadline === undefined ? -RESTART.SYS : -E.INTR),
};

function accept(kernel: Kernel, task: Task, call: string, args: readonly bigint[], flags: number): SyscallResult {
  if ((flags & ~(SOCK.NONBLOCK | SOCK.CLOEXEC)) !== 0) return -E.INVAL;
  const socket = socketOf(kernel, int(args[0]));
  const until = deadlineOf(kernel, socket.timeouts.receive);
  const wait = { kind: 'accept', call, file: socket.id, address: args[1]!, length: args[2]!, flags, ...until } as const;
  return attempt(kernel, task, ACCEPT_WAIT, wait, socket.nonblocking);
}

export const ACCEPT_WAIT: WaitRow<'accept'> = {
  reason: socketText,
  poll: (kernel, _task, { file, address, length, flags }) => {
    const socket = kernel.files.file(file) as Socket;
    if (kernel.fds.room < 1) throw new Errno(E.MFILE);
    const accepted = socket.accept();
    if (accepted === WOULD_BLOCK) return undefined;
    accepted.flags |= statusOf(flags);
    const fd = kernel.fds.add(accepted, (flags & SOCK.CLOEXEC) !== 0);
    kernel.net.drop([accepted]);
    putAddress(kernel, address, length, accepted.remote, socket.socket.family);
    return fd;
  },
  timeout: () => -E.AGAIN,
  signal: (_kernel, { deadline }) => (deadline === undefined ? -RESTART.SYS : -E.INTR),
};

function sendto(kernel: Kernel, task: Task, args: readonly bigint[]): SyscallResult {
  const socket = socketOf(kernel, int(args[0]));
  const pieces = [{ address: args[1]!, length: size(args[2]) }];
  const to = args[4] === 0n ? undefined : addressAt(kernel, args[4]!, int(args[5]), there(kernel, 'sendto'));
  return send(kernel, task, socket, { call: 'sendto', pieces, length: total(pieces), flags: uint(args[3]), to, control: undefined });
}

function recvfrom(kernel: Kernel, task: Task, args: readonly bigint[]): SyscallResult {
  const socket = socketOf(kernel, int(args[0]));
  const pieces = [{ address: args[1]!, length: Math.min(size(args[2]), total([{ address: 0n, length: size(args[2]) }])) }];
  writablePieces(kernel, pieces, total(pieces));
  const from = args[4] === 0n ? undefined : { address: args[4]!, length: args[5]! };
  return receive(kernel, task, socket, { call: 'recvfrom', pieces, length: total(pieces), flags: uint(args[3]), from, message: 0n });
}

function sendmsg(kernel: Kernel, task: Task, call: string, fd: number, header: bigint, flags: number): SyscallResult {
  const socket = socketOf(kernel, fd);
  const view = kernel.user.view(header, MSGHDR.size);
  const pieces = iovec(kernel, view.getBigUint64(MSGHDR.pieces, true), Number(view.getBigUint64(MSGHDR.count, true)), E.MSGSIZE);
  const name = view.getBigUint64(MSGHDR.name, true);
  const length = view.getUint32(MSGHDR.nameLength, true);
  const to = name === 0n || length === 0 ? undefined : addressAt(kernel, name, length, there(kernel, call));
  const address = view.getBigUint64(MSGHDR.control, true);
  const control = { address, length: address === 0n ? 0 : Number(view.getBigUint64(MSGHDR.controlLength, true)) };
  return send(kernel, task, socket, { call, pieces, length: total(pieces), flags, to, control });
}

function recvmsg(kernel: Kernel, task: Task, call: string, fd: number, header: bigint, flags: number): SyscallResult {
  const socket = socketOf(kernel, fd);
  const view = kernel.user.view(header, MSGHDR.size);
  kernel.user.writable(header, MSGHDR.size);
  const pieces = iovec(kernel, view.getBigUint64(MSGHDR.pieces, true), Number(view.getBigUint64(MSGHDR.count, true)), E.MSGSIZE);
  writablePieces(kernel, pieces, total(pieces));
  return receive(kernel, task, socket, { call, pieces, length: total(pieces), flags, from: undefined, message: header });
}

/** Several messages, as many as go at once; struct mmsghdr has the result behind the header, and takes 64 bytes. */
function many(
  kernel: Kernel,
  socketFd: number,
  start: bigint,
  count: number,
  one: (header: bigint, index: number) => SyscallResult,
): SyscallResult {
  socketOf(kernel, socketFd);
  let done = 0;
  for (; done < Math.min(count, 1024); done++) {
    const header = start + BigInt(64 * done);
    let result: SyscallResult;
    try {
      result = one(header, done);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      result = -error.number;
    }
    if (typeof result === 'object' && result.kind === 'receive' && done === 0) return { ...result, counted: header };
    if (typeof result !== 'number') return done > 0 ? done : -E.AGAIN;
    if (result < 0) return done > 0 ? done : result;
    kernel.user.setU32(header + BigInt(MSGHDR.size), result);
  }
  return done;
}

function shutdown(kernel: Kernel, args: readonly bigint[]): number {
  const how = int(args[1]);
  if (how < 0 || how > 2) return -E.INVAL;
  socketOf(kernel, int(args[0])).shutdown(how !== 1, how !== 0);
  return 0;
}

function getpeername(kernel: Kernel, args: readonly bigint[]): number {
  const socket = socketOf(kernel, int(args[0]));
  if (socket.remote === undefined) return -E.NOTCONN;
  putAddress(kernel, args[1]!, args[2]!, socket.remote, socket.socket.family);
  return 0;
}

// ---- options -----------------------------------------------------------------------------------------------------------------------------

const TCP_INFO = 11;
const TCP_CONGESTION = 13;
const CONGESTION = new TextEncoder().encode('cubic\0'.padEnd(16, '\0'));

const ints = (...values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
const timeval = (time: bigint): Uint8Array => new Uint8Array(BigInt64Array.of(time / SECOND, (time % SECOND) / 1000n).buffer);

/** Its value; undefined: there is no such option (ENOPROTOOPT). */
function optionValue(socket: Socket, level: number, option: number): Uint8Array | undefined {
  const { family, type, protocol } = socket.socket;
  if (level === SOL_SOCKET) {
    switch (option) {
      case SO.TYPE:
        return ints(type);
      case SO.ERROR:
        return ints(socket.takeError());
      case SO.LINGER:
        return ints(socket.linger.on, socket.linger.seconds);
      case SO.PEERCRED:
        return socket.isUnix && socket.peerPid !== undefined ? ints(socket.peerPid, UID, UID) : ints(0, -1, -1);
      case SO.RCVTIMEO:
        return timeval(socket.timeouts.receive);
      case SO.SNDTIMEO:
        return timeval(socket.timeouts.send);
      case SO.ACCEPTCONN:
        return ints(Number(socket.listening));
      case SO.PROTOCOL:
        return ints(protocol);
      case SO.DOMAIN:
        return ints(family);
    }
  }
  if (level === IPPROTO.TCP && protocol === IPPROTO.TCP && option === TCP_CONGESTION) return CONGESTION;
  // Its first byte is the state: 1 is established, 7 closed, 10 listens; there are no other facts.
  if (level === IPPROTO.TCP && protocol === IPPROTO.TCP && option === TCP_INFO) {
    const info = new Uint8Array(232);
    info[0] = socket.listening ? 10 : socket.remote === undefined ? 7 : 1;
    return info;
  }
  const row = optionRow(level, option, socket.socket);
  return row && ints(socket.options.get(level, option));
}

/** Whether sockets of its family have options of a level at all. */
function belongs({ isUnix, socket: { family } }: Socket, level: number): boolean {
  return level === SOL_SOCKET || (!isUnix && (level !== IPPROTO.IPV6 || family === AF.INET6));
}

function getsockopt(kernel: Kernel, args: readonly bigint[]): number {
  const socket = socketOf(kernel, int(args[0]));
  const [level, option] = [int(args[1]), int(args[2])];
  const room = kernel.user.u32(args[4]!) | 0;
  if (room < 0) return -E.INVAL;
  if (level === SOL_SOCKET && option === SO.PASSCRED && !socket.isUnix) return -E.OPNOTSUPP;
  const value = optionValue(socket, level, option);
  if (value === undefined) return belongs(socket, level) ? -E.NOPROTOOPT : -E.OPNOTSUPP;
  const part = value.subarray(0, room);
  kernel.user.write(args[3]!, part);
  kernel.user.setU32(args[4]!, part.length);
  return 0;
}

function setsockopt(kernel: Kernel, args: readonly bigint[]): number {
  const socket = socketOf(kernel, int(args[0]));
  const [level, option, length] = [int(args[1]), int(args[2]), int(args[4])];
  if (length < 0) return -E.INVAL;
  if (level === SOL_SOCKET && (option === SO.RCVTIMEO || option === SO.SNDTIMEO)) {
    if (length < 16) return -E.INVAL;
    const view = kernel.user.view(args[3]!, 16);
    const [seconds, microseconds] = [view.getBigInt64(0, true), view.getBigInt64(8, true)];
    if (microseconds < 0n || microseconds >= 1_000_000n) return -E.DOM;
    const most = 1n << 40n;
    const time = seconds < 0n ? 0n : (seconds > most ? 0n : seconds) * SECOND + microseconds * 1000n;
    socket.timeouts = { ...socket.timeouts, [option === SO.RCVTIMEO ? 'receive' : 'send']: time };
    return 0;
  }
  if (level === SOL_SOCKET && option === SO.LINGER) {
    if (length < 8) return -E.INVAL;
    const view = kernel.user.view(args[3]!, 8);
    socket.linger = { on: view.getInt32(0, true) === 0 ? 0 : 1, seconds: view.getInt32(4, true) };
    return 0;
  }
  if (level === IPPROTO.TCP && socket.socket.protocol === IPPROTO.TCP && option === TCP_CONGESTION) return 0;
  if (level === SOL_SOCKET && option === (socket.isUnix ? SO.REUSEPORT : SO.PASSCRED)) return -E.OPNOTSUPP;
  const row = optionRow(level, option, socket.socket);
  if (row === undefined || row.takes === undefined) return socket.isUnix && level !== SOL_SOCKET ? -E.OPNOTSUPP : -E.NOPROTOOPT;
  if (length < 4) return -E.INVAL;
  const value = row.takes(kernel.user.u32(args[3]!) | 0);
  if (value === undefined) return -E.INVAL;
  socket.options.set(level, option, value);
  return 0;
}

const row = rowsOf('network');

export const NETWORK_SYSCALLS: readonly SyscallRow[] = [
  row(41, 'socket', 'family sockettype int', (k, _t, a) => socketCall(k, a)),
  row(42, 'connect', 'fd sockaddr size', (k, t, a) => connect(k, t, a)),
  row(43, 'accept', 'fd ptr ptr', (k, t, a) => accept(k, t, 'accept', a, 0)),
  row(44, 'sendto', 'fd ptr size msgflags sockaddr size', (k, t, a) => sendto(k, t, a)),
  row(45, 'recvfrom', 'fd ptr size msgflags ptr ptr', (k, t, a) => recvfrom(k, t, a)),
  row(46, 'sendmsg', 'fd msghdr msgflags', (k, t, a) => sendmsg(k, t, 'sendmsg', int(a[0]), a[1]!, uint(a[2]))),
  row(47, 'recvmsg', 'fd msghdr msgflags', (k, t, a) => recvmsg(k, t, 'recvmsg', int(a[0]), a[1]!, uint(a[2]))),
  row(48, 'shutdown', 'fd int', (k, _t, a) => shutdown(k, a)),
  row(49, 'bind', 'fd sockaddr size', (k, _t, a) => bind(k, a)),
  row(50, 'listen', 'fd int', (k, _t, a) => {
    const socket = socketOf(k, int(a[0]));
    socket.listen(int(a[1]));
    socket.peerPid = k.pid;
    return 0;
  }),
  row(51, 'getsockname', 'fd ptr ptr', (k, _t, a) => {
    const socket = socketOf(k, int(a[0]));
    putAddress(k, a[1]!, a[2]!, socket.name, socket.socket.family);
    return 0;
  }),
  row(52, 'getpeername', 'fd ptr ptr', (k, _t, a) => getpeername(k, a)),
  row(53, 'socketpair', 'family sockettype int ptr', (k, _t, a) => socketpair(k, a)),
  row(54, 'setsockopt', 'fd int int ptr size', (k, _t, a) => setsockopt(k, a)),
  row(55, 'getsockopt', 'fd int int ptr ptr', (k, _t, a) => getsockopt(k, a)),
  row(288, 'accept4', 'fd ptr ptr sockettype', (k, t, a) => accept(k, t, 'accept4', a, int(a[3]))),
  row(299, 'recvmmsg', 'fd ptr int msgflags ptr', (k, t, a) =>
    many(k, int(a[0]), a[1]!, uint(a[2]), (header, index) => {
      const socket = socketOf(k, int(a[0]));
      const first = index === 0 && !isNonblocking(socket, uint(a[3]));
      return recvmsg(k, t, 'recvmmsg', int(a[0]), header, uint(a[3]) | (first ? 0 : MSG.DONTWAIT));
    }),
  ),
  row(307, 'sendmmsg', 'fd ptr int msgflags', (k, t, a) =>
    many(k, int(a[0]), a[1]!, uint(a[2]), header => sendmsg(k, t, 'sendmmsg', int(a[0]), header, uint(a[3]))),
  ),
];
