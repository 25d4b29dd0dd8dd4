/** The effects of rows in a file: a line of JSON each, with constants as strings, which is read only when that row's effects are asked for. */
import type { RowEffects } from './row.js';

export const packedEffects = (effects: readonly RowEffects[]): string =>
  effects.map(each => JSON.stringify(each, (_, value) => (typeof value === 'bigint' ? String(value) : value))).join('\n');

export const unpackedEffects = (line: string): RowEffects =>
  JSON.parse(line, (key, value) => (key === 'value' && typeof value === 'string' ? BigInt(value) : value));
