import { itemsOfRow, type PaneItem, type PaneRow, type PaneSubject } from '../pane.js';
import { printable, type Row, shortNames, span, type TextRole } from '../text.js';

/** What is said last, for who reads all of it. */
const LATER = /^(?:reports like|again:)/;
const MENDS = 'mends: ';

/** The fault in words, as `why` has found it: on which stack, whose code, where the value came from, and what mends it. */
export const whyPane = {
  name: 'why',
  title: 'why',
  key: 'w',
  folds: true,
  useful: ({ view }: PaneSubject) => view.fault,
  content: ({ view, reasons }: PaneSubject, width: number) => {
    if (!view.fault) return { items: [] };
    if (reasons === undefined) return { items: itemsOfRow([span(' w tells what has led to this', 'dim')], width), note: 'w' };
    // What the screen's head has said already is not said again.
    const told = reasons.filter((text, index) => index > 0 || view.stop.detail === '' || !text.includes(view.stop.detail));
    const sentences = told.map((text, index) => sentence(text, index === 0, view.frames, width));
    // What it comes to stands first; how one knows it follows.
    const [most, rest] = [true, false].map(wanted => sentences.filter(([item]) => (item?.keep === true) === wanted));
    return { items: [...most!, ...rest!].flat(), note: 'A: check  U: source' };
  },
} as const satisfies PaneRow;

function sentence(text: string, first: boolean, frames: PaneSubject['view']['frames'], width: number): readonly PaneItem[] {
  const link = /^\s*\[(\d+)\]/.exec(text)?.[1];
  const name = frames.findLast(frame => frame.index > 0 && text.startsWith(`${frame.name} `));
  const mends = text.startsWith(MENDS);
  const role: TextRole = mends ? 'good' : name !== undefined ? 'changed' : LATER.test(text) || link !== undefined ? 'dim' : 'plain';
  const shown = printable(shortNames(mends ? text.slice(MENDS.length) : text));
  const row: Row = mends ? [span(' mended by: ', 'stress'), span(shown, role)] : [span(` ${shown}`, role)];
  const what = link !== undefined ? { command: `goto ${link}` } : name !== undefined ? { frame: name.index } : {};
  return itemsOfRow(row, width, { ...what, keep: first || mends || name !== undefined });
}
