import type { Session } from '../session/session.js';
import type { StackName } from '../stack/frame.js';
import { stackNamed } from '../stack/walk-target.js';

/**
 * A position on a stack that survives the stack's being moved and the goroutine's going to another thread: how far it is from the top.
 */
export interface StepPlace {
  /** The goroutine, or the thread for stacks that are not Go's. */
  readonly stack: string;
  /** Bytes between the position and the stack's top: larger is further in. */
  readonly depth: bigint;
}

/** The stack of the last question: a step asks at every breakpoint it passes, and nearly always on the same one. */
const last = (): { place?: { readonly g: bigint; readonly tid: number; readonly stack: StackName } } => ({});

/** The place of an address on the current thread's stack. */
export function placeOf(session: Session, sp: bigint): StepPlace {
  const { target, thread } = session;
  const { tid } = thread;
  const g = target.threadG(thread);
  const kept = target.lasting(last);
  let known = kept.place;
  // A stack that has grown lies elsewhere, and its old place belongs to another g.
  if (known === undefined || known.g !== g || known.tid !== tid || sp < known.stack.lo || sp >= known.stack.hi) {
    known = { g, tid, stack: stackNamed(target.walkTarget, sp, g) };
    kept.place = known;
  }
  const { stack } = known;
  const key = stack.kind === 'goroutine' ? stack.name : `${stack.name} of thread ${tid}`;
  return { stack: key, depth: stack.hi - sp };
}

/** True when `now` is the same frame's or one further out, on the same stack. */
export function atOrOutside(now: StepPlace, then: StepPlace): boolean {
  return now.stack === then.stack && now.depth <= then.depth;
}
