import type { PictureCell, RacePicture, RaceSide } from '../../debugger/show/race-picture.js';
import type { OrderRow } from '../../debugger/show/race-why.js';
import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { beginning, printable, type Row, shortNames, span, type TextRole, type TextSegment } from '../text.js';
import widthOf from '../width.js';
import { hasReport } from './output.js';

/** Cells between the two sides. */
const GAP = ' │ ';
const FRAMES = 4;

/** A race: both accesses side by side, the word's cells, and what has ordered the two goroutines, with the edge that is missing. */
export const racePane = {
  name: 'race',
  title: 'race',
  key: 'r',
  useful: ({ output }: PaneSubject) => hasReport(output),
  content: ({ view }: PaneSubject, width: number) => ({
    items: view.race === undefined ? [] : rows(view.race, width).map((row): PaneItem => ({ row })),
    ...(view.race?.rows === undefined && view.race !== undefined ? { note: 'r: what has ordered them' } : {}),
  }),
} as const satisfies PaneRow;

function rows({ race, names, rows: order }: RacePicture, width: number): readonly Row[] {
  const half = Math.max(8, Math.floor((width - GAP.length) / 2));
  return [...(race === undefined ? [] : sides(race, half)), ...(order === undefined ? [] : graph(names, order, half))];
}

function sides(race: NonNullable<RacePicture['race']>, half: number): readonly Row[] {
  const [now, before] = race.sides;
  const pair = (left: TextSegment, right: TextSegment): Row => [fitted(left, half), span(GAP, 'dim'), fitted(right, half)];
  const both = (text: (side: RaceSide) => string | undefined, role: TextRole = 'plain'): Row =>
    pair(span(text(now) ?? '', role), span(text(before) ?? '', role));
  const frames = Math.min(FRAMES, Math.max(now.frames.length, before.frames.length));
  return [
    pair(span('now', 'bad'), span(race.dropped ? 'before (lost: no report)' : 'before', 'bad')),
    both(({ who }) => who, 'function'),
    both(({ access }) => access),
    both(({ when }) => when, 'dim'),
    both(({ source }) => source, 'code'),
    ...Array.from({ length: frames }, (_, index) => both(({ frames: all }) => all[index], index === 0 ? 'plain' : 'dim')),
    both(({ knows }) => knows, 'changed'),
    [span('met  '), ...race.met.flatMap(cellText)],
    [span('word '), ...race.cells.flatMap(cellText)],
  ];
}

const CELL_ROLES: Readonly<Record<PictureCell['kind'], TextRole>> = { empty: 'dim', marker: 'seam', read: 'good', write: 'bad' };
const cellText = ({ text, kind }: PictureCell): readonly TextSegment[] => [span(`[${text}]`, CELL_ROLES[kind]), span(' ')];

/** Two lines of life; a release that was got points to the other, and the racing accesses are joined by what is not there. */
function graph(names: readonly [string, string], order: readonly OrderRow[], half: number): readonly Row[] {
  const got = new Set(order.flatMap(({ from }) => (from === undefined ? [] : [from])));
  const racing = order.flatMap((row, index) => (row.racing ? [index] : []));
  const [first = order.length, last = 0] = racing;
  const linkOf = ({ column, from }: OrderRow, index: number): TextSegment => {
    if (racing.includes(index)) return span('╌╌╌', 'bad');
    if (got.has(index)) return span(column === 0 ? '──►' : '◄──', 'seam');
    if (from !== undefined) return span(column === 0 ? '◄──' : '──►', 'seam');
    return index > first && index < last ? span(' ╎ ', 'bad') : span(' │ ', 'seam');
  };
  return [
    [fitted(span(names[0], 'dim'), half), span(GAP, 'dim'), span(names[1], 'dim')],
    ...order.map((row, index): Row => {
      const role: TextRole = row.racing ? 'bad' : got.has(index) || row.from !== undefined ? 'good' : 'dim';
      const shown = span(shortNames(row.text), role);
      const link = linkOf(row, index);
      return row.column === 0 ? [fitted(shown, half), link] : [span(' '.repeat(half)), link, span(printable(shown.text), role)];
    }),
  ];
}

/** Cut or filled to a width. */
function fitted({ text, role }: TextSegment, width: number): TextSegment {
  const cut = beginning(printable(text), width);
  return span(cut + ' '.repeat(width - widthOf(cut)), role);
}
