import { POLL } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import { AF, SOCK } from '../abi/sockets.js';
import { type OpenFile, WOULD_BLOCK, type WouldBlock } from '../fs/open-file.js';
import { type IpAddress, isIp, isLocal, NAMELESS, reached, type SocketAddress, sourceFor, type UnixAddress } from './address.js';
import type { SocketMessage } from './message-queue.js';
import { NAME_SERVER_PORT, nameServerAnswer } from './name-server.js';
import type { Network } from './network.js';
import { type Beside, type SavedSocket, Socket } from './socket.js';

/** Bytes of the largest datagram (udp(7)). */
const LONGEST = 65_507;

/** Other sockets by their numbers as open files. */
interface SavedDatagrams extends SavedSocket {
  readonly kind: 'datagram socket';
  readonly other: number | undefined;
  readonly paired: boolean;
  readonly starving: readonly number[];
}

const NO_MESSAGE: SocketMessage<OpenFile> = { bytes: new Uint8Array(0), from: undefined, files: [], credentials: undefined };

/** A socket of datagrams: udp(7), which loses what nobody has room for; and unix(7)'s, which waits for room. */
export class DatagramSocket extends Socket {
  /** Of a pair: the other; undefined when that is gone. */
  private other: DatagramSocket | undefined;
  private paired = false;
  /** Who wanted to send to it and had no room. */
  private starving = new Set<DatagramSocket>();

  join(other: DatagramSocket): void {
    for (const [one, two] of [
      [this, other],
      [other, this],
    ] as const) {
      one.other = two;
      one.paired = true;
      one.remote = NAMELESS;
    }
  }

  connect(address: SocketAddress): undefined {
    if (this.isUnix) {
      if (address.family !== AF.UNIX) throw new Errno(E.INVAL);
      this.unixTarget(address);
      this.paired = false;
      this.remote = address;
    } else {
      const target = this.ipTarget(address);
      if (this.automatic) this.local = { ...(this.local as IpAddress), ip: sourceFor(target.ip) };
      this.net.bindAny(this, sourceFor(target.ip));
      this.local = reached(this.local as IpAddress);
      this.remote = target;
    }
    return undefined;
  }

  disconnect(): void {
    this.remote = undefined;
    if (this.automatic) this.net.unbind(this);
    this.other = undefined;
    this.paired = false;
  }

  private ipTarget(address: SocketAddress): IpAddress {
    if (!isIp(address) || (address.family === AF.INET6 && this.socket.family === AF.INET)) throw new Errno(E.AFNOSUPPORT);
    const target = reached(address);
    if (target.port === 0) throw new Errno(E.INVAL);
    if (!isLocal(target.ip)) throw new Errno(E.NETUNREACH);
    return target;
  }

  private unixTarget(address: SocketAddress): DatagramSocket {
    const there = address.family === AF.UNIX ? this.net.target(address, SOCK.DGRAM) : undefined;
    if (there === undefined) throw new Errno(E.CONNREFUSED);
    if (!(there instanceof DatagramSocket)) throw new Errno(E.PROTOTYPE);
    // One that is connected hears nobody else.
    if (there.remote !== undefined && there.remote.family === AF.UNIX && (this.local === undefined || !sameUnix(there.remote, this.local)))
      throw new Errno(E.PERM);
    return there;
  }

  send(bytes: Uint8Array, to: SocketAddress | undefined, beside: Beside): number | WouldBlock {
    this.raise();
    if (this.shutWrite) throw new Errno(E.PIPE);
    return this.isUnix ? this.sendUnix(bytes, to, beside) : this.sendUdp(bytes, to);
  }

  private sendUnix(bytes: Uint8Array, to: SocketAddress | undefined, beside: Beside): number | WouldBlock {
    if (to === undefined && this.remote === undefined) throw new Errno(E.NOTCONN);
    if (to === undefined && this.paired && this.other === undefined) throw new Errno(E.CONNREFUSED);
    const there = to === undefined && this.paired ? this.other! : this.unixTarget(to ?? this.remote!);
    if (there.shutRead) throw new Errno(E.PIPE);
    const weight = there.queue.weightOf(bytes.length);
    if (weight > there.room) throw new Errno(E.MSGSIZE);
    if (there.queue.size + weight > there.room || this.net.admit(weight) < weight) {
      there.starving.add(this);
      return WOULD_BLOCK;
    }
    for (const file of beside.files) this.net.hold(file);
    there.arrive({ bytes: bytes.slice(), from: this.local, ...beside });
    return bytes.length;
  }

  private sendUdp(bytes: Uint8Array, to: SocketAddress | undefined): number {
    if (to === undefined && this.remote === undefined) throw new Errno(E.DESTADDRREQ);
    if (bytes.length > LONGEST) throw new Errno(E.MSGSIZE);
    const target = to === undefined ? (this.remote as IpAddress) : this.ipTarget(to);
    this.net.bindAny(this);
    const { port } = this.local as IpAddress;
    const own = reached({ ...(this.local as IpAddress) }).ip;
    const from: IpAddress = { family: target.family, ip: this.remote === undefined ? ownFor(own, target.ip) : own, port };
    const there = this.net.reached(SOCK.DGRAM, target, ({ remote }) => remote === undefined || sameIp(remote, from)) as
      | DatagramSocket
      | undefined;
    const answer = there === undefined && target.port === NAME_SERVER_PORT ? nameServerAnswer(bytes) : undefined;
    if (answer !== undefined) {
      this.arrive({ bytes: answer, from: target, files: [], credentials: undefined });
      return bytes.length;
    }
    if (there === undefined) {
      // What comes back (ICMP) is for a socket that is connected.
      if (this.remote !== undefined) {
        this.error = E.CONNREFUSED;
        this.events++;
      }
      return bytes.length;
    }
    const weight = there.queue.weightOf(bytes.length);
    const lost = there.shutRead || there.filled + weight > there.room || this.net.admit(weight) < weight;
    if (!lost) this.net.wire.bring(there, { kind: 'message', bytes: bytes.slice(), from }, 'datagram');
    return bytes.length;
  }

  receive(_length: number, peek: boolean): SocketMessage<OpenFile> | WouldBlock {
    if (this.queue.empty) {
      this.raise();
      return this.shutRead ? NO_MESSAGE : WOULD_BLOCK;
    }
    if (peek) return { ...this.queue.first!, files: [] };
    const message = this.counted(() => this.queue.shift()!);
    for (const waiting of this.starving) waiting.events++;
    this.starving.clear();
    return message;
  }

  shutdown(read: boolean, write: boolean): void {
    if (this.remote === undefined && !this.isUnix) throw new Errno(E.NOTCONN);
    this.shutRead ||= read;
    this.shutWrite ||= write;
    this.events++;
  }

  override close(): void {
    this.net.release(this);
    if (this.other?.other === this) this.other.other = undefined;
    for (const waiting of this.starving) waiting.events++;
    this.starving.clear();
    this.net.drop(this.counted(() => this.queue.clear()));
  }

  override get tells(): boolean {
    return !this.isUnix;
  }

  override readiness(): number {
    const readable = !this.queue.empty || this.shutRead ? POLL.IN | POLL.RDNORM : 0;
    const over = this.shutRead && this.shutWrite ? POLL.HUP : 0;
    return readable | (this.hasRoom ? this.writableBits : 0) | over | (this.shutRead ? POLL.RDHUP : 0) | (this.error === 0 ? 0 : POLL.ERR);
  }

  override free(): number {
    return this.hasRoom ? LONGEST : 0;
  }

  /** Of one that is connected: whether something can be sent there. */
  private get hasRoom(): boolean {
    if (!this.isUnix || this.remote === undefined) return true;
    const there = this.paired ? this.other : this.net.target(this.remote as UnixAddress, SOCK.DGRAM);
    if (!(there instanceof DatagramSocket) || there.queue.size + there.queue.weightOf(1) <= there.room) return true;
    there.starving.add(this);
    return false;
  }

  save(): SavedDatagrams {
    const { other, paired, starving } = this;
    return {
      ...this.commonSocket('datagram socket'),
      other: other?.id,
      paired,
      starving: [...starving].filter(each => each.references > 0).map(({ id }) => id),
    };
  }

  static restore(saved: SavedDatagrams, { net }: { readonly net: Network }): DatagramSocket {
    return new DatagramSocket(net, saved.socket, saved.flags);
  }

  override resume(saved: SavedDatagrams, file: (id: number) => OpenFile): void {
    super.resume(saved, file);
    const of = (id: number) => file(id) as DatagramSocket;
    this.other = saved.other === undefined ? undefined : of(saved.other);
    this.paired = saved.paired;
    this.starving = new Set(saved.starving.map(of));
  }
}

/** The address of this machine that is in the family of another. */
const ownFor = (own: string, ip: string): string => (isLocal(own) && own.slice(0, 24) === ip.slice(0, 24) ? own : sourceFor(ip));

const sameIp = (a: SocketAddress, b: IpAddress): boolean => isIp(a) && a.ip === b.ip && a.port === b.port;

const sameUnix = (a: SocketAddress, b: SocketAddress): boolean => a.family === AF.UNIX && b.family === AF.UNIX && a.path === b.path;
