import type { PaneRow, Shown } from '../pane.js';
import { span } from '../text.js';

/** The selected frame's registers; those that differ from the stop before are marked. */
export const registers = {
  name: 'registers',
  title: 'registers',
  key: '2',
  content: ({ view, before }: Shown) => {
    const old = new Map(before?.registers.map(row => [row.name, row.text]));
    return {
      items: view.registers.map(({ name, text, value }) => {
        const changed = old.has(name) && old.get(name) !== text;
        return {
          row: [span(changed ? '*' : ' ', 'changed'), span(text, changed ? 'changed' : 'plain')],
          register: name,
          ...(value === undefined ? {} : { value }),
        };
      }),
    };
  },
} as const satisfies PaneRow;
