/** Calls of assembled functions from outside: `Add(2, 3)` as assembly that puts the values where the function's convention wants them. */
import type { Place } from '../abi/place.js';
import { placesOf } from './call.js';
import { nearest } from './diagnostics.js';
import type { Assembled, AssembledFunction } from './program.js';
import { align, fieldOffsets, type GoType, sizeOf, typeName } from './types.js';
import { goName } from './wrapper.js';

/** A call that cannot be made: the message shows it with a caret. */
export class CallError extends Error {
  override name = 'CallError';

  constructor(call: string, at: number, message: string) {
    super(`${message}\n${call}\n${' '.repeat(at)}^`);
  }
}

export interface Invocation {
  /** Instructions behind the stack's set-up, R14 and X15 being Go's; ends behind the call. */
  readonly text: string;
  /** Data that they use. */
  readonly data: string;
  readonly fn: AssembledFunction;
  /** Where each result lies from RESULTS on. */
  readonly results: readonly { readonly type: GoType; readonly offset: number }[];
}

/** The datum that results are stored in. */
export const RESULTS = 'r14.results';
const RESULT_BYTES = 4096;
const STACK_ALIGNMENT = 16;
const MOVES = { 1: 'MOVB', 2: 'MOVW', 4: 'MOVL', 8: 'MOVQ' } as const;
const LITERAL =
  /\s*(?:("(?:[^"\\]|\\.)*")|('(?:[^'\\]|\\.)')|([+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?![\d_.eE])))|([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(true|false|nil))\s*/y;

interface Argument {
  readonly at: number;
  readonly value: bigint | number | boolean | string | null;
  /** Written with a point or an exponent. */
  readonly float: boolean;
}

/** Throws CallError for a function that there is none of, or values that its signature does not take. */
export function invocation(program: Assembled, call: string): Invocation {
  const head = /^\s*([\w.·/∕]+)\s*\(/.exec(call);
  if (head === null) throw new CallError(call, 0, 'a call looks like Add(2, 3)');
  const at = call.indexOf(head[1]);
  const fn = functionOf(program, call, head[1].replaceAll('·', '.').replaceAll('∕', '/'), at);
  const values = argumentsOf(call, head[0].length);
  const places = placesOf(fn);
  if (places === undefined)
    throw new CallError(call, at, `${fn.name} is not declared: func ${fn.name.split('.').pop()}(...) in types.go says what it takes`);
  if (values.list.length !== places.params.length)
    throw new CallError(
      call,
      values.list[places.params.length]?.at ?? values.end,
      `${fn.name} takes ${places.params.length} arguments, not ${values.list.length}`,
    );
  const data: string[] = [];
  const moves: string[] = [];
  const inRegisters: string[] = [];
  places.params.forEach(({ parameter, place }, index) => {
    const { bytes, pointer } = encode(call, values.list[index], parameter.type, data, index);
    if (place.in === 'memory') throw new CallError(call, values.list[index].at, `r14 cannot pass a ${typeName(parameter.type)} here`);
    const to = place.in === 'registers' ? inRegisters : moves;
    to.push(...store(place, bytes, pointer, data, index));
  });
  let offset = 0;
  const stores: string[] = [];
  const fromStack: string[] = [];
  const results = places.results.map(({ parameter: { type }, place }) => {
    offset = align(offset, 8);
    const start = offset;
    offset += sizeOf(type);
    if (place.in === 'memory' || offset > RESULT_BYTES) throw new CallError(call, at, `r14 cannot take a result of type ${typeName(type)}`);
    (place.in === 'registers' ? stores : fromStack).push(...fetch(place, sizeOf(type), start));
    return { type, offset: start };
  });
  const deepest = Math.max(0, ...[...places.params, ...places.results].map(({ parameter, place }) => end(place, sizeOf(parameter.type))));
  const frame = align(deepest + SPILL, STACK_ALIGNMENT);
  const name = fn.name.replaceAll('.', '·').replaceAll('/', '∕');
  const suffix = fn.convention === 'C' ? '' : `<${fn.convention}>`;
  return {
    text: [`SUBQ $${frame}, SP`, ...moves, ...inRegisters, `CALL ${name}${suffix}(SB)`, ...stores, ...fromStack].join('\n'),
    data: [...data, `GLOBL ${RESULTS.replace('.', '·')}(SB), 16, $${RESULT_BYTES}`].join('\n'),
    fn,
    results,
  };
}

/** Room for the register arguments that the callee may spill. */
const SPILL = 256;
const end = (place: Place, size: number): number => (place.in === 'stack' ? place.offset - 8 + align(size, 8) : 0);

function functionOf(program: Assembled, call: string, name: string, at: number): AssembledFunction {
  const own = program.functions.filter(fn => !fn.at.file.startsWith('<'));
  const found = own.find(fn => fn.name === name) ?? own.find(fn => fn.name === `main.${name}` || fn.name.split('.').pop() === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    own.flatMap(fn => [fn.name, fn.name.replace(/^main\./, '')]),
  );
  throw new CallError(call, at, `there is no function ${name}${near === undefined ? '' : ` (did you mean ${near}?)`}`);
}

function argumentsOf(call: string, start: number): { list: Argument[]; end: number } {
  const list: Argument[] = [];
  let at = start;
  const space = /\s*/y;
  space.lastIndex = at;
  at += space.exec(call)?.[0].length ?? 0;
  if (call[at] !== ')') {
    for (;;) {
      LITERAL.lastIndex = at;
      const match = LITERAL.exec(call);
      if (match === null) throw new CallError(call, at, 'a value is expected here: a number, "text", \'c\', true, false or nil');
      const [all, text, character, whole, float, word] = match;
      const begins = at + (all.length - all.trimStart().length);
      list.push({ at: begins, float: float !== undefined, value: literal(call, begins, text, character, whole, float, word) });
      at += all.length;
      if (call[at] !== ',') break;
      at++;
    }
  }
  if (call[at] !== ')') throw new CallError(call, Math.min(at, call.length), 'a comma or ) is expected here');
  if (call.slice(at + 1).trim() !== '') throw new CallError(call, at + 1, 'nothing may follow the call');
  return { list, end: at };
}

function literal(
  call: string,
  at: number,
  text?: string,
  character?: string,
  whole?: string,
  float?: string,
  word?: string,
): Argument['value'] {
  try {
    if (text !== undefined) return JSON.parse(text) as string;
    if (character !== undefined)
      return BigInt((JSON.parse(`"${character.slice(1, -1).replace("\\'", "'").replace(/^"$/, '\\"')}"`) as string).codePointAt(0)!);
  } catch {
    throw new CallError(call, at, 'an escape in it is not known');
  }
  if (whole !== undefined) {
    const digits = whole.replaceAll('_', '').replace(/^\+/, '');
    return digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits);
  }
  if (float !== undefined) return Number(float);
  return word === 'nil' ? null : word === 'true';
}

/** A value's bytes; `pointer`: the symbol whose address belongs into the first word. */
function encode(
  call: string,
  { at, value, float }: Argument,
  declared: GoType,
  data: string[],
  index: number,
): { bytes: Uint8Array; pointer?: string } {
  const type = underlying(declared);
  const bytes = new Uint8Array(sizeOf(type));
  const view = new DataView(bytes.buffer);
  const wrong = (): never => {
    throw new CallError(
      call,
      at,
      `${value === null ? 'nil' : typeof value === 'string' ? JSON.stringify(value) : value} is no ${typeName(declared)}`,
    );
  };
  switch (type.kind) {
    case 'bool':
      if (typeof value !== 'boolean') wrong();
      bytes[0] = value === true ? 1 : 0;
      return { bytes };
    case 'int':
    case 'uint': {
      if (typeof value !== 'bigint' || float) return wrong();
      const bits = type.bytes * 8;
      const least = type.kind === 'int' ? -(1n << BigInt(bits - 1)) : 0n;
      const most = type.kind === 'int' ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
      if (value < least || value > most) throw new CallError(call, at, `${value} does not fit ${typeName(declared)}: ${least} to ${most}`);
      for (let byte = 0; byte < type.bytes; byte++) bytes[byte] = Number(BigInt.asUintN(8, value >> BigInt(byte * 8)));
      return { bytes };
    }
    case 'float':
      if (typeof value !== 'bigint' && typeof value !== 'number') wrong();
      if (type.bytes === 4) view.setFloat32(0, Number(value), true);
      else view.setFloat64(0, Number(value), true);
      return { bytes };
    case 'string': {
      if (typeof value !== 'string') return wrong();
      const text = new TextEncoder().encode(value);
      view.setBigUint64(8, BigInt(text.length), true);
      if (text.length === 0) return { bytes };
      data.push(...Array.from(text, (byte, offset) => `DATA r14·text${index}+${offset}(SB)/1, $${byte}`));
      data.push(`GLOBL r14·text${index}(SB), 24, $${text.length}`);
      return { bytes, pointer: `r14·text${index}` };
    }
    case 'struct':
    case 'array':
    case 'complex':
      throw new CallError(call, at, `r14 cannot write a ${typeName(declared)} in a call; call it from a function of your own`);
    default:
      return value === null ? { bytes } : wrong();
  }
}

const underlying = (type: GoType): GoType => (type.kind === 'named' ? underlying(type.underlying()) : type);

function store(place: Place, bytes: Uint8Array, pointer: string | undefined, data: string[], index: number): string[] {
  const number = (offset: number, size: number): bigint => {
    let value = 0n;
    for (let byte = size - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(bytes[offset + byte]);
    return value;
  };
  if (place.in === 'registers') {
    return place.parts.map(part => {
      const name = goName(part.register);
      if (name.startsWith('X')) {
        const symbol = `r14·float${index}·${part.offset}`;
        data.push(`DATA ${symbol}(SB)/8, $0x${number(part.offset, part.size).toString(16)}`, `GLOBL ${symbol}(SB), 24, $8`);
        return `${part.size === 4 ? 'MOVSS' : 'MOVSD'} ${symbol}(SB), ${name}`;
      }
      if (pointer !== undefined && part.offset === 0) return `LEAQ ${pointer}(SB), ${name}`;
      return `MOVQ $0x${number(part.offset, part.size).toString(16)}, ${name}`;
    });
  }
  if (place.in !== 'stack') return [];
  const base = place.offset - 8;
  return pieces(bytes.length).flatMap(([offset, size]) => [
    pointer !== undefined && offset === 0 ? `LEAQ ${pointer}(SB), R12` : `MOVQ $0x${number(offset, size).toString(16)}, R12`,
    `${MOVES[size]} R12, ${base + offset}(SP)`,
  ]);
}

function fetch(place: Place, size: number, at: number): string[] {
  const to = (offset: number): string => `${RESULTS.replace('.', '·')}+${at + offset}(SB)`;
  if (place.in === 'registers') {
    return place.parts.map(part => {
      const name = goName(part.register);
      const move = name.startsWith('X') ? (part.size === 4 ? 'MOVSS' : 'MOVSD') : MOVES[part.size as keyof typeof MOVES];
      return `${move} ${name}, ${to(part.offset)}`;
    });
  }
  if (place.in !== 'stack') return [];
  return pieces(size).flatMap(([offset, width]) => [
    `${MOVES[width]} ${place.offset - 8 + offset}(SP), R12`,
    `${MOVES[width]} R12, ${to(offset)}`,
  ]);
}

function pieces(size: number): [number, keyof typeof MOVES][] {
  const list: [number, keyof typeof MOVES][] = [];
  for (let at = 0; at < size; ) {
    const width = ([8, 4, 2, 1] as const).find(each => at + each <= size) ?? 1;
    list.push([at, width]);
    at += width;
  }
  return list;
}

/** Most bytes of a string, and elements of a slice, that are shown. */
const MOST = 200;

/** A value as Go's `%#v` shows simple ones: `5`, `true`, `"text"`, `{1 2}`. `read` gives guest memory, or undefined where there is none. */
export function showValue(type: GoType, bytes: Uint8Array, read: (address: bigint, size: number) => Uint8Array | undefined): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = (each: GoType, offset: number): string => showValue(each, bytes.subarray(offset, offset + sizeOf(each)), read);
  switch (type.kind) {
    case 'named':
      return showValue(type.underlying(), bytes, read);
    case 'bool':
      return bytes[0] === 0 ? 'false' : bytes[0] === 1 ? 'true' : `bool(${bytes[0]}: neither true nor false)`;
    case 'int':
    case 'uint': {
      const value = [...bytes].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      if (type.name === 'uintptr') return `0x${value.toString(16)}`;
      return String(type.kind === 'int' ? BigInt.asIntN(type.bytes * 8, value) : value);
    }
    case 'float':
      return type.bytes === 4 ? shortest(view.getFloat32(0, true)) : goFloat(view.getFloat64(0, true));
    case 'complex': {
      const half = type.bytes / 2;
      const [real, imaginary] = [0, half].map(at =>
        half === 4 ? shortest(view.getFloat32(at, true)) : goFloat(view.getFloat64(at, true)),
      );
      return `(${real}${imaginary.startsWith('-') ? '' : '+'}${imaginary}i)`;
    }
    case 'string': {
      const [address, length] = [view.getBigUint64(0, true), view.getBigInt64(8, true)];
      const text = length === 0n ? new Uint8Array() : length > 0n ? read(address, Number(length > MOST ? MOST : length)) : undefined;
      if (text === undefined) return `string(0x${address.toString(16)}, ${length}: not in memory)`;
      return `${JSON.stringify(new TextDecoder().decode(text))}${length > MOST ? `... (${length} bytes)` : ''}`;
    }
    case 'slice': {
      const [address, length, size] = [view.getBigUint64(0, true), view.getBigInt64(8, true), sizeOf(type.elem)];
      if (address === 0n && length === 0n) return 'nil';
      const shown = Number(length > MOST ? MOST : length);
      const all = shown < 0 ? undefined : shown * size === 0 ? new Uint8Array() : read(address, shown * size);
      if (all === undefined) return `${typeName(type)}(0x${address.toString(16)}, ${length}: not in memory)`;
      const items = Array.from({ length: shown }, (_, index) => showValue(type.elem, all.subarray(index * size, (index + 1) * size), read));
      return `[${items.join(' ')}${shown < length ? ' ...' : ''}]`;
    }
    case 'array':
      return `[${Array.from({ length: type.length }, (_, index) => part(type.elem, index * sizeOf(type.elem))).join(' ')}]`;
    case 'struct': {
      const offsets = fieldOffsets(type.fields);
      return `{${type.fields.map((field, index) => part(field.type, offsets[index])).join(' ')}}`;
    }
    default: {
      const words = Array.from({ length: sizeOf(type) / 8 }, (_, index) => view.getBigUint64(index * 8, true));
      return words.every(each => each === 0n) ? 'nil' : words.map(each => `0x${each.toString(16)}`).join(':');
    }
  }
}

const goFloat = (value: number): string =>
  Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : Object.is(value, -0) ? '-0' : String(value);

/** The fewest digits that give the same float32. */
function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return goFloat(Number(text));
  }
  return goFloat(value);
}
