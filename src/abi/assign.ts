import type { Convention } from './convention.js';
import { assignGo } from './go.js';
import type { Assignment } from './place.js';
import type { Shape } from './shape.js';
import { assignSystemV } from './systemv.js';

export interface Signature {
  /** The receiver first, if there is one. */
  readonly params: readonly Shape[];
  readonly results: readonly Shape[];
}

/** Where each parameter and result of a call is, under a convention. */
export function assignPlaces(convention: Convention, signature: Signature): Assignment {
  const go = convention.id === 'ABIInternal' || convention.id === 'ABI0';
  return (go ? assignGo : assignSystemV)(convention, signature.params, signature.results);
}
