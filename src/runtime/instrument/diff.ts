/** A function before and after the pass, side by side, with the reason for each difference, and for each access without one. */
import type { Instrumented } from './pass.js';

interface Row {
  readonly before: string;
  readonly after: string;
  readonly why: string;
}

const TAB = '    ';
const MOST = 60;

/** `lines` are those of the function's file; the head stands on line `fn.at.line`. */
export function instrumentDiff(fn: Instrumented, lines: readonly string[]): string {
  const rows: Row[] = [];
  const first = fn.at.line;
  for (let line = first; line < endOf(lines, first); line++) {
    const text = (lines[line - 1] ?? '').replaceAll('\t', TAB);
    const here = fn.decisions.filter(({ at }) => at.line === line);
    const put = here.flatMap(({ inserted, why }): Row[] =>
      inserted.map((code, index) => ({ before: '', after: `+${TAB.slice(1)}${code}`, why: index === 0 ? why : '' })),
    );
    const left = new Set(here.filter(({ inserted }) => inserted.length === 0).map(({ why }) => `not told of: ${why}`));
    const own: Row = {
      before: text,
      after: text,
      why: line === first && fn.left !== undefined ? `as it is: ${fn.left}` : [...left].join('; '),
    };
    rows.push(...(line === first ? [own, ...put] : [...put, own]));
  }
  const width = (of: (row: Row) => string): number => Math.min(MOST, Math.max(...rows.map(row => of(row).length)));
  const [before, after] = [width(row => row.before), width(row => row.after)];
  return rows.map(row => `${row.before.padEnd(before)} | ${row.after.padEnd(after)} | ${row.why}`.trimEnd()).join('\n');
}

/** The line behind a function's last: what follows are blank lines, comments, data and other functions. */
function endOf(lines: readonly string[], first: number): number {
  let end = first + 1;
  while (end <= lines.length && !/^(?:TEXT|DATA|GLOBL)\b/.test(lines[end - 1]!)) end++;
  while (end > first + 1 && /^(?:\s*$|\/\/|#)/.test(lines[end - 2]!)) end--;
  return end;
}
