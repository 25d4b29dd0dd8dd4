import type { PaneRow, Shown } from '../pane.js';
import { printable, span } from '../text.js';

/** Words of memory from the stack pointer up, or where the user went. */
export const memory = {
  name: 'memory',
  title: 'memory',
  key: '5',
  anchorAt: 0.3,
  content: ({ view }: Shown) => ({
    note: view.looking.memory === undefined ? 'rsp' : `0x${view.looking.memory.toString(16)}`,
    anchor: view.memory.anchor,
    items: view.memory.rows.map(({ address, value, text, region }) => ({ row: [span(` ${printable(text)}`, region)], address, value })),
  }),
} as const satisfies PaneRow;
