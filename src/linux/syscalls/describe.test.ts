import { expect, test } from 'vitest';
import { type AddressSpace, MemoryFault } from '../../cpu/api.js';
import { describeCall, describeResult } from './describe.js';
import { syscallNumber } from './table.js';

const PATH = 0x1000n;
const memory = {
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

test('results are numbers, addresses or errors', () => {
  expect(result('read', 832n)).toBe('832');
  expect(result('mmap', 0x7fff_f7fc_1000n)).toBe('0x7ffff7fc1000');
  expect(result('munmap', 0n)).toBe('0');
  expect(result('openat', -2n)).toBe('-ENOENT');
  expect(result('mmap', -12n)).toBe('-ENOMEM');
  expect(result('futex', -512n)).toBe('interrupted by a signal');
});
