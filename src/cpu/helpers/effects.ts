/** What each helper reads and writes of the state and of a record's operands, and what it raises. */
import type { Helper, HelperUnit } from '../ir/emit.js';
import type { SERVICES } from '../layout.js';
import { sseFloatEffects } from './sse-float.js';
import { sseRareEffects } from './sse-rare.js';
import { type HelperEffects, slots } from './stated.js';
import { systemEffects } from './system.js';
import { x87Effects } from './x87.js';

const nothing: HelperEffects = { reads: [], writes: [] };
const raising = (vector: '#GP' | '#DE'): HelperEffects => ({ ...nothing, raises: [vector], ends: true });
const pair = slots({ rax: 8, rdx: 8 });

export const HELPER_EFFECTS: Readonly<Record<Helper, HelperEffects>> = {
  misaligned: raising('#GP'),
  notCanonical: raising('#GP'),
  reservedBits: raising('#GP'),
  divideError: raising('#DE'),
  divide128: { reads: pair, writes: pair },
  divideSigned128: { reads: pair, writes: pair, raises: ['#DE'] },
  edge: nothing,
  pause: nothing,
};

export const UNIT_EFFECTS: Readonly<Record<HelperUnit, (operation: string) => HelperEffects>> = {
  sseFloat: sseFloatEffects,
  sseRare: sseRareEffects,
  x87: x87Effects,
  system: systemEffects,
};

/** What the CPU does outside the interpreter (`Machine.serve`). */
export const SERVICE_EFFECTS: Readonly<Record<(typeof SERVICES)[number], HelperEffects>> = {
  cpuid: { reads: slots({ rax: 4, rcx: 4 }), writes: slots({ rax: 8, rbx: 8, rcx: 8, rdx: 8 }) },
};
