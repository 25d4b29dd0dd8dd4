/** Values on one line: Go's in Delve's form, C's in gdb's. Nothing is read beyond what the limits let be printed. */

import { hexText } from '../../host/bytes.js';
import type { Type } from '../../image/api.js';
import { missingText } from '../known.js';
import { constantName } from './constants.js';
import { flagNames } from './flag-names.js';
import { type Format, floatOf, formatBits } from './format.js';
import { mapView } from './map.js';
import { floatText, hex, quoteBytes } from './numbers.js';
import { printC } from './print-c.js';
import { partOf, readUint, toUint, Unreadable } from './source.js';
import { timeText } from './time.js';
import { CODE_ADDRESS, DATA_ADDRESS, FLAGS, isCType, isGoType, underlying } from './types.js';
import {
  bytesOf,
  channelOf,
  deref,
  dynamicOf,
  element,
  functionOf,
  pointerOf,
  sliceRun,
  stringBytes,
  stringLength,
  type Value,
  type World,
} from './value.js';

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
  readonly format?: Format | undefined;
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

/** Pointers to pointers followed in a row; a pointer type can contain itself. */
const MAX_POINTERS = 16;

class Printer {
  private readonly limits: PrintLimits;
  private readonly format: Format | undefined;
  private readonly follow: boolean;
  private readonly maxFields: number;
  private pointers = 0;

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
    try {
      return this.shape(value, level, typed);
    } catch (error) {
      if (error instanceof Unreadable) return missingText(error);
      throw error;
    }
  }

  private shape(value: Value, level: number, typed: boolean): string {
    const type = underlying(value.type);
    const { name } = value.type;
    // Said once for the whole, not for every element.
    if (value.source.missing !== undefined) return missingText(value.source.missing);
    switch (type.kind) {
      case 'bool':
      case 'int':
      case 'uint':
      case 'char':
      case 'enum':
        return this.integer(value, type.kind === 'int');
      case 'float':
        return this.float(value);
      case 'complex': {
        const half = type.size / 2;
        const part = (offset: number): string => floatText(floatOf(readUint(value.source, offset, half), half), half);
        return `(${part(0)} + ${part(half)}i)`;
      }
      case 'string':
        return this.string(value);
      case 'pointer':
        return this.pointer(value, type.elem, level, typed);
      case 'unsafe-pointer':
        return `unsafe.Pointer(${hex(pointerOf(value))})`;
      case 'array':
        return `${typed ? `${name} ` : ''}[${this.elements(value, type.length, level)}]`;
      case 'slice':
        return this.slice(value, level, typed);
      case 'struct':
      case 'union':
        return this.struct(value, level, typed);
      case 'map':
        return this.map(value, level, typed);
      case 'chan': {
        const channel = channelOf(this.world, value);
        return channel === undefined ? `${name} nil` : `${name} ${channel.length}/${channel.capacity}`;
      }
      case 'func':
        return functionOf(this.world, value)?.name ?? 'nil';
      case 'interface':
        return this.interface(value, level, typed);
      case 'void':
        return 'void';
    }
  }

  private number(value: Value, signed: boolean): string | undefined {
    if (this.format === undefined) return undefined;
    const { size } = value.type;
    const symbol = (address: bigint): string | undefined => symbolText(this.world, address);
    return formatBits({ bits: readUint(value.source, 0, size), size, signed, loose: value.loose === true }, this.format, symbol);
  }

  private integer(value: Value, signed: boolean): string {
    const formatted = this.number(value, signed);
    if (formatted !== undefined) return formatted;
    const type = underlying(value.type);
    const bits = toUint(bytesOf(value));
    if (type.kind === 'bool') return bits === 0n ? 'false' : bits === 1n ? 'true' : `true (${bits})`;
    const number = signed ? BigInt.asIntN(8 * type.size, bits) : bits;
    if (value.type === FLAGS) return flagsText(bits);
    if (value.type === DATA_ADDRESS) return hex(bits);
    if (value.type === CODE_ADDRESS) return codeText(this.world, bits);
    const constant = constantName(this.world, value.type, number);
    return constant === undefined ? number.toString() : `${constant} (${number})`;
  }

  private float(value: Value): string {
    const { size } = value.type;
    if (this.format !== undefined && this.format !== 'f') {
      return formatBits({ bits: readUint(value.source, 0, size), size, signed: true }, this.format, () => undefined);
    }
    return floatText(floatOf(readUint(value.source, 0, size), size), size);
  }

  private string(value: Value): string {
    const length = stringLength(value);
    const bytes = stringBytes(this.world, value, this.limits.maxStringLen);
    const more = length > bytes.length ? `...+${length - bytes.length} more` : '';
    if (this.format === 'x') return hexText(bytes) + more;
    return more === '' ? quoteBytes(bytes) : `${quoteBytes(bytes).slice(0, -1)}${more}"`;
  }

  private pointer(value: Value, elem: Type, level: number, typed: boolean): string {
    const address = pointerOf(value);
    if (this.format !== undefined && this.format !== 's') return this.number(value, false)!;
    if (address === 0n) return typed ? `${value.type.name} nil` : '*nil';
    if (!this.follow || this.pointers >= MAX_POINTERS || underlying(elem).kind === 'void') return castText(value.type.name, address);
    this.pointers++;
    const text = `*${this.print(deref(this.world, elem, address), level, typed)}`;
    this.pointers--;
    return text;
  }

  private slice(value: Value, level: number, typed: boolean): string {
    const { address, length, capacity } = sliceRun(value);
    const head = typed ? `${value.type.name} len: ${length}, cap: ${capacity}, ` : '';
    if (address === 0n) return `${head}nil`;
    return `${head}[${this.elements(value, length, level)}]`;
  }

  private elements(value: Value, length: number, level: number): string {
    const shown = Math.min(length, this.limits.maxArrayValues);
    if (shown === 0 && length > 0) return '...';
    const texts: string[] = [];
    for (let i = 0; i < shown; i++) texts.push(this.print(element(this.world, value, i), level + 1, false));
    if (shown < length) texts.push(`...+${length - shown} more`);
    return texts.join(',');
  }

  private struct(value: Value, level: number, typed: boolean): string {
    const type = underlying(value.type);
    if (type.kind !== 'struct' && type.kind !== 'union') return '';
    const head = typed ? `${value.type.name} ` : '';
    if (level > this.limits.maxVariableRecurse && type.fields.length > 0) {
      const { address } = value.source;
      return address === undefined ? `${head}{...}` : castText(`*${value.type.name}`, address, true);
    }
    const fields = type.fields.slice(0, this.maxFields).map(field => {
      const inner = { type: field.type, source: partOf(value.source, field.offset) };
      return `${field.name}: ${this.print(inner, level + 1, true)}`;
    });
    if (fields.length < type.fields.length) fields.push(`...+${type.fields.length - fields.length} more`);
    const time = value.type.name === 'time.Time' ? timeText(value) : undefined;
    if (time !== undefined) return `time.Time(${time}){${fields.join(', ')}}`;
    return `${head}{${fields.join(', ')}}`;
  }

  private map(value: Value, level: number, typed: boolean): string {
    const head = typed ? `${value.type.name} ` : '';
    const view = mapView(this.world, value);
    if (view === undefined) return `${head}nil`;
    const hidden = level > this.limits.maxVariableRecurse || this.limits.maxArrayValues === 0;
    if (hidden && view.length > 0) return `${head}[...]`;
    let text = `${head}[`;
    let shown = 0;
    try {
      for (const entry of view.entries()) {
        if (shown >= this.limits.maxArrayValues) break;
        text += `${this.print(entry.key, level + 1, false)}: ${this.print(entry.value, level + 1, false)}, `;
        shown++;
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return `${text}${missingText(error)}]`;
    }
    return `${text}${shown < view.length ? `...+${view.length - shown} more` : ''}]`;
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

  private interface(value: Value, level: number, typed: boolean): string {
    const dynamic = dynamicOf(this.world, value);
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
