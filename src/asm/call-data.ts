/** Where a call's values lie: data that is assembled with the program. */

import type { Declarations } from './declarations.js';
import { asmName } from './syntax.js';
import { type GoType, typeName } from './types.js';

/** A value in memory: its bytes, and which words of it are addresses of which symbols. */
export interface Laid {
  readonly bytes: Uint8Array;
  readonly pointers: readonly { readonly offset: number; readonly symbol: string }[];
}

const WORD = 8;

/** What values refer to, as text to be assembled and declared with the call. */
export class CallData {
  private readonly lines: string[] = [];
  private readonly descriptors = new Map<string, string>();
  private readonly placed = new Map<string, Uint8Array>();

  /** `prefix`: of the names, so that several calls have each their own. */
  constructor(
    private readonly known: Declarations,
    private readonly prefix = '',
  ) {}

  get assembly(): readonly string[] {
    return this.lines;
  }

  get declarations(): readonly string[] {
    return [...this.descriptors].map(([type, symbol]) => `//r14:type ${type}\nvar ${symbol.split('·')[1]} [48]byte`);
  }

  /** A place of its own for a value; its symbol. */
  place({ bytes, pointers }: Laid): string {
    const symbol = `r14·${this.prefix}value${this.placed.size}`;
    this.placed.set(symbol, bytes);
    const put = (offset: number, width: number, value: string): void => {
      this.lines.push(`DATA ${symbol}+${offset}(SB)/${width}, $${value}`);
    };
    for (let at = 0; at < bytes.length; at += WORD) {
      const pointer = pointers.find(each => each.offset === at);
      const word = bytes.subarray(at, at + WORD);
      if (pointer !== undefined) put(at, WORD, `${pointer.symbol}(SB)`);
      else if (word.length === WORD) put(at, WORD, numberIn(word, 0, WORD).toString());
      else for (const [index, byte] of word.entries()) put(at + index, 1, String(byte));
    }
    this.lines.push(`GLOBL ${symbol}(SB), 16, $${Math.max(1, bytes.length)}`);
    return symbol;
  }

  /** What was placed under a symbol; undefined: it is none of these. */
  bytesOf(symbol: string): Uint8Array | undefined {
    return this.placed.get(symbol);
  }

  /** The symbol of a type's descriptor: the program's own if it has one. */
  descriptor(type: GoType): string {
    const name = typeName(type);
    const own = [...this.known.descriptors].find(([, described]) => typeName(described) === name);
    if (own !== undefined) return asmName(own[0]);
    const symbol = this.descriptors.get(name) ?? `r14·${this.prefix}type${this.descriptors.size}`;
    this.descriptors.set(name, symbol);
    return symbol;
  }
}

/** The little-endian number in some bytes; what lies behind their end counts as 0. */
export function numberIn(bytes: Uint8Array, offset: number, size: number): bigint {
  let value = 0n;
  for (let at = offset + size - 1; at >= offset; at--) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return value;
}
