/** How code gets from one function into another without a CALL. */
import type { Func } from '../../image/api.js';
import type { CodeSpace } from './disassemble.js';
import { FunctionFlow } from './flow.js';

/** Jumps that are followed at most. */
const MOST_JUMPS = 3;

/** The ways of jumps out of `from` that lead to the entry of `goal`: the functions on each, `from` first and `goal` left out. */
export function jumpWays(space: CodeSpace, from: Func, goal: Func, most = MOST_JUMPS): readonly (readonly Func[])[] {
  const ways: (readonly Func[])[] = [];
  for (const target of FunctionFlow.of(space.memory, from.entry, from.end)?.exits ?? []) {
    if (target === goal.entry) ways.push([from]);
    const next = most === 1 || target === goal.entry ? undefined : space.images.functionAt(target);
    if (next?.entry === target && next !== from) for (const rest of jumpWays(space, next, goal, most - 1)) ways.push([from, ...rest]);
  }
  return ways;
}

/** Whether code that was called at an address may stand in a function: it is that function, or jumps there. */
export function leadsTo(space: CodeSpace, called: bigint, goal: Func): boolean {
  if (called >= goal.entry && called < goal.end) return true;
  const from = space.images.functionAt(called);
  return from !== undefined && jumpWays(space, from, goal).length > 0;
}
