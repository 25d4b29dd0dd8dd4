import type { Session } from '../../debugger/session/session.js';

export interface SourceView {
  /** Without its directory; empty when the source is not known. */
  readonly file: string;
  /** With it. */
  readonly path?: string;
  readonly line: number;
  readonly lines: readonly string[];
  /** Number of the first of `lines`. */
  readonly first: number;
}

export const NO_SOURCE: SourceView = { file: '', line: 0, lines: [], first: 1 };

/** Lines kept on either side of the current one. */
const AROUND = 500;

export function observeSource(session: Session): SourceView {
  const { file, line } = session.frame;
  const all = file === undefined ? undefined : session.sources.lines(file);
  if (file === undefined || line === undefined || all === undefined) return NO_SOURCE;
  const first = Math.max(1, line - AROUND);
  return { file: file.split('/').at(-1)!, path: file, line, lines: all.slice(first - 1, line + AROUND), first };
}
