/** A short run of each fuzzer from a seed of its own, and what longer ones have found. */
import { describe, expect, it } from 'vitest';
import { SYSCALLS } from '../../src/linux/syscalls/table.js';
import { missing } from '../support/build.js';
import { debugBundled } from '../support/debug.js';
import { dap } from './dap.js';
import { elf } from './elf.js';
import { type Fuzzed, minimised } from './fuzzed.js';
import { gdb } from './gdb.js';
import { runSteps, type Step, stepsOf } from './syscalls.js';
import { text } from './text.js';

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
    ['more threads than there may be', Array.from({ length: 4200 }, () => steps(['clone', 0x10f00, 0x10004000])[0]!)],
    [
      'epolls in a circle',
      steps(['epoll_ctl', 9, 1, 10, 0x10000100], ['epoll_ctl', 10, 1, 9, 0x10000100], ['epoll_wait', 9, 0x10000000, 1, 0]),
    ],
  ])('%s', (_, made) => {
    expect(runSteps(made)).toBeUndefined();
  });
});

describe.skipIf(why)(`programs and lines that mean no good${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each([
    ['elf', elf, 4100, 6],
    ['text', text, 4200, 12],
    ['gdb', gdb, 4300, 12],
    ['dap', dap, 4400, 10],
  ] as [string, Fuzzed<never>, number, number][])(
    '%s: have no fault of r14 behind them',
    async (_, fuzzed: Fuzzed<never>, first, count) => {
      for (let seed = first; seed < first + count; seed++) {
        expect({ seed, wrong: await fuzzed.run(fuzzed.made(seed)) }).toEqual({ seed, wrong: undefined });
      }
    },
  );

  it('numbers that are no list of breakpoints are seen at once', async () => {
    const session = debugBundled('go-to-c');
    expect((await session.run(`commands ${'9'.repeat(300)} x`)).output).toContain('breakpoint');
    expect((await session.run('break -99999999999999999999')).ok).toBe(false);
    expect((await session.run(`ptype 1${'-1'.repeat(1500)}`)).output).toContain('an expression has 512 words and signs at most');
    expect((await session.run('x'.repeat(5000))).output).toBe('a line of 5000 characters is too long: 4096 at most');
  });
});

it('a case is made as small as it goes', async () => {
  const small = await minimised([...Array(100).keys()], numbers => numbers.includes(17) && numbers.includes(61));
  expect(small).toEqual([17, 61]);
});
