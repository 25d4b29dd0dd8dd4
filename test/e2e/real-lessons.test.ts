/** Lessons for programs that Go's own toolchains have built: each is walked to its end and back, with its exercises solved and failed. */
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli/flags.js';
import { lessonSource, stageOf } from '../../src/cli/lesson-source.js';
import { LessonRun } from '../../src/debugger/lesson/run.js';
import { buildC, buildGo, MATRIX, missing, runR14 } from '../support/build.js';
import { openR14 } from '../support/pty.js';
import { walkBothWays } from '../support/walk.js';

const CRASH = 'Your own crash: race-instrumented code on g0';
const ANY = 'A Go program of your own';

/** What `--check` says of it: all of its steps, and of each exercise that it can be solved and failed. */
function checked(path: string): string {
  const { stdout, stderr, status } = runR14(['lesson', '--check', path]);
  expect(stdout).not.toMatch(/^FAIL/m);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.trimEnd().split('\n').at(-1)!;
}

describe.each(MATRIX)('%s', toolchain => {
  const why = missing(toolchain);
  const skipped = why ? ` (skipped: ${why})` : '';

  it.skipIf(why)(`the crash has its lesson, any other program that of all${skipped}`, () => {
    expect(checked(buildGo('crash', { toolchain, variant: 'injected', race: true }))).toMatch(CRASH);
    expect(checked(buildGo('steps', { toolchain }))).toMatch(ANY);
  });
});

const why = missing('go1.26');
const gcc = missing('gcc');

it.skipIf(why)('each has at least three exercises, and is walked both ways', async () => {
  for (const [path, title] of [
    [buildGo('crash', { variant: 'injected', race: true }), CRASH],
    [buildGo('steps'), ANY],
  ] as const) {
    const source = lessonSource(parseCommandLine(['lesson', path]), path);
    expect(source.lesson.title).toBe(title);
    expect(source.lesson.parts.filter(({ kind }) => kind === 'exercise').length).toBeGreaterThanOrEqual(3);
    await walkBothWays(new LessonRun(source.lesson, stageOf(source, undefined)));
  }
});

it.skipIf(gcc)('a program that none is about is told so', () => {
  expect(runR14(['lesson', buildC('hello')])).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^r14: .*: there is no lesson about such a program: .* Go's runtime\.main, main\.main\n$/),
  });
});

it.skipIf(why)('the screen names it where a Go program is opened', async () => {
  const path = buildGo('steps');
  const screen = openR14(80, 24, ['exec', path]);
  await screen.shows(`r14 lesson ${path.slice(0, 10)}`);
  screen.type('q');
  expect(await screen.exit()).toBe(0);
});
