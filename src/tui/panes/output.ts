import { itemsOfLine, type PaneRow, type PaneSubject } from '../pane.js';

/** What Go's race runtime begins a report with. */
const REPORT = 'WARNING: DATA RACE';
export const hasReport = (lines: readonly string[]): boolean => lines.some(line => line.startsWith(REPORT));

/** What the program has written to its standard output and error. */
export const outputPane = {
  name: 'output',
  title: 'output',
  short: 'out',
  key: '7',
  useful: ({ output }: PaneSubject) => output.length > 1 || output[0] !== '',
  grows: true,
  content: ({ output: lines }: PaneSubject, width: number) => {
    const begun = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    const items = begun.flatMap(line => itemsOfLine(line, width));
    return { ...(hasReport(lines) ? { note: 'r tells of the race' } : {}), anchor: items.length - 1, items };
  },
} as const satisfies PaneRow;
