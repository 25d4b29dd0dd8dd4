import type { Item, PaneRow, Shown } from '../pane.js';
import { span } from '../text.js';

/** The frames of the selected stack, with the seam where one stack goes over into another. */
export const backtrace = {
  name: 'backtrace',
  title: 'backtrace',
  key: '3',
  folds: true,
  content: ({ view }: Shown) => {
    const items = view.frames.flatMap((frame, index): Item[] => {
      // The frames on both sides of a seam are kept with it.
      const keep = frame.selected || frame.seam !== undefined || view.frames[index + 1]?.seam !== undefined;
      const row = [span(`${frame.selected ? '►' : ' '}${shortFrame(frame.text)}`, frame.selected ? 'selected' : 'plain')];
      const line: Item = { row, frame: frame.index, address: frame.pc, keep };
      return frame.seam === undefined ? [line] : [{ row: [span(` ┄┄┄ ${frame.seam} ┄┄┄`, 'seam')], keep: true }, line];
    });
    const selected = view.frames.find(frame => frame.selected)?.index;
    return { items, anchor: items.findIndex(item => item.frame === selected) };
  },
} as const satisfies PaneRow;

/** A backtrace line without the pc's zeros and the directory of its file: the pane is narrow. */
const shortFrame = (text: string): string => text.replace(/ 0x[0-9a-f]{16} in /, ' ').replace(/ at (?:\S*\/)?([^/\s]+)/, '  $1');
