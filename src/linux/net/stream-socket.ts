import { POLL } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import { AF, SOCK } from '../abi/sockets.js';
import { type OpenFile, WOULD_BLOCK, type WouldBlock } from '../fs/open-file.js';
import { type IpAddress, isIp, isLocal, NAMELESS, reached, type SocketAddress, sourceFor } from './address.js';
import type { SocketMessage } from './message-queue.js';
import type { Network } from './network.js';
import { type Beside, CONNECTING, type SavedSocket, Socket } from './socket.js';
import type { Carried } from './wire.js';

type State = 'new' | 'listening' | 'connecting' | 'established' | 'failed' | 'connected' | 'closed';

/** Other sockets by their numbers as open files. */
interface SavedStream extends SavedSocket {
  readonly kind: 'stream socket';
  readonly state: State;
  readonly ended: boolean;
  readonly endedFirst: boolean;
  readonly starved: boolean;
  readonly backlog: number;
  readonly peer: number | undefined;
  readonly pending: readonly number[];
  readonly awaiting: readonly number[];
}

/** Connections that wait at most to be accepted (net.core.somaxconn). */
const SOMAXCONN = 4096;
const NO_MESSAGE: SocketMessage<OpenFile> = { bytes: new Uint8Array(0), from: undefined, files: [], credentials: undefined };

/**
 * A socket with connections: tcp(7), and those of unix(7) with and without records. A connection is made at once where somebody listens; what is
 * sent is at the other side at once, as far as there is room.
 */
export class StreamSocket extends Socket {
  /** `established`: connected, and who has asked for it has not heard of it yet. `failed`: nor of why it is not. `closed`: it was connected. */
  private state: State = 'new';
  private peer: StreamSocket | undefined;
  /** The other side sends no more. */
  private ended = false;
  /** It has said so before the other side has. */
  private endedFirst = false;
  /** Somebody wanted to send and had no room. */
  private starved = false;
  private backlog = 0;
  /** At a listener: connections that nobody has accepted yet, which are held; and who waits for room among them. */
  private pending: StreamSocket[] = [];
  private awaiting: StreamSocket[] = [];

  /** But for the room that all sockets have in common. */
  override get tells(): boolean {
    return this.net.admit(1) > 0;
  }

  override get listening(): boolean {
    return this.state === 'listening';
  }

  private get isRecords(): boolean {
    return this.socket.type === SOCK.SEQPACKET;
  }

  private get isConnected(): boolean {
    return this.state === 'connected' || this.state === 'established';
  }

  /** It was connected, and the other side is closed. */
  get alone(): boolean {
    return this.peer === undefined && this.isConnected;
  }

  /** How many wait to be accepted before no more are taken: one more than was asked for, as Linux has it. */
  get isFull(): boolean {
    return this.pending.length > this.backlog || this.net.crowded;
  }

  override listen(backlog: number): void {
    if (this.isUnix && this.local === undefined) throw new Errno(E.INVAL);
    if (this.state !== 'new' && this.state !== 'listening') throw new Errno(E.INVAL);
    if (this.net.taken(this)) throw new Errno(E.ADDRINUSE);
    this.net.bindAny(this);
    this.backlog = Math.min(backlog < 0 ? SOMAXCONN : backlog, SOMAXCONN);
    this.state = 'listening';
    this.admitWaiting();
  }

  override accept(): Socket | WouldBlock {
    if (this.state !== 'listening') throw new Errno(E.INVAL);
    const accepted = this.pending.shift();
    if (accepted === undefined) return WOULD_BLOCK;
    this.admitWaiting();
    return accepted;
  }

  /** Makes connections for those who wait for room, as many as there is room for. */
  private admitWaiting(): void {
    while (this.awaiting.length > 0 && !this.isFull) {
      const client = this.awaiting.shift()!;
      if (client.state === 'connecting') this.establish(client);
    }
  }

  connect(address: SocketAddress, nonblocking: boolean): typeof CONNECTING | undefined {
    switch (this.state) {
      case 'listening':
        throw new Errno(this.isUnix ? E.INVAL : E.ISCONN);
      case 'connected':
        throw new Errno(E.ISCONN);
      case 'connecting':
        throw new Errno(E.ALREADY);
      case 'established':
        this.state = 'connected';
        return undefined;
      case 'failed':
        this.state = 'new';
        throw new Errno(this.takeError() || E.CONNABORTED);
      default:
    }
    return this.isUnix ? this.connectUnix(address, nonblocking) : this.connectTcp(address, nonblocking);
  }

  private connectUnix(address: SocketAddress, nonblocking: boolean): typeof CONNECTING | undefined {
    if (address.family !== AF.UNIX) throw new Errno(E.INVAL);
    if (this.state === 'closed') throw new Errno(E.ISCONN);
    const there = this.net.target(address, this.socket.type);
    if (there === undefined) throw new Errno(E.CONNREFUSED);
    if (there.socket.type !== this.socket.type) throw new Errno(E.PROTOTYPE);
    if (!(there instanceof StreamSocket) || !there.listening) throw new Errno(E.CONNREFUSED);
    if (there.isFull) {
      if (nonblocking) throw new Errno(E.AGAIN);
      this.state = 'connecting';
      there.awaiting.push(this);
      return CONNECTING;
    }
    there.establish(this);
    this.state = 'connected';
    return undefined;
  }

  private connectTcp(address: SocketAddress, nonblocking: boolean): typeof CONNECTING | undefined {
    if (!isIp(address) || (address.family === AF.INET6 && this.socket.family === AF.INET)) throw new Errno(E.AFNOSUPPORT);
    const target = reached(address);
    if (!isLocal(target.ip) || (this.socket.family === AF.INET6 && address.family === AF.INET)) throw new Errno(E.NETUNREACH);
    this.reset();
    const bound = this.local;
    this.net.bindAny(this, sourceFor(target.ip));
    this.local = reached(this.local as IpAddress);
    this.remote = target;
    const there = this.net.reached(SOCK.STREAM, target, socket => socket.listening) as StreamSocket | undefined;
    if (there === undefined) {
      this.remote = undefined;
      // The name that it got for this is gone with it.
      if (bound === undefined) this.net.unbind(this);
      if (!nonblocking) throw new Errno(E.CONNREFUSED);
      this.fail(E.CONNREFUSED);
      throw new Errno(E.INPROGRESS);
    }
    if (there.isFull) {
      this.state = 'connecting';
      there.awaiting.push(this);
      return CONNECTING;
    }
    if (this.net.wire.slow) {
      this.state = 'connecting';
      this.net.wire.bring(this, { kind: 'connection', listener: there.id }, 'stream');
      return CONNECTING;
    }
    there.establish(this);
    if (nonblocking) throw new Errno(E.INPROGRESS);
    this.state = 'connected';
    return undefined;
  }

  /** What was of an earlier connection. */
  private reset(): void {
    Object.assign(this, { state: 'new', ended: false, endedFirst: false, shutRead: false, shutWrite: false, error: 0, starved: false });
    this.net.drop(this.counted(() => this.queue.clear()));
  }

  private fail(error: number): void {
    this.state = 'failed';
    this.error = error;
    this.events++;
  }

  override connected(): boolean {
    if (this.state === 'failed') {
      this.state = 'new';
      throw new Errno(this.takeError() || E.CONNABORTED);
    }
    if (this.state === 'established') this.state = 'connected';
    return this.state !== 'connecting';
  }

  disconnect(): void {
    if (this.isUnix) throw new Errno(E.INVAL);
    if (this.isConnected) this.leave(true);
    this.reset();
    this.remote = undefined;
    this.events++;
  }

  /** Two of socketpair(2). */
  join(other: StreamSocket): void {
    for (const [one, two] of [
      [this, other],
      [other, this],
    ] as const) {
      one.peer = two;
      one.remote = NAMELESS;
      one.state = 'connected';
    }
  }

  /** Makes a connection for who has asked for it. */
  private establish(client: StreamSocket): void {
    const server = new StreamSocket(this.net, { ...this.socket, inode: this.net.newInode() }, 0);
    server.options.copy(this.options);
    server.timeouts = this.timeouts;
    server.linger = this.linger;
    server.local = this.isUnix ? this.local : client.remote;
    server.remote = client.name;
    client.remote = server.local;
    server.peerPid = client.asker;
    client.peerPid = this.peerPid;
    server.peer = client;
    client.peer = server;
    server.state = 'connected';
    if (!this.isUnix && this.key !== undefined) this.net.share(server, this.key);
    client.state = 'established';
    this.net.hold(server);
    this.pending.push(server);
    this.events++;
    client.events++;
  }

  send(bytes: Uint8Array, to: SocketAddress | undefined, beside: Beside): number | WouldBlock {
    if (to !== undefined && this.isUnix) throw new Errno(this.isConnected ? E.ISCONN : E.OPNOTSUPP);
    if (this.state === 'connecting') return WOULD_BLOCK;
    if (!this.isUnix) this.raise();
    if (this.shutWrite) throw new Errno(E.PIPE);
    if (!this.isConnected) throw new Errno(this.state === 'closed' || !this.isUnix ? E.PIPE : E.NOTCONN);
    const { peer } = this;
    if (peer === undefined) return this.sendToNobody(bytes.length);
    if (this.isUnix && peer.shutRead) throw new Errno(E.PIPE);
    if (bytes.length === 0 && !this.isRecords) return 0;
    const weight = peer.queue.weightOf(bytes.length);
    if (this.isRecords && weight > peer.room) throw new Errno(E.MSGSIZE);
    const left = this.net.admit(peer.room - peer.filled);
    if (left <= 0 || (this.isRecords && weight > left)) {
      this.starved = true;
      return WOULD_BLOCK;
    }
    const part = bytes.slice(0, left);
    for (const file of beside.files) this.net.hold(file);
    if (this.isUnix) peer.arrive({ bytes: part, from: undefined, ...beside });
    else this.net.wire.bring(peer, { kind: 'message', bytes: part, from: undefined }, 'stream');
    return part.length;
  }

  /** The other side has closed. TCP learns of it by what comes back. */
  private sendToNobody(length: number): number {
    if (this.isUnix) throw new Errno(E.PIPE);
    this.error = E.PIPE;
    this.shutWrite = true;
    this.shutRead = true;
    this.events++;
    return length;
  }

  receive(length: number, peek: boolean): SocketMessage<OpenFile> | WouldBlock {
    if (!this.queue.empty) {
      if (length === 0 && !this.isRecords) return NO_MESSAGE;
      const message = this.counted(() => (this.isRecords ? this.record(peek) : this.queue.take(length, peek)));
      if (!peek) this.peer?.feed(this);
      return message;
    }
    if (this.state === 'connecting') return WOULD_BLOCK;
    if (this.state === 'new' || this.state === 'listening' || this.state === 'failed')
      throw new Errno(this.isUnix && !this.isRecords ? E.INVAL : E.NOTCONN);
    if (this.ended && this.error === E.PIPE) return NO_MESSAGE;
    this.raise();
    return this.ended || this.shutRead || this.state === 'closed' ? NO_MESSAGE : WOULD_BLOCK;
  }

  /** Who finds no room is told when there is some. */
  override free(): number {
    const { vacancy } = this;
    if (vacancy === 0) this.starved = true;
    return vacancy;
  }

  /** Bytes that it takes now, for who only looks; what it will not send it takes all of. */
  get vacancy(): number {
    const { peer } = this;
    if (this.state === 'connecting') return 0;
    return peer === undefined || this.shutWrite ? Number.POSITIVE_INFINITY : this.net.admit(Math.max(0, peer.room - peer.filled));
  }

  private record(peek: boolean): SocketMessage<OpenFile> {
    const message = peek ? this.queue.first! : this.queue.shift()!;
    return peek ? { ...message, files: [] } : message;
  }

  /** The other side has taken something. */
  private feed({ queue, room }: StreamSocket): void {
    if (!this.starved || 3 * queue.size > 2 * room) return;
    this.starved = false;
    this.events++;
  }

  shutdown(read: boolean, write: boolean): void {
    if (this.state === 'listening') {
      if (read && !this.isUnix) this.stopListening();
      return;
    }
    if (!this.isConnected && !this.isUnix) throw new Errno(E.NOTCONN);
    if (write && !this.shutWrite) this.endedFirst = !this.ended;
    this.shutRead ||= read;
    this.shutWrite ||= write;
    this.events++;
    if (this.peer === undefined) return;
    if (write && !this.isUnix) this.net.wire.bring(this.peer, { kind: 'end', error: 0 }, 'stream');
    else if (write) this.peer.ended = true;
    this.peer.events++;
  }

  private stopListening(): void {
    const { pending, awaiting } = this;
    this.pending = [];
    this.awaiting = [];
    this.state = 'new';
    this.events++;
    for (const client of awaiting) if (client.state === 'connecting') client.fail(E.CONNREFUSED);
    for (const server of pending) server.leave(true);
    this.net.drop(pending);
  }

  override close(): void {
    this.net.release(this);
    if (this.state === 'listening') this.stopListening();
    if (this.isConnected) {
      const abort = !this.queue.empty || (this.linger.on !== 0 && this.linger.seconds === 0);
      const first = this.shutWrite ? this.endedFirst : !this.ended;
      if (first && !abort && this.error === 0 && !this.isUnix) this.net.wane(this);
      this.leave(abort);
    }
    this.net.drop(this.counted(() => this.queue.clear()));
    this.state = 'closed';
  }

  /** Ends the connection. `abort`: what has come was not read, or is not to be: the other side is told so. */
  private leave(abort: boolean): void {
    const { peer } = this;
    this.peer = undefined;
    this.state = 'closed';
    if (peer === undefined) return;
    peer.peer = undefined;
    const error = !abort ? 0 : this.shutWrite && !this.isUnix ? E.PIPE : E.CONNRESET;
    if (!this.isUnix) this.net.wire.bring(peer, { kind: 'end', error }, 'stream');
    else {
      peer.finish(error);
      peer.shutWrite = true;
    }
  }

  /** The other side sends no more; `error`: it has not read what came, or does not want to. */
  private finish(error: number): void {
    this.ended = true;
    this.events++;
    if (error === 0) return;
    this.shutWrite = true;
    this.error = error;
  }

  override come(what: Carried): void {
    if (what.kind === 'end') this.finish(what.error);
    else if (what.kind === 'message') super.come(what);
    else if (this.state === 'connecting') {
      const there = this.net.socket(what.listener);
      if (!(there instanceof StreamSocket) || !there.listening) this.fail(E.CONNREFUSED);
      else if (there.isFull) there.awaiting.push(this);
      else there.establish(this);
    }
  }

  override readiness(): number {
    const wrBand = this.isUnix ? this.writableBits & ~(POLL.OUT | POLL.WRNORM) : 0;
    const out = POLL.OUT | POLL.WRNORM | wrBand;
    const error = this.error === 0 ? 0 : POLL.ERR;
    switch (this.state) {
      case 'listening':
        return this.pending.length > 0 ? POLL.IN | POLL.RDNORM : 0;
      case 'connecting':
        return 0;
      case 'new':
        return out | POLL.HUP;
      case 'failed':
        return out | POLL.HUP | POLL.IN | POLL.RDNORM | POLL.RDHUP | error;
      default:
    }
    const noMore = this.ended || this.shutRead || this.state === 'closed';
    const over = noMore && (this.shutWrite || this.state === 'closed');
    const readable = noMore || !this.queue.empty ? POLL.IN | POLL.RDNORM : 0;
    return readable | (this.hasRoom ? out : 0) | (noMore ? POLL.RDHUP : 0) | (over ? POLL.HUP : 0) | error;
  }

  /** Whether enough can be sent for it to be worth while. */
  private get hasRoom(): boolean {
    const { peer } = this;
    if (peer === undefined || this.shutWrite) return true;
    const fits = 3 * peer.filled <= 2 * peer.room && this.net.admit(1) > 0;
    if (!fits) this.starved = true;
    return fits;
  }

  save(): SavedStream {
    const { state, ended, endedFirst, starved, backlog, peer, pending, awaiting } = this;
    const ids = (files: readonly OpenFile[]) => files.map(({ id }) => id);
    return {
      ...this.commonSocket('stream socket'),
      ...{
        state,
        ended,
        endedFirst,
        starved,
        backlog,
        peer: peer?.id,
        pending: ids(pending),
        awaiting: ids(awaiting.filter(each => each.state === 'connecting')),
      },
    };
  }

  static restore(saved: SavedStream, { net }: { readonly net: Network }): StreamSocket {
    return new StreamSocket(net, saved.socket, saved.flags);
  }

  override resume(saved: SavedStream, file: (id: number) => OpenFile): void {
    super.resume(saved, file);
    const { state, ended, endedFirst, starved, backlog, peer, pending, awaiting } = saved;
    const of = (id: number) => file(id) as StreamSocket;
    Object.assign(this, { state, ended, endedFirst, starved, backlog });
    this.peer = peer === undefined ? undefined : of(peer);
    this.pending = pending.map(of);
    this.awaiting = awaiting.map(of);
  }
}
