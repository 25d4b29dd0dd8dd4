/** Types, template arguments and expressions of mangled names: Itanium C++ ABI, 5.1.5 to 5.1.8. */
import { MangledCursor, UnsupportedName } from './cursor.js';
import { BUILTIN_TYPES, EXTENDED_BUILTIN_TYPES, OPERATORS, STD_SUBSTITUTIONS } from './tables.js';
import { list, type MangledType, type Name, plain, pointer, reference, showMangled, suffixed } from './type.js';

export abstract class MangledTypeParser extends MangledCursor {
  protected substitutions: MangledType[] = [];
  protected templateArgs: MangledType[] = [];
  /** Element of a pack that T_ stands for while its expansion is read. */
  private packIndex: number | undefined;
  private packLength: number | undefined;
  protected inLambda = 0;

  protected abstract name(tag: boolean): Name;
  protected abstract encoding(top: boolean): string;
  protected abstract unqualified(): string;
  protected abstract abiTags(): string;
  protected abstract sourceName(): string;

  protected parameters(): string {
    const types: MangledType[] = [];
    while (this.at < this.input.length && !this.peek('E') && !this.peek('.') && !this.peek('@')) {
      if ((this.peek('R') || this.peek('O')) && this.input[this.at + 1] === 'E') break;
      types.push(this.type());
    }
    if (types.length === 0) throw new UnsupportedName();
    if (types.length === 1 && types[0]!.left === 'void' && types[0]!.right === '') return '()';
    return `(${list(types)})`;
  }

  protected qualifiers(): string {
    let text = '';
    const flags = this.match(/r?V?K?/y);
    if (flags.includes('K')) text += ' const';
    if (flags.includes('V')) text += ' volatile';
    if (flags.includes('r')) text += ' restrict';
    return text;
  }

  protected substitution(): MangledType {
    this.need('S');
    const code = this.input[this.at] ?? '';
    const known = STD_SUBSTITUTIONS[code];
    if (known !== undefined) {
      this.at++;
      const tags = this.abiTags();
      return tags ? this.remember(plain(known + tags)) : plain(known);
    }
    const type = this.substitutions[this.sequence(36)];
    if (!type) throw new UnsupportedName();
    return this.element(type);
  }

  /** A pack's element while its expansion is read, else the pack itself. */
  protected element(type: MangledType): MangledType {
    for (const { left, right } of type.pack ?? [type]) this.repeat(left.length + right.length);
    if (!type.pack || this.packIndex === undefined) return type;
    this.packLength = type.pack.length;
    return type.pack[this.packIndex] ?? plain('');
  }

  protected templateParam(): MangledType {
    this.need('T');
    const index = this.sequence(10);
    if (this.inLambda > 0) return plain(`auto:${index + 1}`);
    const type = this.templateArgs[index];
    if (!type) throw new UnsupportedName();
    return this.element(type);
  }

  protected remember(type: MangledType): MangledType {
    this.substitutions.push(type);
    return type;
  }

  protected type(): MangledType {
    return this.nest(() => this.typeInside());
  }

  protected typeInside(): MangledType {
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
        return this.peek('I') ? this.remember(plain(showMangled(type) + this.templateArguments(false))) : type;
      }
      case 'D':
        return this.typeD();
      case 'S': {
        if (this.peek('St')) break;
        const type = this.substitution();
        return this.peek('I') ? this.remember(plain(showMangled(type) + this.templateArguments(false))) : type;
      }
    }
    const name = this.name(false);
    return this.remember(plain(name.text));
  }

  protected typeD(): MangledType {
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
    throw new UnsupportedName();
  }

  /**
   * Dp: the pattern is read once with T_ standing for the whole pack, which is what later substitutions mean, and once for each element.
   */
  protected packExpansion(): MangledType {
    this.need('Dp');
    const start = this.at;
    const [outerIndex, outerLength] = [this.packIndex, this.packLength];
    this.packIndex = undefined;
    const whole = this.type();
    const end = this.at;
    const remembered = this.substitutions.slice();
    const elements: MangledType[] = [];
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

  protected functionType(): MangledType {
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

  protected arrayType(): MangledType {
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

  protected memberPointer(): MangledType {
    this.need('M');
    const owner = showMangled(this.type());
    const member = this.type();
    if (member.wrap) return { left: `${member.left} (${owner}::*`, right: `)${member.right}` };
    return { left: `${member.left} ${owner}::*`, right: member.right };
  }

  /** I ... E as text. With `tag` they are those that T_ refers to from here on. */
  protected templateArguments(tag: boolean): string {
    this.need('I');
    const args: MangledType[] = [];
    const outer = this.inLambda;
    this.inLambda = 0;
    while (!this.eat('E')) args.push(this.templateArgument());
    this.inLambda = outer;
    if (tag) this.templateArgs = args;
    const text = list(args);
    return `<${text}${text.endsWith('>') ? ' ' : ''}>`;
  }

  protected templateArgument(): MangledType {
    if (this.eat('J')) {
      const pack: MangledType[] = [];
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

  protected literal(): string {
    this.need('L');
    if (this.eat('_Z') || this.eat('Z')) {
      const text = this.encoding(false);
      this.need('E');
      return text;
    }
    const code = this.input[this.at] ?? '';
    const type = showMangled(this.type());
    const value = this.match(/n?[0-9a-f]*/y).replace(/^n/, '-');
    this.need('E');
    if (code === 'b' && value === '0') return 'false';
    if (code === 'b' && value === '1') return 'true';
    if (value === '') return type === 'decltype(nullptr)' ? `(${type})0` : `(${type})`;
    const suffix = { i: '', j: 'u', l: 'l', m: 'ul', x: 'll', y: 'ull' }[code];
    return suffix === undefined ? `(${type})${value}` : value + suffix;
  }

  protected expression(): string {
    return this.nest(() => this.expressionInside());
  }

  protected expressionInside(): string {
    if (this.peek('L')) return this.literal();
    if (this.peek('T')) return showMangled(this.templateParam());
    if (this.eat('fpT')) return 'this';
    if (this.eat('fp')) {
      this.qualifiers();
      return `{parm#${this.sequence(10) + 1}}`;
    }
    if (this.eat('sr')) {
      const scope = showMangled(this.type());
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
    if (this.eat('st')) return `sizeof (${showMangled(this.type())})`;
    if (this.eat('sz')) return `sizeof ${this.operand()}`;
    if (this.eat('sZ')) {
      const pack = this.peek('T') ? this.templateParam() : undefined;
      return pack?.pack ? String(pack.pack.length) : `sizeof...(${pack ? showMangled(pack) : this.expression()})`;
    }
    if (this.eat('sp')) {
      const pack = this.peek('T') ? this.templateParam() : undefined;
      return pack?.pack ? showMangled(pack) : `${pack ? showMangled(pack) : this.expression()}...`;
    }
    if (this.eat('cv')) {
      const type = showMangled(this.type());
      if (!this.eat('_')) return `(${type})${this.operand()}`;
      const args: string[] = [];
      while (!this.eat('E')) args.push(this.expression());
      return `${type}(${args.join(', ')})`;
    }
    const first = this.input[this.at] ?? '';
    if (first >= '0' && first <= '9') return this.memberName();
    const code = this.input.slice(this.at, this.at + 2);
    const operator = OPERATORS[code];
    if (operator === undefined) throw new UnsupportedName();
    this.at += 2;
    if (['ad', 'ng', 'nt', 'co', 'de', 'ps'].includes(code)) return `${operator}${this.operand()}`;
    if (code === 'qu') return `${this.operand()}?${this.operand()} : ${this.operand()}`;
    const [a, b] = [this.operand(), this.operand()];
    // A > would end the template arguments that the expression stands in.
    return code === 'gt' ? `(${a}>${b})` : `${a}${operator}${b}`;
  }

  protected operand(): string {
    if (this.peek('sr')) return this.expression();
    const text = this.expression();
    return /^[\w:#{}]+$/.test(text) ? text : `(${text})`;
  }

  protected memberName(): string {
    const name = this.unqualified();
    return name + (this.peek('I') ? this.templateArguments(false) : '');
  }
}
