/** A lesson in line mode: a step an Enter, and words for what keys do in the screen. */
import { createInterface } from 'node:readline';
import { execute } from '../debugger/commands/execute.js';
import type { Exercise } from '../debugger/lesson/exercise.js';
import { wantsAnswer } from '../debugger/lesson/exercise.js';
import type { LessonPart } from '../debugger/lesson/lesson.js';
import { proseLines } from '../debugger/lesson/prose.js';
import type { LessonRun, StepResult } from '../debugger/lesson/run.js';
import { isCommand } from '../debugger/lesson/walk.js';
import { indented, writeOut } from './output.js';

const WELCOME =
  'Enter runs the step that is shown; any other command may be typed in between; back, sections, section N; in an exercise hint, solution, skip; q ends.';

/** Marks of a line, where the terminal has them. */
const MARKS = { unicode: { good: '✓', bad: '✗' }, ascii: { good: '+', bad: 'x' } } as const;

/** Ends with the lesson, with `q`, or with standard input. `kept`: is told of the part that is reached. Returns the exit status. */
export async function walkLines(run: LessonRun, plain: boolean, after: string, kept: (part: number) => void): Promise<number> {
  const terminal = process.stdin.isTTY === true;
  const marks = plain ? MARKS.ascii : MARKS.unicode;
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal });
  let wrong = false;
  let before: LessonPart['kind'] | undefined;
  let hints = 0;
  let left = false;
  const say = (text: string) => writeOut(1, `${text}\n`);
  const show = (result: StepResult) => {
    wrong ||= !result.ok;
    const text = shownResult(result, marks);
    // Checks stand together, and apart from what follows.
    const apart = before === 'check' && result.part.kind !== 'check' && result.part.kind !== 'command' ? '\n' : '';
    before = result.part.kind;
    writeOut(1, text === '' ? apart : `${apart}${text}\n`);
  };
  const interrupt = () => run.session.interrupt();
  process.on('SIGINT', interrupt);
  lines.on('SIGINT', () => lines.close());
  writeOut(1, `${WELCOME}\n\n`);
  const prompt = async () => {
    while (run.next !== undefined && run.next.kind !== 'command' && run.next.kind !== 'exercise') show(await run.advance());
    kept(run.position);
    if (run.next === undefined) {
      if (after !== '') say(`\n${after}`);
      lines.close();
      return;
    }
    if (before === 'check') writeOut(1, '\n');
    if (run.exercise !== undefined && !left && hints === 0) say(`Exercise: ${prose(run.exercise.ask)}`);
    lines.setPrompt(run.exercise === undefined ? `(r14) ${run.next.text}${terminal ? '  ' : '\n'}` : '(exercise) ');
    lines.prompt();
  };
  const pass = (skipped: boolean) => {
    run.passed(skipped);
    hints = 0;
    left = false;
    before = 'exercise';
    say(skipped ? '- left\n' : `${marks.good} that is it\n`);
  };
  /** What is typed at an exercise. */
  const tried = async (exercise: Exercise, typed: string): Promise<void> => {
    const { hints: all, solution } = exercise;
    if (typed === 'skip' || (typed === '' && left)) return pass(true);
    if (typed === 'hint' || typed === 'solution') {
      hints = typed === 'solution' ? all.length + 1 : hints + 1;
      return say(hints <= all.length ? `hint: ${all[hints - 1]}` : `solution: ${solution.join('\n          ')}`);
    }
    left = typed === '';
    const answered = typed !== '' && wantsAnswer(exercise) ? await run.judge(exercise, typed) : undefined;
    if (answered?.ok === true) return pass(false);
    if (answered !== undefined) return say(`${marks.bad} ${answered.said}`);
    if (typed !== '' && wantsAnswer(exercise) && !isCommand(typed)) return say(`${marks.bad} ${typed} is not it; hint helps`);
    if (typed !== '') await typedCommand(typed);
    if (run.session.ended || wantsAnswer(exercise)) {
      if (typed === '') say('type the answer; hint helps, and Enter once more leaves it');
      return;
    }
    const verdict = await run.judge(exercise);
    if (verdict?.ok === true) return pass(false);
    if (typed === '') say(`${verdict?.said}; hint helps, and Enter once more leaves it`);
  };
  const typedCommand = async (typed: string): Promise<void> => {
    const { output } = await execute(run.session, typed);
    if (output !== '') say(output);
  };
  const went = async (typed: string): Promise<boolean> => {
    const { sections, parts } = run.lesson;
    if (typed === 'sections') say(sections.map(({ title }, index) => `${String(index + 1).padStart(3)}  ${title}`).join('\n'));
    else if (/^section \d+$/.test(typed)) {
      const section = sections[Number(typed.slice(8)) - 1];
      if (section === undefined) say(`there are ${sections.length} sections`);
      else await run.seek(section.part);
    } else if (typed === 'back') {
      const step = parts.slice(0, run.position).findLastIndex(({ kind }) => kind === 'command' || kind === 'exercise');
      if (step < 0) say('this is the beginning');
      else await run.seek(step);
    } else return false;
    before = undefined;
    return true;
  };
  await prompt();
  if (run.next !== undefined) {
    for await (const line of lines) {
      const typed = line.trim();
      if (!(await went(typed))) {
        if (run.exercise !== undefined) await tried(run.exercise, typed);
        else if (typed === '') show(await run.advance());
        else await typedCommand(typed);
      }
      if (run.session.ended) break;
      await prompt();
      if (run.next === undefined) break;
    }
  }
  lines.close();
  process.off('SIGINT', interrupt);
  return wrong ? 1 : 0;
}

function shownResult({ part, ok, output }: StepResult, { good, bad }: { readonly good: string; readonly bad: string }): string {
  switch (part.kind) {
    case 'text':
      return `${prose(part.text)}\n`;
    case 'check':
    case 'variant':
      return `${ok ? good : bad} ${part.text}${ok ? '' : `\n${indented(output, '  ')}`}${part.kind === 'variant' ? '\n' : ''}`;
    case 'command':
      return output === '' ? '' : `${indented(output, '  ')}\n`;
    case 'exercise':
      return '';
  }
}

/** Most columns of a paragraph. */
const WIDEST = 100;

const prose = (text: string): string => proseLines(text, Math.min(process.stdout.columns || WIDEST, WIDEST)).join('\n');
