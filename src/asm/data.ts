/** Static data: what DATA and GLOBL say of a symbol, and the bytes of it. */
import type { Diagnostics, SourcePosition } from './diagnostics.js';
import { stringTokenBytes } from './lexer.js';
import type { DataStatement, SymbolReference } from './syntax.js';

export interface DataEntry {
  readonly symbol: SymbolReference;
  readonly file: string;
  readonly at: SourcePosition;
  flags: number;
  size: number;
  declared: boolean;
  readonly pieces: DataStatement[];
  /** Of what the assembler makes itself, when addresses are known. */
  readonly content?: () => Uint8Array;
  address: bigint;
}

/** The bytes of one DATA line. `addressOf` gives a symbol's address, or undefined when that has been reported. */
export function pieceBytes(
  piece: DataStatement,
  entry: DataEntry,
  addressOf: (symbol: SymbolReference) => bigint | undefined,
  diagnostics: Diagnostics,
): Uint8Array {
  const { value, width } = piece;
  const bytes = new Uint8Array(Math.max(width, 8));
  const view = new DataView(bytes.buffer);
  const wrong = (message: string, suggestion?: string): void => diagnostics.report(value.at, message, suggestion);
  switch (value.kind) {
    case 'immediate':
      if (![1, 2, 4, 8].includes(width)) wrong(`a constant has 1, 2, 4 or 8 bytes, not ${width}`);
      view.setBigUint64(0, BigInt.asUintN(64, value.value), true);
      break;
    case 'float':
      if (width === 4) view.setFloat32(0, value.value, true);
      else if (width === 8) view.setFloat64(0, value.value, true);
      else wrong(`a floating-point constant has 4 or 8 bytes, not ${width}`);
      break;
    case 'text': {
      const text = stringTokenBytes(value.value);
      if (text.length > width) wrong(`the string has ${text.length} bytes, the width says ${width}`, `use /${text.length}`);
      else bytes.set(text);
      break;
    }
    case 'address': {
      if (width !== 8 || value.of.symbol === undefined) {
        wrong('an address has 8 bytes and is that of a symbol', `DATA ${entry.symbol.name}+${piece.offset}(SB)/8, $name(SB)`);
        break;
      }
      const address = addressOf(value.of.symbol);
      if (address !== undefined) view.setBigUint64(0, address + value.of.offset, true);
      break;
    }
    default:
      wrong('DATA wants a constant, a string or an address', '$value');
  }
  return bytes.subarray(0, width);
}
