/**
 * Inlined calls of C whose code begins where execution stands: nothing of them has run, and execution stands in front of the call, as much as in the
 * callee. As gdb does it, a stop is told of the caller's line; `step` then goes into the callee, which moves nothing.
 */
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
