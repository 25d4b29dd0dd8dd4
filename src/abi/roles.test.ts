import { describe, expect, it } from 'vitest';
import { assignPlaces } from './assign.js';
import { ABI_INTERNAL, CONVENTIONS, LINUX_SYSCALL, preserves, SYSTEM_V } from './convention.js';
import { rolesAtEntry, rolesAtReturn } from './roles.js';
import { goString, struct, word } from './shape.js';

describe('roles of registers at a call edge', () => {
  it("names the crash's registers", () => {
    const c = rolesAtEntry(SYSTEM_V, assignPlaces(SYSTEM_V, { params: [word, word], results: [] }), ['thr', 'pc']);
    expect([c.get('rdi')?.text, c.get('rsi')?.text, c.get('r14')?.text, c.get('rdx')?.text]).toEqual([
      'arg1 thr',
      'arg2 pc',
      'callee-saved',
      'scratch',
    ]);
    const go = rolesAtEntry(ABI_INTERNAL, assignPlaces(ABI_INTERNAL, { params: [goString], results: [] }), ['s']);
    expect([go.get('rax')?.text, go.get('rbx')?.text, go.get('rdx')?.text, go.get('r14')?.text, go.get('xmm15')?.text]).toEqual([
      'arg1 s.ptr',
      'arg1 s.len',
      'closure context',
      'g',
      'zero',
    ]);
  });

  it('tells results and hidden addresses', () => {
    const large = assignPlaces(SYSTEM_V, { params: [word], results: [struct({ a: word, b: word, c: word })] });
    expect(rolesAtEntry(SYSTEM_V, large).get('rdi')?.text).toBe("address of the result's memory");
    expect(rolesAtEntry(SYSTEM_V, large).get('rsi')?.text).toBe('arg1');
    expect(rolesAtReturn(SYSTEM_V, large).get('rax')?.text).toBe('address of the result');
    const go = assignPlaces(ABI_INTERNAL, { params: [], results: [word, goString] });
    expect(rolesAtReturn(ABI_INTERNAL, go, ['n']).get('rax')?.text).toBe('result1 n');
    expect(rolesAtReturn(ABI_INTERNAL, go, ['n']).get('rbx')?.text).toBe('result2.ptr');
    expect(rolesAtEntry(LINUX_SYSCALL, assignPlaces(LINUX_SYSCALL, { params: [], results: [] })).get('rax')?.text).toBe(
      'system call number',
    );
  });

  it('counts every register as either preserved or clobbered', () => {
    for (const convention of CONVENTIONS) {
      for (const register of convention.clobbered) expect(preserves(convention, register)).toBe(false);
      expect(convention.clobbered.length + convention.calleeSaved.length + 1).toBe(32);
    }
  });
});
