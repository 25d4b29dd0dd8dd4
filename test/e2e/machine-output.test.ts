/** What scripts read of r14: objects of JSON, TAP, statuses, and claims that fail. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runR14 } from '../support/build.js';
import { openR14 } from '../support/pty.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-output-'));
afterAll(() => rmSync(folder, { recursive: true }));

const objects = (text: string) =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));

describe('JSON', () => {
  it('has one object for each line of a script, the wrong one too, and none besides', () => {
    const script = join(folder, 'script');
    const run = (text: string) => {
      writeFileSync(script, text);
      const { stdout, status } = runR14(['exec', '--batch', '--json', '-x', script, 'closures']);
      return { status, lines: objects(stdout).map(({ command, ok }) => [command, ok]) };
    };
    expect(run('p 1\np nosuch\np 2\n')).toEqual({
      status: 1,
      lines: [
        ['p 1', true],
        ['p nosuch', false],
      ],
    });
    expect(run('if 1 == 1\np 1\nend\n')).toEqual({ status: 0, lines: [['p 1', true]] });
    // What no line of the file is to blame for.
    expect(run('p 1\nif nosuch\nend\n').lines).toEqual([
      ['p 1', true],
      [`source ${script}`, false],
    ]);
    const { stdout } = runR14(['exec', '--batch', '--json', '-x', join(folder, 'none'), 'closures']);
    expect(objects(stdout)).toMatchObject([{ ok: false, data: { error: expect.stringContaining('no such file') } }]);
  });

  it('lists the programs that the text lists', () => {
    const listed = objects(runR14(['programs', '--json']).stdout);
    const text = runR14(['programs']).stdout;
    expect(listed.length).toBe(text.split('\n').filter(line => /^\S/.test(line)).length);
    for (const { name, title, variants, race } of listed) {
      expect(text).toContain(`${name.padEnd(16)} ${title}`);
      expect(variants.length > 0 && typeof race === 'boolean').toBe(true);
    }
  });

  it('has the instructions of a listing', () => {
    const file = join(folder, 'a.s');
    writeFileSync(file, '#include "textflag.h"\nTEXT ·one(SB), NOSPLIT, $0-0\n\tMOVQ $1, AX\n\tRET\nTEXT ·two(SB), NOSPLIT, $0-0\n\tRET\n');
    const rows = objects(runR14(['asm', '--list', '--json', file]).stdout);
    const text = runR14(['asm', '--list', file]).stdout;
    const written = text.split('\n').flatMap(line => {
      const [, number, offset, bytes, instruction] = /^ +(\d+) {2}0x([0-9a-f]+) {2}([0-9a-f]+) +(.*)$/.exec(line) ?? [];
      return number === undefined ? [] : [{ line: Number(number), offset: Number.parseInt(offset!, 16), bytes, text: instruction }];
    });
    expect(written).toHaveLength(3);
    expect(rows.map(({ function: _, file: __, ...rest }) => rest)).toEqual(written);
    expect(rows.map(row => row.function)).toEqual(['main·one', 'main·one', 'main·two'].map(() => expect.any(String)));
  });
});

describe('a lesson that is checked', () => {
  const plain = () => runR14(['lesson', '--check', 'closures']);

  it('says the same in JSON', () => {
    const { stdout, status } = runR14(['lesson', '--check', '--json', 'closures']);
    const steps = objects(stdout);
    const { steps: count, wrong } = steps.pop();
    expect([count, wrong, status]).toEqual([steps.length, 0, 0]);
    const lines = plain().stdout.trim().split('\n').slice(0, -1);
    expect(steps.map(({ line, step, ok }) => `${ok ? 'ok  ' : 'FAIL'} ${String(line).padStart(4)}  ${step}`)).toEqual(lines);
  });

  it('is TAP: a plan, and a line for each step in it', () => {
    const [version, plan, ...lines] = runR14(['lesson', '--check', '--tap', 'closures']).stdout.trim().split('\n');
    expect(version).toBe('TAP version 13');
    expect(plan).toBe(`1..${lines.length}`);
    for (const [index, line] of lines.entries()) expect(line).toMatch(new RegExp(`^ok ${index + 1} - \\d+: `));
    expect(runR14(['lesson', '--check', '--tap', '--json', 'closures'])).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('expect', () => {
  const run = (...commands: string[]) => runR14(['exec', '--batch', ...commands.flatMap(line => ['-ex', line]), 'closures']);

  it('is silent about what is so', () => {
    const { stdout, stderr, status } = run('expect 1 == 1', 'p 5', 'expect shows 5', 'expect shows 5', 'continue', 'expect exit 0');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^5\n42\n[\s\S]*status 0\n$/);
  });

  it.each([
    [['expect 1 + 1 == 3'], /1 \+ 1 is 2, 3 is 3/],
    [['expect nosuch == 1'], /could not find symbol value for nosuch/],
    [['p 5', 'expect shows 6'], /the answer is\n5/],
    [['expect exit 0'], /the program has not ended/],
    [['continue', 'expect exit 1'], /the status is 0/],
    [['expect printed nothing of this'], /the program has written ""/],
    [['expect'], /expect wants an expression/],
    [['expect exit soon'], /wants a status/],
  ])('%j fails and says what is so', (commands, message) => {
    expect(run(...commands)).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
  });
});

it.each([
  [{ LC_ALL: 'C' }, true],
  [{ LC_ALL: '', LC_CTYPE: '', LANG: 'de_DE.ISO-8859-1' }, true],
  [{ TERM: 'vt100' }, true],
  [{ LC_ALL: '', LC_CTYPE: '', LANG: 'en_US.UTF-8' }, false],
])('the screen with %j has ASCII only: %s', async (environment, only) => {
  const screen = openR14(100, 30, ['exec', 'closures'], environment as Record<string, string>);
  await screen.shows('2 registers');
  expect(/^[\n\x20-\x7e]*$/.test(screen.text())).toBe(only);
  screen.type('q');
  expect(await screen.exit()).toBe(0);
});
