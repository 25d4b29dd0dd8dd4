/** The screen as React sees it: rows of styled text, drawn from the state. */
import { Box, Text } from 'ink';
import { createElement } from 'react';
import type { Theme } from '../debugger/settings.js';
import type { Row } from './text.js';
import { type ColorDepth, styleOf } from './theme.js';

interface Look {
  readonly theme: Theme;
  readonly depth: ColorDepth;
}

/** Rows and segments are their places: children without keys, in order. */
function line(row: Row, { theme, depth }: Look) {
  const segments = row.map(({ text, role, alike = false }) =>
    createElement(Text, { ...styleOf(role, theme, depth), underline: alike }, text),
  );
  return createElement(Text, { wrap: 'truncate' }, ...segments);
}

export function Screen({ rows, look }: { readonly rows: readonly Row[]; readonly look: Look }) {
  return createElement(Box, { flexDirection: 'column' }, ...rows.map(row => line(row, look)));
}
