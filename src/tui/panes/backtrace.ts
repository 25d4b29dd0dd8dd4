import type { FrameSummary } from '../../debugger/show/frame-summary.js';
import type { Seam } from '../../debugger/stack/frame.js';
import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { beginning, ending, printable, type Row, rowText, shortNames, span } from '../text.js';
import widthOf from '../width.js';

/** The frames of the selected stack, with the seam where one stack goes over into another. */
export const backtracePane = {
  name: 'backtrace',
  title: 'backtrace',
  short: 'stack',
  key: '3',
  folds: true,
  content: ({ view }: PaneSubject, width: number) => {
    const names = view.frames.map(nameOf);
    const column = Math.min(Math.max(0, ...names.map(widthOf)), Math.floor(width * NAMES));
    const items = view.frames.flatMap((frame, index): PaneItem[] => {
      // The frames on both sides of a seam are kept with it.
      const keep = frame.selected || frame.seam !== undefined || view.frames[index + 1]?.seam !== undefined;
      const line: PaneItem = { ...drawn(frame, names[index]!, column, width), frame: frame.index, address: frame.pc, keep };
      return frame.seam === undefined ? [line] : [{ row: [span(seamText(frame.seam, width), 'seam')], keep: true }, line];
    });
    const selected = view.frames.find(frame => frame.selected)?.index;
    return { items, anchor: items.findIndex(item => item.frame === selected) };
  },
} as const satisfies PaneRow;

/** Part of the width that names may take before what follows them is moved to the right. */
const NAMES = 0.55;

const nameOf = ({ name, tags }: FrameSummary): string => `${tags[0] === 'inlined' ? '  ' : ''}${printable(shortNames(name))}`;

/** Cells that file and line are given at least. */
const WHERE = 24;

/** Where there is not room for all, values are cut first, then what the frame is, then the beginning of the file's name: its end and the line tell more. */
function drawn(
  { index, args, where, tags, selected }: FrameSummary,
  name: string,
  column: number,
  width: number,
): Pick<PaneItem, 'row' | 'whole'> {
  const role = selected ? 'selected' : tags[0] === 'inlined' ? 'dim' : 'plain';
  const head = `${selected ? '►' : ' '}${String(index).padStart(2)} ${name.padEnd(column)}  `;
  const values = args === '' ? '' : `${printable(shortNames(args))}  `;
  const tag = tags.length === 0 ? '' : `  ${shortNames(tags.join(', '))}`;
  const all = (shown: string, place: string, what: string): Row => [span(`${head}${shown}${place}`, role), span(what, 'dim')];
  const whole = all(values, where, tag);
  if (widthOf(rowText(whole)) <= width) return { row: whole };
  const room = width - widthOf(head);
  const place = ending(where, Math.max(Math.min(WHERE, room), room - widthOf(values) - widthOf(tag)));
  const what = cut(tag, room - widthOf(place));
  const left = room - widthOf(place) - widthOf(what);
  return { row: all(values === '' || left < 4 ? '' : `${cut(values.trimEnd(), left - 1)} `, place, what), whole };
}

const cut = (text: string, width: number): string => (widthOf(text) <= width ? text : width < 2 ? '' : `${beginning(text, width - 1)}…`);

/** `┄┄┄┄ g0 ▲  stack switch  ▼ goroutine 1 ┄┄┄┄` */
function seamText({ what, inner, outer }: Seam, width: number): string {
  const text = `${inner} ▲  ${what}  ▼ ${outer}`;
  const dashes = '┄'.repeat(Math.max(3, Math.floor((width - widthOf(text) - 4) / 2)));
  return ` ${dashes} ${text} ${dashes}`;
}
