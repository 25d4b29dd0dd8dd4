/** Variables of code that the compiler optimised: in registers, in pieces, and gone. */
import { describe, expect, it } from 'vitest';
import { buildGo, MATRIX, missing } from '../support/build.js';
import { fixture } from './fixture.js';

const releases = MATRIX.map(name => ({ name, why: missing(name) }));

describe.each(releases)('expressions in optimised code of $name', ({ name, why }) => {
  const test = it.skipIf(why !== undefined);
  const note = why === undefined ? '' : ` (skipped: ${why})`;

  test(`reads arguments from registers and the stack at a function's entry${note}`, () => {
    const { p } = fixture(buildGo('values', { toolchain: name }), 'main.callee', ["break *'main.callee'", 'run'], 'entry');
    expect(['n', 's', 'list', 'tt', 'p', 'x'].map(each => p(each))).toEqual([
      '7',
      '"hi"',
      '[]int len: 5, cap: 5, [20,40,60,80,100]',
      'main.T {A: 1, B: *main.U {Name: "inner"}}',
      '*main.T {A: 1, B: *main.U {Name: "inner"}}',
      '2.5',
    ]);
    expect(p('n == 7 && RAX == 7 && s[0] == 104 && len(list) == 5')).toBe('true');
    expect(p('&n')).toMatch(/^0: cannot take the address of n: it is not in memory/);
  });

  test(`says what is gone, and shows the parts that are left${note}`, () => {
    const { p } = fixture(buildGo('values', { toolchain: name }), 'main.callee');
    expect(p('s')).toBe('<optimized out>');
    expect(p('s + "x"')).toBe('2: the value is optimized out');
    expect(p('len(s)')).toBe('0: the value is optimized out');
    expect(p('tt')).toMatch(/^main\.T \{A: -?\d+, B: <optimized out>\}$/);
    expect(p('tt.B.Name')).toMatch(/optimized out/);
    expect(p('RCX')).toBe('<clobbered>');
    expect(p('RCX + 1')).toMatch(/the value is clobbered/);
    expect(p('(*main.T)(RCX)')).toMatch(/the value is clobbered/);
  });
});
