/** The screen's first lines: what is debugged, what has happened and where, and why, as many lines as that takes. */
import type { State } from './state.js';
import { beginning, printable, type Row, span, wrappedRow } from './text.js';
import { timeBar } from './time-bar.js';
import widthOf from './width.js';

/** Lines that a stop is told in, at most: of a small screen, and of a larger one. */
const MOST_LINES = { small: 3, large: 4 } as const;
const LARGE = 30;

/** Rows above the panes. */
export const headHeight = (state: State): number => 1 + stopRows(state).length;

export function header(state: State): readonly Row[] {
  const { left, bar, right, columns } = titleOf(state);
  const { time } = state.view;
  const stop = stopRows(state);
  const now = runningText(state);
  // While it runs the panes stay where they are.
  const below = now === undefined ? stop : stop.map((_, index): Row => [span(index === 0 ? now : '')]);
  const blank = (cells: number) => span(' '.repeat(Math.max(GAP, cells)));
  const middle: Row =
    time === undefined || bar === undefined
      ? [blank(columns - widthOf(left) - widthOf(right))]
      : [blank(bar.from - widthOf(left)), ...timeBar(time, bar.width), blank(GAP)];
  return [[span(left, 'title'), ...middle, span(right, 'title')], ...below];
}

/** Cells between the parts of the title. */
const GAP = 2;
/** A time bar with fewer cells would say little, and the name of the program with fewer is none. */
const SHORTEST_BAR = 12;
const SHORTEST_NAME = 12;

/** The cells of the screen's first row that the time bar has; undefined: there is none. */
export const barOf = (state: State): { readonly from: number; readonly width: number } | undefined =>
  state.view.time === undefined ? undefined : titleOf(state).bar;

/** The first row: the program's name gives way to the time bar, and that to where the program stands. */
function titleOf({ view, columns }: State) {
  const right = `t ${view.t}   ${view.place} `;
  const whole = ` r14  ${view.title}`;
  const room = columns - widthOf(right) - 2 * GAP;
  const most = Math.max(SHORTEST_NAME, room - SHORTEST_BAR);
  const left = widthOf(whole) <= most ? whole : `${beginning(whole, most - 1)}…`;
  const width = room - widthOf(left);
  if (view.time === undefined || width < SHORTEST_BAR) return { left: whole, bar: undefined, right, columns };
  return { left, bar: { from: widthOf(left) + GAP, width }, right, columns };
}

function stopRows({ view, rows, columns }: State): readonly Row[] {
  const { what, detail } = view.stop;
  const text: Row = [
    span(' '),
    span(printable(what), view.fault ? 'fault' : 'selected'),
    span(detail === '' ? '' : `  ${printable(detail)}`),
  ];
  return wrappedRow(text, columns, 1).slice(0, rows < LARGE ? MOST_LINES.small : MOST_LINES.large);
}

function runningText({ reading, progress, pending }: State): string | undefined {
  if (reading) return ' the program waits for input: enter sends a line, ctrl-d ends it, ctrl-c stops the program';
  if (progress === undefined) return undefined;
  const waiting = pending.length === 0 ? '' : `   ${pending.length} more wait${pending.length === 1 ? 's' : ''}`;
  return ` running: ${printable(progress)}   ctrl-c stops it${waiting}`;
}
