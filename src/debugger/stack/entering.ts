/**
 * Inlined calls of C whose code begins where execution stands: nothing of them has run, and execution stands in front of the call, as much as in the
 * callee. As gdb does it, a stop is told of the caller's line; `step` then goes into the callee, which moves nothing.
 */
import type { Func, InlineFrame } from '../../image/api.js';
import type { Images } from '../../image/images.js';

/** Of a thread at a pc: so many inlined calls are in front of it, innermost first. */
export interface Entering {
  readonly tid: number;
  readonly pc: bigint;
  readonly count: number;
}

/** How many of the inlined calls at a pc begin there: the instruction before is in none of them. In Go code none, as Delve has it. */
export function enteredAt(images: Images, pc: bigint): number {
  if (images.functionAt(pc)?.language !== 'c') return 0;
  const inline = images.inlineFrames(pc);
  if (inline[0]?.inlined !== true) return 0;
  const before = images.inlineFrames(pc - 1n);
  const first = inline.findIndex(
    ({ inlined, scope }) =>
      !inlined || scope === undefined || before.some(each => each.scope?.unit === scope.unit && each.scope.die === scope.die),
  );
  return Math.max(0, first);
}

/** A statement, on the line that a stop there is told of. */
export interface StatementPlace {
  readonly pc: bigint;
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** Inlined calls that begin there. */
  readonly entering: number;
  /** The frames there, without those. */
  readonly frames: () => readonly InlineFrame[];
}

/** Those of the function that was asked about last: who steps asks again. */
const last = new WeakMap<Images, { readonly entry: bigint; readonly places: readonly StatementPlace[] }>();

export function placesIn(images: Images, { entry, end }: Func): readonly StatementPlace[] {
  const kept = last.get(images);
  if (kept?.entry === entry) return kept.places;
  const places = [...images.statementsIn(entry, end)].map(({ pc, file, line }): StatementPlace => {
    const entering = enteredAt(images, pc);
    let found: readonly InlineFrame[] | undefined;
    const frames = (): readonly InlineFrame[] => {
      found ??= images.inlineFrames(pc).slice(entering);
      return found;
    };
    return entering === 0
      ? { pc, file, line, entering, frames }
      : { pc, file: frames()[0]!.file, line: frames()[0]!.line, entering, frames };
  });
  last.set(images, { entry, places });
  return places;
}
