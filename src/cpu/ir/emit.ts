/** What a row is written with: nodes that write WebAssembly, and what a tier (the interpreter now, a compiler of regions later) gives them. */
import type { GprName } from '../api.js';
import { gprNumber, gprSlot, STATE } from '../layout.js';

/** Operand widths in bits. */
export type Width = 8 | 16 | 32 | 64;
export const WIDTHS: readonly Width[] = [8, 16, 32, 64];
export const log2Bytes = (width: Width): number => ({ 8: 0, 16: 1, 32: 2, 64: 3 })[width];

/** Operands of a micro-op, by the record's fields that say where in the register file they are. */
export type Operand = 'd' | 'a' | 'b' | 'aux';

/** A general register, or a field of STATE. */
export type StateField = GprName | Exclude<keyof typeof STATE, 'gpr'>;

/** Address of a field in the register file. */
export function fieldAddress(field: StateField): number {
  const number = gprNumber(field);
  return number === undefined ? STATE[field as keyof typeof STATE] : gprSlot(number);
}

/** WebAssembly's loads and stores, as far as rows use them. */
export type Load =
  | 'i32.load'
  | 'i32.load8_u'
  | 'i32.load16_u'
  | 'i64.load'
  | `i64.load${8 | 16 | 32}_${'s' | 'u'}`
  | 'v128.load'
  | 'v128.load32_zero'
  | 'v128.load64_zero';
export type Store = 'i32.store' | 'i32.store8' | 'i32.store16' | 'i64.store' | `i64.store${8 | 16 | 32}` | 'f64.store' | 'v128.store';

/** Bytes that a load or store covers. */
export function widthBytes(how: Load | Store): number {
  const bits = /(?:load|store)(\d+)/.exec(how)?.[1];
  return bits === undefined ? { i: 4, v: 16, f: 8 }[how[0] as 'i' | 'v' | 'f'] + (how.startsWith('i64') ? 4 : 0) : Number(bits) / 8;
}

/** Variables of a row, and their types. None outlives its row; the nodes of guest memory use `ad`, `e` and `h`. */
export const LOCALS = {
  e: 'i32',
  h: 'i32',
  n: 'i32',
  f: 'i32',
  i: 'i32',
  ad: 'i64',
  x: 'i64',
  y: 'i64',
  z: 'i64',
  r: 'i64',
  u: 'i64',
  v: 'i64',
  g: 'f64',
  k: 'f64',
  gs: 'f32',
  ks: 'f32',
  q: 'v128',
  s: 'v128',
  w: 'v128',
} as const;
export type Local = keyof typeof LOCALS;

/** Helpers that do one thing each, on the register file; those that raise never go on. */
export type Helper = 'misaligned' | 'notCanonical' | 'reservedBits' | 'divideError' | 'divide128' | 'divideSigned128' | 'edge' | 'pause';
/** The functions that keep the record of calls (interpret/call-record.ts). They change nothing that the guest sees. */
export type CallFunctionName =
  | 'provide'
  | 'trim'
  | 'noteGranule'
  | 'newStack'
  | 'findStack'
  | 'resume'
  | 'goElsewhere'
  | 'makeRoom'
  | 'abandon'
  | 'switchStack'
  | 'takeTurn'
  | 'stackAt';
/** What the engine looks at in front of an edge before it asks an observer (interpret/edge-tests.ts). They change nothing that the guest sees. */
export type EdgeTestName = 'entersGo' | 'entersAssembly' | 'calls' | 'returns';
/** Helpers that do many operations, by name. */
export type HelperUnit = 'sseFloat' | 'sseRare' | 'x87' | 'system';
/** Why a row leaves the interpreter: a name of EXIT. */
export type Exit = 'link' | 'lookup' | 'syscall' | 'fault' | 'breakpoint' | 'unsupported' | 'service';
/** The blocks that a jump knows: where it goes when it is taken, and where otherwise. */
export type BranchWay = 'taken' | 'otherwise';

/** The instructions of a WebAssembly function body that rows are made of. `Code` writes them. */
export interface Body {
  op(name: string): Body;
  i32(value: number): Body;
  i64(value: bigint): Body;
  v128(bytes: readonly number[]): Body;
  shuffle(lanes: readonly number[]): Body;
  get(local: Local): Body;
  set(local: Local): Body;
  memory(how: Load | Store, offset?: number): Body;
  fill(): Body;
  if(): Body;
  else(): Body;
  end(): Body;
}

/** Writes code that leaves one value (or, for a statement, none) on the WebAssembly stack. */
export type Node = (e: Emit) => void;

/** What a tier provides. All values of general registers are i64 nodes, zero-extended from their width. */
export interface Emit {
  readonly code: Body;

  /** An operand, `offset` bytes further. */
  read(operand: Operand, how: Load, offset: number): void;
  write(operand: Operand, how: Store, value: Node, offset: number): void;
  readState(field: StateField, how: Load, offset: number): void;
  writeState(field: StateField, how: Store, value: Node, offset: number): void;
  /** The record's immediate, i64; its auxiliary number, i32; and the guest's address that a direct call goes to, i64. */
  imm(): void;
  aux(): void;
  callee(): void;
  /** The six status flags as they stand in RFLAGS, and CF alone, i32. */
  flags(): void;
  carry(): void;

  /** Reads at a guest address. */
  readGuest(how: Load, address: Node): void;
  /** Writes at a guest address; the value's node may be written twice. */
  writeGuest(how: Store, address: Node, value: Node): void;
  /** Host address (i32) at which so many guest bytes can be read, and with `forWrite` written as well. */
  reach(bytes: number, address: Node, forWrite: boolean): void;
  /** Second half of a read-modify-write: stores at the host address in `rmwHost`, which `reach` has found for that address. */
  writeBack(how: Store, address: Node, value: Node): void;
  /** Runs `then` when a byte can be written at the guest address without help; its host address is the node. */
  whenWritable(address: Node, then: (host: Node) => Node): void;

  /** Calls a helper; what it reads and writes is stated in `helpers/effects.ts`. One that returns other than 0 has stored why it leaves. */
  help(name: Helper): void;
  /** Calls one of the functions that keep the record of calls, or what makes room for more. */
  keepCalls(name: CallFunctionName | 'spillCalls', values: readonly Node[]): void;
  /** Runs a test of an edge: whether it is in doubt, i32. */
  doubts(name: EdgeTestName, values: readonly Node[]): void;
  /** Has a unit do an operation on the record's operands and immediate. */
  operate(unit: HelperUnit, operation: string): void;

  /** Goes to a block that the jump knows, by its entry. `hot`: often. */
  goTo(way: BranchWay, hot: boolean): void;
  /** RIP = the node, which is a local, and on to the block there. */
  jump(target: Node): void;
  /** Runs the compiled region that begins at this record, and goes on where it ends. */
  enterRegion(): void;
  /** Runs the same record again. */
  again(): void;
  /** Leaves the guest. */
  leave(reason: Exit): void;
  /** What is left of the budget at the block's end, i64. */
  left(): void;
  /** Of the first record of a block. `repeats`: how often the budget covers the block once more, i64. */
  repeats(): void;
  /** Takes the i64 node times the block's length from the budget. */
  repeat(times: Node): void;
}
