/** Walks a lesson: runs its steps in a session and looks whether what it claims holds; forwards, back, and to any of its parts. */

import { told } from '../../host/told.js';
import type { Flavor } from '../code/disassemble.js';
import type { Outcome } from '../commands/command.js';
import { execute } from '../commands/execute.js';
import { contradiction } from '../commands/expectation.js';
import type { BreakpointsKept } from '../session/breakpoints.js';
import type { Selection, Session } from '../session/session.js';
import type { Stop } from '../session/stop.js';
import {
  type Exercise,
  type FileCase,
  judgeAnswer,
  judgeCases,
  judgeState,
  type TriedCase,
  type Verdict,
  wantsAnswer,
} from './exercise.js';
import type { Lesson, LessonPart } from './lesson.js';
import { effectOfStep } from './steps.js';

/** Where a lesson plays. */
export interface LessonStage {
  /** A session of a build of the lesson's program, at its start; undefined: the default. Throws when there is none. */
  open(variant: string | undefined, race: boolean | undefined): Session;
  /** What the program of the present session has written. */
  printed(): string;
  /** Assembles a file beside the lesson, and makes these calls with it; absent: there are no files. */
  tried?(file: string, cases: readonly FileCase[]): Promise<readonly TriedCase[]>;
}

export interface StepResult {
  readonly part: LessonPart;
  readonly ok: boolean;
  /** A command's answer, or what is wrong. */
  readonly output: string;
  /** An exercise that was left without having been done. */
  readonly skipped?: true;
}

/** Where a step has left the session, and what it takes to come back there. */
interface Left {
  readonly place: string;
  readonly opened: number;
  readonly t: number;
  readonly stop: Stop;
  readonly selection: Selection;
  readonly breakpoints: BreakpointsKept;
}

export class LessonRun {
  session: Session;
  #results: StepResult[] = [];
  /** Behind each part that was done in this session; absent: what was done in another that has been opened again since. */
  #lefts: (Left | undefined)[] = [];
  /** Before the first part. */
  #begun: Left;
  #answer = '';
  #flavor: Flavor = 'gnu';
  /** Where the last step has left the session; undefined: the reader or an exercise has gone elsewhere. */
  #left: string | undefined;
  /** Counts the sessions: their programs begin at the same moment. */
  #opened = 0;

  /** Opens the program's default build. */
  constructor(
    readonly lesson: Lesson,
    private readonly stage: LessonStage,
  ) {
    this.session = this.#opens(undefined, undefined);
    this.#left = this.#place();
    this.#begun = this.#leave();
  }

  /** What was read, run and checked so far, in order. */
  get results(): readonly StepResult[] {
    return this.#results;
  }

  get position(): number {
    return this.#results.length;
  }

  /** The part that comes next; undefined at the end. */
  get next(): LessonPart | undefined {
    return this.lesson.parts[this.position];
  }

  /** Whether the session is somewhere else than the lesson has left it: somebody has looked around. */
  get away(): boolean {
    return this.#place() !== this.#left;
  }

  /** Does the next part, from where the lesson stands. Never throws: what goes wrong is the result's output. An exercise is left as it is. */
  async advance(): Promise<StepResult> {
    const part = this.next;
    if (part === undefined) throw new Error('the lesson is over');
    if (this.away && part.kind !== 'text') await this.comeBack();
    const result = await this.#does(part);
    this.#done(result);
    this.#left = this.#place();
    return result;
  }

  /** The exercise that waits for its reader; undefined: none does. */
  get exercise(): Exercise | undefined {
    return this.next?.kind === 'exercise' ? this.next.exercise : undefined;
  }

  /** What becomes of the exercise: with something typed as an answer to it, else by what is so now. Undefined: what was typed is no answer. */
  async judge(exercise: Exercise, typed?: string): Promise<Verdict | undefined> {
    if (exercise.file !== undefined) return typed === undefined ? this.tries(exercise, exercise.file) : undefined;
    if (wantsAnswer(exercise)) return typed === undefined ? undefined : judgeAnswer(this.session, exercise, typed);
    return judgeState(this.session, exercise, { printed: this.stage.printed(), answer: this.session.answered });
  }

  /** What becomes of an exercise about a file with that one. */
  async tries(exercise: Exercise, file: string): Promise<Verdict> {
    const tried = await this.stage.tried?.(file, exercise.cases);
    return tried === undefined ? { ok: false, said: 'there are no files of this lesson' } : judgeCases(exercise, tried);
  }

  /** The exercise is done with. */
  passed(skipped: boolean): StepResult {
    const result: StepResult = { part: this.next!, ok: true, output: '', ...(skipped ? { skipped } : {}) };
    this.#results.push(result);
    this.#lefts.push(undefined);
    return result;
  }

  /** Runs a line of an exercise's solution. */
  solve(line: string): Promise<Outcome> {
    return execute(this.session, line);
  }

  /** Back to where the session was when the last step was done. */
  comeBack(): Promise<void> {
    return this.seek(this.position);
  }

  /**
   * To where all parts before `part` are done. What only moves is gone back over in the run; for the rest all is done again, which a run allows as it is the
   * same each time, from the last part that began a program on.
   */
  async seek(part: number): Promise<void> {
    if (await this.#backWithin(part)) return;
    const { parts } = this.lesson;
    const before = this.#results.slice(0, part);
    const first = parts.slice(0, part).findLastIndex(({ kind }) => kind === 'variant');
    this.#results = before.slice(0, Math.max(0, first));
    for (const skipped of parts.slice(this.position, Math.max(0, first))) this.#results.push({ part: skipped, ok: true, output: '' });
    this.#lefts = this.#results.map(() => undefined);
    if (first < 0) {
      this.#open(undefined, undefined);
      this.#begun = this.#leave();
    }
    for (const each of parts.slice(this.position, part)) {
      const known = before[this.position];
      const needed = each.kind === 'variant' || (each.kind === 'command' && (known === undefined || effectOfStep(each.text) !== 'looks'));
      const again = needed ? await this.#does(each) : undefined;
      this.#done(known ?? again ?? { part: each, ok: true, output: '' });
    }
    this.#left = this.#place();
  }

  /** Whether the session could be put back to where it was in front of that part. */
  async #backWithin(part: number): Promise<boolean> {
    const left = part === 0 ? this.#begun : this.#lefts[part - 1];
    const undone = this.lesson.parts.slice(part, this.position);
    if (left === undefined || left.opened !== this.#opened || part > this.position || this.away) return false;
    if (undone.some(({ kind, text }) => kind === 'variant' || (kind === 'command' && effectOfStep(text) === 'changes'))) return false;
    if (this.#place() !== left.place) {
      const { session } = this;
      session.breakpoints.putBack(left.breakpoints);
      if (session.target.process.t !== left.t && !(await execute(session, `seek ${left.t}`)).ok) return false;
      session.stopped(left.stop);
      session.selection = left.selection;
      if (this.#place() !== left.place) return false;
    }
    this.#results.length = part;
    this.#lefts.length = part;
    this.#left = left.place;
    return true;
  }

  #done(result: StepResult): void {
    this.#results.push(result);
    this.#lefts.push(this.#leave());
  }

  #leave(): Left {
    const { session } = this;
    const { target, stop, selection, breakpoints } = session;
    return { place: this.#place(), opened: this.#opened, t: target.process.t, stop, selection, breakpoints: breakpoints.kept() };
  }

  #open(variant: string | undefined, race: boolean | undefined): void {
    this.session = this.#opens(variant, race);
    this.#opened++;
  }

  #opens(variant: string | undefined, race: boolean | undefined): Session {
    const session = this.stage.open(variant, race);
    const [, name] = /^programs\/([\w-]+)\/lesson\.md$/.exec(this.lesson.file) ?? [];
    // A lesson of one's own is in a file that a link does not have.
    session.subject = () => (name === undefined ? undefined : { kind: 'lesson', name, part: this.position });
    return session;
  }

  async #does(part: LessonPart): Promise<StepResult> {
    switch (part.kind) {
      case 'text':
        return { part, ok: true, output: part.text };
      case 'variant':
        try {
          this.#open(part.variant, part.race);
          return { part, ok: true, output: '' };
        } catch (error) {
          return { part, ok: false, output: told(error).message };
        }
      case 'command': {
        const { ok, output } = await this.#asWritten(part.text);
        this.#answer = output;
        // What a check would say of it is beside the point.
        const endless = this.session.stop.reason === 'limit';
        return {
          part,
          ok: ok && !endless,
          output: endless ? `${output}\nthis step does not end by itself: --limit N allows it more instructions` : output,
        };
      }
      case 'check': {
        const output = contradiction(this.session, part.check, { printed: this.stage.printed(), answer: this.#answer });
        return { part, ok: output === undefined, output: output ?? '' };
      }
      case 'exercise':
        return { part, ok: true, output: '', skipped: true };
    }
  }

  /** A lesson speaks of AT&T syntax, or what a step of its own has set, whatever the reader looks at; what a step sets the reader sees too. */
  async #asWritten(line: string): Promise<Outcome> {
    const { settings } = this.session;
    const { flavor } = settings;
    settings.set('disassemble-flavor', this.#flavor, 0);
    const outcome = await execute(this.session, line);
    if (settings.flavor === this.#flavor) settings.set('disassemble-flavor', flavor, 0);
    else this.#flavor = settings.flavor;
    return outcome;
  }

  /** What a step may depend on. */
  #place(): string {
    const { target, selection, breakpoints, exited, checks } = this.session;
    const stops = breakpoints.all.map(({ id, enabled }) => `${id}${enabled}`).join();
    return [this.#opened, target.process.t, exited, selection.frame, selection.goroutine?.id, stops, checks.on].join(' ');
  }
}
