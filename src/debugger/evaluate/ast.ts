/** An expression after parsing. Whether a name, `(T)` or `a[b]` means a type or a value is decided when it is evaluated. */

import type { Type } from '../../image/api.js';

interface Span {
  /** Columns in the source, from 0; `end` is behind the last character. */
  readonly start: number;
  readonly end: number;
}

export type SyntaxNode =
  | (Span & { readonly kind: 'integer' | 'rune'; readonly value: bigint })
  | (Span & { readonly kind: 'float' | 'imaginary'; readonly value: number })
  | (Span & { readonly kind: 'string'; readonly value: Uint8Array })
  | (Span & { readonly kind: 'name'; readonly name: string })
  /** `$rdi`. */
  | (Span & { readonly kind: 'register'; readonly name: string })
  /** gdb's `'runtime.g'`: a whole name of a variable, function or type. */
  | (Span & { readonly kind: 'quoted'; readonly name: string })
  | (Span & { readonly kind: 'paren'; readonly inner: SyntaxNode })
  | (Span & { readonly kind: 'selector'; readonly operand: SyntaxNode; readonly name: string; readonly nameStart: number })
  | (Span & { readonly kind: 'index'; readonly operand: SyntaxNode; readonly indices: readonly SyntaxNode[] })
  | (Span & {
      readonly kind: 'slice';
      readonly operand: SyntaxNode;
      readonly low?: SyntaxNode;
      readonly high?: SyntaxNode;
      readonly max?: SyntaxNode;
    })
  /** `x.(T)`, `x.(data)`, and the `main.(*T)` of a method's name. */
  | (Span & { readonly kind: 'assert'; readonly operand: SyntaxNode; readonly type: SyntaxNode })
  | (Span & { readonly kind: 'call'; readonly callee: SyntaxNode; readonly args: readonly SyntaxNode[]; readonly spread: boolean })
  | (Span & { readonly kind: 'unary'; readonly operator: string; readonly operand: SyntaxNode })
  | (Span & {
      readonly kind: 'binary';
      readonly operator: string;
      readonly at: number;
      readonly left: SyntaxNode;
      readonly right: SyntaxNode;
    })
  /** A variable that was looked up before: where it lies, which may change. */
  | (Span & { readonly kind: 'pinned'; readonly place: { readonly address: bigint }; readonly type: Type })
  /** C's `a ? b : c`. */
  | (Span & { readonly kind: 'conditional'; readonly condition: SyntaxNode; readonly yes: SyntaxNode; readonly no: SyntaxNode })
  /** C's `(char *)x`. */
  | (Span & { readonly kind: 'cast'; readonly type: SyntaxNode; readonly operand: SyntaxNode })
  | (Span & { readonly kind: 'sizeof'; readonly operand: SyntaxNode })
  /** `main.Key{1, 2}`, `main.Key{X: 1}`. */
  | (Span & { readonly kind: 'literal'; readonly type: SyntaxNode; readonly elements: readonly LiteralElement[] })
  | TypeNode;

export interface LiteralElement {
  readonly key?: SyntaxNode;
  readonly value: SyntaxNode;
}

export type TypeNode =
  | (Span & { readonly kind: 'array-type'; readonly length: SyntaxNode | undefined; readonly elem: SyntaxNode })
  | (Span & { readonly kind: 'map-type'; readonly key: SyntaxNode; readonly elem: SyntaxNode })
  /** Types that are only found by their spelling: chan, func, struct, interface. */
  | (Span & { readonly kind: 'spelled-type'; readonly text: string })
  /** C's base types and tags: `unsigned long`, `struct stat`. */
  | (Span & { readonly kind: 'c-type'; readonly name: string })
  | (Span & { readonly kind: 'c-pointer'; readonly elem: SyntaxNode });

/** An expression as typed, compiled once. */
export interface Expression {
  readonly source: string;
  readonly root: SyntaxNode;
}

/** `target = value`. */
export interface AssignmentStatement {
  readonly source: string;
  readonly target: SyntaxNode;
  readonly value: SyntaxNode;
}
