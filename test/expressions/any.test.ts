/** Whatever is typed gets an answer or a complaint with a place: nothing else is thrown. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EvaluationContext } from '../../src/debugger/evaluate/context.js';
import { ExpressionError } from '../../src/debugger/evaluate/errors.js';
import { evaluate } from '../../src/debugger/evaluate/evaluate.js';
import { parseExpression } from '../../src/debugger/evaluate/parser.js';
import { addressOfResult, printResult, truthOfResult, typeText } from '../../src/debugger/evaluate/result.js';
import { FORMATS } from '../../src/debugger/values/format.js';
import { buildC, buildGo, missing } from '../support/build.js';
import { fixture } from './fixture.js';

const CONSTANTS = ['0', '1', '-1', '3.5', '2i', '"a"', "'x'", '0xffffffffffffffff', '1<<70', '1e300', 'nil', 'true'];
const OPERATORS = ['+', '-', '*', '/', '%', '&', '|', '^', '&^', '<<', '>>', '==', '!=', '<', '>=', '&&', '||', '@'];
const FIELDS = ['A', 'B', 'Name', 'Twice', 'x', 'next', 'uint8', 'float64', 'v2_int64', 'foo', 'items', 'at'];

function expressions(names: readonly string[]): fc.Arbitrary<string> {
  const atom = fc.constantFrom(...names, ...CONSTANTS);
  return fc.letrec<{ any: string }>(tie => {
    const any = tie('any');
    return {
      any: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        atom,
        fc.tuple(any, fc.constantFrom(...OPERATORS), any).map(parts => parts.join(' ')),
        fc.tuple(fc.constantFrom('-', '!', '^', '*', '&', '~'), any).map(parts => parts.join('')),
        any.map(inner => `(${inner})`),
        fc.tuple(any, any).map(([base, index]) => `${base}[${index}]`),
        fc.tuple(any, any, any).map(([base, low, high]) => `${base}[${low}:${high}]`),
        fc.tuple(any, fc.constantFrom(...FIELDS)).map(parts => parts.join('.')),
        fc.tuple(any, any).map(([base, argument]) => `${base}(${argument})`),
        fc.tuple(any, any).map(([base, type]) => `${base}.(${type})`),
      ),
    };
  }).any;
}

function holds(context: EvaluationContext, source: string, format: (typeof FORMATS)[number] | undefined): boolean {
  try {
    const result = evaluate(parseExpression(source), context);
    const text = printResult(context, result, { format }) + typeText(context, result);
    for (const use of [addressOfResult, truthOfResult]) {
      try {
        use(context, result);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
      }
    }
    return !text.includes('[object') && !text.includes('undefined');
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return error.column >= 0 && error.column <= source.length && !error.message.includes('undefined');
  }
}

const GO = [
  'main.t',
  'main.pt',
  'main.m',
  'main.mkey',
  'main.ints',
  'main.arr',
  'main.str',
  'main.i8',
  'main.u64',
  'main.f32',
  'main.c128',
];
const MORE_GO = [
  'main.efpt',
  'main.errt',
  'main.ch',
  'main.fn',
  'main.bad',
  'main.miface',
  'main.shape',
  'main.color',
  'main.Key{1,2}',
  'n',
  's',
];
const WORDS = [
  'RAX',
  '$rsp',
  'RIP',
  'XMM0',
  '$eflags',
  'len',
  'cap',
  'min',
  'real',
  'complex',
  'int',
  'uint8',
  'string',
  '[]byte',
  '(*main.T)',
];
const C = [
  'n',
  'p',
  's',
  'copy',
  'head',
  'first',
  'numbers',
  'grid',
  'text',
  'u',
  'GREEN',
  'letter',
  'd',
  'ld',
  'z',
  'function',
  'pp',
  'buffer',
];
const MORE_C = [
  '(char*)',
  '(long)',
  '(struct node *)',
  'struct point',
  'sizeof(int)',
  'NULL',
  'first.bits',
  '$rdi',
  '$rip',
  '$xmm0',
  'st0',
  'int',
];

const why = missing('go1.26', 'gcc');

describe.skipIf(why)(`any expression${why ? ` (skipped: ${why})` : ''}`, () => {
  const formats = fc.option(fc.constantFrom(...FORMATS), { nil: undefined });

  it('is answered or refused in a Go frame', () => {
    const { context } = fixture(buildGo('values', { gcflags: 'all=-N -l' }), 'main.callee');
    const property = fc.property(expressions([...GO, ...MORE_GO, ...WORDS]), formats, (source, format) => holds(context, source, format));
    expect(fc.check(property, { numRuns: 600, seed: 14 }).counterexample).toBeNull();
  });

  it('is answered or refused in a C frame', () => {
    const { context } = fixture(buildC('values', { flags: ['-g', '-O0', '-no-pie'] }), 'stop', ['break stop', 'run']);
    const property = fc.property(expressions([...C, ...MORE_C]), formats, (source, format) => holds(context, source, format));
    expect(fc.check(property, { numRuns: 3000, seed: 14 }).counterexample).toBeNull();
  });
});
