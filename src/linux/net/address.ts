/** Addresses of sockets: ip(7), ipv6(7), unix(7). */
import { hexBytes, hexText } from '../../host/bytes.js';
import { E, Errno } from '../abi/errno.js';
import { AF } from '../abi/sockets.js';

/** `ip`: 16 bytes in hex, those of IPv4 as IPv6 has them (RFC 4291, 2.5.5.2). */
export interface IpAddress {
  readonly family: typeof AF.INET | typeof AF.INET6;
  readonly ip: string;
  readonly port: number;
}

/** `path`: the bytes of sun_path in hex as they were given, without the NUL at a path's end; none: the socket has no name. */
export interface UnixAddress {
  readonly family: typeof AF.UNIX;
  readonly path: string;
  /** Where the path leads, of a name in the file system. */
  readonly key?: string;
}

/** `process`: nl_pid; 0: the kernel. */
export interface NetlinkAddress {
  readonly family: typeof AF.NETLINK;
  readonly process: number;
}

export type SocketAddress = IpAddress | UnixAddress | NetlinkAddress;

export const isIp = (address: SocketAddress): address is IpAddress => address.family === AF.INET || address.family === AF.INET6;

const MAPPED = '00000000000000000000ffff';
export const ANY4 = `${MAPPED}00000000`;
export const ANY6 = '0'.repeat(32);
const LOOPBACK4 = `${MAPPED}7f000001`;
const LOOPBACK6 = `${'0'.repeat(31)}1`;
export const NAMELESS: UnixAddress = { family: AF.UNIX, path: '' };

export const isMapped = (ip: string): boolean => ip.startsWith(MAPPED);
export const isWildcard = (ip: string): boolean => ip === ANY4 || ip === ANY6;
/** This machine's: 127.0.0.0/8 and ::1. There are no others. */
export const isLocal = (ip: string): boolean => ip === LOOPBACK6 || ip.startsWith(`${MAPPED}7f`);

/** The address that `wildcard` stands for as a destination. */
export const reached = (address: IpAddress): IpAddress =>
  isWildcard(address.ip) ? { ...address, ip: isMapped(address.ip) ? LOOPBACK4 : LOOPBACK6 } : address;

/** Where a socket that is bound to nothing sends from, to a destination. */
export const sourceFor = (ip: string): string => (isMapped(ip) ? LOOPBACK4 : LOOPBACK6);

/** This machine itself, at a port. */
export const loopback = (family: IpAddress['family'], port: number): IpAddress => ({
  family,
  ip: family === AF.INET ? LOOPBACK4 : LOOPBACK6,
  port,
});

export const wildcardOf = (family: IpAddress['family']): string => (family === AF.INET ? ANY4 : ANY6);

/** Bytes of the largest address: struct sockaddr_un, and its path. */
export const LONGEST_ADDRESS = 110;

/** From struct sockaddr. Throws EINVAL, EAFNOSUPPORT. */
export function decodeAddress(bytes: Uint8Array): SocketAddress | { readonly family: typeof AF.UNSPEC } {
  if (bytes.length < 2) throw new Errno(E.INVAL);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, true);
  switch (family) {
    case AF.UNSPEC:
      return { family };
    case AF.UNIX: {
      const path = bytes.subarray(2);
      const end = path[0] === 0 ? path.length : path.indexOf(0);
      return { family, path: hexText(path.subarray(0, end < 0 ? path.length : end)) };
    }
    case AF.INET:
      if (bytes.length < 16) throw new Errno(E.INVAL);
      return { family, ip: MAPPED + hexText(bytes.subarray(4, 8)), port: view.getUint16(2) };
    case AF.INET6:
      if (bytes.length < 24) throw new Errno(E.INVAL);
      return { family, ip: hexText(bytes.subarray(8, 24)), port: view.getUint16(2) };
    case AF.NETLINK:
      if (bytes.length < 12) throw new Errno(E.INVAL);
      return { family, process: view.getUint32(4, true) };
    default:
      throw new Errno(E.AFNOSUPPORT);
  }
}

/** As struct sockaddr, for a socket of a family. */
export function encodeAddress(address: SocketAddress, family: number): Uint8Array {
  if (address.family === AF.UNIX) {
    const path = hexBytes(address.path);
    const end = path.length > 0 && path[0] !== 0 ? 1 : 0;
    const bytes = new Uint8Array(2 + path.length + end);
    bytes[0] = AF.UNIX;
    bytes.set(path, 2);
    return bytes;
  }
  if (address.family === AF.NETLINK) {
    const bytes = new Uint8Array(12);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, AF.NETLINK, true);
    view.setUint32(4, address.process, true);
    return bytes;
  }
  const bytes = new Uint8Array(family === AF.INET ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, address.port);
  const ip = hexBytes(address.ip);
  if (family === AF.INET) bytes.set(ip.subarray(12), 4);
  else bytes.set(ip, 8);
  return bytes;
}

/** For people: `127.0.0.1:80`, `[::1]:80`, `/run/x`, `@abstract`. */
export function addressText(address: SocketAddress): string {
  if (address.family === AF.UNIX) {
    const path = hexBytes(address.path);
    if (path.length === 0) return 'no name';
    const text = new TextDecoder().decode(path[0] === 0 ? path.subarray(1) : path);
    return path[0] === 0 ? `@${text}` : text;
  }
  if (address.family === AF.NETLINK) return address.process === 0 ? 'the kernel' : `process ${address.process}`;
  const { ip, port } = address;
  if (isMapped(ip) && address.family === AF.INET) return `${[...hexBytes(ip).subarray(12)].join('.')}:${port}`;
  return `[${ip6Text(ip)}]:${port}`;
}

/** RFC 5952. */
function ip6Text(ip: string): string {
  if (isMapped(ip)) return `::ffff:${[...hexBytes(ip).subarray(12)].join('.')}`;
  const words = (ip.match(/.{4}/g) ?? []).map(word => Number.parseInt(word, 16).toString(16));
  const text = words.join(':');
  const zeros = [...text.matchAll(/(^|:)0(:0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)[0];
  if (zeros === undefined) return text;
  const head = text.slice(0, zeros.index);
  const tail = text.slice(zeros.index + zeros[0].length);
  return `${head}::${tail.replace(/^:/, '')}`;
}
