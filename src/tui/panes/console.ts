import type { PaneRow, PaneSubject } from '../pane.js';
import { printable, span } from '../text.js';

/** Commands, typed or of keys, and their answers. */
export const consolePane = {
  name: 'console',
  title: 'console',
  key: '9',
  content: ({ console: lines }: PaneSubject) => ({
    anchor: lines.length - 1,
    items: lines.map(line => ({ row: [span(printable(line))] })),
  }),
} as const satisfies PaneRow;
