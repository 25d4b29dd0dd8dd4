/**
 * The op table's row type and the vocabulary its rows are written in. A row says once what an op does, as a tree of nodes; a tier (the
 * interpreter now, a compiler of regions later) gives `Emit` its own way to reach operands and to leave, and runs the tree to write
 * WebAssembly.
 */
import type { Code } from '../wasm/code.js';

/** Operand widths in bits. */
export type Width = 8 | 16 | 32 | 64;
export const WIDTHS: readonly Width[] = [8, 16, 32, 64];
export const log2Bytes = (width: Width): number => ({ 8: 0, 16: 1, 32: 2, 64: 3 })[width];

export type Operand = 'd' | 'a' | 'b';
type Helper = string;

/** What a tier provides. All values of general registers are i64 nodes, zero-extended from their width. */
export interface Emit {
  readonly code: Code;
  /** Address of an operand in the register file, i32. */
  address(operand: Operand): void;
  /** The record's immediate, i64, and its auxiliary word, i32. */
  imm(): void;
  aux(): void;
  /** Leaves the current op for the record at the i32 node, as a block entry: checks and takes the block's length from the budget. `hot`: often. */
  enter(target: Node, hot: boolean): void;
  /** Of the first record of a block. `repeats`: how often the budget covers the block once more, i64. */
  repeats(): void;
  /** Takes the i64 node times the block's length from the budget. */
  repeat(times: Node): void;
  /** Leaves the interpreter with the reason that the node before has stored. */
  fail: string;
  helper(name: Helper): void;
}

/** Writes code that leaves one value (or, for a statement, none) on the WebAssembly stack. */
export type Node = (e: Emit) => void;

// ---- vocabulary --------------------------------------------------------------------------------------------------------------------

export const op =
  (name: string, ...args: Node[]): Node =>
  e => {
    for (const arg of args) arg(e);
    e.code.op(name);
  };

export const seq =
  (...nodes: Node[]): Node =>
  e => {
    for (const node of nodes) node(e);
  };

export const c64 =
  (value: bigint | number): Node =>
  e =>
    e.code.i64(BigInt(value));
export const c32 =
  (value: number): Node =>
  e =>
    e.code.i32(value);

export const local =
  (name: string): Node =>
  e =>
    e.code.get(name);
export const setLocal =
  (name: string, value: Node): Node =>
  e => {
    value(e);
    e.code.set(name);
  };

/** Reads at a fixed address of the register file. */
export const state =
  (address: number, how = 'i64.load'): Node =>
  e =>
    e.code.i32(0).memory(how, address);
export const setState =
  (address: number, value: Node, how = 'i64.store'): Node =>
  e => {
    e.code.i32(0);
    value(e);
    e.code.memory(how, address);
  };

/** Reads with any load instruction at a host address. */
export const load =
  (how: string, address: Node, offset = 0): Node =>
  e => {
    address(e);
    e.code.memory(how, offset);
  };
export const store =
  (how: string, address: Node, value: Node, offset = 0): Node =>
  e => {
    address(e);
    value(e);
    e.code.memory(how, offset);
  };

export const when =
  (condition: Node, then: Node, otherwise?: Node): Node =>
  e => {
    condition(e);
    e.code.if();
    then(e);
    if (otherwise !== undefined) {
      e.code.else();
      otherwise(e);
    }
    e.code.end();
  };

/** `condition` (i32) ? then : otherwise, both evaluated. */
export const select = (condition: Node, then: Node, otherwise: Node): Node => op('select', then, otherwise, condition);

const LOADS: Record<Width, string> = { 8: 'i64.load8_u', 16: 'i64.load16_u', 32: 'i64.load32_u', 64: 'i64.load' };
const SIGNED_LOADS: Record<Width, string> = { 8: 'i64.load8_s', 16: 'i64.load16_s', 32: 'i64.load32_s', 64: 'i64.load' };
const STORES: Record<Width, string> = { 8: 'i64.store8', 16: 'i64.store16', 32: 'i64.store32', 64: 'i64.store' };

/** Operand of a width, zero-extended to i64. */
export const get =
  (operand: Operand, width: Width): Node =>
  e => {
    e.address(operand);
    e.code.memory(LOADS[width]);
  };
/** Operand of a width, sign-extended to i64. */
export const getSigned =
  (operand: Operand, width: Width): Node =>
  e => {
    e.address(operand);
    e.code.memory(SIGNED_LOADS[width]);
  };
/** Operand with any load instruction of its own (`i32.load`, `v128.load`, `f64.load`). */
export const getAs =
  (operand: Operand, how: string, offset = 0): Node =>
  e => {
    e.address(operand);
    e.code.memory(how, offset);
  };
export const setAs =
  (operand: Operand, how: string, value: Node, offset = 0): Node =>
  e => {
    e.address(operand);
    value(e);
    e.code.memory(how, offset);
  };
/** Writes a general register: 8 and 16 bits leave the rest alone; a 32-bit value must already be zero-extended and clears the upper half. */
export const set = (operand: Operand, width: Width, value: Node): Node => setAs(operand, STORES[width === 32 ? 64 : width], value);

export const imm: Node = e => e.imm();
export const aux: Node = e => e.aux();

/** The value cut to a width. */
export const cut = (width: Width, value: Node): Node => (width === 64 ? value : op('i64.and', value, c64((1n << BigInt(width)) - 1n)));
/** The low `width` bits of a value, sign-extended. */
export const extend = (width: Width, value: Node): Node => (width === 64 ? value : op(`i64.extend${width}_s`, value));

/** Calls an imported helper `name(): i32` that works on the register file; a result other than 0 means it has stored an exit reason. */
export const callHelper =
  (name: string): Node =>
  e => {
    e.helper(name);
    e.code.brIf(e.fail);
  };

// ---- rows --------------------------------------------------------------------------------------------------------------------------

/** What an op does to control: falls through to the next record, or ends the block by itself. */
export type Flow = 'next' | 'end';

export interface OpRow {
  readonly name: string;
  readonly emit: Node;
  readonly flow: Flow;
  /** Sets all six status flags (lazily). `plain` names the row that does the same without flags; `bits` says that all stand as bits in ccR. */
  readonly setsFlags?: { readonly plain?: string; readonly bits?: true };
  /** Reads the flags. */
  readonly readsFlags?: boolean;
  /** Long or rare: tiers make it a function of its own, which costs a call and keeps their own code small. Must go on to the next record. */
  readonly apart?: boolean;
  /** Can leave in the middle of an instruction (page fault, exception): what came before must be final in the register file. */
  readonly faults?: boolean;
}

/** Rows that are long or rare, beside those that say so themselves. A repeated string instruction is a loop of its own there. */
const RARE = new RegExp(
  `^(?:${[
    '(?!mov|load|store|zext)\\w*16p?|cmov16_\\w+',
    '(?:rep\\w*_)?(?:movs|stos|lods|scas|cmps)\\d+|xlat|maskstore8',
    '(?:rc[lr]|sh[lr]d|[tl]zcnt|cmpxchgpair)\\d+',
    '(?:adc|sbb|rol|ror|shlv|shrv|sarv|i?mul|i?div|cmpxchg)8p?',
  ].join('|')})$`,
);

const rows: OpRow[] = [];
const byName = new Map<string, number>();

export function row(name: string, emit: Node, traits: Partial<Omit<OpRow, 'name' | 'emit'>> = {}): void {
  if (byName.has(name)) throw new Error(`op ${name} is defined twice`);
  byName.set(name, rows.length);
  rows.push({ name, emit, flow: 'next', apart: traits.flow !== 'end' && RARE.test(name), ...traits });
}

/** Number of an op, for records. Throws for a name without a row. */
export function opNumber(name: string): number {
  const number = byName.get(name);
  if (number === undefined) throw new Error(`no op ${name}`);
  return number;
}

export const opRows: readonly OpRow[] = rows;
