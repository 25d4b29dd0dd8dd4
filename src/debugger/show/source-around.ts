import type { SourceFiles } from '../session/sources.js';

/** Source lines around `line`, the current one marked; nothing when the file is not on this host. */
export function sourceAround(sources: SourceFiles, file: string, line: number, from: number, to: number): readonly string[] | undefined {
  const lines = sources.lines(file);
  if (lines === undefined) return undefined;
  const width = String(to).length;
  const out: string[] = [];
  for (let number = Math.max(1, from); number <= Math.min(to, lines.length); number++) {
    out.push(`${number === line ? '=>' : '  '}${String(number).padStart(width)}  ${lines[number - 1]}`.trimEnd());
  }
  return out;
}
