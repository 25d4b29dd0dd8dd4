/** Where a value's bytes come from. Reading is lazy: nothing is read until it is printed, compared or followed. */

import { MemoryFault } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import { Told } from '../../host/told.js';
import type { Loss, Missing } from '../known.js';

/** Bytes that cannot be had. */
export class Unreadable extends Told implements Missing {
  override name = 'Unreadable';
  readonly lost: Loss;
  readonly why: string;

  constructor(missing: Missing | string) {
    const { lost, why } = typeof missing === 'string' ? ({ lost: 'unreadable', why: missing } as const) : missing;
    super(why);
    this.lost = lost;
    this.why = why;
  }
}

/** The compiler keeps it nowhere. */
export const OPTIMIZED_OUT: Missing = { lost: 'optimized out', why: 'the compiler optimised it away here' };

export interface Source {
  /** Where the bytes lie in guest memory, when they all lie there in a row. */
  readonly address?: bigint;
  /** Of the frame's registers the one that they are bytes of, from `offset` on. */
  readonly register?: { readonly name: string; readonly offset: number };
  /** Throws Unreadable. */
  read(offset: number, length: number): Uint8Array;
  /** Absent: the value cannot be set, and `fixed` says why. Throws an Error that says why when the write fails; nothing has changed then. */
  write?(offset: number, bytes: Uint8Array): void;
  readonly fixed?: string;
  /** Why none of it can be read, when that is so. */
  readonly missing?: Missing | undefined;
  /** Computed aggregates hold their parts as values of their own: the source of the part at an offset. */
  part?(offset: number): Source | undefined;
}

export interface ReadableMemory {
  read(address: bigint, length: number): Uint8Array;
  write(address: bigint, bytes: Uint8Array): void;
}

const ADDRESS_MASK = (1n << 64n) - 1n;

/** No value of a program is larger; a length beyond it is garbage. */
const MAX_READ = 64 << 20;

export function memorySource(memory: ReadableMemory, address: bigint): Source {
  const at = address & ADDRESS_MASK;
  return {
    address: at,
    read: (offset, length) => readMemory(memory, at + BigInt(offset), length),
    write: (offset, bytes) => memory.write(at + BigInt(offset), bytes),
  };
}

export function readMemory(memory: ReadableMemory, address: bigint, length: number): Uint8Array {
  if (length === 0) return new Uint8Array();
  const where = `${length} byte${length === 1 ? '' : 's'} at ${hex(address & ADDRESS_MASK)}`;
  if (length > MAX_READ || address < 0n || address + BigInt(length) > ADDRESS_MASK) throw new Unreadable(`could not read ${where}`);
  try {
    return memory.read(address, length);
  } catch (error) {
    if (!(error instanceof MemoryFault)) throw error;
    throw new Unreadable(`could not read ${where}: ${error.why}`);
  }
}

/** A value that was computed: it lies nowhere. */
export function bytesSource(bytes: Uint8Array, fixed = 'it is a computed value'): Source {
  return {
    read(offset, length) {
      if (offset + length > bytes.length) throw new Unreadable(`only ${bytes.length} bytes are known`);
      return bytes.subarray(offset, offset + length);
    },
    fixed,
  };
}

/** A value that is gone; `fixed` says why it cannot be set. */
export function missingSource(missing: Missing, fixed = missing.why): Source {
  return {
    read() {
      throw new Unreadable(missing);
    },
    fixed,
    missing,
  };
}

/** A part of a value, from `offset` on. */
export function partOf(source: Source, offset: number): Source {
  const own = source.part?.(offset);
  if (own) return own;
  const write = source.write?.bind(source);
  return {
    ...(source.address !== undefined && { address: (source.address + BigInt(offset)) & ADDRESS_MASK }),
    ...(source.register !== undefined && { register: { name: source.register.name, offset: source.register.offset + offset } }),
    read: (at, length) => source.read(offset + at, length),
    ...(write && { write: (at: number, bytes: Uint8Array) => write(offset + at, bytes) }),
    ...(source.fixed !== undefined && { fixed: source.fixed }),
    ...(source.missing !== undefined && { missing: source.missing }),
  };
}

export interface Piece {
  readonly size: number;
  readonly source: Source;
}

/** A value in several places (DW_OP_piece): reading a lost piece fails, the others can be read. */
export function piecesSource(pieces: readonly Piece[]): Source {
  const split = (offset: number, length: number): { piece: Piece; from: number; count: number; at: number }[] => {
    const parts: { piece: Piece; from: number; count: number; at: number }[] = [];
    let start = 0;
    for (const piece of pieces) {
      const from = Math.max(offset, start);
      const end = Math.min(offset + length, start + piece.size);
      if (from < end) parts.push({ piece, from: from - start, count: end - from, at: from - offset });
      start += piece.size;
    }
    if (offset + length > start) throw new Unreadable('debug information does not say where the rest is');
    return parts;
  };
  const fixed = pieces.find(piece => piece.source.write === undefined)?.source.fixed;
  return {
    read(offset, length) {
      const out = new Uint8Array(length);
      for (const { piece, from, count, at } of split(offset, length)) out.set(piece.source.read(from, count), at);
      return out;
    },
    write(offset, bytes) {
      const parts = split(offset, bytes.length);
      const locked = parts.find(({ piece }) => piece.source.write === undefined);
      if (locked) throw new Told(locked.piece.source.fixed ?? 'it cannot be set');
      for (const { piece, from, count, at } of parts) piece.source.write!(from, bytes.subarray(at, at + count));
    },
    ...(fixed !== undefined && { fixed }),
  };
}

/** A little-endian unsigned number of up to 16 bytes. */
export function toUint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

export function fromUint(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(8 * size, value);
  for (let i = 0; i < size; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export const readUint = (source: Source, offset: number, size: number): bigint => toUint(source.read(offset, size));
export const readInt = (source: Source, offset: number, size: number): bigint => BigInt.asIntN(8 * size, readUint(source, offset, size));
