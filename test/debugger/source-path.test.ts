/** Source files that are not where debug information says: found by gdb's settings, in the cases in which gdb finds them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCommand, missing, runR14 } from '../support/build.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-sources-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...parts: string[]): string => join(folder, ...parts);
const MARK = 'int main(void) { return 0; } // a mark';
const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');

const CASES: Readonly<Record<string, readonly string[]>> = {
  nothing: [],
  'a folder that has it not': [`directory ${at('empty')}`],
  'its bare name in a folder': [`directory ${at('bare')}`],
  'its whole path below a folder': [`directory ${at('whole')}`],
  'the second of two folders': [`directory ${at('empty')}:${at('bare')}`],
  'a folder that was dropped': ['set confirm off', `directory ${at('bare')}`, 'directory'],
  'a list that is set': [`set directories ${at('bare')}`],
  'a rule': [`set substitute-path ${at('built')} ${at('moved')}`],
  'a rule that was dropped': [`set substitute-path ${at('built')} ${at('moved')}`, `unset substitute-path ${at('built')}`],
};

describe.skipIf(why)(`source path${why ? ` (skipped: ${why})` : ''}`, () => {
  beforeAll(() => {
    for (const name of ['built', 'empty', 'bare', 'moved', join('whole', at('built'))]) mkdirSync(at(name), { recursive: true });
    writeFileSync(at('built', 'marked.c'), MARK);
    execFileSync('gcc', ['-g', '-o', at('program'), at('built', 'marked.c')]);
    rmSync(at('built', 'marked.c'));
    for (const name of ['bare', 'moved', join('whole', at('built'))]) writeFileSync(at(name, 'marked.c'), MARK);
  });

  it.each(Object.entries(CASES))('%s', (_, commands) => {
    const script = [...commands, 'list 1,1'];
    const flags = script.flatMap(command => ['-ex', command]);
    const gdb = execFileSync('gdb', ['-batch', '-nx', ...flags, at('program')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout } = runR14(['exec', '--batch', '-ex', 'break main', '-ex', 'run', ...flags, at('program')]);
    expect(stdout.includes('a mark')).toBe(gdb.includes('a mark'));
  });
});
