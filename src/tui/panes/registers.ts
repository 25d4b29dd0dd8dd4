import { hasChanged } from '../../debugger/show/changed-registers.js';
import type { RegisterFact } from '../../debugger/show/registers-text.js';
import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { printable, shortNames, span, type TextSegment } from '../text.js';

/** Below this width an address has no more room than it needs. */
const WIDE = 46;
const SHORT: Readonly<Record<string, string>> = { eflags: 'flags', fs_base: 'fs', xmm15: 'x15' };

const isVector = (name: string): boolean => name.startsWith('ymm');

/** The selected frame's registers: value, then what it is. Those that differ from what the same frame had at the stop before are marked. */
export const registersPane = {
  name: 'registers',
  title: 'registers',
  short: 'regs',
  key: '2',
  folds: true,
  content: ({ view, before }: PaneSubject, width: number) => {
    const pad = width >= WIDE ? 18 : 14;
    const known = view.registers.filter(row => row.name !== 'xmm15');
    const x15 = view.registers.find(row => row.name === 'xmm15');
    const items = known.map((row): PaneItem => {
      const changed = hasChanged(before?.values, view.values, row.name);
      const mark = span(changed ? '*' : ' ', 'changed');
      const name = span((SHORT[row.name] ?? row.name).padEnd(6), changed ? 'changed' : 'plain');
      return {
        row: [mark, name, ...about(row, pad, x15)],
        // The user has asked for vectors.
        keep: row.meant || changed || isVector(row.name),
        register: row.name,
        ...(row.value === undefined ? {} : { value: row.value }),
      };
    });
    return { items };
  },
} as const satisfies PaneRow;

function about({ name, shown, text, value, region }: RegisterFact, pad: number, x15: RegisterFact | undefined): readonly TextSegment[] {
  if (value === undefined) return [span(shown, 'dim')];
  // Their lanes say all.
  if (isVector(name)) return [span(printable(text))];
  // The flags leave room for the one vector register that Go gives a meaning to.
  if (name === 'eflags') return [span(text.padEnd(pad)), span(x15 === undefined || x15.text === '' ? '' : ` x15 ${x15.text}`)];
  return [span(shown.padEnd(pad), region ?? 'plain'), span(text === '' ? '' : ` ${printable(shortNames(text))}`)];
}
