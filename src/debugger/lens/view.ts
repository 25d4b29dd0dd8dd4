/** What the lens shows, for text and data. */
import type { Meaning } from './roles.js';
import type { Callable } from './signature.js';
import type { Way } from './stages.js';

export interface LensShown {
  /** `arg1`, `result2`. */
  readonly label: string;
  readonly name: string;
  /** `RAX`, `8(SP)`. */
  readonly place: string;
  /** Undefined: not known here any more. */
  readonly value: Meaning | undefined;
  readonly chain: Way | undefined;
}

/** One side of a call. */
export interface Side {
  readonly name: string;
  readonly callable: Callable;
}

/** How the callee finds the stack. */
export interface StackLine {
  readonly text: string;
  /** It is not as the convention wants it. */
  readonly wrong: boolean;
}

export interface LensView {
  readonly heading: string;
  readonly caller: Side | undefined;
  readonly callee: Side | undefined;
  readonly values: readonly LensShown[];
  readonly stack: readonly StackLine[];
}
