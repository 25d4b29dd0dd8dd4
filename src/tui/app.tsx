/** Rows of the screen as React sees them: styled text. */
import { Box, Text } from 'ink';
import { createElement } from 'react';
import type { Theme } from '../debugger/session/settings.js';
import type { Row, TextSegment } from './text.js';
import { type ColorDepth, styleOf } from './theme.js';

interface Look {
  readonly theme: Theme;
  readonly depth: ColorDepth;
}

/** Segments are their places: children without keys, in order. Neighbours that look the same are one: React takes its time for each. */
function line(key: number, row: Row, { theme, depth }: Look) {
  const segments = merged(row).map(({ text, role, alike = false }) =>
    createElement(Text, { ...styleOf(role, theme, depth), underline: alike }, text),
  );
  return createElement(Text, { key }, ...segments);
}

function merged(row: Row): Row {
  const all: TextSegment[] = [];
  for (const segment of row) {
    const last = all.at(-1);
    if (last !== undefined && last.role === segment.role && last.alike === segment.alike)
      all[all.length - 1] = { ...last, text: last.text + segment.text };
    else all.push(segment);
  }
  return all;
}

/** `rows`: by their numbers on the screen. */
export function Rows({ rows, look }: { readonly rows: ReadonlyMap<number, Row>; readonly look: Look }) {
  return createElement(
    Box,
    { flexDirection: 'column' },
    [...rows].map(([number, row]) => line(number, row, look)),
  );
}
