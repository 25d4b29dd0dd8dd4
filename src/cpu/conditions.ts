/** Which row reads a condition, given the op that set the flags: its operands and result tell most conditions without the flags. */

import type { Width } from './ir/emit.js';
import { AGAINST_ZERO, COMPARE, type Condition, FROM_BITS } from './ir/flags.js';
import { opNumber, opRows } from './ir/table.js';
import { STATE } from './layout.js';
import { type Conditional, Uop } from './lift/form.js';

/** No op, or none that is known, has set the flags. */
export const NO_OP = -1;

const PRODUCER = /^(add|adc|sub|sbb|cmp|neg|and|or|xor|test|inc|dec|cmpxchg|shl|shr|sar)(8|16|32|64)$/;

interface Source {
  readonly family: '' | 'sub' | 'res' | 'step' | 'bits';
  readonly width: Width | '';
}
const FLAGS: Source = { family: '', width: '' };

function sourceOf(condition: Condition, flagOp: number): Source {
  if (flagOp === NO_OP) return FLAGS;
  const row = opRows[flagOp]!;
  if (row.setsFlags?.bits === true && FROM_BITS[condition] !== undefined) return { family: 'bits', width: '' };
  const [, name, bits] = PRODUCER.exec(row.name) ?? [];
  if (name === undefined) return FLAGS;
  const width = Number(bits) as Width;
  if (['sub', 'cmp', 'neg', 'cmpxchg'].includes(name) && COMPARE[condition] !== undefined) return { family: 'sub', width };
  const signedOrder = condition === 'le' || condition === 'g';
  if (AGAINST_ZERO[condition] === undefined || (signedOrder && !['and', 'or', 'xor', 'test'].includes(name))) return FLAGS;
  return { family: name === 'inc' || name === 'dec' ? 'step' : 'res', width };
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
  const first = flagOp === NO_OP ? '' : opRows[flagOp]!.name;
  switch (family) {
    case 'sub': {
      const fused = first === `cmp${width}` ? opNumber(`cmpj${width}_${condition}`) : NO_OP;
      return { uop: uop(`jsub${width}_${condition}`, STATE.ccA, STATE.ccB), fused };
    }
    case 'res': {
      const fused = first === `test${width}` ? opNumber(`testj${width}_${condition}`) : NO_OP;
      return { uop: uop(`jres${width}_${condition}`, STATE.ccR), fused };
    }
    case 'step':
      return { uop: uop(`jres${width}_${condition}`, STATE.ccS), fused: NO_OP };
    case 'bits':
      return { uop: uop(`jbits_${condition}`), fused: NO_OP };
    case '':
      return { uop: uop(`j_${condition}`), fused: NO_OP };
  }
});
