import type { Thread } from '../../linux/api.js';
import type { Data } from '../answer.js';
import { describeCode } from '../code/describe.js';
import type { Session } from '../session/session.js';

/** `* thread 1  running  main.main+20 at main.go:14, goroutine 1`. */
export function threadLine(session: Session, thread: Thread): string {
  const current = thread.tid === session.thread.tid ? '*' : ' ';
  const { rip } = thread.registers;
  const line = session.images.lineAt(rip);
  const place = `${describeCode(session.images, rip)}${line === undefined ? '' : ` at ${line.file}:${line.line}`}`;
  const goroutine = session.goroutineOf(thread);
  const doing = thread.state === 'waiting' && thread.waitingFor !== undefined ? `waiting for ${thread.waitingFor}` : thread.state;
  return `${current} thread ${session.threadNumber(thread)}  ${doing}  ${place}${goroutine === undefined ? '' : `, goroutine ${goroutine.id}`}`;
}

export function threadRow(session: Session, thread: Thread): Data {
  const { rip } = thread.registers;
  const goroutine = session.goroutineOf(thread);
  return {
    thread: session.threadNumber(thread),
    tid: thread.tid,
    state: thread.state,
    waitingFor: thread.waitingFor ?? null,
    pc: `0x${rip.toString(16)}`,
    function: session.images.functionAt(rip)?.name ?? null,
    goroutine: goroutine === undefined ? null : Number(goroutine.id),
    current: thread.tid === session.thread.tid,
  };
}
