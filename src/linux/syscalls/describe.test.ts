import { expect, test } from 'vitest';
import { type AddressSpace, MemoryFault } from '../../cpu/api.js';
import { describeCall, describeResult } from './describe.js';
import { syscallNumber } from './table.js';

const PATH = 0x1000n;
/** struct sockaddr_in of 127.0.0.1:8080, sockaddr_in6 of [::1]:80, sockaddr_un of an abstract name; a msghdr with that name and one piece; an iovec. */
const PLACES: Readonly<Record<number, readonly number[]>> = {
  8192: [2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
  8448: [10, 0, 0, 80, 0, 0, 0, 0, ...Array(15).fill(0), 1, 0, 0, 0, 0],
  8704: [1, 0, 0, 0x61, 0x1b, 0x62],
  8960: [
    ...[0, 0x20, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0],
    ...[0, 0x24, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    ...Array(24).fill(0),
  ],
  9216: [...Array(8).fill(0), 100, 0, 0, 0, 0, 0, 0, 0],
};
const memory = {
  read: (address: bigint, length: number) => {
    const bytes = PLACES[Number(address)];
    if (bytes === undefined) throw new MemoryFault(address, 'read');
    return Uint8Array.from(bytes.slice(0, length));
  },
  readCString: (address: bigint) => {
    if (address !== PATH) throw new MemoryFault(address, 'read');
    return '/tmp/a "b"\n';
  },
} as Partial<AddressSpace> as AddressSpace;

const call = (name: string, ...args: bigint[]) => describeCall(syscallNumber(name)!, [...args, 0n, 0n, 0n, 0n, 0n, 0n], memory);
const result = (name: string, rax: bigint) => describeResult(syscallNumber(name)!, BigInt.asUintN(64, rax));

test('arguments print as what they are', () => {
  expect(call('openat', 0xffff_ff9cn, PATH, 0x80000n)).toBe(String.raw`openat(AT_FDCWD, "/tmp/a \"b\"\n", 0x80000, 0x0)`);
  expect(call('openat', 3n, 0xdeadn)).toBe('openat(3, 0xdead, 0x0, 0x0)');
  expect(call('lseek', 5n, 0xffff_ffff_ffff_ffffn, 1n)).toBe('lseek(5, -1, 1)');
  expect(call('tgkill', 1000n, 1001n, 23n)).toBe('tgkill(1000, 1001, SIGURG)');
  expect(call('kill', 1000n)).toBe('kill(1000, 0)');
  expect(call('gettid')).toBe('gettid()');
  expect(describeCall(9999, [1n, 2n, 3n, 4n, 5n, 6n], memory)).toBe('syscall 9999(0x1, 0x2, 0x3, 0x4, 0x5, 0x6)');
});

test('arguments of sockets print as what they are', () => {
  expect(call('socket', 2n, 0x80801n, 6n)).toBe('socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 6)');
  expect(call('socket', 40n, 9n)).toBe('socket(40, 9, 0)');
  expect(call('connect', 3n, 0x2000n, 16n)).toBe('connect(3, {AF_INET, 127.0.0.1:8080}, 16)');
  expect(call('bind', 3n, 0x2100n, 28n)).toBe('bind(3, {AF_INET6, [::1]:80}, 28)');
  // No name of a guest's reaches the terminal raw.
  expect(call('connect', 3n, 0x2200n, 6n)).toBe(String.raw`connect(3, {AF_UNIX, @a\x1bb}, 6)`);
  expect(call('connect', 3n, 0x2000n, 3n)).toBe('connect(3, 0x2000, 3)');
  expect(call('connect', 3n, 0xdeadn, 16n)).toBe('connect(3, 0xdead, 16)');
  expect(call('sendto', 3n, 0x2400n, 5n, 0x4040n, 0x2000n, 16n)).toBe(
    'sendto(3, 0x2400, 5, MSG_DONTWAIT|MSG_NOSIGNAL, {AF_INET, 127.0.0.1:8080}, 16)',
  );
  expect(call('sendmsg', 3n, 0x2300n)).toBe('sendmsg(3, {{AF_INET, 127.0.0.1:8080}, 1 piece, 100 bytes}, 0x0)');
  expect(call('accept4', 3n, 0n, 0n, 0x80800n)).toBe('accept4(3, 0x0, 0x0, SOCK_NONBLOCK|SOCK_CLOEXEC)');
});

test('results are numbers, addresses or errors', () => {
  expect(result('read', 832n)).toBe('832');
  expect(result('mmap', 0x7fff_f7fc_1000n)).toBe('0x7ffff7fc1000');
  expect(result('munmap', 0n)).toBe('0');
  expect(result('openat', -2n)).toBe('-ENOENT');
  expect(result('mmap', -12n)).toBe('-ENOMEM');
  expect(result('futex', -512n)).toBe('interrupted by a signal');
});
