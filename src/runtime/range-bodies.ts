/**
 * Bodies of loops over functions (Go 1.23). The compiler makes a function of each, `main.find-range1` of `main.find`, which the iterator calls; its
 * parameters are the loop's variables. Inlined it is called `main.find.count.func2.find-range1`: after the last dot stands whose source it is in.
 */
import type { InlineFrame } from '../image/api.js';

const SUFFIX = /(-range\d+)+$/;

type Code = Pick<InlineFrame, 'name' | 'file'>;

export const isRangeBody = ({ name }: Pick<Code, 'name'>): boolean => SUFFIX.test(name);

/** The function that a body, not inlined, is called after; of another name, that name. */
export const bodyless = (name: string): string => name.replace(SUFFIX, '');

const lastPart = ({ name }: Code): string => bodyless(name.slice(name.lastIndexOf('.') + 1));

/** Whether code is a function's own, or that of one of its loops' bodies. */
export const isOfLoops = (code: Code | undefined, outer: Code): boolean =>
  code !== undefined && (code.name === outer.name || (isRangeBody(code) && lastPart(code) === lastPart(outer) && code.file === outer.file));
