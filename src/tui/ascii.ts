/** The same screen without a character beyond ASCII, cell for cell. */
import { clusters, type Row } from './text.js';
import widthOf from './width.js';

/** What stands for the screen's own marks and rules. */
export const ASCII_MARKS: Readonly<Record<string, string>> = {
  '─': '-',
  '━': '=',
  '┄': '.',
  '╌': '-',
  '╎': ':',
  '│': '|',
  '►': '>',
  '◄': '<',
  '●': '*',
  '⋮': ':',
  '…': '~',
  '✓': '+',
  '✗': 'x',
  '█': '_',
  '·': '.',
  '▲': '^',
  '▼': 'v',
  '→': '>',
  '←': '<',
  '∕': '/',
  '⏎': '<',
  '↵': '<',
};

export const ascii = (row: Row): Row =>
  row.map(segment => (/^[ -~]*$/.test(segment.text) ? segment : { ...segment, text: clusters(segment.text).map(plain).join('') }));

const plain = (character: string): string =>
  /^[ -~]$/.test(character) ? character : (ASCII_MARKS[character] ?? '?').repeat(widthOf(character));
