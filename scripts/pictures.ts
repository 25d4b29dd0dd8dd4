/** The pictures of the README: r14's real screen, from a terminal's cells to SVG. `npm run pictures` makes them, a test holds them fresh. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IBufferCell } from '@xterm/headless';
import { type CellLook, type DrawnCell, INK, PAPER, svgOf } from '../src/tui/svg.js';
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

function lookOf(cell: IBufferCell): CellLook {
  const ink = colour(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor(), INK);
  const paper = colour(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor(), PAPER);
  const traits = [
    cell.isBold() ? ' font-weight="bold"' : '',
    cell.isDim() ? ' opacity="0.6"' : '',
    cell.isUnderline() ? ' text-decoration="underline"' : '',
  ].join('');
  return cell.isInverse() ? { ink: paper, paper: ink, traits } : { ink, paper, traits };
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
    const cells = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column): DrawnCell => {
        const cell = screen.cell(row, column)!;
        return { text: cell.getWidth() === 0 ? '' : cell.getChars() || ' ', look: lookOf(cell) };
      }),
    );
    return svgOf(title, columns, cells);
  } finally {
    screen.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 9 });
  }
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, picture] of Object.entries(PICTURES)) writeFileSync(join(import.meta.dirname, '..', path), await draw(picture));
}
