/** A happens-before graph as SVG: two lines of life, what was released and acquired on them, and a race's missing edge dashed. */
import { xmlText } from '../../host/xml.js';
import type { OrderRow } from './race-why.js';

const ROW = 26;
const TOP = 56;
const LINES = [360, 620] as const;
const WIDTH = 980;
const STYLE = [
  'text{font:12px monospace;fill:#222}',
  '.name{font-weight:bold}',
  '.life{stroke:#999;stroke-width:2}',
  '.edge{stroke:#2a6;stroke-width:2;fill:none}',
  '.missing{stroke:#c22;stroke-width:2;stroke-dasharray:6 5;fill:none}',
  '.dot{fill:#2a6}.racing{fill:#c22}.plain{fill:#999}',
].join('');

export function orderSvg(names: readonly [string, string], rows: readonly OrderRow[]): string {
  const height = TOP + (rows.length + 1) * ROW;
  const y = (index: number): number => TOP + index * ROW;
  const parts: string[] = [];
  names.forEach((name, column) => {
    const x = LINES[column]!;
    const anchor = column === 0 ? 'end' : 'start';
    parts.push(`<text class="name" x="${x}" y="24" text-anchor="${anchor}">${xmlText(name)}</text>`);
    parts.push(`<line class="life" x1="${x}" y1="36" x2="${x}" y2="${height - ROW / 2}"/>`);
  });
  rows.forEach(({ column, text, from, racing }, index) => {
    const x = LINES[column]!;
    const edge = from !== undefined || rows.some(row => row.from === index);
    const kind = racing ? 'racing' : edge ? 'dot' : 'plain';
    parts.push(`<circle class="${kind}" cx="${x}" cy="${y(index)}" r="5"/>`);
    const [tx, anchor] = column === 0 ? [x - 12, 'end'] : [x + 12, 'start'];
    parts.push(`<text x="${tx}" y="${y(index) + 4}" text-anchor="${anchor}">${xmlText(text)}</text>`);
    if (from !== undefined) parts.push(line('edge', LINES[rows[from]!.column]!, y(from), x, y(index), 'url(#tip)'));
  });
  const racing = rows.flatMap((row, index) => (row.racing ? [index] : []));
  if (racing.length === 2) {
    const [one, two] = racing as [number, number];
    parts.push(line('missing', LINES[rows[one]!.column]!, y(one), LINES[rows[two]!.column]!, y(two)));
  }
  const tip =
    '<marker id="tip" viewBox="0 0 8 8" refX="12" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#2a6"/></marker>';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">`,
    `<style>${STYLE}</style><defs>${tip}</defs><rect width="100%" height="100%" fill="#fff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

const line = (kind: string, x1: number, y1: number, x2: number, y2: number, end?: string): string =>
  `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"${end === undefined ? '' : ` marker-end="${end}"`}/>`;
