/** Print formats of single numbers: gdb's `p/x` and Delve's `%x`. */
import { hex } from '../../host/hex.js';
import { cFloatText, quoteC } from './numbers.js';

export const FORMATS = ['x', 'd', 'u', 'o', 't', 'b', 'c', 'a', 'f', 'z', 's'] as const;
export type PrintFormat = (typeof FORMATS)[number];

/** The format of `/x` or `%x` (`%#x`, `%08b` too: width and flags are gdb's own choice here); undefined: none is known. */
export function parseFormat(text: string): PrintFormat | undefined {
  const letter = /^%?[#0-9 +-]*([a-z])$/.exec(text)?.[1];
  return FORMATS.find(format => format === letter);
}

/** A floating-point value by its bits. */
export function floatOf(bits: bigint, size: number): number {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) {
    view.setUint32(0, Number(bits));
    return view.getFloat32(0);
  }
  view.setBigUint64(0, BigInt.asUintN(64, bits));
  return view.getFloat64(0);
}

/** As gdb: with the payload and sign of a NaN. */
export function floatBitsText(bits: bigint, size: number): string {
  const number = floatOf(bits, size);
  if (!Number.isNaN(number)) return cFloatText(number, size);
  const payload = bits & ((1n << (size === 4 ? 23n : 52n)) - 1n);
  return `${(bits >> BigInt(8 * size - 1)) & 1n ? '-' : ''}nan(${hex(payload)})`;
}

export interface Bits {
  /** Unsigned. */
  readonly bits: bigint;
  /** In bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** A machine word without a type of its own: /d shows it signed, as gdb's registers. */
  readonly loose?: boolean;
}

/** `symbol` names code and data addresses for /a. */
export function formatBits(
  { bits, size, signed, loose }: Bits,
  format: PrintFormat,
  symbol: (address: bigint) => string | undefined,
): string {
  const width = 8 * size;
  switch (format) {
    case 'x':
      return hex(bits);
    case 'z':
      return `0x${bits.toString(16).padStart(2 * size, '0')}`;
    case 'd':
      return (signed || loose ? BigInt.asIntN(width, bits) : bits).toString();
    case 'u':
      return bits.toString();
    case 'o':
      return bits === 0n ? '0' : `0${bits.toString(8)}`;
    case 't':
    case 'b':
      return bits.toString(2);
    case 'c': {
      const byte = bits & 0xffn;
      const shown = signed || size > 1 ? BigInt.asIntN(8, byte) : byte;
      return `${shown} ${quoteC(Uint8Array.of(Number(byte)), "'")}`;
    }
    case 'a': {
      const name = symbol(bits);
      return name === undefined ? hex(bits) : `${hex(bits)} <${name}>`;
    }
    case 'f':
      return size === 4 || size === 8 ? floatBitsText(bits, size) : (signed ? BigInt.asIntN(width, bits) : bits).toString();
    case 's':
      return (signed ? BigInt.asIntN(width, bits) : bits).toString();
  }
}
