import { expect, test } from 'vitest';
import { environmentFlag, numberFlag, parseCommandLine, sizeFlag, usage } from './flags.js';

test('a whole command line', () => {
  const parsed = parseCommandLine([
    'exec',
    '--batch',
    '-ex',
    'b main',
    '-x',
    'file',
    '-ex=c',
    '--env',
    'A=1',
    '--env',
    'B=x=y',
    './bin',
    '--',
    '-v',
    '--json',
  ]);
  expect(parsed).toMatchObject({ command: 'exec', path: './bin', args: ['-v', '--json'] });
  expect(parsed.script).toEqual([
    { kind: 'ex', text: 'b main' },
    { kind: 'x', text: 'file' },
    { kind: 'ex', text: 'c' },
  ]);
  expect(environmentFlag(parsed)).toEqual({ A: '1', B: 'x=y' });
});

test('a command that can do several things', () => {
  expect(parseCommandLine(['race', 'replay', '--go', '1.19', 'x'])).toMatchObject({ command: 'race', action: 'replay', path: 'x' });
});

test('numbers and sizes', () => {
  const parsed = parseCommandLine(['run', '--limit', '1_000_000', '--memory', '512M', 'x']);
  expect(numberFlag(parsed, 'limit', 1)).toBe(1_000_000);
  expect(sizeFlag(parsed, 'memory')).toBe(512 * 2 ** 20);
  expect(() => numberFlag(parseCommandLine(['run', '--seed', '-1', 'x']), 'seed', 0)).toThrow(/--seed: "-1"/);
  expect(() => sizeFlag(parseCommandLine(['run', '--memory', 'lots', 'x']), 'memory')).toThrow(/512M or 4G/);
});

test('what makes no sense is named', () => {
  expect(() => parseCommandLine(['frob'])).toThrow(/no command "frob"/);
  expect(() => parseCommandLine(['programs', 'x'])).toThrow(/r14 programs takes no argument, not "x"/);
  expect(() => parseCommandLine(['race', 'frob', 'x'])).toThrow(/r14 race can replay, compare, not "frob"/);
  expect(() => parseCommandLine(['exec', '--frob'])).toThrow(/no flag --frob$/);
  expect(() => parseCommandLine(['run', '/usr/bin/wc', '-l'])).toThrow(/no flag -l; what is for the program stands behind --$/);
  expect(() => parseCommandLine(['run', '--batch', 'x'])).toThrow(/not a flag of r14 run/);
  expect(() => parseCommandLine(['exec', 'x', '--limit'])).toThrow(/wants a value/);
  expect(() => parseCommandLine(['exec', 'x', '--batch', '--batch'])).toThrow(/given twice/);
  expect(() => parseCommandLine(['exec', 'x', 'y'])).toThrow(/behind --/);
  expect(() => parseCommandLine(['exec', '--batch=1', 'x'])).toThrow(/takes no value/);
  expect(() => environmentFlag(parseCommandLine(['exec', '--env', 'K', 'x']))).toThrow(/not K=V/);
});

test('the help has every flag', () => {
  for (const flag of [
    '--batch',
    '-ex',
    '-x',
    '--json',
    '--stats',
    '--seed',
    '--cpus',
    '--memory',
    '--limit',
    '--env',
    '--sysroot',
    '--allow-read',
    '--allow-write',
  ]) {
    expect(usage()).toContain(flag);
  }
});
