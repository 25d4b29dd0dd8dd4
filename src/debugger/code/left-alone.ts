/** Whether hand-made code leaves a register to its caller as it was, told from its instructions: tables follow what Go's assembler puts there, no more. */
import type { AddressSpace, GprName } from '../../cpu/api.js';
import type { Func } from '../../image/api.js';
import { type FlowLocation, FunctionFlow, moveTo, type Step } from './flow.js';

/** Places that a value is followed through within a function: register, slot and register again, on several ways. */
const MOST_PLACES = 16;

/**
 * Whether a register that callees save still, or again, is what it was at the entry of `func`, on every way to `pc`; with `exact` false that is
 * a return address.
 */
export function leavesAlone(memory: AddressSpace, { entry, end }: Func, pc: bigint, exact: boolean, register: GprName): boolean {
  if (exact && pc === entry) return true;
  const flow = FunctionFlow.of(memory, entry, end);
  const step = exact ? flow?.stepAt(pc) : flow?.callBefore(pc);
  if (flow === undefined || step === undefined) return false;
  const todo: { readonly from: Step; readonly location: FlowLocation }[] = [{ from: step, location: { register } }];
  const survives = (call: Step, location: FlowLocation): boolean => outlives(call, location, register);
  for (const { from, location } of todo) {
    const definitions = flow.definitions([from], location, survives);
    if (definitions.length === 0 || todo.length > MOST_PLACES) return false;
    for (const definition of definitions) {
      if (definition.at === 'entry') {
        if (!('register' in location) || location.register !== register) return false;
        continue;
      }
      const { step } = definition;
      const move = moveTo(step, location);
      if (move?.bytes !== 8 || !('register' in move.from || 'slot' in move.from)) return false;
      todo.push({ from: step, location: move.from });
    }
  }
  return true;
}

/** Of the registers the one that callees save; of the stack what lies above RSP at a call: it is the caller's. */
function outlives({ depth }: Step, location: FlowLocation, register: GprName): boolean {
  return 'register' in location ? location.register === register : depth !== undefined && location.slot >= depth;
}
