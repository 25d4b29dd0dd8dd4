/** How a helper states what it does. */
import type { Vector } from '../api.js';
import type { Slot } from '../effects/row.js';
import type { Field, Operand } from '../ir/emit.js';

export interface HelperEffects {
  readonly reads: readonly Slot[];
  readonly writes: readonly Slot[];
  /** It sets the status flags. */
  readonly setsFlags?: boolean;
  readonly raises?: readonly Vector[];
  /** It always raises: nothing comes behind it. */
  readonly ends?: boolean;
}

const slot = (place: Operand | Field, bytes: number, offset = 0): Slot => ({ place, bytes, offset });
/** Of operands and fields, so many bytes each. */
export const slots = (bytes: Partial<Record<Operand | Field, number>>): readonly Slot[] =>
  (Object.entries(bytes) as [Operand | Field, number][]).flatMap(([place, size]) => (size === 0 ? [] : slot(place, size)));
