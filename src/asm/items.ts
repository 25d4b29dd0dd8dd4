/** What a function is made of on its way to bytes: items whose length is known, and jumps within the function whose length is not yet. */
import type { Mnemonic } from 'iced-x86';
import { Mnemonic as M } from 'iced-x86';
import type { Diagnostics, SourcePosition } from './diagnostics.js';
import type { EncodedPlace, InstructionEncoder } from './encode.js';
import type { SymbolReference } from './syntax.js';

/** A part of the text whose length is known, or a jump within the function whose length depends on the distance. */
export type Item = ItemState & Content;

type Content = Jump | Bytes | Symbolic | Alignment;

interface ItemState {
  readonly at: SourcePosition;
  /** What has been pushed and allocated below the return address in front of the item, and whether RBP's old value is saved. */
  readonly depth: number;
  readonly savedBp: boolean;
}

/** Holds a symbol's address, put in when addresses are known. */
export interface Symbolic {
  readonly kind: 'symbolic';
  readonly bytes: Uint8Array;
  /** Where the 32-bit field is. */
  readonly fieldAt: number;
  /** The field is the distance from the next instruction, not the address itself. */
  readonly relative: boolean;
  readonly symbol: SymbolReference;
  /** Where the symbol is named. */
  readonly symbolAt: SourcePosition;
  readonly offset: bigint;
}

export interface Jump {
  readonly kind: 'jump';
  readonly mnemonic: Mnemonic;
  readonly label: string;
}

export interface Bytes {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
}

/** Fills up with NOPs to a multiple of `to` bytes from the function's start, if `most` are enough. */
export interface Alignment {
  readonly kind: 'alignment';
  readonly to: number;
  readonly most: number;
}

/** A call, or a jump into another function, as Go's linker counts stack for it. */
export interface Transfer {
  /** None for an address in a register or in memory. */
  readonly symbol: SymbolReference | undefined;
  /** As in StackUse. */
  readonly depth: number;
}

/** Bytes of stack below the return address, as Go's assembler and linker count them: frame, PUSH, POP, ADJSP, but no SUBQ of SP. */
export interface StackUse {
  readonly most: number;
  readonly transfers: readonly Transfer[];
  /** A prologue asks for the room. */
  readonly splits: boolean;
}

export interface FunctionItems {
  readonly items: readonly Item[];
  /** Label -> index of the item that it stands in front of. */
  readonly labels: ReadonlyMap<string, number>;
  /** Index of the first item behind the prologue. */
  readonly body: number;
  readonly spWrite: boolean;
  /** Register parameters that are stored in their spill slots, with the index of the first item behind the store. */
  readonly spilled: ReadonlyMap<string, number>;
  readonly inlined: readonly InlinedItems[];
  readonly stack: StackUse;
  /** Floating-point constants of instructions: data of these names. */
  readonly floats: ReadonlyMap<string, Uint8Array>;
}

/** A stretch of items that stands for the body of a function that a compiler would have inlined: between INLINE and INLINEEND. */
export interface InlinedItems {
  readonly name: string;
  readonly from: number;
  to: number;
  /** Where the body's source is, as INLINE says. */
  readonly line: number;
}

/** Collects a function's items, each with the state of the frame in front of it. */
export class ItemEmitter {
  readonly items: Item[] = [];
  /** Label -> index of the item that it stands in front of. */
  readonly labels = new Map<string, number>();
  /** What is pushed and allocated below the return address here, and whether RBP's old value is among it. */
  depth = 0;
  savedBp = false;
  /** By how much of the depth instructions have moved RSP that Go's assembler does not look at. */
  unseen = 0;
  most = 0;
  readonly transfers: Transfer[] = [];
  readonly floats = new Map<string, Uint8Array>();

  constructor(
    readonly encoder: InstructionEncoder,
    readonly diagnostics: Diagnostics,
  ) {}

  push(at: SourcePosition, mnemonic: Mnemonic, places: readonly EncodedPlace[]): void {
    const encoded = this.encoder.encode(mnemonic, places);
    if (encoded === undefined) this.diagnostics.report(at, `${M[mnemonic].toUpperCase()} does not take this operand`);
    else this.emit(at, { kind: 'bytes', bytes: encoded.bytes });
  }

  branch(at: SourcePosition, mnemonic: Mnemonic, symbol: SymbolReference, symbolAt = at, offset = 0n): void {
    const bytes = this.encoder.jump(mnemonic, false);
    this.transfer(symbol);
    this.emit(at, { kind: 'symbolic', bytes, fieldAt: bytes.length - 4, relative: true, symbol, symbolAt, offset });
  }

  jump(at: SourcePosition, mnemonic: Mnemonic, label: string): void {
    this.emit(at, { kind: 'jump', mnemonic, label });
  }

  transfer(symbol?: SymbolReference): void {
    this.transfers.push({ symbol, depth: this.counted });
  }

  /** The depth as Go counts it. */
  get counted(): number {
    return this.depth - this.unseen;
  }

  emit(at: SourcePosition, item: Content): void {
    const { depth, savedBp } = this;
    if (this.counted > this.most) this.most = this.counted;
    this.items.push(Object.assign(item, { at, depth, savedBp }));
  }
}
