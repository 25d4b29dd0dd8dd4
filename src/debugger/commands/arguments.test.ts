import { expect, test } from 'vitest';
import { CommandError } from '../errors.js';
import { Arguments, splitOptions, splitWords, unquote } from './arguments.js';

const args = (text: string) => new Arguments(text, 4, '', 'cmd');

test('words keep quotes and brackets together', () => {
  expect(splitWords(`a "b c" m[1, 2] f(x, y)  z`).map(word => word.text)).toEqual(['a', '"b c"', 'm[1, 2]', 'f(x, y)', 'z']);
  expect(splitWords('  x y')[1]).toEqual({ text: 'y', column: 4 });
});

test('columns count from the start of the line, whatever was taken off the front', () => {
  const [first, rest] = args('one   two three').shift();
  expect(first).toBe('one');
  expect(rest.column).toBe(10);
  expect(rest.words().map(word => word.column)).toEqual([10, 14]);
});

test('options end where an expression begins', () => {
  const [flags, rest] = splitOptions(args('-fmt hex -x -1 + RSP'), { '-fmt': true, '-x': false });
  expect([...flags]).toEqual([
    ['-fmt', 'hex'],
    ['-x', ''],
  ]);
  expect(rest.text).toBe('-1 + RSP');
});

test('an unknown option is pointed at', () => {
  const error = (() => {
    try {
      splitOptions(args('-a -zz 1'), { '-a': false });
    } catch (caught) {
      return caught as CommandError;
    }
    return undefined;
  })();
  expect(error).toBeInstanceOf(CommandError);
  expect(error!.column).toBe(7);
  expect(error!.message).toContain('-zz');
});

test('counts are whole numbers', () => {
  expect(args('12').count(1)).toBe(12);
  expect(args('').count(7)).toBe(7);
  expect(() => args('1.5').count(1)).toThrow(/whole number/);
  expect(() => args('0').count(1)).toThrow(/at least 1/);
});

test('only a pair of quotes is taken off', () => {
  expect(unquote('"a b"')).toBe('a b');
  expect(unquote(`'a"`)).toBe(`'a"`);
});
