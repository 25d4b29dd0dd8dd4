import { O, POLL, S } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import { AF, SO, SOCK, SOL_SOCKET } from '../abi/sockets.js';
import { OpenFile, type SavedFile, type WouldBlock } from '../fs/open-file.js';
import { type Stat, syntheticStat } from '../fs/stat.js';
import { NAMELESS, type SocketAddress } from './address.js';
import { type Credentials, MessageQueue, type SocketMessage } from './message-queue.js';
import type { Network } from './network.js';
import { type SocketKind, SocketOptions } from './options.js';
import type { Carried } from './wire.js';

/** What is sent beside the bytes. */
export interface Beside {
  readonly files: readonly OpenFile[];
  readonly credentials: Credentials | undefined;
}

export const NOTHING_BESIDE: Beside = { files: [], credentials: undefined };

/** What every socket is saved with, beside what every open file is. */
export interface SavedSocket extends SavedFile {
  readonly socket: SocketKind & { readonly inode: number };
  readonly options: ReturnType<SocketOptions['save']>;
  readonly local: SocketAddress | undefined;
  readonly remote: SocketAddress | undefined;
  readonly key: string | undefined;
  readonly automatic: boolean;
  readonly error: number;
  readonly shutRead: boolean;
  readonly shutWrite: boolean;
  readonly timeouts: Socket['timeouts'];
  readonly linger: Socket['linger'];
  readonly asker: number | undefined;
  readonly peerPid: number | undefined;
  readonly queue: ReturnType<MessageQueue<OpenFile>['save']>;
}

/** The answer of a connection that is being made. */
export const CONNECTING = 'connecting';

/** A socket of this machine's own network. Methods that a kind lacks answer as Linux does for it. */
export abstract class Socket extends OpenFile {
  readonly options = new SocketOptions();
  readonly queue: MessageQueue<OpenFile>;
  local: SocketAddress | undefined;
  remote: SocketAddress | undefined;
  /** Where the network has it, while it is bound. */
  key: string | undefined;
  automatic = false;
  /** SO_ERROR: what happened to it and nobody has been told of; 0: nothing. */
  error = 0;
  shutRead = false;
  shutWrite = false;
  /** Bytes that are on their way to it. */
  coming = 0;
  /** SO_RCVTIMEO and SO_SNDTIMEO in ns; 0n: it waits for ever. */
  timeouts: { readonly receive: bigint; readonly send: bigint } = { receive: 0n, send: 0n };
  linger: { readonly on: number; readonly seconds: number } = { on: 0, seconds: 0 };
  /** The process that has asked for a connection of it last. */
  asker: number | undefined;
  /** SO_PEERCRED: the process at the other side when the connection was made; a listener's own (net/unix/af_unix.c). */
  peerPid: number | undefined;

  constructor(
    protected readonly net: Network,
    readonly socket: SocketKind & { readonly inode: number },
    flags: number,
  ) {
    super(`socket:[${socket.inode}]`, O.RDWR | flags);
    this.queue = new MessageQueue(socket.type !== SOCK.STREAM);
  }

  override get pollable(): boolean {
    return true;
  }

  get isUnix(): boolean {
    return this.socket.family === AF.UNIX;
  }

  /** POLLOUT and what goes with it for this family. */
  protected get writableBits(): number {
    return POLL.OUT | POLL.WRNORM | (this.isUnix || this.socket.type === SOCK.DGRAM ? WRBAND : 0);
  }

  /** Bytes that may wait in it. */
  get room(): number {
    return this.options.get(SOL_SOCKET, SO.RCVBUF);
  }

  /** Something has come. */
  arrive(message: SocketMessage<OpenFile>): void {
    this.counted(() => this.queue.push(message));
    this.events++;
  }

  /** What it has to hold: that is there, or on its way. */
  get filled(): number {
    return this.queue.size + this.coming;
  }

  /** Something was on its way, and is here. */
  come(what: Carried): void {
    if (what.kind === 'message') this.arrive({ bytes: what.bytes, from: what.from, files: [], credentials: undefined });
  }

  /** Does something with what has come, and notes how much less or more that is. */
  protected counted<T>(work: () => T): T {
    const before = this.queue.size;
    try {
      return work();
    } finally {
      this.net.queued += this.queue.size - before;
    }
  }

  /** Throws what has happened to it, once. */
  protected raise(): void {
    const { error } = this;
    this.error = 0;
    if (error !== 0) throw new Errno(error);
  }

  /** For SO_ERROR. */
  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }

  abstract connect(address: SocketAddress, nonblocking: boolean): typeof CONNECTING | undefined;
  /** Whether a connection that is being made is there; throws why not. */
  connected(): boolean {
    throw new Errno(E.OPNOTSUPP);
  }
  /** connect(2) with AF_UNSPEC. */
  abstract disconnect(): void;
  listen(_backlog: number): void {
    throw new Errno(E.OPNOTSUPP);
  }
  get listening(): boolean {
    return false;
  }
  accept(): Socket | WouldBlock {
    throw new Errno(E.OPNOTSUPP);
  }
  abstract send(bytes: Uint8Array, to: SocketAddress | undefined, beside: Beside): number | WouldBlock;
  abstract receive(length: number, peek: boolean): SocketMessage<OpenFile> | WouldBlock;
  /** As `free` of every open file. */
  abstract override free(): number;
  abstract shutdown(read: boolean, write: boolean): void;

  /** Gives a name, as bind(2). */
  bind(address: SocketAddress): void {
    if (this.local !== undefined) throw new Errno(E.INVAL);
    this.net.bind(this, address);
  }

  /** The name that getsockname(2) tells. */
  get name(): SocketAddress {
    return this.local ?? (this.isUnix ? NAMELESS : this.net.unbound(this.socket.family));
  }

  override read(length: number): Uint8Array | WouldBlock {
    const message = this.receive(length, false);
    if (typeof message === 'string') return message;
    // Files that came with it are for nobody.
    this.net.drop(message.files);
    return message.bytes.subarray(0, length);
  }

  override write(bytes: Uint8Array): number | WouldBlock {
    return this.send(bytes, undefined, NOTHING_BESIDE);
  }

  override waiting(): number {
    if (this.listening) throw new Errno(E.INVAL);
    return this.queue.next;
  }

  stat(): Stat {
    return syntheticStat(S.IFSOCK | 0o777, BigInt(this.socket.inode));
  }

  protected commonSocket<K extends string>(kind: K): SavedSocket & { readonly kind: K } {
    const { socket, options, local, remote, key, automatic, error, shutRead, shutWrite, timeouts, linger, queue, asker, peerPid } = this;
    return {
      ...this.common(kind),
      ...{ socket, options: options.save(), local, remote, key, automatic, error, shutRead, shutWrite, timeouts, linger, asker, peerPid },
      queue: queue.save(file => file.id),
    };
  }

  override resume(saved: SavedSocket, file: (id: number) => OpenFile): void {
    const { local, remote, key, automatic, error, shutRead, shutWrite, timeouts, linger, asker, peerPid } = saved;
    Object.assign(this, { local, remote, key, automatic, error, shutRead, shutWrite, timeouts, linger, asker, peerPid });
    this.options.restore(saved.options);
    this.queue.restore(saved.queue, file);
  }
}

const WRBAND = 0x200;
