/** The screen's first lines: what is debugged, what has happened and where, and why, as many lines as that takes. */
import type { State } from './state.js';
import { printable, type Row, span, wrappedRow } from './text.js';
import widthOf from './width.js';

/** Lines that a stop is told in, at most: of a small screen, and of a larger one. */
const MOST_LINES = { small: 3, large: 4 } as const;
const LARGE = 30;

/** Rows above the panes. */
export const headHeight = (state: State): number => 1 + stopRows(state).length;

export function header(state: State): readonly Row[] {
  const { view, columns } = state;
  const left = ` r14  ${view.title}`;
  const right = `t ${view.t}   ${view.place} `;
  const gap = Math.max(2, columns - widthOf(left) - widthOf(right));
  const stop = stopRows(state);
  const now = runningText(state);
  // While it runs the panes stay where they are.
  const below = now === undefined ? stop : stop.map((_, index): Row => [span(index === 0 ? now : '')]);
  return [[span(`${left}${' '.repeat(gap)}${right}`, 'title')], ...below];
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
