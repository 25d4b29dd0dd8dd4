import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SyntaxNode } from './ast.js';
import { ExpressionError } from './errors.js';
import { parseAssignment, parseExpression } from './parser.js';

/** The tree with every operation in brackets. */
function shape(node: SyntaxNode): string {
  switch (node.kind) {
    case 'pinned':
      return `@${node.place.address}`;
    case 'conditional':
      return `(${shape(node.condition)} ? ${shape(node.yes)} : ${shape(node.no)})`;
    case 'integer':
    case 'rune':
    case 'float':
    case 'imaginary':
      return String(node.value);
    case 'string':
      return JSON.stringify(Buffer.from(node.value).toString());
    case 'name':
      return node.name;
    case 'register':
      return `$${node.name}`;
    case 'quoted':
      return `'${node.name}'`;
    case 'paren':
      return shape(node.inner);
    case 'selector':
      return `${shape(node.operand)}.${node.name}`;
    case 'index':
      return `${shape(node.operand)}[${node.indices.map(shape).join(',')}]`;
    case 'slice':
      return `${shape(node.operand)}[${[node.low, node.high, node.max].map(each => (each ? shape(each) : '')).join(':')}]`;
    case 'assert':
      return `${shape(node.operand)}.(${shape(node.type)})`;
    case 'call':
      return `${shape(node.callee)}(${node.args.map(shape).join(',')})`;
    case 'unary':
      return `(${node.operator}${shape(node.operand)})`;
    case 'binary':
      return `(${shape(node.left)}${node.operator}${shape(node.right)})`;
    case 'cast':
      return `<${shape(node.type)}>${shape(node.operand)}`;
    case 'sizeof':
      return `sizeof(${shape(node.operand)})`;
    case 'literal':
      return `${shape(node.type)}{${node.elements.map(({ key, value }) => (key ? `${shape(key)}:` : '') + shape(value)).join(',')}}`;
    case 'array-type':
      return `[${node.length ? shape(node.length) : ''}]${shape(node.elem)}`;
    case 'map-type':
      return `map[${shape(node.key)}]${shape(node.elem)}`;
    case 'spelled-type':
      return node.text;
    case 'c-type':
      return node.name;
    case 'c-pointer':
      return `${shape(node.elem)}*`;
  }
}

const parsed: readonly (readonly [string, string])[] = [
  ['a + b * c', '(a+(b*c))'],
  ['a | b & c == d', '((a|(b&c))==d)'],
  ['a && b || c', '((a&&b)||c)'],
  ['-a.b[1]', '(-a.b[1])'],
  ['*p.x', '(*p.x)'],
  ['*(*runtime.g)(R14)', '(*(*runtime.g)(R14))'],
  ['(*runtime.g)($r14).m.curg.racectx', '(*runtime.g)($r14).m.curg.racectx'],
  ["('runtime.g'*)$r14", "<'runtime.g'*>$r14"],
  ["(('runtime.g' *)$r14)->racectx", "<'runtime.g'*>$r14.racectx"],
  ['*(long*)($r14+0x140)==0', '((*<long*>($r14+320))==0)'],
  ['(char *)$rdi', '<char*>$rdi'],
  ['(unsigned long)x + 1', '(<unsigned long>x+1)'],
  ['(struct stat *)p', '<struct stat*>p'],
  ['(x) - 1', '(x-1)'],
  ['(uint8)$rdi', '<uint8>$rdi'],
  ['(a*b)', '(a*b)'],
  ['x.(*main.T).A', 'x.((*main.T)).A'],
  ['x.(data)', 'x.(data)'],
  ['main.(*T).Method', 'main.((*T)).Method'],
  ['"crash/trace".T', '"crash/trace".T'],
  ['a[1:2:3]', 'a[1:2:3]'],
  ['a[:]', 'a[::]'],
  ['m["k"][2]', 'm["k"][2]'],
  ['[]byte(s)', '[]byte(s)'],
  ['map[string][]int', 'map[string][]int'],
  ['main.Map[int, []string]', 'main.Map[int,[]string]'],
  ['main.Map[go.shape.*uint8_0,go.shape.int]', 'main.Map[go.shape.*uint8_0,go.shape.int]'],
  ['main.Key{X: 1, Y: 2}', 'main.Key{X:1,Y:2}'],
  ['0x_ff + 0b11 + 0o17 + 017 + 1_000', '((((255+3)+15)+15)+1000)'],
  ['1e3 + .5 + 0x1p4', '((1000+0.5)+16)'],
  ["'a' + '\\n' + '\\x41'", '((97+10)+65)'],
  ['*p @ 4', '((*p)@4)'],
  ['__tsan::ctx', '__tsan::ctx'],
  ['chan int', 'chan int'],
  ['func(int) string', 'func(int) string'],
  ['sizeof(struct foo)', 'sizeof(struct foo)'],
  ['~r0', '~r0'],
  ['~x', '(~x)'],
];

const refused: readonly (readonly [string, number, RegExp])[] = [
  ['', 0, /expected a value/],
  ['1 +', 3, /expected a value, but the expression ends/],
  ['(1', 2, /expected "\)"/],
  ['a b', 2, /found "b"/],
  ['a = 1', 2, /set command/],
  ['"abc', 0, /closing "/],
  ['x.', 2, /field or method name/],
  ['x[', 2, /expected a value/],
  ['#', 0, /unexpected character/],
  ['12ab', 0, /not a number/],
  ['0x', 0, /not a number/],
  ['$', 0, /register name/],
  ["'", 0, /closing '/],
  ['"\\q"', 1, /unknown escape/],
  ['('.repeat(1000), 200, /nested too deeply/],
];

describe('the expression grammar', () => {
  it.each(parsed)('reads %s', (source, tree) => {
    expect(shape(parseExpression(source).root)).toBe(tree);
  });

  it.each(refused)('refuses %s at the right column', (source, column, message) => {
    expect(() => parseExpression(source)).toThrowError(expect.objectContaining({ column, message: expect.stringMatching(message) }));
  });

  it('splits assignments', () => {
    const { target, value } = parseAssignment('*(*uint64)(0x10) = a == b');
    expect([shape(target), shape(value)]).toEqual(['(*(*uint64)(16))', '(a==b)']);
    expect(() => parseAssignment('a')).toThrowError(expect.objectContaining({ column: 1 }));
  });

  it('answers any text with a tree or a column in it', () => {
    const pieces = [
      'a',
      '$rdi',
      '"s"',
      "'x'",
      '1',
      '.',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '*',
      '&',
      '-',
      '->',
      ':',
      ',',
      ' ',
      'map',
      'chan',
      'func',
      'struct',
      '0x',
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 12 }), parts => {
        const source = parts.join('');
        try {
          const { root } = parseExpression(source);
          return root.start >= 0 && root.end <= source.length;
        } catch (error) {
          return error instanceof ExpressionError && error.column >= 0 && error.column <= source.length;
        }
      }),
      { numRuns: 3000 },
    );
  });
});
