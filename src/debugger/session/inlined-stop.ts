import { enteredAt } from '../stack/entering.js';
import type { Target } from '../target.js';
import type { Stop } from './stop.js';

const STEPS: ReadonlySet<Stop['reason']> = new Set(['step', 'next', 'finish', 'until', 'advance']);

/**
 * Of the inlined calls that begin where the program has stopped, how many it is told to stand in front of. A breakpoint on one by its name is in that, and
 * one on a line or address in all of them.
 */
export function inFrontOf({ images, process }: Target, stop: Stop): number {
  if (stop.reason !== 'breakpoint' && !STEPS.has(stop.reason)) return 0;
  const { rip } = process.current.registers;
  const count = enteredAt(images, rip);
  if (count === 0 || stop.reason !== 'breakpoint') return count;
  const spec = stop.breakpoint.kind === 'break' ? stop.breakpoint.spec : '';
  if (!/^[A-Za-z_]\w*$/.test(spec)) return 0;
  const named = images.inlineFrames(rip).findIndex(({ name }) => name === spec);
  return named < 0 ? count : Math.min(named, count);
}
