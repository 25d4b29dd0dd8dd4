/** From the state to rows of styled text: pure, so that screens can be compared in tests. */

import { footer } from './foot.js';
import { header, headHeight } from './head.js';
import { helpRows } from './help.js';
import { bodyHeight, layout, linesOf, MINIMUM, paneContentOf, type ScreenLine, type ScreenPlace, tooSmall } from './layout.js';
import { meantBySelection } from './selection.js';
import type { State } from './state.js';
import { type Row, rule, span, toWidth } from './text.js';

export function draw(state: State): Row[] {
  const { rows, columns } = state;
  if (tooSmall(state)) {
    const text = `r14 needs ${MINIMUM.columns} x ${MINIMUM.rows} cells, not ${columns} x ${rows}. Enlarge the window, or press q and use --line.`;
    return lines(text, columns)
      .slice(0, rows)
      .map(line => toWidth([span(line)], columns));
  }
  const { head, panes, help, foot } = frame(state);
  return [...head, ...(help ?? together(state, panes)), ...foot].map(row => toWidth(row, columns));
}

/** A pane at its place, with its rows, the title first. */
export interface DrawnPane {
  readonly place: ScreenPlace;
  readonly rows: readonly Row[];
}

/** What stands on a screen that is large enough. */
export interface ScreenFrame {
  readonly head: readonly Row[];
  readonly panes: readonly DrawnPane[];
  /** In the place of the panes. */
  readonly help: readonly Row[] | undefined;
  readonly foot: readonly Row[];
}

export const frame = (state: State): ScreenFrame => ({
  head: header(state),
  panes: state.help === undefined ? layout(state).map(place => ({ place, rows: pane(state, place) })) : [],
  help: state.help === undefined ? undefined : help(state, state.help),
  foot: footer(state),
});

/** Broken between words only: of the smallest screen a row is a word's beginning. */
function lines(text: string, width: number): readonly string[] {
  const out: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${out.at(-1)} ${word}`;
    if (out.length > 0 && longer.length <= width) out[out.length - 1] = longer;
    else out.push(word);
  }
  return out;
}

function help(state: State, top: number): Row[] {
  const height = bodyHeight(state);
  return fill([...helpRows(state, top).rows], height);
}

const fill = (rows: Row[], height: number): Row[] => [
  ...rows,
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => [span('')] as Row),
];

/** The panes put together, each row from left to right with a rule between neighbours. */
function together(state: State, places: readonly DrawnPane[]): Row[] {
  const head = headHeight(state);
  return Array.from({ length: bodyHeight(state) }, (_, index) => {
    const row = head + index;
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
  const { row } = line;
  const { value, address } = line.item;
  if (line.index === selected) return row.map(({ text }) => span(text, 'cursor'));
  const alike = wanted !== undefined && (value === wanted || address === wanted);
  return alike ? row.map(segment => ({ ...segment, alike: true })) : row;
}
