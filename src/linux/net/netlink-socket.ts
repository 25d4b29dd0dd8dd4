import { PID, POLL } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import { AF } from '../abi/sockets.js';
import { type OpenFile, WOULD_BLOCK, type WouldBlock } from '../fs/open-file.js';
import type { SocketAddress } from './address.js';
import type { SocketMessage } from './message-queue.js';
import type { Network } from './network.js';
import { type SavedSocket, Socket } from './socket.js';

/** netlink(7), rtnetlink(7). */
const NLMSG = { ERROR: 2, DONE: 3 } as const;
const RTM = { NEWLINK: 16, GETLINK: 18, NEWADDR: 20, GETADDR: 22 } as const;
const MULTI = 2;
const HEADER = 16;
const ARPHRD_LOOPBACK = 772;
/** IFF_UP, IFF_LOOPBACK, IFF_RUNNING, IFF_LOWER_UP. */
const LOOPBACK_FLAGS = 0x10049;
const PERMANENT = 0x80;
const SCOPE_HOST = 254;
const IFLA = { ADDRESS: 1, BROADCAST: 2, IFNAME: 3, MTU: 4, TXQLEN: 13 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, LABEL: 3 } as const;
const LO = [0x6c, 0x6f, 0];

const u16 = (value: number): number[] => [value & 255, value >> 8];
const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
const padded = (bytes: readonly number[]): number[] => [...bytes, ...Array<number>(-bytes.length & 3).fill(0)];
const attribute = (type: number, value: readonly number[]): number[] => padded([...u16(4 + value.length), ...u16(type), ...value]);
const message = (type: number, flags: number, sequence: number, body: readonly number[]): number[] =>
  padded([...u32(HEADER + body.length), ...u16(type), ...u16(flags), ...u32(sequence), ...u32(PID), ...body]);

/** The one interface that there is. */
const LINK = [
  ...[0, 0, ...u16(ARPHRD_LOOPBACK), ...u32(1), ...u32(LOOPBACK_FLAGS), ...u32(0)],
  ...attribute(IFLA.IFNAME, LO),
  ...attribute(IFLA.TXQLEN, u32(1000)),
  ...attribute(IFLA.MTU, u32(65536)),
  ...attribute(IFLA.ADDRESS, [0, 0, 0, 0, 0, 0]),
  ...attribute(IFLA.BROADCAST, [0, 0, 0, 0, 0, 0]),
];
const ADDRESSES: readonly { readonly family: number; readonly body: readonly number[] }[] = [
  {
    family: AF.INET,
    body: [
      ...[AF.INET, 8, PERMANENT, SCOPE_HOST, ...u32(1)],
      ...attribute(IFA.ADDRESS, [127, 0, 0, 1]),
      ...attribute(IFA.LOCAL, [127, 0, 0, 1]),
      ...attribute(IFA.LABEL, LO),
    ],
  },
  {
    family: AF.INET6,
    body: [...[AF.INET6, 128, PERMANENT, SCOPE_HOST, ...u32(1)], ...attribute(IFA.ADDRESS, [...Array<number>(15).fill(0), 1])],
  },
];

const KERNEL: SocketAddress = { family: AF.NETLINK, process: 0 };

/** Asks for this machine's interfaces and addresses: there is `lo`, with 127.0.0.1 and ::1. */
export class NetlinkSocket extends Socket {
  override bind(address: SocketAddress): void {
    if (address.family !== AF.NETLINK || this.local !== undefined) throw new Errno(E.INVAL);
    this.local = { family: AF.NETLINK, process: PID };
  }

  override get name(): SocketAddress {
    return this.local ?? { family: AF.NETLINK, process: 0 };
  }

  connect(address: SocketAddress): undefined {
    if (address.family !== AF.NETLINK) throw new Errno(E.INVAL);
    this.remote = address;
    return undefined;
  }

  disconnect(): void {
    this.remote = undefined;
  }

  send(bytes: Uint8Array): number {
    this.local ??= { family: AF.NETLINK, process: PID };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < HEADER || view.getUint32(0, true) > bytes.length) return bytes.length;
    const [type, sequence, family] = [view.getUint16(4, true), view.getUint32(8, true), bytes[HEADER] ?? 0];
    const told = answers(type, family);
    if (told === undefined) this.answer(message(NLMSG.ERROR, 0, sequence, [...u32(-E.OPNOTSUPP >>> 0), ...bytes.subarray(0, HEADER)]));
    else {
      const all = told.flatMap(({ kind, body }) => message(kind, MULTI, sequence, body));
      if (all.length > 0) this.answer(all);
      this.answer(message(NLMSG.DONE, MULTI, sequence, u32(0)));
    }
    return bytes.length;
  }

  private answer(bytes: readonly number[]): void {
    if (this.queue.size + this.queue.weightOf(bytes.length) > this.room) throw new Errno(E.NOBUFS);
    this.arrive({ bytes: Uint8Array.from(bytes), from: KERNEL, files: [], credentials: undefined });
  }

  receive(_length: number, peek: boolean): SocketMessage<OpenFile> | WouldBlock {
    if (this.queue.empty) return WOULD_BLOCK;
    return peek ? { ...this.queue.first!, files: [] } : this.counted(() => this.queue.shift()!);
  }

  override free(): number {
    return Number.POSITIVE_INFINITY;
  }

  shutdown(): void {
    throw new Errno(E.OPNOTSUPP);
  }

  override close(): void {
    this.counted(() => this.queue.clear());
  }

  override readiness(): number {
    return POLL.OUT | POLL.WRNORM | (this.queue.empty ? 0 : POLL.IN | POLL.RDNORM);
  }

  save(): SavedSocket & { readonly kind: 'netlink socket' } {
    return this.commonSocket('netlink socket');
  }

  static restore(saved: SavedSocket, { net }: { readonly net: Network }): NetlinkSocket {
    return new NetlinkSocket(net, saved.socket, saved.flags);
  }
}

/** What is told of a request; undefined: it is none that is known. */
function answers(type: number, family: number): { readonly kind: number; readonly body: readonly number[] }[] | undefined {
  if (type === RTM.GETLINK) return [{ kind: RTM.NEWLINK, body: LINK }];
  if (type !== RTM.GETADDR) return undefined;
  return ADDRESSES.filter(each => family === AF.UNSPEC || family === each.family).map(({ body }) => ({ kind: RTM.NEWADDR, body }));
}
