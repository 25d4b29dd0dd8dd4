import type { Session } from '../../debugger/session/session.js';
import type { Thread } from '../../linux/api.js';

/** What a thread does, for gdb's list of threads: `goroutine 7, waits for futex 0xc000080148`. */
export function goThreadText({ target }: Session, thread: Thread): string {
  const goroutine = target.goroutineOf(thread);
  const runs = goroutine === undefined ? 'no goroutine' : `goroutine ${goroutine.id}`;
  return thread.waitingFor === undefined ? runs : `${runs}, waits for ${thread.waitingFor}`;
}
