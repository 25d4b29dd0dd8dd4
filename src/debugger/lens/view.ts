/** What the lens shows, for text and data. */
import type { Meaning } from './roles.js';
import type { Callable } from './signature.js';
import type { Chain } from './way.js';

export interface Shown {
  /** `arg1`, `result2`. */
  readonly label: string;
  readonly name: string;
  /** `RAX`, `8(SP)`. */
  readonly place: string;
  /** Undefined: not known here any more. */
  readonly value: Meaning | undefined;
  readonly chain: Chain | undefined;
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

export interface View {
  readonly heading: string;
  readonly caller: Side | undefined;
  readonly callee: Side | undefined;
  readonly values: readonly Shown[];
  readonly stack: readonly StackLine[];
}
