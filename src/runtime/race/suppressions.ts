/** Suppressions: races that are not told of, by patterns of function or file (`GORACE=suppressions=FILE`, sanitizer_common's format). */
import type { ReportedFrame } from './report.js';

const KINDS = ['race', 'race_top', 'mutex', 'thread', 'signal', 'called_from_lib', 'deadlock'] as const;

export interface Suppression {
  readonly kind: (typeof KINDS)[number];
  readonly pattern: string;
}

/** The suppressions of a file, a `kind:pattern` a line; undefined when one is of no known kind. */
export function parseSuppressions(text: string): readonly Suppression[] | undefined {
  const found: Suppression[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.replace(/^[ \t]+|[ \t\r]+$/g, '');
    if (line === '' || line.startsWith('#')) continue;
    const kind = KINDS.find(each => line.startsWith(`${each}:`));
    if (kind === undefined) return undefined;
    found.push({ kind, pattern: line.slice(kind.length + 1) });
  }
  return found;
}

/** Place of the suppression that one of the accesses' stacks, innermost frame first, meets; -1: none. */
export function suppressionOf(suppressions: readonly Suppression[], stacks: readonly (readonly ReportedFrame[])[]): number {
  const first = (kind: Suppression['kind'], frames: readonly ReportedFrame[]): number => {
    for (const frame of frames) {
      for (const text of [frame.function, frame.file]) {
        const at = suppressions.findIndex(each => each.kind === kind && matchesPattern(each.pattern, text));
        if (at >= 0) return at;
      }
    }
    return -1;
  };
  for (const frames of stacks) {
    const race = first('race', frames);
    const at = race < 0 ? first('race_top', frames.slice(0, 1)) : race;
    if (at >= 0) return at;
  }
  return -1;
}

/** What `print_suppressions` has printed at the end: those that were met, and how often. */
export function metSuppressionsText(suppressions: readonly Suppression[], times: (at: number) => number, pid: number): string {
  const met = suppressions.flatMap(({ kind, pattern }, at) => (times(at) === 0 ? [] : [`${times(at)} ${kind}:${pattern}\n`]));
  const total = suppressions.reduce((sum, _, at) => sum + times(at), 0);
  return total === 0 ? '' : `ThreadSanitizer: Matched ${total} suppressions (pid=${pid}):\n${met.join('')}`;
}

/**
 * Whether a text holds a pattern's pieces in turn: `*` stands between them, `^` for the beginning, `$` for the end. Each piece is taken where it
 * comes first, and none is tried again.
 */
function matchesPattern(pattern: string, text: string): boolean {
  if (text === '') return false;
  let anchored = pattern.startsWith('^');
  let free = false;
  let at = 0;
  for (const [piece] of pattern.slice(anchored ? 1 : 0).matchAll(/\*|\$|[^*$]+/g)) {
    if (piece === '$') return free || at === text.length;
    if (piece === '*') {
      anchored = false;
      free = true;
      continue;
    }
    const found = text.indexOf(piece, at);
    if (found < 0 || (anchored && found !== at)) return false;
    at = found + piece.length;
    anchored = false;
    free = false;
  }
  return true;
}
