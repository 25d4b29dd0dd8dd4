/** `r14 lesson --check`: all of a lesson at once, its exercises solved and failed. */
import type { Exercise } from '../debugger/lesson/exercise.js';
import { wantsAnswer } from '../debugger/lesson/exercise.js';
import type { LessonRun, StepResult } from '../debugger/lesson/run.js';
import { type Parsed, UsageError } from './flags.js';
import { indented, writeOut } from './output.js';

/** How the steps of a lesson that is checked are printed. */
interface CheckStyle {
  begin(steps: number): string;
  step(result: StepResult, number: number): string;
  end(title: string, steps: number, wrong: number): string;
}

const shownStep = ({ part }: StepResult): string => (part.kind === 'exercise' ? `exercise: ${part.text.split('\n')[0]}` : part.text);

const TEXT_STYLE: CheckStyle = {
  begin: () => '',
  step: result =>
    `${result.ok ? 'ok  ' : 'FAIL'} ${`${result.part.line}`.padStart(4)}  ${shownStep(result)}\n${result.ok ? '' : `${indented(result.output, '           ')}\n`}`,
  end: (title, steps, wrong) => `${title}: ${steps} steps, ${wrong === 0 ? 'all as the lesson says' : `${wrong} not as the lesson says`}\n`,
};

const JSON_STYLE: CheckStyle = {
  begin: () => '',
  step: result =>
    `${JSON.stringify({ line: result.part.line, step: shownStep(result), kind: result.part.kind, ok: result.ok, output: result.output })}\n`,
  end: (title, steps, wrong) => `${JSON.stringify({ title, steps, wrong })}\n`,
};

/** Version 13 of the Test Anything Protocol: what is wrong is a block of YAML. */
const TAP_STYLE: CheckStyle = {
  begin: steps => `TAP version 13\n1..${steps}\n`,
  step: (result, number) =>
    `${result.ok ? 'ok' : 'not ok'} ${number} - ${result.part.line}: ${shownStep(result).replace(/#/g, '\\#')}\n${result.ok ? '' : `  ---\n  message: |\n${indented(result.output, '    ')}\n  ...\n`}`,
  end: () => '',
};

export function checkStyle({ values }: Parsed): CheckStyle {
  if (values.has('json') && values.has('tap')) throw new UsageError('--json and --tap: one of them');
  return values.has('tap') ? TAP_STYLE : values.has('json') ? JSON_STYLE : TEXT_STYLE;
}

/** Returns the exit status: 1 when a step was not as the lesson says. */
export async function checkAll(run: LessonRun, style: CheckStyle): Promise<number> {
  let steps = 0;
  let wrong = 0;
  writeOut(1, style.begin(run.lesson.parts.filter(part => part.kind !== 'text').length));
  while (run.next !== undefined) {
    const { exercise } = run;
    const failed = exercise === undefined ? undefined : await unsolvable(run, exercise);
    const result =
      exercise === undefined
        ? await run.advance()
        : { ...run.passed(false), ...(failed === undefined ? {} : { ok: false, output: failed }) };
    if (result.part.kind === 'text') continue;
    steps++;
    if (!result.ok) wrong++;
    writeOut(1, style.step(result, steps));
  }
  writeOut(1, style.end(run.lesson.title, steps, wrong));
  return wrong === 0 ? 0 : 1;
}

/** What is wrong with an exercise: it must be undone before its solution and done behind it, and take no wrong answer for a right one. */
async function unsolvable(run: LessonRun, exercise: Exercise): Promise<string | undefined> {
  const { solution, wrong, file } = exercise;
  if (file !== undefined) {
    if ((await run.judge(exercise))?.ok === true) return `it is done before anything has been done: ${file} is right`;
    const verdict = await run.tries(exercise, solution[0]!);
    return verdict.ok ? undefined : `its solution ${solution[0]} is refused: ${verdict.said}`;
  }
  if (wantsAnswer(exercise)) {
    for (const { what, why } of wrong) {
      const verdict = await run.judge(exercise, what);
      if (verdict?.ok !== false || verdict.said !== why) return `the wrong answer ${what} is taken for a right one`;
    }
    for (const each of solution) if ((await run.judge(exercise, each))?.ok !== true) return `its own solution is refused: ${each}`;
    return undefined;
  }
  if ((await run.judge(exercise))?.ok === true) return 'it is done before anything has been done';
  for (const line of solution) {
    const { ok, output } = await run.solve(line);
    if (!ok) return `its solution fails: ${line}: ${output}`;
  }
  const verdict = await run.judge(exercise);
  return verdict?.ok === true ? undefined : `its solution does not do it: ${verdict?.said}`;
}
