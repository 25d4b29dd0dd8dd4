import { frameLine } from '../../debugger/frame-text.js';
import type { Session } from '../../debugger/session.js';

export interface FrameRow {
  readonly index: number;
  readonly pc: bigint;
  readonly text: string;
  readonly selected: boolean;
  /** The change of stacks between the frame and the one further in. */
  readonly seam?: string;
}

const FRAMES = 200;

export function observeBacktrace(session: Session): readonly FrameRow[] {
  const { frame } = session;
  return session.frames(FRAMES).map(each => ({
    index: each.index,
    pc: each.physical.pc,
    text: frameLine(session, each),
    selected: each.index === frame.index,
    ...(each.physical.seam === undefined || each.inlined ? {} : { seam: each.physical.seam }),
  }));
}
