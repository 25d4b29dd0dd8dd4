/** Styled text in rows of cells. What a role looks like is the theme's business. */

export type Role =
  | 'plain'
  | 'title'
  | 'focus'
  | 'dim'
  | 'current'
  | 'fault'
  | 'changed'
  | 'breakpoint'
  | 'function'
  | 'source'
  | 'seam'
  | 'selected'
  | 'cursor'
  | 'prompt';

export interface Segment {
  readonly text: string;
  readonly role: Role;
}

export type Row = readonly Segment[];

export const span = (text: string, role: Role = 'plain'): Segment => ({ text, role });

/** Cells that a text takes. Control characters take none: they are shown as dots before. */
const widthOf = (text: string): number => [...text].length;

/** Tabs become spaces; control characters, which would move the terminal's cursor, become dots. */
export const printable = (text: string): string =>
  [...text.replaceAll('\t', '  ')]
    .map(character => (character < ' ' || (character >= '\x7f' && character < '\xa0') ? '·' : character))
    .join('');

/** The row cut or filled to exactly `width` cells. */
export function toWidth(row: Row, width: number): Row {
  const out: Segment[] = [];
  let left = width;
  for (const { text, role } of row) {
    if (left <= 0) break;
    const cells = [...text];
    const cut = cells.length > left ? `${cells.slice(0, Math.max(0, left - 1)).join('')}…` : text;
    out.push({ text: cut, role });
    left -= Math.min(cells.length, left);
  }
  if (left > 0) out.push(span(' '.repeat(left)));
  return out;
}

/** A title in a rule: `─1 code ─────`. */
export function rule(key: string, name: string, width: number, focused: boolean, extra = ''): Row {
  const head = `─${key} ${name} `;
  const tail = extra === '' ? '' : ` ${extra} `;
  const fill = Math.max(0, width - widthOf(head) - widthOf(tail));
  return [span(head, focused ? 'focus' : 'title'), span('─'.repeat(fill), 'dim'), span(tail, 'dim')];
}
