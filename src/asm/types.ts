/**
 * Type and function declarations in Go's syntax, beside the assembly: the one source of struct offsets (`g_racectx`), sizes (`g__size`),
 * of what `p` and `whatis` print, and of function signatures with their convention. Layout: Go specification, "Size and alignment
 * guarantees", and cmd/compile on amd64 (fields in order, each at its alignment, the struct's size a multiple of its own).
 */
import type { Diagnostics, Position } from './diagnostics.js';
import { type Token, tokenize } from './lexer.js';

export type Convention = 'ABIInternal' | 'ABI0' | 'C';

export type GoType =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'float' | 'complex'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'unsafe-pointer' | 'string' }
  | { readonly kind: 'pointer' | 'slice' | 'chan'; readonly elem: GoType }
  | { readonly kind: 'array'; readonly elem: GoType; readonly length: number }
  | { readonly kind: 'map'; readonly key: GoType; readonly elem: GoType }
  | { readonly kind: 'interface'; readonly empty: boolean }
  | { readonly kind: 'func'; readonly params: readonly Parameter[]; readonly results: readonly Parameter[] }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] }
  /** A declared type, by its name with package; `underlying` resolves when all declarations are read. */
  | { readonly kind: 'named'; readonly name: string; readonly underlying: () => GoType };

export interface StructField {
  readonly name: string;
  readonly type: GoType;
  readonly embedded: boolean;
}

export interface Parameter {
  /** Empty when the declaration gives none. */
  readonly name: string;
  readonly type: GoType;
}

export interface Signature {
  /** With package. */
  readonly name: string;
  readonly receiver?: Parameter;
  readonly params: readonly Parameter[];
  readonly results: readonly Parameter[];
  /** From `//r14:abi NAME` in front of the declaration; undefined: as the TEXT says. */
  readonly convention?: Convention;
  readonly at: Position;
}

const WORD = 8;
const BASIC: Readonly<Record<string, GoType>> = Object.fromEntries(
  (
    [
      ['bool', 'bool', 1],
      ['int', 'int', 8],
      ['int8', 'int', 1],
      ['int16', 'int', 2],
      ['int32', 'int', 4],
      ['int64', 'int', 8],
      ['rune', 'int', 4],
      ['uint', 'uint', 8],
      ['uint8', 'uint', 1],
      ['byte', 'uint', 1],
      ['uint16', 'uint', 2],
      ['uint32', 'uint', 4],
      ['uint64', 'uint', 8],
      ['uintptr', 'uint', 8],
      ['float32', 'float', 4],
      ['float64', 'float', 8],
      ['complex64', 'complex', 8],
      ['complex128', 'complex', 16],
    ] as const
  ).map(([name, kind, bytes]) => [name, { kind, name, bytes }]),
);

export function sizeOf(type: GoType): number {
  switch (type.kind) {
    case 'string':
    case 'interface':
      return 2 * WORD;
    case 'slice':
      return 3 * WORD;
    case 'array':
      return type.length * sizeOf(type.elem);
    case 'struct': {
      const offsets = fieldOffsets(type.fields);
      const last = type.fields[type.fields.length - 1];
      if (last === undefined) return 0;
      const end = offsets[offsets.length - 1] + sizeOf(last.type);
      // A pointer to a final field of no size must not point behind the struct.
      return align(sizeOf(last.type) === 0 && end > 0 ? end + 1 : end, alignmentOf(type));
    }
    case 'named':
      return sizeOf(type.underlying());
    case 'bool':
    case 'int':
    case 'uint':
    case 'float':
    case 'complex':
      return type.bytes;
    default:
      return WORD;
  }
}

export function alignmentOf(type: GoType): number {
  switch (type.kind) {
    case 'array':
      return alignmentOf(type.elem);
    case 'struct':
      return Math.max(1, ...type.fields.map(field => alignmentOf(field.type)));
    case 'named':
      return alignmentOf(type.underlying());
    case 'complex':
      return type.bytes / 2;
    case 'bool':
    case 'int':
    case 'uint':
    case 'float':
      return type.bytes;
    default:
      return WORD;
  }
}

/** Offset of each field. */
export function fieldOffsets(fields: readonly StructField[]): number[] {
  let at = 0;
  return fields.map(field => {
    const offset = align(at, alignmentOf(field.type));
    at = offset + sizeOf(field.type);
    return offset;
  });
}

export const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/** As Go spells it. */
export function typeName(type: GoType): string {
  switch (type.kind) {
    case 'unsafe-pointer':
      return 'unsafe.Pointer';
    case 'string':
      return 'string';
    case 'pointer':
      return `*${typeName(type.elem)}`;
    case 'slice':
      return `[]${typeName(type.elem)}`;
    case 'chan':
      return `chan ${typeName(type.elem)}`;
    case 'array':
      return `[${type.length}]${typeName(type.elem)}`;
    case 'map':
      return `map[${typeName(type.key)}]${typeName(type.elem)}`;
    case 'interface':
      return type.empty ? 'interface {}' : 'interface { ... }';
    case 'func': {
      const list = (parameters: readonly Parameter[]) => parameters.map(parameter => typeName(parameter.type)).join(', ');
      const results = type.results.length === 0 ? '' : type.results.length === 1 ? ` ${list(type.results)}` : ` (${list(type.results)})`;
      return `func(${list(type.params)})${results}`;
    }
    case 'struct':
      return type.fields.length === 0
        ? 'struct {}'
        : `struct { ${type.fields.map(field => (field.embedded ? typeName(field.type) : `${field.name} ${typeName(field.type)}`)).join('; ')} }`;
    default:
      return type.name;
  }
}

/** Ends the parsing of a declaration; the error has been reported. */
class Skip {}

/** All declarations of a program's types files. */
export class Declarations {
  readonly types = new Map<string, GoType>();
  readonly signatures = new Map<string, Signature>();
  /** Types of static data, by full name. */
  readonly variables = new Map<string, GoType>();
  private readonly constantValues = new Map<string, bigint>();
  private readonly sizes: { prefix: string; type: GoType }[] = [];
  /** Named types that were used, with the place, to be checked when all is read. */
  private readonly uses: { name: string; at: Position }[] = [];

  constructor(private readonly diagnostics: Diagnostics) {}

  /** Reads one file of declarations. */
  read(file: string, source: string): void {
    new DeclarationParser(file, source, this, this.diagnostics).parse();
  }

  /** Reports types that nobody has declared. To be called once, behind the last file. */
  check(): void {
    for (const { name, at } of this.uses) if (!this.types.has(name)) this.diagnostics.report(at, `type ${name} is not declared`);
  }

  /** `type_field` offsets and `type__size` of every struct (names without their package), and declared constants. */
  get constants(): ReadonlyMap<string, bigint> {
    for (const { prefix, type } of this.sizes.splice(0)) {
      if (type.kind !== 'struct') continue;
      const offsets = fieldOffsets(type.fields);
      type.fields.forEach((field, index) => {
        this.constantValues.set(`${prefix}_${field.name}`, BigInt(offsets[index]));
      });
      this.constantValues.set(`${prefix}__size`, BigInt(sizeOf(type)));
    }
    return this.constantValues;
  }

  declareType(name: string, short: string, type: GoType): void {
    this.types.set(name, type);
    this.sizes.push({ prefix: short, type });
  }

  declareConstant(name: string, value: bigint): void {
    this.constantValues.set(name, value);
  }

  /** A reference to a type by its full name. */
  reference(name: string, at: Position): GoType {
    this.uses.push({ name, at });
    return { kind: 'named', name, underlying: () => this.types.get(name) ?? { kind: 'struct', fields: [] } };
  }
}

class DeclarationParser {
  private readonly tokens: Token[];
  private readonly conventions = new Map<number, Convention>();
  private at = 0;
  private package = 'main';

  constructor(
    file: string,
    source: string,
    private readonly into: Declarations,
    private readonly diagnostics: Diagnostics,
  ) {
    this.tokens = tokenize(file, source, diagnostics);
    // Directives are comments, which the tokens do not have.
    source.split('\n').forEach((text, index) => {
      const match = /^\/\/r14:abi\s+(\S+)/.exec(text);
      if (match === null) return;
      if (match[1] === 'ABIInternal' || match[1] === 'ABI0' || match[1] === 'C') this.conventions.set(index + 1, match[1]);
      else diagnostics.report({ file, line: index + 1, column: 1 }, `unknown convention ${match[1]}`, 'use ABIInternal, ABI0 or C');
    });
  }

  parse(): void {
    for (;;) {
      this.newlines();
      if (this.at >= this.tokens.length) return;
      try {
        this.declaration();
      } catch (error) {
        if (!(error instanceof Skip)) throw error;
        while (this.at < this.tokens.length && !/^(?:type|var|func|const|package|import)$/.test(this.peek().text)) this.at++;
      }
    }
  }

  private declaration(): void {
    const word = this.next();
    switch (word.text) {
      case 'package':
        this.package = this.name();
        return;
      case 'import':
        this.next();
        return;
      case 'type':
        this.group(() => this.type());
        return;
      case 'const':
        this.group(() => {
          const name = this.name();
          this.expect('=');
          this.into.declareConstant(name, this.number());
        });
        return;
      case 'var':
        this.group(() => {
          const name = this.name();
          this.into.variables.set(`${this.package}.${name}`, this.typeExpression());
        });
        return;
      case 'func':
        this.func(word);
        return;
      default:
        this.fail(word.at, `expected type, var, func or const, found ${word.text.trim() || 'the end of the line'}`);
    }
  }

  private group(one: () => void): void {
    if (!this.accept('(')) {
      one();
      return;
    }
    for (this.newlines(); !this.accept(')'); this.newlines()) one();
  }

  private type(): void {
    const name = this.name();
    this.accept('=');
    this.into.declareType(`${this.package}.${name}`, name, this.typeExpression());
  }

  private func(word: Token): void {
    const receiver = this.is('(') ? this.parameters()[0] : undefined;
    const short = this.name();
    const prefix = receiver === undefined ? '' : `${methodPrefix(receiver.type, this.package)}.`;
    const convention = this.conventionBefore(word.at.line);
    // C knows no packages.
    const name = convention === 'C' ? short : `${this.package}.${prefix}${short}`;
    const params = this.parameters();
    const results = this.results();
    this.into.signatures.set(name, { name, receiver, params, results, convention, at: word.at });
  }

  private conventionBefore(line: number): Convention | undefined {
    return this.conventions.get(line - 1);
  }

  private results(): Parameter[] {
    if (this.is('(')) return this.parameters();
    const token = this.peek();
    if (token.kind === 'newline' || token.text === '}' || token.text === ')' || token.text === ',' || token.text === ';') return [];
    return [{ name: '', type: this.typeExpression() }];
  }

  /** `(a, b int, c string)` or `(int, string)`. */
  private parameters(): Parameter[] {
    this.expect('(');
    const entries: { name?: Token; type?: GoType }[] = [];
    for (this.newlines(); !this.accept(')'); this.newlines()) {
      const first = this.peek();
      const after = this.tokens[this.at + 1];
      const alone = after.text === ',' || after.text === ')' || after.text === '.';
      if (first.kind === 'name' && !alone && !TYPE_WORDS.has(first.text)) {
        this.at++;
        entries.push({ name: first, type: this.typeExpression() });
      } else if (first.kind === 'name' && after.text !== '.' && alone) {
        this.at++;
        entries.push({ name: first });
      } else entries.push({ type: this.typeExpression() });
      this.accept(',');
    }
    // With one name and type together, single words are names of the type that follows; else they are types.
    const named = entries.some(entry => entry.name !== undefined && entry.type !== undefined);
    let type: GoType | undefined;
    const out: Parameter[] = [];
    for (const entry of entries.reverse()) {
      if (!named) out.unshift({ name: '', type: entry.type ?? this.namedType(entry.name!) });
      else {
        type = entry.type ?? type;
        if (type !== undefined) out.unshift({ name: entry.name?.text ?? '', type });
      }
    }
    return out;
  }

  private typeExpression(): GoType {
    const token = this.next();
    if (token.text === '*') return { kind: 'pointer', elem: this.typeExpression() };
    if (token.text === '(') {
      const type = this.typeExpression();
      this.expect(')');
      return type;
    }
    if (token.text === '[') {
      if (this.accept(']')) return { kind: 'slice', elem: this.typeExpression() };
      const length = Number(this.number());
      this.expect(']');
      return { kind: 'array', length, elem: this.typeExpression() };
    }
    if (token.kind !== 'name') this.fail(token.at, `expected a type, found ${token.text.trim() || 'the end of the line'}`);
    switch (token.text) {
      case 'struct':
        return this.struct();
      case 'interface': {
        this.expect('{');
        const empty = this.is('}');
        while (!this.accept('}')) this.at++;
        return { kind: 'interface', empty };
      }
      case 'map': {
        this.expect('[');
        const key = this.typeExpression();
        this.expect(']');
        return { kind: 'map', key, elem: this.typeExpression() };
      }
      case 'chan':
        return { kind: 'chan', elem: this.typeExpression() };
      case 'func': {
        const params = this.parameters();
        return { kind: 'func', params, results: this.results() };
      }
      default:
        return this.namedType(token);
    }
  }

  private namedType(token: Token): GoType {
    const text = token.text;
    if (text === 'string') return { kind: 'string' };
    if (text === 'any') return { kind: 'interface', empty: true };
    if (text === 'error') return { kind: 'interface', empty: false };
    if (text === 'unsafe.Pointer') return { kind: 'unsafe-pointer' };
    if (text in BASIC) return BASIC[text];
    return this.into.reference(text.includes('.') ? text : `${this.package}.${text}`, token.at);
  }

  private struct(): GoType {
    this.expect('{');
    const fields: StructField[] = [];
    for (this.newlines(); !this.accept('}'); this.newlines()) {
      const names = [this.peek()];
      const after = this.tokens[this.at + 1];
      if (this.is('*') || after.kind === 'newline' || after.text === '}' || after.text === ';') {
        const type = this.typeExpression();
        const target = type.kind === 'pointer' ? type.elem : type;
        fields.push({ name: typeName(target).split('.').pop()!, type, embedded: true });
      } else {
        this.name();
        while (this.accept(',')) {
          names.push(this.peek());
          this.name();
        }
        const type = this.typeExpression();
        for (const name of names) fields.push({ name: name.text, type, embedded: false });
      }
      this.accept(';');
    }
    return { kind: 'struct', fields };
  }

  // ---- tokens ----------------------------------------------------------------------------------------------------------------------

  private number(): bigint {
    const negative = this.accept('-');
    const token = this.next();
    const value = token.kind === 'integer' ? BigInt(token.text.replaceAll('_', '')) : this.into.constants.get(token.text);
    if (value === undefined) this.fail(token.at, `expected a number, found ${token.text}`);
    return negative ? -value : value;
  }

  private name(): string {
    const token = this.next();
    if (token.kind !== 'name') this.fail(token.at, `expected a name, found ${token.text.trim() || 'the end of the line'}`);
    return token.text;
  }

  private newlines(): void {
    while (this.at < this.tokens.length && (this.tokens[this.at].kind === 'newline' || this.tokens[this.at].text === ';')) this.at++;
  }

  private peek(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)];
  }

  private next(): Token {
    const token = this.peek();
    if (this.at >= this.tokens.length) this.fail(token.at, 'the file ends in the middle of a declaration');
    this.at++;
    return token;
  }

  private is(text: string): boolean {
    return this.peek().kind === 'punctuation' && this.peek().text === text;
  }

  private accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  private expect(text: string): void {
    const token = this.peek();
    if (!this.accept(text)) this.fail(token.at, `expected ${text}, found ${token.text.trim() || 'the end of the line'}`);
  }

  private fail(at: Position, message: string): never {
    this.diagnostics.report(at, message);
    throw new Skip();
  }
}

const TYPE_WORDS = new Set(['struct', 'interface', 'map', 'chan', 'func']);

function methodPrefix(type: GoType, inPackage: string): string {
  const pointer = type.kind === 'pointer';
  const name = typeName(pointer ? type.elem : type).replace(`${inPackage}.`, '');
  return pointer ? `(*${name})` : name;
}
