/** `abi check on` at each RET: the function that breaks a rule is named where it returns, not the one that meets the damage. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, type Toolchain } from '../support/build.js';
import { type Debugging, debug, debugAssembly, debugFile } from '../support/debug.js';

async function checked(at: Debugging, args = '') {
  if (args !== '') await at.text(`restart ${args}`);
  await at.text('abi check on');
  return at.data('continue');
}
const whatOf = async (at: Debugging) => (await at.text('info program')).split('\n').slice(1).join('\n');

/** What programs/go/mistakes does wrong, by its argument: the rule, the function (none: machine code in a mapping), and what is said. */
const MISTAKES: Readonly<Record<string, readonly [string, string | null, RegExp]>> = {
  bp: [
    'frame-pointer',
    'main.clobbersBP',
    /RBP = 0x12c was 0x[0-9a-f]+ when main\.clobbersBP was called: it is about to return to main\.\w+\+/,
  ],
  sp: ['stack-pointer', 'main.leavesRoom', /main\.leavesRoom is about to return with RSP = 0x[0-9a-f]+, 8 bytes below its return address/],
  pop: [
    'stack-pointer',
    'main.popsTooMuch',
    /main\.popsTooMuch is about to return with RSP = 0x[0-9a-f]+, 8 bytes above its return address/,
  ],
  return: [
    'return-address',
    'main.smashed',
    /main\.smashed is about to return to 0x4141414141414141: its return address at 0x[0-9a-f]+ was 0x[0-9a-f]+ \(main\.main\+\d+\), written by main\.overReturn\+\d+ at t=[\d,]+\. /,
  ],
  saved: [
    'frame-pointer',
    'main.unsaved',
    /RBP = 0x4242 was 0x[0-9a-f]+ .* and what it saved at 0x[0-9a-f]+ was overwritten, written by main\.overSaved\+\d+ at t=/,
  ],
  own: [
    'stack-bounds',
    'main.work',
    /RSP = 0x[0-9a-f]+, but the stack of goroutine 1 is 0x[0-9a-f]+ to 0x[0-9a-f]+, called from main\.onOwn\+/,
  ],
  fs: ['tls', 'main.work', /FS base = 0x[0-9a-f]+ was 0x[0-9a-f]+ when this thread entered Go code, called from main\.otherFS\+/],
  upper: [
    'upper-halves',
    'main.leavesUpper',
    /the upper halves of Y1 and Y2 are not zero: main\.leavesUpper is about to return to main\.\S+\. Intel optimization manual/,
  ],
  'upper-below': ['upper-halves', 'main.hasItDone', /the upper halves of Y1 and Y2 are not zero: main\.hasItDone is about to return to /],
  'upper-call': [
    'upper-halves',
    'main.callsWithUpper',
    /the upper half of Y3 is not zero: main\.callsWithUpper is about to call main\.work\. /,
  ],
  'upper-through': [
    'upper-halves',
    'main.callsThrough',
    /the upper half of Y3 is not zero: main\.callsThrough is about to call main\.work\. /,
  ],
  'jit-x15': [
    'zero',
    null,
    /X15 = 0xf{32}, but must be 0: the code at 0x[0-9a-f]+ in an anonymous mapping is about to return to main\.main\+/,
  ],
  'jit-r14': [
    'g',
    null,
    /R14 = 0x0, but g is 0x[0-9a-f]+ \(goroutine 1\): the code at 0x[0-9a-f]+ in .* is about to return to main\.main\+/,
  ],
  'jit-bp': ['frame-pointer', null, /RBP = 0x0 was 0x[0-9a-f]+ when the code at 0x[0-9a-f]+ in an anonymous mapping was called/],
  'jit-sp': ['stack-pointer', null, /the code at 0x[0-9a-f]+ in .* is about to return with RSP = 0x[0-9a-f]+, 8 bytes below/],
  'jump-x15': [
    'zero',
    null,
    /X15 = 0xf{32}, but must be 0: the code at 0x[0-9a-f]+ in an anonymous mapping is about to return to main\.main\+/,
  ],
};

for (const toolchain of ['go1.26', 'go1.19'] as const satisfies readonly Toolchain[]) {
  const why = missing(toolchain);
  describe.skipIf(why)(`mistakes of assembly and machine code, ${toolchain}${why ? ` (skipped: ${why})` : ''}`, () => {
    for (const [way, [rule, name, what]] of Object.entries(MISTAKES)) {
      it(`${way}: ${rule}`, async () => {
        const at = debug(buildGo('mistakes', { toolchain }));
        expect(await checked(at, way)).toMatchObject({ reason: 'abi', rule, function: name });
        expect(await whatOf(at)).toMatch(what);
      });
    }

    for (const way of ['', 'jit', 'jump', 'upper-clear']) {
      it(`${way === '' ? 'none' : way}: no stop`, async () => {
        const at = debug(buildGo('mistakes', { toolchain }));
        expect(await checked(at, way)).toMatchObject({ reason: 'exited', status: 0 });
      });
    }

    it('assembly has its arguments, and code without a table says what tracebacks make of it', async () => {
      const at = debug(buildGo('mistakes', { toolchain }));
      await checked(at, 'bp');
      expect(await at.text('bt 1')).toMatch(/^#0 +0x[0-9a-f]+ in main\.clobbersBP \(v=20\) at /);
      await at.text('abi check off');
      await checked(at, 'jit-x15');
      expect(await at.text('bt 1')).toMatch(/^#0 +0x[0-9a-f]+ in \?\? \(\) in an anonymous mapping, which tracebacks of Go cannot pass/);
    });

    it('a fault offers the stop before it', async () => {
      const at = debug(buildGo('mistakes', { toolchain }));
      await at.text('restart sp');
      const { output } = await at.run('continue');
      const [, told] =
        /abi check on, from the start, would stop at (t=[\d,]+) in main\.leavesRoom\+\d+: RSP is not at the return address/.exec(output)!;
      const { output: first, data } = await at.run('abi check first');
      expect(first).toMatch(new RegExp(`^${told} `));
      expect(data).toMatchObject({ reason: 'abi', rule: 'stack-pointer' });
    });

    it('a racefuncenter has its racefuncexit, in the function or in those that it jumps to', async () => {
      const binary = buildGo('mistakes', { toolchain, race: true });
      for (const [way, name, what] of [
        [
          'race-unpaired',
          'main.unpaired',
          /main\.unpaired is about to return to main\.init\S*\+\d+: the call of racefuncenter before main\.unpaired\+\d+ has/,
        ],
        ['race-jump', 'main.goesOn', /main\.goesOn, to which main\.jumpsOn has jumped, is about to return to main\.init/],
      ] as const) {
        const at = debug(binary);
        expect(await checked(at, way)).toMatchObject({ reason: 'abi', rule: 'race-stack', function: name });
        expect(await whatOf(at)).toMatch(what);
      }
      // A RET where such a call lay, as on a stack that was copied to where another was, is not its end.
      for (const way of ['race-paired', 'race-replaced'])
        expect(await checked(debug(binary), way)).toMatchObject({ reason: 'exited', status: 0 });
    });

    it("a signal's handler without SA_ONSTACK is told on a goroutine's stack", async () => {
      const binary = buildGo('handlers', { toolchain });
      const at = debug(binary);
      expect(await checked(at, 'bare')).toMatchObject({ reason: 'abi', rule: 'signal-stack', function: 'handler' });
      expect(await whatOf(at)).toMatch(
        /handler, the handler of SIGUSR1, is entered with RSP = 0x[0-9a-f]+, on the stack of goroutine 1, which has \d+ bytes left/,
      );
      expect(await at.text('info signals USR1')).toMatch(/^SIGUSR1 +no +no +yes +handler$/m);
      expect(await at.text('info signals')).toMatch(
        /^ {2}a handler of SIGUSR1 would run on goroutine 1, 0x[0-9a-f]+ to 0x[0-9a-f]+: it was installed without SA_ONSTACK/m,
      );
      const good = debug(binary);
      expect(await checked(good)).toMatchObject({ reason: 'exited', status: 0 });
    });

    it('with -race too', async () => {
      const at = debug(buildGo('mistakes', { toolchain, race: true }));
      expect(await checked(at, 'bp')).toMatchObject({ reason: 'abi', rule: 'frame-pointer', function: 'main.clobbersBP' });
    });
  });
}

describe('assembly of r14', () => {
  const program = (body: string, convention = '') =>
    debugAssembly(
      `TEXT main·main<ABIInternal>(SB), NOSPLIT, $24-0
	CALL main·f${convention}(SB)
	RET
TEXT main·f${convention}(SB), NOSPLIT|NOFRAME, $0-0
${body}
	RET
`,
      'package main\n\nfunc f()\n',
    );

  for (const [rule, convention, body] of [
    ['frame-pointer', '', '\tXORL BP, BP'],
    ['frame-pointer', '<ABIInternal>', '\tMOVQ $5, BP'],
    ['g', '<ABIInternal>', '\tXORL R14, R14'],
    ['zero', '<ABIInternal>', '\tMOVQ $1, AX\n\tMOVQ AX, X15'],
    ['stack-pointer', '', '\tSUBQ $24, SP'],
    ['stack-pointer', '<ABIInternal>', '\tADDQ $16, SP'],
    ['return-address', '', '\tMOVQ $0x1234, AX\n\tMOVQ AX, 0(SP)'],
  ] as const) {
    it(`${rule}: ${body.replace(/\s+/g, ' ').trim()} under ${convention || 'ABI0'}`, async () => {
      const at = program(body, convention);
      expect(await checked(at)).toMatchObject({ reason: 'abi', rule, function: 'main.f' });
      expect((await at.data('bt 3')).map((row: { function: string }) => row.function).slice(0, 2)).toEqual(['main.f', 'main.main']);
    });
  }

  for (const [title, body] of [
    ['R14 and X15 are ABI0 assembly to use', '\tXORL R14, R14\n\tMOVQ $1, AX\n\tMOVQ AX, X15\n\tMOVQ (TLS), R14\n\tXORPS X15, X15'],
    ['BP that is saved and restored', '\tPUSHQ BP\n\tMOVQ $7, BP\n\tPOPQ BP'],
    ['a return address that is taken and put back', '\tPOPQ AX\n\tPUSHQ AX'],
  ] as const) {
    it(`has nothing to say of ${title}`, async () => {
      expect(await checked(program(body))).toMatchObject({ reason: 'exited', status: 0 });
    });
  }

  it('without a runtime: a leaf that uses BP', async () => {
    const at = debugFile(`#include "textflag.h"
TEXT ·main(SB), NOSPLIT, $16
	CALL ·leaf(SB)
	RET
TEXT ·leaf(SB), NOSPLIT, $0
	XORQ BP, BP
	RET
`);
    expect(await checked(at)).toMatchObject({ reason: 'abi', rule: 'frame-pointer', function: 'main.leaf' });
  });
});

const needsC = missing('go1.26', 'gcc');
describe.skipIf(needsC)(`assembly that C calls${needsC ? ` (skipped: ${needsC})` : ''}`, () => {
  for (const [way, rule] of [
    ['good', undefined],
    ['bad', 'callee-saved'],
  ] as const) {
    it(`${way}: ${rule ?? 'no stop'}`, async () => {
      const at = debug(buildGo('callbacks'));
      const stop = await checked(at, way);
      if (rule === undefined) {
        expect(stop).toMatchObject({ reason: 'exited', status: 0 });
        return;
      }
      expect(stop).toMatchObject({ reason: 'abi', rule, function: 'r14/programs/callbacks/compare.bad' });
      expect(await whatOf(at)).toMatch(
        /R12 = 0x[0-9a-f]+ was 0x[0-9a-f]+ when r14\/programs\/callbacks\/compare\.bad was called: it is about to return to largest\+/,
      );
      const told = await at.text('abi');
      expect(told).toMatch(/callee .*compare\.bad.*: System V/);
      expect(told).toContain('kept    RSP RBX RBP R12 R13 R14 R15;');
    });
  }
});
