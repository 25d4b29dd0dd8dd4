import type { SignalInfo } from './api.js';
import { PendingSignals, type QueuedSignal } from './signal/pending.js';

/** What a system call that cannot answer yet leaves behind. */
export interface Wait {
  /** In words, for people: `futex 0xc000080148`. */
  readonly reason: string;
  /** Virtual time in ns at which `onTimeout` answers; undefined: never. */
  readonly deadline?: number;
  /** Asked again whenever a file, pipe or queue has changed; undefined: still not. */
  readonly poll?: () => number | undefined;
  readonly onTimeout?: () => number;
  /** Gives the result when a signal interrupts: -EINTR or a negative RESTART code. This and the two above may throw Errno. */
  readonly onSignal: () => number;
  /** Runs when the wait ends without `poll` having answered: leaves queues. */
  readonly cancel?: () => void;
}

/** A system call the task is in, from the SYSCALL instruction to its return. */
export interface SyscallInProgress {
  readonly number: number;
  readonly args: readonly bigint[];
  /** entry: not acted on yet; waiting: in the kernel; done: the result is in RAX, the return may still have to be reported. */
  stage: 'entry' | 'waiting' | 'done';
  entryReported: boolean;
}

export interface AltStack {
  start: bigint;
  size: bigint;
  flags: number;
}

/** A thread as the kernel keeps it. */
export class Task {
  /** Registers, as `Registers.save` gives them, while another task is loaded. */
  saved: Uint8Array;
  /** The name of PR_SET_NAME: 15 bytes at most. */
  name: string;
  state: 'runnable' | 'waiting' | 'exited' = 'runnable';
  wait: Wait | undefined;
  syscall: SyscallInProgress | undefined;
  /** RAX at the SYSCALL whose interrupted result (a RESTART code) is in RAX now. */
  restart: { readonly code: number; readonly number: number } | undefined;
  /** Instructions this task has retired. */
  cpuTime = 0;
  /** icount at which the scheduler takes the CPU away. */
  quantumEnd = 0;
  /** The instruction here is run next even when a breakpoint is on it. */
  passBreakpointAt: bigint | undefined;
  /** Where a breakpoint has stopped it last. */
  stoppedAt: bigint | undefined;

  /** Bit n-1: signal n is blocked. */
  blocked = 0n;
  /** The mask to return to after a system call that replaced it (ppoll, sigsuspend...). */
  savedBlocked: bigint | undefined;
  readonly pending = new PendingSignals();
  altstack: AltStack | undefined;
  /** Frames of handlers that have not returned, outermost first. */
  readonly signalFrames: { readonly frame: bigint; readonly signal: number }[] = [];
  /** Last hardware exception, as a signal frame shows it: error code, vector, CR2. */
  trap = { error: 0n, vector: 0n, address: 0n };
  /** A signal taken off the queue and shown to the debugger; delivered next. */
  reported: { readonly queued: QueuedSignal; readonly info: SignalInfo } | undefined;

  clearChildTid = 0n;
  robustList = 0n;

  constructor(
    readonly tid: number,
    saved: Uint8Array,
    name: string,
  ) {
    this.saved = saved;
    this.name = name;
  }

  /** Kernel state for the hash. */
  describe(): string {
    const { wait, altstack } = this;
    const pending = this.pending.list.map(entry => `${entry.signal}/${entry.code}`).join(',');
    const frames = this.signalFrames.map(({ frame, signal }) => `${frame.toString(16)}/${signal}`).join(',');
    const stack = altstack ? `${altstack.start.toString(16)}+${altstack.size}` : '';
    return [
      ...[this.tid, this.name, this.state, wait?.reason, wait?.deadline, this.syscall?.number, this.syscall?.stage, this.cpuTime],
      ...[this.quantumEnd, this.blocked, this.savedBlocked, pending, stack, frames, this.trap.error, this.trap.vector, this.trap.address],
      ...[this.clearChildTid, this.robustList, this.restart?.code],
    ].join(' ');
  }
}
