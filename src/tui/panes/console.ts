import { itemsOfLine, type PaneRow, type PaneSubject } from '../pane.js';

/** Commands, typed or of keys, and their answers. */
export const consolePane = {
  name: 'console',
  title: 'console',
  short: 'log',
  key: '9',
  grows: true,
  content: ({ console: lines }: PaneSubject, width: number) => {
    const items = lines.flatMap(line => itemsOfLine(line, width));
    return { items, anchor: items.length - 1 };
  },
} as const satisfies PaneRow;
