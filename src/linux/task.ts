import { checkVersion, type Versioned } from '../cpu/part.js';
import { copySignal, PendingSignals, type QueuedSignal } from './signal/pending.js';
import type { Wait } from './wait.js';

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

/** What a thread is made of, as the fields of Task say; registers as `Registers.save` gives them, also those that are loaded. */
export type SavedTask = Versioned<{
  readonly tid: number;
  readonly pid: number;
  readonly saved: Uint8Array;
  readonly name: string;
  readonly state: Task['state'];
  readonly held: boolean;
  readonly wait: Wait | undefined;
  readonly syscall: Omit<SyscallInProgress, 'entryReported'> | undefined;
  readonly restart: Task['restart'];
  readonly cpuTime: number;
  readonly quantumEnd: number;
  readonly sliceEnd: number;
  readonly arrivedAt: bigint | undefined;
  readonly blocked: bigint;
  readonly savedBlocked: bigint | undefined;
  readonly pending: readonly QueuedSignal[];
  readonly altstack: Readonly<AltStack> | undefined;
  readonly signalFrames: readonly { readonly frame: bigint; readonly signal: number }[];
  readonly trap: Task['trap'];
  readonly reported: QueuedSignal | undefined;
  readonly clearChildTid: bigint;
  readonly robustList: bigint;
  /** What breakpoints and `catch` have left. */
  readonly aside: {
    readonly passBreakpointAt: bigint | undefined;
    readonly stoppedAt: bigint | undefined;
    readonly entryReported: boolean;
  };
}>;

/** A thread as the kernel keeps it. */
export class Task {
  /** Registers, as `Registers.save` gives them, while another task is loaded. */
  saved: Uint8Array;
  /** The name of PR_SET_NAME: 15 bytes at most. */
  name: string;
  /** `parked`: by who steers the threads, in front of `arrivedAt`. */
  state: 'runnable' | 'waiting' | 'parked' | 'exited' = 'runnable';
  /** Its process is stopped: it runs no more until that goes on. */
  held = false;
  /** Number of the process that it is a thread of. */
  pid = 0;
  wait: Wait | undefined;
  syscall: SyscallInProgress | undefined;
  /** RAX at the SYSCALL whose interrupted result (a RESTART code) is in RAX now. */
  restart: { readonly code: number; readonly number: number } | undefined;
  /** Instructions this task has retired. */
  cpuTime = 0;
  /** icount at which its turn ends. */
  quantumEnd = 0;
  /** Its `cpuTime` from which on its processor may be given to another. */
  sliceEnd = 0;
  /** The point that it has come to, whose instruction has not run yet. */
  arrivedAt: bigint | undefined;
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
  trap: { readonly error: bigint; readonly vector: bigint; readonly address: bigint } = { error: 0n, vector: 0n, address: 0n };
  /** A signal taken off the queue and shown to the debugger; delivered next. */
  reported: QueuedSignal | undefined;

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

  get ready(): boolean {
    return this.state === 'runnable' && !this.held;
  }

  /** `registers`: the live ones of the task that is loaded. */
  save(registers = this.saved): SavedTask {
    const {
      tid,
      pid,
      name,
      state,
      held,
      wait,
      syscall,
      restart,
      cpuTime,
      quantumEnd,
      sliceEnd,
      blocked,
      savedBlocked,
      altstack,
      reported,
      arrivedAt,
    } = this;
    return {
      version: 3,
      ...{ tid, pid, name, state, held, restart, cpuTime, quantumEnd, sliceEnd, blocked, savedBlocked, arrivedAt },
      saved: registers.slice(),
      wait: wait && { ...wait },
      syscall: syscall && { number: syscall.number, args: syscall.args, stage: syscall.stage },
      pending: this.pending.save(),
      altstack: altstack && { ...altstack },
      signalFrames: [...this.signalFrames],
      trap: this.trap,
      reported: reported && copySignal(reported),
      clearChildTid: this.clearChildTid,
      robustList: this.robustList,
      aside: {
        passBreakpointAt: this.passBreakpointAt,
        stoppedAt: this.stoppedAt,
        entryReported: syscall?.entryReported ?? false,
      },
    };
  }

  static restore(saved: SavedTask): Task {
    checkVersion('task', saved, 3);
    const { tid, name, aside, version: _, wait, syscall, pending, altstack, signalFrames, reported, ...rest } = saved;
    const task = new Task(tid, saved.saved.slice(), name);
    Object.assign(task, { ...rest, saved: task.saved });
    task.wait = wait && { ...wait };
    task.syscall = syscall && { ...syscall, entryReported: aside.entryReported };
    task.pending.restore(pending);
    task.altstack = altstack && { ...altstack };
    task.signalFrames.push(...signalFrames);
    task.reported = reported && copySignal(reported);
    task.passBreakpointAt = aside.passBreakpointAt;
    task.stoppedAt = aside.stoppedAt;
    return task;
  }
}
