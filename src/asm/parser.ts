/** From tokens to statements. After an error the parser goes on at the next line, so that all errors of a file are reported. */
import { type Diagnostics, type Position, Skip } from './diagnostics.js';
import { ExpressionParser } from './expression.js';
import type { Token } from './lexer.js';
import { TEXT_FLAGS } from './preprocess.js';
import { type Memory, type Operand, registerName, type Statement, type SymbolReference } from './syntax.js';
import { describe } from './token-reader.js';

const IGNORED = new Set(['PCDATA', 'FUNCDATA', 'PCALIGN']);
/** Of a frame or symbol: 256 MiB. */
const MOST_BYTES = 0x10000000;

export class Parser extends ExpressionParser {
  private statements: Statement[] = [];

  constructor(
    /** What a leading middle dot stands for: the package of the file. */
    private readonly inPackage: string,
    constants: ReadonlyMap<string, bigint>,
    diagnostics: Diagnostics,
  ) {
    super([], constants, diagnostics);
  }

  /** The statements of a line. */
  line(tokens: readonly Token[]): readonly Statement[] {
    this.tokens = tokens;
    this.at = 0;
    this.statements = [];
    while (this.at < this.tokens.length) {
      if (this.endOfStatement()) {
        this.at++;
        continue;
      }
      try {
        this.statement();
        // An instruction may stand behind its label.
        if (this.statements[this.statements.length - 1]?.kind === 'label') continue;
        if (!this.endOfStatement())
          this.fail(this.peek().at, `unexpected ${describe(this.peek())}`, 'one instruction a line, or ; between them');
      } catch (error) {
        if (!(error instanceof Skip)) throw error;
        while (!this.endOfStatement()) this.at++;
      }
    }
    return this.statements;
  }

  // ---- statements ------------------------------------------------------------------------------------------------------------------

  private statement(): void {
    const word = this.next();
    if (word.kind !== 'name') this.fail(word.at, `expected an instruction or a label, found ${describe(word)}`);
    if (this.peek().text === ':' && this.peek().kind === 'punctuation') {
      this.at++;
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
    this.expect(',');
    if (!this.is('$')) {
      flags = this.flags();
      this.expect(',');
    }
    const start = this.expect('$');
    const negative = this.accept('-');
    const given = (negative ? -1 : 1) * Number(this.primary());
    const args = this.accept('-') ? Number(this.primary()) : undefined;
    // With a wrong size the function still begins here.
    const wrong = (why: string, suggestion?: string): number => {
      this.diagnostics.report(start.at, why, suggestion);
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
    const memory = this.memoryAt(this.peek().at);
    if (memory.symbol === undefined) this.fail(memory.at, 'DATA wants a symbol: DATA name+offset(SB)/width, $value');
    this.expect('/');
    const start = this.peek();
    const width = Number(this.primary());
    if (width <= 0 || width > MOST_BYTES) this.fail(start.at, `${width} bytes are no width`);
    this.expect(',');
    const value = this.operand();
    this.statements.push({ kind: 'data', symbol: memory.symbol, offset: Number(memory.offset), width, value, at: word.at });
  }

  private globl(word: Token): void {
    const symbol = this.staticSymbol();
    let flags = 0;
    this.expect(',');
    if (!this.is('$')) {
      flags = this.flags();
      this.expect(',');
    }
    const start = this.expect('$');
    const size = Number(this.expression());
    if (size < 0 || size > MOST_BYTES) this.fail(start.at, `a symbol of ${size} bytes cannot be`, `0 to ${MOST_BYTES}`);
    this.statements.push({ kind: 'globl', symbol, flags, size, at: word.at });
  }

  private instruction(word: Token): void {
    const operands: Operand[] = [];
    if (!this.endOfStatement()) {
      do operands.push(this.operand());
      while (this.accept(','));
    }
    if (IGNORED.has(word.text)) return;
    this.statements.push({ kind: 'instruction', mnemonic: word.text, operands, at: word.at });
  }

  /** With wrong flags too what they are of begins here; NOSPLIT is what the fewest other errors follow from. */
  private flags(): number {
    try {
      return Number(this.expression());
    } catch (error) {
      if (!(error instanceof Skip)) throw error;
      while (!this.is(',') && !this.endOfStatement()) this.at++;
      return TEXT_FLAGS.NOSPLIT;
    }
  }

  /** `name(SB)`, `name<>(SB)`, `name<ABIInternal>(SB)`. */
  private staticSymbol(): SymbolReference {
    const memory = this.memoryAt(this.peek().at);
    if (memory.symbol === undefined || memory.offset !== 0n) this.fail(memory.at, 'expected a symbol: name(SB)');
    return memory.symbol;
  }

  // ---- operands --------------------------------------------------------------------------------------------------------------------

  private operand(): Operand {
    const first = this.peek();
    if (this.accept('$')) return this.dollar(first.at);
    if (this.accept('*')) return this.operand();
    if (first.kind === 'name') {
      const register = registerName(first.text);
      const after = this.tokens[this.at + 1];
      if (register !== undefined && after.text !== '+' && after.text !== '-' && after.text !== '<') {
        this.at++;
        return { kind: 'register', name: register, at: first.at };
      }
    }
    return this.place(first.at);
  }

  private dollar(at: Position): Operand {
    const token = this.peek();
    if (token.kind === 'string') {
      this.at++;
      return { kind: 'text', value: token.text, at };
    }
    const sign = this.is('-') || this.is('+') ? 1 : 0;
    const number = this.tokens[this.at + sign];
    if (number.kind === 'float') {
      this.at += sign + 1;
      return { kind: 'float', value: Number(number.text) * (sign === 1 && token.text === '-' ? -1 : 1), at };
    }
    // `$(1.5)` and `$(expr)` against `$8(AX)` and `$sym(SB)`.
    if (token.text === '(' && this.tokens[this.at + 1].kind === 'float' && this.tokens[this.at + 2].text === ')') {
      this.at += 3;
      return { kind: 'float', value: Number(this.tokens[this.at - 2].text), at };
    }
    const place = this.place(at);
    if (place.kind === 'label' && this.fieldMeant(place.name) !== undefined)
      this.fail(place.at, `${place.name} is not a known constant`, this.fieldMeant(place.name));
    if (place.kind === 'label') this.fail(at, `${place.name} is not a constant`, `$${place.name}(SB) is the address of a symbol`);
    if (place.kind === 'relative') this.fail(at, 'an address relative to PC is not a constant');
    if (place.kind === 'memory') return { kind: 'address', of: place, at };
    return place;
  }

  /** A memory operand, a label, or (where there is neither symbol nor register) a constant. */
  private place(at: Position): Memory | Extract<Operand, { kind: 'label' | 'relative' | 'immediate' }> {
    const first = this.peek();
    const isConstant = first.kind === 'name' && this.constants.has(first.text);
    if (first.kind === 'name' && registerName(first.text) === undefined && !isConstant && this.isLabel()) {
      this.at++;
      return { kind: 'label', name: first.text, at: first.at };
    }
    if (first.kind !== 'name' || isConstant) {
      const save = this.at;
      // `(AX)` is memory without an offset; anything else before the parenthesis is one.
      const bare =
        first.text === '(' && this.tokens[this.at + 1].kind === 'name' && registerName(this.tokens[this.at + 1].text) !== undefined;
      const offset = bare ? 0n : this.expression();
      if (!this.is('(')) {
        if (this.at === save) this.fail(first.at, `expected an operand, found ${describe(first)}`);
        return { kind: 'immediate', value: offset, at };
      }
      if (this.tokens[this.at + 1].text === 'PC') {
        this.at += 2;
        this.expect(')');
        return { kind: 'relative', count: Number(offset), at };
      }
      return this.baseAndIndex({ kind: 'memory', offset, scale: 1, at });
    }
    return this.memoryAt(at);
  }

  /** Whether the name that is next stands alone, as a jump's label does. */
  private isLabel(): boolean {
    const after = this.tokens[this.at + 1];
    return after.kind === 'newline' || after.text === ';' || after.text === ',';
  }

  /** `name<>+offset(SB)`, `name+offset(FP)`, `name-offset(SP)`. */
  private memoryAt(at: Position): Memory {
    const name = this.next();
    if (name.kind !== 'name') this.fail(name.at, `expected a name, found ${describe(name)}`);
    let local = false;
    let abi: string | undefined;
    if (this.accept('<')) {
      if (this.peek().kind === 'name') abi = this.next().text;
      else local = true;
      this.expect('>');
    }
    let offset = 0n;
    if (this.is('+') || this.is('-')) offset = this.sum(0n);
    const field = this.is('(') ? undefined : this.fieldMeant(name.text);
    if (field !== undefined) this.fail(name.at, `${name.text} is not a known constant`, field);
    this.expect('(');
    const register = this.next();
    this.expect(')');
    if (register.text === 'SB') {
      const symbol: SymbolReference = { name: this.qualify(name.text), local, abi };
      const memory: Memory = { kind: 'memory', symbol, offset, scale: 1, at };
      return this.is('(') ? this.index(memory) : memory;
    }
    if (register.text === 'FP' || register.text === 'SP') {
      const memory: Memory = { kind: 'memory', name: name.text, offset, base: register.text, scale: 1, at };
      return this.is('(') ? this.index(memory) : memory;
    }
    if (registerName(register.text) !== undefined) {
      const near = this.constants.size > 0 ? 'no type declaration gives it' : 'is a type declaration missing?';
      this.fail(name.at, `${name.text} is not a known constant`, this.meant(name.text) ?? near);
    }
    return this.fail(
      register.at,
      `${describe(register)} is no base of a symbol`,
      'use SB for static data, FP for arguments, SP for locals',
    );
  }

  /** `(base)`, `(base)(index*scale)`, `(index*scale)`, with TLS in either place. */
  private baseAndIndex(memory: Memory): Memory {
    const open = this.expect('(');
    const name = this.next();
    const register = registerName(name.text);
    if (name.text === 'FP') this.fail(name.at, 'an argument wants its name: name+offset(FP)');
    if (name.text === 'SB') this.fail(name.at, 'static data wants a symbol: name+offset(SB)');
    if (register === undefined) this.fail(name.at, `${describe(name)} is not a register`);
    if (register === 'TLS') {
      this.expect(')');
      return { ...memory, tls: true };
    }
    if (this.accept('*')) {
      const scale = this.scale();
      this.expect(')');
      return { ...memory, index: register, scale, at: memory.at ?? open.at };
    }
    this.expect(')');
    const based: Memory = { ...memory, base: register };
    return this.is('(') ? this.index(based) : based;
  }

  private index(memory: Memory): Memory {
    this.expect('(');
    const name = this.next();
    const register = registerName(name.text);
    if (register === undefined) this.fail(name.at, `${describe(name)} is not a register`);
    const scale = this.accept('*') ? this.scale() : 1;
    this.expect(')');
    if (register === 'TLS') return { ...memory, tls: true };
    if (register === 'SP') this.fail(name.at, 'SP cannot be an index');
    return { ...memory, index: register, scale };
  }

  private scale(): number {
    const token = this.peek();
    const scale = Number(this.primary());
    if (![1, 2, 4, 8].includes(scale)) this.fail(token.at, `scale ${scale} is none of 1, 2, 4, 8`);
    return scale;
  }

  private qualify(name: string): string {
    const dotted = name.replaceAll('·', '.').replaceAll('∕', '/');
    return dotted.startsWith('.') ? this.inPackage + dotted : dotted;
  }

  private endOfStatement(): boolean {
    const token = this.tokens[this.at];
    return token === undefined || token.kind === 'newline' || (token.kind === 'punctuation' && token.text === ';');
  }
}
