/**
 * What a value is before it is text, and what is in it: a tree that is read as far as somebody goes. `contentOf` reads a value itself and none
 * of its parts; `childrenOf` gives those one by one, each a value again.
 */
import type { Field, Type, Variable } from '../../image/api.js';
import { capturedBy, capturedSource, RECEIVER } from './captured.js';
import { chanField } from './channel.js';
import { type MapView, mapView } from './map.js';
import { fromUint, partOf, readUint, type Source, toUint, Unreadable } from './source.js';
import { isCType, isUnsignedChar, underlying } from './types.js';
import {
  type Channel,
  channelOf,
  type Dynamic,
  deref,
  dynamicOf,
  element,
  type FunctionName,
  functionOf,
  pointerOf,
  sliceRun,
  stringLength,
  type Value,
  type World,
} from './value.js';

export type Content =
  /** A bool, integer, character or enumeration: its bits, unsigned. */
  | { readonly kind: 'number'; readonly bits: bigint }
  /** IEEE 754 in 4 or 8 bytes, or x87's 80 bits. */
  | { readonly kind: 'float'; readonly bits: bigint }
  | { readonly kind: 'complex'; readonly real: bigint; readonly imag: bigint; readonly half: number }
  /** In bytes; `stringBytes` reads them. */
  | { readonly kind: 'string'; readonly length: number }
  /** `elem` is absent where nothing says what it leads to. */
  | { readonly kind: 'pointer'; readonly address: bigint; readonly elem: Type | undefined }
  | { readonly kind: 'array'; readonly elem: Type; readonly length: number }
  | { readonly kind: 'slice'; readonly address: bigint; readonly length: number; readonly capacity: number }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  | { readonly kind: 'map'; readonly entries: MapView | undefined }
  /** `fields`: the runtime's. */
  | { readonly kind: 'chan'; readonly channel: Channel | undefined; readonly fields: readonly Field[] }
  | { readonly kind: 'func'; readonly func: FunctionName | undefined; readonly captured: readonly Variable[] }
  /** A C function, which is its code. */
  | { readonly kind: 'code'; readonly address: bigint | undefined }
  | { readonly kind: 'interface'; readonly dynamic: Dynamic }
  | { readonly kind: 'void' };

/** Bytes of an x87 number. */
const EXTENDED = 10;

/** Throws Unreadable. */
export function contentOf(world: World, value: Value): Content {
  const type = underlying(value.type);
  const { source } = value;
  if (source.missing !== undefined) throw new Unreadable(source.missing);
  switch (type.kind) {
    case 'bool':
    case 'int':
    case 'uint':
    case 'char':
    case 'enum':
      return { kind: 'number', bits: readUint(source, 0, type.size) };
    case 'float':
      return { kind: 'float', bits: readUint(source, 0, Math.min(type.size, EXTENDED)) };
    case 'complex': {
      const half = type.size / 2;
      const part = (offset: number): bigint => readUint(source, offset, Math.min(half, EXTENDED));
      return { kind: 'complex', real: part(0), imag: part(half), half };
    }
    case 'string':
      return { kind: 'string', length: stringLength(value) };
    case 'pointer':
      return { kind: 'pointer', address: pointerOf(value), elem: type.elem };
    case 'unsafe-pointer':
      return { kind: 'pointer', address: pointerOf(value), elem: undefined };
    case 'array':
      return { kind: 'array', elem: type.elem, length: type.length };
    case 'slice':
      return { kind: 'slice', ...sliceRun(value) };
    case 'struct':
    case 'union':
      return { kind: 'struct', fields: type.fields };
    case 'map':
      return { kind: 'map', entries: mapView(world, value) };
    case 'chan':
      return chanContent(world, value, type.hchan);
    case 'func': {
      if (isCType(value.type)) return { kind: 'code', address: source.address };
      const func = functionOf(world, value);
      return { kind: 'func', func, captured: func === undefined ? [] : capturedBy(world, func.pc) };
    }
    case 'interface':
      return { kind: 'interface', dynamic: dynamicOf(world, value) };
    case 'void':
      return { kind: 'void' };
  }
}

function chanContent(world: World, value: Value, hchan: Type): Content {
  const channel = channelOf(world, value);
  const type = underlying(hchan);
  return { kind: 'chan', channel, fields: channel !== undefined && type.kind === 'struct' ? type.fields : [] };
}

/** A part of a value, and what it is of it. */
export type Child =
  | { readonly is: 'field'; readonly field: Field; readonly value: Value }
  | { readonly is: 'element'; readonly index: number; readonly value: Value }
  | { readonly is: 'entry'; readonly key: Value; readonly value: Value }
  /** What a pointer leads to. */
  | { readonly is: 'target'; readonly value: Value }
  /** What an interface holds. */
  | { readonly is: 'dynamic'; readonly value: Value }
  /** What a closure has captured; the receiver of a method value. */
  | { readonly is: 'captured'; readonly name: string; readonly value: Value };

/** How many children there are; none of them is read. */
export function childCount(content: Content): number {
  switch (content.kind) {
    case 'array':
    case 'slice':
      return content.length;
    case 'struct':
    case 'chan':
      return content.fields.length;
    case 'func':
      return content.captured.length;
    case 'map':
      return content.entries?.length ?? 0;
    case 'pointer':
      return target(content) === undefined ? 0 : 1;
    case 'interface':
      return content.dynamic.nil || content.dynamic.value === undefined ? 0 : 1;
    default:
      return 0;
  }
}

/** The children from number `from` on, each made when it is asked for. Throws Unreadable where a map ends in what cannot be read. */
export function* childrenOf(world: World, value: Value, content: Content, from = 0): Generator<Child> {
  switch (content.kind) {
    case 'array':
    case 'slice':
      for (let index = from; index < content.length; index++) yield { is: 'element', index, value: element(world, value, index) };
      break;
    case 'struct':
      for (const field of content.fields.slice(from)) yield { is: 'field', field, value: fieldOf(value, field) };
      break;
    case 'chan':
      for (const field of content.fields.slice(from)) {
        const found = chanField(world, value, field.name);
        if (found !== undefined) yield { is: 'field', field, value: found };
      }
      break;
    case 'func':
      for (const variable of content.captured.slice(from)) {
        const name = variable.name === RECEIVER ? 'receiver' : variable.name;
        yield { is: 'captured', name, value: { type: variable.type, source: capturedSource(world, variable, pointerOf(value)) } };
      }
      break;
    case 'map': {
      let index = 0;
      for (const entry of content.entries?.entries() ?? []) if (index++ >= from) yield { is: 'entry', ...entry };
      break;
    }
    case 'pointer': {
      const elem = target(content);
      if (elem !== undefined && from === 0) yield { is: 'target', value: deref(world, elem, content.address) };
      break;
    }
    case 'interface': {
      const { dynamic } = content;
      if (!dynamic.nil && dynamic.value !== undefined && from === 0) yield { is: 'dynamic', value: dynamic.value };
    }
  }
}

/** The type of what a pointer leads to, when there is something. */
const target = ({ address, elem }: Content & { kind: 'pointer' }): Type | undefined =>
  address === 0n || elem === undefined || underlying(elem).kind === 'void' ? undefined : elem;

/** A field of a struct or union. */
export function fieldOf({ source }: Value, field: Field): Value {
  return { type: field.type, source: field.bitSize === undefined ? partOf(source, field.offset) : bitField(source, field, field.bitSize) };
}

function bitField(source: Source, { type, offset, bitOffset = 0 }: Field, bitSize: number): Source {
  const bytes = (): Uint8Array => {
    const raw = toUint(source.read(offset, Math.ceil((bitOffset + bitSize) / 8))) >> BigInt(bitOffset);
    return fromUint(isSigned(type) ? BigInt.asIntN(bitSize, raw) : BigInt.asUintN(bitSize, raw), type.size);
  };
  return {
    read: (at, length) => bytes().subarray(at, at + length),
    fixed: 'it is a bit field',
    ...(source.missing !== undefined && { missing: source.missing }),
  };
}

/** Whether the highest bit of an integer is its sign; an enum counts as its base. */
export function isSigned(type: Type): boolean {
  const at = underlying(type);
  if (at.kind === 'enum') return isSigned(at.underlying);
  return at.kind === 'int' || (at.kind === 'char' && !isUnsignedChar(type));
}
