/** What is put into functions, and what is left out: as Go's compiler does it (cmd/compile: walk/race.go, ssagen/ssa.go, needRaceCleanup). */
import { expect, it } from 'vitest';
import { assemble } from '../../asm/assemble.js';
import { instrumentDiff } from './diff.js';
import { type Instrumented, racePass } from './pass.js';

const RUNTIME = ['racefuncenter', 'racefuncexit', 'raceread', 'racewrite', 'racereadrange', 'racewriterange', 'morestack_noctxt', 'callee'];
const STUBS = `#include "textflag.h"\n${RUNTIME.map(name => `TEXT ·${name}<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-0\n\tRET\n`).join('')}
TEXT ·morestack_noctxt(SB), NOSPLIT|NOFRAME, $0-0\n\tRET\n`;
const FLAGS = '#include "textflag.h"\n';

/** What the pass says of function f. */
function instrumented(text: string, { inPackage = 'main', declared = '' } = {}): Instrumented {
  const heard: Instrumented[] = [];
  assemble({
    sources: [
      { file: 'r.s', text: STUBS, package: 'runtime' },
      { file: 'f.s', text: FLAGS + text, package: inPackage },
    ],
    declarations: declared === '' ? [] : [{ file: 'f.go', text: `package ${inPackage}\n${declared}` }],
    instrument: racePass(fn => heard.push(fn)),
    stackUnchecked: true,
  });
  return heard.find(fn => fn.name === `${inPackage}.f`)!;
}
/** The calls that are put in, in order. */
const calls = (fn: Instrumented): string[] =>
  fn.decisions.flatMap(({ inserted }) => inserted).flatMap(line => /^CALL runtime·race(\w+)/.exec(line)?.[1] ?? []);
const reasons = (fn: Instrumented): string[] => fn.decisions.filter(({ inserted }) => inserted.length === 0).map(({ why }) => why);
const f = (body: string, head = 'TEXT ·f<ABIInternal>(SB), NOSPLIT, $32-0'): string =>
  `GLOBL ·x(SB), NOPTR, $32\n${head}\n\t${body.split('; ').join('\n\t')}\n`;

it.each<readonly [string, readonly string[]]>([
  ['MOVQ ·x(SB), AX; RET', ['funcenter', 'read', 'funcexit']],
  ['MOVQ AX, ·x(SB); RET', ['funcenter', 'write', 'funcexit']],
  ['INCQ ·x(SB); RET', ['funcenter', 'read', 'write', 'funcexit']],
  ['ADDQ ·x(SB), AX; RET', ['funcenter', 'read', 'funcexit']],
  ['CMPQ ·x(SB), $1; JEQ a; RET; a: RET', ['funcenter', 'read', 'funcexit', 'funcexit']],
  ['MOVQ $1, 8(CX); RET', ['funcenter', 'write', 'funcexit']],
  ['MOVQ (CX)(BX*8), AX; RET', ['funcenter', 'read', 'funcexit']],
  ['MOVUPS (CX), X0; MOVUPS X0, (BX); RET', ['funcenter', 'readrange', 'writerange', 'funcexit']],
  ['CALL runtime·callee<ABIInternal>(SB); RET', ['funcenter', 'funcexit']],
  ['JMP runtime·callee<ABIInternal>(SB)', []],
  ['LEAQ ·x(SB), AX; MOVQ AX, 8(SP); RET', []],
  ['MOVQ 8(DX), AX; RET', []],
  ['MOVQ 8(DX), AX; MOVQ (AX), AX; RET', ['funcenter', 'read', 'funcexit']],
  ['MOVQ CX, DX; MOVQ 8(DX), AX; RET', ['funcenter', 'read', 'funcexit']],
  ['LOCK; XADDQ AX, ·x(SB); RET', []],
  ['MOVQ 48(R14), AX; MOVQ (TLS), CX; RET', []],
  ['RACEWRITE ·x(SB), $16; MOVQ AX, ·x(SB); MOVQ BX, ·x+8(SB); MOVQ CX, ·x+16(SB); RET', ['funcenter', 'writerange', 'write', 'funcexit']],
  ['RACEREAD ·x(SB), $16, $1; MOVQ ·x(SB), AX; MOVQ ·x+8(SB), BX; RET', ['funcenter', 'read', 'funcexit']],
])('%s', (body, expected) => {
  expect(calls(instrumented(f(body)))).toEqual(expected);
});

it.each([
  ['MOVQ 8(SP), AX; MOVQ ·x(SB), CX; RET', "in this function's frame, which nobody else sees"],
  ['MOVQ 8(DX), AX; MOVQ ·x(SB), CX; RET', 'a field of the closure, which nobody writes any more'],
  ['LOCK; XADDQ AX, ·x(SB); MOVQ ·x(SB), CX; RET', 'atomic: it is no ordinary access'],
])('%s: an access that is not told of has its reason', (body, why) => {
  expect(reasons(instrumented(f(body)))).toContain(why);
});

it('read-only data, which may be defined behind the function', () => {
  const text = `TEXT ·f<ABIInternal>(SB), NOSPLIT, $8-0\n\tMOVQ c<>(SB), AX\n\tRET\nDATA c<>+0(SB)/8, $1\nGLOBL c<>(SB), RODATA, $8\n`;
  expect(instrumented(text).left).toMatch(/^a leaf /);
});

it('functions that are left as they are say why', () => {
  expect(instrumented(f('MOVQ AX, BX; RET')).left).toMatch(/^a leaf without an access to shared memory/);
  expect(instrumented(f('INCQ ·x(SB); RET'), { inPackage: 'runtime' }).left).toMatch(/^package runtime is never instrumented/);
  expect(instrumented(f('NORACE; INCQ ·x(SB); RET')).left).toBe('//go:norace');
  expect(instrumented(f('INCQ ·x(SB); RET'), { declared: '//go:norace\nfunc f()\n' }).left).toBe('//go:norace');
  expect(instrumented(f('CALL runtime·racefuncenter<ABIInternal>(SB); INCQ ·x(SB); RET')).left).toBe('instrumented by hand');
});

it('of package sync the functions are entered and left, and no access is told of', () => {
  const fn = instrumented(f('INCQ ·x(SB); CALL runtime·callee<ABIInternal>(SB); RET'), { inPackage: 'sync' });
  expect(calls(fn)).toEqual(['funcenter', 'funcexit']);
  expect(reasons(fn)).toEqual(Array(2).fill('package sync tells by itself what it orders, and nothing else'));
});

it('what is still wanted is kept around a call: registers, and the flags', () => {
  const fn = instrumented(
    f('CMPQ BX, $1; MOVQ ·x(SB), AX; JEQ a; MOVQ CX, AX; a: MOVQ AX, 8(SP); RET', 'TEXT ·f<ABIInternal>(SB), NOSPLIT, $32-24'),
    {
      declared: 'func f(a, b, c int)\n',
    },
  );
  expect(fn.decisions.map(({ inserted }) => inserted.filter(line => !/^(LEAQ|MOVQ)/.test(line)))).toContainEqual([
    'PUSHFQ',
    'PUSHQ CX',
    'CALL runtime·raceread<ABIInternal>(SB)',
    'POPQ CX',
    'POPFQ',
  ]);
  // At the entry the arguments that it uses.
  expect(fn.decisions[0]!.inserted).toEqual([
    'PUSHQ BX',
    'PUSHQ CX',
    'MOVQ callpc-8(FP), AX',
    'CALL runtime·racefuncenter<ABIInternal>(SB)',
    'POPQ CX',
    'POPQ BX',
  ]);
});

it('results are kept around racefuncexit', () => {
  const fn = instrumented(f('MOVQ ·x(SB), AX; RET'), { declared: 'func f() int\n' });
  expect(fn.decisions.at(-1)!.inserted).toEqual(['PUSHQ AX', 'CALL runtime·racefuncexit<ABIInternal>(SB)', 'POPQ AX']);
});

it('side by side each line stands once, and what is put in only on the right', () => {
  const text = f('MOVQ 8(SP), CX; MOVQ CX, ·x(SB); RET');
  const rows = instrumentDiff(instrumented(text), (FLAGS + text).split('\n'))
    .split('\n')
    .map(row => row.split(/ \|(?: |$)/).map(cell => cell.trim()));
  expect(rows.map(([before]) => before).filter(Boolean)).toEqual(
    text
      .split('\n')
      .slice(1, -1)
      .map(line => line.trim()),
  );
  expect(rows.filter(([before, after]) => before !== after).every(([before, after]) => before === '' && after!.startsWith('+'))).toBe(true);
  expect(rows.find(([before]) => before === 'MOVQ 8(SP), CX')![2]).toBe("not told of: in this function's frame, which nobody else sees");
  expect(rows.some(([, , why]) => why === 'a store to a global variable')).toBe(true);
});
