import type { FrameSummary } from '../../debugger/show/frame-summary.js';
import type { Seam } from '../../debugger/stack/frame.js';
import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { printable, type Row, shortNames, span } from '../text.js';
import widthOf from '../width.js';

/** The frames of the selected stack, with the seam where one stack goes over into another. */
export const backtracePane = {
  name: 'backtrace',
  title: 'backtrace',
  key: '3',
  folds: true,
  content: ({ view }: PaneSubject, width: number) => {
    const names = view.frames.map(nameOf);
    const column = Math.min(Math.max(0, ...names.map(widthOf)), Math.floor(width * NAMES));
    const items = view.frames.flatMap((frame, index): PaneItem[] => {
      // The frames on both sides of a seam are kept with it.
      const keep = frame.selected || frame.seam !== undefined || view.frames[index + 1]?.seam !== undefined;
      const line: PaneItem = { row: drawn(frame, names[index]!, column), frame: frame.index, address: frame.pc, keep };
      return frame.seam === undefined ? [line] : [{ row: [span(seamText(frame.seam, width), 'seam')], keep: true }, line];
    });
    const selected = view.frames.find(frame => frame.selected)?.index;
    return { items, anchor: items.findIndex(item => item.frame === selected) };
  },
} as const satisfies PaneRow;

/** Part of the width that names may take before what follows them is moved to the right. */
const NAMES = 0.55;

const nameOf = ({ name, tags }: FrameSummary): string => `${tags[0] === 'inlined' ? '  ' : ''}${printable(shortNames(name))}`;

function drawn({ index, args, where, tags, selected }: FrameSummary, name: string, column: number): Row {
  const role = selected ? 'selected' : tags[0] === 'inlined' ? 'dim' : 'plain';
  const head = `${selected ? '►' : ' '}${String(index).padStart(2)} ${name.padEnd(column)}  `;
  const values = printable(shortNames(args));
  const facts = [values, where].filter(part => part !== '').join('  ');
  return [span(`${head}${facts}`, role), span(tags.length === 0 ? '' : `  ${shortNames(tags.join(', '))}`, 'dim')];
}

/** `┄┄┄┄ g0 ▲  stack switch  ▼ goroutine 1 ┄┄┄┄` */
function seamText({ what, inner, outer }: Seam, width: number): string {
  const text = `${inner} ▲  ${what}  ▼ ${outer}`;
  const dashes = '┄'.repeat(Math.max(3, Math.floor((width - widthOf(text) - 4) / 2)));
  return ` ${dashes} ${text} ${dashes}`;
}
