/**
 * Exercises of lessons: what the reader is to find out or to bring about, and how it is judged. A fenced block with the word `exercise`, a line each:
 *
 *     ask TEXT                 the task
 *     expect ...               what is to be so then, in the forms of the command `expect`
 *     answer TEXT | TEXT...    what may be typed; letter case and blanks do not count
 *     answer == EXPRESSION     a number or expression with that value
 *     file FILE                a file of assembly beside the lesson, which the reader is to write or to mend
 *     case CALL = RESULT       what a call of it is to return; several results with commas
 *     wrong TEXT: WHY          a wrong answer that was foreseen, and what is to be said of it; for `expect`: wrong EXPRESSION: WHY, where that holds; for `case`: wrong CALL = RESULT: WHY
 *     hint TEXT                hints are given one after the other
 *     solution LINE            the answer, the commands that bring it about, or a file like the reader's that is right
 *
 * Several lines of a kind are several of them; the lines of `ask` are one text. An exercise is an excursion: the lesson goes on from where it stood.
 */
import { told } from '../../host/told.js';
import { contradiction, type Expectation, parseExpectation } from '../commands/expectation.js';
import { CommandError } from '../errors.js';
import { parseExpression } from '../evaluate/parser.js';
import { holds } from '../session/expressions.js';
import type { Session } from '../session/session.js';

export interface Exercise {
  readonly ask: string;
  readonly expects: readonly Expectation[];
  /** What may be typed; empty where the machine's state is asked for. */
  readonly answers: readonly string[];
  /** Its value may be typed. */
  readonly value: string | undefined;
  /** What the reader writes, and what its calls are to return. */
  readonly file: string | undefined;
  readonly cases: readonly FileCase[];
  readonly wrong: readonly { readonly what: string; readonly why: string }[];
  readonly hints: readonly string[];
  readonly solution: readonly string[];
}

/** A call, and its results as they are printed. */
export interface FileCase {
  readonly call: string;
  readonly want: string;
}

export interface TriedCase extends FileCase {
  readonly ok: boolean;
  /** Its results, or why there are none. */
  readonly got: string;
}

export interface Verdict {
  readonly ok: boolean;
  /** What is wrong with it, or why it is right. */
  readonly said: string;
}

/** Whether something is to be typed, rather than brought about. */
export const wantsAnswer = ({ answers, value }: Exercise): boolean => answers.length > 0 || value !== undefined;

const KINDS = ['ask', 'expect', 'answer', 'file', 'case', 'wrong', 'hint', 'solution'] as const;

/** The lines of a block. `complain` hears of what is wrong, with the line's number in the block from 0. */
export function parseExercise(lines: readonly string[], complain: (line: number, problem: string) => void): Exercise {
  const of = (kind: (typeof KINDS)[number]): { text: string; line: number }[] =>
    lines.flatMap((line, index) => {
      const [, word, text = ''] = /^\s*(\w+)\s*(.*?)\s*$/.exec(line) ?? [];
      return word === kind ? [{ text, line: index }] : [];
    });
  const parsed = <T>(at: number, parse: () => T): readonly T[] => {
    try {
      return [parse()];
    } catch (error) {
      complain(at, told(error).message);
      return [];
    }
  };
  lines.forEach((line, index) => {
    const word = /^\s*(\S+)/.exec(line)?.[1];
    if (word !== undefined && !word.startsWith('#') && !(KINDS as readonly string[]).includes(word))
      complain(index, `"${word}" is no line of an exercise: those are ${KINDS.join(', ')}`);
  });
  const value = of('answer').find(({ text }) => text.startsWith('=='));
  const answers = of('answer').filter(each => each !== value);
  if (value !== undefined) parsed(value.line, () => parseExpression(value.text.slice(2).trim()));
  const exercise: Exercise = {
    ask: of('ask')
      .map(({ text }) => text)
      .join('\n'),
    expects: of('expect').flatMap(({ text, line }) => parsed(line, () => parseExpectation(text))),
    answers: answers.flatMap(({ text }) => text.split('|').map(each => each.trim())),
    value: value?.text.slice(2).trim(),
    file: of('file')[0]?.text,
    cases: of('case').flatMap(({ text, line }) => parsed(line, () => parseCase(text))),
    wrong: of('wrong').flatMap(({ text, line }) =>
      parsed(line, () => {
        const [, what, why] = /^(.+?):\s+(.+)$/.exec(text) ?? [];
        if (what === undefined || why === undefined)
          throw new CommandError('wrong wants an answer and what to say of it: wrong RDI: it is the first');
        return { what, why };
      }),
    ),
    hints: of('hint').map(({ text }) => text),
    solution: of('solution').map(({ text }) => text),
  };
  if (exercise.ask === '') complain(0, 'an exercise begins with its task: ask TEXT');
  const { file, cases, expects } = exercise;
  if (!wantsAnswer(exercise) && expects.length === 0 && file === undefined)
    complain(0, 'an exercise wants an answer, expect, or a file with cases: how else could it be judged?');
  if ((file === undefined) !== (cases.length === 0)) complain(0, 'file and case go together: file add.s, case Add(2, 3) = 5');
  if (file !== undefined && (wantsAnswer(exercise) || expects.length > 0))
    complain(0, 'an exercise with a file has cases, and no answer or expect');
  if (exercise.solution.length === 0) complain(0, 'an exercise has a solution: somebody will want it');
  return exercise;
}

function parseCase(text: string): FileCase {
  const [, call, want] = /^(.+\))\s*=\s*(.+)$/.exec(text) ?? [];
  if (call === undefined || want === undefined) throw new CommandError('case wants a call and its result: case Add(2, 3) = 5');
  return { call, want };
}

/** What is to be said of a file, by what its calls have returned. */
export function judgeCases({ wrong }: Exercise, tried: readonly TriedCase[]): Verdict {
  const failed = tried.find(({ ok }) => !ok);
  if (failed === undefined) return { ok: true, said: '' };
  const { call, want, got } = failed;
  const foreseen = wrong.find(({ what }) => plain(what) === plain(`${call} = ${got}`));
  return { ok: false, said: foreseen?.why ?? `not yet: ${call} is to be ${want}: ${got}` };
}

const plain = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ').replace(/^[%$]/, '').trim();

/** Whether an answer that was typed is right; undefined: it is none that was foreseen. */
export function judgeAnswer(session: Session, exercise: Exercise, typed: string): Verdict | undefined {
  if (exercise.answers.some(each => plain(each) === plain(typed))) return { ok: true, said: '' };
  const foreseen = exercise.wrong.find(({ what }) => plain(what) === plain(typed));
  if (foreseen !== undefined) return { ok: false, said: foreseen.why };
  if (exercise.value === undefined || !/^[\w.$*&()+-]+$/.test(typed.trim()) || session.exited) return undefined;
  try {
    return holds(session.context(), `(${typed}) == (${exercise.value})`) ? { ok: true, said: '' } : undefined;
  } catch (error) {
    // It is no expression that means something here.
    told(error);
    return undefined;
  }
}

/** Whether the machine is as it is to be. */
export function judgeState(session: Session, exercise: Exercise, seen: { readonly printed: string; readonly answer: string }): Verdict {
  const wrong = exercise.expects.map(expected => contradiction(session, expected, seen)).find(each => each !== undefined);
  if (wrong === undefined) return { ok: true, said: '' };
  const foreseen = session.exited ? undefined : exercise.wrong.find(({ what }) => isSo(session, what));
  return { ok: false, said: foreseen === undefined ? `not yet: ${wrong}` : foreseen.why };
}

function isSo(session: Session, expression: string): boolean {
  try {
    return contradiction(session, parseExpectation(expression), { printed: '', answer: '' }) === undefined;
  } catch (error) {
    told(error);
    return false;
  }
}
