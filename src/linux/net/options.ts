/** Options of sockets: socket(7), tcp(7), ip(7), ipv6(7), unix(7). */
import { AF, IPPROTO, SO, SOCK, SOL_SOCKET } from '../abi/sockets.js';

/** What a socket is, for what depends on it. */
export interface SocketKind {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
}

interface OptionRow {
  readonly level: number;
  readonly option: number;
  /** As it is before anybody sets it. */
  readonly value: number;
  /** Whether sockets of a kind have it; default: all. */
  readonly of?: (kind: SocketKind) => boolean;
  /** What a value becomes; undefined: EINVAL. */
  readonly takes?: (value: number) => number | undefined;
  /** It cannot be set (ENOPROTOOPT). */
  readonly fixed?: true;
}

/** Bytes that a socket has room for (net.core.wmem_default), and at most (twice wmem_max). */
const DEFAULT_ROOM = 212_992;
const MOST_ROOM = 425_984;
const LEAST_ROOM = 4608;

const isTcp = ({ family, type }: SocketKind): boolean => family !== AF.UNIX && type === SOCK.STREAM;
const isIp = ({ family }: SocketKind): boolean => family !== AF.UNIX;
const isIp6 = ({ family }: SocketKind): boolean => family === AF.INET6;
const isUnix = ({ family }: SocketKind): boolean => family === AF.UNIX;
const flag = (value: number): number => (value === 0 ? 0 : 1);
const from = (least: number, most: number) => (value: number) => (value < least || value > most ? undefined : value);
/** The kernel takes twice as much, for what it keeps beside the bytes. */
const room = (value: number): number => Math.min(MOST_ROOM, Math.max(LEAST_ROOM, 2 * value));

const socket = (option: number, value: number, takes?: OptionRow['takes'], of?: OptionRow['of']): OptionRow => ({
  level: SOL_SOCKET,
  option,
  value,
  ...(takes === undefined ? { fixed: true } : { takes }),
  ...(of === undefined ? {} : { of }),
});
const tcp = (option: number, value: number, takes: OptionRow['takes'] = flag): OptionRow => ({
  level: IPPROTO.TCP,
  option,
  value,
  takes,
  of: isTcp,
});
const ip = (option: number, value: number, takes: OptionRow['takes'] = flag): OptionRow => ({
  level: IPPROTO.IP,
  option,
  value,
  takes,
  of: isIp,
});
const ip6 = (option: number, value: number, takes: OptionRow['takes'] = flag): OptionRow => ({
  level: IPPROTO.IPV6,
  option,
  value,
  takes,
  of: isIp6,
});

/** IPV6_V6ONLY and TCP_NODELAY, which others ask for. */
export const V6ONLY = 26;

/** Options whose value is an int. SO_TYPE and its like are asked of the socket itself, and so are those with structures. */
const OPTIONS: readonly OptionRow[] = [
  socket(SO.DEBUG, 0, value => (value === 0 ? 0 : undefined)),
  socket(SO.REUSEADDR, 0, flag),
  socket(SO.DONTROUTE, 0, flag),
  socket(SO.BROADCAST, 0, flag),
  socket(SO.SNDBUF, DEFAULT_ROOM, room),
  socket(SO.RCVBUF, DEFAULT_ROOM, room),
  socket(SO.KEEPALIVE, 0, flag),
  socket(SO.OOBINLINE, 0, flag),
  socket(SO.PRIORITY, 0, from(0, 6)),
  socket(SO.REUSEPORT, 0, flag),
  socket(SO.PASSCRED, 0, flag, isUnix),
  socket(SO.RCVLOWAT, 1, value => (value < 0 ? 2 ** 31 - 1 : value || 1)),
  socket(SO.SNDLOWAT, 1),
  tcp(1, 0),
  tcp(2, 536, from(88, 32767)),
  tcp(3, 0),
  tcp(4, 7200, from(1, 32767)),
  tcp(5, 75, from(1, 32767)),
  tcp(6, 9, from(1, 127)),
  tcp(7, 6, from(1, 127)),
  tcp(8, 60, value => value),
  tcp(9, 0, value => Math.max(0, value)),
  tcp(10, 0, value => value),
  tcp(12, 1),
  tcp(18, 0, from(0, 2 ** 31 - 1)),
  tcp(23, 0, value => value),
  tcp(30, 0),
  ip(1, 0, from(0, 255)),
  ip(2, 64, from(1, 255)),
  ip(8, 0),
  ip(10, 1, from(0, 5)),
  ip(11, 0),
  ip(12, 0),
  ip(13, 0),
  ip(15, 0),
  ip(24, 0),
  ip(33, 1, from(0, 255)),
  ip(34, 1),
  ip(49, 1),
  ip6(16, 64, from(-1, 255)),
  ip6(18, 1, from(-1, 255)),
  ip6(19, 1),
  ip6(23, 1, from(0, 5)),
  ip6(25, 0),
  ip6(V6ONLY, 0),
  ip6(49, 0),
  ip6(51, 0),
  ip6(66, 0),
  ip6(67, 0, from(-1, 255)),
];

const ROWS = new Map(OPTIONS.map(row => [`${row.level}:${row.option}`, row]));

export const optionRow = (level: number, option: number, kind: SocketKind): OptionRow | undefined => {
  const row = ROWS.get(`${level}:${option}`);
  return row?.of?.(kind) === false ? undefined : row;
};

/** The values of one socket's options, those that were set. */
export class SocketOptions {
  private readonly values = new Map<string, number>();

  get(level: number, option: number): number {
    const key = `${level}:${option}`;
    return this.values.get(key) ?? ROWS.get(key)!.value;
  }

  is(option: number): boolean {
    return this.get(SOL_SOCKET, option) !== 0;
  }

  set(level: number, option: number, value: number): void {
    this.values.set(`${level}:${option}`, value);
  }

  copy(other: SocketOptions): void {
    for (const [key, value] of other.values) this.values.set(key, value);
  }

  save(): readonly (readonly [string, number])[] {
    return [...this.values];
  }

  restore(saved: readonly (readonly [string, number])[]): void {
    for (const [key, value] of saved) this.values.set(key, value);
  }
}
