import { hex } from '../../host/hex.js';
import type { Image, Type } from '../../image/api.js';
import {
  bytesSource,
  fromUint,
  memorySource,
  missingSource,
  partOf,
  type ReadableMemory,
  readMemory,
  readUint,
  type Source,
  Unreadable,
} from './source.js';
import { basicType, isDirect, pointerTo, underlying } from './types.js';

/** A typed value: an lvalue when its source has an address or can be written. */
export interface Value {
  readonly type: Type;
  readonly source: Source;
  /** A register or address without a type of its own: it takes the type of what it meets, as gdb's registers do. */
  readonly loose?: true;
  /** A pointer that the expression has made, by & or a conversion: printed as the address that it is, and not followed. */
  readonly bare?: true;
  /** What the user has cut out: printed without the limits that are there for what nobody has asked for. */
  readonly whole?: true;
}

/** What values need to be read and shown. */
export interface World {
  readonly memory: ReadableMemory;
  readonly images: readonly Image[];
}

export const pointerValue = (type: Type, address: bigint): Value => ({ type, source: bytesSource(fromUint(address, 8)) });

export const uint64Value = (value: bigint): Value => ({ type: basicType('uint64')!, source: bytesSource(fromUint(value, 8)) });

export const addressOf = (value: Value, inC: boolean): Value | undefined =>
  value.source.address === undefined ? undefined : { ...pointerValue(pointerTo(value.type, inC), value.source.address), bare: true };

/** The word of a pointer-shaped value. Throws Unreadable. */
export const pointerOf = (value: Value): bigint => readUint(value.source, 0, 8);

/** What a non-nil pointer leads to. */
export const deref = (world: World, elem: Type, address: bigint): Value => ({ type: elem, source: memorySource(world.memory, address) });

/** Whole bytes of the value. Throws Unreadable. */
export const bytesOf = (value: Value): Uint8Array => value.source.read(0, value.type.size);

// ---- strings and slices -----------------------------------------------------------------------------------------------------------------

const MAX_LENGTH = 1n << 40n;

export interface ElementRun {
  readonly address: bigint;
  readonly length: number;
  readonly capacity: number;
}

function checkedLength(length: bigint, what: string): number {
  const signed = BigInt.asIntN(64, length);
  if (signed < 0n) throw new Unreadable(`negative ${what} ${signed}`);
  if (signed > MAX_LENGTH) throw new Unreadable(`impossible ${what} ${signed}`);
  return Number(signed);
}

/** Pointer and length of a string, with no byte of it read yet. */
function stringRun(value: Value): ElementRun {
  const length = checkedLength(readUint(value.source, 8, 8), 'length');
  return { address: length === 0 ? 0n : pointerOf(value), length, capacity: length };
}

/** Bytes of a string, at most `limit`. A computed string carries its bytes behind its header. */
export function stringBytes(world: World, value: Value, limit: number): Uint8Array {
  const own = ownedBytes.get(value.source);
  if (own) return own.subarray(0, limit);
  const { address, length } = stringRun(value);
  return readMemory(world.memory, address, Math.min(length, limit));
}

export function stringLength(value: Value): number {
  return ownedBytes.get(value.source)?.length ?? stringRun(value).length;
}

/** Strings and slices that an expression made have no address in the guest. */
const ownedBytes = new WeakMap<Source, Uint8Array>();

export function madeString(type: Type, bytes: Uint8Array): Value {
  const source = headerSource('it is a computed string, which lies nowhere in the program');
  ownedBytes.set(source, bytes);
  return { type, source };
}

export function madeSlice(type: Type, elements: Uint8Array): Value {
  const source = headerSource('it is a computed slice, which lies nowhere in the program');
  ownedBytes.set(source, elements);
  return { type, source };
}

/** Whether a string or slice is one that an expression has made. */
export const isMade = ({ source }: Value): boolean => ownedBytes.has(source);

function headerSource(why: string): Source {
  return {
    read() {
      throw new Unreadable('the value is computed, it has no header in the program');
    },
    fixed: why,
  };
}

export function sliceRun(value: Value): ElementRun {
  const own = ownedBytes.get(value.source);
  if (own) {
    const type = underlying(value.type);
    const size = type.kind === 'slice' ? type.elem.size : 1;
    return { address: -1n, length: own.length / size, capacity: own.length / size };
  }
  const address = pointerOf(value);
  const length = checkedLength(readUint(value.source, 8, 8), 'length');
  const capacity = checkedLength(readUint(value.source, 16, 8), 'capacity');
  if (address === 0n && length > 0) throw new Unreadable('non-zero length array with nil base');
  return { address, length, capacity };
}

/** Element `index` of a slice or array, unchecked. */
export function element(world: World, value: Value, index: number): Value {
  const type = underlying(value.type);
  if (type.kind === 'array') return { type: type.elem, source: partOf(value.source, index * type.elem.size) };
  if (type.kind !== 'slice') throw new Unreadable(`${value.type.name} has no elements`);
  const own = ownedBytes.get(value.source);
  const offset = index * type.elem.size;
  if (own) return { type: type.elem, source: partOf(bytesSource(own), offset) };
  return { type: type.elem, source: memorySource(world.memory, pointerOf(value) + BigInt(offset)) };
}

/** All bytes of the elements from `start` on. */
export function sliceBytes(world: World, value: Value, count: number): Uint8Array {
  const own = ownedBytes.get(value.source);
  const type = underlying(value.type);
  const size = type.kind === 'slice' ? type.elem.size : 1;
  if (own) return own.subarray(0, count * size);
  return readMemory(world.memory, pointerOf(value), count * size);
}

// ---- interfaces -------------------------------------------------------------------------------------------------------------------------

export type Dynamic =
  | { readonly nil: true }
  /** The runtime type's address has no type in any image. */
  | { readonly nil: false; readonly runtimeType: bigint; readonly data: bigint; readonly value?: undefined }
  | { readonly nil: false; readonly runtimeType: bigint; readonly value: Value };

/** Offset of the type's address in an itab ({inter, _type, ...}), the same in all Go releases. */
const ITAB_TYPE = 8;

/** What an interface holds. Throws Unreadable. */
export function dynamicOf(world: World, value: Value): Dynamic {
  const type = underlying(value.type);
  const first = readUint(value.source, 0, 8);
  if (first === 0n) return { nil: true };
  const empty = type.kind === 'interface' && type.empty;
  const runtimeType = empty ? first : readUint(memorySource(world.memory, first), ITAB_TYPE, 8);
  const found = typeOfRuntimeType(world, runtimeType);
  if (found === undefined) return { nil: false, runtimeType, data: readUint(value.source, 8, 8) };
  const held = (source: Source): Dynamic => ({ nil: false, runtimeType, value: { type: found, source } });
  if (isDirect(found)) return held(partOf(value.source, 8));
  try {
    return held(memorySource(world.memory, readUint(value.source, 8, 8)));
  } catch (error) {
    // The type is known though the value is lost.
    if (error instanceof Unreadable) return held(missingSource(error, 'its place is not known here'));
    throw error;
  }
}

export function typeOfRuntimeType(world: World, address: bigint): Type | undefined {
  for (const image of world.images) {
    const type = image.typeOfRuntimeType(address);
    if (type) return type;
  }
  return undefined;
}

// ---- functions --------------------------------------------------------------------------------------------------------------------------

export interface FunctionName {
  readonly name: string;
  readonly pc: bigint;
}

/** The function of a func value: it points to an object whose first word is the code's address. undefined: nil. Throws Unreadable. */
export function functionOf(world: World, value: Value): FunctionName | undefined {
  const object = pointerOf(value);
  if (object === 0n) return undefined;
  const pc = readUint(memorySource(world.memory, object), 0, 8);
  return { name: functionNameAt(world, pc) ?? hex(pc), pc };
}

/** `numbers+4`: the sized symbol that the address lies in. */
export function symbolNear(world: World, address: bigint): string | undefined {
  for (const image of world.images) {
    const found = image.symbolAt(address);
    if (!found || found.symbol.kind === 'other' || found.offset >= Math.max(1, found.symbol.size)) continue;
    return found.offset === 0 ? found.symbol.name : `${found.symbol.name}+${found.offset}`;
  }
  return undefined;
}

function functionNameAt(world: World, pc: bigint): string | undefined {
  for (const image of world.images) {
    const name = image.functionAt(pc)?.name;
    if (name !== undefined) return name;
  }
  return undefined;
}

// ---- channels ---------------------------------------------------------------------------------------------------------------------------

export interface Channel {
  readonly length: bigint;
  readonly capacity: bigint;
}

/** runtime.hchan begins {qcount uint, dataqsiz uint} in all Go releases. undefined: nil. Throws Unreadable. */
export function channelOf(world: World, value: Value): Channel | undefined {
  const address = pointerOf(value);
  if (address === 0n) return undefined;
  const source = memorySource(world.memory, address);
  return { length: readUint(source, 0, 8), capacity: readUint(source, 8, 8) };
}
