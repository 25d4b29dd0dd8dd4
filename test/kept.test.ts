/** What r14 keeps for its user stands every end of r14, at any moment, and several of r14 at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { changeFile, replaceFile } from '../src/host/node/kept.js';

const root = join(import.meta.dirname, '..');
const all = mkdtempSync(join(tmpdir(), 'r14-'));
const program = join(all, 'saving.mjs');
let folder = '';
let file = '';
let rounds = 0;

beforeAll(async () => {
  const contents = `import { changeFile } from './src/host/node/kept.ts';
    const [file, name, most] = process.argv.slice(2);
    for (let count = 0; count < Number(most); count++) {
      changeFile(file, before => new TextDecoder().decode(before) + name + ' ' + count + ' ' + 'x'.repeat(5000) + '\\n');
      if (count === 0) process.stdout.write('saving\\n');
    }`;
  await build({ stdin: { contents, resolveDir: root, loader: 'ts' }, bundle: true, platform: 'node', format: 'esm', outfile: program });
});
beforeEach(() => {
  folder = join(all, String(rounds++));
  file = join(folder, 'kept');
});
afterAll(() => rmSync(all, { recursive: true }));

const saving = (name: string, most: number): ChildProcess =>
  spawn(process.execPath, [program, file, name, String(most)], { stdio: ['ignore', 'pipe', 'inherit'] });
const ended = (child: ChildProcess) => new Promise(resolve => child.on('exit', resolve));
const LINE = /^(\w+) (\d+) x{5000}$/;

it('has all lines of eight processes that write at once', { timeout: 60_000 }, async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  expect(await Promise.all(names.map(name => ended(saving(name, 20))))).toEqual(Array(8).fill(0));
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const expected = names.flatMap(name => Array.from({ length: 20 }, (_, count) => `${name} ${count}`));
  expect(lines.map(line => LINE.exec(line)!.slice(1).join(' ')).sort()).toEqual(expected.sort());
  expect(readdirSync(folder)).toEqual(['kept']);
});

it('is whole, with all that was kept, after 200 kills at any moment of saving', { timeout: 240_000 }, async () => {
  let before = 0;
  for (let round = 0; round < 25; round++) {
    const children = Array.from({ length: 8 }, (_, index) => saving(`r${round}p${index}`, 1e9));
    const ends = children.map(ended);
    await Promise.race(children.map(child => new Promise(resolve => child.stdout!.once('data', resolve))));
    for (const child of children) {
      await new Promise(resolve => setTimeout(resolve, (round * 7 + children.indexOf(child) * 3) % 17));
      child.kill('SIGKILL');
    }
    await Promise.all(ends);
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.filter(line => !LINE.test(line))).toEqual([]);
    expect(lines.length).toBeGreaterThan(before);
    // Of each process without a gap.
    const next = new Map<string, number>();
    for (const line of lines) {
      const [, name = '', count] = LINE.exec(line)!;
      expect(Number(count)).toBe(next.get(name) ?? 0);
      next.set(name, Number(count) + 1);
    }
    before = lines.length;
    if (before > 300) {
      writeFileSync(file, '');
      before = 0;
    }
  }
  // The last may have left a lock, which does not stop the next.
  changeFile(file, () => 'new\n');
  expect(readFileSync(file, 'utf8')).toBe('new\n');
  expect(readdirSync(folder)).toEqual(['kept']);
});

it('stays as it was where it cannot be written, keeps its mode, and a link stays a link', () => {
  mkdirSync(folder);
  writeFileSync(file, 'old', { mode: 0o640 });
  symlinkSync('kept', join(folder, 'link'));
  replaceFile(join(folder, 'link'), 'new');
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).sort()).toEqual(['kept', 'link']);
  // A name that is as long as a name may be has no place beside it.
  const long = join(folder, 'n'.repeat(255));
  writeFileSync(long, 'old');
  expect(() => replaceFile(long, 'new')).toThrow('ENAMETOOLONG');
  expect(readFileSync(long, 'utf8')).toBe('old');
  replaceFile('/dev/null', 'new');
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  chmodSync(folder, 0o755);
});

it('waits for no process that has ended', () => {
  mkdirSync(folder);
  symlinkSync('4194303', `${file}.lock`);
  writeFileSync(`${file}.4194303.new`, 'half');
  changeFile(file, before => `${before === undefined ? 'nothing' : 'something'} before\n`, 0o600);
  expect(readFileSync(file, 'utf8')).toBe('nothing before\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['kept']);
});
