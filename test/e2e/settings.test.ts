import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runR14 } from '../support/build.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-'));
const file = join(folder, 'r14/settings');
mkdirSync(join(folder, 'r14'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `config` commands in a batch, which does not run the settings file, and returns what is in the file then. */
function saved(before: readonly string[], ...commands: readonly string[]): readonly string[] {
  writeFileSync(file, before.map(line => `${line}\n`).join(''));
  const flags = [...commands, 'config -save'].flatMap(command => ['-ex', command]);
  const { status, stderr } = runR14(['exec', '--batch', ...flags, 'closures'], '', { XDG_CONFIG_HOME: folder });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

it('config -save keeps what a session that has not read the file says nothing of', () => {
  const before = [
    '# mine',
    'config theme light',
    'config max-string-len 99',
    'config substitute-path "/a" "/b"',
    'config alias continue go',
  ];
  expect(saved(before, 'config max-string-len 77', 'config substitute-path /c /d')).toEqual([
    '# mine',
    'config theme light',
    'config substitute-path "/a" "/b"',
    'config alias continue go',
    'config max-string-len 77',
    'config substitute-path "/c" "/d"',
  ]);
});

it('config -save replaces what the session says otherwise, were it the default', () => {
  const before = ['config theme light', 'config substitute-path "/a" "/b"', 'config alias continue go'];
  expect(saved(before, 'config theme dark', 'config substitute-path /a /e', 'config alias step go')).toEqual([
    'config substitute-path "/a" "/e"',
    'config alias step go',
  ]);
});

it.each([
  [
    'a refused value changes nothing',
    ['config theme light'],
    ['config max-string-len 77'],
    ['config theme light', 'config max-string-len 77'],
  ],
  [
    'paths with blanks are whole',
    ['config substitute-path "/a b" "/x"', 'config substitute-path "/a c" "/y"'],
    ['config substitute-path "/a b" "/z"'],
    ['config substitute-path "/a c" "/y"', 'config substitute-path "/a b" "/z"'],
  ],
  [
    'beginnings of names, and gdb names',
    ['config th light', '', 'set listsize 98', 'display rax'],
    ['config theme dark', 'set listsize 5'],
    ['', 'display rax'],
  ],
] as const)('config -save: %s', (_, before, commands, after) => {
  expect(saved(before, ...commands)).toEqual(after);
});

it('config -save writes nothing over a file that it cannot read', () => {
  const bytes = Buffer.from('# caf\xe9\n', 'latin1');
  writeFileSync(file, bytes);
  const { status, stderr } = runR14(['exec', '--batch', '-ex', 'config -save', 'closures'], '', { XDG_CONFIG_HOME: folder });
  expect({ status, bytes: readFileSync(file) }).toEqual({ status: 1, bytes });
  expect(stderr).toMatch(/cannot read .*r14\/settings: /);
});

it('show version prints the version that r14 --version prints', () => {
  const shown = runR14(['exec', '--batch', '-ex', 'show version', 'closures']);
  expect({ status: shown.status, output: shown.stdout }).toEqual({ status: 0, output: `${runR14(['--version']).stdout.split(' (')[0]}\n` });
  expect(shown.stdout).toMatch(/^r14 \d+\.\d+/);
});
