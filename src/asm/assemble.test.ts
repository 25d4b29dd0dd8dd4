import { describe, expect, it } from 'vitest';
import { assemble } from './assemble.js';
import type { AssembledFunction } from './program.js';

const build = (text: string, declarations = '') =>
  assemble({
    sources: [{ file: 'x.s', text, package: 'runtime' }],
    declarations: declarations === '' ? [] : [{ file: 'types.go', text: `package runtime\n${declarations}` }],
  });
const bytesOf = (program: ReturnType<typeof assemble>, name: string, convention = 'ABI0'): string => {
  const fn = program.functions.find(f => f.name === name && f.convention === convention) as AssembledFunction;
  const [text] = program.segments;
  const start = Number(fn.address - text.start);
  return Buffer.from(text.bytes.subarray(start, start + fn.size)).toString('hex');
};
const problems = (text: string, declarations?: string): string => {
  try {
    build(text, declarations);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

const MORESTACK = 'TEXT ·morestack_noctxt(SB), NOSPLIT, $0-0\n\tRET\n';

describe('frames', () => {
  // Bytes are those of Go 1.26's own assembler.
  it('saves BP around calls, even without locals', () => {
    expect(bytesOf(build('TEXT ·f(SB), NOSPLIT, $0-0\n\tCALL ·g(SB)\n\tRET\nTEXT ·g(SB), NOSPLIT, $0-0\n\tRET\n'), 'runtime.f')).toMatch(
      /^554889e5e8.{8}5dc3$/,
    );
  });

  it('checks the stack, finds arguments and locals, and leaves through the epilogue', () => {
    const program = build(
      `TEXT ·f(SB), $24-8\n\tMOVQ x+0(FP), AX\n\tMOVQ AX, y-8(SP)\n\tMOVQ AX, 0(SP)\n\tCALL ·morestack_noctxt(SB)\n\tRET\n${MORESTACK}`,
    );
    expect(bytesOf(program, 'runtime.f')).toMatch(
      /^644c8b3425f8ffffff493b66107621554889e54883ec18488b442428488944241048890424e8.{8}4883c4185dc3e8.{8}ebc9$/,
    );
  });

  it('tells how to unwind at every instruction', () => {
    const [f] = build(`TEXT ·f(SB), NOSPLIT, $24-8\n\tPUSHQ AX\n\tPOPQ AX\n\tRET\n`).functions;
    expect(f.rows.map(row => [Number(row.pc - f.address), row.cfa, row.bp])).toEqual([
      [0, 8, undefined],
      [1, 16, -16],
      [8, 40, -16],
      [9, 48, -16],
      [10, 40, -16],
      [14, 16, -16],
      [15, 8, undefined],
    ]);
  });
});

describe('types', () => {
  it('give offsets and sizes', () => {
    const program = build(
      'TEXT ·f(SB), NOSPLIT, $0-0\n\tMOVQ g_racectx(R14), DI\n\tMOVQ $g__size, AX\n\tRET\n',
      'type g struct {\n\tstack stack\n\tm *g\n\tb bool\n\tracectx uintptr\n}\ntype stack struct { lo, hi uintptr }\n',
    );
    expect(bytesOf(program, 'runtime.f')).toBe('498b7e2048c7c028000000c3');
  });

  it('give signatures, and wrappers between the conventions', () => {
    const program = build(
      'TEXT ·caller<ABIInternal>(SB), NOSPLIT, $0-0\n\tMOVQ $7, AX\n\tCALL ·callee<ABIInternal>(SB)\n\tRET\nTEXT ·callee(SB), NOSPLIT, $0-16\n\tMOVQ x+0(FP), AX\n\tMOVQ AX, ret+8(FP)\n\tRET\n',
      'func callee(x int) int\n',
    );
    // PUSH BP; MOV BP,SP; SUB $16,SP; MOV AX,0(SP); CALL; XORPS X15,X15; MOV FS:-8,R14; MOV 8(SP),AX; ADD; POP; RET
    expect(bytesOf(program, 'runtime.callee', 'ABIInternal')).toMatch(
      /^554889e54883ec1048890424e8.{8}450f57ff644c8b3425f8ffffff488b4424084883c4105dc3$/,
    );
    expect(program.functions.find(f => f.name === 'runtime.callee' && f.convention === 'ABI0')?.linkName).toBe('runtime.callee.abi0');
  });
});

describe('errors', () => {
  it('are all reported, with line, caret and suggestion', () => {
    expect(problems('TEXT ·f(SB), NOSPLIT, $0-0\n\tMOVX AX, BX\n\tADDQ X1, AX\n\tJMP nowhere\n\tCALL ·g(SB)\n\tRET\n')).toBe(
      [
        'x.s:2:2: unknown instruction MOVX (did you mean MOVB?)',
        '\tMOVX AX, BX',
        '\t^',
        'x.s:3:7: ADDQ does not take these operands: X1, AX (it takes 2, source first)',
        '\tADDQ X1, AX',
        '\t     ^',
        'x.s:4:6: label nowhere is not defined in this function',
        '\tJMP nowhere',
        '\t    ^',
        'x.s:5:2: runtime.g is not defined (did you mean runtime.f?)',
        '\tCALL ·g(SB)',
        '\t^',
      ].join('\n'),
    );
  });

  it('know the declared arguments', () => {
    expect(problems('TEXT ·f(SB), NOSPLIT, $0-16\n\tMOVQ x+8(FP), AX\n\tMOVQ z+16(FP), BX\n\tRET\n', 'func f(x int, s string)\n')).toBe(
      [
        'x.s:1:1: runtime.f has 24 bytes of arguments and results, not 16 (use $0-24)',
        'TEXT ·f(SB), NOSPLIT, $0-16',
        '^',
        'x.s:2:7: x+8(FP) is not where x is (use x+0(FP))',
        '\tMOVQ x+8(FP), AX',
        '\t     ^',
        'x.s:3:7: runtime.f has no argument or result z (s_len+16(FP) lies there)',
        '\tMOVQ z+16(FP), BX',
        '\t     ^',
      ].join('\n'),
    );
  });
});
