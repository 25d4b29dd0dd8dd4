import type { PaneRow, PaneSubject } from '../pane.js';
import { printable, span } from '../text.js';

/** What Go's race runtime begins a report with. */
const REPORT = 'WARNING: DATA RACE';
export const hasReport = (lines: readonly string[]): boolean => lines.some(line => line.startsWith(REPORT));

/** What the program has written to its standard output and error. */
export const outputPane = {
  name: 'output',
  title: 'output',
  key: '7',
  content: ({ output: lines }: PaneSubject) => {
    const begun = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    return {
      ...(hasReport(lines) ? { note: 'r tells of the race' } : {}),
      anchor: begun.length - 1,
      items: begun.map(line => ({ row: [span(printable(line))] })),
    };
  },
} as const satisfies PaneRow;
