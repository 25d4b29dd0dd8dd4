import { chainText } from '../../debugger/memory/pointer-chain.js';
import type { TelescopeRow } from '../../debugger/memory/telescope.js';
import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { printable, shortNames, span } from '../text.js';

/** Words of memory from the stack pointer up, or where the user went. */
export const memoryPane = {
  name: 'memory',
  title: 'memory',
  short: 'mem',
  key: '5',
  anchorAt: 0.3,
  content: ({ view }: PaneSubject) => ({
    note: view.looking.memory === undefined ? 'rsp' : `0x${view.looking.memory.toString(16)}`,
    anchor: view.memory.anchor,
    items: view.memory.rows.map(word),
  }),
} as const satisfies PaneRow;

/** `..eca8  0x402379        racefuncenter+0x19`; what a stack word is there for comes before where it leads, unless that is code. */
function word({ address, chain, slot, registers }: TelescopeRow): PaneItem {
  const place = span(` ..${(address & 0xffffn).toString(16).padStart(4, '0')} `, registers.includes('rsp') ? 'selected' : 'dim');
  if (chain === undefined) return { row: [place, span(' cannot be read: nothing is mapped there', 'dim')], address };
  const { value, landmark } = chain.links[0]!;
  const text = printable(shortNames(chainText(chain)));
  const note = slot === undefined ? '' : shortNames(slot);
  const parts = chain.end.kind === 'code' && chain.links.length === 1 ? [text, note] : [note, text];
  const shown = span(` 0x${value.toString(16).padEnd(14)} `, landmark?.region ?? 'plain');
  return { row: [place, shown, span(parts.filter(part => part !== '').join('  '))], address, value };
}
