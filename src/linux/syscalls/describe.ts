/** A system call and its result in words, as the debugger shows them. Looking changes nothing: no page is touched, no stack grown. */

import { type AddressSpace, MemoryFault } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import { terminalText } from '../../host/terminal-text.js';
import { AT_FDCWD } from '../abi/constants.js';
import { Errno, errnoName, RESTART } from '../abi/errno.js';
import { signalName } from '../abi/signals.js';
import { AF, MSG, SOCK } from '../abi/sockets.js';
import { addressText, decodeAddress, LONGEST_ADDRESS } from '../net/address.js';
import { type ArgKind, int, uint } from './row.js';
import { MSGHDR } from './socket-transfer.js';
import { syscallName, syscallRow } from './table.js';

const MAX_ERRNO = 4095n;
const RESTARTS: ReadonlySet<bigint> = new Set(Object.values(RESTART).map(BigInt));

/** `openat(AT_FDCWD, "/etc/hosts", 0x80000, 0x0)`; of a call that the table does not have, all six arguments. */
export function describeCall(number: number, args: readonly bigint[], memory: AddressSpace, name = syscallName(number)): string {
  const kinds: readonly ArgKind[] = syscallRow(number)?.args ?? args.map(() => 'hex');
  return `${name}(${kinds.map((kind, index) => argument(kind, args[index] ?? 0n, memory, args[index + 1] ?? 0n)).join(', ')})`;
}

/** `next`: the argument behind it. */
function argument(kind: ArgKind, value: bigint, memory: AddressSpace, next: bigint): string {
  switch (kind) {
    case 'family':
      return nameOf(AF, 'AF_', int(value)) ?? `${int(value)}`;
    case 'sockettype':
      return socketType(int(value));
    case 'msgflags':
      return flagNames(MSG, 'MSG_', uint(value));
    case 'sockaddr':
      return looked(() => addressWords(memory.read(value, Math.min(Number(next), LONGEST_ADDRESS)))) ?? hex(value);
    case 'msghdr':
      return looked(() => messageWords(value, memory)) ?? hex(value);
    case 'fd':
      return int(value) === AT_FDCWD ? 'AT_FDCWD' : `${int(value)}`;
    case 'int':
      return `${BigInt.asIntN(64, value)}`;
    case 'size':
      return `${value}`;
    case 'signal':
      return int(value) === 0 ? '0' : signalName(int(value));
    case 'path':
      return looked(() => JSON.stringify(memory.readCString(value, 4096))) ?? hex(value);
    default:
      return hex(value);
  }
}

/** Undefined: it is in memory that cannot be read, or makes no sense. */
function looked(look: () => string): string | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof MemoryFault || error instanceof Errno) return undefined;
    throw error;
  }
}

const nameOf = (names: Readonly<Record<string, number>>, prefix: string, value: number): string | undefined => {
  const name = Object.keys(names).find(each => names[each] === value);
  return name && prefix + name;
};

/** `MSG_PEEK|MSG_DONTWAIT`; what has no name in hex. */
function flagNames(names: Readonly<Record<string, number>>, prefix: string, value: number): string {
  const set = Object.keys(names).filter(name => (value & names[name]!) !== 0);
  const rest = set.reduce((left, name) => left & ~names[name]!, value) >>> 0;
  return [...set.map(name => prefix + name), ...(rest !== 0 || set.length === 0 ? [hex(rest)] : [])].join('|');
}

function socketType(value: number): string {
  const { NONBLOCK, CLOEXEC, ...types } = SOCK;
  const flags = (value & (NONBLOCK | CLOEXEC)) === 0 ? [] : [flagNames({ NONBLOCK, CLOEXEC }, 'SOCK_', value & (NONBLOCK | CLOEXEC))];
  const type = value & ~(NONBLOCK | CLOEXEC);
  // accept4 has flags alone.
  return [...(type === 0 && flags.length > 0 ? [] : [nameOf(types, 'SOCK_', type) ?? `${type}`]), ...flags].join('|');
}

/** `{AF_INET, 127.0.0.1:80}`. */
function addressWords(bytes: Uint8Array): string {
  const address = decodeAddress(bytes);
  if (address.family === AF.UNSPEC) return '{AF_UNSPEC}';
  return `{${nameOf(AF, 'AF_', address.family)}, ${terminalText(addressText(address))}}`;
}

/** `{{AF_INET, 127.0.0.1:80}, 2 pieces, 100 bytes, 32 bytes of control}`. */
function messageWords(address: bigint, memory: AddressSpace): string {
  const bytes = memory.read(address, MSGHDR.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = view.getBigUint64(MSGHDR.name, true);
  const length = view.getUint32(MSGHDR.nameLength, true);
  const count = Math.min(Number(view.getBigUint64(MSGHDR.count, true)), 1024);
  const pieces = memory.read(view.getBigUint64(MSGHDR.pieces, true), 16 * count);
  const lengths = new DataView(pieces.buffer, pieces.byteOffset, pieces.byteLength);
  let total = 0n;
  for (let i = 0; i < count; i++) total += lengths.getBigUint64(16 * i + 8, true);
  const control = view.getBigUint64(MSGHDR.controlLength, true);
  return `{${[
    ...(name === 0n || length === 0 ? [] : [looked(() => addressWords(memory.read(name, Math.min(length, LONGEST_ADDRESS)))) ?? hex(name)]),
    `${count} piece${count === 1 ? '' : 's'}, ${total} byte${total === 1n ? '' : 's'}`,
    ...(control === 0n ? [] : [`${control} bytes of control`]),
  ].join(', ')}}`;
}

/** `3`, `-ENOENT`, an address in hex. `rax` is the register as the call left it. */
export function describeResult(number: number, rax: bigint): string {
  const error = -BigInt.asIntN(64, rax);
  if (RESTARTS.has(error)) return 'interrupted by a signal';
  if (error > 0n && error <= MAX_ERRNO) return `-${errnoName(Number(error))}`;
  return syscallRow(number)?.group === 'memory' && rax !== 0n ? hex(rax) : `${BigInt.asIntN(64, rax)}`;
}
