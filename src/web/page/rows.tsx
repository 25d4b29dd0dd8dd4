/** Rows of styled text as HTML: what `src/tui/app.tsx` is for a terminal. */
import { memo } from 'react';
import type { Row } from '../../tui/text.js';
import { styleOf, TEXT_ROLES } from '../../tui/theme.js';

const sameRow = (one: Row, other: Row): boolean =>
  one.length === other.length &&
  one.every(({ text, role, alike }, index) => {
    const there = other[index]!;
    return text === there.text && role === there.role && alike === there.alike;
  });

/** Segments are their places: nothing of them is kept when they change. */
export const Segments = memo(
  ({ row }: { readonly row: Row }) =>
    row.map(({ text, role, alike }, index) => {
      const classes = [...(role === 'plain' ? [] : [`r-${role}`]), ...(alike ? ['alike'] : [])];
      return classes.length === 0 ? (
        text
      ) : (
        // biome-ignore lint/suspicious/noArrayIndexKey: a segment is its place
        <span key={index} className={classes.join(' ')}>
          {text}
        </span>
      );
    }),
  (before, after) => sameRow(before.row, after.row),
);

/** Rows of cells, one below another. */
export const Cells = ({ rows }: { readonly rows: readonly Row[] }) =>
  rows.map((row, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
    <div key={index} className="row">
      <Segments row={row} />
    </div>
  ));

/** The terminal's colours, as rules of CSS for a dark and a light ground. */
export const roleRules = (['dark', 'light'] as const)
  .flatMap(theme =>
    TEXT_ROLES.map(role => {
      const { color = 'var(--text)', bold, dimColor, inverse } = styleOf(role, theme, 24);
      const shown = dimColor ? 'var(--dim)' : color;
      const ground = inverse ? `background:${shown};color:var(--ground)` : `color:${shown}`;
      return `[data-theme=${theme}] .r-${role}{${ground}${bold ? ';font-weight:bold' : ''}}`;
    }),
  )
  .join('\n');
