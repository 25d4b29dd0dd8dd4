import type { PaneRow, Shown } from '../pane.js';
import { span } from '../text.js';

/** Goroutines, and the threads that run them. */
export const goroutines = {
  name: 'goroutines',
  title: 'goroutines',
  key: '8',
  content: ({ view }: Shown) => ({
    items: view.goroutines.map(({ id, text }) => ({ row: [span(text, text.startsWith('*') ? 'selected' : 'plain')], goroutine: id })),
  }),
} as const satisfies PaneRow;
