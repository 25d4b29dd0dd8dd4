/** Which row reads a condition, given the op that set the flags: its operands and result tell most conditions without the flags. */

import type { Width } from './ir/emit.js';
import { AGAINST_ZERO, COMPARE, type Condition, FROM_BITS } from './ir/flags.js';
import { hasOp, opNumber, opTraits } from './ir/ops.js';
import { STATE } from './layout.js';
import { type Conditional, Uop } from './lift/form.js';

/** No op, or none that is known, has set the flags. */
export const NO_OP = -1;

/** The family of rows that reads conditions from what an op has left, and its width. */
interface Source {
  readonly family: '' | 'sub' | 'res' | 'step' | 'bits';
  readonly width: Width | '';
}
const FLAGS: Source = { family: '', width: '' };

function sourceOf(condition: Condition, flagOp: number): Source {
  const { leaves, width } = (flagOp === NO_OP ? undefined : opTraits[flagOp]!.setsFlags) ?? {};
  if (leaves === 'bits' && FROM_BITS[condition] !== undefined) return { family: 'bits', width: '' };
  if (leaves === undefined || width === undefined) return FLAGS;
  if (leaves === 'difference' && COMPARE[condition] !== undefined) return { family: 'sub', width };
  const signedOrder = condition === 'le' || condition === 'g';
  if (AGAINST_ZERO[condition] === undefined || (signedOrder && leaves !== 'logic')) return FLAGS;
  return { family: leaves === 'step' ? 'step' : 'res', width };
}

/** Makes a function of a condition and the op that set the flags remember its results. */
function remembering<K, T>(choose: (key: K, flagOp: number) => T): (key: K, flagOp: number) => T {
  const known = new Map<K, Map<number, T>>();
  return (key, flagOp) => {
    let results = known.get(key);
    if (results === undefined) known.set(key, (results = new Map()));
    let result = results.get(flagOp);
    if (result === undefined) results.set(flagOp, (result = choose(key, flagOp)));
    return result;
  };
}

/** Number of the row of a family for the condition. */
export const rowOn = remembering(({ prefix, condition }: Conditional, flagOp: number): number => {
  const { family, width } = sourceOf(condition, flagOp);
  return opNumber(family === '' ? `${prefix}${condition}` : `${prefix}${family}${width}_${condition}`);
});

/** A conditional jump: the micro-op, and the row that does it together with the CMP or TEST in front (NO_OP: it is none). */
export interface Branch {
  readonly uop: Uop;
  readonly fused: number;
}

export const branchOn = remembering((condition: Condition, flagOp: number): Branch => {
  const { family, width } = sourceOf(condition, flagOp);
  const uop = (name: string, a = 0, b = 0): Uop => new Uop(opNumber(name), 0, a, b);
  const withJump = flagOp === NO_OP ? undefined : opTraits[flagOp]!.withJump;
  const fused = withJump !== undefined && hasOp(withJump + condition) ? opNumber(withJump + condition) : NO_OP;
  switch (family) {
    case 'sub':
      return { uop: uop(`jsub${width}_${condition}`, STATE.ccA, STATE.ccB), fused };
    case 'res':
      return { uop: uop(`jres${width}_${condition}`, STATE.ccR), fused };
    case 'step':
      return { uop: uop(`jres${width}_${condition}`, STATE.ccS), fused };
    case 'bits':
      return { uop: uop(`jbits_${condition}`), fused };
    case '':
      return { uop: uop(`j_${condition}`), fused };
  }
});
