/** The one table of panes: what the screen can show, in the order of their keys. */
import type { PaneRow, PaneState } from '../pane.js';
import { backtrace } from './backtrace.js';
import { code } from './code.js';
import { console } from './console.js';
import { goroutines } from './goroutines.js';
import { lens } from './lens.js';
import { lesson } from './lesson.js';
import { memory } from './memory.js';
import { output } from './output.js';
import { registers } from './registers.js';
import { source } from './source.js';

const TABLE = [code, registers, backtrace, lens, memory, lesson, output, goroutines, console, source] as const satisfies readonly PaneRow[];

export type PaneName = (typeof TABLE)[number]['name'];
export type Pane = PaneRow & { readonly name: PaneName };
export const PANES: readonly Pane[] = TABLE;

export const paneNamed = (name: PaneName): Pane => PANES.find(pane => pane.name === name)!;

/** A value for each pane. */
export const eachPane = <T>(value: (pane: Pane) => T): Readonly<Record<PaneName, T>> =>
  Object.fromEntries(PANES.map(pane => [pane.name, value(pane)])) as Record<PaneName, T>;

export const untouched: Readonly<Record<PaneName, PaneState>> = eachPane(() => ({ top: undefined, selected: undefined }));
