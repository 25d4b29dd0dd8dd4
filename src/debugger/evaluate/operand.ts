import type { Func, Type } from '../../image/api.js';
import type { Value } from '../values/value.js';
import type { Untyped } from './untyped.js';

/** What a call runs. */
export type CallTarget =
  | { readonly kind: 'function'; readonly func: Func; readonly receiver?: Value; readonly instance?: string }
  /** A value of a function type. */
  | { readonly kind: 'closure'; readonly value: Value };

/** What was written around a call. */
export interface CallManner {
  /** `f(x...)`. */
  readonly spread: boolean;
  /** The type that the result is cast to: of C without debug information nothing else says what it is. */
  readonly returns?: Type | undefined;
}

export interface CallResult {
  readonly name: string;
  readonly value: Value;
}

/** What a part of an expression turns out to be. */
export type EvaluatedOperand =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'constant'; readonly constant: Untyped }
  | { readonly kind: 'nil' }
  | { readonly kind: 'type'; readonly type: Type }
  /** `instance`: its name with the type arguments that were asked for, where its code serves others too. */
  | { readonly kind: 'function'; readonly func: Func; readonly instance?: string }
  /** `x.Method`: not called, so only its name, code and receiver. */
  | { readonly kind: 'method'; readonly func: Func; readonly receiver: Value }
  /** What a call has returned, when that is not one value. */
  | { readonly kind: 'results'; readonly results: readonly CallResult[] }
  /** A symbol that no debug information describes. */
  | { readonly kind: 'symbol'; readonly name: string; readonly address: bigint }
  /** A name that only makes sense before a dot. */
  | { readonly kind: 'package'; readonly path: string }
  | { readonly kind: 'builtin'; readonly name: string };

/** What an expression can be as a whole. */
export type Result = Exclude<EvaluatedOperand, { kind: 'package' | 'builtin' }>;

export const ofValue = (value: Value): EvaluatedOperand => ({ kind: 'value', value });
export const ofConstant = (constant: Untyped): EvaluatedOperand => ({ kind: 'constant', constant });
