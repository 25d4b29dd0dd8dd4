/**
 * Stacks that a program has harmed or left by itself. The oracle is the record of what was called: a store or a change of RSP returns from no
 * call, so the frames below stay what they were in front of it.
 */
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { buildC, missing } from '../support/build.js';
import { type Debugging, debug, debugAssembly } from '../support/debug.js';

interface Row {
  readonly function: string;
  readonly pc: string;
  readonly stack: string;
  readonly overwritten?: { readonly slot: string; readonly now: string; readonly by?: string; readonly t?: number };
  readonly jumpedFrom?: string;
}

const rows = (at: Debugging): Promise<readonly Row[]> => at.data('bt 100');
const places = (list: readonly Row[]) => list.map(({ function: name, pc }) => `${name} ${pc}`);
const stopAt = async (at: Debugging, place: string) => {
  await at.text(`tbreak ${place}`);
  expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint' });
};

const needsC = missing('gcc');
describe.skipIf(needsC)(`a return address that was overwritten, in C${needsC ? ` (skipped: ${needsC})` : ''}`, () => {
  for (const flags of [
    ['-O1', '-g', '-fno-stack-protector', '-fno-optimize-sibling-calls'],
    ['-O0', '-g', '-fno-stack-protector'],
    ['-O1', '-fno-stack-protector', '-fno-optimize-sibling-calls', '-fno-omit-frame-pointer'],
  ]) {
    it(`${flags.join(' ')}: the frame stays, and says so, until the RET and behind it`, async () => {
      const at = debug(buildC('smash', { flags }));
      // Where inner's return address is, as a distance in words from its array.
      await stopAt(at, 'put');
      const slot = at.session.frames(2)[1]!.physical.cfa! - 8n;
      const distance = (slot - BigInt((await at.data('regs rdi')).rdi)) / 8n;
      await at.text(`restart ${distance}`);
      await stopAt(at, 'put');
      const before = await rows(at);
      const { memory } = at.session.target;
      let by = '';
      while (memory.readU64(slot) !== 0x1234n) {
        by = (await rows(at))[0]!.pc;
        await at.text('stepi');
      }
      const { t } = await at.data('info state');
      await at.text('finish');
      const after = await rows(at);
      expect(places(after.slice(1))).toEqual(places(before.slice(2)));
      expect(after.map(({ overwritten }) => overwritten)).toEqual([
        undefined,
        { slot: `0x${slot.toString(16)}`, now: '0x1234', by, t },
        ...after.slice(2).map(() => undefined),
      ]);
      expect(after.filter(({ jumpedFrom }) => jumpedFrom !== undefined)).toEqual(
        before.filter(({ jumpedFrom }) => jumpedFrom !== undefined),
      );
      expect(await at.text('bt')).toMatch(
        new RegExp(
          `, its return address at 0x${slot.toString(16)} is now 0x1234, written by put\\+\\d+ at t=${t.toLocaleString('en-US')}\n`,
        ),
      );
      const returns = (await at.data('disassemble')).findLast((line: { text: string }) => line.text.startsWith('ret')).address;
      const fell = await at.run('continue');
      expect(fell.data).toMatchObject({ reason: 'signal', signal: 'SIGSEGV', pc: '0x1234' });
      expect(fell.output).toContain(`jumps to 0x1234, which is not mapped: the RET of inner at ${returns} went there`);
      expect(fell.output).toMatch(/abi check on, from the start, would stop at t=[\d,]+ in inner\+\d+: a return address was overwritten/);
      const fault = await rows(at);
      expect(places(fault.slice(1))).toEqual(places(before.slice(2)));
      expect(fault[1]!.overwritten).toEqual(after[1]!.overwritten);
    });
  }
});

describe.skipIf(needsC)(`the same without symbols${needsC ? ` (skipped: ${needsC})` : ''}`, () => {
  it.each([['-O1'], ['-O2', '-pie', '-fPIE']])('%s: the frames are those of the program with symbols', async (...level) => {
    const flags = [...level, '-fno-stack-protector', '-fno-optimize-sibling-calls'];
    const named = debug(buildC('smash', { flags }));
    await stopAt(named, 'put');
    const slot = named.session.frames(2)[1]!.physical.cfa! - 8n;
    const distance = (slot - BigInt((await named.data('regs rdi')).rdi)) / 8n;
    const seen = [];
    for (const at of [named, debug(buildC('smash', { flags: [...flags, '-s'] }))]) {
      await at.text(`restart ${distance}`);
      expect(await at.data('continue')).toMatchObject({ reason: 'signal', pc: '0x1234' });
      await at.text('abi check first');
      const list = await rows(at);
      seen.push(list.map(({ pc, stack, overwritten }) => ({ pc, stack, slot: overwritten?.slot, now: overwritten?.now })));
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[0]!.some(({ now }) => now === '0x1234')).toBe(true);
  });
});

describe.skipIf(needsC)(`who wrote a word${needsC ? ` (skipped: ${needsC})` : ''}`, () => {
  it('is not said of what the user has written, nor where the program may write files', async () => {
    for (const flags of [[], ['--allow-write', tmpdir()]]) {
      const at = debug(buildC('smash'), flags);
      await stopAt(at, 'put');
      const slot = at.session.frames(2)[1]!.physical.cfa! - 8n;
      if (flags.length === 0) await at.text(`set *(long*)${slot} = 0x99`);
      else at.session.target.memory.writeU64(slot, 0x99n);
      at.session.target.changed();
      expect((await rows(at)).map(({ overwritten }) => overwritten).filter(each => each !== undefined)).toEqual([
        { slot: `0x${slot.toString(16)}`, now: '0x99' },
      ]);
      expect(await at.text('bt')).not.toContain('written by');
    }
  });
});

describe('assembly', () => {
  const program = (text: string, types = '') =>
    debugAssembly(
      `TEXT main·main<ABIInternal>(SB), NOSPLIT, $16-0
	CALL main·outer(SB)
	RET
TEXT main·outer(SB), NOSPLIT, $16-0
	CALL main·inner(SB)
	RET
TEXT main·leaf(SB), NOSPLIT|NOFRAME, $0-0
	RET
${text}`,
      `package main\n\nfunc outer()\nfunc inner()\nfunc leaf()\n${types}`,
    );

  it('that overwrites the return address of its caller, or its own, ends no stack', async () => {
    const at = program('TEXT main·inner(SB), NOSPLIT|NOFRAME, $0-0\n\tMOVQ $0x4141, AX\n\tMOVQ AX, 8(BP)\n\tMOVQ AX, 0(SP)\n\tRET\n');
    await stopAt(at, 'main.inner');
    const before = await rows(at);
    await at.text('stepi');
    await at.text('stepi');
    const one = await rows(at);
    expect(places(one.slice(1))).toEqual(places(before.slice(1)));
    expect(one.map(({ overwritten }) => overwritten?.now)).toEqual([undefined, undefined, '0x4141', ...one.slice(3).map(() => undefined)]);
    await at.text('stepi');
    const two = await rows(at);
    expect(places(two.slice(1))).toEqual(places(before.slice(1)));
    expect(two.slice(0, 3).map(({ overwritten }) => overwritten?.now)).toEqual([undefined, '0x4141', '0x4141']);
    expect(await at.text('abi')).toMatch(
      new RegExp(
        `stack +the return address was overwritten: it was ${before[1]!.pc} .main\\.outer\\+\\d+., and now holds 0x4141, where there is no code`,
      ),
    );
  });

  it('that pushes more than it pops: abi says where RSP is', async () => {
    const at = program('TEXT main·inner(SB), NOSPLIT|NOFRAME, $0-0\n\tSUBQ $16, SP\n\tMOVQ $0, 0(SP)\n\tRET\n');
    await stopAt(at, 'main.inner');
    await at.text('stepi 2');
    expect(await at.text('abi')).toMatch(
      /stack +RSP is 16 bytes below the return address, which is at 0x[0-9a-f]+: what is at RSP holds 0x0, where there is no code/,
    );
  });

  it('that puts its stack elsewhere leaves a seam, and the frames below it', async () => {
    const at = program(
      `GLOBL main·own(SB), NOPTR, $4096
TEXT main·inner(SB), NOSPLIT, $0-0
	MOVQ SP, R12
	LEAQ main·own+4096(SB), SP
	CALL main·second(SB)
	MOVQ R12, SP
	RET
GLOBL main·other(SB), NOPTR, $131072
TEXT main·second(SB), NOSPLIT, $8-0
	CALL main·leaf(SB)
	MOVQ SP, R13
	LEAQ main·other+131072(SB), SP
	CALL main·leaf(SB)
	MOVQ R13, SP
	RET
`,
      'func second()\n',
    );
    await stopAt(at, 'main.inner');
    const before = places(await rows(at));
    const below = before.slice(1);
    let changed = await rows(at);
    for (let steps = 0; steps < 8 && changed[0]!.stack === 'goroutine 1'; steps++) {
      await at.text('stepi');
      changed = await rows(at);
    }
    expect(changed.map(({ function: name }) => name)).toEqual(['main.inner', ...below.map(each => each.split(' ')[0])]);
    expect(changed[0]!.stack).toMatch(/^stack in /);
    expect(await at.text('bt')).toMatch(/---- stack switch: stack in .* -> goroutine 1 ----/);
    expect(places(changed.slice(1))).toEqual(below);
    await stopAt(at, 'main.leaf');
    const once = await rows(at);
    expect(once.map(({ function: name }) => name).slice(0, 3)).toEqual(['main.leaf', 'main.second', 'main.inner']);
    expect(places(once.slice(3))).toEqual(below);
    await stopAt(at, 'main.leaf');
    const twice = await rows(at);
    expect(twice.map(({ function: name }) => name).slice(0, 3)).toEqual(['main.leaf', 'main.second', 'main.inner']);
    expect(places(twice.slice(3))).toEqual(below);
    await at.text('finish');
    await at.text('up');
    await at.text('finish');
    expect(places(await rows(at))).toEqual(below);
  });

  it('that takes its return address off the stack and puts it back was called all the same', async () => {
    const at = program('TEXT main·inner(SB), NOSPLIT|NOFRAME, $0-0\n\tPOPQ AX\n\tPUSHQ AX\n\tCALL main·leaf(SB)\n\tRET\n');
    await stopAt(at, 'main.inner');
    const before = await rows(at);
    await at.text('stepi 2');
    expect(places((await rows(at)).slice(1))).toEqual(places(before.slice(1)));
    await stopAt(at, 'main.leaf');
    expect(places((await rows(at)).slice(2))).toEqual(places(before.slice(1)));
    expect((await rows(at)).some(({ overwritten, jumpedFrom }) => overwritten ?? jumpedFrom)).toBe(false);
  });
});
