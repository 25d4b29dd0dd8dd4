/** Rows of the screen as React sees them: styled text. */
import { Box, Text } from 'ink';
import { createElement } from 'react';
import type { Theme } from '../debugger/session/settings.js';
import type { Row } from './text.js';
import { type ColorDepth, styleOf } from './theme.js';

interface Look {
  readonly theme: Theme;
  readonly depth: ColorDepth;
}

/** Segments are their places: children without keys, in order. */
function line(key: number, row: Row, { theme, depth }: Look) {
  const segments = row.map(({ text, role, alike = false }) =>
    createElement(Text, { ...styleOf(role, theme, depth), underline: alike }, text),
  );
  return createElement(Text, { key }, ...segments);
}

/** `rows`: by their numbers on the screen. */
export function Rows({ rows, look }: { readonly rows: ReadonlyMap<number, Row>; readonly look: Look }) {
  return createElement(
    Box,
    { flexDirection: 'column' },
    [...rows].map(([number, row]) => line(number, row, look)),
  );
}
