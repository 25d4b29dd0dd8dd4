/** What a pane is: a row of the table in `panes/table.ts`, and a pure function from what is known to its items. */

import type { LessonView } from '../debugger/lesson/walk.js';
import type { NamePlace } from './names.js';
import { printable, type Row, rowText, type TextRole, wrapped, wrappedRow } from './text.js';
import type { View } from './view/view.js';
import widthOf from './width.js';

/** One row of a pane and what it stands for, so that Enter and the mouse know. */
export interface PaneItem {
  readonly row: Row;
  readonly address?: bigint;
  readonly frame?: number;
  readonly goroutine?: number;
  readonly thread?: number;
  readonly register?: string;
  /** What it holds: the same value elsewhere is marked while it is selected, and Enter goes there. The address stands for it when there is none. */
  readonly value?: bigint;
  /** Where Enter goes instead: the target of a branch. */
  readonly target?: bigint;
  /** The command that Enter runs instead. */
  readonly command?: string;
  /** Names in it that can be gone to, from left to right. */
  readonly names?: readonly NamePlace[];
  /** A value in a tree, by the way to it: Enter opens and closes it. */
  readonly path?: string;
  /** Number of the expression that is watched and stands here. */
  readonly watch?: number;
  /** A section of the lesson, by its number. */
  readonly section?: number;
  /** A line of source that it shows. */
  readonly place?: { readonly file: string; readonly line: number };
  /** What `row` is of, where the pane has left something out itself: shown while the item is selected. */
  readonly whole?: Row;
  /** It goes on with the item before: they are one text. */
  readonly goesOn?: true;
  /** Kept in view when a pane that folds has not room for all. */
  readonly keep?: boolean;
}

/** All that panes are drawn from. */
export interface PaneSubject {
  readonly view: View;
  /** The view of the stop before: what differs has changed. */
  readonly before: View | undefined;
  /** Commands and their answers, oldest first. */
  readonly console: readonly string[];
  /** What the program has written, oldest first; the last line may be unfinished. */
  readonly output: readonly string[];
  readonly lesson: LessonView | undefined;
  /** The lesson's sections are shown instead of its text. */
  readonly contents: boolean;
  /** Values whose parts are shown, by the way to them. */
  readonly opened: ReadonlySet<string>;
  /** What `why` has told of this stop. */
  readonly reasons: readonly string[] | undefined;
}

export interface PaneContent {
  readonly items: readonly PaneItem[];
  /** Index of the item that is to be in view unless the user has scrolled away from it. */
  readonly anchor?: number | undefined;
  /** Index of the first item that is new: read from there on, so where the new has not room it is folded before the anchor. */
  readonly fresh?: number;
  /** Stands behind the title. */
  readonly note?: string;
}

export interface PaneRow {
  readonly name: string;
  readonly title: string;
  /** The key that focuses it. */
  readonly key: string;
  /** Its name where there is little room; absent: its title. */
  readonly short?: string;
  /** Whether it is worth a tab; absent: always. Asks for nothing that costs time. */
  readonly useful?: (shown: PaneSubject) => boolean;
  /** `width`: cells of a row. Rows that are longer are cut, and whole while they are selected. */
  readonly content: (shown: PaneSubject, width: number) => PaneContent;
  /** Part of the height that is above the anchor, 0 to 1. */
  readonly anchorAt?: number;
  /** Text that only grows at its end: what is read of it stays where it is. */
  readonly grows?: boolean;
  /** It is read a page at a time, from what is new on. */
  readonly pages?: boolean;
  /** What has no room is folded to `⋮`, so that the items with `keep` are always in view. */
  readonly folds?: boolean;
}

/** What a user has done to a pane. Both are indices of its items. */
export interface PaneState {
  /** The first item in view; undefined: where the anchor wants it. */
  readonly top: number | undefined;
  readonly selected: number | undefined;
  /** Which of the selected item's names is meant; absent: the first. */
  readonly word?: number | undefined;
}

/** What an item stands for, by which it is found again among the items of the next content; undefined: nothing. */
export function subjectOf(item: PaneItem): string | undefined {
  const name = SUBJECTS.find(each => item[each] !== undefined);
  return name === undefined ? undefined : `${name} ${item[name]}`;
}

const SUBJECTS = ['frame', 'goroutine', 'thread', 'register', 'address'] as const;

/** Whether a row of that width does not show all that the item says. */
export const isCut = ({ row, whole }: PaneItem, width: number): boolean => whole !== undefined || widthOf(rowText(row)) > width;

/** A row in as many items as it takes. */
export const itemsOfRow = (row: Row, width: number, item: Omit<PaneItem, 'row' | 'goesOn'> = {}): readonly PaneItem[] =>
  wrappedRow(row, width).map((each, index) => ({ ...item, row: each, ...(index === 0 ? {} : { goesOn: true as const }) }));

/** A line of plain text in as many items as it takes rows. A pane's lines stay while others come below them: they are not broken anew each time. */
export function itemsOfLine(line: string, width: number, role: TextRole = 'plain'): readonly PaneItem[] {
  const key = `${role} ${width}`;
  let lines = broken.get(key);
  if (lines === undefined) {
    if (broken.size >= MOST_WIDTHS) broken.clear();
    broken.set(key, (lines = new Map()));
  }
  const known = lines.get(line);
  if (known !== undefined) return known;
  const items = wrapped(printable(line), width, role).map((row, index) => (index === 0 ? { row } : { row, goesOn: true as const }));
  if (lines.size >= MOST_BROKEN) lines.clear();
  lines.set(line, items);
  return items;
}

/** Lines in items, by role and width; as many of each as a pane holds. */
const broken = new Map<string, Map<string, readonly PaneItem[]>>();
const MOST_BROKEN = 8192;
const MOST_WIDTHS = 32;
