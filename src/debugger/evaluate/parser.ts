/**
 * Go's expression grammar (The Go Programming Language Specification, "Expressions" and "Types"), with gdb's spellings beside it: `$rdi`,
 * `'runtime.g'`, C casts, `->`, `sizeof`, `@`.
 */
import type { AssignmentStatement, Expression, LiteralElement, SyntaxNode } from './ast.js';
import { ExpressionError } from './errors.js';
import { type ExpressionToken, tokenizeExpression } from './lexer.js';

type Precedence = Readonly<Record<string, number>>;

/** Go's; gdb's @ before all. */
const GO: Precedence = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '|': 4,
  '^': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '<<': 5,
  '>>': 5,
  '&': 5,
  '&^': 5,
  '@': 6,
};

/** C's, where gdb's @ comes behind additions. */
const C: Precedence = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '&^': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '<=': 7,
  '>': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '@': 9,
  '+': 10,
  '-': 10,
  '*': 11,
  '/': 11,
  '%': 11,
};

const UNARY = new Set(['+', '-', '!', '^', '~', '*', '&']);
const C_WORDS = new Set([
  'unsigned',
  'signed',
  'long',
  'short',
  'int',
  'char',
  'float',
  'double',
  'void',
  'const',
  'volatile',
  '_Bool',
  '__int128',
  'struct',
  'union',
  'enum',
]);
const C_TAGS = new Set(['struct', 'union', 'enum']);
const MAX_DEPTH = 200;

/** Each may be one level more of what is evaluated, which the stack must have room for. */
const MOST_TOKENS = 512;

class Parser {
  private at = 0;
  private depth = 0;
  private readonly tokens: readonly ExpressionToken[];

  constructor(
    private readonly source: string,
    private readonly precedence: Precedence = GO,
  ) {
    this.tokens = tokenizeExpression(source);
  }

  get token(): ExpressionToken {
    return this.tokens[this.at]!;
  }

  private peek(offset: number): ExpressionToken {
    return this.tokens[Math.min(this.at + offset, this.tokens.length - 1)]!;
  }

  isOperator(text: string, token = this.token): boolean {
    return token.kind === 'operator' && token.text === text;
  }

  private isName(text: string, token = this.token): boolean {
    return token.kind === 'name' && token.text === text;
  }

  private get lastEnd(): number {
    return this.at === 0 ? 0 : this.tokens[this.at - 1]!.end;
  }

  accept(text: string): boolean {
    if (!this.isOperator(text)) return false;
    this.at++;
    return true;
  }

  fail(expected: string): never {
    const token = this.token;
    const found = token.kind === 'end' ? 'the expression ends' : `found "${this.source.slice(token.start, token.end)}"`;
    throw new ExpressionError(`expected ${expected}, but ${found}`, token.start);
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`"${text}"`);
  }

  /** True at the end of what is not too long. */
  atEnd(): boolean {
    const last = this.tokens[MOST_TOKENS];
    if (last !== undefined) throw new ExpressionError(`an expression has ${MOST_TOKENS} words and signs at most`, last.start);
    return this.token.kind === 'end';
  }

  expression(minimum = 1): SyntaxNode {
    if (++this.depth > MAX_DEPTH) throw new ExpressionError('the expression is nested too deeply', this.token.start);
    let left = this.unary();
    for (;;) {
      const token = this.token;
      const precedence = token.kind === 'operator' ? (this.precedence[token.text] ?? 0) : 0;
      if (token.kind !== 'operator' || precedence < minimum) break;
      this.at++;
      const right = this.expression(precedence + 1);
      left = { kind: 'binary', operator: token.text, at: token.start, left, right, start: left.start, end: right.end };
    }
    this.depth--;
    return minimum === 1 ? this.conditional(left) : left;
  }

  private conditional(condition: SyntaxNode): SyntaxNode {
    if (!this.accept('?')) return condition;
    const yes = this.expression();
    this.expect(':');
    const no = this.expression();
    return { kind: 'conditional', condition, yes, no, start: condition.start, end: no.end };
  }

  private unary(): SyntaxNode {
    const token = this.token;
    if (token.kind === 'operator' && UNARY.has(token.text)) {
      if (++this.depth > MAX_DEPTH) throw new ExpressionError('the expression is nested too deeply', token.start);
      this.at++;
      const operand = this.unary();
      this.depth--;
      return { kind: 'unary', operator: token.text, operand, start: token.start, end: operand.end };
    }
    return this.cast() ?? this.postfix(this.primary());
  }

  /** `(char *)x`, `('runtime.g' *)$r14`, `(unsigned long)x`, `(uint8)$rdi`; undefined, and nothing read, when it is none. */
  private cast(): SyntaxNode | undefined {
    if (!this.isOperator('(')) return undefined;
    const saved = this.at;
    const start = this.token.start;
    this.at++;
    const type = this.cType();
    if (type !== undefined && this.accept(')')) {
      const plain = type.kind !== 'c-pointer' && type.kind !== 'c-type';
      if (this.startsOperand(plain)) {
        const operand = this.unary();
        return { kind: 'cast', type, operand, start, end: operand.end };
      }
    }
    this.at = saved;
    return undefined;
  }

  /** After a parenthesis that may be a cast. With a plain Go name in it, `(x) - 1` and `(x)[i]` are no casts. */
  private startsOperand(plain: boolean): boolean {
    const token = this.token;
    if (token.kind === 'end') return false;
    if (token.kind !== 'operator') return true;
    return !plain && (token.text === '(' || UNARY.has(token.text));
  }

  /** A C spelling of a type: words or a dotted or quoted name, then stars. */
  private cType(): SyntaxNode | undefined {
    const start = this.token.start;
    let type = this.cBase();
    if (type === undefined) return undefined;
    for (;;) {
      if (this.isName('const') || this.isName('volatile')) {
        this.at++;
      } else if (this.accept('*')) {
        type = { kind: 'c-pointer', elem: type, start, end: this.lastEnd };
      } else {
        return type;
      }
    }
  }

  private cBase(): SyntaxNode | undefined {
    const token = this.token;
    if (token.kind === 'quoted') {
      this.at++;
      return { kind: 'quoted', name: token.text, start: token.start, end: token.end };
    }
    if (token.kind !== 'name') return undefined;
    if (C_WORDS.has(token.text)) {
      const words: string[] = [];
      while (this.token.kind === 'name' && (C_WORDS.has(this.token.text) || C_TAGS.has(words.at(-1) ?? ''))) {
        if (this.token.text !== 'const' && this.token.text !== 'volatile') words.push(this.token.text);
        this.at++;
      }
      // `int` alone is Go's as well; the frame's language decides.
      if (words.length === 1 && words[0] === 'int') return { kind: 'name', name: 'int', start: token.start, end: this.lastEnd };
      return { kind: 'c-type', name: words.join(' '), start: token.start, end: this.lastEnd };
    }
    this.at++;
    let node: SyntaxNode = { kind: 'name', name: token.text, start: token.start, end: token.end };
    while (this.isOperator('.') && this.peek(1).kind === 'name') {
      const name = this.peek(1) as ExpressionToken & { kind: 'name' };
      this.at += 2;
      node = { kind: 'selector', operand: node, name: name.text, nameStart: name.start, start: token.start, end: name.end };
    }
    return node;
  }

  private primary(): SyntaxNode {
    const token = this.token;
    const span = { start: token.start, end: token.end };
    switch (token.kind) {
      case 'integer':
      case 'rune':
        this.at++;
        return { kind: token.kind, value: token.value, ...span };
      case 'float':
      case 'imaginary':
        this.at++;
        return { kind: token.kind, value: token.value, ...span };
      case 'string':
        this.at++;
        return { kind: 'string', value: token.value, ...span };
      case 'register':
      case 'quoted':
        this.at++;
        return { kind: token.kind, name: token.text, ...span };
      case 'name':
        return this.nameOrType(token.text);
      case 'operator':
        if (token.text === '(') return this.parenthesized();
        if (token.text === '[') return this.arrayType();
        if (token.text === '<-') return this.spelledType();
        return this.fail('a value');
      case 'end':
        return this.fail('a value');
    }
  }

  private parenthesized(): SyntaxNode {
    const start = this.token.start;
    this.expect('(');
    const inner = this.expression();
    this.expect(')');
    return { kind: 'paren', inner, start, end: this.lastEnd };
  }

  private nameOrType(name: string): SyntaxNode {
    const { start, end } = this.token;
    if (name === 'map' && this.isOperator('[', this.peek(1))) {
      this.at += 2;
      const key = this.type();
      this.expect(']');
      const elem = this.type();
      return { kind: 'map-type', key, elem, start, end: elem.end };
    }
    if (name === 'chan' || ((name === 'struct' || name === 'interface') && this.isOperator('{', this.peek(1)))) return this.spelledType();
    if (name === 'func' && this.isOperator('(', this.peek(1))) return this.spelledType();
    if (name === 'sizeof') return this.sizeof();
    const saved = this.at;
    const inC = C_WORDS.has(name) ? this.cType() : undefined;
    if (inC !== undefined && !this.mayBeName(inC, saved)) return inC;
    this.at = saved + 1;
    return { kind: 'name', name, start, end };
  }

  /** One word of C's, alone or before what it may be multiplied with, is a name: Go programs have variables called `long` and `double`. */
  private mayBeName(type: SyntaxNode, first: number): boolean {
    if (this.at === first + 1) return true;
    return type.kind === 'c-pointer' && this.isOperator('*', this.tokens[first + 1]) && this.startsOperand(false);
  }

  private sizeof(): SyntaxNode {
    const start = this.token.start;
    this.at++;
    if (!this.isOperator('(')) {
      const bare = this.unary();
      return { kind: 'sizeof', operand: bare, start, end: bare.end };
    }
    this.expect('(');
    const saved = this.at;
    const type = this.cType();
    if (type !== undefined && !this.mayBeName(type, saved) && this.accept(')'))
      return { kind: 'sizeof', operand: type, start, end: this.lastEnd };
    this.at = saved;
    const operand = this.expression();
    this.expect(')');
    return { kind: 'sizeof', operand, start, end: this.lastEnd };
  }

  private arrayType(): SyntaxNode {
    const start = this.token.start;
    this.expect('[');
    const length = this.isOperator(']') ? undefined : this.expression();
    this.expect(']');
    const elem = this.type();
    return { kind: 'array-type', length, elem, start, end: elem.end };
  }

  /** A Go type where only a type can stand. */
  private type(): SyntaxNode {
    const start = this.token.start;
    if (this.accept('*')) {
      const operand = this.type();
      return { kind: 'unary', operator: '*', operand, start, end: operand.end };
    }
    let node = this.primary();
    for (;;) {
      if (this.isOperator('.') && this.peek(1).kind === 'name') node = this.selector(node);
      else if (this.isOperator('[')) node = this.indexOrSlice(node);
      else return node;
    }
  }

  /** chan, func, struct and interface types, kept as text with blanks normalised as Go's linker spells them. */
  private spelledType(): SyntaxNode {
    const start = this.token.start;
    this.accept('<-');
    const word = this.token;
    if (word.kind !== 'name') this.fail('a type');
    this.at++;
    if (word.text === 'chan') {
      this.accept('<-');
      this.type();
    } else if (word.text === 'func') {
      this.skipBrackets('(', ')');
      if (this.isOperator('(')) this.skipBrackets('(', ')');
      else if (this.startsType()) this.type();
    } else {
      this.skipBrackets('{', '}');
    }
    const text = this.source.slice(start, this.lastEnd).replace(/\s+/g, ' ').trim();
    return { kind: 'spelled-type', text, start, end: this.lastEnd };
  }

  private startsType(): boolean {
    const token = this.token;
    return token.kind === 'name' || (token.kind === 'operator' && ['*', '[', '<-'].includes(token.text));
  }

  private skipBrackets(open: string, close: string): void {
    this.expect(open);
    let depth = 1;
    while (depth > 0) {
      if (this.atEnd()) this.fail(`"${close}"`);
      if (this.isOperator(open)) depth++;
      if (this.isOperator(close)) depth--;
      this.at++;
    }
  }

  private postfix(operand: SyntaxNode): SyntaxNode {
    let node = operand;
    for (;;) {
      if (this.isOperator('.') || this.isOperator('->')) node = this.selector(node);
      else if (this.isOperator('[')) node = this.indexOrSlice(node);
      else if (this.isOperator('(')) node = this.call(node);
      else if (this.isOperator('{')) node = this.literal(node);
      else return node;
    }
  }

  private literal(type: SyntaxNode): SyntaxNode {
    this.expect('{');
    const elements: LiteralElement[] = [];
    while (!this.isOperator('}')) {
      const first = this.expression();
      elements.push(this.accept(':') ? { key: first, value: this.expression() } : { value: first });
      if (!this.accept(',')) break;
    }
    this.expect('}');
    return { kind: 'literal', type, elements, start: type.start, end: this.lastEnd };
  }

  private selector(operand: SyntaxNode): SyntaxNode {
    this.at++;
    const token = this.token;
    if (token.kind === 'operator' && token.text === '(') {
      this.at++;
      const type = this.isOperator('*') || this.isOperator('[') ? this.type() : this.expression();
      this.expect(')');
      return { kind: 'assert', operand, type, start: operand.start, end: this.lastEnd };
    }
    if (token.kind !== 'name') return this.fail('a field or method name');
    this.at++;
    return { kind: 'selector', operand, name: token.text, nameStart: token.start, start: operand.start, end: token.end };
  }

  private indexOrSlice(operand: SyntaxNode): SyntaxNode {
    this.expect('[');
    const start = operand.start;
    const low = this.isOperator(':') ? undefined : this.element();
    if (!this.isOperator(':')) {
      const indices = [low!];
      while (this.accept(',')) indices.push(this.element());
      this.expect(']');
      return { kind: 'index', operand, indices, start, end: this.lastEnd };
    }
    this.expect(':');
    const high = this.isOperator(']') || this.isOperator(':') ? undefined : this.expression();
    const max = this.accept(':') ? this.expression() : undefined;
    this.expect(']');
    return { kind: 'slice', operand, ...(low && { low }), ...(high && { high }), ...(max && { max }), start, end: this.lastEnd };
  }

  /** An index, or a type argument (`go.shape.*uint8_0` has a star behind a dot). */
  private element(): SyntaxNode {
    const start = this.token.start;
    if (this.isName('go') && this.isOperator('.', this.peek(1)) && this.isName('shape', this.peek(2))) {
      let depth = 0;
      while (!this.atEnd()) {
        if (depth === 0 && (this.isOperator(']') || this.isOperator(','))) break;
        if (this.token.kind === 'operator') depth += '[{('.includes(this.token.text) ? 1 : ']})'.includes(this.token.text) ? -1 : 0;
        this.at++;
      }
      return { kind: 'spelled-type', text: this.source.slice(start, this.lastEnd), start, end: this.lastEnd };
    }
    return this.expression();
  }

  private call(callee: SyntaxNode): SyntaxNode {
    this.expect('(');
    const args: SyntaxNode[] = [];
    let spread = false;
    while (!this.isOperator(')')) {
      args.push(this.expression());
      spread = this.accept('...');
      if (spread || !this.accept(',')) break;
    }
    this.expect(')');
    return { kind: 'call', callee, args, spread, start: callee.start, end: this.lastEnd };
  }
}

/** Compiles an expression. Throws ExpressionError with the column. */
export function parseExpression(source: string, inC = false): Expression {
  const parser = new Parser(source, inC ? C : GO);
  const root = parser.expression();
  if (parser.isOperator('=')) throw new ExpressionError('= assigns, which the set command does; == compares', parser.token.start);
  if (!parser.atEnd()) parser.fail('an operator or the end');
  return { source, root };
}

/** Compiles `target = value`. Throws ExpressionError with the column. */
export function parseAssignment(source: string): AssignmentStatement {
  const parser = new Parser(source);
  const target = parser.expression();
  parser.expect('=');
  const value = parser.expression();
  if (!parser.atEnd()) parser.fail('the end');
  return { source, target, value };
}
