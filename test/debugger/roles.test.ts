import { describe, expect, it } from 'vitest';
import { registerRoles } from '../../src/debugger/lens/roles.js';
import { type Debugging, debugBundled } from '../support/debug.js';

const told = ({ session }: Debugging) =>
  Object.fromEntries([...registerRoles(session.stack, session.frame)].map(([name, { text }]) => [name, text]));

describe('roles of registers', () => {
  it("are those of the crash's C call, with g and the nil context", async () => {
    const crash = debugBundled('newproc-race');
    await crash.run('continue');
    const roles = told(crash);
    expect(roles).toMatchObject({ rdi: 'arg1 thr = nil', r14: 'g = runtime.g0 (m0), callee-saved', rsp: 'g0 stack', rbx: 'callee-saved' });
    expect(roles.rsi).toMatch(/^arg2 pc = 0x[0-9a-f]+ <runtime\.newproc1\.func1\+\d+>$/);
    // Scratch registers mean nothing here, and X15 only to Go.
    expect(roles).not.toHaveProperty('rax');
    expect(roles).not.toHaveProperty('xmm15');
    expect(await crash.text('regs rdi')).toMatch(/^rdi +0x0 +arg1 thr = nil$/);
    expect(await crash.data('regs rdi')).toEqual({ rdi: '0x0' });
  });

  it('follow the convention of the side that is about to run', async () => {
    const crash = debugBundled('newproc-race');
    await crash.run('break trace.TakeSnapShot');
    await crash.run('continue');
    await crash.run('stepi 2');
    expect(await crash.text('x/i RIP')).toContain('call');
    expect(told(crash)).toMatchObject({ r14: 'g = runtime.g0 (m0)', xmm15: 'zero', rbp: 'frame pointer' });
    expect(told(crash).rax).toMatch(/^arg1 callpc = 0x/);
    await crash.run('break *runtime.racefuncenter.abi0');
    await crash.run('continue');
    // ABI0 takes its argument on the stack.
    expect(told(crash)).not.toHaveProperty('rax');
    await crash.run('stepi');
    // At the jump to the function that no public convention describes.
    expect(told(crash)).toMatchObject({ r11: 'callpc' });
  });

  it('end where the register is written, and name results behind the call', async () => {
    const args = debugBundled('go-args');
    await args.run('break *main.nine');
    await args.run('continue');
    const entry = told(args);
    const [first] = Object.entries(entry).filter(([, text]) => text.startsWith('arg1 '));
    expect(first![0]).toBe('rax');
    await args.run('finish');
    expect(Object.values(told(args)).filter(text => /^(arg|result)/.test(text))).toEqual([expect.stringMatching(/^result1/)]);
    await args.run('stepi 3');
    expect(Object.values(told(args)).filter(text => /^result/.test(text))).toEqual([]);
  });

  it('name a closure by its code pointer, and are few in frames further out', async () => {
    const closures = debugBundled('closures');
    await closures.run('break *main.count');
    const stop = await closures.data('continue');
    expect(stop.reason).toBe('breakpoint');
    expect(told(closures).rdx).toBe('closure context');
    await closures.run('up');
    expect(told(closures)).toMatchObject({ r14: 'g = goroutine 1', rsp: 'goroutine 1 stack', rbp: 'frame pointer' });
    expect(told(closures)).not.toHaveProperty('rdx');
  });
});
