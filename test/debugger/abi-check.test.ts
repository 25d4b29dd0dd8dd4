import { describe, expect, it } from 'vitest';
import { nodeAssets } from '../../src/host/node/assets.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';
import { type Debugging, debugAssembly, debugBundled, debugFile } from '../support/debug.js';

const catalog = new Catalog(nodeAssets);

/** Variants that break a convention, and the rule that says so. */
const BROKEN: Readonly<Record<string, string>> = {
  'newproc-race injected': 'race-context',
  'newproc-race norace': 'race-context',
  'go-to-c misaligned': 'alignment',
  'go-to-c clobbers-rbx': 'callee-saved',
  'conventions pointer': 'frame-pointer',
  'conventions frame': 'stack-pointer',
  'conventions alignment': 'alignment',
  'conventions goroutine': 'g',
  'conventions zero': 'zero',
  'conventions direction': 'direction',
  'stack-frames cut': 'frame-pointer',
  'stack-frames overrun': 'return-address',
};
/** Variants that are stopped at for something else first. */
const ENDING: Readonly<Record<string, string>> = {
  'defer-panic fatal': 'panic',
  'first-steps nil': 'signal',
  'go-signals recovers': 'signal',
  'go-signals fatal': 'signal',
};

async function checked(program: Debugging) {
  await program.run('abi check on');
  return program.data('continue');
}

/** A main that does something before it calls `f`. */
const beforeCall = (what: string) => `
TEXT main·main<ABIInternal>(SB), NOSPLIT, $24-0
	${what}
	CALL main·f<ABIInternal>(SB)
	RET
TEXT main·f<ABIInternal>(SB), NOSPLIT, $0-0
	RET
TEXT main·zero0(SB), NOSPLIT, $0-0
	STD
	RET
`;
const TYPES = 'package main\n\nfunc f()\nfunc zero0()\n';

describe('abi check', () => {
  for (const { name, variants } of catalog.list()) {
    for (const variant of variants) {
      const rule = BROKEN[`${name} ${variant}`];
      it(`${name} ${variant}: ${rule ?? 'no stop'}`, async () => {
        const stop = await checked(debugBundled(name, variant));
        const reason = ENDING[`${name} ${variant}`] ?? 'exited';
        expect(stop).toMatchObject(rule === undefined ? { reason } : { reason: 'abi', rule });
      });
    }
  }

  it('stops before the crash happens, in the instrumented function, and goes on from there', async () => {
    const crash = debugBundled('newproc-race');
    expect(await checked(crash)).toMatchObject({ function: 'trace.TakeSnapShot', goroutine: 1 });
    const text = await crash.text('abi check');
    expect(text).toMatch(/^Calling conventions are checked; 1 stop so far\./);
    expect((await crash.data('continue')).function).toBe('racecall');
    expect(await crash.data('continue')).toMatchObject({ reason: 'signal', signal: 'SIGSEGV' });
  });

  it('says what, where, by which document and why in one line', async () => {
    const program = debugBundled('go-to-c', 'misaligned');
    await checked(program);
    const { output } = await program.run('continue');
    expect(output).toMatch(/SIGSEGV/);
    const again = debugBundled('go-to-c', 'misaligned');
    await again.run('abi check on');
    const [head, line] = (await again.text('continue')).split('\n');
    expect(head).toMatch(/^t=\d+ {2}the stack is misaligned, in runtime\.asmcgocall\+\d+ at /);
    expect(line).toMatch(/RSP = 0x[0-9a-f]+8 is 8 more than a multiple of 16: .* call sum\. AMD64 psABI 3\.2\.2.*Likely cause: /);
  });

  for (const [rule, what] of [
    ['g', 'XORL R14, R14'],
    ['zero', 'MOVQ $1, AX\n\tMOVQ AX, X15'],
    ['direction', 'STD'],
    ['direction', 'CALL main·zero0(SB)'],
    ['frame-pointer', 'XORL BP, BP'],
  ] as const) {
    it(`${rule}: ${what.replace(/\s+/g, ' ')}`, async () => {
      const stop = await checked(debugAssembly(beforeCall(what), TYPES));
      expect(stop).toMatchObject({ reason: 'abi', rule, function: what.includes('zero0') ? 'main.zero0' : 'main.f' });
    });
  }

  /** A program without a runtime; what it does before it calls `leaf`. */
  const alone = (what: string) => `#include "textflag.h"
TEXT ·main(SB), NOSPLIT, $16
	MOVQ (TLS), R14
	XORPS X15, X15
	${what}
	CALL ·leaf<ABIInternal>(SB)
	RET
TEXT ·leaf<ABIInternal>(SB), NOSPLIT, $0
	RET
`;

  it('g: it is known from thread-local storage where there is no runtime', async () => {
    const program = debugFile(alone('MOVQ $1, R14'));
    expect(await checked(program)).toMatchObject({ reason: 'abi', rule: 'g', function: 'main.leaf' });
    expect(await program.text('info program')).toMatch(/R14 = 0x1, but g is 0x[0-9a-f]+ \(r14\.g\), called from main\.main\+/);
  });

  for (const [title, what] of [
    ['R14 is g', ''],
    ['there is no g in thread-local storage', 'MOVQ $0, (TLS)\n\tMOVQ $1, R14'],
  ] as const) {
    it(`has nothing to say of a program without a runtime where ${title}`, async () => {
      expect(await checked(debugFile(alone(what)))).toMatchObject({ reason: 'exited', status: 0 });
    });
  }

  it('has nothing to say of the same program that does nothing wrong', async () => {
    expect(await checked(debugAssembly(beforeCall(''), TYPES))).toMatchObject({ reason: 'exited', status: 0 });
  });

  it('does not change the run, is off again when told, and lasts over a restart', async () => {
    const hashAtEnd = async (commands: readonly string[]) => {
      const program = debugBundled('scheduler');
      for (const command of [...commands, 'break runtime.goexit0', 'continue', 'continue']) await program.run(command);
      return program.data('info state');
    };
    expect(await hashAtEnd(['abi check on'])).toEqual(await hashAtEnd([]));
    const crash = debugBundled('newproc-race');
    expect(await checked(crash)).toMatchObject({ reason: 'abi' });
    await crash.run('restart');
    expect(await crash.data('continue')).toMatchObject({ reason: 'abi' });
    await crash.run('abi check off');
    expect(await crash.data('continue')).toMatchObject({ reason: 'signal' });
  });
});
