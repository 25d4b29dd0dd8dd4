import type { PaneRow, PaneSubject } from '../pane.js';
import { printable, span } from '../text.js';

/** The source file of the selected frame, around its line. */
export const sourcePane = {
  name: 'source',
  title: 'source',
  short: 'src',
  key: '0',
  anchorAt: 0.5,
  content: ({ view }: PaneSubject) => {
    const { file, path, line, lines, first } = view.source;
    return {
      anchor: line - first,
      note: file,
      items: lines.map((text, index) => {
        const current = first + index === line;
        const number = String(first + index).padStart(5);
        return {
          ...(path === undefined ? {} : { place: { file: path, line: first + index } }),
          row: [span(`${current ? '=>' : '  '}${number}  ${printable(text)}`, current ? 'current' : 'source')],
        };
      }),
    };
  },
} as const satisfies PaneRow;
