/** `r14 asm FILE.s --call`: functions called with Go values, under each convention. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.js';
import { elfBytes } from '../../src/asm/elf.js';
import { CallError, invocation } from '../../src/asm/invoke.js';
import { assembleFile, returnedText } from '../../src/cli/asm.js';
import { startProcess } from '../../src/linux/process.js';

const TYPES = `package main
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
const path = join(folder, 'a.s');
writeFileSync(path, SOURCE);
writeFileSync(join(folder, 'types.go'), TYPES);

function called(call: string): string | undefined {
  const assembly = assembleFile(path, call)!;
  const nothing = () => undefined;
  const process = startProcess({ path, args: [path], stdout: nothing, stderr: nothing, program: elfBytes(assembly.program) });
  process.run({ budget: 10_000 });
  return returnedText(assembly, process.memory);
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
    ['Pair(-7)', '= {-7 -7}'],
    ['Not(true)', '= false'],
    ['Byte(255)', '= -1'],
    ['Nothing()', '(no results)'],
    ['CAdd(40,2)', '= 42'],
  ])('%s %s', (call, result) => {
    expect(called(call)).toBe(result);
  });
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
    ['Add(2,3', 7, 'a comma or ) is expected here'],
    ['Add(2,)', 6, 'a value is expected here: a number, "text", \'c\', true, false or nil'],
    ['Add 2', 0, 'a call looks like Add(2, 3)'],
    ['Len(nil)', 4, 'nil is no string'],
  ])('%s', (call, at, message) => {
    expect(() => invocation(program, call)).toThrow(new CallError(call, at, message));
  });
});
