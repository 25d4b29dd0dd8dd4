/** Threads of the protocol: goroutines, and threads of the system that run none (all of C's, r14's start, Go's idle ones). */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Session } from '../../debugger/session/session.js';
import { type GoroutineSummary, goroutineSummaries, type ThreadSummary, threadSummaries } from '../../debugger/show/goroutine-summary.js';
import type { Target, Whose } from '../../debugger/target.js';
import type { Thread } from '../../linux/api.js';
import type { Adapter, DapRequests } from './adapter.js';
import { RequestError } from './fields.js';

/** Threads of a Go program have numbers from here on: those below are goroutines'. */
const FIRST_THREAD = 2 ** 30;

const numberOf = (target: Target, thread: Thread): number => target.threadNumber(thread) + (target.go === undefined ? 0 : FIRST_THREAD);

/** The thread that the stop is of: the goroutine that went wrong, or what was about to run. */
export function stoppedThread(session: Session): number {
  const { goroutine, thread, target } = session;
  return goroutine === undefined ? numberOf(target, thread) : Number(goroutine.id);
}

/** Whom a number of the protocol means. Throws RequestError. */
export function whoseStack({ target }: Session, id: number): Whose {
  if (target.go !== undefined && id < FIRST_THREAD) {
    const goroutine = target.go.goroutines().find(each => Number(each.id) === id);
    if (goroutine === undefined) throw new RequestError(`no goroutine ${id}`);
    return { goroutine };
  }
  const thread = target.process.threads.find(each => each.state !== 'exited' && numberOf(target, each) === id);
  if (thread === undefined) throw new RequestError(`no thread ${target.go === undefined ? id : id - FIRST_THREAD}`);
  return { thread };
}

const goroutineName = ({ id, state, name }: GoroutineSummary): string => `goroutine ${id} [${state}] ${name}`;
const threadName = ({ number, m, state, name }: ThreadSummary): string => `thread ${number}${m === '' ? '' : ` (${m})`} [${state}] ${name}`;

export function threadsNow({ session }: Adapter): readonly DebugProtocol.Thread[] {
  if (session.exited) return [];
  const { target, stack, goroutine } = session;
  const goroutines = goroutineSummaries(stack).map(each => ({ id: each.id, name: goroutineName(each) }));
  const own = goroutine === undefined ? undefined : Number(goroutine.id);
  if (own !== undefined && goroutines.every(({ id }) => id !== own)) goroutines.push({ id: own, name: `goroutine ${own}` });
  const first = target.go === undefined ? 0 : FIRST_THREAD;
  const threads = threadSummaries(stack).filter(each => each.goroutine === undefined);
  return [...goroutines, ...threads.map(each => ({ id: each.number + first, name: threadName(each) }))];
}

export const threadRequests: DapRequests = {
  threads: {
    wants: 'program',
    answer: adapter => {
      if (!adapter.session.requests.running) adapter.threads = threadsNow(adapter);
      return { threads: adapter.threads };
    },
  },
};
