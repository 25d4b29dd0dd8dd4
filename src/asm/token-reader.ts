import { type Diagnostics, type Position, Skip } from './diagnostics.js';
import type { Token } from './lexer.js';

/** A place in a list of tokens, which ends with a newline. */
export class TokenReader {
  protected at = 0;

  constructor(
    protected tokens: readonly Token[],
    protected readonly diagnostics: Diagnostics,
  ) {}

  /** The token `ahead` of the present one; the last one where there is none. */
  protected peek(ahead = 0): Token {
    return this.tokens[this.at + ahead] ?? this.tokens[this.tokens.length - 1];
  }

  protected is(text: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.text === text && token.kind === 'punctuation';
  }

  protected accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  protected expect(text: string): Token {
    const token = this.peek();
    if (!this.accept(text)) this.fail(token.at, `expected ${text}, found ${describe(token)}`);
    return token;
  }

  /** Reports what is wrong and ends the statement, declaration or value. */
  protected fail(at: Position, message: string, suggestion?: string): never {
    this.diagnostics.report(at, message, suggestion);
    throw new Skip();
  }
}

export const describe = (token: Token): string =>
  token.kind === 'newline' ? 'the end of the line' : token.kind === 'string' ? JSON.stringify(token.text) : token.text;
