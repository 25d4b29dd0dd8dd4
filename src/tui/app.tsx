/** The screen as React sees it: rows of styled text, drawn from the state. */
import { Box, Text } from 'ink';
import { createElement } from 'react';
import type { Role, Row } from './text.js';

type Style = { readonly color?: string; readonly bold?: boolean; readonly dimColor?: boolean; readonly inverse?: boolean };

/** Eight colours and attributes; nothing depends on colour alone. */
const THEME: Readonly<Record<Role, Style>> = {
  plain: {},
  title: { bold: true },
  focus: { bold: true, color: 'cyan', inverse: true },
  dim: { dimColor: true },
  current: { bold: true, color: 'green' },
  fault: { inverse: true, color: 'red' },
  changed: { color: 'yellow' },
  breakpoint: { color: 'red', bold: true },
  function: { bold: true, color: 'blue' },
  source: { color: 'magenta' },
  seam: { color: 'cyan' },
  selected: { bold: true },
  cursor: { inverse: true },
  prompt: { bold: true },
  good: { color: 'green' },
  bad: { color: 'red', bold: true },
  code: { color: 'blueBright' },
  stack: { color: 'green' },
  heap: { color: 'magenta' },
  global: { color: 'cyan' },
  shadow: { dimColor: true, color: 'yellow' },
};

/** Rows and segments are their places: children without keys, in order. */
function line(row: Row, coloured: boolean) {
  const segments = row.map(({ text, role, alike = false }) => {
    const { color, ...attributes } = THEME[role];
    return createElement(Text, { ...attributes, underline: alike, ...(coloured && color !== undefined ? { color } : {}) }, text);
  });
  return createElement(Text, { wrap: 'truncate' }, ...segments);
}

export function Screen({ rows, coloured }: { readonly rows: readonly Row[]; readonly coloured: boolean }) {
  return createElement(Box, { flexDirection: 'column' }, ...rows.map(row => line(row, coloured)));
}
