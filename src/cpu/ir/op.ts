/**
 * The vocabulary that rows are written in, and the table they fill. A row says once what an op does, as a tree of nodes; what runs the tree
 * is up to the `Emit` that it is given.
 */
import type { Exit, Helper, HelperUnit, Load, Local, Node, Operand, StateField, Store, Width } from './emit.js';
import type { OpTraits } from './traits.js';

// ---- values and statements -----------------------------------------------------------------------------------------------------------

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
export const nothing: Node = () => {};

export const c64 =
  (value: bigint | number): Node =>
  e =>
    e.code.i64(BigInt(value));
export const c32 =
  (value: number): Node =>
  e =>
    e.code.i32(value);

export const local =
  (name: Local): Node =>
  e =>
    e.code.get(name);
export const setLocal =
  (name: Local, value: Node): Node =>
  e => {
    value(e);
    e.code.set(name);
  };

/** A field of the register file. */
export const state =
  (field: StateField, how: Load = 'i64.load', offset = 0): Node =>
  e =>
    e.readState(field, how, offset);
export const setState =
  (field: StateField, value: Node, how: Store = 'i64.store', offset = 0): Node =>
  e =>
    e.writeState(field, how, value, offset);

/** Reads and writes at a host address. */
export const load =
  (how: Load, address: Node, offset = 0): Node =>
  e => {
    address(e);
    e.code.memory(how, offset);
  };
export const store =
  (how: Store, address: Node, value: Node, offset = 0): Node =>
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

// ---- operands ------------------------------------------------------------------------------------------------------------------------

export const LOADS = { 8: 'i64.load8_u', 16: 'i64.load16_u', 32: 'i64.load32_u', 64: 'i64.load' } as const satisfies Record<Width, Load>;
export const SIGNED_LOADS = {
  8: 'i64.load8_s',
  16: 'i64.load16_s',
  32: 'i64.load32_s',
  64: 'i64.load',
} as const satisfies Record<Width, Load>;
export const STORES = { 8: 'i64.store8', 16: 'i64.store16', 32: 'i64.store32', 64: 'i64.store' } as const satisfies Record<Width, Store>;
/** Stores to general registers: 8 and 16 bits leave the rest alone; a 32-bit value is already zero-extended and clears the upper half. */
export const REGISTER_STORES = { ...STORES, 32: STORES[64] } as const;

/** Operand of a width, zero-extended to i64. */
export const get = (operand: Operand, width: Width): Node => getAs(operand, LOADS[width]);
/** Operand of a width, sign-extended to i64. */
export const getSigned = (operand: Operand, width: Width): Node => getAs(operand, SIGNED_LOADS[width]);
/** Operand with any load instruction. */
export const getAs =
  (operand: Operand, how: Load, offset = 0): Node =>
  e =>
    e.read(operand, how, offset);
export const setAs =
  (operand: Operand, how: Store, value: Node, offset = 0): Node =>
  e =>
    e.write(operand, how, value, offset);
/** Writes a general register. */
export const set = (operand: Operand, width: Width, value: Node): Node => setAs(operand, REGISTER_STORES[width], value);

export const imm: Node = e => e.imm();
export const aux: Node = e => e.aux();

/** The value cut to a width. */
export const cut = (width: Width, value: Node): Node => (width === 64 ? value : op('i64.and', value, c64((1n << BigInt(width)) - 1n)));
/** The low `width` bits of a value, sign-extended. */
export const extend = (width: Width, value: Node): Node => (width === 64 ? value : op(`i64.extend${width}_s`, value));

// ---- guest memory, helpers, ways out ---------------------------------------------------------------------------------------------------

export const readGuest =
  (how: Load, address: Node): Node =>
  e =>
    e.readGuest(how, address);
export const writeGuest =
  (how: Store, address: Node, value: Node): Node =>
  e =>
    e.writeGuest(how, address, value);
export const reach =
  (bytes: number, address: Node, forWrite = false): Node =>
  e =>
    e.reach(bytes, address, forWrite);
/** Faults where an access of so many bytes would. */
export const probe = (bytes: number, address: Node): Node => op('drop', reach(bytes, address, true));

export const help =
  (name: Helper): Node =>
  e =>
    e.help(name);
/** Has the record of calls kept where a row's own code for that does not do. The values are addresses of stacks. */
export const keepCalls =
  (name: 'makeRoom' | 'abandon' | 'switchStack', ...values: Node[]): Node =>
  e =>
    e.keepCalls(name, values);
export const operate =
  (unit: HelperUnit, operation: string): Node =>
  e =>
    e.operate(unit, operation);
export const leave =
  (reason: Exit): Node =>
  e =>
    e.leave(reason);

// ---- rows --------------------------------------------------------------------------------------------------------------------------

/** An op: its traits and what it does. */
export interface OpRow extends OpTraits {
  readonly emit: Node;
}

/** All rows, in the order of their numbers: complete when `rows.ts` has been imported. */
export const rows: OpRow[] = [];
const names = new Set<string>();

export type RowTraits = Partial<Omit<OpTraits, 'name'>>;

export function row(name: string, emit: Node, traits: RowTraits = {}): void {
  if (names.has(name)) throw new Error(`op ${name} is defined twice`);
  names.add(name);
  rows.push({ name, emit, flow: 'next', ...traits });
}
