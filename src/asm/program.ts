/** What the assembler makes: an image in the plain, that knows nothing of ELF files or processes. */

import type { Declarations } from './declarations.js';
import type { Diagnostic, SourcePosition } from './diagnostics.js';
import type { DeclaredConvention, DeclaredSignature } from './types.js';

export interface AssembledSegment {
  readonly name: 'text' | 'rodata' | 'data' | 'bss';
  readonly start: bigint;
  readonly bytes: Uint8Array;
  /** At least as many as there are bytes; the rest is zero. */
  readonly memorySize: number;
  /** A sum of 1 read, 2 write, 4 execute, as in mmap. */
  readonly prot: number;
}

export interface AssembledSymbol {
  /** With package, without ABI: `runtime.systemstack`, `racecall`. */
  readonly name: string;
  /** As a linker's table has it: `.abi0` behind ABI0 text that has an ABIInternal counterpart. */
  readonly linkName: string;
  readonly address: bigint;
  readonly size: number;
  readonly kind: 'func' | 'object';
}

/** From `pc` on: the canonical frame address is RSP + `cfa`; the caller's RBP lies at CFA + `bp`, or is still in RBP. */
export interface FrameRow {
  readonly pc: bigint;
  readonly cfa: number;
  readonly bp?: number;
}

export interface LineRow {
  readonly pc: bigint;
  readonly file: string;
  readonly line: number;
}

export interface AssembledFunction extends AssembledSymbol {
  readonly kind: 'func';
  readonly convention: DeclaredConvention;
  /** A sum of TEXT flags. */
  readonly flags: number;
  /** Bytes of locals; of arguments and results on the stack. */
  readonly frame: number;
  readonly args: number;
  /** The prologue ends here: a breakpoint on the function stops at this address. */
  readonly body: bigint;
  readonly at: SourcePosition;
  readonly rows: readonly FrameRow[];
  readonly lines: readonly LineRow[];
  readonly signature?: DeclaredSignature;
  /** Register parameters that lie in their spill slots from an address on. */
  readonly spilled: ReadonlyMap<string, bigint>;
  /** Stretches that stand for inlined bodies. */
  readonly inlined: readonly { readonly name: string; readonly start: bigint; readonly end: bigint; readonly line: number }[];
  /** Loads RSP in a way that the rows cannot follow. */
  readonly spWrite: boolean;
}

export interface Assembled {
  readonly entry: bigint;
  readonly segments: readonly AssembledSegment[];
  readonly symbols: readonly AssembledSymbol[];
  readonly functions: readonly AssembledFunction[];
  readonly declarations: Declarations;
  /** Bytes of thread-local storage; g is the last word, at FS:-8. */
  readonly tlsSize: number;
  readonly sources: ReadonlyMap<string, string>;
  /** What is hardly meant so, in the order of the text. */
  readonly warnings: readonly Diagnostic[];
}
