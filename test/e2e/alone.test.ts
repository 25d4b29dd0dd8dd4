/** `r14` alone where there is no screen. */
import { expect, it } from 'vitest';
import { runR14 } from '../support/build.js';

it.each([[[]], [['--line']], [['--screen-reader']], [['--ascii']]] as const)('r14 %j is the crash in lines', flags => {
  const { status, stdout, stderr } = runR14(flags, 'p $rdi\nbt 1\n');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(
    /^t=[\d,]+ {2}SIGSEGV in __tsan_func_enter\+0 at .*, goroutine 1 on g0[\s\S]*\n0\n#0 .* in __tsan_func_enter \(thr=0x0/,
  );
});
