import { type Diagnostics, Skip, type SourcePosition } from './diagnostics.js';
import type { Token } from './lexer.js';

/** A place in a list of tokens, which ends with a newline. What parsers of types, expressions and values share, and read on in turn. */
export class TokenReader {
  /** Index of the present token. */
  at = 0;

  constructor(
    public tokens: readonly Token[],
    readonly diagnostics: Diagnostics,
  ) {}

  get atEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  /** Goes on at the start of other tokens. */
  startOf(tokens: readonly Token[]): void {
    this.tokens = tokens;
    this.at = 0;
  }

  /** The token `ahead` of the present one; the last one where there is none. */
  peek(ahead = 0): Token {
    return this.tokens[this.at + ahead] ?? this.tokens[this.tokens.length - 1];
  }

  is(text: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.text === text && token.kind === 'punctuation';
  }

  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  expect(text: string): Token {
    const token = this.peek();
    if (!this.accept(text)) this.fail(token.at, `expected ${text}, found ${describe(token)}`);
    return token;
  }

  /** The token in front of which the reader stood. */
  next(): Token {
    const token = this.peek();
    if (this.atEnd) this.fail(token.at, 'the text ends in the middle of a declaration');
    this.at++;
    return token;
  }

  /** As `next`, but goes no further than the end of the line. */
  nextInLine(): Token {
    const token = this.peek();
    if (token.kind !== 'newline') this.at++;
    return token;
  }

  name(): string {
    const token = this.next();
    if (token.kind !== 'name') this.fail(token.at, `expected a name, found ${describe(token)}`);
    return token.text;
  }

  /** Passes over ends of lines and semicolons. */
  newlines(): void {
    while (!this.atEnd && (this.peek().kind === 'newline' || this.peek().text === ';')) this.at++;
  }

  /** Reports what is wrong and ends the statement, declaration or value. */
  fail(at: SourcePosition, message: string, suggestion?: string): never {
    this.diagnostics.report(at, message, suggestion);
    throw new Skip();
  }
}

export const describe = (token: Token): string =>
  token.kind === 'newline' ? 'the end of the line' : (token.written ?? (token.kind === 'string' ? JSON.stringify(token.text) : token.text));
