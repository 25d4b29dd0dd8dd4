/**
 * Type and function declarations in Go's syntax, beside the assembly: the one source of struct offsets (`g_racectx`), sizes (`g__size`),
 * of what `p` and `whatis` print, and of function signatures with their convention.
 */
import { type Diagnostics, type Position, Skip } from './diagnostics.js';
import { type Token, tokenize } from './lexer.js';
import { describe } from './token-reader.js';
import { TypeParser } from './type-parser.js';
import { type Convention, fieldOffsets, type GoType, type Signature, sizeOf, typeName } from './types.js';

/** All declarations of a program's types files. */
export class Declarations {
  readonly types = new Map<string, GoType>();
  readonly signatures = new Map<string, Signature>();
  /** Types of static data, by full name. */
  readonly variables = new Map<string, GoType>();
  /** Static data that are type descriptors, what an interface's type word points to: from `//r14:type T` in front of the variable. */
  readonly descriptors = new Map<string, GoType>();
  private readonly constantValues = new Map<string, bigint>();
  private readonly sizes: { prefix: string; type: GoType }[] = [];
  /** Named types that were used, with the place, to be checked when all is read. */
  private readonly uses: { name: string; at: Position }[] = [];
  private readonly places = new Map<string, Position>();

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

  declareType(name: string, short: string, type: GoType, at: Position): void {
    this.types.set(name, type);
    this.places.set(name, at);
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

const DECLARATION = /^(?:type|var|func|const|package|import)$/;
const CONVENTIONS: readonly string[] = ['ABIInternal', 'ABI0', 'C'] satisfies Convention[];

class DeclarationParser extends TypeParser {
  /** What `//r14:abi` and `//r14:type` say, by the line that they speak of. */
  private readonly conventions = new Map<number, Convention>();
  private readonly described = new Map<number, Token[]>();

  constructor(
    file: string,
    source: string,
    private readonly into: Declarations,
    diagnostics: Diagnostics,
  ) {
    super(
      tokenize(file, source, diagnostics),
      { constants: into.declaredConstants, reference: (name, at) => into.reference(name, at) },
      diagnostics,
    );
    // Directives are comments, which the tokens do not have.
    source.split('\n').forEach((text, index) => {
      const [all, word, rest] = /^(\/\/r14:(\w+)\s*)(.*)$/.exec(text)?.slice(1) ?? [];
      if (all === undefined) return;
      const place = (at: Position): Position => ({ file, line: index + 1, column: at.column + all.length });
      const here = place({ file, line: 1, column: 1 });
      if (word === 'type')
        this.described.set(
          index + 2,
          tokenize(file, rest, diagnostics).map(token => ({ ...token, at: place(token.at) })),
        );
      else if (word !== 'abi') diagnostics.report(here, `unknown directive //r14:${word}`, 'use //r14:abi or //r14:type');
      else if (CONVENTIONS.includes(rest.trim())) this.conventions.set(index + 2, rest.trim() as Convention);
      else diagnostics.report(here, `unknown convention ${rest.trim()}`, `use ${CONVENTIONS.join(', ')}`);
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
        while (this.at < this.tokens.length && !DECLARATION.test(this.peek().text)) this.at++;
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
        this.group(() => this.next());
        return;
      case 'type':
        this.group(() => this.declareType());
        return;
      case 'const':
        this.group(() => {
          const name = this.name();
          this.expect('=');
          this.into.declareConstant(name, this.number());
        });
        return;
      case 'var':
        this.group(() => this.variable());
        return;
      case 'func':
        this.func(word);
        return;
      default:
        this.fail(word.at, `expected type, var, func or const, found ${describe(word)}`);
    }
  }

  private group(one: () => void): void {
    if (!this.accept('(')) {
      one();
      return;
    }
    for (this.newlines(); !this.accept(')'); this.newlines()) one();
  }

  private declareType(): void {
    const { at } = this.peek();
    const name = this.name();
    this.accept('=');
    this.into.declareType(`${this.package}.${name}`, name, this.type(), at);
  }

  private variable(): void {
    const { line } = this.peek().at;
    const name = `${this.package}.${this.name()}`;
    this.into.variables.set(name, this.type());
    const described = this.described.get(line);
    if (described !== undefined)
      this.into.descriptors.set(name, new DescribedType(described, this.package, this.into, this.diagnostics).type());
  }

  private func(word: Token): void {
    const receiver = this.is('(') ? this.parameters()[0] : undefined;
    const short = this.name();
    const prefix = receiver === undefined ? '' : `${methodPrefix(receiver.type, this.package)}.`;
    const convention = this.conventions.get(word.at.line);
    // C knows no packages.
    const name = convention === 'C' ? short : `${this.package}.${prefix}${short}`;
    const params = this.parameters();
    const results = this.results();
    if (this.is('{')) this.fail(this.peek().at, `${short} has a body`, 'here functions are only declared; their code is assembly');
    this.into.signatures.set(name, { name, receiver, params, results, convention, at: word.at });
  }
}

/** The type behind `//r14:type`. */
class DescribedType extends TypeParser {
  constructor(tokens: readonly Token[], inPackage: string, into: Declarations, diagnostics: Diagnostics) {
    super(tokens, { constants: into.declaredConstants, reference: (name, at) => into.reference(name, at) }, diagnostics);
    this.package = inPackage;
  }
}

function methodPrefix(type: GoType, inPackage: string): string {
  const pointer = type.kind === 'pointer';
  const name = typeName(pointer ? type.elem : type).replace(`${inPackage}.`, '');
  return pointer ? `(*${name})` : name;
}
