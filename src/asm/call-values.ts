/** Go values as a call writes them: `42`, `"text"`, `[]int{1, 2}`, `point{x: 3}`, `&point{3, 4}`, `nil`; each read as its parameter's type. */
import { equalBytes } from '../host/bytes.js';
import type { CallData, Laid } from './call-data.js';
import type { Declarations } from './declarations.js';
import { type Diagnostics, nearest, type SourcePosition } from './diagnostics.js';
import { integerToken, stringTokenBytes, type Token } from './lexer.js';
import { CONTROL_EMPTY, SMALL_MAP, SMALL_SLOT, smallMap } from './small-map.js';
import { TokenReader } from './token-reader.js';
import { TypeParser } from './type-parser.js';
import { alignmentOf, fieldOffsets, type GoType, sizeOf, typeName } from './types.js';

type Constant =
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'complex'; readonly real: number; readonly imaginary: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'nil' };

/** Types that constants take in an interface. */
const DEFAULT_TYPES: Readonly<Record<string, GoType>> = {
  int: { kind: 'int', name: 'int', bytes: 8 },
  float: { kind: 'float', name: 'float64', bytes: 8 },
  complex: { kind: 'complex', name: 'complex128', bytes: 16 },
  bool: { kind: 'bool', name: 'bool', bytes: 1 },
  string: { kind: 'string' },
};
const WORD = 8;
/** A value larger than this is a slip of the keyboard. */
const MOST_BYTES = 64 * 1024;
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const EXPECTED = 'a value is expected here: a number, "text", \'c\', true, false, nil, T{...}, &T{...}';

const underlying = (type: GoType): GoType => (type.kind === 'named' ? underlying(type.underlying()) : type);

export class ValueParser {
  private readonly reader: TokenReader;
  private readonly types: TypeParser;

  /** `functionSymbol` gives the assembly name of a function that a func value may be, or undefined. */
  constructor(
    tokens: readonly Token[],
    private readonly program: Declarations,
    private readonly data: CallData,
    private readonly functionSymbol: (name: string) => string | undefined,
    diagnostics: Diagnostics,
  ) {
    this.reader = new TokenReader(tokens, diagnostics);
    this.types = new TypeParser(this.reader, {
      constants: program.constants,
      reference: (name, at) => {
        if (!program.types.has(name)) {
          const near = nearest(name, program.types.keys());
          this.reader.fail(at, `type ${name} is not declared`, near && `did you mean ${near}?`);
        }
        return { kind: 'named', name, underlying: () => program.types.get(name)! };
      },
    });
  }

  /** `name(`. */
  head(): Token {
    const token = this.reader.next();
    if (token.kind !== 'name' || !this.reader.accept('(')) this.reader.fail({ ...token.at, column: 1 }, 'a call looks like Add(2, 3)');
    return token;
  }

  /** Where each argument begins, and where the list ends; what they are is not looked at. Throws Skip for parentheses that do not pair. */
  arguments(): { readonly starts: readonly SourcePosition[]; readonly end: SourcePosition } {
    const starts: SourcePosition[] = [];
    const closers = [')'];
    let fresh = true;
    for (const { text, kind, at } of this.reader.tokens.slice(this.reader.at)) {
      const punctuation = kind === 'punctuation' ? text : '';
      if (kind === 'newline') this.reader.fail(at, `the closing ${closers.at(-1)} is missing`);
      if (closers.length === 1 && punctuation === ')') return { starts, end: at };
      if (fresh) starts.push(at);
      fresh = closers.length === 1 && punctuation === ',';
      if (punctuation in CLOSERS) closers.push(CLOSERS[punctuation]);
      else if (Object.values(CLOSERS).includes(punctuation) && punctuation !== closers.at(-1))
        this.reader.fail(at, `the closing ${closers.at(-1)} is missing in front of ${text}`);
      else if (punctuation === closers.at(-1)) closers.pop();
    }
    return { starts, end: this.reader.peek().at };
  }

  /** The values of a list of parameters and what ends the call. Throws Skip. */
  values(types: readonly GoType[]): Laid[] {
    const values = types.map((type, index) => {
      const value = this.value(type);
      if (!this.reader.accept(',') && index < types.length - 1) this.reader.fail(this.reader.peek().at, 'a comma or ) is expected here');
      return value;
    });
    if (!this.reader.accept(')')) this.reader.fail(this.reader.peek().at, 'a comma or ) is expected here');
    if (this.reader.peek().kind !== 'newline') this.reader.fail(this.reader.peek().at, 'nothing may follow the call');
    return values;
  }

  private value(type: GoType): Laid {
    const { at } = this.reader.peek();
    if (sizeOf(type) > MOST_BYTES) this.reader.fail(at, `a ${typeName(type)} is too large for a call`);
    if (this.reader.accept('&')) {
      const target = underlying(type);
      if (this.reader.is('{') && target.kind === 'pointer') return this.pointerTo(this.value(target.elem));
      const said = this.types.type();
      return this.assigned({ kind: 'pointer', elem: said }, this.pointerTo(this.composite(said)), type, at);
    }
    if (this.reader.is('{')) {
      const target = underlying(type);
      return target.kind === 'pointer' ? this.pointerTo(this.composite(target.elem)) : this.composite(type);
    }
    if (this.builtin('make') || this.builtin('new')) return this.made(type, at);
    if (this.typeAhead()) {
      const said = this.types.type();
      if (this.reader.is('{')) return this.assigned(said, this.composite(said), type, at);
      this.reader.expect('(');
      const inner = this.converted(said);
      this.reader.expect(')');
      return this.assigned(said, inner, type, at);
    }
    const { kind, text } = this.reader.peek();
    if (kind === 'name' && underlying(type).kind === 'func' && text !== 'nil') return this.functionValue(type);
    return this.encoded(this.constant(), type, at);
  }

  private builtin(name: string): boolean {
    return this.reader.peek().text === name && this.reader.peek().kind === 'name' && this.reader.peek(1).text === '(';
  }

  /** Whether a conversion or a composite literal with its type begins here. */
  private typeAhead(): boolean {
    const { kind, text } = this.reader.peek();
    if (kind === 'punctuation') return text === '[' || text === '(';
    return kind === 'name' && text !== 'complex' && ['(', '{', '['].includes(this.reader.peek(1).text);
  }

  /** `make([]T, length, capacity)`, `make(map[K]V)` and `new(T)`. */
  private made(type: GoType, at: SourcePosition): Laid {
    const slice = this.reader.next().text === 'make';
    this.reader.expect('(');
    const said = this.types.type();
    if (!slice) {
      this.reader.expect(')');
      return this.assigned({ kind: 'pointer', elem: said }, this.pointerTo(this.zeroed(said, 1, at)), type, at);
    }
    const target = underlying(said);
    if (target.kind === 'map') {
      if (this.reader.accept(',')) this.types.number();
      this.reader.expect(')');
      return this.assigned(said, this.pointerTo(this.mapOf(target.key, target.elem, [])), type, at);
    }
    if (target.kind !== 'slice') this.reader.fail(at, `r14 makes slices and maps only, no ${typeName(said)}`);
    this.reader.expect(',');
    const length = this.types.number();
    const capacity = this.reader.accept(',') ? this.types.number() : length;
    this.reader.expect(')');
    if (length < 0n || capacity < length) this.reader.fail(at, `a slice of length ${length} and capacity ${capacity} cannot be`);
    return this.assigned(said, this.slice(this.zeroed(target.elem, Number(capacity), at), length, capacity), type, at);
  }

  private zeroed(type: GoType, count: number, at: SourcePosition): Laid {
    const size = sizeOf(type) * count;
    if (size > MOST_BYTES) this.reader.fail(at, `${size} bytes are too much for a call`);
    return { bytes: new Uint8Array(size), pointers: [] };
  }

  private pointerTo(target: Laid): Laid {
    return { bytes: new Uint8Array(WORD), pointers: [{ offset: 0, symbol: this.data.place(target) }] };
  }

  private slice(elements: Laid, length: bigint, capacity: bigint): Laid {
    const bytes = new Uint8Array(3 * WORD);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(WORD, length, true);
    view.setBigUint64(2 * WORD, capacity, true);
    return { bytes, pointers: [{ offset: 0, symbol: this.data.place(elements) }] };
  }

  /** What stands in the parentheses of `T(...)`. */
  private converted(type: GoType): Laid {
    const { at, kind, text } = this.reader.peek();
    const target = underlying(type);
    if (kind === 'string' && target.kind === 'slice' && sizeOf(target.elem) === 1) {
      this.reader.next();
      const bytes = stringTokenBytes(text);
      return this.slice({ bytes, pointers: [] }, BigInt(bytes.length), BigInt(bytes.length));
    }
    const address = target.kind === 'pointer' || target.kind === 'unsafe-pointer';
    if (address && kind === 'integer') return this.encoded(this.constant(), { kind: 'uint', name: 'uintptr', bytes: WORD }, at);
    return this.value(type);
  }

  private functionValue(type: GoType): Laid {
    const { text, at } = this.reader.next();
    const symbol = this.functionSymbol(text);
    if (symbol === undefined) this.reader.fail(at, `${text} is no ${typeName(type)}`);
    return this.pointerTo({ bytes: new Uint8Array(WORD), pointers: [{ offset: 0, symbol }] });
  }

  /** A value of type `from` where one of type `to` is wanted: Go's assignability. */
  private assigned(from: GoType, value: Laid, to: GoType, at: SourcePosition): Laid {
    if (typeName(from) === typeName(to)) return value;
    const target = underlying(to);
    if (target.kind === 'interface') return this.boxed(from, value, to, at);
    const alike = typeName(underlying(from)) === typeName(target) && (from.kind !== 'named' || to.kind !== 'named');
    if (!alike && !(underlying(from).kind === 'pointer' && target.kind === 'unsafe-pointer'))
      this.reader.fail(at, `${typeName(from)} is no ${typeName(to)}`);
    return value;
  }

  /** An interface's two words. */
  private boxed(type: GoType, value: Laid, to: GoType, at: SourcePosition): Laid {
    const target = underlying(to);
    if (target.kind !== 'interface' || !target.empty)
      this.reader.fail(at, `${typeName(to)} wants methods, which a call cannot give ${typeName(type)}; only nil can be passed`);
    const descriptor = { offset: 0, symbol: this.data.descriptor(type) };
    const bytes = new Uint8Array(2 * WORD);
    if (!isDirect(type)) return { bytes, pointers: [descriptor, { offset: WORD, symbol: this.data.place(value) }] };
    bytes.set(value.bytes, WORD);
    return { bytes, pointers: [descriptor, ...value.pointers.map(each => ({ ...each, offset: each.offset + WORD }))] };
  }

  // ---- composite literals ----------------------------------------------------------------------------------------------------------

  private composite(type: GoType): Laid {
    const { at } = this.reader.peek();
    const target = underlying(type);
    switch (target.kind) {
      case 'struct':
        return this.structure(type, target);
      case 'array': {
        const elements = this.elements(target.elem);
        if (elements.length > target.length)
          this.reader.fail(at, `${typeName(type)} has ${target.length} elements, not ${elements.length}`);
        return joined(
          sizeOf(type),
          elements.map((element, index) => [index * sizeOf(target.elem), element]),
        );
      }
      case 'slice': {
        const elements = this.elements(target.elem);
        const size = sizeOf(target.elem);
        const length = BigInt(elements.length);
        return this.slice(
          joined(
            elements.length * size,
            elements.map((element, index) => [index * size, element]),
          ),
          length,
          length,
        );
      }
      case 'map':
        return this.pairs(target);
      default:
        this.reader.fail(at, `{...} makes no ${typeName(type)}`);
    }
  }

  /** A map's entries, `{"a": 1, "b": 2}`. */
  private pairs({ key, elem }: GoType & { kind: 'map' }): Laid {
    const { at } = this.reader.expect('{');
    const entries: (readonly [Laid, Laid])[] = [];
    while (!this.reader.is('}')) {
      const { at: start } = this.reader.peek();
      const name = this.value(key);
      if (entries.some(([other]) => equalLaid(other, name, this.data))) this.reader.fail(start, 'this key stands there twice');
      this.reader.expect(':');
      entries.push([name, this.value(elem)]);
      if (!this.reader.accept(',')) break;
    }
    if (!this.reader.accept('}')) this.reader.fail(this.reader.peek().at, 'a comma or } is expected here');
    if (entries.length > SMALL_MAP) this.reader.fail(at, `r14 makes maps of at most ${SMALL_MAP} entries`);
    if (Math.max(sizeOf(key), sizeOf(elem)) > SMALL_SLOT)
      this.reader.fail(at, `r14 makes maps of keys and elements of at most ${SMALL_SLOT} bytes`);
    return this.pointerTo(this.mapOf(key, elem, entries));
  }

  private mapOf(key: GoType, elem: GoType, entries: readonly (readonly [Laid, Laid])[]): Laid {
    const layout = smallMap({ size: sizeOf(key), align: alignmentOf(key) }, { size: sizeOf(elem), align: alignmentOf(elem) });
    const group = joined(
      layout.group,
      entries.flatMap(([name, value], index) => [
        [layout.slots + index * layout.slot, name],
        [layout.slots + index * layout.slot + layout.elem, value],
      ]),
    );
    // A control byte has its high bit set where its slot is empty; else it holds bits of the hash, which nobody looks for here.
    group.bytes.fill(CONTROL_EMPTY, 0, SMALL_MAP).fill(0, 0, entries.length);
    const head = new Uint8Array(layout.head);
    new DataView(head.buffer).setBigUint64(layout.used, BigInt(entries.length), true);
    return { bytes: head, pointers: [{ offset: layout.directory, symbol: this.data.place(group) }] };
  }

  private structure(type: GoType, { fields }: GoType & { kind: 'struct' }): Laid {
    this.reader.expect('{');
    const offsets = fieldOffsets(fields);
    const parts: [number, Laid][] = [];
    const keyed = this.reader.peek().kind === 'name' && this.reader.peek(1).text === ':';
    while (!this.reader.is('}')) {
      const { at, text } = this.reader.peek();
      let index = parts.length;
      if (keyed) {
        this.reader.name();
        this.reader.expect(':');
        index = fields.findIndex(field => field.name === text);
        if (index < 0) {
          const near = nearest(
            text,
            fields.map(field => field.name),
          );
          this.reader.fail(at, `${typeName(type)} has no field ${text}`, near && `did you mean ${near}?`);
        }
      }
      if (index >= fields.length) this.reader.fail(at, `${typeName(type)} has ${fields.length} fields`);
      parts.push([offsets[index], this.value(fields[index].type)]);
      if (!this.reader.accept(',')) break;
    }
    const { at } = this.reader.peek();
    this.reader.expect('}');
    if (!keyed && parts.length > 0 && parts.length < fields.length)
      this.reader.fail(at, `${typeName(type)} has ${fields.length} fields, not ${parts.length}`, 'or name them: field: value');
    return joined(sizeOf(type), parts);
  }

  /** Elements in order; those that an index leaves out are zero. */
  private elements(type: GoType): Laid[] {
    this.reader.expect('{');
    const elements: Laid[] = [];
    const zero: Laid = { bytes: new Uint8Array(sizeOf(type)), pointers: [] };
    for (let index = 0; !this.reader.is('}'); index++) {
      const { at } = this.reader.peek();
      if (this.reader.peek().kind === 'integer' && this.reader.peek(1).text === ':') {
        index = Number(this.types.number());
        this.reader.expect(':');
      }
      if (index * Math.max(1, sizeOf(type)) > MOST_BYTES) this.reader.fail(at, 'so many elements are too much for a call');
      while (elements.length < index) elements.push(zero);
      elements[index] = this.value(type);
      if (!this.reader.accept(',')) break;
    }
    this.reader.expect('}');
    return elements;
  }

  // ---- constants -------------------------------------------------------------------------------------------------------------------

  private constant(): Constant {
    const token = this.reader.peek();
    if (this.builtin('complex')) {
      this.reader.next();
      this.reader.expect('(');
      const real = this.real();
      this.reader.expect(',');
      const imaginary = this.real();
      this.reader.expect(')');
      return { kind: 'complex', real: Number(real.value), imaginary: Number(imaginary.value) };
    }
    if (token.kind === 'string') {
      this.reader.next();
      return { kind: 'string', value: token.text };
    }
    if (token.kind === 'name' && ['true', 'false', 'nil'].includes(token.text)) {
      this.reader.next();
      return token.text === 'nil' ? { kind: 'nil' } : { kind: 'bool', value: token.text === 'true' };
    }
    const first = this.real();
    if (this.imaginary()) return { kind: 'complex', real: 0, imaginary: Number(first.value) };
    if (!this.reader.is('+') && !this.reader.is('-')) return first;
    const second = this.real();
    if (!this.imaginary()) this.reader.fail(token.at, 'r14 does not compute in a call; write the value');
    return { kind: 'complex', real: Number(first.value), imaginary: Number(second.value) };
  }

  private imaginary(): boolean {
    const found = this.reader.peek().text === 'i' && this.reader.peek().glued;
    if (found) this.reader.next();
    return found;
  }

  /** A number with its sign. */
  private real(): Constant & { kind: 'int' | 'float' } {
    let negative = false;
    while (this.reader.is('-') || this.reader.is('+')) negative = (this.reader.next().text === '-') !== negative;
    const { kind, text, at } = this.reader.peek();
    const point = kind === 'character' ? text.codePointAt(0) : undefined;
    const value =
      point !== undefined
        ? BigInt(point)
        : kind === 'integer'
          ? integerToken(text)
          : kind === 'name'
            ? this.program.constants.get(text)
            : undefined;
    if (value === undefined && kind !== 'float') this.reader.fail(at, EXPECTED);
    this.reader.next();
    if (value !== undefined) return { kind: 'int', value: negative ? -value : value };
    const number = Number(text.replaceAll('_', ''));
    return { kind: 'float', value: negative ? -number : number };
  }

  private encoded(constant: Constant, declared: GoType, at: SourcePosition): Laid {
    const type = underlying(declared);
    const bytes = new Uint8Array(sizeOf(type));
    const view = new DataView(bytes.buffer);
    const plain: Laid = { bytes, pointers: [] };
    const wrong = (): never => this.reader.fail(at, `${constantText(constant)} is no ${typeName(declared)}`);
    switch (type.kind) {
      case 'bool':
        if (constant.kind !== 'bool') wrong();
        bytes[0] = constant.kind === 'bool' && constant.value ? 1 : 0;
        return plain;
      case 'int':
      case 'uint': {
        if (constant.kind !== 'int') return wrong();
        const bits = type.bytes * 8;
        const least = type.kind === 'int' ? -(1n << BigInt(bits - 1)) : 0n;
        const most = (1n << BigInt(type.kind === 'int' ? bits - 1 : bits)) - 1n;
        const { value } = constant;
        if (value < least || value > most) this.reader.fail(at, `${value} does not fit ${typeName(declared)}: ${least} to ${most}`);
        for (let byte = 0; byte < type.bytes; byte++) bytes[byte] = Number((value >> BigInt(byte * 8)) & 0xffn);
        return plain;
      }
      case 'float':
      case 'complex': {
        const parts =
          constant.kind === 'complex' && type.kind === 'complex'
            ? [constant.real, constant.imaginary]
            : constant.kind === 'int' || constant.kind === 'float'
              ? [Number(constant.value)]
              : wrong();
        const half = type.kind === 'complex' ? type.bytes / 2 : type.bytes;
        parts.forEach((part, index) => {
          if (half === 4) view.setFloat32(index * half, part, true);
          else view.setFloat64(index * half, part, true);
        });
        return plain;
      }
      case 'string': {
        if (constant.kind !== 'string') return wrong();
        const text = stringTokenBytes(constant.value);
        view.setBigUint64(WORD, BigInt(text.length), true);
        return text.length === 0 ? plain : { bytes, pointers: [{ offset: 0, symbol: this.data.place({ bytes: text, pointers: [] }) }] };
      }
      case 'interface': {
        if (constant.kind === 'nil') return plain;
        const own = DEFAULT_TYPES[constant.kind];
        return this.boxed(own, this.encoded(constant, own, at), declared, at);
      }
      case 'struct':
      case 'array':
        return wrong();
      default:
        return constant.kind === 'nil' ? plain : wrong();
    }
  }
}

function joined(size: number, parts: readonly (readonly [number, Laid])[]): Laid {
  const bytes = new Uint8Array(size);
  for (const [offset, part] of parts) bytes.set(part.bytes, offset);
  return { bytes, pointers: parts.flatMap(([at, part]) => part.pointers.map(({ offset, symbol }) => ({ offset: at + offset, symbol }))) };
}

/** Whether an interface's data word is the value itself (one pointer), and not its address. */
function isDirect(type: GoType): boolean {
  const target = underlying(type);
  switch (target.kind) {
    case 'pointer':
    case 'unsafe-pointer':
    case 'map':
    case 'chan':
    case 'func':
      return true;
    case 'struct':
      return target.fields.length === 1 && isDirect(target.fields[0].type);
    case 'array':
      return target.length === 1 && isDirect(target.elem);
    default:
      return false;
  }
}

const constantText = (constant: Constant): string =>
  constant.kind === 'nil'
    ? 'nil'
    : constant.kind === 'complex'
      ? `${constant.real}+${constant.imaginary}i`
      : constant.kind === 'string'
        ? JSON.stringify(new TextDecoder().decode(stringTokenBytes(constant.value)))
        : String(constant.value);

/** Whether two keys are the same value: their bytes, and for a string those that it points to. */
const equalLaid = (a: Laid, b: Laid, data: CallData): boolean =>
  equalBytes(a.bytes, b.bytes) &&
  a.pointers.every(({ symbol }, index) => {
    const [own, other] = [data.bytesOf(symbol), data.bytesOf(b.pointers[index]?.symbol ?? '')];
    return own !== undefined && other !== undefined && equalBytes(own, other);
  });
