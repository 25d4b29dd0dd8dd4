import type { ProcessEvent, ProcessStop, SignalInfo } from '../../linux/api.js';
import type { Violation } from '../lens/rules.js';
import type { Breakpoint, EndingKind } from './breakpoints.js';
import type { RegisterChange } from './register-watches.js';

/** What Go's runtime has to say when it ends the program. */
export interface Ending {
  readonly kind: EndingKind;
  /** As it is about to be written, in one line: `boom`, `all goroutines are asleep - deadlock!`. */
  readonly message: string;
  /** What more there is: the panic's value, panics before it, who waits for what. */
  readonly details: readonly string[];
}

/** What a watchpoint has seen of an access. */
export interface WatchChange {
  readonly breakpoint: Breakpoint;
  /** First byte that was changed; of an access that changes nothing, the first that is watched. */
  readonly address: bigint;
  readonly access: 'read' | 'write';
  readonly before: string;
  readonly after: string;
}

/** Why the program stands still. */
export type Stop =
  | { readonly reason: 'start' }
  /** The run was gone to another moment of it. `edge`: nothing further that way is known. */
  | { readonly reason: 'moment'; readonly edge?: 'start' | 'end' }
  /** A stepping command arrived. */
  | { readonly reason: 'step' | 'next' | 'finish' | 'until' | 'advance' | 'interrupted' | 'limit' | 'deadlock' | 'memory-limit' }
  | { readonly reason: 'breakpoint'; readonly breakpoint: Breakpoint; readonly problem?: string }
  /** `also`: others that have seen the same access. */
  | (WatchChange & { readonly reason: 'watchpoint'; readonly also: readonly WatchChange[] })
  /** Watched registers have another value: all that an instruction, or the kernel, has changed. */
  | { readonly reason: 'register'; readonly changes: readonly RegisterChange[] }
  /** Watched variables are gone with their frames, and their watchpoints with them. */
  | { readonly reason: 'scope'; readonly watchpoints: readonly { readonly id: number; readonly spec: string; readonly function: string }[] }
  | { readonly reason: 'ending'; readonly breakpoint: Breakpoint; readonly ending: Ending; readonly problem?: string }
  | { readonly reason: 'signal'; readonly signal: SignalInfo }
  /** `abi check on`: the instruction at RIP would go on with a calling convention broken. */
  | { readonly reason: 'abi'; readonly violation: Violation }
  | {
      readonly reason: 'syscall';
      readonly phase: 'entry' | 'return';
      readonly number: number;
      readonly name: string;
      readonly text: string;
    }
  | { readonly reason: 'thread'; readonly event: 'created' | 'exited'; readonly tid: number }
  | ({ readonly reason: 'process' } & ProcessEvent)
  | { readonly reason: 'unsupported'; readonly bytes: Uint8Array; readonly text: string }
  | { readonly reason: 'exited'; readonly status: number; readonly signal?: string };

/** Stops of the process that need no look at breakpoints. */
export function plainStop(stop: ProcessStop): Stop | undefined {
  switch (stop.kind) {
    case 'signal':
      return { reason: 'signal', signal: stop.signal };
    case 'syscall':
      return { reason: 'syscall', phase: stop.phase, number: stop.number, name: stop.name, text: stop.text };
    case 'thread':
      return { reason: 'thread', event: stop.event, tid: stop.tid };
    case 'process': {
      const { kind: _, ...event } = stop;
      return { reason: 'process', ...event };
    }
    case 'unsupported':
      return { reason: 'unsupported', bytes: stop.bytes, text: stop.text };
    case 'memory-limit':
    case 'deadlock':
      return { reason: stop.kind };
    case 'exited':
      return { reason: 'exited', status: stop.status, ...(stop.signal === undefined ? {} : { signal: stop.signal }) };
    default:
      return undefined;
  }
}
