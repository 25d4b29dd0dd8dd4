/** The help that `?` shows: all keys, from their tables. */
import { EDITS } from './editor.js';
import { KEYS, POINTING } from './keys.js';
import { type Row, span, toWidth } from './text.js';

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
];

const LINES: readonly Row[] = SECTIONS.flatMap(([title, entries]) => [
  [span(` ${title}`, 'title')],
  ...entries.map(([what, summary]): Row => [span(`  ${what.padEnd(KEY_WIDTH)} `, 'prompt'), span(summary)]),
]);

/** Rows that are hidden below when `top` are hidden above; never less than none. */
export function helpRows(width: number, height: number, top: number): { readonly rows: readonly Row[]; readonly top: number } {
  const columns = Math.max(1, Math.floor(width / COLUMN));
  const each = Math.ceil(LINES.length / columns);
  const from = Math.max(0, Math.min(each - height, top));
  const cells = Math.floor(width / columns);
  const rows = Array.from({ length: Math.min(height, each) }, (_, row) =>
    Array.from({ length: columns }, (_, column) => toWidth(LINES[column * each + from + row] ?? [], cells)).flat(),
  );
  return { rows, top: from };
}
