/** How instructions go on, without the rest of their effects: what a walk over much code needs. */
import type { ControlFlow } from '../api.js';
import { opTraits } from '../ir/ops.js';
import { type Form, jumpTarget } from '../lift/form.js';
import { formAt } from './form-at.js';
import { rowEffects } from './rows.js';

export interface Outline {
  readonly address: bigint;
  /** Bytes of the instruction. */
  readonly length: number;
  readonly flow: ControlFlow['kind'];
  /** Of direct jumps, branches and calls. */
  readonly target: bigint | undefined;
}

/** The outlines of the instructions of some code, one after the other. */
export function* outlinesOf(code: Uint8Array, address: bigint): Generator<Outline> {
  for (let at = 0; at < code.length; ) {
    const form = formAt(code, at);
    if (form === undefined) return;
    const start = address + BigInt(at);
    const { jumps, length } = form;
    const target = jumps === 'none' ? undefined : BigInt(jumpTarget(form, code, at, Number(start) + length));
    yield { address: start, length, flow: flowOf(form), target };
    at += Math.max(1, length);
  }
}

const flows = new WeakMap<Form, ControlFlow['kind']>();

function flowOf(form: Form): ControlFlow['kind'] {
  let flow = flows.get(form);
  if (flow === undefined) flows.set(form, (flow = lastFlow(form)));
  return flow;
}

function lastFlow({ jumps, uops }: Form): ControlFlow['kind'] {
  const last = uops.at(-1);
  if (jumps === 'branch') return 'branch';
  if (last === undefined || last.conditional !== undefined || opTraits[last.op]!.flow === 'next') return 'next';
  const { flow } = rowEffects(last.op);
  const { edge } = opTraits[last.op]!;
  if (flow.kind !== 'leave') return edge === 'call' || edge === 'return' ? edge : 'jump';
  return flow.reason === 'syscall' || flow.reason === 'fault' || flow.reason === 'unsupported' ? flow.reason : 'next';
}
