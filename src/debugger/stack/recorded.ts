/** Which of the CPU's records of calls a frame is of. */
import type { CallRecord } from '../../cpu/api.js';
import type { Func } from '../../image/api.js';
import type { CodeSpace } from '../code/disassemble.js';
import { FunctionFlow } from '../code/flow.js';
import { leadsTo } from '../code/jumps.js';
import type { StackName } from './frame.js';
import { recordsAbove, type WalkTarget } from './walk-target.js';

/**
 * The recorded call that the frame of `func` with that RSP is of: the innermost whose return address still is in its slot, or one further in
 * that has lost it, when the record is surely this frame's. `cfa`: as tables have it; `sure`: they cannot be wrong.
 */
export function recordOf(
  target: WalkTarget,
  sp: bigint,
  func: Func | undefined,
  stack: StackName,
  cfa: bigint | undefined,
  sure: boolean,
): CallRecord | undefined {
  for (const record of recordsAbove(target, sp, stack)) {
    if (record.now === undefined) return record;
    const tabled = cfa === record.slot + 8n;
    const onGoroutine = stack.kind === 'goroutine';
    // Code without a name has its table all the same, where a file brings one along for exceptions.
    if (func === undefined && tabled && !onGoroutine) return record;
    if (func === undefined || (sure && cfa !== undefined && !tabled)) continue;
    if (isLost(target, record, func, onGoroutine) && ((tabled && !onGoroutine) || leadsTo(target, record.target, func))) return record;
  }
  return undefined;
}

/**
 * Whether the return address of a function's call was overwritten, when its slot holds another. Go copies stacks to where others were: there a
 * record may be left from those, and what is in the slot is the return address of another call of the same function.
 */
export const isLost = (space: CodeSpace, { now }: CallRecord, func: Func, onGoroutine: boolean): boolean =>
  now !== undefined && !(onGoroutine && mayReturn(space, now, func));

/** Whether a CALL that is in front of an address may have led to a function. */
function mayReturn({ memory, images }: CodeSpace, returnAddress: bigint, func: Func): boolean {
  const caller = images.functionAt(returnAddress - 1n);
  // A goroutine's first function returns to where nothing has called it.
  if (caller?.topFrame) return true;
  const call = caller && FunctionFlow.of(memory, caller.entry, caller.end)?.callTo(returnAddress);
  return call !== undefined && (call.target === undefined || leadsTo({ memory, images }, call.target, func));
}
