/** Parameters and results of an assembled function with their places under its own convention. */
import type { Place } from '../abi/place.js';
import type { AssembledFunction } from './program.js';
import type { Parameter } from './types.js';
import { assignmentOf } from './wrapper.js';

interface Placed {
  readonly parameter: Parameter;
  readonly place: Place;
}

/** Undefined for a function that nobody has declared. The receiver is the first parameter. */
export function placesOf(fn: AssembledFunction): { readonly params: readonly Placed[]; readonly results: readonly Placed[] } | undefined {
  const { signature } = fn;
  if (signature === undefined) return undefined;
  const assignment = assignmentOf(signature, fn.convention);
  const params = signature.receiver === undefined ? signature.params : [signature.receiver, ...signature.params];
  return {
    params: params.map((parameter, index) => ({ parameter, place: assignment.params[index] })),
    results: signature.results.map((parameter, index) => ({ parameter, place: assignment.results[index] })),
  };
}
