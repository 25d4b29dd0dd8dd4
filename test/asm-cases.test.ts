/** The autograder: the same calls as `r14 asm --call` makes, for each of several files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runR14 } from './support/build.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const add = (name: string, body: string, flags = 'NOSPLIT'): string =>
  file(name, `#include "textflag.h"\nTEXT ·Add(SB), ${flags}, $0-24\n${body}\tRET\n`);

file('types.go', 'package main\n\nfunc Add(x, y int) (sum int)\n');
const right = add('right.s', '\tMOVQ x+0(FP), AX\n\tADDQ y+8(FP), AX\n\tMOVQ AX, sum+16(FP)\n');
const wrong = add('wrong.s', '\tMOVQ x+0(FP), AX\n\tSUBQ y+8(FP), AX\n\tMOVQ AX, sum+16(FP)\n');
const loops = add('loops.s', 'again:\n\tJMP again\n');
const faults = add('faults.s', '\tMOVQ 0, AX\n');
const breaks = add('breaks.s', '\tMOVQ x+0(FP), BP\n\tADDQ y+8(FP), BP\n\tMOVQ BP, sum+16(FP)\n', 'NOSPLIT|NOFRAME');
const bad = add('bad.s', '\tNOSUCH AX\n');
const cases = (value: unknown): string => file('cases.json', typeof value === 'string' ? value : JSON.stringify(value));
const two = {
  limit: 100_000,
  cases: [
    { name: 'small', call: 'Add(2, 3)', want: 5 },
    { call: 'Add(-1, 1)', want: ['0'], points: 2 },
  ],
};

describe('r14 asm --cases', () => {
  it('gives each file its own result, whatever the others are', () => {
    const { stdout, status } = runR14(['asm', '--cases', cases(two), right, wrong, loops, faults, breaks, bad]);
    expect(status).toBe(1);
    const lines = stdout.replaceAll(`${folder}/`, '').trimEnd().split('\n');
    expect(lines[0]).toBe('ok    right.s: small  = 5');
    expect(lines[2]).toBe('FAIL  wrong.s: small  -1; wanted 5');
    expect(lines[4]).toMatch(/^FAIL {2}loops\.s: small {2}the instruction limit is reached, in main\.Add/);
    expect(lines[6]).toMatch(/^FAIL {2}faults\.s: small {2}SIGSEGV in main\.Add/);
    expect(lines[8]).toMatch(/^FAIL {2}breaks\.s: small {2}the frame-pointer chain is broken, in main\.Add/);
    expect(lines[10]).toMatch(/^FAIL {2}bad\.s: small {2}bad\.s:3:2: unknown instruction NOSUCH/);
    expect(lines.slice(-6)).toEqual([
      'right.s: 3 of 3',
      'wrong.s: 0 of 3',
      'loops.s: 0 of 3',
      'faults.s: 0 of 3',
      expect.stringMatching(/^breaks\.s: \d of 3$/),
      'bad.s: 0 of 3',
    ]);
  });

  it('takes what --call prints, and only the checks that are wanted', () => {
    const printed = runR14(['asm', '--batch', '--call', 'Add(20, 22)', '-ex', 'continue', right]).stdout;
    const want = /= sum: (\S+)/.exec(printed)![1]!;
    expect(runR14(['asm', '--cases', cases({ cases: [{ call: 'Add(20, 22)', want }] }), right])).toMatchObject({ status: 0 });
    const quiet = { checks: ['alignment'], cases: [{ call: 'Add(2, 3)', want: 5 }] };
    expect(runR14(['asm', '--cases', cases(quiet), breaks])).toMatchObject({ status: 0 });
    expect(runR14(['asm', '--cases', cases({ ...quiet, checks: 'none' }), breaks])).toMatchObject({ status: 0 });
    expect(runR14(['asm', '--cases', cases({ ...quiet, checks: 'all' }), breaks])).toMatchObject({ status: 1 });
  });

  it('prints TAP and JSON', () => {
    expect(runR14(['asm', '--cases', cases(two), '--tap', right]).stdout).toBe('TAP version 13\n1..2\nok 1 - small\nok 2 - Add(-1, 1)\n');
    const rows = runR14(['asm', '--cases', cases(two), '--json', wrong])
      .stdout.trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(rows[0]).toEqual({ file: wrong, name: 'small', call: 'Add(2, 3)', ok: false, got: '-1', want: ['5'], points: 0, of: 1 });
    expect(rows.at(-1)).toEqual({ file: wrong, points: 0, of: 3 });
  });

  it.each([
    ['{', /this is no JSON/],
    ['[]', /the file: an object is wanted/],
    [{ cases: [] }, /cases: an array with at least one case is wanted/],
    [{ cases: [{ call: 'Add(1, 2)' }] }, /cases\[0\]: want is missing/],
    [{ cases: [{ call: 5, want: 1 }] }, /cases\[0\]\.call: a string is wanted, not 5/],
    [{ cases: [{ call: 'Add(1, 2)', want: {} }] }, /cases\[0\]\.want: a string, number or boolean is wanted/],
    [{ cases: [{ call: 'Add(1, 2)', wants: 1 }] }, /cases\[0\]: "wants" is none of name, call, want/],
    [{ cases: [{ call: 'Add(1, 2)', want: 3, limit: -1 }] }, /cases\[0\]\.limit: a whole number of at least 1 is wanted, not -1/],
    [{ checks: ['stack'], cases: [{ call: 'Add(1, 2)', want: 3 }] }, /checks: there is no rule "stack"; there are g, /],
  ])('says what is wrong with %j', (value, problem) => {
    const { stdout, stderr, status } = runR14(['asm', '--cases', cases(value), right]);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(stderr).toMatch(problem);
    expect(stderr.trimEnd()).not.toContain('\n');
  });
});
