/** What a value is that was read from outside, as JSON has it. */

export type ReadFields = Readonly<Record<string, unknown>>;

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
export const isFields = (value: unknown): value is ReadFields => typeof value === 'object' && value !== null;
