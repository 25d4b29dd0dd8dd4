/** What an op of the table does, as data: made by recording its row (`record.ts`). */
import type { Vector } from '../api.js';
import type { Exit, Operand, StateField } from '../ir/emit.js';
import type { Slice, ValueExpression } from './value.js';

/** Some bytes of an operand, or of a field of the register file. */
export interface RowSlot {
  readonly place: Operand | StateField;
  readonly offset: number;
  readonly bytes: number;
}

/** What a row's values are made of. `memory`: bytes that an access has read, by its number; `callee`: the target of a direct call. */
export type RowLeaf =
  | ({ readonly kind: 'place'; readonly place: Operand | StateField } & Slice)
  | ({ readonly kind: 'memory'; readonly access: number } & Slice)
  | { readonly kind: 'immediate' }
  | { readonly kind: 'callee' };
export type RowValue = ValueExpression<RowLeaf>;

export interface RowWrite extends RowSlot {
  readonly value: RowValue;
  /** It happens whenever the op runs without a fault. */
  readonly certain: boolean;
}

export interface RowAccess {
  /** `update`: read, with the right to write it back; `probe`: only that right is asked for. */
  readonly kind: 'read' | 'write' | 'update' | 'probe';
  readonly bytes: number;
  readonly address: RowValue;
  /** What is written. */
  readonly value?: RowValue;
  readonly certain: boolean;
}

export type RowFlow =
  | { readonly kind: 'next' }
  /** To the block that the form's jump names. */
  | { readonly kind: 'direct' }
  | { readonly kind: 'branch'; readonly condition: RowValue }
  | { readonly kind: 'indirect'; readonly target: RowValue }
  | { readonly kind: 'leave'; readonly reason: Exit };

export interface RowEffects {
  /** What is read before the op has written it. */
  readonly reads: readonly RowSlot[];
  /** In the order in which they happen. */
  readonly writes: readonly RowWrite[];
  readonly accesses: readonly RowAccess[];
  /** It may run many times over: addresses are those of the first, and no value is the last. */
  readonly repeats: boolean;
  /** Bits of RFLAGS that it reads, and that it may change. */
  readonly flags: { readonly reads: number; readonly writes: number };
  readonly flow: RowFlow;
  /** Exceptions beside those of its accesses. */
  readonly raises: readonly Vector[];
  /** Helpers that it may call: `divide128`, `sseFloat addsd`. */
  readonly helpers: readonly string[];
}
