import { describe, expect, it } from 'vitest';
import { assemble } from './assemble.js';
import { TEXT_FLAGS } from './preprocess.js';
import type { AssembledFunction } from './program.js';

/** The flags are defined without a line that includes them; bytes are those of Go 1.26. */
const build = (text: string, declarations = '') =>
  assemble({
    go: 26,
    defines: Object.fromEntries(Object.entries(TEXT_FLAGS).map(([name, value]) => [name, String(value)])),
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
  const inFunction = (line: string): string => `TEXT ·f(SB), 4, $0\n\t${line}\n\tRET\n`;

  it('are all reported, with line, caret and suggestion', () => {
    expect(problems('TEXT ·f(SB), NOSPLIT, $0-0\n\tMOVX AX, BX\n\tADDQ X1, AX\n\tJMP nowhere\n\tCALL ·g(SB)\n\tRET\n')).toBe(
      [
        'x.s:2:2: unknown instruction MOVX (did you mean MOVB?)',
        '\tMOVX AX, BX',
        '\t^',
        'x.s:3:7: ADDQ does not take these operands: X1, AX (it takes register, register; register, memory; constant, register; constant, memory; memory, register)',
        '\tADDQ X1, AX',
        '\t     ^',
        'x.s:4:6: label nowhere is not defined in this function',
        '\tJMP nowhere',
        '\t    ^',
        'x.s:5:7: runtime.g is not defined (did you mean runtime.f?)',
        '\tCALL ·g(SB)',
        '\t     ^',
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

  it.each([
    ['MOVQ a+0(FP), AX', 7, 'MOVQ takes 8 bytes, and a (int32) has 4 (use MOVLQSX a+0(FP), AX or MOVL)'],
    ['MOVW c+4(FP), AX', 7, 'MOVW takes 2 bytes, and c (uint8) has 1 (use MOVBQZX c+4(FP), AX or MOVB)'],
    ['MOVL b+8(FP), AX', 7, 'MOVL takes 4 bytes, and b (int64) has 8 (use MOVQ)'],
    ['MOVL AX, r+64(FP)', 11, 'MOVL takes 4 bytes, and r (int64) has 8 (use MOVQ)'],
    ['MOVQ a+0(FP), X0', 7, 'MOVQ takes 8 bytes, and a (int32) has 4 (use MOVL)'],
    ['ADDSS f+16(FP), X0', 8, 'ADDSS takes 4 bytes, and f (float64) has 8 (use ADDSD)'],
    ['CVTSQ2SD a+0(FP), X0', 11, 'CVTSQ2SD takes 8 bytes, and a (int32) has 4 (use CVTSL2SD)'],
    ['IMUL3L $3, b+8(FP), AX', 13, 'IMUL3L takes 4 bytes, and b (int64) has 8 (use IMUL3Q)'],
    ['PADDB a+0(FP), X0', 8, 'PADDB is not for a (int32) of 4 bytes (load it with MOVL first)'],
    ['SETEQ b+8(FP)', 8, 'SETEQ takes 1 byte, and b (int64) has 8 (go through a register, with MOVQ)'],
    ['MOVL s+24(FP), AX', 7, 'MOVL takes 4 bytes, and s_base, with which s begins, has 8 (use MOVQ)'],
    ['MOVL s_len+32(FP), AX', 7, 'MOVL takes 4 bytes, and s_len (string len) has 8 (use MOVQ)'],
    ['MOVQ p+40(FP), AX', 7, 'MOVQ is not for all of p, a runtime.pair (it is made of p_x+40(FP), p_s+48(FP), p_s_base+48(FP), ...)'],
    ['MOVL $a+0(FP), AX', 7, 'MOVL takes 4 bytes, and an address has 8 (use MOVQ)'],
  ])('know how wide an argument is: %s', (line, column, message) => {
    expect(
      problems(
        `TEXT ·f(SB), 4, $0-72\n\t${line}\n\tRET\n`,
        'type pair struct { x int32; s string }\nfunc f(a int32, c uint8, b int64, f float64, s string, p pair) (r int64)\n',
      ),
    ).toBe(`x.s:2:${column}: ${message}\n\t${line}\n\t${' '.repeat(column - 2)}^`);
  });

  it.each([
    ['MOVQ ·elsewhere(SB), AX', 7],
    ['MOVQ AX, ·elsewhere+8(SB)', 11],
    ['MOVQ $·elsewhere(SB), AX', 7],
    ['CALL ·elsewhere(SB)', 7],
    ['JMP ·elsewhere(SB)', 6],
    ['RET ·elsewhere(SB)', 6],
  ])('stand at the symbol that is not defined: %s', (line, column) => {
    expect(problems(inFunction(line))).toBe(`x.s:2:${column}: runtime.elsewhere is not defined\n\t${line}\n\t${' '.repeat(column - 2)}^`);
  });

  it.each([
    ['movq AX, BX', 2, 'unknown instruction movq (did you mean MOVQ?)'],
    ['rep', 2, 'unknown instruction rep (did you mean REP?)'],
    ['MOVQ ax, BX', 7, 'ax is not a register or a constant (did you mean AX?)'],
    ['MOVQ rect_x(AX), BX', 7, 'rect_x is not a known constant (the fields of rect are w, h)'],
    ['MOVQ rect_x+8(AX), BX', 7, 'rect_x is not a known constant (the fields of rect are w, h)'],
    ['MOVQ $rect_x, BX', 8, 'rect_x is not a known constant (the fields of rect are w, h)'],
    ['MOVQ $rect_x+8, BX', 8, 'rect_x is not a known constant (the fields of rect are w, h)'],
    ['MOVQ $(rect_x), BX', 9, 'rect_x is not a known constant (the fields of rect are w, h)'],
    ['MOVQ $rect_size, BX', 8, 'rect_size is not a known constant (did you mean rect__size?)'],
    ['MOVQ node_vale(AX), BX', 7, 'node_vale is not a known constant (did you mean node_value?)'],
    ['MOVQ nide_value(AX), BX', 7, 'nide_value is not a known constant (did you mean node_value?)'],
    ['MOVQ wide_i(AX), BX', 7, 'wide_i is not a known constant (the fields of wide are a1, a2, a3, a4, a5, a6, a7, a8, ...)'],
    ['MOVQ none_x(AX), BX', 7, 'none_x is not a known constant (none has no fields)'],
  ])('say what is meant: %s', (line, column, message) => {
    const types =
      'type rect struct { w, h int }\ntype node struct { value int }\ntype none struct {}\n' +
      'type wide struct { a1, a2, a3, a4, a5, a6, a7, a8, a9 int }\n';
    expect(problems(inFunction(line), types)).toBe(`x.s:2:${column}: ${message}\n\t${line}\n\t${' '.repeat(column - 2)}^`);
  });

  it('of a type that nobody has declared come alone', () => {
    const said = problems('TEXT ·f(SB), 4, $0\n\tMOVQ e+0(FP), AX\n\tRET\n', 'func f(e Errno) Errno\n');
    expect(said.split('\n').filter(line => !line.startsWith('types.go:2:'))).toEqual([
      'func f(e Errno) Errno',
      expect.stringMatching(/^ +\^$/),
      'func f(e Errno) Errno',
      expect.stringMatching(/^ +\^$/),
    ]);
  });

  it('of a line that cannot be read come alone: it may be the one that writes the result', () => {
    expect(problems('TEXT ·f(SB), 4, $0-8\n\tMOVQ AX, ret+0(F)\n\tRET\n', 'func f() int\n')).toBe(
      [
        'x.s:2:17: F is no base of a symbol (use SB for static data, FP for arguments, SP for locals)',
        '\tMOVQ AX, ret+0(F)',
        '\t               ^',
      ].join('\n'),
    );
  });

  it.each([
    [
      'TEXT Add(SB), 4, $0-24\n\tRET\n',
      'x.s:1:1: Add is not the runtime.Add that is declared: its name has no package (write TEXT ·Add(SB))\nTEXT Add(SB), 4, $0-24\n^',
    ],
    [
      'TEXT .Add(SB), 4, $0-24\n\tMOVQ AX, ret+16(FP)\n\tRET\n',
      'x.s:1:6: a name of the package begins with a middle dot, not with a full stop (write ·Add)\nTEXT .Add(SB), 4, $0-24\n     ^',
    ],
    [
      'TEXT ·Add(SB) 4, $0-24\n\tMOVQ AX, ret+16(FP)\n\tRET\n',
      'x.s:1:15: a comma is missing in front of 4\nTEXT ·Add(SB) 4, $0-24\n              ^',
    ],
    [
      'TEXT ·Add(SB), 4 $0-24\n\tMOVQ AX, ret+16(FP)\n\tRET\n',
      'x.s:1:18: a comma is missing in front of $0\nTEXT ·Add(SB), 4 $0-24\n                 ^',
    ],
    [
      'TEXT ·Add(SB), 4, $0-24\n\tMOVQ a+0(FP) AX\n\tMOVQ AX, ret+16(FP)\n\tRET\n',
      'x.s:2:15: a comma is missing in front of AX\n\tMOVQ a+0(FP) AX\n\t             ^',
    ],
    // What a macro stands for is not what the user has written, and of an instruction with a hole in it nothing else is said.
    [
      '#include "textflag.h"\nTEXT ·Add(SB) NOSPLIT|NOFRAME, $0-24\n\tMOVQ AX, ret+16(FP)\n\tRET\n',
      'x.s:2:15: a comma is missing in front of NOSPLIT\nTEXT ·Add(SB) NOSPLIT|NOFRAME, $0-24\n              ^',
    ],
    [
      '#define FOUR $4\n#define PLUS(x) ADDQ x\nTEXT ·Add(SB), 4, $0-24\n\tMOVQ AX FOUR\n\tPLUS(FOUR) AX\n\tMOVQ AX, ret+16(FP)\n\tRET\n',
      'x.s:4:10: a comma is missing in front of FOUR\n\tMOVQ AX FOUR\n\t        ^\nx.s:5:13: a comma is missing in front of AX\n\tPLUS(FOUR) AX\n\t           ^',
    ],
    ['TEXT ·Add(SB), 4, $0-24\n\tMOVQ AX, ret+16(FP)\n\tRET\nTEXT Add(SB), 4, $0\n\tRET\n', ''],
  ])("of a function's head come alone: %s", (text, message) => {
    expect(problems(text, 'func Add(a, b int) int\n')).toBe(message);
  });

  it.each([
    ['ADDQ 5, AX', 7, '5 without $ is the memory at that address (did you mean $5?)'],
    ['MOVQ AX, 0x10', 11, '16 without $ is the memory at that address (did you mean $16?)'],
    ['CALL 5', 7, '5 without $ is the memory at that address (did you mean $5?)'],
    ['XORL BP, BP', 2, 'BP, the frame pointer, is overwritten and has not been saved (PUSHQ BP and POPQ BP around it, or a frame: $8)'],
    ['ADDQ $5, AX; MOVQ 5(AX), BX; PUSHQ BP; MOVQ AX, BP; POPQ BP', 0, ''],
  ])('are warnings where Go takes it: %s', (line, column, message) => {
    const { warnings } = build(inFunction(line));
    expect(warnings.map(each => `${each.line}:${each.column} ${each.message} (${each.suggestion})`)).toEqual(
      message === '' ? [] : [`2:${column} warning: ${message}`],
    );
  });

  it.each([
    ['', '1:1 warning: runtime.f ends without RET'],
    ['MOVQ AX, BX', '2:1 warning: runtime.f ends without RET'],
    ['JEQ out\nout:', '3:1 warning: runtime.f ends without RET'],
    ['RET\nNOP', ''],
    ['JMP AX', ''],
    ['UNDEF', ''],
    ['CALL ·f(SB)', ''],
  ])('warn of an end without RET: %s', (body, message) => {
    const { warnings } = build(`TEXT ·f(SB), 0, $0\n${body}\n${MORESTACK}`);
    expect(warnings.map(each => `${each.line}:${each.column} ${each.message}`)).toEqual(message === '' ? [] : [message]);
  });

  it('of flags come alone: the function or datum begins nevertheless', () => {
    expect(problems('TEXT ·f(SB), NOSPLT|NOFRAME, $0\n\tCALL ·f(SB)\n\tRET\nGLOBL ·x(SB), RODATA|NOPTTR, $8\n')).toBe(
      [
        'x.s:1:14: NOSPLT is not a known constant (did you mean NOSPLIT?)',
        'TEXT ·f(SB), NOSPLT|NOFRAME, $0',
        '             ^',
        'x.s:4:22: NOPTTR is not a known constant (did you mean NOPTR?)',
        'GLOBL ·x(SB), RODATA|NOPTTR, $8',
        '                     ^',
      ].join('\n'),
    );
  });

  it.each([
    ['int', 'RET, and nothing has written the 8 bytes of the result (MOVQ AX, ret+8(FP) would)'],
    ['bool', 'RET, and nothing has written the 1 byte of the result (MOVB AX, ret+8(FP) would)'],
    ['(string, int)', 'RET, and nothing has written the 16 bytes of the result (it is made of ret_base+8(FP), ret_len+16(FP))'],
    ['struct{}', ''],
    ['(r int)', ''],
  ])('know that a result is written: %s', (result, message) => {
    const said = message === '' ? '' : `x.s:2:2: ${message}\n\tRET\n\t^`;
    expect(problems('TEXT ·f(SB), 4, $0\n\tRET\n', `func f(a int) ${result}\n`)).toBe(said);
  });

  it.each([
    [
      'a macro of itself',
      '#define A A0 A0\n#define A0 A1 A1\n#define A1 A2 A2 A2\n#define A2 A3 A3 A3 A3\n#define A3 ' +
        'x '.repeat(900) +
        `\n${inFunction('A')}`,
      'expands without end',
    ],
    [
      'empty macros without number',
      `${Array.from({ length: 60 }, (_, i) => `#define A${i} A${i + 1} A${i + 1}`).join('\n')}\n#define A60\n${inFunction('A0')}`,
      'expands without end',
    ],
    ['deep parentheses', inFunction(`MOVQ $${'('.repeat(100_000)}1, AX`), 'nested too deep'],
    ['signs without end', inFunction(`MOVQ $${'-'.repeat(100_000)}1, AX`), 'nested too deep'],
    ['a constant beyond all bounds', inFunction('MOVQ $1<<1000000000, AX'), 'a shift by 1000000000 is none of 64 bits'],
    ['no number', inFunction('MOVQ $0x_, AX'), '0x_ is no number'],
    ["a property of JavaScript's", inFunction('MOVQ $(constructor), AX'), 'constructor is not a known constant'],
    ['a frame beyond all memory', 'TEXT ·f(SB), 4, $0x7ffffffffffffff8\n\tRET\n', 'is too large'],
    ['a symbol beyond all memory', `GLOBL x(SB), 16, $1<<60\n${inFunction('NOP')}`, 'cannot be'],
    ['a width below nothing', `DATA x+0(SB)/-1, $1\nGLOBL x(SB), 16, $8\n${inFunction('NOP')}`, '-1 bytes are no width'],
    ['a long word', inFunction('A'.repeat(100_000)), /^x\.s:2:2: unknown instruction A{100,200}…\n\tA{100,200}…\n\t\^$/],
    ['a comment that does not end', `${inFunction('NOP')}/*`, 'comment is not closed'],
  ])('%s', (_, text, message) => {
    const said = problems(text);
    if (typeof message === 'string') expect(said).toContain(message);
    else expect(said).toMatch(message);
  });

  it('of a file that includes itself are said once', () => {
    const text = '#include "a.h"\n';
    const run = () => assemble({ sources: [{ file: 'a.s', text }], includes: () => ({ file: 'a.h', text: `${text}${text}` }) });
    expect(run).toThrow(/^a\.h:1:10: includes are nested deeper than 16 \(does a file include itself\?\)\n/);
    expect(run).not.toThrow(/deeper(?:.|\n)*deeper(?:.|\n)*deeper/);
  });
});

describe('data', () => {
  it('hold the bytes of strings as Go does: UTF-8, and bytes as escaped', () => {
    const { segments } = assemble({
      sources: [
        {
          file: 'a.s',
          text: 'DATA ·s+0(SB)/10, $"ä\\xff\\u00e4\\101\\n€"\nGLOBL ·s(SB), 24, $12\nTEXT ·f(SB), 4, $0\n\tRET\n',
        },
      ],
    });
    expect(Buffer.from(segments.find(segment => segment.name === 'rodata')!.bytes).toString('hex')).toBe('c3a4ffc3a4410ae282ac0000');
  });
});
