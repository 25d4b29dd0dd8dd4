/** C values as gdb prints them. */
import { hex } from '../../host/hex.js';
import type { Type } from '../../image/api.js';
import { missingText } from '../known.js';
import { LEFT_OUT, PrintBudget } from './budget.js';
import { type Content, childrenOf, contentOf, isSigned } from './content.js';
import { floatBitsText, formatBits, type PrintFormat } from './format.js';
import { cFloatText, quoteC } from './numbers.js';
import { readMemory, Unreadable } from './source.js';
import { underlying } from './types.js';
import { symbolNear, type Value, type World } from './value.js';
import { unitsOf, type WideKind, wideChar, wideKind, wideText } from './wide.js';

interface COptions {
  readonly maxStringLen: number;
  readonly maxArrayValues: number;
  readonly format?: PrintFormat | undefined;
}

interface CPrinting extends COptions {
  readonly budget: PrintBudget;
}

type Of<K extends Content['kind']> = Extract<Content, { kind: K }>;

/** gdb folds runs of at least this many equal elements. */
const REPEATS = 10;
const MAX_DEPTH = 20;

export function printC(world: World, value: Value, options: COptions): string {
  return print(world, value, { ...options, budget: new PrintBudget() }, 0);
}

function print(world: World, value: Value, options: CPrinting, depth: number): string {
  if (!options.budget.take()) return LEFT_OUT;
  try {
    return options.budget.made(shape(world, value, options, depth));
  } catch (error) {
    if (error instanceof Unreadable) return missingText(error);
    throw error;
  }
}

function shape(world: World, value: Value, options: CPrinting, depth: number): string {
  const content = contentOf(world, value);
  switch (content.kind) {
    case 'number':
      return scalar(world, value, content.bits, options);
    case 'float':
      return float(content.bits, value.type.size, options);
    case 'complex':
      return `${float(content.real, content.half, options)} + ${float(content.imag, content.half, options)}i`;
    case 'pointer':
      return pointer(world, value, content, options, depth);
    case 'array':
      return array(world, value, content, options, depth);
    case 'struct': {
      if (depth > MAX_DEPTH) return '{...}';
      const fields: string[] = [];
      for (const child of childrenOf(world, value, content)) {
        const text = print(world, child.value, options, depth + 1);
        fields.push(child.is !== 'field' || child.field.name === '' ? text : `${child.field.name} = ${text}`);
        if (options.budget.spent) break;
      }
      return `{${fields.join(', ')}}`;
    }
    case 'void':
      return 'void';
    case 'code':
      return `{${value.type.name}} ${content.address === undefined ? '' : addressText(world, content.address)}`;
    default:
      // Go's kinds are never C's.
      return value.type.name;
  }
}

function scalar(world: World, value: Value, bits: bigint, options: COptions): string {
  const type = underlying(value.type);
  const { size } = type;
  const signed = type.kind !== 'enum' && isSigned(value.type);
  if (options.format !== undefined) {
    return formatBits({ bits, size, signed, loose: true }, options.format, address => symbolNear(world, address));
  }
  const number = signed ? BigInt.asIntN(8 * size, bits) : bits;
  const wide = wideKind(value.type);
  if (wide !== undefined) return `${number} ${wideChar([Number(BigInt.asUintN(8 * size, bits))], wide)}`;
  if (type.kind === 'bool') return bits === 0n ? 'false' : bits === 1n ? 'true' : bits.toString();
  if (type.kind === 'char') return `${number} ${quoteC(Uint8Array.of(Number(bits)), "'")}`;
  if (type.kind === 'enum') return enumText(type, number);
  return number.toString();
}

/** An enumeration whose members are single bits is one of flags, as gdb has it; of another, what is no member is a number. */
function enumText(type: Type & { kind: 'enum' }, bits: bigint): string {
  const value = isSigned(type) ? BigInt.asIntN(8 * type.size, bits) : bits;
  const name = type.values.get(value);
  if (name !== undefined) return name;
  const members = [...type.values.keys()];
  if (value === 0n || members.some(each => each < 0n || (each & (each - 1n)) !== 0n)) return value.toString();
  const set = [...type.values].filter(([bit]) => (bits & bit) !== 0n);
  const rest = set.reduce((left, [bit]) => left & ~bit, bits);
  return `(${[...set.map(([, label]) => label), ...(rest === 0n ? [] : [`unknown: ${hex(rest)}`])].join(' | ')})`;
}

function float(bits: bigint, size: number, options: COptions): string {
  if (size > 8) return extended(bits);
  if (options.format === undefined || options.format === 'f') return floatBitsText(bits, size);
  return formatBits({ bits, size, signed: true }, options.format, () => undefined);
}

/** An 80-bit float, rounded to a double's digits. */
function extended(bits: bigint): string {
  const exponent = Number((bits >> 64n) & 0x7fffn);
  const fraction = bits & ((1n << 64n) - 1n);
  const sign = (bits >> 79n) & 1n ? -1 : 1;
  if (exponent === 0x7fff) return BigInt.asUintN(63, fraction) === 0n ? (sign < 0 ? '-inf' : 'inf') : `nan(${hex(fraction)})`;
  return cFloatText(sign * Number(fraction) * 2 ** (exponent - 16383 - 63), 8);
}

const addressText = (world: World, address: bigint): string => {
  const name = symbolNear(world, address);
  return name === undefined ? hex(address) : `${hex(address)} <${name}>`;
};

function pointer(world: World, value: Value, { address, elem }: Of<'pointer'>, options: COptions, depth: number): string {
  if (options.format !== undefined && options.format !== 's') {
    return formatBits({ bits: address, size: 8, signed: false }, options.format, at => symbolNear(world, at));
  }
  const target = elem && underlying(elem);
  if (target?.kind === 'char') return `${hex(address)}${address === 0n ? '' : ` ${cString(world, address, options)}`}`;
  const wide = elem && wideKind(elem);
  if (wide !== undefined) return `${hex(address)}${address === 0n ? '' : ` ${wideString(world, address, wide, options)}`}`;
  const head = depth === 0 ? `(${value.type.name}) ` : '';
  return head + addressText(world, address);
}

/** A NUL-terminated string. */
function cString(world: World, address: bigint, options: COptions): string {
  const found = untilNul(world, address, 1, options);
  return typeof found === 'string' ? found : `${quoteC(found.bytes, '"')}${found.ended ? '' : '...'}`;
}

function wideString(world: World, address: bigint, wide: WideKind, options: COptions): string {
  const found = untilNul(world, address, wide.size, options);
  return typeof found === 'string' ? found : `${wideText(unitsOf(found.bytes, wide), wide)}${found.ended ? '' : '...'}`;
}

/** The units of a string in front of its NUL, read a page at a time so that none beyond it is touched; or why there are none. */
function untilNul(
  world: World,
  address: bigint,
  size: number,
  options: COptions,
): { readonly bytes: Uint8Array; readonly ended: boolean } | string {
  const bytes: number[] = [];
  const most = options.maxStringLen * size;
  let ended = false;
  try {
    while (!ended && bytes.length < most) {
      const at = address + BigInt(bytes.length);
      const inPage = 4096 - Number(at % 4096n);
      const room = Math.min(most - bytes.length, Math.max(size, inPage - (inPage % size)));
      const read = readMemory(world.memory, at, room);
      for (let place = 0; place + size <= read.length && !ended; place += size) {
        const unit = read.subarray(place, place + size);
        ended = unit.every(byte => byte === 0);
        if (!ended) bytes.push(...unit);
      }
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    if (bytes.length === 0) return `<error: cannot access memory at address ${hex(address)}>`;
  }
  return { bytes: Uint8Array.from(bytes), ended };
}

function array(world: World, value: Value, content: Of<'array'>, options: CPrinting, depth: number): string {
  const { elem, length } = content;
  if (underlying(elem).kind === 'char' && options.format === undefined)
    return charArray(value.source.read(0, Math.min(length, options.maxStringLen + MOST_BEHIND)), options.maxStringLen);
  const wide = options.format === undefined ? wideKind(elem) : undefined;
  if (wide !== undefined) {
    const units = unitsOf(value.source.read(0, Math.min(length, options.maxStringLen + MOST_BEHIND) * wide.size), wide);
    const whole = units.at(-1) === 0 ? units.slice(0, -1) : units;
    return wideText(whole.slice(0, options.maxStringLen), wide) + (whole.length > options.maxStringLen ? '...' : '');
  }
  const texts: string[] = [];
  for (const child of childrenOf(world, value, content)) {
    if (texts.length === options.maxArrayValues || options.budget.spent) break;
    texts.push(print(world, child.value, options, depth + 1));
  }
  return `{${folded(texts).join(', ')}${texts.length < length ? '...' : ''}}`;
}

/** Bytes behind the limit that are looked at: whether one is the closing NUL, and that there is one at all. */
const MOST_BEHIND = 2;

/** One closing NUL is not shown; long runs are folded into parts of their own. */
function charArray(bytes: Uint8Array, limit: number): string {
  const whole = bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
  const shown = whole.subarray(0, limit);
  const parts: string[] = [];
  let plain: number[] = [];
  const flush = (): void => {
    if (plain.length > 0) parts.push(quoteC(Uint8Array.from(plain), '"'));
    plain = [];
  };
  for (let i = 0; i < shown.length; ) {
    let run = 1;
    while (shown[i + run] === shown[i]) run++;
    if (run >= REPEATS) {
      flush();
      parts.push(`${quoteC(shown.subarray(i, i + 1), "'")} <repeats ${run} times>`);
    } else plain.push(...shown.subarray(i, i + run));
    i += run;
  }
  flush();
  return (parts.length === 0 ? '""' : parts.join(', ')) + (shown.length < whole.length ? '...' : '');
}

function folded(texts: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < texts.length; ) {
    let run = 1;
    while (texts[i + run] === texts[i]) run++;
    if (run >= REPEATS) out.push(`${texts[i]} <repeats ${run} times>`);
    else out.push(...texts.slice(i, i + run));
    i += run;
  }
  return out;
}
