/** A short run of each fuzzer from a seed of its own, and what longer ones have found. */
import { describe, expect, it } from 'vitest';
import { SYSCALLS } from '../../src/linux/syscalls/table.js';
import { missing } from '../support/build.js';
import { minimised } from './fuzzed.js';
import { runSteps, type Step, stepsOf } from './syscalls.js';

const why = missing('gcc');

/** `name(argument, ...)`, each made by the first thread. */
function steps(...calls: readonly (readonly [name: string, ...args: number[]])[]): Step[] {
  return calls.map(([name, ...args]) => {
    const { number } = SYSCALLS.find(row => row.name === name)!;
    return { number, args: Array.from({ length: 6 }, (_, index) => BigInt.asUintN(64, BigInt(args[index] ?? 0))), thread: 0, leap: 0 };
  });
}

describe.skipIf(why)(`system calls that mean no good${why ? ` (skipped: ${why})` : ''}`, () => {
  it('get an answer of Linux', () => {
    for (let seed = 7000; seed < 7060; seed++) expect({ seed, wrong: runSteps(stepsOf(seed, 300)) }).toEqual({ seed, wrong: undefined });
  });

  it.each([
    ['a clone3 that is longer than its first version and shorter than Linux has it', steps(['clone3', 0x10001000, 83])],
    ['mincore of 32 TB', steps(['mmap', 0, 2 ** 45, 3, 0x4022, -1, 0], ['mincore', 0x5fff_f7ff_f000, 2 ** 44, 0x10000000])],
    [
      'mremap of a terabyte that nobody has touched',
      steps(['mmap', 2 ** 44, 2 ** 40, 3, 0x4032, -1, 0], ['mremap', 2 ** 44, 2 ** 40, 2 ** 40, 3, 2 ** 45]),
    ],
    ['mremap to page 0, and to the kernel', steps(['mremap', 0x10000000, 4096, 4096, 3, 0], ['mremap', 0x10000000, 4096, 4096, 3, -4096])],
    [
      'epolls in a circle',
      steps(['epoll_ctl', 9, 1, 10, 0x10000100], ['epoll_ctl', 10, 1, 9, 0x10000100], ['epoll_wait', 9, 0x10000000, 1, 0]),
    ],
  ])('%s', (_, made) => {
    expect(runSteps(made)).toBeUndefined();
  });
});

it('a case is made as small as it goes', () => {
  const small = minimised([...Array(100).keys()], numbers => numbers.includes(17) && numbers.includes(61));
  expect(small).toEqual([17, 61]);
});
