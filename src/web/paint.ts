/** The screen's state as what a page paints: the rows that a terminal would show, each in its pane. */
import { frame } from '../tui/draw.js';
import { paneContentOf, tooSmall } from '../tui/layout.js';
import { paneNamed } from '../tui/panes/table.js';
import type { State } from '../tui/state.js';
import { rowText } from '../tui/text.js';
import type { PaintedLesson, PaintedScreen } from './messages.js';

/** Cells of a row that the page breaks itself. */
const UNBROKEN = 1_000_000;
/** Registers that are named when a step has changed them. */
const MOST_CHANGED = 6;

export function paint(state: State): PaintedScreen {
  const { rows, columns, view, focus, line, running, reading } = state;
  const { head, panes, help, foot } = tooSmall(state) ? { head: [], panes: [], help: [], foot: [] } : frame(state);
  return {
    rows,
    columns,
    title: view.title,
    head,
    panes: panes.map(({ place: { pane, row, column, width, height }, rows: lines }) => ({
      ...{ name: pane.name, title: pane.title, focused: focus === pane.name, row, column, width, height },
      rows: lines,
    })),
    help,
    foot,
    lesson: lessonOf(state),
    running: running !== undefined,
    typing: line !== undefined,
    reading,
    exited: view.exited,
    told: running === undefined ? toldOf(state) : '',
  };
}

function lessonOf(state: State): PaintedLesson | undefined {
  const { lesson } = state;
  if (lesson === undefined) return undefined;
  const { title, position, steps, away, next, exercise } = lesson;
  const { items, fresh = 0, note = '' } = paneContentOf(state, paneNamed('lesson'), UNBROKEN);
  return {
    ...{ title, note, fresh, position, steps, away, over: next === undefined },
    items: items.map(({ row, section }) => ({ row, ...(section === undefined ? {} : { section }) })),
    exercise: exercise && { answer: exercise.answer },
  };
}

/** What the stop is, where it is, and what it has changed. */
function toldOf(state: State): string {
  const { view, before } = state;
  const { what, detail } = view.stop;
  const stop = [what, detail].filter(text => text !== '').join('. ');
  if (before === undefined || view.exited) return stop;
  const changed = paneContentOf(state, paneNamed('registers'), UNBROKEN)
    .items.filter(({ row }) => row.some(({ role, text }) => role === 'changed' && text.trim() !== ''))
    .map(({ row }) => rowText(row).trim().replace(/^\*/, '').replace(/\s+/g, ' '));
  const named = changed.slice(0, MOST_CHANGED).join('; ');
  const more = changed.length > MOST_CHANGED ? ` and ${changed.length - MOST_CHANGED} more` : '';
  return changed.length === 0 ? stop : `${stop}. Changed: ${named}${more}`;
}
