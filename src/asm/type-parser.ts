/** Type expressions in Go's syntax, from tokens: what declarations and the values of a call are made of. */
import type { SourcePosition } from './diagnostics.js';
import { integerToken, type Token } from './lexer.js';
import { describe, type TokenReader } from './token-reader.js';
import { BASIC, type GoType, type Parameter, type StructField, typeName } from './types.js';

/** What names in type expressions mean. */
export interface TypeScope {
  readonly constants: ReadonlyMap<string, bigint>;
  /** A reference to a declared type by its full name. */
  reference(name: string, at: SourcePosition): GoType;
}

/** Words that begin a type and are no names. */
const TYPE_WORDS = new Set(['struct', 'interface', 'map', 'chan', 'func']);

/** Deeper nesting than any source has. */
const MAX_DEPTH = 100;

export class TypeParser {
  private depth = 0;

  /** `inPackage`: what a name without a package belongs to. */
  constructor(
    private readonly reader: TokenReader,
    private readonly scope: TypeScope,
    public inPackage = 'main',
  ) {}

  /** Throws Skip when the tokens are no type. */
  type(): GoType {
    if (this.depth >= MAX_DEPTH) this.reader.fail(this.reader.peek().at, 'the type is nested too deep');
    this.depth++;
    try {
      return this.expression();
    } finally {
      this.depth--;
    }
  }

  private expression(): GoType {
    const token = this.reader.next();
    if (token.text === '*') return { kind: 'pointer', elem: this.type() };
    if (token.text === '(') {
      const type = this.type();
      this.reader.expect(')');
      return type;
    }
    if (token.text === '[') {
      if (this.reader.accept(']')) return { kind: 'slice', elem: this.type() };
      const length = Number(this.number());
      this.reader.expect(']');
      return { kind: 'array', length, elem: this.type() };
    }
    if (token.kind !== 'name') this.reader.fail(token.at, `expected a type, found ${describe(token)}`);
    switch (token.text) {
      case 'struct':
        return this.struct();
      case 'interface':
        return this.interface();
      case 'map': {
        this.reader.expect('[');
        const key = this.type();
        this.reader.expect(']');
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

  /** What stands behind the parameters of a function. */
  results(): Parameter[] {
    if (this.reader.is('(')) return this.parameters();
    const token = this.reader.peek();
    if (token.kind === 'newline' || ['{', '}', ')', ',', ';'].includes(token.text)) return [];
    return [{ name: '', type: this.type() }];
  }

  /** `(a, b int, c string)` or `(int, string)`. */
  parameters(): Parameter[] {
    this.reader.expect('(');
    const entries: { name?: Token; type?: GoType }[] = [];
    for (this.reader.newlines(); !this.reader.accept(')'); this.reader.newlines()) {
      const first = this.reader.peek();
      const alone = this.reader.peek(1).text === ',' || this.reader.peek(1).text === ')';
      if (first.kind === 'name' && !alone && !TYPE_WORDS.has(first.text)) {
        this.reader.at++;
        entries.push({ name: first, type: this.type() });
      } else if (first.kind === 'name' && alone) {
        this.reader.at++;
        entries.push({ name: first });
      } else entries.push({ type: this.type() });
      this.reader.newlines();
      if (!this.reader.is(')')) this.reader.expect(',');
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
    return this.scope.reference(text.includes('.') ? text : `${this.inPackage}.${text}`, token.at);
  }

  private struct(): GoType {
    this.reader.expect('{');
    const fields: StructField[] = [];
    for (this.reader.newlines(); !this.reader.accept('}'); this.reader.newlines()) {
      const names = [this.reader.peek()];
      const after = this.reader.peek(1);
      if (this.reader.is('*') || after.kind === 'newline' || after.text === '}' || after.text === ';') {
        const type = this.type();
        const target = type.kind === 'pointer' ? type.elem : type;
        fields.push({ name: typeName(target).split('.').pop()!, type, embedded: true });
      } else {
        this.reader.name();
        while (this.reader.accept(',')) {
          names.push(this.reader.peek());
          this.reader.name();
        }
        const type = this.type();
        for (const name of names) fields.push({ name: name.text, type, embedded: false });
      }
      // A tag says nothing about the layout.
      if (this.reader.peek().kind === 'string') this.reader.at++;
    }
    return { kind: 'struct', fields };
  }

  /** Methods do not change what an interface is in memory: they are passed over. */
  private interface(): GoType {
    this.reader.expect('{');
    const empty = this.reader.is('}');
    for (let open = 1; open > 0; ) {
      const { text, kind } = this.reader.next();
      if (kind === 'punctuation') open += text === '{' ? 1 : text === '}' ? -1 : 0;
    }
    return { kind: 'interface', empty };
  }

  /** A number, or a constant of the scope. */
  number(): bigint {
    const negative = this.reader.accept('-');
    const token = this.reader.next();
    const value = token.kind === 'integer' ? integerToken(token.text) : this.scope.constants.get(token.text);
    if (value === undefined) this.reader.fail(token.at, `expected a number, found ${describe(token)}`);
    return negative ? -value : value;
  }
}
