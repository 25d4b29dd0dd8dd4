import type { LessonPart } from '../../debugger/lesson/lesson.js';
import { proseLines } from '../../debugger/lesson/prose.js';
import type { StepResult } from '../../debugger/lesson/run.js';
import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { printable, span, type TextRole } from '../text.js';

/** A lesson: what was said and done so far, and the step that is next. */
export const lessonPane = {
  name: 'lesson',
  title: 'lesson',
  key: '6',
  useful: ({ lesson }: PaneSubject) => lesson !== undefined,
  content: ({ lesson: walk }: PaneSubject, width: number) => {
    if (walk === undefined) return { items: [] };
    const { results, next, position, steps } = walk;
    // What stands before the last step is read already.
    const read = results.findLastIndex(result => isStep(result.part.kind));
    const parts = results.map((result, index) => shown(result, width - 2, index < read));
    const items: PaneItem[] = parts.flat();
    // That a check holds is no news; the prose behind it is.
    const done = results.slice(Math.max(0, read));
    const prose = done.every(({ ok }) => ok)
      ? Math.max(
          0,
          done.findIndex(({ part }) => part.kind === 'text'),
        )
      : 0;
    const fresh = parts.slice(0, Math.max(0, read) + prose).flat().length;
    items.push(...(next === undefined ? [line('The lesson is over.', 'dim')] : nextStep(next)));
    return { items, anchor: items.length - 1, fresh, note: `${position} of ${steps}` };
  },
} as const satisfies PaneRow;

const isStep = (kind: LessonPart['kind']): boolean => kind === 'command' || kind === 'variant';

const line = (text: string, role: TextRole = 'plain'): PaneItem => ({ row: [span(` ${printable(text)}`, role)] });

function shown({ part, ok, output }: StepResult, width: number, read: boolean): readonly PaneItem[] {
  const role = read ? 'dim' : 'plain';
  switch (part.kind) {
    case 'text':
      return ['', ...proseLines(part.text, width), ''].map(text => line(text, text.startsWith('#') && !read ? 'title' : role));
    case 'command':
      return [line(`(r14) ${part.text}`, role)];
    case 'check':
    case 'variant':
      if (ok) return [line(`✓ ${part.text}`, read ? 'dim' : 'good')];
      return [line(`✗ ${part.text}`, 'bad'), ...output.split('\n').map(text => line(`    ${text}`, 'bad'))];
  }
}

const nextStep = ({ text }: LessonPart): readonly PaneItem[] => [
  { row: [span(' ► ', 'current'), span(printable(text), 'current'), span('   space runs this', 'dim')] },
];
