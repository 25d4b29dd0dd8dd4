/** What the next instruction will do, in a few words beside it. */

import type { Fault } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import { type ForecastAccess, forecast } from '../code/forecast.js';
import { landmarkOf } from '../memory/landmarks.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { CallStack } from '../target.js';

export interface Outlook {
  /** `taken`, `-> main.main+0x14`, `<- 0x10 fault`, `[0x7fffffffec98] = 0x4023c3 racecall+0x23`. */
  readonly text: string;
  readonly faults: boolean;
}

/** Only of a frame whose registers are the thread's own; nothing when the instruction's text says all. */
export function outlook(stack: CallStack, frame: LogicalFrame): Outlook | undefined {
  const { live } = frame.physical.registers;
  const { memory } = stack.target;
  const told = live === undefined || !frame.physical.exact ? undefined : forecast(memory, live);
  if (told === undefined) return undefined;
  const past = faultOf(stack, live!.rip);
  if (past !== undefined) return { text: `${past.access === 'write' ? '->' : '<-'} ${hex(past.address)} fault`, faults: true };
  const { flow, holds, indirect, next, access } = told;
  const plain = (text: string): Outlook => ({ text, faults: false });
  if (access?.faults) return { text: `${access.kind === 'read' ? '<-' : '->'} ${hex(access.address)} fault`, faults: true };
  if (flow === 'branch') return holds === undefined ? undefined : plain(holds ? 'taken' : 'not taken');
  if (flow === 'return' || indirect) return next === undefined ? undefined : plain(`-> ${named(stack, next)}`);
  const touched = access === undefined ? '' : accessText(stack, access);
  const condition = holds === undefined ? '' : `the condition ${holds ? 'holds' : 'does not hold'}`;
  const text = [condition, touched].filter(part => part !== '').join(', ');
  return text === '' ? undefined : plain(text);
}

/** The page fault that the thread stands at: what has happened, whatever its registers were set to since. */
function faultOf({ target: { faulted }, thread }: CallStack, rip: bigint): Fault | undefined {
  return faulted !== undefined && faulted.fault.vector === '#PF' && faulted.tid === thread?.tid && faulted.rip === rip
    ? faulted.fault
    : undefined;
}

function named(stack: CallStack, value: bigint): string {
  const landmark = landmarkOf(stack, value);
  return landmark === undefined || landmark.name === '' ? hex(value) : landmark.name;
}

function accessText(stack: CallStack, { address, size, kind, value }: ForecastAccess): string {
  if (kind === 'address') return `= ${withName(stack, address)}`;
  if (value === undefined) return `at ${hex(address)}`;
  const shown = size === 8 ? withName(stack, value) : hex(value);
  return kind === 'read' ? `[${hex(address)}] = ${shown}` : `[${hex(address)}] is ${shown}`;
}

function withName(stack: CallStack, value: bigint): string {
  const name = named(stack, value);
  return name === hex(value) ? name : `${hex(value)} ${name}`;
}
