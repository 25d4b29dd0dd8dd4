/** What the translator must know of an op: data, which a built r14 has without the rows themselves. */
import type { EdgeKind } from '../api.js';
import type { Width } from './emit.js';

/** What an op does to control: falls through to the next record, or ends the block by itself. */
type Flow = 'next' | 'end';

/**
 * What an op leaves of the flags it has set, from which conditions can be told without working them out: all as `bits` in ccR; the operands of
 * a subtraction in ccA and ccB, and its result in ccR (`difference`); the `result` in ccR; the same with CF = OF = 0 (`logic`); the result in
 * ccS (`step`).
 */
export type FlagTrace = 'bits' | 'difference' | 'result' | 'logic' | 'step';

/** What the translator must know of a row. */
export interface OpTraits {
  readonly name: string;
  readonly flow: Flow;
  /** Sets all six status flags (lazily). `plain` names the row that does the same without flags; `width` is that of operands and result. */
  readonly setsFlags?: { readonly plain?: string; readonly leaves?: FlagTrace; readonly width?: Width };
  /** Reads the flags. */
  readonly readsFlags?: boolean;
  /** Long or rare: tiers make it a function of its own, which costs a call and keeps their own code small. Must go on to the next record. */
  readonly apart?: boolean;
  /** Can leave in the middle of an instruction (page fault, exception): what came before must be final in the register file. */
  readonly faults?: boolean;
  /** It ends a CALL, a RET or an indirect jump, or loads RSP with what may be another stack. */
  readonly edge?: Exclude<EdgeKind, 'entry'>;
  /** Prefix of the rows that do this and a conditional jump behind it in one. */
  readonly withJump?: string;
  /** The row that does this and the addition of a number to `a` before it in one. */
  readonly withStep?: string;
}
