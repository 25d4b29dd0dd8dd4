import type { Session } from '../session.js';
import { stackNamed } from '../stack/target.js';

/**
 * A position on a stack that survives the stack's being moved and the goroutine's going to another thread: how far it is from the top.
 */
export interface Place {
  /** The goroutine, or the thread for stacks that are not Go's. */
  readonly stack: string;
  /** Bytes between the position and the stack's top: larger is further in. */
  readonly depth: bigint;
}

/** The place of an address on the current thread's stack. */
export function placeOf(session: Session, sp: bigint): Place {
  const stack = stackNamed(session.walkTarget, sp, session.threadG(session.thread));
  const key = stack.kind === 'goroutine' ? stack.name : `${stack.name} of thread ${session.thread.tid}`;
  return { stack: key, depth: stack.hi - sp };
}

/** True when `now` is the same frame's or one further out, on the same stack. */
export function atOrOutside(now: Place, then: Place): boolean {
  return now.stack === then.stack && now.depth <= then.depth;
}
