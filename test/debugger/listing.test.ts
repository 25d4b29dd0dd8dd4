/** `list`, whose places are lines of files, with code or without. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildGo, missing } from '../support/build.js';
import { debugBundled } from '../support/debug.js';
import { session } from '../support/session.js';

const why = missing('go1.26');
const source = readFileSync(join(import.meta.dirname, '../../programs/go/values/main.go'), 'utf8')
  .trimEnd()
  .split('\n');
const lineOf = (text: string): number => source.findIndex(line => line.startsWith(text)) + 1;

/** The numbers of the lines that were shown. */
const shown = (output: string): number[] => [...output.matchAll(/^(?:=>)? *(\d+)(?: |$)/gm)].map(([, number]) => Number(number));
const lines = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('list', () => {
  it.skipIf(why)(`shows the line that was asked for, and goes both ways from there${why ? ` (skipped: ${why})` : ''}`, () => {
    const callee = lineOf('func callee');
    const count = source.length;
    const wanted: readonly (readonly [command: string, shows: readonly number[] | string])[] = [
      ['break main.callee', []],
      ['continue', [callee]],
      ['list -', lines(callee - 11, callee - 1)],
      ['list', lines(callee, callee + 10)],
      ['list main.go:20', lines(15, 25)],
      ['list -', lines(4, 14)],
      ['p 1', []],
      ['l -', lines(1, 3)],
      ['list -', `that was the start of `],
      ['list 20', lines(15, 25)],
      [`list ${count}`, lines(count - 5, count)],
      ['list', `main.go has only ${count} lines`],
      ['list 99999', `main.go has only ${count} lines`],
      ['list main.go:99999', `main.go has only ${count} lines`],
      ['list +2', lines(callee - 3, callee + 7)],
      ['list 5,2', 'the range ends before it starts'],
      ['list print.go:20', 'several files end in print.go'],
    ];
    const { answers } = session(
      buildGo('values'),
      wanted.map(([command]) => command),
    );
    for (const [index, [command, shows]] of wanted.entries()) {
      const { ok, output } = answers[index]!;
      if (typeof shows === 'string') expect({ command, ok, says: output.includes(shows) }).toEqual({ command, ok: false, says: true });
      else if (shows.length > 0) expect({ command, shows: shown(output) }).toEqual({ command, shows });
    }
  });

  it.skipIf(why)(`needs no process${why ? ` (skipped: ${why})` : ''}`, () => {
    const { answers } = session(buildGo('exits'), ['continue', 'list main.main', 'list main.go:3', 'list', 'list 4']);
    expect(answers[0]!.data.reason).toBe('exited');
    expect(answers.slice(1).map(answer => answer.ok)).toEqual([true, true, true, true]);
    expect(answers[1]!.output).toContain('func main() {');
    expect(answers.slice(2).map(answer => shown(answer.output)[0])).toEqual([1, 9, 1]);
  });

  it('an empty line after list - goes on backwards', async () => {
    const at = debugBundled('newproc-race');
    await at.text('list chan.s:40');
    const before: { first: number; last: number } = await at.data('list -');
    const again: { first: number; last: number } = await at.data('');
    expect(again.last).toBe(before.first - 1);
    expect((await at.data('list')).first).toBe(again.last + 1);
  });

  it.skipIf(why)(`before anything has run, a line is one of the file with main${why ? ` (skipped: ${why})` : ''}`, () => {
    const main = lineOf('func main()');
    const { answers } = session(buildGo('values'), [`break ${main}`, 'list', 'continue']);
    expect(answers[0]!.output).toContain(`main.go:${main}`);
    expect(shown(answers[1]!.output)).toContain(main);
    expect(answers[2]!.data).toMatchObject({ reason: 'breakpoint', function: 'main.main' });
  });
});
