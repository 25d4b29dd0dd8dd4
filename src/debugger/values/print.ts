/** Values on one line: Go's in Delve's form, C's in gdb's. Nothing is read beyond what the limits let be printed. */

import { hexText } from '../../host/bytes.js';
import { hex } from '../../host/hex.js';
import { missingText } from '../known.js';
import { LEFT_OUT, PrintBudget } from './budget.js';
import { constantName } from './constants.js';
import { type Content, childrenOf, contentOf } from './content.js';
import { flagNames } from './flag-names.js';
import { floatOf, formatBits, type PrintFormat } from './format.js';
import { floatText, quoteBytes } from './numbers.js';
import { printC } from './print-c.js';
import { isShaped } from './shapes.js';
import { readUint, Unreadable } from './source.js';
import { timeText } from './time.js';
import { CODE_ADDRESS, DATA_ADDRESS, FLAGS, isCType, isGoType, underlying } from './types.js';
import { type Dynamic, pointerOf, stringBytes, type Value, type World } from './value.js';

export interface PrintLimits {
  /** Bytes of a string. */
  readonly maxStringLen: number;
  /** Elements of an array, slice or map; 0 shows none, only that there are some. */
  readonly maxArrayValues: number;
  /** Levels of structs below the outermost that are shown. */
  readonly maxVariableRecurse: number;
}

const DEFAULT_LIMITS: PrintLimits = { maxStringLen: 64, maxArrayValues: 64, maxVariableRecurse: 1 };

export interface PrintOptions extends Partial<PrintLimits> {
  readonly format?: PrintFormat | undefined;
  /** Pointers are shown as `(*T)(0x...)` and not followed. */
  readonly followPointers?: boolean;
  /** Fields of a struct; default: all. */
  readonly maxStructFields?: number;
  /** In a C frame: types that Go and C share count as C's. */
  readonly inC?: boolean;
}

/** What a list of variables shows of each: Delve's short form. */
export const SHORT: PrintOptions = { followPointers: false, maxArrayValues: 0, maxVariableRecurse: 0, maxStructFields: 3 };

/** The value on one line. Never throws: what cannot be read is said in its place. */
export function printValue(world: World, value: Value, options: PrintOptions = {}): string {
  if (isCType(value.type) || (options.inC && !isGoType(value.type))) return printC(world, value, { ...DEFAULT_LIMITS, ...options });
  return new Printer(world, options).print(value, 0, true);
}

/** Elements or bytes of what the user has cut out. */
const MOST_ASKED_FOR = 1 << 16;

type Of<K extends Content['kind']> = Extract<Content, { kind: K }>;

class Printer {
  private readonly limits: PrintLimits;
  private readonly format: PrintFormat | undefined;
  private readonly follow: boolean;
  private readonly maxFields: number;
  private readonly budget = new PrintBudget();

  constructor(
    private readonly world: World,
    options: PrintOptions,
  ) {
    this.limits = {
      maxStringLen: options.maxStringLen ?? DEFAULT_LIMITS.maxStringLen,
      maxArrayValues: options.maxArrayValues ?? DEFAULT_LIMITS.maxArrayValues,
      maxVariableRecurse: options.maxVariableRecurse ?? DEFAULT_LIMITS.maxVariableRecurse,
    };
    this.format = options.format;
    this.follow = options.followPointers ?? true;
    this.maxFields = options.maxStructFields ?? Number.POSITIVE_INFINITY;
  }

  /** `typed`: the type is said, because the surroundings do not. */
  print(value: Value, level: number, typed: boolean): string {
    if (!this.budget.take()) return LEFT_OUT;
    try {
      return this.budget.made(this.shape(value, level, typed));
    } catch (error) {
      if (error instanceof Unreadable) return missingText(error) + leftText(value, error);
      throw error;
    }
  }

  private shape(value: Value, level: number, typed: boolean): string {
    const content = contentOf(this.world, value);
    const { name } = value.type;
    switch (content.kind) {
      case 'number':
        return this.integer(value, content.bits);
      case 'float':
        return this.float(value, content.bits);
      case 'complex': {
        const part = (bits: bigint): string => floatText(floatOf(bits, content.half), content.half);
        return `(${part(content.real)} + ${part(content.imag)}i)`;
      }
      case 'string':
        return this.string(value, content.length);
      case 'pointer':
        return this.pointer(value, content, level, typed);
      case 'array':
        return `${typed ? `${name} ` : ''}[${this.elements(value, content, level)}]`;
      case 'slice':
        return this.slice(value, content, level, typed);
      case 'struct':
        return this.struct(value, content, level, typed);
      case 'map':
        return this.map(value, content, level, typed);
      case 'chan': {
        const { channel } = content;
        return channel === undefined ? `${name} nil` : `${name} ${channel.length}/${channel.capacity}`;
      }
      case 'func':
        return content.func === undefined ? 'nil' : content.func.name + this.captured(value, content, level);
      case 'code':
        return content.address === undefined ? name : codeText(this.world, content.address);
      case 'interface':
        return this.interface(value, content.dynamic, level, typed);
      case 'void':
        return 'void';
    }
  }

  private number({ type: { size }, loose }: Value, bits: bigint, signed: boolean): string | undefined {
    if (this.format === undefined) return undefined;
    const symbol = (address: bigint): string | undefined => symbolText(this.world, address);
    return formatBits({ bits, size, signed, loose: loose === true }, this.format, symbol);
  }

  private integer(value: Value, bits: bigint): string {
    const type = underlying(value.type);
    const signed = type.kind === 'int';
    const formatted = this.number(value, bits, signed);
    if (formatted !== undefined) return formatted;
    if (type.kind === 'bool') return bits === 0n ? 'false' : bits === 1n ? 'true' : `true (${bits})`;
    const number = signed ? BigInt.asIntN(8 * type.size, bits) : bits;
    if (value.type === FLAGS) return flagsText(bits);
    if (value.type === DATA_ADDRESS) return hex(bits);
    if (value.type === CODE_ADDRESS) return codeText(this.world, bits);
    const constant = constantName(this.world, value.type, number);
    return constant === undefined ? number.toString() : `${constant} (${number})`;
  }

  private float({ type: { size } }: Value, bits: bigint): string {
    if (this.format !== undefined && this.format !== 'f') return formatBits({ bits, size, signed: true }, this.format, () => undefined);
    return floatText(floatOf(bits, size), size);
  }

  private string(value: Value, length: number): string {
    const bytes = stringBytes(this.world, value, value.whole ? MOST_ASKED_FOR : this.limits.maxStringLen);
    const more = length > bytes.length ? `...+${length - bytes.length} more` : '';
    if (this.format === 'x') return hexText(bytes) + more;
    return more === '' ? quoteBytes(bytes) : `${quoteBytes(bytes).slice(0, -1)}${more}"`;
  }

  private pointer(value: Value, content: Of<'pointer'>, level: number, typed: boolean): string {
    const { address, elem } = content;
    if (elem === undefined) return isShaped(value.type) ? castText(value.type.name, address) : `unsafe.Pointer(${hex(address)})`;
    if (this.format !== undefined && this.format !== 's') return this.number(value, address, false)!;
    if (address === 0n) return typed ? `${value.type.name} nil` : '*nil';
    if (value.bare && level === 0) return castText(value.type.name, address);
    // As in Delve, pointers to pointers count as levels: a pointer can lead to itself.
    const toPointer = underlying(elem).kind === 'pointer';
    const [target] = this.follow && !(toPointer && level > this.limits.maxVariableRecurse) ? childrenOf(this.world, value, content) : [];
    if (target === undefined) return castText(value.type.name, address);
    return `*${this.print(target.value, toPointer ? level + 1 : level, typed)}`;
  }

  private slice(value: Value, content: Of<'slice'>, level: number, typed: boolean): string {
    const { address, length, capacity } = content;
    const head = typed ? `${value.type.name} len: ${length}, cap: ${capacity}, ` : '';
    if (address === 0n) return `${head}nil`;
    return `${head}[${this.elements(value, content, level)}]`;
  }

  private elements(value: Value, content: Of<'array' | 'slice'>, level: number): string {
    const { length } = content;
    const shown = Math.min(length, value.whole ? MOST_ASKED_FOR : this.limits.maxArrayValues);
    if (shown === 0 && length > 0) return '...';
    const texts: string[] = [];
    for (const child of childrenOf(this.world, value, content)) {
      if (texts.length === shown || this.budget.spent) break;
      texts.push(this.print(child.value, level + 1, false));
    }
    if (texts.length < length) texts.push(`...+${length - texts.length} more`);
    return texts.join(',');
  }

  private struct(value: Value, content: Of<'struct'>, level: number, typed: boolean): string {
    const { length } = content.fields;
    const head = typed ? `${value.type.name} ` : '';
    if (level > this.limits.maxVariableRecurse && length > 0) {
      const { address } = value.source;
      return address === undefined ? `${head}{...}` : castText(`*${value.type.name}`, address, true);
    }
    const fields: string[] = [];
    for (const child of childrenOf(this.world, value, content)) {
      if (fields.length === this.maxFields || this.budget.spent) break;
      if (child.is === 'field') fields.push(`${child.field.name}: ${this.print(child.value, level + 1, true)}`);
    }
    if (fields.length < length) fields.push(`...+${length - fields.length} more`);
    const time = value.type.name === 'time.Time' ? timeText(this.world, value) : undefined;
    if (time !== undefined) return `time.Time(${time}){${fields.join(', ')}}`;
    return `${head}{${fields.join(', ')}}`;
  }

  /** ` {base: 40, name: "adder"}` behind a closure's name. */
  private captured(value: Value, content: Of<'func'>, level: number): string {
    if (content.captured.length === 0) return '';
    if (level > this.limits.maxVariableRecurse || this.limits.maxVariableRecurse === 0) return ' {...}';
    const parts: string[] = [];
    for (const child of childrenOf(this.world, value, content))
      if (child.is === 'captured' && !this.budget.spent) parts.push(`${child.name}: ${this.print(child.value, level + 1, true)}`);
    return ` {${parts.join(', ')}}`;
  }

  private map(value: Value, content: Of<'map'>, level: number, typed: boolean): string {
    const head = typed ? `${value.type.name} ` : '';
    if (content.entries === undefined) return `${head}nil`;
    const { length } = content.entries;
    const hidden = level > this.limits.maxVariableRecurse || this.limits.maxArrayValues === 0;
    if (hidden && length > 0) return `${head}[...]`;
    let text = `${head}[`;
    let shown = 0;
    try {
      for (const child of childrenOf(this.world, value, content)) {
        if (shown >= this.limits.maxArrayValues || this.budget.spent) break;
        if (child.is === 'entry') text += `${this.print(child.key, level + 1, false)}: ${this.print(child.value, level + 1, false)}, `;
        shown++;
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return `${text}${missingText(error)}]`;
    }
    return `${text}${shown < length ? `...+${length - shown} more` : ''}]`;
  }

  /** A pointer, or what stands for it when it is lost. */
  private word(value: Value): bigint | string {
    try {
      return pointerOf(value);
    } catch (error) {
      if (error instanceof Unreadable) return missingText(error);
      throw error;
    }
  }

  private interface(value: Value, dynamic: Dynamic, level: number, typed: boolean): string {
    if (dynamic.nil) return typed ? `${value.type.name} nil` : 'nil';
    if (dynamic.value === undefined) {
      const what = `unknown type at ${hex(dynamic.runtimeType)}, data ${hex(dynamic.data)}`;
      return typed ? `${value.type.name}(${what})` : `(${what})`;
    }
    const inner = dynamic.value;
    const kind = underlying(inner.type);
    const head = typed ? `${value.type.name}(${inner.type.name}) ` : '';
    if (kind.kind === 'pointer') {
      const address = this.word(inner);
      if (typeof address === 'string') return `${head}${address}`;
      if (address === 0n) return `${head}nil`;
    }
    if (!typed) return this.print(inner, level, true);
    if (kind.kind === 'pointer') {
      const address = pointerOf(inner);
      if (level > this.limits.maxVariableRecurse || !this.follow) return `${head}${hex(address)}`;
    }
    return head + this.print(inner, level, false);
  }
}

/** Words of strings and slices. */
const HEADER: readonly (readonly [name: string, offset: number])[] = [
  ['at', 0],
  ['len', 8],
  ['cap', 16],
];

/** ` (left of it: len 5)` where the compiler has kept some words of a string or slice and not all. */
function leftText({ type, source }: Value, { lost }: Unreadable): string {
  const { kind, size } = underlying(type);
  if ((kind !== 'string' && kind !== 'slice') || source.missing !== undefined || lost === 'unreadable') return '';
  const left = HEADER.filter(([, offset]) => offset < size).flatMap(([name, offset]) => {
    try {
      const word = readUint(source, offset, 8);
      return [`${name} ${name === 'at' ? hex(word) : word}`];
    } catch (error) {
      if (error instanceof Unreadable) return [];
      throw error;
    }
  });
  return left.length === 0 ? '' : ` (left of it: ${left.join(', ')})`;
}

/** `0x48b460 <runtime.newproc1+0x10>`. */
export function codeText(world: World, address: bigint): string {
  const name = symbolText(world, address);
  return name === undefined ? hex(address) : `${hex(address)} <${name}>`;
}

/** `0x246 [PF ZF IF]`. */
const flagsText = (bits: bigint): string => `${hex(bits)} [${flagNames(bits)}]`;

/** `(*main.T)(0xc000010000)`; a name with a slash in it is quoted, with its star inside for pointers. */
function castText(name: string, address: bigint, target = false): string {
  if (!name.includes('/')) return `(${name})(${hex(address)})`;
  return target ? `(*"${name.slice(1)}")(${hex(address)})` : `("${name}")(${hex(address)})`;
}

/** `runtime.newproc+16` for an address of any image. */
function symbolText(world: World, address: bigint): string | undefined {
  for (const image of world.images) {
    const found = image.symbolAt(address);
    if (found) return found.offset === 0 ? found.symbol.name : `${found.symbol.name}+${found.offset}`;
  }
  return undefined;
}
