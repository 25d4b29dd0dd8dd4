/** A lesson as the screen walks it: a step at a time, with the checks behind it; back, by sections, and with its exercises. */

import { told } from '../../host/told.js';
import { commandTable } from '../commands/table.js';
import type { Session } from '../session/session.js';
import { type Exercise, wantsAnswer } from './exercise.js';
import type { LessonPart } from './lesson.js';
import type { LessonRun, StepResult } from './run.js';

/** What the lesson pane shows, as plain data. */
export interface LessonView {
  readonly title: string;
  /** What was read, run and checked so far, in order. */
  readonly results: readonly StepResult[];
  /** Where in `results` the last step begins: before that all was read. */
  readonly fresh: number;
  /** The step that a key runs; undefined at the end. */
  readonly next: LessonPart | undefined;
  /** Number of `next` among the steps, from 1. */
  readonly position: number;
  readonly steps: number;
  /** The reader is somewhere else than the lesson. */
  readonly away: boolean;
  readonly exercise: ExerciseView | undefined;
  readonly sections: readonly { readonly title: string; readonly current: boolean; readonly done: boolean }[];
  /** What there is to read behind this lesson. */
  readonly after: string;
}

export interface ExerciseView {
  readonly answer: boolean;
  /** What the reader is to write; undefined: nothing. */
  readonly file: string | undefined;
  /** Hints that were given, and the solution, if it was. */
  readonly hints: readonly string[];
  readonly solution: readonly string[] | undefined;
  readonly more: boolean;
  /** What was said of the last attempt. */
  readonly said: string;
}

const isStep = (part: LessonPart): boolean => part.kind === 'command' || part.kind === 'variant' || part.kind === 'exercise';

/** What a walk can be asked for. */
export type LessonMove =
  | { readonly kind: 'step' | 'back' | 'hint' | 'judge' | 'return' | 'leave' }
  | { readonly kind: 'section'; readonly number: number }
  | { readonly kind: 'answer'; readonly text: string };

export class LessonWalk {
  readonly lesson = this;
  #fresh = 0;
  #hints = 0;
  #said = '';

  /** `kept`: is told of the part that is reached. `after`: what is said at the end. */
  constructor(
    private readonly run: LessonRun,
    private readonly kept: (part: number) => void = () => undefined,
    private readonly after = '',
  ) {}

  get session(): Session {
    return this.run.session;
  }

  get view(): LessonView {
    const { run } = this;
    const { parts, sections, title } = run.lesson;
    const count = (some: readonly LessonPart[]): number => some.filter(isStep).length;
    const steps = count(parts);
    const current = sections.findLastIndex(({ part }) => part <= Math.max(0, run.position - 1));
    return {
      title,
      results: [...run.results],
      fresh: this.#fresh,
      next: run.next,
      position: Math.min(steps, count(parts.slice(0, run.position)) + 1),
      steps,
      away: run.away && run.exercise === undefined,
      exercise: run.exercise === undefined ? undefined : this.#exercise(run.exercise),
      sections: sections.map((section, index) => ({ title: section.title, current: index === current, done: index < current })),
      after: this.after,
    };
  }

  #exercise(exercise: Exercise): ExerciseView {
    const { hints, solution } = exercise;
    return {
      answer: wantsAnswer(exercise),
      file: exercise.file,
      hints: hints.slice(0, this.#hints),
      solution: this.#hints > hints.length ? solution : undefined,
      more: this.#hints <= hints.length,
      said: this.#said,
    };
  }

  /** Returns what is to be said of it. */
  async move(move: LessonMove): Promise<string> {
    switch (move.kind) {
      case 'step':
      case 'leave':
        return this.step();
      case 'back':
        return this.#back();
      case 'section':
        return this.#to(this.run.lesson.sections[move.number]?.part ?? 0);
      case 'return':
        await this.run.comeBack();
        return '';
      case 'hint':
        this.#hints = Math.min(this.#hints + 1, (this.run.exercise?.hints.length ?? 0) + 1);
        return '';
      case 'judge':
        return this.#judge(undefined);
      case 'answer':
        return this.#judge(move.text);
    }
  }

  /** Runs the next step, and goes on to the one behind it. Returns the step's answer and what does not hold. */
  async step(): Promise<string> {
    const { run } = this;
    if (run.next === undefined) return '';
    this.#begin();
    const at = run.position;
    const { output } = run.exercise === undefined ? await run.advance() : run.passed(true);
    const wrong = await this.#read();
    // Who has left in its middle begins with it the next time.
    if (this.session.stop.reason === 'interrupted') this.kept(at);
    return [...(output === '' ? [] : [output]), ...wrong].join('\n');
  }

  /** Reads to the first step. */
  async begin(): Promise<void> {
    await this.#read();
    this.#fresh = 0;
  }

  /** Takes up where somebody has stopped before. */
  async resume(part: number): Promise<void> {
    if (part > 0 && part < this.run.lesson.parts.length) await this.#to(part);
    else await this.begin();
  }

  /** Runs steps until one has left the program stopped by a signal, and reads on to what is said of that. */
  async untilSignal(): Promise<void> {
    await this.begin();
    while (this.run.next !== undefined && this.run.session.stop.reason !== 'signal') await this.step();
  }

  /** An exercise that is done is known to be as soon as the program stops. */
  async afterCommand(): Promise<void> {
    const { exercise } = this.run;
    if (exercise === undefined || wantsAnswer(exercise) || exercise.file !== undefined) return;
    if ((await this.run.judge(exercise))?.ok === true) this.#said = DONE;
  }

  #begin(): void {
    this.#fresh = this.run.position;
    this.#hints = 0;
    this.#said = '';
  }

  /** Text and checks up to the next step. Returns what does not hold. */
  async #read(): Promise<readonly string[]> {
    const { run } = this;
    const wrong: string[] = [];
    while (run.next !== undefined && !isStep(run.next)) {
      const result = await run.advance();
      if (!result.ok) wrong.push(`✗ ${result.part.text}: ${result.output}`);
    }
    this.kept(run.position);
    return wrong;
  }

  async #back(): Promise<string> {
    const { run } = this;
    const steps = run.lesson.parts.slice(0, run.position).flatMap((part, index) => (isStep(part) ? [index] : []));
    const last = steps.at(-1);
    return last === undefined ? '' : this.#to(last);
  }

  /** To the part, and what is to be read up to the next step. */
  async #to(part: number): Promise<string> {
    const { run } = this;
    await run.seek(part);
    const steps = run.lesson.parts.slice(0, run.position).findLastIndex(isStep);
    this.#begin();
    this.#fresh = Math.max(0, part > 0 && run.next !== undefined && !isStep(run.next) ? part : steps);
    await this.#read();
    return '';
  }

  async #judge(typed: string | undefined): Promise<string> {
    const { run } = this;
    const { exercise } = run;
    if (exercise === undefined) return '';
    const verdict = await run.judge(exercise, typed);
    if (verdict?.ok === true) {
      this.#begin();
      run.passed(false);
      await this.#read();
      return '';
    }
    this.#said = verdict?.said ?? (typed === undefined ? '' : `${typed} is not it. H gives a hint.`);
    return '';
  }
}

/** What is said of an exercise whose state is reached. */
const DONE = 'that is it: space goes on';

/** Whether a line is a command, of whatever table: what is typed at an exercise that is neither an answer nor this is a wrong answer. */
export function isCommand(line: string): boolean {
  const name = /^[a-zA-Z?][\w-]*/.exec(line.trim())?.[0];
  if (name === undefined) return false;
  try {
    commandTable.find(name, 0);
    return true;
  } catch (error) {
    told(error);
    return commandTable.family(name, new Map()) !== undefined;
  }
}
