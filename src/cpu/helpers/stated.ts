/** How a helper states what it does. */
import type { Vector } from '../api.js';
import type { RowSlot } from '../effects/row.js';
import type { Operand, StateField } from '../ir/emit.js';

export interface HelperEffects {
  readonly reads: readonly RowSlot[];
  readonly writes: readonly RowSlot[];
  /** It sets the status flags. */
  readonly setsFlags?: boolean;
  readonly raises?: readonly Vector[];
  /** It always raises: nothing comes behind it. */
  readonly ends?: boolean;
}

const slot = (place: Operand | StateField, bytes: number, offset = 0): RowSlot => ({ place, bytes, offset });
/** Of operands and fields, so many bytes each. */
export const slots = (bytes: Partial<Record<Operand | StateField, number>>): readonly RowSlot[] =>
  (Object.entries(bytes) as [Operand | StateField, number][]).flatMap(([place, size]) => (size === 0 ? [] : slot(place, size)));
