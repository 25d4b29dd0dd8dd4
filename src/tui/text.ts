/** Styled text in rows of cells. What a role looks like is the theme's business. */

import type { Region } from '../debugger/memory/landmarks.js';
import widthOf, { isPlain } from './width.js';

export type TextRole =
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
  | 'prompt'
  | 'good'
  | 'bad'
  | Region;

export interface TextSegment {
  readonly text: string;
  readonly role: TextRole;
  /** It holds what is selected elsewhere. */
  readonly alike?: true;
}

export type Row = readonly TextSegment[];

export const span = (text: string, role: TextRole = 'plain'): TextSegment => ({ text, role });

const CLUSTERS = new Intl.Segmenter();

/** Characters as users count them: a letter with its accents is one. */
export const clusters = (text: string): string[] => [...CLUSTERS.segment(text)].map(each => each.segment);

/** Tabs become spaces; what would move the terminal's cursor or turn the writing's direction becomes dots. */
export const printable = (text: string): string =>
  /^[ -~]*$/.test(text) ? text : text.replaceAll('\t', '  ').replace(/\p{C}|\p{Zl}|\p{Zp}/gu, '·');

/** Go's names without the directories of their packages: `trace.(*T).M` of `crash/trace.(*T).M`. Quoted text stays as it is. */
export const shortNames = (text: string): string =>
  !text.includes('/')
    ? text
    : text
        .split(/("(?:[^"\\]|\\.)*")/)
        .map((part, index) => (index % 2 === 1 ? part : part.replace(/(?<![\w/])(?:[\w.~-]+\/)+(?=[\w-]+\.)/g, '')))
        .join('');

/** The longest beginning of a text that fits in `width` cells. */
export function beginning(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (isPlain(text)) return text.slice(0, width);
  let cells = 0;
  for (const { segment, index } of CLUSTERS.segment(text)) {
    cells += widthOf(segment);
    if (cells > width) return text.slice(0, index);
  }
  return text;
}

/** The row cut or filled to exactly `width` cells. */
export function toWidth(row: Row, width: number): Row {
  const out: TextSegment[] = [];
  let left = width;
  for (const segment of row) {
    const { text } = segment;
    if (left <= 0) break;
    const cut = widthOf(text) > left ? `${beginning(text, left - 1)}…` : text;
    out.push({ ...segment, text: cut });
    left -= widthOf(cut);
    if (cut !== text) break;
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
