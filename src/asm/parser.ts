/** From tokens to statements. After an error the parser goes on at the next line, so that all errors of a file are reported. */
import { type Diagnostics, Skip, type SourcePosition } from './diagnostics.js';
import { ExpressionParser } from './expression.js';
import type { Token } from './lexer.js';
import { TEXT_FLAGS } from './preprocess.js';
import {
  type MemoryOperand,
  plainName,
  registerMeant,
  registerName,
  type SourceOperand,
  type Statement,
  type SymbolReference,
} from './syntax.js';
import { describe, TokenReader } from './token-reader.js';

const IGNORED = new Set(['PCDATA', 'FUNCDATA']);
/** Of a frame or symbol: 256 MiB. */
const MOST_BYTES = 0x10000000;

export class Parser {
  private readonly reader: TokenReader;
  private readonly constant: ExpressionParser;
  private statements: Statement[] = [];
  /** A comma was missing in the present statement. */
  private incomplete = false;

  constructor(
    /** What a leading middle dot stands for: the package of the file. */
    private readonly inPackage: string,
    private readonly constants: ReadonlyMap<string, bigint>,
    diagnostics: Diagnostics,
  ) {
    this.reader = new TokenReader([], diagnostics);
    this.constant = new ExpressionParser(this.reader, constants);
  }

  /** The statements of a line. */
  line(tokens: readonly Token[]): readonly Statement[] {
    this.reader.startOf(tokens);
    this.statements = [];
    while (!this.reader.atEnd) {
      if (this.endOfStatement()) {
        this.reader.at++;
        continue;
      }
      try {
        this.statement();
        // An instruction may stand behind its label.
        if (this.statements[this.statements.length - 1]?.kind === 'label') continue;
        if (!this.endOfStatement())
          this.reader.fail(
            this.reader.peek().at,
            `unexpected ${describe(this.reader.peek())}`,
            'one instruction a line, or ; between them',
          );
      } catch (error) {
        if (!(error instanceof Skip)) throw error;
        while (!this.endOfStatement()) this.reader.at++;
      }
    }
    return this.statements;
  }

  // ---- statements ------------------------------------------------------------------------------------------------------------------

  private statement(): void {
    const word = this.reader.nextInLine();
    if (word.kind !== 'name') this.reader.fail(word.at, `expected an instruction or a label, found ${describe(word)}`);
    if (this.reader.peek().text === ':' && this.reader.peek().kind === 'punctuation') {
      this.reader.at++;
      this.statements.push({ kind: 'label', name: word.text, at: word.at });
      return;
    }
    switch (word.text) {
      case 'TEXT':
        this.text(word);
        return;
      case 'DATA':
        this.data(word);
        return;
      case 'GLOBL':
        this.globl(word);
        return;
      default:
        this.instruction(word);
        return;
    }
  }

  private text(word: Token): void {
    const symbol = this.staticSymbol();
    let flags = 0;
    this.comma();
    if (!this.reader.is('$')) {
      flags = this.flags();
      this.comma();
    }
    const start = this.reader.expect('$');
    const negative = this.reader.accept('-');
    const given = (negative ? -1 : 1) * Number(this.constant.primary());
    const args = this.reader.accept('-') ? Number(this.constant.primary()) : undefined;
    // With a wrong size the function still begins here.
    const wrong = (why: string, suggestion?: string): number => {
      this.reader.diagnostics.report(start.at, why, suggestion);
      return 0;
    };
    const tooLarge = Math.max(given, args ?? 0) > MOST_BYTES;
    const frame =
      given < 0
        ? wrong(`frame size ${given} is negative`)
        : tooLarge
          ? wrong(`a frame of more than ${MOST_BYTES} bytes is too large`)
          : given % 8 !== 0
            ? wrong(`frame size ${given} is not a multiple of 8`, `use $${Math.ceil(given / 8) * 8}`)
            : given;
    this.statements.push({ kind: 'text', symbol, flags, frame, args, at: word.at });
  }

  private data(word: Token): void {
    const memory = this.memoryAt(this.reader.peek().at);
    if (memory.symbol === undefined) this.reader.fail(memory.at, 'DATA wants a symbol: DATA name+offset(SB)/width, $value');
    this.reader.expect('/');
    const start = this.reader.peek();
    const width = Number(this.constant.primary());
    if (width <= 0 || width > MOST_BYTES) this.reader.fail(start.at, `${width} bytes are no width`);
    this.comma();
    const value = this.operand();
    this.statements.push({ kind: 'data', symbol: memory.symbol, offset: Number(memory.offset), width, value, at: word.at });
  }

  private globl(word: Token): void {
    const symbol = this.staticSymbol();
    let flags = 0;
    this.comma();
    if (!this.reader.is('$')) {
      flags = this.flags();
      this.comma();
    }
    const start = this.reader.expect('$');
    const size = Number(this.constant.expression());
    if (size < 0 || size > MOST_BYTES) this.reader.fail(start.at, `a symbol of ${size} bytes cannot be`, `0 to ${MOST_BYTES}`);
    this.statements.push({ kind: 'globl', symbol, flags, size, at: word.at });
  }

  private instruction(word: Token): void {
    const operands: SourceOperand[] = [];
    this.incomplete = false;
    if (!this.endOfStatement()) {
      do operands.push(this.operand());
      while (this.anotherOperand());
    }
    // With what is said to be missing nobody knows what it was to be.
    if (IGNORED.has(word.text) || this.incomplete) return;
    this.statements.push({ kind: 'instruction', mnemonic: word.text, operands, at: word.at });
  }

  /** A comma; one that is missing is reported, and what is behind it read as if it was there. */
  private comma(): void {
    if (this.reader.accept(',')) return;
    const [next, behind] = [this.reader.peek(), this.reader.peek(1)];
    const constant = next.text === '$' && next.written === undefined && behind.glued ? describe(behind) : '';
    this.reader.diagnostics.report(next.at, `a comma is missing in front of ${describe(next)}${constant}`);
    this.incomplete = true;
    if (this.endOfStatement()) throw new Skip();
  }

  /** Passes over the comma in front of another operand, or says that it is missing. */
  private anotherOperand(): boolean {
    const { kind, text } = this.reader.peek();
    const begins =
      kind === 'integer' || text === '$' || (kind === 'name' && (registerName(text) !== undefined || this.reader.peek(1).text === '('));
    if (!begins) return this.reader.accept(',');
    this.comma();
    return true;
  }

  /** With wrong flags too what they are of begins here; NOSPLIT is what the fewest other errors follow from. */
  private flags(): number {
    try {
      return Number(this.constant.expression());
    } catch (error) {
      if (!(error instanceof Skip)) throw error;
      while (!this.reader.is(',') && !this.endOfStatement()) this.reader.at++;
      return TEXT_FLAGS.NOSPLIT;
    }
  }

  /** `name(SB)`, `name<>(SB)`, `name<ABIInternal>(SB)`. */
  private staticSymbol(): SymbolReference {
    this.middleDot();
    const memory = this.memoryAt(this.reader.peek().at);
    if (memory.symbol === undefined || memory.offset !== 0n) this.reader.fail(memory.at, 'expected a symbol: name(SB)');
    return memory.symbol;
  }

  // ---- operands --------------------------------------------------------------------------------------------------------------------

  private operand(): SourceOperand {
    this.middleDot();
    const first = this.reader.peek();
    if (this.reader.accept('$')) return this.dollar(first.at);
    if (this.reader.accept('*')) return this.operand();
    if (first.kind === 'name') {
      const register = registerName(first.text);
      const after = this.reader.tokens[this.reader.at + 1];
      if (register !== undefined && after.text !== '+' && after.text !== '-' && after.text !== '<') {
        this.reader.at++;
        return { kind: 'register', name: register, at: first.at };
      }
    }
    const place = this.place(first.at);
    return place.kind === 'immediate' ? { kind: 'memory', offset: place.value, scale: 1, bare: true, at: place.at } : place;
  }

  /** Reads a full stop in front of a name as the middle dot that is meant, and says so. */
  private middleDot(): void {
    const [dot, name] = [this.reader.peek(), this.reader.peek(1)];
    if (dot.text !== '.' || dot.kind !== 'punctuation' || name.kind !== 'name' || !name.glued) return;
    this.reader.diagnostics.report(dot.at, 'a name of the package begins with a middle dot, not with a full stop', `write ·${name.text}`);
    const rest = this.reader.tokens.slice(this.reader.at + 2);
    this.reader.startOf([{ ...name, text: `·${name.text}`, at: dot.at }, ...rest]);
  }

  private dollar(at: SourcePosition): SourceOperand {
    const token = this.reader.peek();
    if (token.kind === 'string') {
      this.reader.at++;
      return { kind: 'text', value: token.text, at };
    }
    const float = this.float();
    if (float !== undefined) return { kind: 'float', value: float, at };
    const place = this.place(at);
    if (place.kind === 'label' && this.constant.fieldMeant(place.name) !== undefined)
      this.reader.fail(place.at, `${place.name} is not a known constant`, this.constant.fieldMeant(place.name));
    if (place.kind === 'label') this.reader.fail(at, `${place.name} is not a constant`, `$${place.name}(SB) is the address of a symbol`);
    if (place.kind === 'relative') this.reader.fail(at, 'an address relative to PC is not a constant');
    if (place.kind === 'memory') return { kind: 'address', of: place, at };
    return place;
  }

  /** `1.5`, `-(1.5)`: a floating-point number with signs and parentheses around it; undefined, and nothing read, for anything else. */
  private float(): number | undefined {
    let ahead = 0;
    let sign = 1;
    let open = 0;
    for (; ; ahead++) {
      const { text } = this.reader.peek(ahead);
      if (text === '-') sign = -sign;
      else if (text === '(') open++;
      else if (text !== '+') break;
    }
    const { kind, text, at } = this.reader.peek(ahead);
    if (kind !== 'float') return undefined;
    this.reader.at += ahead + 1;
    while (open-- > 0) this.reader.expect(')');
    const value = Number(text.replaceAll('_', ''));
    return Number.isFinite(value) ? sign * value : this.reader.fail(at, `${text} is larger than any float64`);
  }

  /** A memory operand, a label, or (where there is neither symbol nor register) a constant. */
  private place(at: SourcePosition): MemoryOperand | Extract<SourceOperand, { kind: 'label' | 'relative' | 'immediate' }> {
    const first = this.reader.peek();
    const isConstant = first.kind === 'name' && this.constants.has(first.text);
    if (first.kind === 'name' && registerName(first.text) === undefined && !isConstant && this.isLabel()) {
      this.reader.at++;
      return { kind: 'label', name: first.text, at: first.at };
    }
    if (first.kind !== 'name' || isConstant) {
      const save = this.reader.at;
      // `(AX)` is memory without an offset; anything else before the parenthesis is one.
      const bare =
        first.text === '(' &&
        this.reader.tokens[this.reader.at + 1].kind === 'name' &&
        registerName(this.reader.tokens[this.reader.at + 1].text) !== undefined;
      const offset = bare ? 0n : this.constant.expression();
      if (!this.reader.is('(')) {
        if (this.reader.at === save) this.reader.fail(first.at, `expected an operand, found ${describe(first)}`);
        return { kind: 'immediate', value: offset, at };
      }
      if (this.reader.tokens[this.reader.at + 1].text === 'PC') {
        this.reader.at += 2;
        this.reader.expect(')');
        return { kind: 'relative', count: Number(offset), at };
      }
      return this.baseAndIndex({ kind: 'memory', offset, scale: 1, at });
    }
    return this.memoryAt(at);
  }

  /** Whether the name that is next stands alone, as a jump's label does. */
  private isLabel(): boolean {
    const after = this.reader.tokens[this.reader.at + 1];
    return !['(', '<', '+', '-'].includes(after.text);
  }

  /** `name<>+offset(SB)`, `name+offset(FP)`, `name-offset(SP)`. */
  private memoryAt(at: SourcePosition): MemoryOperand {
    const name = this.reader.nextInLine();
    if (name.kind !== 'name') this.reader.fail(name.at, `expected a name, found ${describe(name)}`);
    let local = false;
    let abi: string | undefined;
    if (this.reader.accept('<')) {
      if (this.reader.peek().kind === 'name') abi = this.reader.nextInLine().text;
      else local = true;
      this.reader.expect('>');
    }
    let offset = 0n;
    if (this.reader.is('+') || this.reader.is('-')) offset = this.constant.sum(0n);
    const field = this.reader.is('(') ? undefined : this.constant.fieldMeant(name.text);
    if (field !== undefined) this.reader.fail(name.at, `${name.text} is not a known constant`, field);
    this.reader.expect('(');
    const register = this.reader.nextInLine();
    this.reader.expect(')');
    if (register.text === 'SB') {
      const symbol: SymbolReference = { name: this.qualify(name.text), local, abi };
      const memory: MemoryOperand = { kind: 'memory', symbol, offset, scale: 1, at };
      return this.reader.is('(') ? this.index(memory) : memory;
    }
    if (register.text === 'FP' || register.text === 'SP') {
      const memory: MemoryOperand = { kind: 'memory', name: name.text, offset, base: register.text, scale: 1, at };
      return this.reader.is('(') ? this.index(memory) : memory;
    }
    if (registerName(register.text) !== undefined) {
      const near = this.constants.size > 0 ? 'no type declaration gives it' : 'is a type declaration missing?';
      this.reader.fail(name.at, `${name.text} is not a known constant`, this.constant.meant(name.text) ?? near);
    }
    return this.reader.fail(
      register.at,
      `${describe(register)} is no base of a symbol`,
      'use SB for static data, FP for arguments, SP for locals',
    );
  }

  /** `(base)`, `(base)(index*scale)`, `(index*scale)`, with TLS in either place. */
  private baseAndIndex(memory: MemoryOperand): MemoryOperand {
    const open = this.reader.expect('(');
    const name = this.reader.nextInLine();
    const register = registerName(name.text);
    if (name.text === 'FP') this.reader.fail(name.at, 'an argument wants its name: name+offset(FP)');
    if (name.text === 'SB') this.reader.fail(name.at, 'static data wants a symbol: name+offset(SB)');
    if (register === undefined) this.noRegister(name);
    if (register === 'TLS') {
      this.reader.expect(')');
      return { ...memory, tls: true };
    }
    if (this.reader.accept('*')) {
      const scale = this.scale();
      this.reader.expect(')');
      return { ...memory, index: register, scale, at: memory.at ?? open.at };
    }
    this.reader.expect(')');
    const based: MemoryOperand = { ...memory, base: register };
    return this.reader.is('(') ? this.index(based) : based;
  }

  private index(memory: MemoryOperand): MemoryOperand {
    this.reader.expect('(');
    const name = this.reader.nextInLine();
    const register = registerName(name.text);
    if (register === undefined) this.noRegister(name);
    const scale = this.reader.accept('*') ? this.scale() : 1;
    this.reader.expect(')');
    if (register === 'TLS') return { ...memory, tls: true };
    if (register === 'SP') this.reader.fail(name.at, 'SP cannot be an index');
    return { ...memory, index: register, scale };
  }

  private noRegister(name: Token): never {
    const near = registerMeant(name.text);
    return this.reader.fail(name.at, `${describe(name)} is not a register`, near && `did you mean ${near}?`);
  }

  private scale(): number {
    const token = this.reader.peek();
    const scale = Number(this.constant.primary());
    if (![1, 2, 4, 8].includes(scale)) this.reader.fail(token.at, `scale ${scale} is none of 1, 2, 4, 8`);
    return scale;
  }

  private qualify(name: string): string {
    const dotted = plainName(name);
    return dotted.startsWith('.') ? this.inPackage + dotted : dotted;
  }

  private endOfStatement(): boolean {
    const token = this.reader.tokens[this.reader.at];
    return token === undefined || token.kind === 'newline' || (token.kind === 'punctuation' && token.text === ';');
  }
}
