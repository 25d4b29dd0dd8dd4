/** Errors in assembly and type declarations: each names file, line and column, shows the line with a caret, and says what to do. */
import { Told } from '../host/told.js';

export interface SourcePosition {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as JavaScript counts. */
  readonly column: number;
}

export interface Diagnostic extends SourcePosition {
  readonly message: string;
  readonly suggestion?: string;
}

/** All that is wrong with the sources of one program, in the order of the text. */
export class AssemblyError extends Told {
  override name = 'AssemblyError';

  constructor(
    readonly diagnostics: readonly Diagnostic[],
    readonly sources: ReadonlyMap<string, string>,
  ) {
    super(diagnosticsText(diagnostics, sources));
  }
}

/** Each with its line and a caret. */
export function diagnosticsText(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, string>): string {
  const lines = new Map([...sources].map(([file, text]) => [file, text.split('\n')]));
  return diagnostics.map(diagnostic => show(diagnostic, lines)).join('\n');
}

/** Characters of a line that an error shows: of a longer line, those around the place. */
const MOST_SHOWN = 160;

function show(diagnostic: Diagnostic, sources: ReadonlyMap<string, readonly string[]>): string {
  const { file, line, column, message, suggestion } = diagnostic;
  const whole = sources.get(file)?.[line - 1] ?? '';
  const from = Math.max(0, Math.min(column - 1 - MOST_SHOWN / 2, whole.length - MOST_SHOWN));
  const left = from > 0 ? '…' : '';
  const text = left + whole.slice(from, from + MOST_SHOWN) + (from + MOST_SHOWN < whole.length ? '…' : '');
  // Tabs stay tabs in front of the caret, so that it stands under its column whatever their width.
  const indent = text.slice(0, column - 1 - from + left.length).replace(/[^\t]/g, ' ');
  const hint = suggestion === undefined ? '' : ` (${suggestion})`;
  return `${file}:${line}:${column}: ${message}${hint}\n${text}\n${indent}^`;
}

/** Ends the parsing of a statement, declaration or value whose error has been reported. */
export class Skip {}

/** Collects what is wrong, so that one run reports all of it. */
export class Diagnostics {
  private readonly list: Diagnostic[] = [];
  private readonly warningList: Diagnostic[] = [];
  /** A file that is included twice is wrong once. */
  private readonly said = new Set<string>();

  report(at: SourcePosition, message: string, suggestion?: string): void {
    this.add(this.list, at, message, suggestion);
  }

  /** Says of something that is not wrong that it is hardly what is meant. */
  warn(at: SourcePosition, message: string, suggestion?: string): void {
    this.add(this.warningList, at, `warning: ${message}`, suggestion);
  }

  private add(list: Diagnostic[], at: SourcePosition, message: string, suggestion: string | undefined): void {
    const short = message.length > MOST_SHOWN ? `${message.slice(0, MOST_SHOWN)}…` : message;
    const key = `${at.file}:${at.line}:${at.column} ${message}`;
    if (this.said.has(key)) return;
    this.said.add(key);
    list.push({ file: at.file, line: at.line, column: at.column, message: short, suggestion });
  }

  /** In the order of the text. */
  warnings(sources: ReadonlyMap<string, string>): readonly Diagnostic[] {
    return inOrder(this.warningList, sources);
  }

  /** In the order of their reports. */
  get all(): readonly Diagnostic[] {
    return this.list;
  }

  get any(): boolean {
    return this.list.length > 0;
  }

  throwIfAny(sources: ReadonlyMap<string, string>): void {
    if (!this.any) return;
    throw new AssemblyError(inOrder(this.list, sources), sources);
  }
}

function inOrder(list: readonly Diagnostic[], sources: ReadonlyMap<string, string>): Diagnostic[] {
  const order = [...sources.keys()];
  return [...list].sort((a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line || a.column - b.column);
}

/** The candidate that is nearest to a word, when one is near: at most a third of its letters wrong (Levenshtein). */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word, candidate, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance; where it is `limit` or more, any number from `limit` on. */
function editDistance(left: string, right: string, limit: number): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (left[i - 1] === right[j - 1] ? 0 : 1));
    }
    if (Math.min(...next) >= limit) return limit;
    row = next;
  }
  return row[right.length];
}
