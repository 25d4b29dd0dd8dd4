/** Where each pane stands on the screen, and what is in it: drawing and the mouse share this. */
import { headHeight } from './head.js';
import { isCut, type PaneContent, type PaneItem, type PaneSubject, subjectOf } from './pane.js';
import { eachPane, type Pane, type PaneName, paneNamed } from './panes/table.js';
import type { State } from './state.js';
import { type Row, wrappedRow } from './text.js';

/** A pane's place, its title row included, in cells from the upper left corner. */
export interface ScreenPlace {
  readonly pane: Pane;
  readonly row: number;
  readonly column: number;
  readonly width: number;
  readonly height: number;
}

/** A row of a pane: one of the item with that index, or so many items that a fold hides; `unfold`: the key that shows them. */
export type ScreenLine =
  | { readonly index: number; readonly item: PaneItem; readonly row: Row }
  | { readonly hidden: number; readonly unfold?: string };

/** A pane in a layout: rows that it is given, its title among them, before others get more, and how fast it grows among its neighbours. */
interface Slot {
  readonly pane: PaneName;
  readonly least: number;
  readonly weight: number;
  /** Only while an answer is wanted that no other pane shows. */
  readonly asked?: boolean;
  /** A glimpse of it: focused, it takes the whole body. */
  readonly brief?: boolean;
  /** Only while something is watched. */
  readonly watched?: true;
  /** Not where both of these are shown: then there is no room for it. */
  readonly yieldsTo?: readonly [PaneName, PaneName];
}

interface Column {
  /** Its width, as a part of the sum of its band's. */
  readonly part: number;
  /** From top to bottom. */
  readonly slots: readonly Slot[];
}

/** Columns side by side. */
type Band = readonly Column[];

interface Layout {
  readonly columns: number;
  readonly rows: number;
  /** From top to bottom. */
  readonly bands: readonly Band[];
}

const slot = (pane: PaneName, least: number, weight: number): Slot => ({ pane, least, weight });
const WATCHED: Slot = { ...slot('locals', 4, 1), watched: true, brief: true };
const column = (part: number, ...slots: readonly Slot[]): Column => ({ part, slots });

/** The first that fits is used. A pane that is focused and has no place there takes the whole body. */
const LAYOUTS: readonly Layout[] = [
  {
    columns: 170,
    rows: 40,
    bands: [
      [
        column(1, slot('code', 12, 3), slot('why', 8, 2), slot('backtrace', 8, 2), slot('console', 4, 1)),
        column(1, slot('source', 12, 3), slot('lens', 4, 2), slot('race', 14, 4), slot('goroutines', 3, 1), slot('output', 3, 1)),
        column(1, slot('registers', 16, 3), WATCHED, slot('memory', 6, 2), slot('lesson', 12, 3)),
      ],
    ],
  },
  {
    columns: 100,
    rows: 24,
    bands: [
      [
        column(1, slot('code', 8, 3), slot('why', 9, 2), slot('backtrace', 7, 2), slot('output', 2, 1), slot('console', 3, 1)),
        column(
          1,
          slot('registers', 12, 3),
          slot('race', 9, 3),
          slot('lens', 9, 2),
          WATCHED,
          slot('memory', 4, 2),
          slot('lesson', 14, 4),
          slot('goroutines', 2, 1),
        ),
      ],
    ],
  },
  {
    columns: 60,
    rows: 15,
    bands: [
      [column(4, slot('code', 5, 3)), column(3, slot('registers', 5, 3))],
      [column(1, WATCHED)],
      [column(1, { ...slot('backtrace', 7, 0.1), yieldsTo: ['why', 'lesson'] })],
      [column(1, { ...slot('why', 10, 0.2), brief: true })],
      [column(1, { ...slot('lesson', 8, 2), brief: true })],
      [column(1, { ...slot('console', 3, 0.3), asked: true })],
    ],
  },
];

export const MINIMUM = LAYOUTS.at(-1)!;
/** Rows below the panes. */
export const FOOT = 2;

interface Want {
  /** Rows that it is given before others get more than theirs. */
  readonly least: number;
  /** Rows that it can fill. */
  readonly most: number;
  /** How fast it grows, among its neighbours. */
  readonly weight: number;
}

/** Rows between the screen's head and foot. */
export const bodyHeight = (state: State): number => state.rows - headHeight(state) - FOOT;

export const tooSmall = ({ rows, columns }: State): boolean => rows < MINIMUM.rows || columns < MINIMUM.columns;

const layoutOf = ({ rows, columns }: State): Layout => LAYOUTS.find(each => columns >= each.columns && rows >= each.rows)!;

/** The panes in view and their places. */
export function layout(state: State): readonly ScreenPlace[] {
  if (tooSmall(state)) return [];
  const { columns } = state;
  const beside = (pane: PaneName): boolean => state.lessonBeside && pane === 'lesson';
  const focus = beside(state.focus) ? undefined : state.focus;
  const body = { row: headHeight(state), column: 0, width: columns, height: bodyHeight(state) };
  const chosen = layoutOf(state);
  const has = ({ slots }: Column): boolean => slots.some(each => each.pane === focus && each.brief !== true);
  if (focus !== undefined && (state.zoomed || !chosen.bands.flat().some(has))) return alone(state, body);
  const filled = (pane: PaneName): boolean =>
    pane === focus || (!beside(pane) && !state.view.hidden.has(pane) && paneContentOf(state, paneNamed(pane), columns).items.length > 0);
  const shown = ({ pane, asked, watched, yieldsTo }: Slot): boolean =>
    pane === focus ||
    ((watched !== true || state.view.watches > 0) && filled(pane) && (asked !== true || state.asked) && yieldsTo?.every(filled) !== true);
  const bands = chosen.bands
    .map(band =>
      spread(
        band.map(({ part, slots }) => column(part, ...slots.filter(shown))).filter(each => each.slots.length > 0),
        columns,
      ),
    )
    .filter(band => band.length > 0);
  const wants = bands.map(band => band.map(({ slots, width }) => slots.map(each => wantOf(state, each, width))));
  const heights = share(
    body.height,
    wants.map(columnsOfBand => widest(columnsOfBand.map(stacked))),
  );
  let { row } = body;
  return bands.flatMap((band, at) => {
    const height = heights[at]!;
    const places = band.flatMap(({ slots, from, width }, nth) => {
      const sizes = share(height, wants[at]![nth]!);
      let down = row;
      return slots.map(({ pane }, index): ScreenPlace => {
        const place = { pane: paneNamed(pane), row: down, column: from, width, height: sizes[index]! };
        down += sizes[index]!;
        return place;
      });
    });
    row += height;
    return places;
  });
}

/** The focused pane has the body to itself, zoomed or because it has no place among the others. */
export const isAlone = (state: State): boolean => {
  const [first, ...rest] = layout(state);
  return first?.pane.name === state.focus && first.width === state.columns && rest.every(({ pane }) => pane.name === 'console');
};

/** The focused pane by itself, but for the answer to a command that was typed. */
function alone(state: State, body: Omit<ScreenPlace, 'pane'>): readonly ScreenPlace[] {
  const { focus } = state;
  // A lesson says itself what its commands have answered.
  const answers =
    !state.asked || focus === 'console' || focus === 'lesson' ? 0 : paneContentOf(state, paneNamed('console'), body.width).items.length;
  const below = answers === 0 ? 0 : Math.min(1 + answers, Math.max(3, Math.floor(body.height * 0.3)));
  const height = body.height - below;
  const place = { pane: paneNamed(focus), ...body, height };
  return below === 0 ? [place] : [place, { pane: paneNamed('console'), ...body, row: body.row + height, height: below }];
}

/** Columns over the whole width, with a cell between neighbours. */
function spread(band: Band, columns: number): readonly (Column & { readonly from: number; readonly width: number })[] {
  const all = sum(band.map(({ part }) => part));
  let before = 0;
  return band.map((each, nth) => {
    const from = Math.floor((columns * before) / all);
    before += each.part;
    const to = nth === band.length - 1 ? columns : Math.floor((columns * before) / all) - 1;
    return { ...each, from, width: to - from };
  });
}

/** Rows more for a lesson that is read. */
const READING = 6;

function wantOf(state: State, { pane, least, weight }: Slot, width: number): Want {
  const most = 1 + Math.max(1, paneContentOf(state, paneNamed(pane), width).items.length);
  // What is read a page at a time is given more while it is read.
  const wanted = state.focus === pane && paneNamed(pane).pages ? least + READING : least;
  return { least: Math.min(wanted, most), most, weight };
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

/** A pane's content, and what it was made of: what the pane has looked at. */
interface Made {
  readonly content: PaneContent;
  readonly from: ReadonlyMap<keyof PaneSubject, unknown>;
}

const contents = new WeakMap<PaneSubject['view'], Map<string, Made>>();

/** A pane's content at a width; made once for as long as nothing that it shows changes. */
export function paneContentOf(state: State, pane: Pane, width: number): PaneContent {
  let known = contents.get(state.view);
  if (known === undefined) contents.set(state.view, (known = new Map()));
  const key = `${pane.name} ${width}`;
  const made = known.get(key);
  if (made !== undefined && [...made.from].every(([name, value]) => state[name] === value)) return made.content;
  const from = new Map<keyof PaneSubject, unknown>();
  const shown = new Proxy<PaneSubject>(state, {
    get: (_, name: keyof PaneSubject) => {
      from.set(name, state[name]);
      return state[name];
    },
  });
  const content = pane.content(shown, width);
  known.set(key, { content, from });
  return content;
}

/** The lines of a pane that are in view, at most `place.height - 1`. */
export function linesOf(state: State, place: ScreenPlace): readonly ScreenLine[] {
  const { selected } = state.panes[place.pane.name];
  const lines = rowsInView(state, place);
  const at = lines.findIndex(line => 'index' in line && line.index === selected);
  const line = lines[at];
  return line === undefined || 'hidden' in line ? lines : [...opened(lines, at, line, place)];
}

/** The selected item is shown whole: what is below it gives way, and then what is above. */
function opened(
  lines: readonly ScreenLine[],
  at: number,
  { index, item }: Extract<ScreenLine, { index: number }>,
  { width, height }: ScreenPlace,
): readonly ScreenLine[] {
  if (!isCut(item, width)) return lines;
  const rows = wrappedRow(item.whole ?? item.row, width).map(row => ({ index, item, row }));
  const all = [...lines.slice(0, at), ...rows, ...lines.slice(at + 1)];
  const over = Math.max(0, all.length - (height - 1));
  const below = Math.min(over, lines.length - at - 1);
  return all.slice(0, all.length - below).slice(over - below, over - below + height - 1);
}

/** A row for each item, before any is opened. */
function rowsInView(state: State, place: ScreenPlace): readonly ScreenLine[] {
  const { items, anchor, fresh } = paneContentOf(state, place.pane, place.width);
  const height = place.height - 1;
  const { top, selected } = state.panes[place.pane.name];
  const lines = items.map((item, index) => ({ index, item, row: item.row }));
  if (top === undefined && place.pane.folds && lines.length > height) {
    const folded = fold(items, new Set([anchor ?? 0, ...(selected === undefined ? [] : [selected])]), height);
    if (folded !== undefined) return folded;
  }
  if (place.pane.pages) {
    const first = pageOf(items.length, height, top ?? fresh ?? 0);
    const page = lines.slice(first, first + height);
    const hidden = items.length - first - height;
    return hidden > 0 ? [...page.slice(0, -1), { hidden: hidden + 1, unfold: 'space' }] : page;
  }
  const from = topOf(place.pane, top, anchor, items.length, height);
  return lines.slice(from, from + height);
}

/** First row of a page. */
const pageOf = (length: number, height: number, wanted: number): number => Math.max(0, Math.min(length - height, wanted));

/** The pane's next page, before anything else is done; undefined: its end is in view, or it is not shown. */
export function nextPage(state: State, name: PaneName): number | undefined {
  const place = layout(state).find(each => each.pane.name === name);
  if (place === undefined) return undefined;
  const { items, fresh } = paneContentOf(state, place.pane, place.width);
  const height = place.height - 1;
  const first = pageOf(items.length, height, state.panes[name].top ?? fresh ?? 0);
  // The last row of a page that is not the last tells that there is more.
  return first + height >= items.length ? undefined : Math.min(items.length - height, first + Math.max(1, height - 1));
}

/** First item in view. */
function topOf(pane: Pane, top: number | undefined, anchor: number | undefined, length: number, height: number): number {
  const natural = anchor === undefined || anchor < 0 ? 0 : anchor - Math.floor((height - 1) * (pane.anchorAt ?? 1));
  return Math.max(0, Math.min(length - height, top ?? natural));
}

/** Those that are to be kept, and as many of the first as there is room for; nothing when not even those have room. */
function fold(items: readonly PaneItem[], wanted: ReadonlySet<number>, height: number): readonly ScreenLine[] | undefined {
  const kept = new Set(wanted);
  items.forEach((item, index) => {
    if (item.keep) kept.add(index);
  });
  const lines = (): ScreenLine[] => {
    const out: ScreenLine[] = [];
    let next = 0;
    for (const index of [...kept].sort((a, b) => a - b)) {
      if (index > next) out.push({ hidden: index - next });
      out.push({ index, item: items[index]!, row: items[index]!.row });
      next = index + 1;
    }
    return out;
  };
  if (lines().length > height) return undefined;
  for (let index = 0; index < items.length; index++) {
    if (kept.has(index)) continue;
    // A text of several rows is there as a whole or not at all.
    const end = items.findIndex((item, at) => at > index && item.goesOn === undefined);
    const text = Array.from({ length: (end < 0 ? items.length : end) - index }, (_, at) => index + at).filter(each => !kept.has(each));
    for (const each of text) kept.add(each);
    if (lines().length <= height) continue;
    for (const each of text) kept.delete(each);
    break;
  }
  return lines();
}

/** A pane's top, scrolled by `by` rows, within its content. */
export function scrolled(state: State, name: PaneName, by: number): number | undefined {
  const place = layout(state).find(each => each.pane.name === name);
  if (place === undefined) return state.panes[name].top;
  const { items, anchor, fresh } = paneContentOf(state, place.pane, place.width);
  const height = place.height - 1;
  const { top } = state.panes[name];
  const from = place.pane.pages ? pageOf(items.length, height, top ?? fresh ?? 0) : topOf(place.pane, top, anchor, items.length, height);
  return Math.max(0, Math.min(items.length - height, from + by));
}

export interface Hit {
  readonly pane: PaneName;
  /** In the pane, from 0. */
  readonly column: number;
  /** Index of the item, and itself; absent on a title, a fold and the empty rest of a pane. */
  readonly index?: number;
  readonly item?: PaneItem;
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

/** The first item of each subject. */
function subjectsOf(items: readonly PaneItem[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  items.forEach((item, index) => {
    const subject = subjectOf(item);
    if (subject !== undefined && !found.has(subject)) found.set(subject, index);
  });
  return found;
}

/** The panes' scroll and selection when new content comes: they follow what they showed, and the anchor comes into view again. */
export function carried(old: State, fresh: State): State['panes'] {
  const places = new Map(layout(old).map(place => [place.pane.name, place]));
  const heights = new Map(layout(fresh).map(place => [place.pane.name, place.height]));
  return eachPane(pane => {
    const before = old.panes[pane.name];
    if (pane.grows) return fresh.panes[pane.name];
    const place = places.get(pane.name);
    if (place === undefined && before.selected === undefined) return { selected: undefined, top: undefined };
    const width = place?.width ?? old.columns;
    const was = paneContentOf(old, pane, width);
    const is = paneContentOf(fresh, pane, width);
    let found: ReadonlyMap<string, number> | undefined;
    const moved = (index: number): number | undefined => {
      const from = was.items[index];
      const subject = from && subjectOf(from);
      return subject === undefined ? undefined : (found ??= subjectsOf(is.items)).get(subject);
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
        // Other panes may have come or gone.
        const rows = Math.min(height, (heights.get(pane.name) ?? place.height) - 1);
        const inView = is.anchor === undefined || (is.anchor >= top && is.anchor < top + rows);
        return inView ? top : undefined;
      }
      return undefined;
    }
  });
}
