import type { PaneRow, Shown } from '../pane.js';
import { printable, span } from '../text.js';

/** Words of memory from the stack pointer up. */
export const memory = {
  name: 'memory',
  title: 'memory',
  key: '5',
  content: ({ view }: Shown) => ({
    note: 'rsp',
    items: view.memory.map(({ address, text }) => ({ row: [span(` ${printable(text)}`)], address })),
  }),
} as const satisfies PaneRow;
