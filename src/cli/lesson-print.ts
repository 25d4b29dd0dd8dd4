/** `r14 lesson --print`: a handout in Markdown: the lesson's text, each step with what it answers, and the exercises without their solutions. */
import type { LessonRun, StepResult } from '../debugger/lesson/run.js';
import { writeOut } from './output.js';

/** Returns the exit status: 1 when a step was not as the lesson says. */
export async function printLesson(run: LessonRun): Promise<number> {
  let wrong = false;
  let exercises = 0;
  while (run.next !== undefined) {
    const result = run.exercise === undefined ? await run.advance() : run.passed(true);
    wrong ||= !result.ok;
    if (result.part.kind === 'exercise') exercises++;
    const text = printed(result, exercises);
    if (text !== '') writeOut(1, `${text}\n\n`);
  }
  return wrong ? 1 : 0;
}

function printed({ part, ok, output }: StepResult, exercises: number): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'command':
      return fenced(`(r14) ${part.text}${output === '' ? '' : `\n${output}`}`);
    case 'variant':
      return fenced(`variant ${part.text.slice('variant '.length)}`);
    case 'check':
      return ok ? '' : `**Not as the lesson says:** \`${part.text}\`: ${output}`;
    case 'exercise':
      return `**Exercise ${exercises}.** ${part.text.replaceAll('\n', ' ')}\n\n> &nbsp;`;
  }
}

/** What is printed may have fences of its own. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
