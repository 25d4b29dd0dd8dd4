/** The run so far, from its first moment to the furthest that it has come, and what has happened in it: what the time bar shows. */
import type { Session } from '../../debugger/session/session.js';
import { COURSE_KINDS, type CourseKind } from '../../debugger/timeline/course.js';

export interface TimeView {
  readonly start: number;
  readonly now: number;
  readonly end: number;
  /** In no order. */
  readonly happened: readonly Happening[];
}

export interface Happening {
  readonly kind: CourseKind | 'fault' | 'mark';
  readonly t: number;
  /** The command that goes there exactly. */
  readonly command: string;
  /** A mark's number. */
  readonly mark?: number;
}

/** Undefined: the program has not run yet. */
export function observeTime({ history, target }: Session): TimeView | undefined {
  if (history === undefined) return undefined;
  const { start, branch, marks } = history;
  const now = target.process.t;
  const end = Math.max(branch.reached, now);
  if (end <= start) return undefined;
  const happened: Happening[] = COURSE_KINDS.flatMap(kind => branch.course.moments(kind).map(t => ({ kind, t, command: `seek ${t}` })));
  for (const { id, t, branch: own } of marks.all) {
    if (own !== branch.id) continue;
    const fault = marks.fault?.t === t && marks.fault.branch === own ? 'seek fault' : `seek ${t}`;
    happened.push(id === 0 ? { kind: 'fault', t, command: fault } : { kind: 'mark', t, command: `goto ${id}`, mark: id });
  }
  return { start, now, end, happened };
}
