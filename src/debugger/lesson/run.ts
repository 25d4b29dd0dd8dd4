/** Walks a lesson: runs its steps in a session and looks whether what it claims holds. */

import { told } from '../../host/told.js';
import type { Flavor } from '../code/disassemble.js';
import type { Outcome } from '../commands/command.js';
import { execute } from '../commands/execute.js';
import { contradiction } from '../commands/expectation.js';
import type { Session } from '../session/session.js';
import type { Lesson, LessonPart } from './lesson.js';

/** Where a lesson plays. */
export interface LessonStage {
  /** A session of a build of the lesson's program, at its start; undefined: the default. Throws when there is none. */
  open(variant: string | undefined, race: boolean | undefined): Session;
  /** What the program of the present session has written. */
  printed(): string;
}

export interface StepResult {
  readonly part: LessonPart;
  readonly ok: boolean;
  /** A command's answer, or what is wrong. */
  readonly output: string;
}

export class LessonRun {
  session: Session;
  #position = 0;
  #answer = '';
  #flavor: Flavor = 'gnu';

  /** Opens the program's default build. */
  constructor(
    readonly lesson: Lesson,
    private readonly stage: LessonStage,
  ) {
    this.session = stage.open(undefined, undefined);
  }

  /** The part that comes next; undefined at the end. */
  get next(): LessonPart | undefined {
    return this.lesson.parts[this.#position];
  }

  /** Does the next part. Never throws: what goes wrong is the result's output. */
  async advance(): Promise<StepResult> {
    const part = this.lesson.parts[this.#position++];
    if (part === undefined) throw new Error('the lesson is over');
    switch (part.kind) {
      case 'text':
        return { part, ok: true, output: part.text };
      case 'variant':
        try {
          this.session = this.stage.open(part.variant, part.race);
          return { part, ok: true, output: '' };
        } catch (error) {
          return { part, ok: false, output: told(error).message };
        }
      case 'command': {
        const { ok, output } = await this.#asWritten(part.text);
        this.#answer = output;
        return { part, ok, output };
      }
      case 'check': {
        const output = contradiction(this.session, part.check, { printed: this.stage.printed(), answer: this.#answer });
        return { part, ok: output === undefined, output: output ?? '' };
      }
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
}
