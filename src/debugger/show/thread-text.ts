import { hex } from '../../host/hex.js';
import type { Thread } from '../../linux/api.js';
import type { Data } from '../answer.js';
import { describeCode } from '../code/describe.js';
import type { Target } from '../target.js';

/** `* thread 1  running  main.main+20 at main.go:14, goroutine 1`. */
export function threadLine(target: Target, thread: Thread, selected: Thread): string {
  const current = thread.tid === selected.tid ? '*' : ' ';
  const { rip } = thread.registers;
  const line = target.images.lineAt(rip);
  const place = `${describeCode(target.images, rip)}${line === undefined ? '' : ` at ${line.file}:${line.line}`}`;
  const goroutine = target.goroutineOf(thread);
  const doing = thread.state === 'waiting' && thread.waitingFor !== undefined ? `waiting for ${thread.waitingFor}` : thread.state;
  return `${current} thread ${target.threadNumber(thread)}  ${doing}  ${place}${goroutine === undefined ? '' : `, goroutine ${goroutine.id}`}`;
}

export function threadRow(target: Target, thread: Thread, selected: Thread): Data {
  const { rip } = thread.registers;
  const goroutine = target.goroutineOf(thread);
  return {
    thread: target.threadNumber(thread),
    tid: thread.tid,
    state: thread.state,
    waitingFor: thread.waitingFor ?? null,
    pc: hex(rip),
    function: target.images.functionAt(rip)?.name ?? null,
    goroutine: goroutine === undefined ? null : Number(goroutine.id),
    current: thread.tid === selected.tid,
  };
}
