/** From the state to rows of styled text: pure, so that screens can be compared in tests. */
import { helpRows } from './help.js';
import { KEYS } from './keys.js';
import { bodyHeight, HEAD, layout, linesOf, MINIMUM, paneContentOf, type ScreenLine, type ScreenPlace, tooSmall } from './layout.js';
import { promptRow } from './prompt.js';
import { meantBySelection } from './selection.js';
import type { State } from './state.js';
import { printable, type Row, rule, span, toWidth } from './text.js';
import widthOf from './width.js';

/** The last hints of the table. */
const KEPT_HINTS = 3;

export function draw(state: State): Row[] {
  const { rows, columns } = state;
  if (tooSmall(state)) {
    const text = `r14 needs ${MINIMUM.columns} x ${MINIMUM.rows} cells, not ${columns} x ${rows}. Enlarge the window, or press q and use --line.`;
    return wrapped(text, columns)
      .slice(0, rows)
      .map(line => toWidth([span(line)], columns));
  }
  const middle = state.help === undefined ? panes(state) : help(state, state.help);
  return [...header(state), ...middle, ...footer(state)].map(row => toWidth(row, columns));
}

function header(state: State): Row[] {
  const { view, columns } = state;
  const left = ` r14  ${view.title}`;
  const right = `t ${view.t}   ${view.place} `;
  const gap = Math.max(2, columns - [...left].length - [...right].length);
  const { what, detail } = view.stop;
  const waiting = state.pending.length === 0 ? '' : `   ${state.pending.length} more wait${state.pending.length === 1 ? 's' : ''}`;
  const stop: Row = state.reading
    ? [span(' the program waits for input: enter sends a line, ctrl-d ends it, ctrl-c stops the program')]
    : state.progress === undefined
      ? [span(' '), span(printable(what), view.fault ? 'fault' : 'selected'), span(detail === '' ? '' : `  ${printable(detail)}`)]
      : [span(` running: ${printable(state.progress)}   ctrl-c stops it${waiting}`)];
  return [[span(`${left}${' '.repeat(gap)}${right}`, 'title')], stop];
}

function footer(state: State): Row[] {
  const prompt = state.line === undefined ? lessonHint(state) : promptRow(state.line, state.columns, state.reading ? 'input: ' : '(r14) ');
  return [prompt, [span(hints(state), 'dim')]];
}

/** As many of the hints as there is room for; how to type, to learn more and to leave are always among them. */
function hints({ columns, lesson }: State): string {
  const useful = KEYS.filter(key => key.action.kind !== 'lesson' || lesson?.next !== undefined);
  const all = useful.flatMap(key => (key.hint === undefined ? [] : [key.hint]));
  const [first, last] = [all.slice(0, -KEPT_HINTS), all.slice(-KEPT_HINTS)];
  const line = (): string => ` ${[...first, ...last].join(' · ')}`;
  while (first.length > 0 && widthOf(line()) > columns) first.pop();
  return line();
}

/** A text in lines of that width, broken between words. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** What stands in the command line while nothing is typed: the lesson's next step, where the lesson has no place on the screen. */
function lessonHint(state: State): Row {
  const { lesson } = state;
  if (lesson?.next === undefined || layout(state).some(place => place.pane.name === 'lesson')) return [span('')];
  const { position, steps, next } = lesson;
  return [
    span(` lesson ${position} of ${steps}  `, 'dim'),
    span(printable(next.text), 'current'),
    span('  space runs this, 6 shows the lesson', 'dim'),
  ];
}

function help(state: State, top: number): Row[] {
  const height = bodyHeight(state);
  return fill([...helpRows(state.columns, height, top).rows], height);
}

const fill = (rows: Row[], height: number): Row[] => [
  ...rows,
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => [span('')] as Row),
];

/** The panes put together, each row from left to right with a rule between neighbours. */
function panes(state: State): Row[] {
  const places = layout(state).map(place => ({ place, rows: pane(state, place) }));
  return Array.from({ length: bodyHeight(state) }, (_, index) => {
    const row = HEAD + index;
    const beside = places.filter(({ place }) => row >= place.row && row < place.row + place.height);
    return beside.flatMap(({ place, rows }, nth) => [...(nth === 0 ? [] : [span('│', 'dim')]), ...rows[row - place.row]!]);
  });
}

/** A pane with its title line. */
function pane(state: State, place: ScreenPlace): Row[] {
  const { pane, width, height } = place;
  const { note, items } = paneContentOf(state, pane, width);
  const { selected, top } = state.panes[pane.name];
  const wanted = meantBySelection(state);
  const lines = linesOf(state, place);
  // A pane of a row or two has none for what it leaves out.
  const cut = pane.folds && top === undefined && lines.length < items.length && !lines.some(line => 'hidden' in line);
  const title = rule(pane.key, pane.title, width, state.focus === pane.name, cut ? `⋮ ${items.length - lines.length} more` : note);
  const rows = lines.map(line => lineOf(line, selected, wanted));
  return fill([title, ...rows], height).map(row => toWidth(row, width));
}

/** `wanted`: what is selected; other rows that hold it or stand there are marked. */
function lineOf(line: ScreenLine, selected: number | undefined, wanted: bigint | undefined): Row {
  if ('hidden' in line) return [span(` ⋮ ${line.hidden} more${line.unfold === undefined ? '' : `: ${line.unfold}`}`, 'dim')];
  const { row, value, address } = line.item;
  if (line.index === selected) return row.map(({ text }) => span(text, 'cursor'));
  const alike = wanted !== undefined && (value === wanted || address === wanted);
  return alike ? row.map(segment => ({ ...segment, alike: true })) : row;
}
