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
  /** Code among words, and what is stressed. */
  | 'literal'
  | 'stress'
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

/** The longest end of a text that fits, behind a mark for what is lost: of a path the file and the line count. */
export function ending(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const kept = clusters(text);
  while (kept.length > 0 && widthOf(kept.join('')) >= width) kept.shift();
  return width < 1 ? '' : `…${kept.join('')}`;
}

/** More than half of a narrow row is not left blank in front of what goes on. */
const DEEPEST = 0.5;

/** A text in rows of a width: broken between words, then between characters; what goes on stands two cells further in. */
export const wrapped = (text: string, width: number, role: TextRole = 'plain'): readonly Row[] =>
  widthOf(text) <= width ? [[span(text, role)]] : wrappedRow([span(text, role)], width);

/** The same of a row with its styles. `hang`: cells in front of each further line; by itself two more than in front of the first. */
export function wrappedRow(row: Row, width: number, hang?: number): readonly Row[] {
  if (widthOf(rowText(row)) <= width) return [row];
  const words = wordsOf(row);
  const lead = words[0]?.blank ? words[0].cells : 0;
  const indent = Math.min(hang ?? lead + 2, Math.floor(width * DEEPEST));
  const rows: TextSegment[][] = [[]];
  let cells = 0;
  const put = (segment: TextSegment): void => {
    rows.at(-1)!.push(segment);
    cells += widthOf(segment.text);
  };
  const breakLine = (): void => {
    rows.push([span(' '.repeat(indent))]);
    cells = indent;
  };
  let between: Word | undefined;
  for (const word of words) {
    if (word.blank) {
      between = word;
      continue;
    }
    // Blanks at a break are the break; in front of the first word they are the text's own.
    const blanks = between !== undefined && (cells > indent || rows.length === 1) ? between : undefined;
    const gap = blanks?.cells ?? 0;
    between = undefined;
    if (cells + gap + word.cells > width && cells > indent && (word.cells <= width - indent || width - cells - gap < 2)) breakLine();
    else if (cells + gap < width) for (const part of blanks?.parts ?? []) put(part);
    for (const part of word.parts) {
      let rest = part.text;
      while (cells + widthOf(rest) > width) {
        const fits = beginning(rest, width - cells);
        if (fits === '' && cells <= indent) break;
        put({ ...part, text: fits });
        rest = rest.slice(fits.length);
        breakLine();
      }
      put({ ...part, text: rest });
    }
  }
  return rows;
}

interface Word {
  readonly parts: TextSegment[];
  readonly blank: boolean;
  cells: number;
}

/** What is between blanks stays together, whatever styles are in it. */
function wordsOf(row: Row): readonly Word[] {
  const words: Word[] = [];
  for (const segment of row) {
    for (const text of segment.text.split(/( +)/)) {
      if (text === '') continue;
      const blank = text.startsWith(' ');
      const last = words.at(-1);
      if (last?.blank === blank) {
        last.parts.push({ ...segment, text });
        last.cells += widthOf(text);
      } else words.push({ parts: [{ ...segment, text }], blank, cells: widthOf(text) });
    }
  }
  return words;
}

export const rowText = (row: Row): string => row.map(({ text }) => text).join('');

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
  const tail = extra === '' ? '' : ` ${ending(extra, Math.max(4, width - widthOf(head) - 3))} `;
  const fill = Math.max(0, width - widthOf(head) - widthOf(tail));
  return [span(head, focused ? 'focus' : 'title'), span('─'.repeat(fill), 'dim'), span(tail, 'dim')];
}
