import { itemsOfRow, type PaneRow, type PaneSubject } from '../pane.js';
import { printable, span } from '../text.js';

/** Breakpoints, watchpoints and catchpoints: Enter disables one, and enables it again. */
export const breakpointsPane = {
  name: 'breakpoints',
  title: 'breakpoints',
  short: 'stops',
  key: 'B',
  useful: ({ view }: PaneSubject) => view.breakpoints.size > 0,
  content: ({ view }: PaneSubject, width: number) => ({
    items: view.stops.flatMap(({ id, enabled, text, addresses }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          itemsOfRow(
            [span(index === 0 ? (enabled ? '●' : ' ') : ' ', 'breakpoint'), span(` ${printable(line)}`, enabled ? 'plain' : 'dim')],
            width,
            index === 0
              ? { command: `${enabled ? 'disable' : 'enable'} ${id}`, ...(addresses[0] === undefined ? {} : { address: addresses[0] }) }
              : {},
          ),
        ),
    ),
    note: 'enter: off and on, g goes there',
  }),
} as const satisfies PaneRow;
