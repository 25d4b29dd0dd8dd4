/** What a pane is: a row of the table in `panes/table.ts`, and a pure function from what is known to its items. */

import type { LessonView } from '../debugger/lesson/walk.js';
import type { Row } from './text.js';
import type { View } from './view/view.js';

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
  /** `width`: cells of a row. Rows that are longer are cut. */
  readonly content: (shown: PaneSubject, width: number) => PaneContent;
  /** Part of the height that is above the anchor, 0 to 1. */
  readonly anchorAt?: number;
  /** What has no room is folded to `⋮`, so that the items with `keep` are always in view. */
  readonly folds?: boolean;
}

/** What a user has done to a pane. Both are indices of its items. */
export interface PaneState {
  /** The first item in view; undefined: where the anchor wants it. */
  readonly top: number | undefined;
  readonly selected: number | undefined;
}

/** Whether two items of successive contents stand for the same thing. */
export function samePane(one: PaneItem, other: PaneItem): boolean {
  for (const name of ['frame', 'goroutine', 'thread', 'register', 'address'] as const) {
    if (one[name] !== undefined || other[name] !== undefined) return one[name] === other[name];
  }
  return false;
}
