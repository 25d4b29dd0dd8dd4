import type { Item, PaneRow, Shown } from '../pane.js';
import { printable, span } from '../text.js';

/** Instructions of the selected frame's function, with the source between them. */
export const code = {
  name: 'code',
  title: 'code',
  key: '1',
  anchorAt: 0.6,
  content: ({ view }: Shown) => ({
    anchor: view.code.anchor,
    items: view.code.rows.map((row): Item => {
      if (row.kind === 'function') return { row: [span(` ${row.text}`, 'function')] };
      if (row.kind === 'source') return { row: [span(row.text, 'source')] };
      const mark = `${row.breakpoint ? '●' : ' '}${row.current ? '=>' : '  '}`;
      const role = row.current ? (view.fault ? 'fault' : 'current') : 'plain';
      const text = ` 0x${row.address!.toString(16)}  ${printable(row.text)}`;
      return { row: [span(mark, row.breakpoint ? 'breakpoint' : role), span(text, role)], address: row.address! };
    }),
  }),
} as const satisfies PaneRow;
