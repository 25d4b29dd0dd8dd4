import { beforeEach, describe, expect, it } from 'vitest';
import { buildGo, missing } from '../support/build.js';
import { type Fixture, fixture } from './fixture.js';

const why = missing('go1.26');

/** Statements, then what an expression prints. */
const DONE: readonly (readonly [statement: string, expression: string, text: string])[] = [
  ['main.i8 = -7', 'main.i8', '-7'],
  ['main.u64 = 0xffffffffffffffff', 'main.u64', '18446744073709551615'],
  ['main.b = false', 'main.b', 'false'],
  ['main.f32 = 1.5', 'main.f32', '1.5'],
  ['main.f64 = 3', 'main.f64', '3'],
  ['main.c128 = 2i', 'main.c128', '(0 + 2i)'],
  ["main.r = 'x'", 'main.r', '120'],
  ['main.color = main.Blue', 'main.color', '2'],
  ['main.pt = nil', 'main.pt', '*main.T nil'],
  ['main.pt = &main.tn', 'main.pt.A', '2'],
  ['main.pt = 0x10', 'main.pt == (*main.T)(0x10)', 'true'],
  ['main.t.A = 99', '*main.pt', 'main.T {A: 99, B: *main.U {Name: "inner"}}'],
  ['main.ints[2] = main.ints[0]', 'main.ints', '[]int len: 5, cap: 5, [10,20,10,40,50]'],
  ['main.tn = main.t', 'main.tn.A', '1'],
  ['main.arr = [3]int{7, 8, 9}', 'main.arr', '[3]int [7,8,9]'],
  ['main.str = main.long', 'len(main.str)', '70'],
  ['main.str = ""', 'main.str', '""'],
  ['main.err = nil', 'main.err', 'error nil'],
  ['n = n + 1', 'n', '8'],
  ['counter = 41', 'counter', '41'],
  ['*(*uint64)(&main.u64) = 2', 'main.u64', '2'],
  ['*(*byte)(unsafe.Pointer(&main.i64)) = 1', 'main.i64', '-9223372036854775807'],
  ['main.m["a"] = 5', 'main.m["a"]', '5'],
  ['runtime.curg.goid = 77', '(*runtime.g)(R14).goid', '77'],
];

const REFUSED: readonly (readonly [statement: string, message: string])[] = [
  ['main.i8 = 300', '10: the constant 300 overflows int8'],
  ['main.i8 = "x"', '10: cannot convert the constant "x" to int8'],
  ['main.i8 = main.i16', '10: mismatched types: int8 cannot be set to int16'],
  ['main.pt = main.pint', '10: mismatched types: *main.T cannot be set to *int'],
  ['main.f64 = main.i8', '11: mismatched types: float64 cannot be set to int8'],
  ['main.Green = 1', '0: main.Green cannot be set: it is a constant'],
  ['main.double = 1', '0: main.double cannot be set: it is a function'],
  ['1 = 2', '0: 1 cannot be set: it is a constant'],
  ['main.i8 + 1 = 2', '0: main.i8 + 1 cannot be set: it is a computed value'],
  ['len(main.str) = 2', '0: len(main.str) cannot be set: it is a computed value'],
  ['main.str[0] = 65', '0: main.str[0] cannot be set: strings cannot be changed'],
  ['main.m["zz"] = 5', '0: main.m has no such key'],
  ['main.nilt.A = 5', '10: main.nilt is nil'],
  ['main.bad.A = 5', '13: cannot be set: cannot write 0x0: not mapped'],
  ['foo = 1', '0: could not find symbol value for foo'],
  ['RAX = 1', '6: cannot be set: registers can be set in frame 0 only'],
  ['main.i8 1', '8: expected "=", but found "1"'],
];

describe.skipIf(why)(`set${why ? ` (skipped: ${why})` : ''}`, () => {
  let outer: Fixture;
  let program: string;
  beforeEach(() => {
    program = buildGo('values', { gcflags: 'all=-N -l' });
    outer = fixture(program, 'main.callee');
  });

  it.each(DONE)('%s', (statement, expression, text) => {
    expect(outer.set(statement)).toBe('ok');
    expect(outer.p(expression).replace('Blue (2)', '2')).toBe(text);
  });

  it.each(REFUSED)('%s is refused', (statement, message) => {
    expect(outer.set(statement)).toBe(message);
  });

  it('writes a string over the old one when it fits, and never over read-only data', () => {
    expect(outer.set('main.empty = "x"')).toMatch(/^13: the new string has 1 bytes, the old one only 0/);
    expect(outer.set('main.long = "short"')).toMatch(/^12: the bytes of the old string, at 0x[0-9a-f]+, are read-only data/);
    expect(outer.set('other = "yo"')).toBe('ok');
    expect(outer.p('other')).toBe('"yo"');
  });

  it('sets registers of frame 0, whole and in part', () => {
    const top = fixture(program, 'runtime.breakpoint');
    const was = top.p('RCX');
    expect(top.set('$rax = 1')).toBe('ok');
    expect(top.set('RBX = main.pt')).toBe('ok');
    expect(top.set('RDI = runtime.newproc1')).toBe('ok');
    expect(top.set('$cl = 0x7f')).toBe('ok');
    expect(top.set('XMM0.float64[1] = 2.5')).toBe('ok');
    expect([top.p('RAX'), top.p('RBX == main.pt'), top.p('RDI == runtime.newproc1'), top.p('XMM0.float64[1]')]).toEqual([
      '1',
      'true',
      'true',
      '2.5',
    ]);
    expect(BigInt(top.p('RCX'))).toBe((BigInt(was) & ~0xffn) | 0x7fn);
    expect(top.set('$rax = 1.5')).toBe('7: cannot convert the constant 1.5 to uint64');
  });
});
