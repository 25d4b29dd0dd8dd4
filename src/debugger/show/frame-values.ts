/** What registers hold in each frame at a stop, so that at the next one it can be told what has changed in which frame. */

import type { LogicalFrame } from '../stack/frame.js';
import { readRegister } from '../stack/frame-context.js';
import type { CallStack } from '../target.js';
import { type FrameValues, INNERMOST } from './changed-registers.js';
import { registerNames, VECTOR_NAMES } from './registers-text.js';

/** Frames that are remembered; what has changed in those further out is not told. */
const MOST_FRAMES = 200;

/** The registers of the selected frame and of the innermost ones of its stack. */
export function frameValues(stack: CallStack, selected: LogicalFrame): FrameValues {
  const frames = new Map<string, ReadonlyMap<string, bigint>>();
  const names = registerNames(false);
  for (const frame of new Set([...stack.frames(MOST_FRAMES), selected])) {
    // The frame where execution stands is an outer one once it has called something.
    const keys = [nameOf(frame), activation(frame)].filter(key => !frames.has(key));
    if (keys.length === 0) continue;
    const values = valuesOf(frame, frame.physical.registers.live === undefined ? names : [...names, ...VECTOR_NAMES]);
    for (const key of keys) frames.set(key, values);
  }
  return { selected: nameOf(selected), frames };
}

const nameOf = (frame: LogicalFrame): string => (frame.physical.registers.live === undefined ? activation(frame) : INNERMOST);

/** A call of a function is known by its CFA; the outermost, which nobody has called, by RSP. */
function activation({ physical }: LogicalFrame): string {
  const { func, cfa, sp } = physical;
  return `${func?.entry ?? ''} ${cfa === undefined ? `rsp ${sp}` : cfa}`;
}

function valuesOf(frame: LogicalFrame, names: readonly string[]): ReadonlyMap<string, bigint> {
  const values = new Map<string, bigint>();
  for (const name of names) {
    const known = readRegister(frame, name);
    if ('value' in known) values.set(name, known.value);
  }
  return values;
}
