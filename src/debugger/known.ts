/** A fact with how it is known, or why it cannot be had. It goes as it is up to the printer: nothing decides by the text. */
import type { How } from '../image/api.js';

/**
 * `not set yet`: a result or the copy of what is captured, whose place still holds what was there before the call. `clobbered`: the convention lets the callee overwrite it. `optimized out`: the program does not hold it here. `lost`: something has been
 * written over it since. `unavailable`: no table tells where it is. `unreadable`: it is known where it would be, and it cannot be read.
 */
export type Loss = 'not set yet' | 'clobbered' | 'optimized out' | 'lost' | 'unavailable' | 'unreadable';

export interface Missing {
  readonly lost: Loss;
  /** In words that go on after "unreadable": `could not read 8 bytes at 0x10: not mapped`. */
  readonly why: string;
}

export type Known<T> = { readonly value: T; readonly how: How } | Missing;

export const isMissing = (known: object): known is Missing => 'lost' in known;

/** What stands in a value's place: `<clobbered>`, `(unreadable ...)`. */
export const missingText = ({ lost, why }: Missing): string => (lost === 'unreadable' ? `(unreadable ${why})` : `<${lost}>`);
