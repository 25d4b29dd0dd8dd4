/**
 * Lessons: Markdown with a debugger's commands as steps and predicates as checks. This reads them; `run.ts` walks them.
 *
 * Steps stand in fenced blocks with the word `r14`, a line each, or in lines that begin with `> (r14) `:
 *
 *     COMMAND                      any command of the debugger
 *     variant NAME [race=BOOL]     starts that build of the lesson's program in place of the present one
 *     expect ...                   a claim, in the forms of the command `expect` (src/debugger/commands/expectation.ts)
 *
 * A line that begins with `#` is a remark. A block with the word `exercise` is one (exercise.ts). Everything else is text for the reader; a heading of
 * the second level begins a section.
 */
import { Told, told } from '../../host/told.js';
import { type Expectation, parseExpectation } from '../commands/expectation.js';
import { commandTable } from '../commands/table.js';
import { type Exercise, parseExercise } from './exercise.js';

export type LessonPart = {
  /** Line of the file, from 1. */
  readonly line: number;
  /** As it stands in the file. */
  readonly text: string;
} & (
  | { readonly kind: 'text' }
  | { readonly kind: 'command' }
  | { readonly kind: 'variant'; readonly variant: string; readonly race: boolean | undefined }
  | { readonly kind: 'check'; readonly check: Expectation }
  | { readonly kind: 'exercise'; readonly exercise: Exercise }
);

export interface Lesson {
  readonly file: string;
  /** The first heading. */
  readonly title: string;
  readonly parts: readonly LessonPart[];
  /** The lesson's beginning, and its headings of the second level: what each is called, and its first part. */
  readonly sections: readonly LessonSection[];
}

export interface LessonSection {
  readonly title: string;
  readonly part: number;
}

/** A lesson that cannot be walked: one line for each wrong step, `FILE:LINE: what is wrong`. */
export class LessonError extends Told {
  override name = 'LessonError';
}

const FENCE = /^(`{3,}|~{3,})\s*(\S*)/;
const QUOTED = /^>\s*\(r14\)\s+(.*)$/;

/** Parses a lesson. Throws LessonError, which names all wrong steps. */
export function parseLesson(file: string, source: string): Lesson {
  const parts: LessonPart[] = [];
  const problems: string[] = [];
  let prose: { line: number; text: string[] } | undefined;
  let fence: { mark: string; line: number; steps: boolean; exercise: string[] | undefined } | undefined;
  const sections: LessonSection[] = [];
  const flush = () => {
    const text = prose?.text.join('\n').replace(/^\n+|\s+$/g, '') ?? '';
    if (prose !== undefined && text !== '') parts.push({ kind: 'text', line: prose.line, text });
    prose = undefined;
  };
  const tell = (line: number, text: string) => {
    prose ??= { line, text: [] };
    prose.text.push(text);
  };
  const step = (line: number, text: string) => {
    const typed = text.trim();
    if (typed === '' || typed.startsWith('#')) return;
    flush();
    try {
      parts.push({ line, text: typed, ...parseStep(typed) });
    } catch (error) {
      problems.push(`${file}:${line}: ${typed}: ${told(error).message}`);
    }
  };
  source.split(/\r?\n/).forEach((text, index) => {
    const line = index + 1;
    const mark = FENCE.exec(text);
    if (fence !== undefined) {
      if (mark !== null && mark[2] === '' && mark[1]!.startsWith(fence.mark)) {
        if (fence.exercise !== undefined) {
          const { exercise, line: begun } = fence;
          const parsed = parseExercise(exercise, (at, problem) => problems.push(`${file}:${begun + 1 + at}: ${problem}`));
          parts.push({ kind: 'exercise', line: begun, text: parsed.ask, exercise: parsed });
        } else if (!fence.steps) tell(line, text);
        fence = undefined;
      } else if (fence.exercise !== undefined) fence.exercise.push(text);
      else if (fence.steps) step(line, text);
      else tell(line, text);
      return;
    }
    if (mark !== null) {
      fence = { mark: mark[1]!, line, steps: mark[2] === 'r14', exercise: mark[2] === 'exercise' ? [] : undefined };
      if (fence.exercise !== undefined) flush();
      else if (!fence.steps) tell(line, text);
      return;
    }
    const heading = /^##\s+(.+)$/.exec(text)?.[1]?.trim();
    if (heading !== undefined) {
      flush();
      sections.push({ title: heading, part: parts.length });
    }
    const quoted = QUOTED.exec(text);
    if (quoted === null) tell(line, text);
    else step(line, quoted[1]!);
  });
  flush();
  if (fence !== undefined) problems.push(`${file}:${fence.line}: the block that begins here has no end: ${fence.mark}`);
  const title = /^#\s+(.+)$/m.exec(source)?.[1]?.trim();
  if (title === undefined) problems.push(`${file}:1: a lesson begins with its title: # TITLE`);
  if (problems.length > 0) throw new LessonError(problems.join('\n'));
  return { file, title: title!, parts, sections: [...(sections[0]?.part === 0 ? [] : [{ title: title!, part: 0 }]), ...sections] };
}

type Step = { kind: 'command' } | { kind: 'variant'; variant: string; race: boolean | undefined } | { kind: 'check'; check: Expectation };

function parseStep(typed: string): Step {
  const [, word, rest] = /^(\S+)\s*(.*)$/.exec(typed)!;
  if (word === 'expect') return { kind: 'check', check: parseExpectation(rest!) };
  if (word === 'variant') {
    const match = /^([\w-]+)(?:\s+race=(true|false))?$/.exec(rest!);
    if (match === null) throw new LessonError('variant wants a name, and perhaps race=true or race=false');
    return { kind: 'variant', variant: match[1]!, race: match[2] === undefined ? undefined : match[2] === 'true' };
  }
  const [name] = /^[a-zA-Z?][\w-]*|^./u.exec(typed)!;
  // Of `instrument diff` and its like the second word is looked at when it runs.
  if (commandTable.family(name, new Map()) === undefined) commandTable.find(name, 0);
  return { kind: 'command' };
}
