/** What the lens shows, for text and data. */
import type { Callable } from './signature.js';
import type { Chain } from './way.js';

export interface Shown {
  /** `arg1`, `result2`. */
  readonly label: string;
  readonly name: string;
  /** `RAX`, `8(SP)`. */
  readonly place: string;
  /** Undefined: not known here any more. */
  readonly value: string | undefined;
  readonly chain: Chain | undefined;
}

/** One side of a call. */
export interface Side {
  readonly name: string;
  readonly callable: Callable;
}

export interface View {
  readonly heading: string;
  readonly caller: Side | undefined;
  readonly callee: Side | undefined;
  readonly values: readonly Shown[];
  readonly stack: readonly string[];
}
