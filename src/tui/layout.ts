/** Where each pane stands on the screen, and what is in it: drawing and the mouse share this. */
import { type Content, type Item, same } from './pane.js';
import { eachPane, type Pane, type PaneName, paneNamed } from './panes/table.js';
import type { State } from './state.js';

/** A pane's place, its title row included, in cells from the upper left corner. */
export interface Place {
  readonly pane: Pane;
  readonly row: number;
  readonly column: number;
  readonly width: number;
  readonly height: number;
}

/** A row of a pane: the item with that index, or so many that a fold hides. */
export type Line = { readonly index: number; readonly item: Item } | { readonly hidden: number };

/** Panes in columns, side by side. */
type Band = readonly (readonly PaneName[])[];

interface Layout {
  readonly columns: number;
  readonly rows: number;
  /** From top to bottom. */
  readonly bands: readonly Band[];
}

/** The first that fits is used. A pane that is focused and has no place there takes the whole body. */
const LAYOUTS: readonly Layout[] = [
  {
    columns: 170,
    rows: 40,
    bands: [
      [
        ['code', 'backtrace', 'console'],
        ['source', 'lens', 'goroutines', 'output'],
        ['registers', 'memory'],
      ],
    ],
  },
  {
    columns: 100,
    rows: 24,
    bands: [
      [
        ['code', 'backtrace', 'output', 'console'],
        ['registers', 'lens', 'memory', 'goroutines'],
      ],
    ],
  },
  { columns: 60, rows: 15, bands: [[['code'], ['registers']], [['backtrace']], [['console']]] },
];

export const MINIMUM = LAYOUTS.at(-1)!;
/** Rows above and below the panes. */
export const HEAD = 3;
const FOOT = 2;

interface Want {
  /** Rows that it is given before others get more than theirs. */
  readonly least: number;
  /** Rows that it can fill. */
  readonly most: number;
  /** How fast it grows, among its neighbours. */
  readonly weight: number;
}

/** Least rows of a pane with its title, and its weight. */
const ROOM: Readonly<Record<PaneName, readonly [least: number, weight: number]>> = {
  code: [6, 3],
  registers: [6, 3],
  backtrace: [7, 1],
  memory: [4, 2],
  output: [3, 1],
  goroutines: [3, 1],
  lens: [3, 2],
  source: [6, 3],
  console: [3, 1],
};

/** Rows between the screen's head and foot. */
export const bodyHeight = (state: State): number => state.rows - HEAD - FOOT;

export const tooSmall = ({ rows, columns }: State): boolean => rows < MINIMUM.rows || columns < MINIMUM.columns;

/** The panes in view and their places. */
export function layout(state: State): readonly Place[] {
  if (tooSmall(state)) return [];
  const { rows, columns, focus } = state;
  const body = { row: HEAD, column: 0, width: columns, height: bodyHeight(state) };
  const chosen = LAYOUTS.find(each => columns >= each.columns && rows >= each.rows)!;
  if (state.zoomed || !chosen.bands.flat(2).includes(focus)) return [{ pane: paneNamed(focus), ...body }];
  const shown = (name: PaneName): boolean => name === focus || contentOf(state, paneNamed(name), columns).items.length > 0;
  const bands = chosen.bands
    .map(band => band.map(column => column.filter(shown)).filter(column => column.length > 0))
    .filter(band => band.length > 0);
  const wants = bands.map(band => band.map(column => column.map(name => wantOf(state, name, Math.floor(columns / band.length)))));
  const heights = share(
    body.height,
    wants.map(columnsOfBand => widest(columnsOfBand.map(stacked))),
  );
  let { row } = body;
  return bands.flatMap((band, at) => {
    const height = heights[at]!;
    const places = band.flatMap((column, nth) => {
      const from = Math.floor((columns * nth) / band.length);
      const to = nth === band.length - 1 ? columns : Math.floor((columns * (nth + 1)) / band.length) - 1;
      const sizes = share(height, wants[at]![nth]!);
      let down = row;
      return column.map((name, index): Place => {
        const place = { pane: paneNamed(name), row: down, column: from, width: to - from, height: sizes[index]! };
        down += sizes[index]!;
        return place;
      });
    });
    row += height;
    return places;
  });
}

function wantOf(state: State, name: PaneName, width: number): Want {
  const [least, weight] = ROOM[name];
  const most = 1 + Math.max(1, contentOf(state, paneNamed(name), width).items.length);
  return { least: Math.min(least, most), most, weight };
}

const stacked = (wants: readonly Want[]): Want => ({
  least: sum(wants.map(want => want.least)),
  most: sum(wants.map(want => want.most)),
  weight: Math.max(...wants.map(want => want.weight)),
});

const widest = (wants: readonly Want[]): Want => ({
  least: Math.max(...wants.map(want => want.least)),
  most: Math.max(...wants.map(want => want.most)),
  weight: Math.max(...wants.map(want => want.weight)),
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** `height` rows for all: the least first, then row by row for whom it is least by weight; what nobody can fill the first has. */
function share(height: number, wants: readonly Want[]): readonly number[] {
  const sizes = wants.map(() => 0);
  for (let left = height; left > 0; left--) {
    let poorest = -1;
    let smallest = Number.POSITIVE_INFINITY;
    wants.forEach(({ least, most, weight }, index) => {
      const size = sizes[index]!;
      const rank = size < least ? (size - least) * 1e-3 - 1 : size < most ? size / weight : Number.POSITIVE_INFINITY;
      if (rank < smallest) [poorest, smallest] = [index, rank];
    });
    sizes[Math.max(0, poorest)]!++;
  }
  return sizes;
}

const contents = new WeakMap<State, Map<string, Content>>();

/** A pane's content at a width. States do not change, so it is made once for each. */
export function contentOf(state: State, pane: Pane, width: number): Content {
  let known = contents.get(state);
  if (known === undefined) contents.set(state, (known = new Map()));
  const key = `${pane.name} ${width}`;
  let content = known.get(key);
  if (content === undefined) known.set(key, (content = pane.content(state, width)));
  return content;
}

/** The lines of a pane that are in view, at most `place.height - 1`. */
export function linesOf(state: State, place: Place): readonly Line[] {
  const { items, anchor } = contentOf(state, place.pane, place.width);
  const height = place.height - 1;
  const { top, selected } = state.panes[place.pane.name];
  const lines = items.map((item, index): Line => ({ index, item }));
  if (top === undefined && place.pane.folds && lines.length > height) {
    const folded = fold(items, new Set([anchor ?? 0, ...(selected === undefined ? [] : [selected])]), height);
    if (folded !== undefined) return folded;
  }
  const from = topOf(place.pane, top, anchor, items.length, height);
  return lines.slice(from, from + height);
}

/** First item in view. */
function topOf(pane: Pane, top: number | undefined, anchor: number | undefined, length: number, height: number): number {
  const natural = anchor === undefined || anchor < 0 ? 0 : anchor - Math.floor((height - 1) * (pane.anchorAt ?? 1));
  return Math.max(0, Math.min(length - height, top ?? natural));
}

/** Those that are to be kept, and as many of the first as there is room for; nothing when not even those have room. */
function fold(items: readonly Item[], wanted: ReadonlySet<number>, height: number): readonly Line[] | undefined {
  const kept = new Set(wanted);
  items.forEach((item, index) => {
    if (item.keep) kept.add(index);
  });
  const lines = (): Line[] => {
    const out: Line[] = [];
    let next = 0;
    for (const index of [...kept].sort((a, b) => a - b)) {
      if (index > next) out.push({ hidden: index - next });
      out.push({ index, item: items[index]! });
      next = index + 1;
    }
    return out;
  };
  if (lines().length > height) return undefined;
  for (let index = 0; index < items.length; index++) {
    if (kept.has(index)) continue;
    kept.add(index);
    if (lines().length <= height) continue;
    kept.delete(index);
    break;
  }
  return lines();
}

/** A pane's top, scrolled by `by` rows, within its content. */
export function scrolled(state: State, name: PaneName, by: number): number | undefined {
  const place = layout(state).find(each => each.pane.name === name);
  if (place === undefined) return state.panes[name].top;
  const { items, anchor } = contentOf(state, place.pane, place.width);
  const height = place.height - 1;
  const from = topOf(place.pane, state.panes[name].top, anchor, items.length, height);
  return Math.max(0, Math.min(items.length - height, from + by));
}

export interface Hit {
  readonly pane: PaneName;
  /** In the pane, from 0. */
  readonly column: number;
  /** Index of the item, and itself; absent on a title, a fold and the empty rest of a pane. */
  readonly index?: number;
  readonly item?: Item;
}

/** What is under a cell of the screen, both from 0; nothing for head, foot and rules. */
export function hit(state: State, row: number, column: number): Hit | undefined {
  const place = layout(state).find(
    each => row >= each.row && row < each.row + each.height && column >= each.column && column < each.column + each.width,
  );
  if (place === undefined || state.help !== undefined) return undefined;
  const line = row === place.row ? undefined : linesOf(state, place)[row - place.row - 1];
  return { pane: place.pane.name, column: column - place.column, ...(line !== undefined && 'item' in line ? line : {}) };
}

/** The panes' scroll and selection when new content comes: they follow what they showed, and the anchor comes into view again. */
export function carried(old: State, fresh: State): State['panes'] {
  const places = new Map(layout(old).map(place => [place.pane.name, place]));
  return eachPane(pane => {
    const before = old.panes[pane.name];
    const place = places.get(pane.name);
    if (place === undefined && before.selected === undefined) return { selected: undefined, top: undefined };
    const width = place?.width ?? old.columns;
    const was = contentOf(old, pane, width);
    const is = contentOf(fresh, pane, width);
    const moved = (index: number): number | undefined => {
      const from = was.items[index];
      if (from === undefined) return undefined;
      const to = is.items.findIndex(item => same(item, from));
      return to < 0 ? undefined : to;
    };
    const selected = before.selected === undefined ? undefined : moved(before.selected);
    return { selected, top: carriedTop() };

    function carriedTop(): number | undefined {
      if (place === undefined || (before.top === undefined && (is.anchor === undefined || pane.folds))) return undefined;
      const height = place.height - 1;
      const first = topOf(pane, before.top, was.anchor, was.items.length, height);
      // Rows that stand for nothing are where the next row that does is.
      for (let index = first; index < Math.min(was.items.length, first + height); index++) {
        const to = moved(index);
        if (to === undefined) continue;
        const top = Math.max(0, to - (index - first));
        const inView = is.anchor === undefined || (is.anchor >= top && is.anchor < top + height);
        return inView ? top : undefined;
      }
      return undefined;
    }
  });
}
