/** The pictures of the README: r14's real screen, from a terminal's cells to SVG. `npm run pictures` makes them, a test holds them fresh. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IBufferCell } from '@xterm/headless';
import { xmlText } from '../src/host/xml.js';
import { openTerminal } from './terminal.js';

interface Picture {
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  readonly args: readonly string[];
  /** Keys to type, and what shows that they have been heard. */
  readonly keys: readonly (readonly [string, RegExp])[];
}

/** Path under the root of the project -> what it shows. */
export const PICTURES: Readonly<Record<string, Picture>> = {
  'docs/pictures/crash.svg': {
    title: 'r14 at the bundled crash',
    columns: 120,
    rows: 40,
    args: [],
    keys: [['', /mended by[\s\S]*lesson/]],
  },
  'docs/pictures/racefuncenter.svg': {
    title: 'r14 in racefuncenter, in Go syntax',
    columns: 120,
    rows: 40,
    args: [
      'exec',
      'newproc-race',
      '-ex',
      'config disassemble-flavor go',
      '-ex',
      'break racefuncenter if R14 == &runtime.g0',
      '-ex',
      'continue',
    ],
    keys: [
      ['', /breakpoint 1 in racefuncenter/],
      ['ssss', /=> 0x\w+ +CALL racecall/],
    ],
  },
};

/** All colours, whatever the environment that the pictures are made in says. */
const LOOK = { FORCE_COLOR: '3', COLORTERM: 'truecolor', LANG: 'C.UTF-8' };

const CELL = { width: 8.4, height: 18, baseline: 13 } as const;
const PAPER = '#16181d';
const INK = '#d7dae0';
/** The sixteen colours of a terminal: dark, then bright. */
const PALETTE =
  '#16181d #e06c75 #98c379 #d7ba7d #61afef #c678dd #56b6c2 #abb2bf #6b7280 #ff7b86 #b5e890 #f2d58a #82c7ff #dd9cf5 #7fdbe6 #ffffff'.split(
    ' ',
  );

/** Colour number of the 256, as xterm counts: sixteen, a cube of six, greys. */
function indexed(number: number): string {
  if (number < 16) return PALETTE[number]!;
  const levels = [0, 95, 135, 175, 215, 255];
  const grey = 8 + 10 * (number - 232);
  const cube = number - 16;
  const rgb = number >= 232 ? [grey, grey, grey] : [levels[Math.floor(cube / 36)]!, levels[Math.floor(cube / 6) % 6]!, levels[cube % 6]!];
  return `#${rgb.map(part => part.toString(16).padStart(2, '0')).join('')}`;
}

const colour = (isRgb: boolean, isIndexed: boolean, value: number, otherwise: string): string =>
  isRgb ? `#${value.toString(16).padStart(6, '0')}` : isIndexed ? indexed(value) : otherwise;

interface Look {
  readonly ink: string;
  readonly paper: string;
  readonly traits: string;
}

function lookOf(cell: IBufferCell): Look {
  const ink = colour(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor(), INK);
  const paper = colour(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor(), PAPER);
  const traits = [
    cell.isBold() ? ' font-weight="bold"' : '',
    cell.isDim() ? ' opacity="0.6"' : '',
    cell.isUnderline() ? ' text-decoration="underline"' : '',
  ].join('');
  return cell.isInverse() ? { ink: paper, paper: ink, traits } : { ink, paper, traits };
}

/** A row: each run of cells that look alike is a text, on a rectangle when its paper is not the picture's. */
function rowOf(cells: readonly { readonly text: string; readonly look: Look }[], row: number): string {
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

/** The picture's text. */
export async function draw({ title, columns, rows, args, keys }: Picture): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'r14-'));
  const screen = openTerminal(columns, rows, process.execPath, [join(import.meta.dirname, '../bin/r14.js'), ...args], home, LOOK);
  try {
    for (const [typed, wanted] of keys) {
      screen.type(typed);
      await screen.settles(wanted);
    }
    const lines = Array.from({ length: rows }, (_, row) => {
      const cells = Array.from({ length: columns }, (_, column) => {
        const cell = screen.cell(row, column)!;
        return { text: cell.getWidth() === 0 ? '' : cell.getChars() || ' ', look: lookOf(cell) };
      });
      return rowOf(cells, row);
    });
    const width = (columns * CELL.width).toFixed(0);
    const height = rows * CELL.height;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="-12 -12 ${Number(width) + 24} ${height + 24}"`,
      ` font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve"><title>${title}</title>`,
      `<rect x="-12" y="-12" width="${Number(width) + 24}" height="${height + 24}" rx="8" fill="${PAPER}"/>`,
      `\n${lines.filter(line => line !== '').join('\n')}\n</svg>\n`,
    ].join('');
  } finally {
    screen.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 9 });
  }
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, picture] of Object.entries(PICTURES)) writeFileSync(join(import.meta.dirname, '..', path), await draw(picture));
}
