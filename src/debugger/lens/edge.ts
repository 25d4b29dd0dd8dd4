/** Where execution stands in the traffic of calls: before a call, at an entry, before a return, just behind one, or between. */
import type { AddressSpace } from '../../cpu/api.js';
import type { Func } from '../../image/api.js';
import { effectsIn, instructionsIn } from '../code/decode.js';
import { departure } from '../code/departure.js';
import type { CodeSpace } from '../code/disassemble.js';
import type { PhysicalFrame } from '../stack/frame.js';

export type Edge =
  /** At a function's first instruction. */
  | { readonly at: 'entry'; readonly func: Func }
  /**
   * At a CALL, or a jump that leaves its function; `callee` is undefined when its target is no known function's entry. `returned` is the
   * function whose call has just returned, if one has.
   */
  | {
      readonly at: 'call';
      readonly tail: boolean;
      readonly target: bigint | undefined;
      readonly callee: Func | undefined;
      readonly returned: Func | undefined;
    }
  | { readonly at: 'syscall' }
  /** At a RET. */
  | { readonly at: 'return'; readonly func: Func }
  /** Behind a call that has just returned. */
  | { readonly at: 'returned'; readonly returned: Func }
  | { readonly at: 'inside' };

const INSIDE: Edge = { at: 'inside' };

/** The edge at which a frame stands. A frame further out has its call behind it, and its callee's registers are not its own: `inside`. */
export function edgeOf(space: CodeSpace, frame: PhysicalFrame): Edge {
  const { func, pc, exact } = frame;
  if (func === undefined || !exact) return INSIDE;
  if (pc === func.entry) return { at: 'entry', func };
  const { memory } = space;
  const returned = entered(space, callBefore(memory, func, pc));
  const going = departure(memory, effectsIn(memory, pc), { get: name => frame.registers.get(name)?.value });
  switch (going?.by) {
    case 'call':
      return { at: 'call', tail: false, target: going.target, callee: entered(space, going.target), returned };
    case 'jump': {
      const callee = entered(space, going.target);
      if (callee !== undefined && callee !== func) return { at: 'call', tail: true, target: going.target, callee, returned };
      break;
    }
    case 'return':
      return { at: 'return', func };
    case 'syscall':
      return { at: 'syscall' };
  }
  return returned === undefined ? INSIDE : { at: 'returned', returned };
}

function entered(space: CodeSpace, target: bigint | undefined): Func | undefined {
  const func = target === undefined ? undefined : space.images.functionAt(target);
  return func?.entry === target ? func : undefined;
}

/**
 * The target of the direct CALL that ends at `pc`, if execution can only have come from its return: no jump of the function leads to `pc`.
 */
function callBefore(memory: AddressSpace, func: Func, pc: bigint): bigint | undefined {
  let called: bigint | undefined;
  for (const { address, length, flow, target } of instructionsIn(memory, func.entry, func.end)) {
    if (flow === 'call' && target !== undefined && address + BigInt(length) === pc) called = target;
    else if (flow === 'jump' && target === undefined) return undefined;
    else if ((flow === 'branch' || flow === 'jump') && target === pc) return undefined;
  }
  return called;
}
