import { describe, expect, it } from 'vitest';
import { buildGo, MATRIX, missing } from '../support/build.js';
import { type Debugging, debug, debugAssembly, debugBundled } from '../support/debug.js';

interface Value {
  readonly label: string;
  readonly name: string;
  readonly place: string;
  readonly value: string | null;
  readonly chain: string | null;
  readonly hops: readonly { readonly place: string; readonly function: string; readonly address: string | null }[];
}

const values = async (program: Debugging): Promise<readonly Value[]> => (await program.data('abi')).values;
const chains = async (program: Debugging) => Object.fromEntries((await values(program)).map(({ name, chain }) => [name, chain]));

/** The crash's two arguments, from where they were made to the C function. `method` is the instrumented one. */
async function expectCrash(crash: Debugging, method: string): Promise<void> {
  await crash.run('continue');
  const data = await crash.data('abi');
  expect(data).toMatchObject({
    at: 'entry',
    caller: { convention: 'hand-made assembly' },
    callee: { function: '__tsan_func_enter', convention: 'System V' },
  });
  expect(await chains(crash)).toEqual({
    thr: 'g.racectx -> RDI (thr)',
    pc: `return address of ${method} -> RAX (callpc) -> 0(SP) -> R11 -> RSI (pc)`,
  });
  const [thr, pc] = await values(crash);
  expect(thr).toMatchObject({ label: 'arg1', place: 'RDI', value: 'nil' });
  // Each instruction of the way is one that moves the value as the chain says.
  const moves = await Promise.all(pc!.hops.filter(hop => hop.address !== null).map(hop => crash.text(`x/i ${hop.address}`)));
  expect(moves.map(line => /(\bmov .*?)\s*$/.exec(line)?.[1])).toEqual([
    expect.stringMatching(/^mov 0x[0-9a-f]+\(%rsp\),%rax$/),
    expect.stringMatching(/^mov %rax,\(%rsp\)$/),
    'mov 0x8(%rsp),%r11',
    'mov %r11,%rsi',
  ]);
  expect(await crash.text('abi')).toContain('no g0 has one once runtime.main runs');
}

describe('abi', () => {
  it('follows the arguments of the bundled crash over four conventions', () =>
    expectCrash(debugBundled('newproc-race'), 'trace.TakeSnapShot'));

  for (const toolchain of MATRIX) {
    const why = missing(toolchain);
    it.skipIf(why)(`follows them in a binary of ${toolchain}${why ? ` (skipped: ${why})` : ''}`, () =>
      expectCrash(debug(buildGo('crash', { toolchain, race: true, variant: 'injected' })), 'crash/trace.(*traceContext).TakeSnapShot'),
    );
  }

  for (const toolchain of ['go1.22.12', 'go1.24.0', 'go1.26', 'go1.27.2'] as const) {
    const why = missing(toolchain);
    it.skipIf(why)(
      `${toolchain}: what is put away around a call on one of two ways has one origin${why ? ` (skipped: ${why})` : ''}`,
      async () => {
        const at = debug(buildGo('crash', { toolchain, race: true, variant: 'injected' }));
        await at.text("break *'crash/trace.(*traceContext).TakeSnapShot'");
        await at.text('continue');
        // callergp.otel_trace_context.data
        const field = 'uintptr(&runtime.allgs[0].otel_trace_context) - uintptr(unsafe.Pointer(runtime.allgs[0]))';
        const offset = BigInt(await at.text(`p ${field}`)) + 8n;
        expect(await chains(at)).toEqual({ tc: `0x${offset.toString(16)}(RCX) -> RAX (tc)` });
      },
    );
  }

  it('shows both sides before a call, at the entry, and behind the return', async () => {
    const args = debugBundled('go-args');
    await args.run('break *main.nine');
    await args.run('continue');
    const entry = await values(args);
    expect(entry.map(({ label, place }) => `${label} ${place}`)).toEqual(
      ['RAX', 'RBX', 'RCX', 'RDI', 'RSI', 'R8', 'R9', 'R10', 'R11'].map((register, index) => `arg${index + 1} ${register}`),
    );
    for (const { chain } of entry) expect(chain).toMatch(/^constant 0x[0-9a-f]+ -> R/);
    await args.run('stepi');
    expect(await args.text('abi')).toMatch(/^In the middle of main\.nine/);
    await args.run('finish');
    const [result] = await values(args);
    expect([result?.label, result?.place]).toEqual(['result1', 'RAX']);
  });

  it('names stack places as they are for RSP, before and after the call', async () => {
    const wrapper = debugBundled('newproc-race');
    await wrapper.run('break *runtime.racefuncenter.abi0');
    await wrapper.run('continue');
    expect((await values(wrapper))[0]).toMatchObject({ name: 'callpc', place: '0x8(SP)' });
    expect((await values(wrapper))[0]?.chain).toMatch(/-> RAX \(callpc\) -> 0\(SP\)$/);
    const returned = BigInt(`0x${/0x([0-9a-f]+)/.exec(await wrapper.text('x/gx RSP+8'))![1]}`);
    expect(returned).toBeGreaterThan(0n);
  });

  it('counts no argument that a function of its own convention has, and no way that several instructions may have made', async () => {
    const scheduler = debugBundled('scheduler');
    await scheduler.run('break *runtime.execute');
    await scheduler.run('continue');
    for (const { chain, hops } of await values(scheduler)) {
      if (chain?.startsWith('(')) expect(hops.length).toBeGreaterThanOrEqual(0);
    }
    const c = debugBundled('go-to-c');
    await c.run('break *add');
    await c.run('continue');
    // The loop comes to the call on two ways: the total is cleared before the first round and is the result of the call before in others.
    expect(await chains(c)).toMatchObject({ total: '(one of several places in sum) -> R12 -> RDI (total)' });
  });

  it('takes for the origin of a register only what has filled all of it', async () => {
    const chainBehind = async (code: string): Promise<string | null | undefined> => {
      const lines = code.split('; ').map(line => `\t${line}\n`);
      const text = `TEXT ·main<ABIInternal>(SB), NOSPLIT, $16-0\n${lines.join('')}\tCALL ·take<ABIInternal>(SB)\n\tRET\n`;
      const program = debugAssembly(`${text}TEXT ·take<ABIInternal>(SB), NOSPLIT, $0-8\n\tRET\n`, 'package main\n\nfunc take(n int)\n');
      await program.run('break *main.take');
      await program.run('continue');
      return (await values(program))[0]?.chain;
    };
    // 0x1256 is no constant of the code.
    expect(await chainBehind('MOVQ $0x1234, AX; MOVQ $0x56, CX; MOVB CX, AX')).toMatch(/^computed in main\.main: .* -> RAX \(n\)$/);
    expect(await chainBehind('MOVQ $0x1234, AX; MOVB $0x56, AX')).toMatch(/^computed in main\.main: /);
    expect(await chainBehind('MOVQ $0x56, CX; MOVQ CX, AX')).toBe('constant 0x56 -> RCX -> RAX (n)');
    // A 32-bit move clears the upper half: only the lower one comes from there.
    expect(await chainBehind('MOVQ $0x1234567890, CX; MOVL CX, AX')).toBe('constant 0x34567890 -> ECX -> RAX (n)');
    expect(await chainBehind('MOVQ $0x56, CX; MOVQ CX, 0(SP); XCHGQ 0(SP), AX')).toBe('constant 0x56 -> RCX -> 0(SP) -> RAX (n)');
    expect(await chainBehind('MOVQ $0x1234, CX; MOVQ CX, 0(SP); MOVB $1, 0(SP); MOVQ 0(SP), AX')).toMatch(/^computed in main\.main: /);
  });

  it('follows arguments of an outer frame from its entry', async () => {
    const crash = debugBundled('newproc-race');
    await crash.run('continue');
    await crash.run('frame 3');
    expect((await crash.data('bt'))[3]).toMatchObject({ function: 'runtime.racefuncenter' });
    expect(await crash.text('abi')).toContain('from return address of trace.TakeSnapShot -> RAX (callpc)');
  });

  it('says what is wrong with its argument', async () => {
    const program = debugBundled('go-args');
    expect(await program.run('abi nonsense')).toMatchObject({ ok: false });
    expect(await program.run('abi check perhaps')).toMatchObject({ ok: false, output: expect.stringContaining('on, off or first') });
  });
});

describe('conventions that do not meet', () => {
  const program = (call: string) =>
    debugAssembly(
      `TEXT main·main<ABIInternal>(SB), NOSPLIT, $16-0
	CALL main·hands(SB)
	RET
TEXT main·hands(SB), NOSPLIT, $16-0
	MOVQ $7, 0(SP)
	${call}
	RET
TEXT main·takes<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	RET
TEXT main·nothing<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-0
	RET
`,
      'package main\n\nfunc hands()\nfunc takes(i int)\nfunc nothing()\n',
    );

  it('assembly under ABI0 that calls ABIInternal code: a mismatch, at the call and at the entry, and where the register comes from is not known', async () => {
    const at = program('MOVQ $2, 8(SP)\nagain:\n\tLEAQ main·takes<ABIInternal>(SB), CX\n\tCALL CX\n\tDECQ 8(SP)\n\tJNZ again');
    await at.text('tbreak main.takes');
    await at.text('continue');
    const entered = await at.text('abi');
    expect(entered).toMatch(
      /stack +main\.hands\S* hands arguments and results over here, as ABI0 does; main\.takes has them in registers, .*: a mismatch/,
    );
    expect(entered).toMatch(/from \(not set by main\.hands\S*: left from its caller or from what it has called\)/);
    await at.text('restart');
    await at.text('tbreak main.hands');
    await at.text('continue');
    for (let steps = 0; steps < 8 && !(await at.text('abi')).startsWith('About to call'); steps++) await at.text('stepi');
    expect(await at.text('abi')).toContain(': a mismatch');
  });

  it('is none where nothing is handed over', async () => {
    const at = program('LEAQ main·nothing<ABIInternal>(SB), CX\n\tCALL CX');
    await at.text('tbreak main.nothing');
    await at.text('continue');
    expect(await at.text('abi')).not.toContain('a mismatch');
  });
});
