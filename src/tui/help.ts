/** The help that `?` shows: all keys, from their tables. */
import { glossaryIn } from '../debugger/show/glossary.js';
import { EDITS } from './editor.js';
import { KEYS, POINTING } from './keys.js';
import { bodyHeight } from './layout.js';
import { itemAt } from './selection.js';
import type { State } from './state.js';
import { printable, type Row, rowText, span, toWidth, wrappedRow } from './text.js';
import { BAR_SIGNS } from './time-bar.js';

type Entry = readonly [what: string, summary: string];

/** Cells of a column, at least, and of the keys in it. */
const COLUMN = 60;
const KEY_WIDTH = 15;

/** Of many keys for the same, the first are enough. */
const entryOf = ({ keys, summary }: { readonly keys: readonly string[]; readonly summary: string }): Entry => [
  keys.slice(0, 2).join(' '),
  summary,
];

const SECTIONS: readonly (readonly [title: string, entries: readonly Entry[]])[] = [
  ['keys', [...KEYS.filter(({ action }) => action.kind !== 'pane').map(entryOf), ['0-9', 'focus the pane with that number']]],
  [
    'while a command is typed',
    [
      ['enter', 'run it'],
      ['escape', 'leave it'],
      ['tab', 'complete the word'],
      ['pageup', 'scroll the console up; pagedown: down'],
      ...EDITS.map(entryOf),
    ],
  ],
  ['mouse', POINTING],
  ['time bar: a run, from its start to the furthest it has come', BAR_SIGNS],
];

const LINES: readonly Row[] = SECTIONS.flatMap(([title, entries]) => [
  [span(` ${title}`, 'title')],
  ...entries.map(([what, summary]): Row => [span(`  ${what.padEnd(KEY_WIDTH)} `, 'prompt'), span(summary)]),
]);

/** What the selected item is about, in the glossary's words. */
function explained(state: State): readonly Row[] {
  const item = itemAt(state, state.focus);
  const text = item === undefined ? '' : printable(rowText(item.whole ?? item.row)).trim();
  const entries = glossaryIn(`${item?.register ?? ''} ${text}`);
  if (entries.length === 0) return [];
  return [
    [span(` ${text}`, 'title')],
    ...entries.flatMap(({ words, text: meaning }) =>
      wrappedRow([span(`  ${words[0]!}  `, 'literal'), span(meaning)], state.columns - 1, 4),
    ),
    [span('  help WORD tells of any other word; up and down, or a click, select', 'dim')],
    [span('')],
  ];
}

/** All of it, and the first row that is shown: rows that are hidden below when `top` are hidden above, never less than none. */
export function helpRows(state: State, top: number): { readonly rows: readonly Row[]; readonly top: number } {
  const height = bodyHeight(state);
  const columns = Math.max(1, Math.floor(state.columns / COLUMN));
  const each = Math.ceil(LINES.length / columns);
  const cells = Math.floor(state.columns / columns);
  const keys = Array.from({ length: each }, (_, row) =>
    Array.from({ length: columns }, (_, column) => toWidth(LINES[column * each + row] ?? [], cells)).flat(),
  );
  const all = [...explained(state), ...keys];
  const from = Math.max(0, Math.min(all.length - height, top));
  return { rows: all.slice(from, from + height), top: from };
}
