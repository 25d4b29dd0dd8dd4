/** Constant expressions of assembly, with Go's precedences. */
import { nearest } from './diagnostics.js';
import { integerToken } from './lexer.js';
import { builtInFileOf, TEXT_FLAGS } from './preprocess.js';
import { describe, type TokenReader } from './token-reader.js';

/** Deeper nesting than any source has. */
const MAX_DEPTH = 100;
/** Fields of a struct that an error lists. */
const MOST_FIELDS = 8;

export class ExpressionParser {
  private depth = 0;

  constructor(
    private readonly reader: TokenReader,
    /** Struct offsets and sizes from the type declarations, and what those call const. */
    private readonly constants: ReadonlyMap<string, bigint>,
  ) {}

  /** A whole expression. Throws Skip, as all here, when there is none. */
  expression(): bigint {
    let left = this.product();
    for (;;) {
      if (this.reader.accept('+')) left += this.product();
      else if (this.reader.accept('-')) left -= this.product();
      else if (this.reader.accept('|')) left |= this.product();
      else if (this.reader.accept('^')) left ^= this.product();
      else return left;
    }
  }

  /** `+8-4` behind a name. */
  sum(start: bigint): bigint {
    let value = start;
    for (;;) {
      if (this.reader.accept('+')) value += this.product();
      else if (this.reader.accept('-')) value -= this.product();
      else return value;
    }
  }

  private product(): bigint {
    let left = this.primary();
    for (;;) {
      const operator = this.reader.peek();
      if (this.reader.accept('*')) left *= this.primary();
      else if (this.reader.accept('/') || this.reader.accept('%')) {
        const right = this.primary();
        if (right === 0n) this.reader.fail(operator.at, 'division by zero');
        left = operator.text === '/' ? left / right : left % right;
      } else if (this.reader.accept('<<')) left <<= this.shift();
      else if (this.reader.accept('>>')) left >>= this.shift();
      else if (this.reader.accept('&')) left &= this.primary();
      else return left;
    }
  }

  private shift(): bigint {
    const { at } = this.reader.peek();
    const count = this.primary();
    if (count < 0n || count > 64n) this.reader.fail(at, `a shift by ${count} is none of 64 bits`);
    return count;
  }

  /** A number, or an expression in parentheses or behind a sign. */
  primary(): bigint {
    if (this.depth >= MAX_DEPTH) this.reader.fail(this.reader.peek().at, 'the expression is nested too deep');
    this.depth++;
    try {
      return this.term();
    } finally {
      this.depth--;
    }
  }

  private term(): bigint {
    const token = this.reader.nextInLine();
    if (token.kind === 'integer') return integerToken(token.text) ?? this.reader.fail(token.at, `${token.text} is no number`);
    if (token.kind === 'character') return BigInt(token.text.codePointAt(0) ?? 0);
    if (token.text === '-') return -this.primary();
    if (token.text === '+') return this.primary();
    if (token.text === '~') return ~this.primary();
    if (token.text === '(') {
      const value = this.expression();
      this.reader.expect(')');
      return value;
    }
    if (token.kind === 'name') {
      const constant = this.constants.get(token.text);
      if (constant !== undefined) return constant;
      this.reader.fail(token.at, `${token.text} is not a known constant`, this.meant(token.text));
    }
    return this.reader.fail(token.at, `expected a number, found ${describe(token)}`);
  }

  /** What somebody who writes an unknown constant may mean. */
  meant(name: string): string | undefined {
    const file = builtInFileOf(name);
    if (file !== undefined) return `#include "${file}" defines it`;
    const near = nearest(name, [...this.constants.keys(), ...Object.keys(TEXT_FLAGS)]);
    return this.fieldMeant(name) ?? (near === undefined ? undefined : `did you mean ${near}?`);
  }

  /** What is meant by `rect_x` where rect is a declared struct without x. */
  fieldMeant(name: string): string | undefined {
    const structs = [...this.constants.keys()].filter(key => key.endsWith('__size')).map(key => key.slice(0, -'__size'.length));
    const [struct] = structs.filter(prefix => name.startsWith(`${prefix}_`)).sort((a, b) => b.length - a.length);
    if (struct === undefined) return undefined;
    const start = `${struct}_`;
    const fields = [...this.constants.keys()].filter(key => key.startsWith(start)).map(key => key.slice(start.length));
    const field = name.slice(start.length);
    // Every name of one letter is near to every other.
    const near = field.length < 3 ? undefined : nearest(field, fields);
    if (near !== undefined) return `did you mean ${start}${near}?`;
    const shown = fields.filter(other => other !== '_size');
    const list = `${shown.slice(0, MOST_FIELDS).join(', ')}${shown.length > MOST_FIELDS ? ', ...' : ''}`;
    return shown.length === 0 ? `${struct} has no fields` : `the fields of ${struct} are ${list}`;
  }
}
