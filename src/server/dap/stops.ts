/** What a client is told of a stop. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Session } from '../../debugger/session/session.js';
import type { Stop } from '../../debugger/session/stop.js';
import { stopData, stopHeadline } from '../../debugger/show/stop-text.js';
import type { Adapter, DapRequests } from './adapter.js';
import { type Fields, RequestError } from './fields.js';
import { stoppedThread } from './threads.js';

/** The reasons of the protocol, by r14's; a breakpoint's is said by what it is. */
const REASONS: Readonly<Record<Exclude<Stop['reason'], 'breakpoint' | 'exited'>, string>> = {
  start: 'entry',
  moment: 'step',
  step: 'step',
  next: 'step',
  finish: 'step',
  until: 'step',
  advance: 'step',
  interrupted: 'pause',
  watchpoint: 'data breakpoint',
  register: 'data breakpoint',
  scope: 'data breakpoint',
  syscall: 'breakpoint',
  thread: 'breakpoint',
  process: 'breakpoint',
  limit: 'exception',
  deadlock: 'exception',
  'memory-limit': 'exception',
  unsupported: 'exception',
  ending: 'exception',
  signal: 'exception',
  abi: 'exception',
};

const isRace = ({ stop }: Session): boolean =>
  stop.reason === 'breakpoint' && stop.breakpoint.kind === 'break' && stop.breakpoint.spec === 'race';

function reasonOf(session: Session): string {
  const { stop } = session;
  if (stop.reason === 'exited') return 'exited';
  if (stop.reason !== 'breakpoint') return REASONS[stop.reason];
  if (isRace(session)) return 'exception';
  const { breakpoint } = stop;
  if (breakpoint.kind !== 'break' || breakpoint.spec.startsWith('*'))
    return breakpoint.kind === 'break' ? 'instruction breakpoint' : 'breakpoint';
  return /:\d+$/.test(breakpoint.spec) ? 'breakpoint' : 'function breakpoint';
}

/** Whether there is something to be said of a stop beside the place. */
export function isTold({ stop }: Session): boolean {
  if (stop.reason === 'moment') return stop.edge !== undefined;
  return stop.reason === 'exited' || stop.reason === 'breakpoint' || !['entry', 'step', 'pause'].includes(REASONS[stop.reason]);
}

export function stoppedBody(session: Session): DebugProtocol.StoppedEvent['body'] {
  const { stop } = session;
  const { what, detail } = stopHeadline(session);
  const hit = [
    ...('breakpoint' in stop ? [stop.breakpoint.id] : []),
    ...(stop.reason === 'watchpoint' ? stop.also.map(({ breakpoint }) => breakpoint.id) : []),
    ...(stop.reason === 'scope' ? stop.watchpoints.map(({ id }) => id) : []),
  ].filter(id => id > 0);
  return {
    reason: reasonOf(session),
    description: what,
    ...(detail === '' ? {} : { text: detail }),
    threadId: stoppedThread(session),
    allThreadsStopped: true,
    ...(hit.length === 0 ? {} : { hitBreakpointIds: hit }),
  };
}

/** What `why` has to say, and what the stop has said before. */
async function exceptionInfo(adapter: Adapter, fields: Fields): Promise<object> {
  const { session } = adapter;
  fields.whole('threadId');
  if (reasonOf(session) !== 'exception') throw new RequestError('nothing has gone wrong here');
  const { stop } = session;
  const { reason, signal } = stopData(session);
  const race = isRace(session);
  const explained = race || ['signal', 'ending', 'abi'].includes(stop.reason);
  const why = explained ? await adapter.run(race ? 'race why' : 'why', true) : undefined;
  const stack = await adapter.run('bt', true);
  const { what, detail } = stopHeadline(session);
  return {
    exceptionId: race ? 'data race' : (signal ?? reason),
    description: [adapter.told, ...(why?.ok ? [why.output] : [])].filter(text => text !== '').join('\n\n'),
    breakMode: stop.reason === 'ending' ? 'unhandled' : 'always',
    details: { message: detail === '' ? what : detail, typeName: signal ?? reason, ...(stack.ok ? { stackTrace: stack.output } : {}) },
  };
}

export const stopRequests: DapRequests = {
  exceptionInfo: { wants: 'still', answer: exceptionInfo },
};
