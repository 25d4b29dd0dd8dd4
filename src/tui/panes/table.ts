/** The one table of panes: what the screen can show, in the order of their keys. */
import type { PaneRow, PaneState } from '../pane.js';
import { backtracePane } from './backtrace.js';
import { breakpointsPane } from './breakpoints.js';
import { codePane } from './code.js';
import { consolePane } from './console.js';
import { goroutinesPane } from './goroutines.js';
import { lensPane } from './lens.js';
import { lessonPane } from './lesson.js';
import { localsPane } from './locals.js';
import { memoryPane } from './memory.js';
import { outputPane } from './output.js';
import { racePane } from './race.js';
import { registersPane } from './registers.js';
import { sourcePane } from './source.js';
import { whyPane } from './why.js';

const TABLE = [
  codePane,
  registersPane,
  backtracePane,
  lensPane,
  memoryPane,
  lessonPane,
  outputPane,
  goroutinesPane,
  consolePane,
  sourcePane,
  racePane,
  whyPane,
  localsPane,
  breakpointsPane,
] as const satisfies readonly PaneRow[];

export type PaneName = (typeof TABLE)[number]['name'];
export type Pane = PaneRow & { readonly name: PaneName };
export const PANES: readonly Pane[] = TABLE;

export const paneNamed = (name: PaneName): Pane => PANES.find(pane => pane.name === name)!;

/** A value for each pane. */
export const eachPane = <T>(value: (pane: Pane) => T): Readonly<Record<PaneName, T>> =>
  Object.fromEntries(PANES.map(pane => [pane.name, value(pane)])) as Record<PaneName, T>;

export const untouched: Readonly<Record<PaneName, PaneState>> = eachPane(() => ({ top: undefined, selected: undefined }));
