/** Encodings and names: Itanium C++ ABI, 5.1.2 to 5.1.4. */
import { UnsupportedName } from './cursor.js';
import { OPERATORS } from './tables.js';
import { type Name, plain, showMangled } from './type.js';
import { MangledTypeParser } from './type-parser.js';

export class NameParser extends MangledTypeParser {
  /** The whole name as text. Throws Unsupported. */
  parse(): string {
    let text = this.encoding(true);
    // GCC's clones: `.constprop.0`, `.part.1`, `.isra.0`, `.cold`.
    while (this.at < this.input.length) {
      const clone = /^(?:\.[a-zA-Z_]\w*(?:\.\d+)*|\.\d+)/.exec(this.input.slice(this.at))?.[0];
      if (!clone) throw new UnsupportedName();
      text += ` [clone ${clone}]`;
      this.at += clone.length;
    }
    return text;
  }

  /** <encoding>. Only the outermost function of a name shows its return type. */
  protected encoding(top: boolean): string {
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
      if (!result || !top) return text;
      const space = /[*&(]$/.test(result.left) && result.right !== '' ? '' : ' ';
      return result.left + space + text + result.right;
    });
  }

  protected specialName(): string {
    const typed: Record<string, string> = { TV: 'vtable for ', TT: 'VTT for ', TI: 'typeinfo for ', TS: 'typeinfo name for ' };
    for (const [code, text] of Object.entries(typed)) if (this.eat(code)) return text + showMangled(this.type());
    if (this.eat('GV')) return `guard variable for ${this.name(false).text}`;
    if (this.eat('TW')) return `TLS wrapper function for ${this.name(false).text}`;
    if (this.eat('TH')) return `TLS init function for ${this.name(false).text}`;
    if (this.eat('GTt')) return `transaction clone for ${this.encoding(false)}`;
    if (this.eat('GR')) {
      const name = this.name(false).text;
      return `reference temporary #${this.sequence(36)} for ${name}`;
    }
    if (this.eat('TC')) {
      const derived = showMangled(this.type());
      this.number();
      this.need('_');
      return `construction vtable for ${showMangled(this.type())}-in-${derived}`;
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

  protected callOffset(): void {
    this.match(/h n?\d+_|hn?\d+_|vn?\d+_n?\d+_/y);
  }

  protected name(tag: boolean): Name {
    if (this.peek('N')) return this.nestedName(tag);
    if (this.peek('Z')) return this.localName(tag);
    let text: string;
    let special = false;
    if (this.peek('S') && !this.peek('St')) {
      text = showMangled(this.substitution());
      if (!this.peek('I')) throw new UnsupportedName();
    } else {
      const std = this.eat('St') ? 'std::' : '';
      special = this.peek('cv');
      text = std + this.unqualified();
      if (this.peek('I')) this.substitutions.push(plain(text));
    }
    if (!this.peek('I')) return { text, template: false, special, qualifiers: '' };
    return { text: text + this.templateArguments(tag), template: true, special, qualifiers: '' };
  }

  protected nestedName(tag: boolean): Name {
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
        if (text === '') throw new UnsupportedName();
        text += this.templateArguments(tag);
        template = true;
      } else if (this.peek('St')) {
        this.at += 2;
        simple = this.unqualified();
        text = `std::${simple}`;
        template = false;
      } else if (this.peek('S')) {
        text = showMangled(this.substitution());
        simple = lastComponent(text);
        template = text.endsWith('>');
        continue;
      } else if (text === '' && (this.peek('T') || this.peek('Dt') || this.peek('DT'))) {
        text = showMangled(this.type());
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

  protected localName(tag: boolean): Name {
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

  protected discriminator(): void {
    this.match(/__\d+_|_\d|/y);
  }

  /** <unqualified-name> with its ABI tags. */
  protected unqualified(): string {
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

  protected abiTags(): string {
    let text = '';
    while (this.eat('B')) text += `[abi:${this.sourceName()}]`;
    return text;
  }

  protected sourceName(): string {
    const length = this.number();
    const text = this.input.slice(this.at, this.at + length);
    if (length === 0 || text.length < length) throw new UnsupportedName();
    this.at += length;
    return /^_GLOBAL_[._$]N/.test(text) ? '(anonymous namespace)' : text;
  }

  protected operatorName(): string {
    if (this.eat('cv')) return `operator ${showMangled(this.type())}`;
    if (this.eat('li')) return `operator"" ${this.sourceName()}`;
    const code = this.input.slice(this.at, this.at + 2);
    const operator = OPERATORS[code];
    if (operator === undefined) throw new UnsupportedName();
    this.at += 2;
    // A space keeps the operator apart from template arguments.
    return `operator${/^[a-z]/.test(operator) ? ' ' : ''}${operator}${operator.endsWith('<') && this.peek('I') ? ' ' : ''}`;
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
