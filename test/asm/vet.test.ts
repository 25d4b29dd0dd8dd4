/** What r14 says of arguments, results and the frame pointer against `go vet`'s asmdecl and framepointer: the same lines are wrong. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.js';
import { AssemblyError } from '../../src/asm/diagnostics.js';
import { type GoToolchain, missing, toolchain } from '../support/build.js';
import { shapeLine, shapes } from './table.js';

const reason = missing('go1.26');

/** A function's declaration, and its lines. */
type Body = readonly [declaration: string, ...lines: readonly string[]];

const TYPES = `type pair struct { x int32; y int64; s string }
type one struct { v int64 }
type small uint16
var _ unsafe.Pointer
`;
/** Lines that only one of the two finds wrong, and why. */
const ONLY_R14: readonly { readonly why: string; readonly line: RegExp }[] = [
  { why: 'the address of 8 bytes is cut, and vet compares the value instead', line: /^LEA[WL] / },
  { why: 'vet reads one instruction a line', line: /; / },
];
const ONLY_VET: readonly { readonly why: string; readonly line: RegExp }[] = [
  { why: "vet takes the condition's last letter for the width", line: /^CMOV[WLQ](?:EQ|PL) / },
  { why: 'vet stops in front of the digit, at the L of IMUL', line: /^IMUL3[WQ] / },
  { why: 'vet compares the address of a complex64 with the complex64', line: /^MOVQ \$x\+0\(FP\), AX$/ },
  { why: 'of several blanks vet knows the last', line: /^MOV[LQ] _\+(?:16|24)\(FP\), AX$/ },
  { why: 'vet takes the L of CALL for the width', line: /^CALL / },
];

function source(functions: readonly Body[]) {
  const lines = ['#include "textflag.h"'];
  for (const [declaration, ...body] of functions) {
    // Without a size behind the frame's, nobody compares it.
    lines.push(`TEXT ·${/^\w+/.exec(declaration)![0]}(SB), NOSPLIT, $0`, ...body.map(line => `\t${line}`));
  }
  const declarations = `package p\n\nimport "unsafe"\n\n${TYPES}${functions.map(([declaration]) => `func ${declaration}\n`).join('')}`;
  return { lines, text: `${lines.join('\n')}\n`, declarations };
}

function vet(text: string, declarations: string, analyzer: 'asmdecl' | 'framepointer' = 'asmdecl'): Set<number> {
  const go = toolchain('go1.26') as GoToolchain;
  const folder = mkdtempSync(join(tmpdir(), 'r14-vet-'));
  try {
    writeFileSync(join(folder, 'go.mod'), `module p\n\ngo ${go.language}\n`);
    writeFileSync(join(folder, 'types.go'), declarations);
    writeFileSync(join(folder, 'x_amd64.s'), text);
    const env = { ...process.env, ...go.env, GOOS: 'linux', GOARCH: 'amd64', CGO_ENABLED: '0' };
    const { stderr } = spawnSync(go.go, ['vet', `-${analyzer}`, '.'], { cwd: folder, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
    const found = [...stderr.matchAll(/x_amd64\.s:(\d+):\d+: (?:\[amd64\]|frame pointer)/g)].map(([, line]) => Number(line));
    if (found.length === 0) throw new Error(`go vet: ${stderr}`);
    return new Set(found);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function r14(text: string, declarations: string): Map<number, string> {
  try {
    assemble({ sources: [{ file: 'x.s', text, package: 'p' }], declarations: [{ file: 'types.go', text: declarations }] });
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    return new Map(error.diagnostics.map(({ line, message }) => [line, message]));
  }
  return new Map();
}

/** Lines that one finds wrong and the other right. */
function compare(functions: readonly Body[]) {
  const { lines, text, declarations } = source(functions);
  const theirs = vet(text, declarations);
  const ours = r14(text, declarations);
  const differences = lines.flatMap((whole, index) => {
    const line = whole.trim();
    const [message, wrong] = [ours.get(index + 1), theirs.has(index + 1)];
    if ((message !== undefined) === wrong) return [];
    if (message === undefined) return ONLY_VET.some(known => known.line.test(line)) ? [] : [`${index + 1}: ${line}: only vet`];
    return ONLY_R14.some(known => known.line.test(line)) ? [] : [`${index + 1}: ${line}: ${message}`];
  });
  return { differences, wrong: theirs.size };
}

/** A function for each type, that moves what it has into registers in many ways. */
const LOADS = [
  ...['MOVB', 'MOVW', 'MOVL', 'MOVQ', 'MOVBLZX', 'MOVWQSX', 'MOVLQSX', 'MOVLQZX', 'ADDL', 'ADDQ', 'LEAQ'].map(name => `${name} VALUE, AX`),
  ...['MOVSS', 'MOVSD', 'MOVO', 'MOVOU', 'MOVUPS', 'MOVUPD', 'MOVAPS', 'MOVQ', 'MOVL', 'CVTSQ2SD', 'CVTSL2SS'].map(
    name => `${name} VALUE, X1`,
  ),
  'MOVQ $VALUE, AX',
  'MOVL $VALUE, AX',
  'MOVB AX, VALUE',
  'MOVW AX, VALUE',
  'MOVL AX, VALUE',
  'MOVQ AX, VALUE',
  'MOVSD X1, VALUE',
  'MOVUPS X1, VALUE',
  'SETEQ VALUE',
  'CMPQ VALUE, $1',
  'CMPB VALUE, $1',
  'CALL VALUE',
  'LOCK; XADDL AX, VALUE',
];
const VALUES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    (
      'bool int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr byte rune float32 float64 small unsafe.Pointer ' +
      '*int *pair map[int]int func()'
    )
      .split(' ')
      .map(type => [type, ['x+0']]),
  ),
  'chan int': ['x+0'],
  string: ['x+0', 'x_base+0', 'x_len+8'],
  '[]byte': ['x+0', 'x_base+0', 'x_len+8', 'x_cap+16'],
  any: ['x+0', 'x_type+0', 'x_data+8'],
  error: ['x+0', 'x_itable+0', 'x_data+8'],
  complex64: ['x+0', 'x_real+0', 'x_imag+4'],
  complex128: ['x+0', 'x_real+0', 'x_imag+8'],
  pair: ['x+0', 'x_x+0', 'x_y+8', 'x_s+16', 'x_s_base+16', 'x_s_len+24'],
  one: ['x+0', 'x_v+0'],
  '[2]int32': ['x+0', 'x_0+0', 'x_1+4'],
  '[1]int64': ['x+0', 'x_0+0'],
  '[2]string': ['x+0', 'x_1+16', 'x_1_len+24'],
};

const OTHERS: readonly Body[] = [
  [
    'Mixed(a int32, b int64) (r int64)',
    'MOVQ a+0(FP), AX',
    'MOVL b+8(FP), AX',
    'MOVL AX, r+16(FP)',
    'MOVLQSX a+0(FP), AX',
    'MOVQ AX, r+16(FP)',
    'MOVL b+0(FP), AX',
    'MOVQ c+0(FP), AX',
    'MOVQ a+0(FP)(CX*1), AX',
    'MOVL a+0(FP)(CX*4), AX',
    'MOVQ b+8(FP), AX // a+0(FP)',
    'MOVQ b+8(FP), AX; MOVQ a+0(FP), BX',
    'MOVL a+0(FP), AX; MOVQ a+0(FP), BX',
    'RET',
  ],
  [
    'Unnamed(int, int32) (int, int32, string)',
    'MOVQ arg+0(FP), AX',
    'MOVQ arg0+0(FP), AX',
    'MOVL arg1+8(FP), AX',
    'MOVQ arg1+8(FP), AX',
    'LEAQ argframe+0(FP), AX',
    'LEAQ argframe+8(FP), AX',
    'MOVQ AX, ret+16(FP)',
    'MOVQ AX, ret0+16(FP)',
    'MOVL AX, ret1+24(FP)',
    'MOVQ AX, ret2+32(FP)',
    'MOVQ AX, ret2_len+40(FP)',
    'MOVQ AX, ret_2_len+40(FP)',
    'RET',
  ],
  [
    'Blank(a, b int, _ int32, _ int64) (_ int, c int)',
    'MOVQ a+0(FP), AX',
    'MOVL _+16(FP), AX',
    'MOVQ _+24(FP), AX',
    'MOVQ _+32(FP), AX',
    'MOVL arg2+16(FP), AX',
    'MOVQ ret+32(FP), AX',
    'RET',
  ],
  ['Nothing()', 'RET'],
  ['Writes(a int) int', 'MOVQ AX, ret+8(FP)', 'RET'],
  ['Never(a int) int', 'MOVQ a+0(FP), AX', 'RET'],
  ['NeverTwo(a int) (int, string)', 'RET'],
  ['NeverText(a int) string', 'RET'],
  ['NeverPair(a int) pair', 'RET'],
  ['NeverByte(a int) bool', 'RET'],
  ['NamedRet(a int) (ret int32)', 'RET'],
  ['NamedLater(a, b int, s string) (x, ret int)', 'RET'],
  ['Named(a int) (r int)', 'RET'],
  ['BlankResult(a int) (_ int)', 'RET'],
  ['Jumps(a int) int', 'JMP ·Nothing(SB)'],
  ['JumpsThen(a int) int', 'JMP ·Nothing(SB)', 'RET'],
  ['Calls(a int) int', 'CALL ·Nothing(SB)', 'RET'],
  ['CallsRegister(a int) int', 'CALL AX', 'RET'],
  ['GoesOn(a int) int', 'RET ·Nothing(SB)'],
  ['GoesOnOr(a int) int', 'JEQ other', 'RET ·Nothing(SB)', 'other:', 'RET'],
  ['Reads(a int) int', 'MOVQ ret+8(FP), AX', 'RET'],
  ['Later(a int) int', 'JEQ end', 'RET', 'end:', 'MOVQ AX, ret+8(FP)', 'RET'],
  ['Twice(a int) int', 'JEQ end', 'RET', 'end:', 'RET'],
  ['Address(a int) int', 'LEAQ ret+8(FP), DI', 'RET'],
  ['AddressValue(a int) int', 'MOVQ $ret+8(FP), DI', 'RET'],
  ['Part(a int) string', 'MOVQ AX, ret_len+16(FP)', 'RET'],
  ['Second(a int) (int, int)', 'MOVQ AX, ret1+16(FP)', 'RET'],
  ['Panics(a int) int', 'UNDEF'],
  ['Result() (ret int, err error)', 'MOVQ AX, err_data+16(FP)', 'RET'],
  ['Misplaced(a int) int', 'MOVQ AX, ret+16(FP)', 'RET'],
  ['Loops(a int) int', 'more:', 'JMP more', 'RET'],
];

/** Frames and bodies that have to do with BP. */
const FRAME_POINTERS: readonly (readonly [string, ...string[]])[] = [
  ['$0-8', 'MOVQ a+0(FP), BP'],
  ['$8-8', 'MOVQ a+0(FP), BP'],
  ['$0', 'MOVQ a+0(FP), BP'],
  ['$0-8', 'PUSHQ BP', 'MOVQ a+0(FP), BP', 'POPQ BP'],
  ['$0-8', 'MOVQ BP, AX', 'MOVQ a+0(FP), BP', 'MOVQ AX, BP'],
  ['$0-8', 'XORL BP, BP'],
  ['$0-8', 'ADDQ $1, BP'],
  ['$0-8', 'JEQ x', 'x:', 'MOVQ $1, BP'],
  ['$0-8', 'MOVQ AX, BX', 'MOVQ $1, BP'],
  ['$0-8', 'CALL ·f0(SB)', 'MOVQ $2, BP // a call has a frame'],
  ['$0-8', 'LEAQ (AX), BP'],
  ['$0-8', 'MOVL $1, BP'],
  ['$0-8', 'MOVB $1, BP'],
  ['$0-8', 'CMPQ AX, BP'],
  ['$0-8', 'TESTQ AX, BP'],
  ['$0-8', 'MOVQ AX, (BP)'],
  ['$0-8', 'XCHGQ AX, BP'],
  ['$0-8', 'XCHGQ BP, AX'],
  ['$0-8', 'CMOVQEQ AX, BP'],
  ['$0-8', 'MOVQ BP, x-8(SP)', 'MOVQ AX, BP'],
  ['$0-8', 'MOVQ AX, (BP)', 'MOVQ $1, BP'],
  ['$0-8', 'ADDQ BP, AX', 'MOVQ $1, BP'],
  ['$0-8', 'CMPQ BP, AX', 'MOVQ $1, BP'],
  ['$0-8', 'INCQ BP'],
  ['$0-8', 'RET', 'MOVQ $1, BP'],
  ['$0-8', 'PUSHQ AX', 'MOVQ $1, BP', 'POPQ AX'],
  ['$0-8', 'IMUL3Q $3, AX, BP'],
  ['$0-8', 'SHLQ $1, BP'],
  ['$0-8', 'MOVQ X0, BP'],
  ['$0-8', 'BYTE $1', 'MOVQ $1, BP'],
  ['$0-8', 'MOVQ (AX)(BP*1), CX', 'MOVQ $1, BP'],
];
/** Where vet is wrong: these do not write BP, and a function with a call has saved it. */
const ONLY_VET_FRAME = /CMPQ AX, BP|TESTQ AX, BP|a call has a frame/;

describe.skipIf(reason)(`go vet and r14 find the same lines wrong ${reason ?? ''}`, () => {
  it('of every kind of value and its parts', { timeout: 300_000 }, () => {
    const functions = Object.entries(VALUES).map(
      ([type, parts], index): Body => [
        `f${index}(x ${type})`,
        ...parts.flatMap(part => LOADS.map(load => load.replace('VALUE', `${part}(FP)`))),
      ],
    );
    const { differences, wrong } = compare(functions);
    expect(differences).toEqual([]);
    expect(wrong).toBeGreaterThan(500);
  });

  it('of names, unnamed arguments, and results that nobody writes', () => {
    const { differences, wrong } = compare(OTHERS);
    expect(differences).toEqual([]);
    expect(wrong).toBeGreaterThan(20);
  });

  it('of every instruction that takes memory', { timeout: 300_000 }, () => {
    const memory = '16(BX)';
    const all = shapes()
      .map(shapeLine)
      .filter(line => line.includes(memory));
    const refused = r14(source([['f()', ...all]]).text, 'package p\n');
    // Two lines stand in front of the first.
    const lines = all.filter((_, index) => !refused.has(index + 3)).map(line => line.replaceAll(memory, 'x+0(FP)'));
    const functions = [8, 16, 32, 64].map((bits): Body => [`f${bits}(x int${bits})`, ...lines]);
    const { differences, wrong } = compare(functions);
    expect(differences).toEqual([]);
    expect(wrong).toBeGreaterThan(500);
  });

  it('of a frame pointer that is overwritten', () => {
    const text = `#include "textflag.h"\n${FRAME_POINTERS.map(
      ([frame, ...lines], index) => `TEXT ·f${index}(SB), NOSPLIT, ${frame}\n${lines.map(line => `\t${line}\n`).join('')}\tRET\n`,
    ).join('')}`;
    const lines = text.split('\n');
    const { warnings } = assemble({ sources: [{ file: 'x.s', text, package: 'p' }] });
    const theirs = vet(text, 'package p\n', 'framepointer');
    const known = [...theirs].filter(line => !ONLY_VET_FRAME.test(lines[line - 1]));
    expect(warnings.map(({ line }) => line)).toEqual(known);
    expect(known.length).toBeGreaterThan(15);
    expect(theirs.size - known.length).toBe(3);
  });
});
