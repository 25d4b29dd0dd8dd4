import { expect, test } from 'vitest';
import { DEFAULT_FLAGS, parseGorace } from './gorace.js';
import { metSuppressionsText, parseSuppressions, suppressionOf } from './suppressions.js';

/** Values, and what the race runtimes of Go 1.19 and 1.26 do with them; test/race asks them again. */
test.each([
  ['', undefined, ''],
  ['exitcode=abc', 0, "ERROR: Invalid value for int option: 'abc'\nThreadSanitizer: ERROR: Flag parsing failed.\n"],
  ['exitcode=5x', 5, "ERROR: Invalid value for int option: '5x'\nThreadSanitizer: ERROR: Flag parsing failed.\n"],
  ['exitcode=7 foo', 7, "ThreadSanitizer: ERROR: expected '=' in GORACE\n"],
  ["log_path='x", 66, 'ThreadSanitizer: ERROR: unterminated string\n'],
  ['halt_on_error=2', 66, "ERROR: Invalid value for bool option: '2'\nThreadSanitizer: ERROR: Flag parsing failed.\n"],
  ['history_size=x', 66, "ERROR: Invalid value for uptr option: 'x'\nThreadSanitizer: ERROR: Flag parsing failed.\n"],
  ['io_sync=3', 66, 'ThreadSanitizer: incorrect value for io_sync (must be [0..2])\n'],
  ['nosuch=1', undefined, ''],
  ['nosuch=1,verbosity=1', undefined, 'WARNING: found 1 unrecognized flag(s):\n    nosuch\n'],
])('GORACE=%s', (text, status, said) => {
  expect(parseGorace(text)).toMatchObject({ status, said });
});

test('values', () => {
  const { flags } = parseGorace(
    `report_bugs=no:halt_on_error=yes\texitcode=-1,strip_path_prefix="a b" history_size=8 exitcode= log_path='x'`,
  );
  expect(flags).toEqual({
    ...DEFAULT_FLAGS,
    report_bugs: false,
    halt_on_error: true,
    exitcode: 0,
    strip_path_prefix: 'a b',
    history_size: 8,
    log_path: 'x',
  });
  expect(parseGorace('suppress_equal_addresses=0').flags.suppress_equal_addresses).toBe(true);
  expect(parseGorace('suppress_equal_addresses=0', 'v3-1.19').flags.suppress_equal_addresses).toBe(false);
});

test('the history of v2 has eight sizes, and another default', () => {
  expect(parseGorace('', 'v2').flags.history_size).toBe(1);
  expect(parseGorace('history_size=7', 'v2').status).toBeUndefined();
  for (const value of ['8', '-1']) {
    expect(parseGorace(`history_size=${value}`, 'v2')).toMatchObject({
      status: 66,
      said: 'ThreadSanitizer: incorrect value for history_size (must be [0..7])\n',
    });
  }
});

test('what the model does not heed is named', () => {
  expect(parseGorace('color=never stop_on_start=1 include=/x').withoutEffect).toEqual(['stop_on_start', 'include']);
});

test('suppressions', () => {
  const frame = (name: string) => ({ function: name, file: `/src/${name}.go`, line: 1, offset: 0 });
  const stacks = [[frame('main.get'), frame('main.main')], [frame('main.set')]];
  const suppressed = (text: string): boolean => suppressionOf(parseSuppressions(text)!, stacks) >= 0;
  expect(suppressed('race:main.main')).toBe(true);
  expect(suppressed('race_top:main.main')).toBe(false);
  expect(suppressed('  race_top:main.set \r\n')).toBe(true);
  expect(suppressed('# race:main.main\nthread:main.main\n')).toBe(false);
  expect(suppressed('race:^in.set')).toBe(false);
  expect(suppressed('race:^main*et$')).toBe(true);
  expect(suppressed('race:src/*.go$')).toBe(true);
  expect(parseSuppressions('races:x')).toBeUndefined();
  // The innermost frame's is met, wherever it stands.
  const both = parseSuppressions('race:main.main\nrace:main.get\n')!;
  expect(suppressionOf(both, stacks)).toBe(1);
  expect(metSuppressionsText(both, at => 3 * at, 7)).toBe('ThreadSanitizer: Matched 3 suppressions (pid=7):\n3 race:main.get\n');
  expect(metSuppressionsText(both, () => 0, 7)).toBe('');
});
