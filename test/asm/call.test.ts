/** `r14 asm FILE.s --call`: functions called with Go values, under each convention. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.js';
import { elfBytes } from '../../src/asm/elf.js';
import { CallError, invocation } from '../../src/asm/invoke.js';
import { assembleFile } from '../../src/cli/asm.js';
import { callResults } from '../../src/debugger/show/call-results.js';
import { nodePorts } from '../../src/host/node/ports.js';
import { startProcess } from '../../src/linux/process.js';
import { runR14 } from '../support/build.js';

const EXPECTED = 'a value is expected here: a number, "text", \'c\', true, false, nil, T{...}, &T{...}';
const TYPES = `package main
type (
	point struct { x, y int; weight float64 }
	line struct { from, to point; name string }
	node struct { value int32; next *node }
	celsius float32
)
const LIMIT = 40
//r14:type point
var pointType [48]byte
func Points(p point, extra int) (int, float64, point)
func Line(l line) (string, line)
func Sum(list []int32) (sum int32)
func Second(pair [2]uint16) uint16
func Chain(n *node) (int32, int32)
func Box(v any) (any, any)
func Err(e error) error
func Apply(f func(int) int, n int) int
func Twice(n int) int
func Bytes(b []byte) (int, int, byte)
func Complex(c complex128) complex64
func Warm(c celsius) celsius
func Where(p unsafe.Pointer, m map[string]int) uintptr
func Names(names [3]string) string
//r14:abi C
func CSmall(p struct { a int32; b int8; c float32 }) struct { x, y, z byte }
//r14:abi C
func CLarge(l line, n int) line
type pair struct { a int32; b float64 }
func Add(a, b int) int
func Less(a, b int64) (int64, bool)
func Double(x float32) float32
func Len(s string) int
func Same(s string) string
func Pair(a int32) pair
func Not(b bool) bool
func Byte(b uint8) int8
func Nothing()
//r14:abi C
func CAdd(a, b int) int
`;
const SOURCE = `#include "textflag.h"
TEXT ·Points(SB), NOSPLIT, $0-72
	MOVQ p_x+0(FP), AX
	ADDQ p_y+8(FP), AX
	ADDQ extra+24(FP), AX
	MOVQ AX, ret+32(FP)
	MOVSD p_weight+16(FP), X0
	MOVSD X0, ret1+40(FP)
	MOVQ p_y+8(FP), AX
	MOVQ AX, ret2_x+48(FP)
	MOVQ p_x+0(FP), AX
	MOVQ AX, ret2_y+56(FP)
	MOVSD X0, ret2_weight+64(FP)
	RET
TEXT ·Line(SB), NOSPLIT, $0-144
	MOVQ l_name_base+48(FP), AX
	MOVQ AX, ret_base+64(FP)
	MOVQ l_name_len+56(FP), AX
	MOVQ AX, ret_len+72(FP)
	LEAQ l+0(FP), SI
	LEAQ ret1+80(FP), DI
	MOVQ $64, CX
	REP; MOVSB
	RET
TEXT ·Sum<ABIInternal>(SB), NOSPLIT, $0-0
	XORL DX, DX
more:
	DECQ BX
	JLT done
	ADDL (AX)(BX*4), DX
	JMP more
done:
	MOVL DX, AX
	RET
TEXT ·Second<ABIInternal>(SB), NOSPLIT, $0-8
	MOVWLZX 10(SP), AX
	RET
TEXT ·Chain<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ node_next(AX), BX
	MOVL node_value(AX), AX
	MOVL node_value(BX), BX
	RET
TEXT ·Box<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ AX, CX
	MOVQ BX, DI
	RET
TEXT ·Err<ABIInternal>(SB), NOSPLIT, $0-0
	RET
TEXT ·Apply<ABIInternal>(SB), NOSPLIT, $8-0
	MOVQ AX, DX
	MOVQ BX, AX
	MOVQ (DX), CX
	CALL CX
	RET
TEXT ·Twice(SB), NOSPLIT, $0-16
	MOVQ n+0(FP), AX
	ADDQ AX, AX
	MOVQ AX, ret+8(FP)
	RET
TEXT ·Bytes<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ AX, DX
	MOVQ BX, AX
	MOVQ CX, BX
	MOVBLZX (DX), CX
	RET
TEXT ·Complex<ABIInternal>(SB), NOSPLIT, $0-0
	CVTSD2SS X0, X0
	CVTSD2SS X1, X1
	RET
TEXT ·Warm(SB), NOSPLIT, $0-12
	MOVSS c+0(FP), X0
	MOVSS X0, ret+8(FP)
	RET
TEXT ·Where<ABIInternal>(SB), NOSPLIT, $0-0
	ADDQ BX, AX
	RET
TEXT ·Names(SB), NOSPLIT, $0-64
	MOVQ names_1_base+16(FP), AX
	MOVQ AX, ret_base+48(FP)
	MOVQ names_1_len+24(FP), AX
	MOVQ AX, ret_len+56(FP)
	RET
// {a, b} in RDI, {c} in XMM0; the three bytes in AL, AH and the byte above.
TEXT CSmall(SB), NOSPLIT, $0-0
	MOVQ DI, AX
	SHRQ $24, AX
	MOVB DI, AL
	RET
// l on the stack, the result's address in RDI, n in RSI.
TEXT CLarge(SB), NOSPLIT, $0-0
	MOVQ DI, AX
	MOVQ SI, DX
	LEAQ 8(SP), SI
	MOVQ $64, CX
	REP; MOVSB
	MOVQ DX, (AX)
	RET
TEXT ·Add(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
	ADDQ b+8(FP), AX
	MOVQ AX, ret+16(FP)
	RET
TEXT ·Less<ABIInternal>(SB), NOSPLIT, $0-0
	SUBQ BX, AX
	SETLT BX
	RET
TEXT ·Double(SB), NOSPLIT, $0-12
	MOVSS x+0(FP), X0
	ADDSS X0, X0
	MOVSS X0, ret+8(FP)
	RET
TEXT ·Len(SB), NOSPLIT, $0-24
	MOVQ s_len+8(FP), AX
	MOVQ AX, ret+16(FP)
	RET
TEXT ·Same<ABIInternal>(SB), NOSPLIT, $0-0
	RET
TEXT ·Pair<ABIInternal>(SB), NOSPLIT, $0-0
	CVTSL2SD AX, X0
	RET
TEXT ·Not<ABIInternal>(SB), NOSPLIT, $0-0
	XORL $1, AX
	RET
TEXT ·Byte<ABIInternal>(SB), NOSPLIT, $0-0
	RET
TEXT ·Nothing(SB), NOSPLIT, $0-0
	RET
TEXT CAdd(SB), NOSPLIT, $0-0
	LEAQ (DI)(SI*1), AX
	RET
`;
const folder = mkdtempSync(join(tmpdir(), 'r14-call-'));
const MAIN = join(folder, 'a.s');
writeFileSync(MAIN, SOURCE);
writeFileSync(join(folder, 'types.go'), TYPES);

function called(call: string, path = MAIN): string | undefined {
  const assembly = assembleFile(path, call)!;
  const nothing = () => undefined;
  const process = startProcess({
    host: nodePorts,
    path,
    args: [path],
    output: nothing,
    program: elfBytes(assembly.program),
  });
  process.run({ budget: 10_000 });
  return callResults(assembly, process.memory).text;
}

describe('a call returns', () => {
  it.each([
    ['Add(2, 3)', '= 5'],
    ['main.Add(-9, 0x10)', '= 7'],
    ["Add('a', 1_000)", '= 1097'],
    ['Less(1, 9)', '= -8, true'],
    ['Double(0.05)', '= 0.1'],
    ['Len("hello")', '= 5'],
    ['Same("h\u00e4h\\n")', '= "h\u00e4h\\n"'],
    ['Same("")', '= ""'],
    ['Pair(-7)', '= main.pair {a: -7, b: -7}'],
    ['Not(true)', '= false'],
    ['Byte(255)', '= -1'],
    ['Nothing()', '(no results)'],
    ['CAdd(40,2)', '= 42'],
    ['Add(LIMIT, -LIMIT,)', '= 0'],
    ['Add(0b101, 0o17)', '= 20'],
    ["Add('\\n', 'ä')", '= 238'],
    ['Points(point{3, 4, .5}, 100)', '= 107, 0.5, main.point {x: 4, y: 3, weight: 0.5}'],
    ['Points({y: 4}, 1)', '= 5, 0, main.point {x: 4, y: 0, weight: 0}'],
    [
      'Line(line{point{1, 2, 3}, point{weight: 1e3}, "a line"})',
      '= "a line", main.line {from: main.point {x: 1, y: 2, weight: 3}, to: main.point {x: 0, y: 0, weight: 1000}, name: "a line"}',
    ],
    ['Sum([]int32{1, -2, 30})', '= sum: 29'],
    ['Sum([]int32{3: 7, 8})', '= sum: 15'],
    ['Sum(nil)', '= sum: 0'],
    ['Second([2]uint16{7, 65535})', '= 65535'],
    ['Chain(&node{1, &node{value: 2}})', '= 1, 2'],
    ['Box(-5)', '= interface {}(int) -5, interface {}(int) -5'],
    ['Box("x")', '= interface {}(string) "x", interface {}(string) "x"'],
    ['Box(nil)', '= interface {} nil, interface {} nil'],
    ['Box(uint8(200))', '= interface {}(uint8) 200, interface {}(uint8) 200'],
    ['Box(point{1, 2, 3})', `= ${Array(2).fill('interface {}(main.point) {x: 1, y: 2, weight: 3}').join(', ')}`],
    ['Box(&node{value: 9})', `= ${Array(2).fill('interface {}(*main.node) *{value: 9, next: *main.node nil}').join(', ')}`],
    ['Err(nil)', '= interface { ... } nil'],
    ['Apply(Twice, 21)', '= 42'],
    ['Bytes([]byte("\\xffab"))', '= 3, 3, 255'],
    ['Bytes(make([]byte, 2, 10))', '= 2, 10, 0'],
    ['Complex(1.5-2i)', '= (1.5 + -2i)'],
    ['Complex(complex(1, 2))', '= (1 + 2i)'],
    ['Warm(celsius(21.5))', '= 21.5'],
    ['Where(unsafe.Pointer(0x1000), nil)', '= 4096'],
    ['Names([3]string{"a", "b", "c"})', '= "b"'],
    ['CSmall({-2, 3, 1.5})', '= struct { x uint8; y uint8; z uint8 } {x: 254, y: 3, z: 0}'],
    ['CLarge(line{name: "far"}, 77)', /^= main\.line \{from: main\.point \{x: 77, .*, name: "far"\}$/],
  ])('%s %s', (call, result) => {
    if (typeof result === 'string') expect(called(call)).toBe(result);
    else expect(called(call)).toMatch(result);
  });
});

it('the file is of the package that the types.go beside it is of', () => {
  const other = mkdtempSync(join(tmpdir(), 'r14-call-'));
  writeFileSync(join(other, 'a.s'), '#include "textflag.h"\nTEXT ·One(SB), NOSPLIT, $0-8\n\tMOVQ $1, ret+0(FP)\n\tRET\n');
  writeFileSync(join(other, 'types.go'), '// Package x.\npackage x\nfunc One() int\n');
  for (const call of ['One()', 'x.One()']) expect(called(call, join(other, 'a.s')), call).toBe('= 1');
});

it('a name that several packages have is to be said in full', () => {
  const program = assemble({
    sources: [{ file: 'a.s', text: 'TEXT a·F(SB), 4, $0-0\n\tRET\nTEXT b·F(SB), 4, $0-0\n\tRET\n' }],
    declarations: [
      { file: 'a.go', text: 'package a\nfunc F()\n' },
      { file: 'b.go', text: 'package b\nfunc F()\n' },
    ],
  });
  expect(() => invocation(program, 'F()')).toThrow(new CallError('F()', 0, 'F is one of a.F, b.F: say which'));
  expect(invocation(program, 'b.F()').text).toContain('CALL b·F<ABI0>(SB)');
});

describe('a call is refused', () => {
  const program = assemble({
    sources: [{ file: 'a.s', text: SOURCE }],
    declarations: [{ file: 'types.go', text: TYPES }],
  });
  it.each([
    ['Add(2)', 5, 'main.Add takes 2 arguments, not 1'],
    ['Add(1, 2, 3)', 10, 'main.Add takes 2 arguments, not 3'],
    ['Ad(1,2)', 0, 'there is no function Ad (did you mean Add?)'],
    ['Add(2, "x")', 7, '"x" is no int'],
    ['Add(2, 1.5)', 7, '1.5 is no int'],
    ['Byte(256)', 5, '256 does not fit uint8: 0 to 255'],
    ['Add(2,3', 7, 'the closing ) is missing'],
    ['Add(2', 5, 'the closing ) is missing'],
    ['Sum([]int32{1, 2)', 16, 'the closing } is missing in front of )'],
    ['Add(2,)', 6, 'main.Add takes 2 arguments, not 1'],
    ['Add(2,+)', 7, EXPECTED],
    ['Add 2', 0, 'a call looks like Add(2, 3)'],
    ['Len(nil)', 4, 'nil is no string'],
    ['Points(point{1, 2}, 3)', 17, 'main.point has 3 fields, not 2 (or name them: field: value)'],
    ['Points(point{z: 1}, 3)', 13, 'main.point has no field z (did you mean x?)'],
    ['Points(point{wieght: 1}, 3)', 13, 'main.point has no field wieght (did you mean weight?)'],
    ['Points(node{}, 3)', 7, 'main.node is no main.point'],
    ['Points(pont{}, 3)', 7, 'type main.pont is not declared (did you mean main.point?)'],
    ['Second([2]uint16{1, 2, 3})', 16, '[2]uint16 has 2 elements, not 3'],
    ['Second([3]uint16{1, 2, 3})', 7, '[3]uint16 is no [2]uint16'],
    ['Err(5)', 4, 'interface { ... } wants methods, which a call cannot give int; only nil can be passed'],
    ['Sum([]int32{999999999: 1})', 12, 'so many elements are too much for a call'],
    ['Bytes(make([]byte, 1 << 40))', 21, 'expected ), found <<'],
    ['Apply(nosuch, 1)', 6, 'nosuch is no func(int) int'],
    ['Add(2, 1+1)', 7, 'r14 does not compute in a call; write the value'],
    ['Add(1, 2) + 3', 10, 'nothing may follow the call'],
    ['Len("x)', 4, 'string is not closed (add " before the end of the line)'],
  ])('%s', (call, at, message) => {
    expect(() => invocation(program, call)).toThrow(new CallError(call, at, message));
  });
});

it('a session tells of the results when the program ends, or that there are none yet', () => {
  const debug = (...commands: readonly string[]) =>
    runR14(['asm', MAIN, '--call', 'Sum([]int32{1, 2})', '--batch', ...commands.flatMap(command => ['-ex', command])]);
  expect(debug('continue')).toMatchObject({ status: 0, stderr: '' });
  expect(debug('continue').stdout).toMatch(/^t=\d+ {2}the program exited with status 0\n= sum: 3\n$/);
  expect(debug('stepi').stderr).toBe('r14: Sum([]int32{1, 2}) has not returned\n');
});
