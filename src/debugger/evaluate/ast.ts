/** An expression after parsing. Whether a name, `(T)` or `a[b]` means a type or a value is decided when it is evaluated. */

interface Span {
  /** Columns in the source, from 0; `end` is behind the last character. */
  readonly start: number;
  readonly end: number;
}

export type Node =
  | (Span & { readonly kind: 'integer' | 'rune'; readonly value: bigint })
  | (Span & { readonly kind: 'float' | 'imaginary'; readonly value: number })
  | (Span & { readonly kind: 'string'; readonly value: Uint8Array })
  | (Span & { readonly kind: 'name'; readonly name: string })
  /** `$rdi`. */
  | (Span & { readonly kind: 'register'; readonly name: string })
  /** gdb's `'runtime.g'`: a whole name of a variable, function or type. */
  | (Span & { readonly kind: 'quoted'; readonly name: string })
  | (Span & { readonly kind: 'paren'; readonly inner: Node })
  | (Span & { readonly kind: 'selector'; readonly operand: Node; readonly name: string; readonly nameStart: number })
  | (Span & { readonly kind: 'index'; readonly operand: Node; readonly indices: readonly Node[] })
  | (Span & { readonly kind: 'slice'; readonly operand: Node; readonly low?: Node; readonly high?: Node; readonly max?: Node })
  /** `x.(T)`, `x.(data)`, and the `main.(*T)` of a method's name. */
  | (Span & { readonly kind: 'assert'; readonly operand: Node; readonly type: Node })
  | (Span & { readonly kind: 'call'; readonly callee: Node; readonly args: readonly Node[] })
  | (Span & { readonly kind: 'unary'; readonly operator: string; readonly operand: Node })
  | (Span & { readonly kind: 'binary'; readonly operator: string; readonly at: number; readonly left: Node; readonly right: Node })
  /** C's `(char *)x`. */
  | (Span & { readonly kind: 'cast'; readonly type: Node; readonly operand: Node })
  | (Span & { readonly kind: 'sizeof'; readonly operand: Node })
  /** `main.Key{1, 2}`, `main.Key{X: 1}`. */
  | (Span & { readonly kind: 'literal'; readonly type: Node; readonly elements: readonly LiteralElement[] })
  | TypeNode;

export interface LiteralElement {
  readonly key?: Node;
  readonly value: Node;
}

export type TypeNode =
  | (Span & { readonly kind: 'array-type'; readonly length: Node | undefined; readonly elem: Node })
  | (Span & { readonly kind: 'map-type'; readonly key: Node; readonly elem: Node })
  /** Types that are only found by their spelling: chan, func, struct, interface. */
  | (Span & { readonly kind: 'spelled-type'; readonly text: string })
  /** C's base types and tags: `unsigned long`, `struct stat`. */
  | (Span & { readonly kind: 'c-type'; readonly name: string })
  | (Span & { readonly kind: 'c-pointer'; readonly elem: Node });

/** An expression as typed, compiled once. */
export interface Expression {
  readonly source: string;
  readonly root: Node;
}

/** `target = value`. */
export interface Assignment {
  readonly source: string;
  readonly target: Node;
  readonly value: Node;
}
