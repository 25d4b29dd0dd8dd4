/** A lesson as the screen walks it: a step at a time, with the checks behind it. */

import type { Session } from '../session/session.js';
import type { LessonPart } from './lesson.js';
import type { LessonRun, StepResult } from './run.js';

/** What the lesson pane shows, as plain data. */
export interface LessonView {
  /** What was read, run and checked so far, in order. */
  readonly results: readonly StepResult[];
  /** The step that a key runs; undefined at the end. */
  readonly next: LessonPart | undefined;
  /** Number of `next` among the steps, from 1. */
  readonly position: number;
  readonly steps: number;
}

const isStep = (part: LessonPart): boolean => part.kind === 'command' || part.kind === 'variant';

export class LessonWalk {
  #results: readonly StepResult[] = [];

  readonly lesson = this;

  constructor(private readonly run: LessonRun) {}

  get session(): Session {
    return this.run.session;
  }

  get view(): LessonView {
    const { run } = this;
    const count = (parts: readonly LessonPart[]): number => parts.filter(isStep).length;
    const steps = count(run.lesson.parts);
    const done = count(this.#results.map(result => result.part));
    return { results: this.#results, next: run.next, position: Math.min(steps, done + 1), steps };
  }

  /** Runs the next step, and goes on to the one behind it. Returns the step's answer and what does not hold. */
  async step(): Promise<string> {
    const { run } = this;
    const { output } = await this.#advance();
    const wrong: string[] = [];
    while (run.next !== undefined && !isStep(run.next)) {
      const result = await this.#advance();
      if (!result.ok) wrong.push(`✗ ${result.part.text}: ${result.output}`);
    }
    return [...(output === '' ? [] : [output]), ...wrong].join('\n');
  }

  /** Reads to the first step. */
  async begin(): Promise<void> {
    while (this.run.next !== undefined && !isStep(this.run.next)) await this.#advance();
  }

  /** Runs steps until one has left the program stopped by a signal. */
  async untilSignal(): Promise<void> {
    await this.begin();
    while (this.run.next !== undefined && this.run.session.stop.reason !== 'signal') await this.step();
  }

  async #advance(): Promise<StepResult> {
    const result = await this.run.advance();
    this.#results = [...this.#results, result];
    return result;
  }
}
