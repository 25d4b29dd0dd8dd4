/** What closures have captured. */
import type { Variable } from '../../image/api.js';
import { memorySource, missingSource, readUint, type Source, Unreadable } from './source.js';
import type { World } from './value.js';

/** The compiler's name for the receiver of a method value, which captures it. */
export const RECEIVER = '.this';

/** The variables that the closure of a function's code has captured, as far as debug information or the code says where. */
export function capturedBy({ images }: World, pc: bigint): readonly Variable[] {
  const image = images.find(each => each.contains(pc));
  const scope = image?.inlineFrames(pc).at(-1)?.scope;
  const all = scope === undefined ? [] : image!.variables(scope, pc).filter(each => each.closureOffset !== undefined);
  return [...all].sort((a, b) => a.closureOffset! - b.closureOffset!);
}

/** The place of a captured variable, in or behind the closure object at an address. */
export function capturedSource({ memory }: World, { closureOffset, closureIndirect }: Variable, closure: bigint): Source {
  const slot = memorySource(memory, closure + BigInt(closureOffset!));
  if (!closureIndirect) return slot;
  try {
    return memorySource(memory, readUint(slot, 0, 8));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return missingSource(error, 'its place is not known here');
  }
}
