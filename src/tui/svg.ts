/** Screens as pictures: rows of cells as SVG. */
import { xmlText } from '../host/xml.js';

/** In pixels. */
const CELL = { width: 8.4, height: 18, baseline: 13 } as const;
export const PAPER = '#16181d';
export const INK = '#d7dae0';
const FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

export interface CellLook {
  readonly ink: string;
  readonly paper: string;
  /** Attributes of an SVG text: weight, opacity, decoration. */
  readonly traits: string;
}

export interface DrawnCell {
  /** Empty behind a character that is two cells wide. */
  readonly text: string;
  readonly look: CellLook;
}

/** A row: each run of cells that look alike is a text, on a rectangle when its paper is not the picture's. */
function rowOf(cells: readonly DrawnCell[], row: number): string {
  const out: string[] = [];
  for (let from = 0; from < cells.length; ) {
    const { look } = cells[from]!;
    let to = from;
    while (to < cells.length && JSON.stringify(cells[to]!.look) === JSON.stringify(look)) to++;
    const text = cells
      .slice(from, to)
      .map(cell => cell.text)
      .join('');
    const x = (from * CELL.width).toFixed(1);
    const width = ((to - from) * CELL.width).toFixed(1);
    if (look.paper !== PAPER)
      out.push(`<rect x="${x}" y="${row * CELL.height}" width="${width}" height="${CELL.height}" fill="${look.paper}"/>`);
    if (text.trim() !== '')
      out.push(
        `<text x="${x}" y="${row * CELL.height + CELL.baseline}" textLength="${width}" fill="${look.ink}"${look.traits}>${xmlText(text)}</text>`,
      );
    from = to;
  }
  return out.join('');
}

/** A picture of rows of `columns` cells each. */
export function svgOf(title: string, columns: number, rows: readonly (readonly DrawnCell[])[]): string {
  const lines = rows.map(rowOf);
  const width = (columns * CELL.width).toFixed(0);
  const height = rows.length * CELL.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="-12 -12 ${Number(width) + 24} ${height + 24}"`,
    ` font-family="${FONT}" font-size="14" xml:space="preserve"><title>${title}</title>`,
    `<rect x="-12" y="-12" width="${Number(width) + 24}" height="${height + 24}" rx="8" fill="${PAPER}"/>`,
    `\n${lines.filter(line => line !== '').join('\n')}\n</svg>\n`,
  ].join('');
}
