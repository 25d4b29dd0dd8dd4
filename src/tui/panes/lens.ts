import type { PaneRow, Shown } from '../pane.js';
import { printable, span } from '../text.js';

/** The calling convention at a call or a function's entry, and where each argument is. */
export const lens = {
  name: 'lens',
  title: 'call lens',
  key: '4',
  content: ({ view }: Shown) => ({ items: view.lens.map(text => ({ row: [span(` ${printable(text)}`)] })) }),
} as const satisfies PaneRow;
