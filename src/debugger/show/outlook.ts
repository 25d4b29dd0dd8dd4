/** What the next instruction will do, in a few words beside it. */
import type { Fault } from '../../cpu/api.js';
import { type Access, forecast } from '../code/forecast.js';
import { landmarkOf } from '../memory/landmarks.js';
import type { Session } from '../session/session.js';
import type { LogicalFrame } from '../stack/frame.js';

export interface Outlook {
  /** `taken`, `-> main.main+0x14`, `<- 0x10 fault`, `[0x7fffffffec98] = 0x4023c3 racecall+0x23`. */
  readonly text: string;
  readonly faults: boolean;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Only of a frame whose registers are the thread's own; nothing when the instruction's text says all. */
export function outlook(session: Session, frame: LogicalFrame): Outlook | undefined {
  const { live } = frame.physical.registers;
  const told = live === undefined || !frame.physical.exact ? undefined : forecast(session.process.memory, live);
  if (told === undefined) return undefined;
  const past = faultOf(session, live!.rip);
  if (past !== undefined) return { text: `${past.access === 'write' ? '->' : '<-'} ${hex(past.address)} fault`, faults: true };
  const { flow, holds, indirect, next, access } = told;
  const plain = (text: string): Outlook => ({ text, faults: false });
  if (access?.faults) return { text: `${access.kind === 'read' ? '<-' : '->'} ${hex(access.address)} fault`, faults: true };
  if (flow === 'branch') return holds === undefined ? undefined : plain(holds ? 'taken' : 'not taken');
  if (flow === 'return' || indirect) return next === undefined ? undefined : plain(`-> ${named(session, next)}`);
  const touched = access === undefined ? '' : accessText(session, access);
  const condition = holds === undefined ? '' : `the condition ${holds ? 'holds' : 'does not hold'}`;
  const text = [condition, touched].filter(part => part !== '').join(', ');
  return text === '' ? undefined : plain(text);
}

/** The page fault that the thread stands at: what has happened, whatever its registers were set to since. */
function faultOf({ faulted, thread }: Session, rip: bigint): Fault | undefined {
  return faulted !== undefined && faulted.fault.vector === '#PF' && faulted.tid === thread.tid && faulted.rip === rip
    ? faulted.fault
    : undefined;
}

function named(session: Session, value: bigint): string {
  const landmark = landmarkOf(session, value);
  return landmark === undefined || landmark.name === '' ? hex(value) : landmark.name;
}

function accessText(session: Session, { address, size, kind, value }: Access): string {
  if (kind === 'address') return `= ${withName(session, address)}`;
  if (value === undefined) return `at ${hex(address)}`;
  const shown = size === 8 ? withName(session, value) : hex(value);
  return kind === 'read' ? `[${hex(address)}] = ${shown}` : `[${hex(address)}] is ${shown}`;
}

function withName(session: Session, value: bigint): string {
  const name = named(session, value);
  return name === hex(value) ? name : `${hex(value)} ${name}`;
}
