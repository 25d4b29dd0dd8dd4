/** Values of registers at a stop, by frames, and what has changed since the one before. */

/** Where execution stands, whatever the function: a step from one to another changes registers too. */
export const INNERMOST = 'innermost';

/** Known values by register, for each frame. */
export interface FrameValues {
  /** Which of `frames` is selected. */
  readonly selected: string;
  readonly frames: ReadonlyMap<string, ReadonlyMap<string, bigint>>;
}

export const NO_VALUES: FrameValues = { selected: INNERMOST, frames: new Map() };

/** Whether a register of the selected frame holds something else than the same frame's did before. What is not known at both stops has not. */
export function hasChanged(before: FrameValues | undefined, now: FrameValues, register: string): boolean {
  const old = before?.frames.get(now.selected)?.get(register);
  const value = now.frames.get(now.selected)?.get(register);
  return old !== undefined && value !== undefined && old !== value;
}

export const isInnermost = ({ selected }: FrameValues): boolean => selected === INNERMOST;
