/** Type expressions in Go's syntax, from tokens: what declarations and the values of a call are made of. */
import type { Diagnostics, Position } from './diagnostics.js';
import { integerOf, type Token } from './lexer.js';
import { describe, TokenReader } from './token-reader.js';
import { BASIC, type GoType, type Parameter, type StructField, typeName } from './types.js';

/** What names in type expressions mean. */
export interface TypeScope {
  readonly constants: ReadonlyMap<string, bigint>;
  /** A reference to a declared type by its full name. */
  reference(name: string, at: Position): GoType;
}

/** Words that begin a type and are no names. */
const TYPE_WORDS = new Set(['struct', 'interface', 'map', 'chan', 'func']);

/** Deeper nesting than any source has. */
const MAX_DEPTH = 100;

export class TypeParser extends TokenReader {
  /** What a name without a package belongs to. */
  protected package = 'main';
  private depth = 0;

  /** `tokens` end with a newline, as `tokenize` makes them. */
  constructor(
    tokens: readonly Token[],
    private readonly scope: TypeScope,
    diagnostics: Diagnostics,
  ) {
    super(tokens, diagnostics);
  }

  /** Throws Skip when the tokens are no type. */
  type(): GoType {
    if (this.depth >= MAX_DEPTH) this.fail(this.peek().at, 'the type is nested too deep');
    this.depth++;
    try {
      return this.expression();
    } finally {
      this.depth--;
    }
  }

  private expression(): GoType {
    const token = this.next();
    if (token.text === '*') return { kind: 'pointer', elem: this.type() };
    if (token.text === '(') {
      const type = this.type();
      this.expect(')');
      return type;
    }
    if (token.text === '[') {
      if (this.accept(']')) return { kind: 'slice', elem: this.type() };
      const length = Number(this.number());
      this.expect(']');
      return { kind: 'array', length, elem: this.type() };
    }
    if (token.kind !== 'name') this.fail(token.at, `expected a type, found ${describe(token)}`);
    switch (token.text) {
      case 'struct':
        return this.struct();
      case 'interface':
        return this.interface();
      case 'map': {
        this.expect('[');
        const key = this.type();
        this.expect(']');
        return { kind: 'map', key, elem: this.type() };
      }
      case 'chan':
        return { kind: 'chan', elem: this.type() };
      case 'func': {
        const params = this.parameters();
        return { kind: 'func', params, results: this.results() };
      }
      default:
        return this.named(token);
    }
  }

  protected results(): Parameter[] {
    if (this.is('(')) return this.parameters();
    const token = this.peek();
    if (token.kind === 'newline' || ['{', '}', ')', ',', ';'].includes(token.text)) return [];
    return [{ name: '', type: this.type() }];
  }

  /** `(a, b int, c string)` or `(int, string)`. */
  protected parameters(): Parameter[] {
    this.expect('(');
    const entries: { name?: Token; type?: GoType }[] = [];
    for (this.newlines(); !this.accept(')'); this.newlines()) {
      const first = this.peek();
      const alone = this.peek(1).text === ',' || this.peek(1).text === ')';
      if (first.kind === 'name' && !alone && !TYPE_WORDS.has(first.text)) {
        this.at++;
        entries.push({ name: first, type: this.type() });
      } else if (first.kind === 'name' && alone) {
        this.at++;
        entries.push({ name: first });
      } else entries.push({ type: this.type() });
      this.newlines();
      if (!this.is(')')) this.expect(',');
    }
    // With one name and type together, single words are names of the type that follows; else they are types.
    const named = entries.some(entry => entry.name !== undefined && entry.type !== undefined);
    let type: GoType | undefined;
    const out: Parameter[] = [];
    for (const entry of entries.reverse()) {
      if (!named) out.unshift({ name: '', type: entry.type ?? this.named(entry.name!) });
      else {
        type = entry.type ?? type;
        if (type !== undefined) out.unshift({ name: entry.name?.text ?? '', type });
      }
    }
    return out;
  }

  private named(token: Token): GoType {
    const { text } = token;
    if (text === 'string') return { kind: 'string' };
    if (text === 'any') return { kind: 'interface', empty: true };
    if (text === 'error') return { kind: 'interface', empty: false };
    if (text === 'unsafe.Pointer') return { kind: 'unsafe-pointer' };
    if (Object.hasOwn(BASIC, text)) return BASIC[text];
    return this.scope.reference(text.includes('.') ? text : `${this.package}.${text}`, token.at);
  }

  private struct(): GoType {
    this.expect('{');
    const fields: StructField[] = [];
    for (this.newlines(); !this.accept('}'); this.newlines()) {
      const names = [this.peek()];
      const after = this.peek(1);
      if (this.is('*') || after.kind === 'newline' || after.text === '}' || after.text === ';') {
        const type = this.type();
        const target = type.kind === 'pointer' ? type.elem : type;
        fields.push({ name: typeName(target).split('.').pop()!, type, embedded: true });
      } else {
        this.name();
        while (this.accept(',')) {
          names.push(this.peek());
          this.name();
        }
        const type = this.type();
        for (const name of names) fields.push({ name: name.text, type, embedded: false });
      }
      // A tag says nothing about the layout.
      if (this.peek().kind === 'string') this.at++;
    }
    return { kind: 'struct', fields };
  }

  /** Methods do not change what an interface is in memory: they are passed over. */
  private interface(): GoType {
    this.expect('{');
    const empty = this.is('}');
    for (let open = 1; open > 0; ) {
      const { text, kind } = this.next();
      if (kind === 'punctuation') open += text === '{' ? 1 : text === '}' ? -1 : 0;
    }
    return { kind: 'interface', empty };
  }

  // ---- tokens ----------------------------------------------------------------------------------------------------------------------

  protected number(): bigint {
    const negative = this.accept('-');
    const token = this.next();
    const value = token.kind === 'integer' ? integerOf(token.text) : this.scope.constants.get(token.text);
    if (value === undefined) this.fail(token.at, `expected a number, found ${describe(token)}`);
    return negative ? -value : value;
  }

  protected name(): string {
    const token = this.next();
    if (token.kind !== 'name') this.fail(token.at, `expected a name, found ${describe(token)}`);
    return token.text;
  }

  protected newlines(): void {
    while (this.at < this.tokens.length && (this.tokens[this.at].kind === 'newline' || this.tokens[this.at].text === ';')) this.at++;
  }

  protected next(): Token {
    const token = this.peek();
    if (this.at >= this.tokens.length) this.fail(token.at, 'the text ends in the middle of a declaration');
    this.at++;
    return token;
  }
}
