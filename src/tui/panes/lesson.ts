import { proseBlocks } from '../../debugger/lesson/markdown.js';
import type { StepResult } from '../../debugger/lesson/run.js';
import type { ExerciseView, LessonView } from '../../debugger/lesson/walk.js';
import { namePlaces, namesIn } from '../names.js';
import { itemsOfLine, itemsOfRow, type PaneItem, type PaneRow, type PaneSubject } from '../pane.js';
import { printable, type Row, span, type TextRole, wrappedRow } from '../text.js';

/** Rows of an answer that stand in the lesson; the console has all of them. */
const ANSWER_ROWS = 24;

/** A lesson: what was said and done so far, and the step or the exercise that is next. */
export const lessonPane = {
  name: 'lesson',
  title: 'lesson',
  key: '6',
  grows: true,
  pages: true,
  useful: ({ lesson }: PaneSubject) => lesson !== undefined,
  content: ({ lesson, contents }: PaneSubject, width: number) => {
    if (lesson === undefined) return { items: [] };
    const note = `${lesson.position} of ${lesson.steps}${lesson.away ? ', away: space returns' : ''}`;
    if (contents) return { items: sectionsOf(lesson, width), note };
    const parts = lesson.results.map((result, index) => shown(result, width, index < lesson.fresh));
    const items: PaneItem[] = parts.flat();
    const fresh = parts.slice(0, lesson.fresh).flat().length;
    items.push(...nextOf(lesson, width));
    return { items, anchor: items.length - 1, fresh, note };
  },
} as const satisfies PaneRow;

const line = (text: string, role: TextRole, width: number): readonly PaneItem[] => itemsOfLine(` ${text}`, width, role);

/** A command, a claim or an answer, whose names can be gone to. */
const told = (text: string, role: TextRole, width: number): readonly PaneItem[] => withNames(line(text, role, width), namesIn(text));

const withNames = (items: readonly PaneItem[], names: readonly string[]): readonly PaneItem[] =>
  items.map(item => {
    const places = namePlaces(names, item.row);
    return places.length === 0 ? item : { ...item, names: places };
  });

function sectionsOf({ title, sections }: LessonView, width: number): readonly PaneItem[] {
  return [
    ...line(title, 'title', width),
    ...sections.flatMap(({ title: name, current, done }, section) =>
      itemsOfRow([span(` ${current ? '►' : done ? '✓' : ' '} ${printable(name)}`, current ? 'current' : done ? 'dim' : 'plain')], width, {
        section,
      }),
    ),
    ...line('up, down and enter go to one; space goes on reading', 'dim', width),
  ];
}

const STYLES = { plain: 'plain', code: 'literal', stress: 'stress', heading: 'title' } as const;

function prose(text: string, width: number, read: boolean): readonly PaneItem[] {
  return proseBlocks(text).flatMap(({ spans, hang }) => {
    const row: Row = [span(' '), ...spans.map(each => span(printable(each.text), read ? 'dim' : STYLES[each.style]))];
    const items = wrappedRow(row, width, hang + 1).map(
      (each, index): PaneItem => (index === 0 ? { row: each } : { row: each, goesOn: true }),
    );
    return withNames(
      items,
      spans.flatMap(each => (each.style === 'code' ? namesIn(each.text) : [])),
    );
  });
}

function shown({ part, ok, output, skipped }: StepResult, width: number, read: boolean): readonly PaneItem[] {
  const role = read ? 'dim' : 'plain';
  switch (part.kind) {
    case 'text':
      return [...prose(part.text, width, read), { row: [span('')] }];
    case 'command':
      return [
        ...withNames(line(`(r14) ${part.text}`, read ? 'dim' : 'stress', width), namesOfStep(part.text)),
        ...answer(output, ok ? role : 'bad', width),
        { row: [span('')] },
      ];
    case 'exercise':
      return [
        ...prose(`Exercise: ${part.text}`, width, true),
        ...line(skipped ? '- left' : '✓ done', read ? 'dim' : 'good', width),
        { row: [span('')] },
      ];
    case 'check':
    case 'variant':
      if (ok) return withNames(line(`✓ ${part.text}`, read ? 'dim' : 'good', width), namesOfStep(part.text));
      return [
        ...line(`✗ ${part.text}`, 'bad', width),
        ...output.split('\n').flatMap(text => line(`    ${text}`, 'bad', width)),
        ...line('  this is not as the lesson says: b goes back, R starts the program anew, space goes on all the same', 'bad', width),
      ];
  }
}

/** What a step has answered, below it. */
function answer(output: string, role: TextRole, width: number): readonly PaneItem[] {
  if (output === '') return [];
  const rows = output.split('\n').flatMap(text => told(`  ${text}`, role, width));
  if (rows.length <= ANSWER_ROWS) return rows;
  return [...rows.slice(0, ANSWER_ROWS - 1), ...line(`  ⋮ ${rows.length - ANSWER_ROWS + 1} more: 9`, 'dim', width)];
}

/** The last word of a step is a name, too, where it could be one. */
const namesOfStep = (step: string): readonly string[] => [
  ...namesIn(step),
  ...namesIn(
    step
      .split(/[\s*&]+/)
      .slice(1)
      .at(-1) ?? '',
  ),
];

function nextOf({ next, exercise, after }: LessonView, width: number): readonly PaneItem[] {
  if (next === undefined)
    return [...line('The lesson is over.', 'title', width), ...after.split('\n').flatMap(text => line(text, 'plain', width))];
  if (exercise === undefined)
    return itemsOfRow([span(' ► ', 'current'), span(printable(next.text), 'current'), span('   space runs this', 'dim')], width);
  return [
    ...line('Exercise', 'title', width),
    ...prose(next.text, width, false),
    ...exercise.hints.flatMap(hint => line(`hint: ${hint}`, 'changed', width)),
    ...(exercise.solution ?? []).flatMap((text, index) => line(`${index === 0 ? 'solution: ' : '          '}${text}`, 'changed', width)),
    ...(exercise.said === '' ? [] : line(exercise.said, 'current', width)),
    ...line(waysOf(exercise), 'dim', width),
  ];
}

const waysOf = ({ answer, file, more, hints }: ExerciseView): string =>
  `${answer ? '► space: type the answer' : file === undefined ? '► do it, with keys or : and a command; space looks' : `► write ${file} in your editor; space assembles and tries it`}${more ? ` · H ${hints.length === 0 ? 'a hint' : 'more'}` : ''} · x leaves it`;
