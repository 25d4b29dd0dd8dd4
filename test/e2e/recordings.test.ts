/** Runs in files: `save` in one process of r14, `r14 replay` in another. The oracle is the hash of the whole machine that the first told. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildC, buildGo, missing, runR14 } from '../support/build.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-recordings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const commands = (...lines: string[]): string[] => lines.flatMap(line => ['-ex', line]);
const last = (text: string): string => text.trimEnd().split('\n').at(-1)!;

/** Saves where `lines` lead to, and gives the file and the state there. */
function saved(name: string, program: readonly string[], lines: readonly string[], input = '', how = ''): { file: string; state: string } {
  const file = join(folder, name);
  const { stdout, stderr } = runR14(['exec', '--batch', ...commands(...lines, `save ${how} ${file}`, 'info state'), ...program], input);
  expect(stderr).toBe('');
  return { file, state: last(stdout) };
}

function replayed(file: string, ...program: string[]): { state: string; stderr: string; status: number } {
  const { stdout, stderr, status } = runR14(['replay', '--batch', ...commands('info state'), file, ...program]);
  return { state: last(stdout), stderr, status };
}

describe('a run in a file', () => {
  it('bundled: comes to the same state, with its marks and breakpoints', () => {
    const { file, state } = saved('bundled.r14', ['newproc-race'], ['break main.main', 'continue', 'mark here', 'continue']);
    expect(replayed(file).state).toBe(state);
    const { stdout } = runR14(['replay', '--batch', ...commands('marks', 'goto here', 'breakpoints'), file]);
    expect(stdout).toMatch(/mark \d+ {2}t=[\d,]+ {2}here/);
    expect(stdout).toMatch(/main\.main\+\d+ at programs\/newproc-race\/main\.s/);
    expect(statSync(file).size).toBeLessThan(20_000);
  });

  it('damaged and foreign files are refused with a reason, in one line', () => {
    const { file } = saved('damaged.r14', ['newproc-race'], ['continue']);
    const text = readFileSync(file, 'utf8');
    for (const [damage, reason] of [
      [text.replace(/"t":\d/, '"t":9'), /it is damaged/],
      [text.slice(0, text.length / 2), /it is damaged/],
      [text.replace('"version":1', '"version":7'), /version 7, this r14 reads version 1/],
      ['\0\0', /no recording of r14/],
      ['', /no recording of r14/],
    ] as const) {
      writeFileSync(file, damage);
      const { stderr, status } = replayed(file);
      expect(stderr).toMatch(reason);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(status).toBe(2);
    }
  });

  it('a disk that is full is told, and nothing is lost', () => {
    const { stderr, stdout } = runR14(['exec', '--batch', ...commands('continue', 'save /dev/full', 'info state'), 'newproc-race']);
    expect(stderr).toMatch(/cannot write \/dev\/full: ENOSPC/);
    expect(last(stdout)).toMatch(/^t=1,\d+ /);
  });

  const why = missing('go1.26', 'gcc');
  it.skipIf(why)(`the crash: with its program here, elsewhere, in the file, and not at all${why ? ` (skipped: ${why})` : ''}`, () => {
    const program = buildGo('crash', { race: true });
    const elsewhere = join(folder, 'program');
    copyFileSync(program, elsewhere);
    const { file, state } = saved('crash.r14', [program], ['continue']);
    expect(replayed(file).state).toBe(state);
    expect(replayed(file, elsewhere).state).toBe(state);
    expect(replayed(file, process.execPath).stderr).toMatch(/that has changed since/);
    const whole = saved('whole.r14', [elsewhere], ['continue'], '', '-with-binary');
    rmSync(elsewhere);
    expect(replayed(whole.file).state).toBe(whole.state);
    const gone = saved('gone.r14', [program], ['continue']);
    writeFileSync(gone.file, readFileSync(gone.file));
    expect(replayed(gone.file, join(folder, 'nothing')).stderr).toMatch(/cannot be read.*-with-binary takes all along/);
  });

  it.skipIf(why)(`what was typed is typed again${why ? ` (skipped: ${why})` : ''}`, () => {
    const program = buildC('cat');
    const { file, state } = saved('typed.r14', [program], ['continue', 'seek -5'], 'some input\nand more\n');
    expect(replayed(file).state).toBe(state);
  });
});
