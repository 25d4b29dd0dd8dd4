/** What is made from the rows of the op table, when they are at hand. */
import type { Assets } from '../../host/assets.js';
import { recordRow } from '../effects/record.js';
import type { RowEffects } from '../effects/row.js';
import { generateInterpreter } from '../interpret/generate.js';
import { rows } from '../ir/rows.js';
import type { OpTraits } from '../ir/traits.js';

export const opTraits: readonly OpTraits[] = rows;

/** Where files that were made before are: nothing is taken from them here. */
export function beginWithMade(_assets: Assets | undefined): void {}

/** The interpreter's module. */
export const interpreterBytes = (): Uint8Array => generateInterpreter();

/** The effects of an op. */
export const effectsOfRow = (op: number): RowEffects => recordRow(rows[op]!.emit);
