/**
 * Names of generic Go code. It is compiled once for all types of one shape, `main.show[go.shape.int]`, and called with a dictionary that says
 * what the types are, `main..dict.show[int]` (cmd/compile/internal/noder/reader.go; the same from Go 1.18 on).
 */
import { closing, splitList } from '../dwarf/type-names.js';

/** The hidden parameter of generic functions and variable of their closures. */
export const DICTIONARY = '.dict';

export const SHAPE = 'go.shape.';

/** What stands for type arguments in Go's tracebacks, and in its own tables before 1.21. */
export const UNTOLD = '...';

export interface Instance {
  /** What is in front of the type arguments, of methods too: `main.list` of `main.(*list[int]).push`. */
  readonly generic: string;
  readonly args: readonly string[];
  /** What is behind them: `).push`, `.func1`. */
  readonly rest: string;
}

/** An instance of a generic function or type; undefined: the name has no type arguments. */
export function instanceNamed(name: string): Instance | undefined {
  const open = name.indexOf('[');
  const close = open < 0 ? -1 : closing(name, open);
  if (close < 0) return undefined;
  const generic = name.slice(0, open).replace('.(*', '.');
  return { generic, args: splitList(name.slice(open + 1, close)), rest: name.slice(close + 1) };
}

/** The instance whose dictionary a symbol is. */
export function dictionaryNamed(symbol: string): Instance | undefined {
  return symbol.includes(`.${DICTIONARY}.`) ? instanceNamed(symbol.replace(`.${DICTIONARY}.`, '.')) : undefined;
}

/** Which parameter of a function is its dictionary; undefined: it has none, or is a closure, which captures it. */
export function dictionaryParameter(name: string): number | undefined {
  const instance = instanceNamed(name);
  if (!instance?.args.some(each => each.startsWith(SHAPE))) return undefined;
  if (instance.rest === '') return 0;
  return /^\)?\.[\p{L}\p{N}_]+$/u.test(instance.rest) && !/\.(?:func|gowrap)\d+$/.test(instance.rest) ? 1 : undefined;
}
