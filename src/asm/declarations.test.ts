import { describe, expect, it } from 'vitest';
import { assemble } from './assemble.js';
import { AssemblyError } from './diagnostics.js';

const read = (text: string) =>
  assemble({
    sources: [{ file: 'a.s', text: 'TEXT ·main(SB), 4, $0-0\n\tRET\n' }],
    declarations: [{ file: 'types.go', text: `package main\n${text}` }],
  });

describe('declarations', () => {
  it('of a type descriptor make its datum: size, alignment, kind (reflect.TypeOf in Go tells the same)', () => {
    const { symbols, segments } = read(
      'type pair struct { a int32; b float64 }\n//r14:type *pair\nvar p [48]byte\n//r14:type pair\nvar q [48]byte\n',
    );
    const bytesOf = (name: string): Uint8Array => {
      const { address, size } = symbols.find(symbol => symbol.name === name)!;
      const segment = segments.find(each => address >= each.start && address < each.start + BigInt(each.memorySize))!;
      const at = Number(address - segment.start);
      return segment.bytes.subarray(at, at + size);
    };
    const head = (name: string) => [0, 21, 22, 23].map(at => bytesOf(name)[at]);
    expect(head('main.p')).toEqual([8, 8, 8, 22]);
    expect(head('main.q')).toEqual([16, 8, 8, 25]);
  });

  it.each([
    ['type node struct { next node }', 'type main.node contains itself (a pointer *main.node would end it)'],
    ['type a [2]b\ntype b struct { x a }', 'type main.a contains itself'],
    ['type a a', 'type main.a contains itself'],
    ['type i interface { m()', 'the text ends in the middle of a declaration'],
    ['type t struct { x int', 'the text ends in the middle of a declaration'],
    ['type t unknown', 'type main.unknown is not declared'],
    ['func f(a int', 'expected ,, found the end of the line'],
    ['func f() { return }', 'f has a body'],
    ['//r14:abi Pascal\nfunc f()', 'unknown convention Pascal (use ABIInternal, ABI0, C)'],
    ['//r14:api C\nfunc f()', 'unknown directive //r14:api'],
    ['var x [n]int', 'expected a number, found n'],
  ])('%s', (text, message) => {
    expect(() => read(text)).toThrow(AssemblyError);
    expect(() => read(text)).toThrow(message);
  });

  it('nested without end are an error, whose line is shown only around its place', () => {
    const wrong = () => read(`type deep ${'*'.repeat(100_000)}int`);
    expect(wrong).toThrow('the type is nested too deep');
    expect(wrong).toThrow(/^[^\n]*\n…\*{1,200}…\n +\^$/);
  });

  it('may point to each other, in any order', () => {
    const { declarations } = read(
      'type a struct { next *b; list []a; m map[b]a }\ntype b struct { x int64; of [2]c }\ntype c struct { y int32 }',
    );
    expect(declarations.constants.get('b__size')).toBe(16n);
    expect(declarations.constants.get('a_m')).toBe(32n);
  });
});
