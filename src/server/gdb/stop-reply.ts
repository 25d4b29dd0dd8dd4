/** Why the program stands still, as gdb is told (GDB manual, appendix E, "Stop Reply Packets"). */

import type { Session } from '../../debugger/session/session.js';
import type { Stop } from '../../debugger/session/stop.js';
import { hexText, utf8 } from '../../host/bytes.js';
import { describedBytes } from './description.js';
import { gdbSignal } from './signals.js';

/** gdb's own numbers. */
const INT = 2;
const TRAP = 5;
const ABRT = 6;

/** RBP, RSP and RIP by gdb's numbers (`org.gnu.gdb.i386.core`). */
const EXPEDITED = [6, 7, 16] as const;

const two = (value: number): string => value.toString(16).padStart(2, '0');

/** What a breakpoint of gdb's was set as. */
export type SetAs = 'swbreak' | 'hwbreak';

/** `setAs`: how gdb has set the breakpoint at an address, if it has. */
export function stopReply(session: Session, setAs: (address: bigint) => SetAs | undefined): string {
  const { stop } = session;
  if (stop.reason === 'exited') return stop.signal === undefined ? `W${two(stop.status & 0xff)}` : `X${two(gdbSignal(stop.status - 128))}`;
  const { thread } = session;
  // With these gdb knows the frame, and need not ask for all registers.
  const known = EXPEDITED.map(number => `${two(number)}:${hexText(describedBytes(thread.registers, number))};`).join('');
  return `T${two(signalOf(stop))}${known}thread:${thread.tid.toString(16)};${reasonOf(stop, setAs(thread.registers.rip))}`;
}

function signalOf(stop: Stop): number {
  switch (stop.reason) {
    case 'signal':
      return gdbSignal(stop.signal.signal);
    case 'interrupted':
      return INT;
    // It cannot go on.
    case 'deadlock':
    case 'limit':
    case 'memory-limit':
    case 'unsupported':
      return ABRT;
    default:
      return TRAP;
  }
}

function reasonOf(stop: Stop, set: SetAs | undefined): string {
  switch (stop.reason) {
    case 'breakpoint':
    case 'moment':
      if (stop.reason === 'moment' && stop.edge !== undefined) return `replaylog:${stop.edge === 'start' ? 'begin' : 'end'};`;
      return set === undefined ? '' : `${set}:;`;
    case 'watchpoint': {
      const { breakpoint, address } = stop;
      const access = breakpoint.kind === 'watch' ? breakpoint.watch.access : 'write';
      return `${{ write: 'watch', read: 'rwatch', access: 'awatch' }[access]}:${address.toString(16)};`;
    }
    case 'syscall':
      return `syscall_${stop.phase}:${stop.number.toString(16)};`;
    default:
      return '';
  }
}

/** What r14 has to say of a stop beyond that; its lines, as gdb prints them. Empty: what gdb says by itself is enough. */
export function consoleText(stop: Stop, said: string): string {
  const plain: ReadonlySet<Stop['reason']> = new Set([
    'breakpoint',
    'watchpoint',
    'step',
    'interrupted',
    'exited',
    'syscall',
    'moment',
    'thread',
    'start',
  ]);
  return plain.has(stop.reason) || said === '' ? '' : `O${hexText(utf8(`${said}\n`))}`;
}
