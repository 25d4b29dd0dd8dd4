/**
 * Type and function declarations in Go's syntax, beside the assembly: the one source of struct offsets (`g_racectx`), sizes (`g__size`),
 * of what `p` and `whatis` print, and of function signatures with their convention.
 */
import { type Diagnostics, Skip, type SourcePosition } from './diagnostics.js';
import { type Token, tokenize } from './lexer.js';
import { plainName } from './syntax.js';
import { describe, TokenReader } from './token-reader.js';
import { TypeParser, type TypeScope } from './type-parser.js';
import { type DeclaredConvention, type DeclaredSignature, fieldOffsets, type GoType, sizeOf, typeName } from './types.js';

/** All declarations of a program's types files. */
export class Declarations {
  readonly types = new Map<string, GoType>();
  readonly signatures = new Map<string, DeclaredSignature>();
  /** Types of static data, by full name. */
  readonly variables = new Map<string, GoType>();
  /** Static data that are type descriptors, what an interface's type word points to: from `//r14:type T` in front of the variable. */
  readonly descriptors = new Map<string, GoType>();
  private readonly constantValues = new Map<string, bigint>();
  private readonly sizes: { prefix: string; type: GoType }[] = [];
  /** Named types that were used, with the place, to be checked when all is read. */
  private readonly uses: { name: string; at: SourcePosition }[] = [];
  private readonly places = new Map<string, SourcePosition>();

  constructor(private readonly diagnostics: Diagnostics) {}

  /** Reads one file of declarations. */
  read(file: string, source: string): void {
    new DeclarationParser(file, source, this, this.diagnostics).parse();
  }

  /** Reports types that nobody has declared, or that contain themselves. To be called once, behind the last file. */
  check(): void {
    for (const { name, at } of this.uses) if (!this.types.has(name)) this.diagnostics.report(at, `type ${name} is not declared`);
    for (const [name, at] of this.places) {
      if (!this.contains(name, this.types.get(name)!, new Set())) continue;
      this.diagnostics.report(at, `type ${name} contains itself`, `a pointer *${name} would end it`);
      this.types.set(name, { kind: 'struct', fields: [] });
    }
  }

  /** Whether a value of the type holds one of the type `name`, not only points to it. */
  private contains(name: string, type: GoType, seen: Set<string>): boolean {
    if (type.kind === 'array') return this.contains(name, type.elem, seen);
    if (type.kind === 'struct') return type.fields.some(field => this.contains(name, field.type, seen));
    if (type.kind !== 'named') return false;
    if (type.name === name) return true;
    if (seen.has(type.name)) return false;
    return this.contains(name, type.underlying(), seen.add(type.name));
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

  /** Constants that were declared so far, without offsets: those want types that may come later. */
  get declaredConstants(): ReadonlyMap<string, bigint> {
    return this.constantValues;
  }

  declareType(name: string, short: string, type: GoType, at: SourcePosition): void {
    this.types.set(name, type);
    this.places.set(name, at);
    this.sizes.push({ prefix: short, type });
  }

  declareConstant(name: string, value: bigint): void {
    this.constantValues.set(name, value);
  }

  /** A reference to a type by its full name. */
  reference(name: string, at: SourcePosition): GoType {
    this.uses.push({ name, at });
    return { kind: 'named', name, underlying: () => this.types.get(name) ?? { kind: 'struct', fields: [] } };
  }
}

const DECLARATION = /^(?:type|var|func|const|package|import)$/;
const CONVENTIONS: readonly string[] = ['ABIInternal', 'ABI0', 'C'] satisfies DeclaredConvention[];

class DeclarationParser {
  private readonly reader: TokenReader;
  private readonly scope: TypeScope;
  private readonly types: TypeParser;
  /** What `//r14:abi` and `//r14:type` say, by the line that they speak of. */
  private readonly conventions = new Map<number, DeclaredConvention>();
  private readonly described = new Map<number, Token[]>();
  private readonly norace = new Set<number>();

  constructor(
    file: string,
    source: string,
    private readonly into: Declarations,
    private readonly diagnostics: Diagnostics,
  ) {
    this.scope = { constants: into.declaredConstants, reference: (name, at) => into.reference(name, at) };
    this.reader = new TokenReader(tokenize(file, source, diagnostics), diagnostics);
    this.types = new TypeParser(this.reader, this.scope);
    // Directives are comments, which the tokens do not have.
    source.split('\n').forEach((text, index) => {
      if (/^\/\/go:norace\s*$/.test(text)) this.norace.add(index + 2);
      const [all, word, rest] = /^(\/\/r14:(\w+)\s*)(.*)$/.exec(text)?.slice(1) ?? [];
      if (all === undefined) return;
      const place = (at: SourcePosition): SourcePosition => ({ file, line: index + 1, column: at.column + all.length });
      const here = place({ file, line: 1, column: 1 });
      if (word === 'type')
        this.described.set(
          index + 2,
          tokenize(file, rest, diagnostics).map(token => ({ ...token, at: place(token.at) })),
        );
      else if (word !== 'abi') diagnostics.report(here, `unknown directive //r14:${word}`, 'use //r14:abi or //r14:type');
      else if (CONVENTIONS.includes(rest.trim())) this.conventions.set(index + 2, rest.trim() as DeclaredConvention);
      else diagnostics.report(here, `unknown convention ${rest.trim()}`, `use ${CONVENTIONS.join(', ')}`);
    });
  }

  parse(): void {
    for (;;) {
      this.reader.newlines();
      if (this.reader.atEnd) return;
      try {
        this.declaration();
      } catch (error) {
        if (!(error instanceof Skip)) throw error;
        while (!this.reader.atEnd && !DECLARATION.test(this.reader.peek().text)) this.reader.at++;
      }
    }
  }

  private declaration(): void {
    const word = this.reader.next();
    switch (word.text) {
      case 'package':
        this.types.inPackage = plainName(this.reader.name());
        return;
      case 'import':
        this.group(() => this.reader.next());
        return;
      case 'type':
        this.group(() => this.declareType());
        return;
      case 'const':
        this.group(() => {
          const name = this.reader.name();
          this.reader.expect('=');
          this.into.declareConstant(name, this.types.number());
        });
        return;
      case 'var':
        this.group(() => this.variable());
        return;
      case 'func':
        this.func(word);
        return;
      default:
        this.reader.fail(word.at, `expected type, var, func or const, found ${describe(word)}`);
    }
  }

  private group(one: () => void): void {
    if (!this.reader.accept('(')) {
      one();
      return;
    }
    for (this.reader.newlines(); !this.reader.accept(')'); this.reader.newlines()) one();
  }

  private declareType(): void {
    const { at } = this.reader.peek();
    const name = this.reader.name();
    this.reader.accept('=');
    this.into.declareType(`${this.types.inPackage}.${name}`, name, this.types.type(), at);
  }

  private variable(): void {
    const { line } = this.reader.peek().at;
    const name = `${this.types.inPackage}.${this.reader.name()}`;
    this.into.variables.set(name, this.types.type());
    const described = this.described.get(line);
    if (described === undefined) return;
    const reader = new TokenReader(described, this.diagnostics);
    this.into.descriptors.set(name, new TypeParser(reader, this.scope, this.types.inPackage).type());
  }

  private func(word: Token): void {
    const receiver = this.reader.is('(') ? this.types.parameters()[0] : undefined;
    const short = this.reader.name();
    const prefix = receiver === undefined ? '' : `${methodPrefix(receiver.type, this.types.inPackage)}.`;
    const convention = this.conventions.get(word.at.line);
    // C knows no packages.
    const name = convention === 'C' ? short : `${this.types.inPackage}.${prefix}${short}`;
    const params = this.types.parameters();
    const results = this.types.results();
    if (this.reader.is('{'))
      this.reader.fail(this.reader.peek().at, `${short} has a body`, 'here functions are only declared; their code is assembly');
    this.into.signatures.set(name, { name, receiver, params, results, convention, norace: this.norace.has(word.at.line), at: word.at });
  }
}

function methodPrefix(type: GoType, inPackage: string): string {
  const pointer = type.kind === 'pointer';
  const name = typeName(pointer ? type.elem : type).replace(`${inPackage}.`, '');
  return pointer ? `(*${name})` : name;
}
