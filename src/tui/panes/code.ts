import type { CodeRow } from '../../debugger/show/code-window.js';
import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { printable, type Row, shortNames, span } from '../text.js';
import widthOf from '../width.js';

/** Cells between a text and what stands at the right of it, at least. */
const GAP = 2;
/** Below this width addresses stand without their 0x. */
const NARROW = 50;

/** Instructions of the selected frame's function, with the source between them, and above them the way in. */
export const codePane = {
  name: 'code',
  title: 'code',
  key: '1',
  anchorAt: 0.6,
  content: ({ view }: PaneSubject, width: number) => ({
    anchor: view.code.anchor,
    items: view.code.rows.map(
      (row): PaneItem => ({
        row: drawn(row, width, view.fault),
        ...(row.address === undefined ? {} : { address: row.address }),
        ...(row.target === undefined ? {} : { target: row.target }),
      }),
    ),
  }),
} as const satisfies PaneRow;

function drawn(row: CodeRow, width: number, fault: boolean): Row {
  if (row.kind === 'function') {
    const name = ` ${shortNames(row.text)}`;
    const room = width - widthOf(name) - widthOf(row.tag ?? '') - 1;
    return [span(name, 'function'), span(`${' '.repeat(Math.max(GAP, room))}${row.tag ?? ''}`, 'dim')];
  }
  if (row.kind === 'source') return [span(printable(row.text), 'source')];
  const role = row.current ? (fault ? 'fault' : 'current') : 'plain';
  const mark = span(`${row.breakpoint ? '●' : ' '}${row.current ? '=>' : '  '}`, row.breakpoint ? 'breakpoint' : role);
  const address = row.address!.toString(16);
  const text = `${width < NARROW ? `${address} ` : ` 0x${address}  `}${printable(shortNames(row.text)).replace(/ +# /, '  # ')}`;
  if (row.outlook === undefined) return [mark, span(text, role)];
  const told = printable(shortNames(row.outlook.text));
  const room = width - widthOf(mark.text) - widthOf(told) - 1;
  // What comes next counts more than what the operand's address or field is called.
  const kept = widthOf(text) + GAP > room ? text.replace(/ {2}# .*$/, '') : text;
  const gap = ' '.repeat(Math.max(GAP, room - widthOf(kept)));
  return [mark, span(`${kept}${gap}`, role), span(told, row.outlook.faults ? 'fault' : 'current')];
}
