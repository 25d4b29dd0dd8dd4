/** `r14 asm` as teachers and their scripts use it: several files and calls, statuses, reasons, results as data, piped commands, the bundled runtime. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCommandLine, usage } from '../../src/cli/flags.js';
import { runR14 } from '../support/build.js';
import { debugFiles } from '../support/debug.js';

const DIV = `#include "textflag.h"
TEXT ·Div(SB), NOSPLIT, $0-32
	MOVQ a+0(FP), AX
	CQO
	IDIVQ b+8(FP)
	MOVQ AX, q+16(FP)
	MOVQ DX, r+24(FP)
	RET
TEXT ·Scale(SB), NOSPLIT, $0-16
	MOVQ r+0(FP), AX
	MOVQ n+8(FP), CX
	IMULQ rect_w(AX), CX
	MOVQ CX, rect_w(AX)
	RET
TEXT ·Loop(SB), NOSPLIT, $0-0
loop:
	JMP loop
`;
const MORE = `#include "textflag.h"
TEXT ·Twice<ABIInternal>(SB), NOSPLIT, $0-0
	ADDQ AX, AX
	RET
TEXT ·Zero(SB), NOSPLIT, $0-24
	MOVQ list_base+0(FP), DI
	MOVQ list_len+8(FP), CX
	XORL AX, AX
	REP; STOSQ
	RET
// The count of a map is its first word (internal/runtime/maps.Map, since Go 1.24).
TEXT ·Count(SB), NOSPLIT, $0-16
	MOVQ m+0(FP), AX
	MOVQ (AX), AX
	MOVQ AX, ret+8(FP)
	RET
TEXT ·Same<ABIInternal>(SB), NOSPLIT, $0-0
	RET
TEXT CClobber(SB), NOSPLIT, $0-0
	XORL R14, R14
	PCMPEQB X15, X15
	MOVQ $7, AX
	RET
`;
const TYPES = `package main
type rect struct { w, h int }
type point struct { x int8; y float64 }
func Div(a, b int) (q, r int)
func Scale(r *rect, n int)
func Loop()
func Twice(n int) int
func Zero(list []int)
func Count(m map[string]int) int
func Same(m map[string]point) map[string]point
//r14:abi C
func CClobber() int
`;
const WORKERS = `#include "textflag.h"
DATA text<>+0(SB)/8, $"working\\n"
GLOBL text<>(SB), RODATA, $8
TEXT ·worker<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ $1, AX
	LEAQ text<>(SB), BX
	MOVL $8, CX
	CALL runtime·write1<ABIInternal>(SB)
	RET
DATA fn<>+0(SB)/8, $·worker<ABIInternal>(SB)
GLOBL fn<>(SB), RODATA, $8
TEXT ·main(SB), NOSPLIT, $8-0
	LEAQ fn<>(SB), AX
	CALL runtime·newproc<ABIInternal>(SB)
	CALL runtime·Gosched<ABIInternal>(SB)
	RET
TEXT ·Stored<ABIInternal>(SB), NOSPLIT, $8-0
	MOVQ AX, n-8(SP)
	MOVQ $8, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ n-8(SP), CX
	MOVQ CX, (AX)
	RET
`;

const folder = mkdtempSync(join(tmpdir(), 'r14-asm-'));
const [div, more] = [join(folder, 'div.s'), join(folder, 'more.s')];
const runtime = mkdtempSync(join(tmpdir(), 'r14-asm-'));
const workers = join(runtime, 'workers.s');
beforeAll(() => {
  writeFileSync(div, DIV);
  writeFileSync(more, MORE);
  writeFileSync(join(folder, 'types.go'), TYPES);
  writeFileSync(workers, WORKERS);
  writeFileSync(join(runtime, 'types.go'), 'package main\nfunc worker()\nfunc Stored(n int) *int\n');
});

/** Two goroutines that add to one variable, with nothing between them. */
const RACING = `#include "textflag.h"
GLOBL ·x(SB), NOPTR, $8
DATA f<>+0(SB)/8, $·f<ABIInternal>(SB)
GLOBL f<>(SB), RODATA, $8
TEXT ·main<ABIInternal>(SB), NOSPLIT, $40-0
	LEAQ f<>(SB), AX
	CALL runtime·newproc<ABIInternal>(SB)
	CALL runtime·Gosched<ABIInternal>(SB)
	INCQ ·x(SB) // again
	RET
TEXT ·f<ABIInternal>(SB), NOSPLIT, $8-0
	INCQ ·x(SB)
	RET
TEXT ·Add<ABIInternal>(SB), NOSPLIT, $0-16
	ADDQ BX, AX
	RET
`;
const asm = (files: readonly string[], calls: readonly string[], flags: readonly string[] = [], stdin = '') =>
  runR14(['asm', ...files, ...calls.flatMap(call => ['--call', call]), ...flags], stdin);

describe('r14 asm', () => {
  it('makes several calls of several files in one run, and says what each has returned and changed', () => {
    const calls = ['Div(17, 5)', 'CClobber()', 'Twice(21)', 'Scale(&rect{3, 4}, 5)', 'Zero([]int{1, 2})', 'Scale(&rect{3, 4}, 1)'];
    expect(asm([div, more], calls)).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        'Div(17, 5) = q: 3, r: 2',
        'CClobber() = 7',
        'Twice(21) = 42',
        'Scale(&rect{3, 4}, 5) (no results)',
        '  r is now *main.rect {w: 15, h: 4}',
        'Zero([]int{1, 2}) (no results)',
        '  list is now []int len: 2, cap: 2, [0,0]',
        'Scale(&rect{3, 4}, 1) (no results)',
        '',
      ].join('\n'),
    });
  });

  it('takes and shows maps', () => {
    const calls = [
      'Count(map[string]int{"a": 1, "b": 2})',
      'Same(map[string]point{"p": {1, 2.5}, "q": {y: 1}})',
      'Same(make(map[string]point))',
    ];
    expect(asm([more, div], calls).stdout).toBe(
      [
        'Count(map[string]int{"a": 1, "b": 2}) = 2',
        'Same(map[string]point{"p": {1, 2.5}, "q": {y: 1}}) = map[string]main.point ["p": {x: 1, y: 2.5}, "q": {x: 0, y: 1}, ]',
        'Same(make(map[string]point)) = map[string]main.point []',
        '',
      ].join('\n'),
    );
    expect(asm([more, div], ['Count(map[string]int{"a": 1, "a": 2})']).stderr).toContain('this key stands there twice');
  });

  it('ends a call that crashes with the same status, and the reason, whoever runs it', () => {
    const reason = /SIGFPE in main\.Div\+\d+ at .*div\.s:5, thread 1\n {2}idivq .* divides by zero/;
    for (const [flags, stdin] of [
      [[], ''],
      [['--batch'], ''],
      [['--batch', '-ex', 'continue'], ''],
      [[], 'continue\n'],
    ] as const) {
      const { status, stdout, stderr } = asm([div, more], ['Twice(1)', 'Div(1, 0)'], flags, stdin);
      expect(status).toBe(136);
      expect(stdout + stderr).toMatch(reason);
      expect(stderr).toContain('r14: Div(1, 0) has not returned');
    }
    // What was done before it is told.
    expect(asm([div, more], ['Twice(1)', 'Div(1, 0)']).stdout).toBe('Twice(1) = 2\n');
  });

  it('bounds a call, and measures it', () => {
    const { status, stderr } = asm([div], ['Loop()'], ['--limit', '1000', '--stats']);
    expect(status).toBe(124);
    expect(stderr).toContain('the instruction limit is reached, in main.Loop+0');
    expect(JSON.parse(stderr.trim().split('\n').at(-1)!)).toMatchObject({ instructions: 1000, exit: 124 });
  });

  it('has the results in the data of JSON, without commands too', () => {
    for (const flags of [['--json'], ['--json', '--batch', '-ex', 'continue']]) {
      const { status, stdout } = asm([div], ['Scale(&rect{3, 4}, 2)', 'Div(17, 5)'], flags);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        command: 'continue',
        ok: true,
        data: {
          reason: 'exited',
          status: 0,
          results: [
            { call: 'Scale(&rect{3, 4}, 2)', results: [], changed: [{ name: 'r', type: '*main.rect' }] },
            {
              call: 'Div(17, 5)',
              results: [
                { name: 'q', type: 'int', value: '3' },
                { name: 'r', value: '2' },
              ],
              changed: [],
            },
          ],
        },
      });
    }
    expect(JSON.parse(asm([div], ['Div(1, 0)'], ['--json']).stdout).data).toMatchObject({
      reason: 'signal',
      signal: 'SIGFPE',
      function: 'main.Div',
    });
  });

  it('obeys commands that are piped to it', () => {
    const { stdout, status } = asm([div], ['Div(17, 5)'], [], 'break main.Div\ncontinue\nargs\ncontinue\n');
    expect(stdout).toMatch(/breakpoint 1 in main\.Div.*\na = 17\nb = 5\n.*= q: 3, r: 2\n$/s);
    expect(status).toBe(0);
  });

  it('assembles files anew when the program is started again, and moves breakpoints with them', async () => {
    const at = debugFiles([div, more], ['Div(17, 5)']);
    await at.text('break main.Div');
    await at.text(`break ${div}:7`);
    const first = await at.text('breakpoints');
    writeFileSync(div, DIV.replace('TEXT ·Div', 'TEXT ·First(SB), NOSPLIT, $0-0\n\tRET\nTEXT ·Div'));
    await at.text('restart');
    expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint', function: 'main.Div' });
    expect(await at.text('breakpoints')).not.toBe(first);
    expect(await at.text('list')).toContain('·First');
    writeFileSync(div, DIV.replace('IDIVQ', 'IDIVZ'));
    expect(await at.run('restart')).toMatchObject({
      ok: false,
      output: expect.stringMatching(/^the program stays as it was: .*div\.s:5:2: unknown/),
    });
    expect(await at.text('args')).toContain('a = 17');
    writeFileSync(div, DIV.replaceAll('Div', 'Quotient'));
    expect((await at.run('restart')).output).toContain('there is no function Div');
    writeFileSync(div, DIV);
  });

  it('gives programs the bundled runtime that ask for it', () => {
    const without = asm([workers], []);
    expect(without.status).toBe(2);
    expect(without.stderr).toContain('runtime.newproc<ABIInternal> is not defined');
    expect(without.stderr).toMatch(/r14: --runtime assembles it with r14's small Go runtime.*\n$/);
    for (const race of [[], ['--race=true']]) {
      expect(asm([workers], [], ['--runtime', ...race, '--batch', '-ex', 'continue'])).toMatchObject({
        status: 0,
        stderr: '',
        stdout: expect.stringMatching(/^working\nt=.* the program exited with status 0\n$/),
      });
    }
    expect(asm([workers], ['Stored(-5)', 'Stored(6)'], ['--runtime']).stdout).toBe('Stored(-5) = *-5\nStored(6) = *6\n');
    expect(asm([workers], [], ['--race=true']).stderr).toContain('it wants --runtime');
  });

  it('runs them under the race detector, whose reports name their lines; names of packages that they do not use are theirs', () => {
    const own = join(folder, 'racing');
    mkdirSync(own);
    const file = join(own, 'race.s');
    writeFileSync(join(own, 'types.go'), 'package main\nfunc Add(a, b int) int\n');
    writeFileSync(file, RACING);
    const { status, stderr } = asm([file], [], ['--runtime', '--race=true', '--batch', '-ex', 'continue']);
    expect(status).toBe(66);
    const lines = [...stderr.matchAll(/race\.s:(\d+) /g)].map(([, line]) => RACING.split('\n')[Number(line) - 1]!.trim());
    expect(lines).toEqual(['INCQ ·x(SB) // again', 'INCQ ·x(SB)', 'CALL runtime·newproc<ABIInternal>(SB)']);
    expect(asm([file], ['Add(2, 3)'], ['--runtime', '--race=true'])).toMatchObject({ stdout: '= 5\n', status: 0 });
  });
});

it('the help writes flags with as many dashes as the user does', () => {
  expect(usage()).toMatch(/^ {2}--go RELEASE /m);
  expect(usage()).toMatch(/^ {2}-ex COMMAND /m);
  expect(usage()).toMatch(/^ {2}-x FILE /m);
  expect(parseCommandLine(['asm', 'a.s', 'b.s', '--call', 'F()', '--call', 'G()'])).toMatchObject({
    path: 'a.s',
    paths: ['a.s', 'b.s'],
    command: 'asm',
  });
  expect(() => parseCommandLine(['exec', 'a', 'b'])).toThrow("the program's own arguments stand behind --");
});
