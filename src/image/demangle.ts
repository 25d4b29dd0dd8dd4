/**
 * C++ names as people read them: the Itanium C++ ABI's mangling, chapter 5.1, as far as compilers emit it for functions and objects of
 * libstdc++ and the ThreadSanitizer runtime. What is not understood stays as it is. Spelling follows `c++filt`.
 */
import { BUILTIN_TYPES, EXTENDED_BUILTIN_TYPES, OPERATORS, STD_SUBSTITUTIONS } from './demangle-tables.js';

const cache = new Map<string, string>();
const CACHE_LIMIT = 50_000;
/** Names deeper or longer than a compiler makes are refused rather than followed. */
const DEPTH_LIMIT = 256;
const LENGTH_LIMIT = 100_000;

/** The readable form of a link name; the name itself when it is not a mangled C++ name. */
export function demangle(name: string): string {
  if (!name.startsWith('_Z')) return name;
  let result = cache.get(name);
  if (result === undefined) {
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(name, (result = new Demangler(name).demangle() ?? name));
  }
  return result;
}

/** A demangled function name without its parameters: `__tsan::ThreadStart` of `__tsan::ThreadStart(int)`. Template arguments stay. */
export function withoutParameters(name: string): string {
  if (name.endsWith(']') || !name.includes('(')) return name;
  let depth = 0;
  for (let i = name.lastIndexOf(')'); i >= 0; i--) {
    if (name[i] === ')') depth++;
    else if (name[i] === '(' && --depth === 0) return i > 0 ? name.slice(0, i) : name;
  }
  return name;
}

/** A type, as what stands left and right of a declared name. `wrap`: a function or array, whose pointers need parentheses. */
interface Type {
  readonly left: string;
  readonly right: string;
  readonly wrap?: boolean;
  /** Elements of a parameter pack. */
  readonly pack?: readonly Type[];
}

interface Name {
  readonly text: string;
  /** Ends in template arguments, so a function's encoding begins with its return type. */
  readonly template: boolean;
  /** Constructors, destructors and conversions have no return type even then. */
  readonly special: boolean;
  /** ` const`, ` &` and the like of a member function. */
  readonly qualifiers: string;
}

class Unsupported extends Error {}

const plain = (left: string): Type => ({ left, right: '' });
const list = (types: readonly Type[]): string =>
  types
    .map(show)
    .filter(text => text !== '')
    .join(', ');

function show(type: Type): string {
  if (type.pack) return list(type.pack);
  return type.left + (type.wrap && type.right.startsWith('(') ? ' ' : '') + type.right;
}

class Demangler {
  private at = 2;
  private depth = 0;
  private substitutions: Type[] = [];
  private templateArgs: Type[] = [];
  /** Element of a pack that T_ stands for while its expansion is read. */
  private packIndex: number | undefined;
  private packLength: number | undefined;
  private inLambda = 0;

  constructor(private readonly input: string) {}

  demangle(): string | undefined {
    try {
      if (this.input.length > LENGTH_LIMIT) return undefined;
      let text = this.encoding(true);
      // GCC's clones: `.constprop.0`, `.part.1`, `.isra.0`, `.cold`.
      while (this.at < this.input.length) {
        const clone = /^(?:\.[a-zA-Z_]\w*(?:\.\d+)*|\.\d+)/.exec(this.input.slice(this.at))?.[0];
        if (!clone) return undefined;
        text += ` [clone ${clone}]`;
        this.at += clone.length;
      }
      return text;
    } catch (error) {
      if (error instanceof Unsupported) return undefined;
      throw error;
    }
  }

  // ---- input -----------------------------------------------------------------------------------------------------------------------

  private peek(text: string): boolean {
    return this.input.startsWith(text, this.at);
  }

  private eat(text: string): boolean {
    if (!this.peek(text)) return false;
    this.at += text.length;
    return true;
  }

  private need(text: string): void {
    if (!this.eat(text)) throw new Unsupported();
  }

  private nest<T>(read: () => T): T {
    if (++this.depth > DEPTH_LIMIT) throw new Unsupported();
    const result = read();
    this.depth--;
    return result;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.input)?.[0];
    if (found === undefined) throw new Unsupported();
    this.at += found.length;
    return found;
  }

  private number(): number {
    return Number(this.match(/\d+/y));
  }

  /** `_` is 0, `0_` is 1, in base 36 for substitutions. */
  private sequence(radix: number): number {
    if (this.eat('_')) return 0;
    const digits = this.match(radix === 36 ? /[0-9A-Z]+/y : /\d+/y);
    this.need('_');
    return Number.parseInt(digits, radix) + 1;
  }

  // ---- encodings and names -----------------------------------------------------------------------------------------------------------

  /** <encoding>. Only the outermost function of a name shows its return type. */
  private encoding(top: boolean): string {
    return this.nest(() => {
      if (this.peek('T') || this.peek('GV') || this.peek('GR') || this.peek('GTt')) return this.specialName();
      const outer = this.templateArgs;
      const name = this.name(true);
      if (this.at >= this.input.length || this.peek('E') || this.peek('.')) {
        this.templateArgs = top ? this.templateArgs : outer;
        return name.text + name.qualifiers;
      }
      const result = name.template && !name.special ? this.type() : undefined;
      const text = name.text + this.parameters() + name.qualifiers;
      this.templateArgs = outer;
      if (!result || !top) return result?.wrap ? text : text;
      const space = /[*&(]$/.test(result.left) && result.right !== '' ? '' : ' ';
      return result.left + space + text + result.right;
    });
  }

  private parameters(): string {
    const types: Type[] = [];
    while (this.at < this.input.length && !this.peek('E') && !this.peek('.') && !this.peek('@')) {
      if ((this.peek('R') || this.peek('O')) && this.input[this.at + 1] === 'E') break;
      types.push(this.type());
    }
    if (types.length === 0) throw new Unsupported();
    if (types.length === 1 && types[0]!.left === 'void' && types[0]!.right === '') return '()';
    return `(${list(types)})`;
  }

  private specialName(): string {
    const typed: Record<string, string> = { TV: 'vtable for ', TT: 'VTT for ', TI: 'typeinfo for ', TS: 'typeinfo name for ' };
    for (const [code, text] of Object.entries(typed)) if (this.eat(code)) return text + show(this.type());
    if (this.eat('GV')) return `guard variable for ${this.name(false).text}`;
    if (this.eat('TW')) return `TLS wrapper function for ${this.name(false).text}`;
    if (this.eat('TH')) return `TLS init function for ${this.name(false).text}`;
    if (this.eat('GTt')) return `transaction clone for ${this.encoding(false)}`;
    if (this.eat('GR')) {
      const name = this.name(false).text;
      return `reference temporary #${this.sequence(36)} for ${name}`;
    }
    if (this.eat('TC')) {
      const derived = show(this.type());
      this.number();
      this.need('_');
      return `construction vtable for ${show(this.type())}-in-${derived}`;
    }
    if (this.eat('Tc')) {
      this.callOffset();
      this.callOffset();
      return `covariant return thunk to ${this.encoding(false)}`;
    }
    this.need('T');
    const virtual = this.peek('v');
    this.callOffset();
    return `${virtual ? '' : 'non-'}virtual thunk to ${this.encoding(false)}`;
  }

  private callOffset(): void {
    this.match(/h n?\d+_|hn?\d+_|vn?\d+_n?\d+_/y);
  }

  private name(tag: boolean): Name {
    if (this.peek('N')) return this.nestedName(tag);
    if (this.peek('Z')) return this.localName(tag);
    let text: string;
    let special = false;
    if (this.peek('S') && !this.peek('St')) {
      text = show(this.substitution());
      if (!this.peek('I')) throw new Unsupported();
    } else {
      const std = this.eat('St') ? 'std::' : '';
      special = this.peek('cv');
      text = std + this.unqualified();
      if (this.peek('I')) this.substitutions.push(plain(text));
    }
    if (!this.peek('I')) return { text, template: false, special, qualifiers: '' };
    return { text: text + this.templateArguments(tag), template: true, special, qualifiers: '' };
  }

  private qualifiers(): string {
    let text = '';
    const flags = this.match(/r?V?K?/y);
    if (flags.includes('K')) text += ' const';
    if (flags.includes('V')) text += ' volatile';
    if (flags.includes('r')) text += ' restrict';
    return text;
  }

  private nestedName(tag: boolean): Name {
    this.need('N');
    let qualifiers = this.qualifiers();
    if (this.eat('R')) qualifiers += ' &';
    else if (this.eat('O')) qualifiers += ' &&';
    let text = '';
    /** The last component without its template arguments: what a constructor is called. */
    let simple = '';
    let template = false;
    let special = false;
    while (!this.eat('E')) {
      if (this.peek('I')) {
        if (text === '') throw new Unsupported();
        text += this.templateArguments(tag);
        template = true;
      } else if (this.peek('St')) {
        this.at += 2;
        simple = this.unqualified();
        text = `std::${simple}`;
        template = false;
      } else if (this.peek('S')) {
        text = show(this.substitution());
        simple = lastComponent(text);
        template = text.endsWith('>');
        continue;
      } else if (text === '' && (this.peek('T') || this.peek('Dt') || this.peek('DT'))) {
        text = show(this.type());
        simple = text;
        continue;
      } else {
        const structor = this.match(/C[I]?[1-5]|D[0-5](?!\d)|/y);
        if (structor) {
          if (structor.startsWith('CI')) this.type();
          special = true;
          template = false;
          text += `::${structor.startsWith('D') ? '~' : ''}${simple}${this.abiTags()}`;
        } else {
          special = this.peek('cv');
          simple = this.unqualified();
          text = text === '' ? simple : `${text}::${simple}`;
          template = false;
          this.eat('M');
        }
      }
      if (!this.peek('E')) this.substitutions.push(plain(text));
    }
    return { text, template, special, qualifiers };
  }

  private localName(tag: boolean): Name {
    this.need('Z');
    const outer = this.encoding(false);
    this.need('E');
    if (this.eat('s')) {
      this.discriminator();
      return { text: `${outer}::string literal`, template: false, special: false, qualifiers: '' };
    }
    let argument = '';
    if (this.eat('d')) argument = `::{default arg#${this.sequence(10) + 1}}`;
    const name = this.name(tag);
    this.discriminator();
    return { ...name, text: `${outer}${argument}::${name.text}` };
  }

  private discriminator(): void {
    this.match(/__\d+_|_\d|/y);
  }

  /** <unqualified-name> with its ABI tags. */
  private unqualified(): string {
    this.eat('L');
    let text: string;
    const first = this.input[this.at] ?? '';
    if (first >= '0' && first <= '9') text = this.sourceName();
    else if (this.eat('Ut')) {
      const index = this.sequence(10);
      text = `{unnamed type#${index + 1}}`;
    } else if (this.eat('Ul')) {
      this.inLambda++;
      const parameters = this.parameters();
      this.inLambda--;
      this.need('E');
      text = `{lambda${parameters}#${this.sequence(10) + 1}}`;
    } else if (this.eat('DC')) {
      const names: string[] = [];
      while (!this.eat('E')) names.push(this.sourceName());
      text = `[${names.join(', ')}]`;
    } else text = this.operatorName();
    return text + this.abiTags();
  }

  private abiTags(): string {
    let text = '';
    while (this.eat('B')) text += `[abi:${this.sourceName()}]`;
    return text;
  }

  private sourceName(): string {
    const length = this.number();
    const text = this.input.slice(this.at, this.at + length);
    if (length === 0 || text.length < length) throw new Unsupported();
    this.at += length;
    return /^_GLOBAL_[._$]N/.test(text) ? '(anonymous namespace)' : text;
  }

  private operatorName(): string {
    if (this.eat('cv')) return `operator ${show(this.type())}`;
    if (this.eat('li')) return `operator"" ${this.sourceName()}`;
    const code = this.input.slice(this.at, this.at + 2);
    const operator = OPERATORS[code];
    if (operator === undefined) throw new Unsupported();
    this.at += 2;
    // A space keeps the operator apart from template arguments.
    return `operator${/^[a-z]/.test(operator) ? ' ' : ''}${operator}${operator.endsWith('<') && this.peek('I') ? ' ' : ''}`;
  }

  // ---- types -------------------------------------------------------------------------------------------------------------------------

  private substitution(): Type {
    this.need('S');
    const code = this.input[this.at] ?? '';
    const known = STD_SUBSTITUTIONS[code];
    if (known !== undefined) {
      this.at++;
      const tags = this.abiTags();
      return tags ? this.remember(plain(known + tags)) : plain(known);
    }
    const type = this.substitutions[this.sequence(36)];
    if (!type) throw new Unsupported();
    return this.element(type);
  }

  /** A pack's element while its expansion is read, else the pack itself. */
  private element(type: Type): Type {
    if (!type.pack || this.packIndex === undefined) return type;
    this.packLength = type.pack.length;
    return type.pack[this.packIndex] ?? plain('');
  }

  private templateParam(): Type {
    this.need('T');
    const index = this.sequence(10);
    if (this.inLambda > 0) return plain(`auto:${index + 1}`);
    const type = this.templateArgs[index];
    if (!type) throw new Unsupported();
    return this.element(type);
  }

  private remember(type: Type): Type {
    this.substitutions.push(type);
    return type;
  }

  private type(): Type {
    return this.nest(() => this.typeInside());
  }

  private typeInside(): Type {
    const first = this.input[this.at] ?? '';
    const builtin = BUILTIN_TYPES[first];
    if (builtin !== undefined) {
      this.at++;
      return plain(builtin);
    }
    switch (first) {
      case 'r':
      case 'V':
      case 'K': {
        const qualifiers = this.qualifiers();
        const type = this.type();
        if (type.wrap && type.right.startsWith('(')) return this.remember({ ...type, right: type.right + qualifiers });
        return this.remember({ ...type, left: type.left.endsWith(qualifiers) ? type.left : type.left + qualifiers });
      }
      case 'P':
        this.at++;
        return this.remember(pointer(this.type(), '*'));
      case 'R':
        this.at++;
        return this.remember(reference(this.type(), '&'));
      case 'O':
        this.at++;
        return this.remember(reference(this.type(), '&&'));
      case 'C':
        this.at++;
        return this.remember(suffixed(this.type(), ' _Complex'));
      case 'G':
        this.at++;
        return this.remember(suffixed(this.type(), ' _Imaginary'));
      case 'F':
        return this.remember(this.functionType());
      case 'A':
        return this.remember(this.arrayType());
      case 'M':
        return this.remember(this.memberPointer());
      case 'u':
        this.at++;
        return this.remember(plain(this.sourceName()));
      case 'U': {
        this.at++;
        const qualifier = this.sourceName();
        const args = this.peek('I') ? this.templateArguments(false) : '';
        return this.remember(suffixed(this.type(), ` ${qualifier}${args}`));
      }
      case 'T': {
        if (/^T[sue]/.test(this.input.slice(this.at, this.at + 2))) {
          this.at += 2;
          return this.remember(plain(this.name(false).text));
        }
        const type = this.remember(this.templateParam());
        return this.peek('I') ? this.remember(plain(show(type) + this.templateArguments(false))) : type;
      }
      case 'D':
        return this.typeD();
      case 'S': {
        if (this.peek('St')) break;
        const type = this.substitution();
        return this.peek('I') ? this.remember(plain(show(type) + this.templateArguments(false))) : type;
      }
    }
    const name = this.name(false);
    return this.remember(plain(name.text));
  }

  private typeD(): Type {
    const code = this.input.slice(this.at, this.at + 2);
    const builtin = EXTENDED_BUILTIN_TYPES[code];
    if (builtin !== undefined) {
      this.at += 2;
      return plain(builtin);
    }
    if (code === 'Dt' || code === 'DT') {
      this.at += 2;
      const text = `decltype (${this.expression()})`;
      this.need('E');
      return this.remember(plain(text));
    }
    if (code === 'Dp') return this.packExpansion();
    if (code === 'Do' || code === 'DO' || code === 'Dw') return this.remember(this.functionType());
    if (code === 'DF') {
      this.at += 2;
      const bits = this.number();
      this.match(/[_x]/y);
      return plain(`_Float${bits}`);
    }
    if (code === 'Dv') {
      this.at += 2;
      const length = this.number();
      this.need('_');
      const type = this.type();
      return this.remember(suffixed(type, ` __vector(${length})`));
    }
    throw new Unsupported();
  }

  /**
   * Dp: the pattern is read once with T_ standing for the whole pack, which is what later substitutions mean, and once for each element.
   */
  private packExpansion(): Type {
    this.need('Dp');
    const start = this.at;
    const [outerIndex, outerLength] = [this.packIndex, this.packLength];
    this.packIndex = undefined;
    const whole = this.type();
    const end = this.at;
    const remembered = this.substitutions.slice();
    const elements: Type[] = [];
    this.packLength = undefined;
    let length: number | undefined;
    for (let i = 0; i < (length ?? 1); i++) {
      this.at = start;
      this.packIndex = i;
      elements.push(this.type());
      this.substitutions = remembered.slice();
      length = this.packLength as number | undefined;
      if (length === undefined) break;
    }
    this.at = end;
    [this.packIndex, this.packLength] = [outerIndex, outerLength];
    if (length === undefined) return this.remember(suffixed(whole, '...'));
    return this.remember({ left: '', right: '', pack: elements.slice(0, length) });
  }

  private functionType(): Type {
    let suffix = '';
    if (this.eat('Do')) suffix = ' noexcept';
    this.eat('Dx');
    this.need('F');
    this.eat('Y');
    const result = this.type();
    const parameters = this.parameters();
    if (this.eat('R')) suffix = ` &${suffix}`;
    else if (this.eat('O')) suffix = ` &&${suffix}`;
    this.need('E');
    return { left: result.left, right: parameters + suffix + result.right, wrap: true };
  }

  private arrayType(): Type {
    this.need('A');
    let bound = '';
    const first = this.input[this.at] ?? '';
    if (first >= '0' && first <= '9') bound = String(this.number());
    else if (first !== '_') bound = this.expression();
    this.need('_');
    const element = this.type();
    const right = element.wrap && element.right.startsWith(' [') ? ` [${bound}]${element.right.slice(1)}` : ` [${bound}]${element.right}`;
    return { left: element.left, right, wrap: true };
  }

  private memberPointer(): Type {
    this.need('M');
    const owner = show(this.type());
    const member = this.type();
    if (member.wrap) return { left: `${member.left} (${owner}::*`, right: `)${member.right}` };
    return { left: `${member.left} ${owner}::*`, right: member.right };
  }

  // ---- template arguments and expressions ----------------------------------------------------------------------------------------------

  /** I ... E as text. With `tag` they are those that T_ refers to from here on. */
  private templateArguments(tag: boolean): string {
    this.need('I');
    const args: Type[] = [];
    const outer = this.inLambda;
    this.inLambda = 0;
    while (!this.eat('E')) args.push(this.templateArgument());
    this.inLambda = outer;
    if (tag) this.templateArgs = args;
    const text = list(args);
    return `<${text}${text.endsWith('>') ? ' ' : ''}>`;
  }

  private templateArgument(): Type {
    if (this.eat('J')) {
      const pack: Type[] = [];
      while (!this.eat('E')) pack.push(this.templateArgument());
      return { left: '', right: '', pack };
    }
    if (this.peek('L')) return plain(this.literal());
    if (this.eat('X')) {
      const text = this.expression();
      this.need('E');
      return plain(text);
    }
    return this.type();
  }

  private literal(): string {
    this.need('L');
    if (this.eat('_Z') || this.eat('Z')) {
      const text = this.encoding(false);
      this.need('E');
      return text;
    }
    const code = this.input[this.at] ?? '';
    const type = show(this.type());
    const value = this.match(/n?[0-9a-f]*/y).replace(/^n/, '-');
    this.need('E');
    if (code === 'b' && value === '0') return 'false';
    if (code === 'b' && value === '1') return 'true';
    if (value === '') return type === 'decltype(nullptr)' ? `(${type})0` : `(${type})`;
    const suffix = { i: '', j: 'u', l: 'l', m: 'ul', x: 'll', y: 'ull' }[code];
    return suffix === undefined ? `(${type})${value}` : value + suffix;
  }

  private expression(): string {
    return this.nest(() => this.expressionInside());
  }

  private expressionInside(): string {
    if (this.peek('L')) return this.literal();
    if (this.peek('T')) return show(this.templateParam());
    if (this.eat('fpT')) return 'this';
    if (this.eat('fp')) {
      this.qualifiers();
      return `{parm#${this.sequence(10) + 1}}`;
    }
    if (this.eat('sr')) {
      const scope = show(this.type());
      const name = this.unqualified();
      return `${scope}::${name}${this.peek('I') ? this.templateArguments(false) : ''}`;
    }
    if (this.eat('cl')) {
      const callee = this.expression();
      const args: string[] = [];
      while (!this.eat('E')) args.push(this.expression());
      return `${/^[\w:]+$/.test(callee) ? callee : `(${callee})`}(${args.join(', ')})`;
    }
    if (this.eat('dt')) return `${this.operand()}.${this.memberName()}`;
    if (this.eat('pt')) return `${this.operand()}->${this.memberName()}`;
    if (this.eat('st')) return `sizeof (${show(this.type())})`;
    if (this.eat('sz')) return `sizeof ${this.operand()}`;
    if (this.eat('sZ')) {
      const pack = this.peek('T') ? this.templateParam() : undefined;
      return pack?.pack ? String(pack.pack.length) : `sizeof...(${pack ? show(pack) : this.expression()})`;
    }
    if (this.eat('sp')) {
      const pack = this.peek('T') ? this.templateParam() : undefined;
      return pack?.pack ? show(pack) : `${pack ? show(pack) : this.expression()}...`;
    }
    if (this.eat('cv')) {
      const type = show(this.type());
      if (!this.eat('_')) return `(${type})${this.operand()}`;
      const args: string[] = [];
      while (!this.eat('E')) args.push(this.expression());
      return `${type}(${args.join(', ')})`;
    }
    const first = this.input[this.at] ?? '';
    if (first >= '0' && first <= '9') return this.memberName();
    const code = this.input.slice(this.at, this.at + 2);
    const operator = OPERATORS[code];
    if (operator === undefined) throw new Unsupported();
    this.at += 2;
    if (['ad', 'ng', 'nt', 'co', 'de', 'ps'].includes(code)) return `${operator}${this.operand()}`;
    if (code === 'qu') return `${this.operand()}?${this.operand()} : ${this.operand()}`;
    const [a, b] = [this.operand(), this.operand()];
    // A > would end the template arguments that the expression stands in.
    return code === 'gt' ? `(${a}>${b})` : `${a}${operator}${b}`;
  }

  private operand(): string {
    if (this.peek('sr')) return this.expression();
    const text = this.expression();
    return /^[\w:#{}]+$/.test(text) ? text : `(${text})`;
  }

  private memberName(): string {
    const name = this.unqualified();
    return name + (this.peek('I') ? this.templateArguments(false) : '');
  }
}

/** `b` of `a::b<c::d>`. */
function lastComponent(text: string): string {
  let depth = 0;
  let start = 0;
  let end = text.length;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '<') {
      if (depth++ === 0) end = i;
    } else if (text[i] === '>') depth--;
    else if (depth === 0 && text.startsWith('::', i)) {
      start = i + 2;
      end = text.length;
    }
  }
  return text.slice(start, end);
}

function pointer(type: Type, sign: string): Type {
  if (type.pack) return { ...type, pack: type.pack.map(element => pointer(element, sign)) };
  if (type.wrap) return { left: `${type.left} (${sign}`, right: `)${type.right}` };
  return { left: type.left + sign, right: type.right };
}

/** References to references collapse: an lvalue wins. */
function reference(type: Type, sign: '&' | '&&'): Type {
  if (type.pack) return { ...type, pack: type.pack.map(element => reference(element, sign)) };
  if (!type.wrap && type.left.endsWith('&')) return sign === '&' ? { ...type, left: `${type.left.replace(/&+$/, '')}&` } : type;
  return pointer(type, sign);
}

function suffixed(type: Type, suffix: string): Type {
  if (type.pack) return { ...type, pack: type.pack.map(element => suffixed(element, suffix)) };
  return { ...type, left: type.left + suffix };
}
