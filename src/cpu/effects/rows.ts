/** The effects of the ops. */
import { effectsOfRow } from '#made';
import type { RowEffects } from './row.js';

const known: RowEffects[] = [];

/** The effects of an op by its number. */
export function rowEffects(op: number): RowEffects {
  known[op] ??= effectsOfRow(op);
  return known[op];
}
