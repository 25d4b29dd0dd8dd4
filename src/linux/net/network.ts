import { checkVersion, type Versioned } from '../../cpu/part.js';
import { hexText, utf8 } from '../../host/bytes.js';
import { E, Errno } from '../abi/errno.js';
import { AF, IPPROTO, SO, SOCK } from '../abi/sockets.js';
import type { OpenFile } from '../fs/open-file.js';
import {
  ANY4,
  ANY6,
  type IpAddress,
  isIp,
  isLocal,
  isMapped,
  isWildcard,
  type SocketAddress,
  type UnixAddress,
  wildcardOf,
} from './address.js';
import { type SocketKind, type SocketOptions, V6ONLY } from './options.js';
import { type Carried, type SavedWire, Wire, type WireOptions } from './wire.js';

/** What the network sees of a socket. */
export interface Endpoint extends OpenFile {
  readonly socket: SocketKind;
  readonly options: SocketOptions;
  readonly listening: boolean;
  readonly remote: SocketAddress | undefined;
  readonly queue: { readonly size: number };
  coming: number;
  come(what: Carried): void;
  local: SocketAddress | undefined;
  /** Where the network has it, while it is bound. */
  key: string | undefined;
  /** It got its name because it had to have one. */
  automatic: boolean;
}

/** Ports that are given to who asks for none (net.ipv4.ip_local_port_range), and the first that anybody may bind. */
const FIRST_PORT = 32768;
const LAST_PORT = 60999;
const UNPRIVILEGED = 1024;
/** Sockets, and other open files, that no descriptor refers to: connections that wait to be accepted, files on their way in messages. */
const MOST_HELD = 4096;
/** Bytes that wait in all sockets together. */
const MOST_QUEUED = 256 << 20;

/** How long the end of a connection that was closed first keeps its address, in ns (TCP_TIMEWAIT_LEN), and how many there are at most. */
const TIME_WAIT = 60_000_000_000;
const MOST_WAITING = 16_384;

/** An address that a connection had, which nobody else gets before the other side's last words would be forgotten. */
interface Waning {
  readonly ip: string;
  readonly port: number;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly until: number;
}

/** Where names lead, in the order of binding; the next port, socket and nameless name. */
export type SavedNetwork = Versioned<{
  readonly bound: readonly (readonly [key: string, files: readonly number[]])[];
  readonly nextPort: number;
  readonly nextName: number;
  readonly turn: number;
  readonly waning: readonly Waning[];
  readonly wire: SavedWire;
}>;

/** What the network needs of the process's table of open files. */
export interface FileHolder {
  /** Keeps an open file that no descriptor may refer to. */
  hold(file: OpenFile): void;
  letGo(file: OpenFile): void;
  /** Open files that are kept so. */
  held(): number;
  newInode(): number;
  find(id: number): OpenFile | undefined;
  /** Virtual time in ns. */
  now(): number;
}

/** The network of one machine that has no other: which sockets have which names. Nothing of it reaches the host's. */
export class Network {
  private readonly bound = new Map<string, Endpoint[]>();
  private nextPort = FIRST_PORT;
  private nextName = 1;
  /** Which of several listeners on a port gets the next connection (SO_REUSEPORT). */
  private turn = 0;
  /** Ends of connections by the listener's key, whose address they have. */
  private readonly accepted = new Map<string, Set<Endpoint>>();
  /** In TIME_WAIT, the first to be over first. */
  private waning: Waning[] = [];
  /** Bytes that wait in all sockets: those of the sockets, together. */
  queued = 0;

  /** What is on its way. */
  readonly wire: Wire;

  constructor(
    private readonly files: FileHolder,
    options: WireOptions,
  ) {
    this.wire = new Wire(options, () => files.now());
  }

  /** An open file by its number. */
  socket(id: number): OpenFile | undefined {
    return this.files.find(id);
  }

  /** Whether there is room for one more open file without a descriptor. */
  get crowded(): boolean {
    return this.files.held() >= MOST_HELD;
  }

  /** Bytes of so many that may wait besides. */
  admit(length: number): number {
    return Math.max(0, Math.min(length, MOST_QUEUED - this.queued));
  }

  hold(file: OpenFile): void {
    this.files.hold(file);
  }

  newInode(): number {
    return this.files.newInode();
  }

  drop(files: readonly OpenFile[]): void {
    for (const file of files) this.files.letGo(file);
  }

  /** The name of a socket that has none. */
  unbound(family: number): IpAddress {
    const ip = family as IpAddress['family'];
    return { family: ip, ip: wildcardOf(ip), port: 0 };
  }

  /** Throws EADDRINUSE, EADDRNOTAVAIL, EACCES, EAFNOSUPPORT, EINVAL. */
  bind(socket: Endpoint, address: SocketAddress): void {
    if (address.family === AF.UNIX) this.bindUnix(socket, address);
    else if (isIp(address)) this.bindIp(socket, address);
    else throw new Errno(E.AFNOSUPPORT);
  }

  private bindUnix(socket: Endpoint, { path: wanted, key }: UnixAddress): void {
    let path = wanted;
    if (path === '') {
      do path = `00${hexText(utf8((this.nextName++ % 0x10_0000).toString(16).padStart(5, '0')))}`;
      while (this.bound.has(abstractKey(socket.socket.type, path)));
    }
    const place = key ?? abstractKey(socket.socket.type, path);
    if (this.bound.has(place)) throw new Errno(E.ADDRINUSE);
    this.enter(socket, { family: AF.UNIX, path }, place);
  }

  private bindIp(socket: Endpoint, { family, ip, port }: IpAddress): void {
    if (family !== socket.socket.family) throw new Errno(E.AFNOSUPPORT);
    // An address of IPv4 on a socket that wants none.
    if (family === AF.INET6 && isMapped(ip) && socket.options.get(IPPROTO.IPV6, V6ONLY) !== 0) throw new Errno(E.ADDRNOTAVAIL);
    if (!isWildcard(ip) && !isLocal(ip)) throw new Errno(E.ADDRNOTAVAIL);
    if (port !== 0 && port < UNPRIVILEGED) throw new Errno(E.ACCES);
    const { type } = socket.socket;
    if (port !== 0 && (this.conflict(socket, ip, port, type) || this.wanes(socket, ip, port, type))) throw new Errno(E.ADDRINUSE);
    const given = port === 0 ? this.freePort(socket, ip, type) : port;
    this.enter(socket, { family, ip, port: given }, ipKey(type, given));
  }

  private freePort(socket: Endpoint, ip: string, type: number): number {
    for (let tries = LAST_PORT - FIRST_PORT; tries >= 0; tries--) {
      const port = this.nextPort;
      this.nextPort = port >= LAST_PORT ? FIRST_PORT : port + 1;
      const key = ipKey(type, port);
      if (!(this.bound.has(key) || this.accepted.has(key)) || !this.conflict(socket, ip, port, type)) return port;
    }
    throw new Errno(E.ADDRINUSE);
  }

  /** Whether somebody has the address who does not share it. */
  private conflict(socket: Endpoint, ip: string, port: number, type: number): boolean {
    const key = ipKey(type, port);
    return [...(this.bound.get(key) ?? []), ...(this.accepted.get(key) ?? [])].some(other => {
      const there = other.local as IpAddress;
      if (!overlap(ip, socket, there.ip, other)) return false;
      if (socket.options.is(SO.REUSEPORT) && other.options.is(SO.REUSEPORT)) return false;
      return !(socket.options.is(SO.REUSEADDR) && other.options.is(SO.REUSEADDR) && !other.listening);
    });
  }

  /** Whether a connection had the address a moment ago; a port that is given, and not asked for, has not been anybody's for long. */
  private wanes(socket: Endpoint, ip: string, port: number, type: number): boolean {
    if (type !== SOCK.STREAM) return false;
    const now = this.files.now();
    while (this.waning.length > 0 && this.waning[0]!.until <= now) this.waning.shift();
    return this.waning.some(
      other =>
        other.port === port &&
        (other.ip === ip || covers(ip, socket, other.ip)) &&
        !(socket.options.is(SO.REUSEADDR) && other.reuseAddress) &&
        !(socket.options.is(SO.REUSEPORT) && other.reusePort),
    );
  }

  /** An accepted connection has its listener's address, for as long as it is there. */
  share(socket: Endpoint, key: string): void {
    const sharing = this.accepted.get(key) ?? new Set();
    this.accepted.set(key, sharing.add(socket));
    socket.key = key;
  }

  /** A socket that was the first to end its connection is closed: TIME_WAIT. */
  wane({ local, options }: Endpoint): void {
    if (local === undefined || !isIp(local)) return;
    const { ip, port } = local;
    const until = this.files.now() + TIME_WAIT;
    this.waning.push({ ip, port, reuseAddress: options.is(SO.REUSEADDR), reusePort: options.is(SO.REUSEPORT), until });
    if (this.waning.length > MOST_WAITING) this.waning.shift();
  }

  private enter(socket: Endpoint, address: SocketAddress, key: string): void {
    this.bound.set(key, [...(this.bound.get(key) ?? []), socket]);
    socket.local = address;
    socket.key = key;
  }

  /** Whether somebody else listens where a socket is bound that shared the name so far. */
  taken(socket: Endpoint): boolean {
    const { key, local } = socket;
    if (key === undefined || local === undefined || !isIp(local)) return false;
    return (this.bound.get(key) ?? []).some(
      other =>
        other !== socket &&
        other.listening &&
        overlap(local.ip, socket, (other.local as IpAddress).ip, other) &&
        !(socket.options.is(SO.REUSEPORT) && other.options.is(SO.REUSEPORT)),
    );
  }

  release(socket: Endpoint): void {
    const { key } = socket;
    if (key === undefined) return;
    socket.key = undefined;
    const sharing = this.accepted.get(key);
    if (sharing?.delete(socket)) {
      if (sharing.size === 0) this.accepted.delete(key);
      return;
    }
    const left = (this.bound.get(key) ?? []).filter(each => each !== socket);
    if (left.length > 0) this.bound.set(key, left);
    else this.bound.delete(key);
  }

  /** Takes the name away. */
  unbind(socket: Endpoint): void {
    this.release(socket);
    socket.local = undefined;
    socket.automatic = false;
  }

  /** Binds one that has no name yet, before it sends or connects. */
  bindAny(socket: Endpoint, ip?: string): void {
    if (socket.local !== undefined) return;
    const { family } = socket.socket;
    if (family === AF.UNIX) return;
    const address = this.unbound(family);
    this.bindIp(socket, ip === undefined ? address : { ...address, ip });
    socket.automatic = true;
  }

  /** Who has a name of unix(7); one in no file system is of a type of sockets. */
  target({ path, key }: UnixAddress, type: number): Endpoint | undefined {
    return this.bound.get(key ?? abstractKey(type, path))?.[0];
  }

  /** One of those who listen at an address of TCP. */
  listenerAt({ ip, port }: IpAddress): Endpoint | undefined {
    const there = this.bound.get(ipKey(SOCK.STREAM, port)) ?? [];
    return there.find(socket => socket.listening && ((socket.local as IpAddress).ip === ip || takesAny(socket, ip)));
  }

  /** Who listens at an address, or receives there: those that are bound to just that before those that are bound to all. */
  reached(type: number, { ip, port }: IpAddress, fits: (socket: Endpoint) => boolean): Endpoint | undefined {
    const there = (this.bound.get(ipKey(type, port)) ?? []).filter(fits);
    const exact = there.filter(({ local }) => (local as IpAddress).ip === ip);
    const any = there.filter(socket => takesAny(socket, ip));
    const best = exact.length > 0 ? exact : any;
    return best.length > 1 ? best[this.turn++ % best.length] : best[0];
  }

  save(): SavedNetwork {
    const { nextPort, nextName, turn, waning } = this;
    const bound = [...this.bound].map(([key, sockets]) => [key, sockets.map(({ id }) => id)] as const);
    return { version: 3, bound, nextPort, nextName, turn, waning: [...waning], wire: this.wire.save() };
  }

  restore(saved: SavedNetwork, file: (id: number) => Endpoint, all: Iterable<OpenFile>): void {
    checkVersion('network', saved, 3);
    this.bound.clear();
    for (const [key, ids] of saved.bound) this.bound.set(key, ids.map(file));
    this.accepted.clear();
    for (const each of all) {
      const socket = each as Endpoint;
      if (socket.key !== undefined && !this.bound.get(socket.key)?.includes(socket)) this.share(socket, socket.key);
    }
    this.waning = [...saved.waning];
    this.nextPort = saved.nextPort;
    this.nextName = saved.nextName;
    this.turn = saved.turn;
    this.wire.restore(saved.wire, file);
    this.queued = 0;
    for (const each of all) if ('queue' in each) this.queued += (each as Endpoint).queue.size;
  }
}

const abstractKey = (type: number, path: string): string => `abstract:${type}:${path}`;

const ipKey = (type: number, port: number): string => `${type === SOCK.STREAM ? 'tcp' : 'udp'}:${port}`;

/** Whether a socket that is bound to all addresses gets what goes to this one. */
function takesAny({ local, options, socket }: Endpoint, ip: string): boolean {
  const { ip: own } = local as IpAddress;
  if (own === ANY4) return isMapped(ip);
  return own === ANY6 && (!isMapped(ip) || (socket.family === AF.INET6 && options.get(IPPROTO.IPV6, V6ONLY) === 0));
}

/** Whether two sockets' addresses have one in common. */
function overlap(a: string, socket: Endpoint, b: string, other: Endpoint): boolean {
  if (a === b) return true;
  return covers(a, socket, b) || covers(b, other, a);
}

function covers(own: string, socket: Endpoint, ip: string): boolean {
  if (own === ANY4) return isMapped(ip);
  if (own !== ANY6) return false;
  return !isMapped(ip) || socket.options.get(IPPROTO.IPV6, V6ONLY) === 0;
}
