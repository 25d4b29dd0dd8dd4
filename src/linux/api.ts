/**
 * The kernel a process sees, from outside: load a program, run it until something happens, look at its threads. Nothing in here knows
 * of Go or of debug information.
 */

import type { AddressSpace, Cpu, Fault, Observer, Registers, WatchHit } from '../cpu/api.js';
import type { CpuLevel } from '../cpu/cpuid.js';
import type { ClientLog } from '../host/clients.js';
import type { GuestInput } from '../host/input-log.js';
import type { Ports } from '../host/ports.js';
import { terminalText } from '../host/terminal-text.js';
import { Told } from '../host/told.js';
import type { ScheduleControl } from './control.js';
import type { OwnFile } from './fs/own-files.js';
import type { WireOptions } from './net/wire.js';
import type { OutputRecord } from './output.js';

export interface ProcessOptions extends WireOptions {
  /** Where r14 runs. */
  host: Ports;
  /** Host path of the ELF file, or the name of `program`. */
  path: string;
  /** An ELF file that only exists in memory. */
  program?: Uint8Array;
  /** argv; argv[0] defaults to `path`. */
  args?: readonly string[];
  /** The whole environment; default: a small fixed one (PATH, HOME, LANG, TERM; the same on every host). */
  env?: Readonly<Record<string, string>>;
  /** Where absolute paths of interpreter and libraries are looked up; default: the host's `/`. */
  sysroot?: string;
  /** The directory that the program starts in and that paths of these options are seen from; default: `/`. */
  cwd?: string;
  allowRead?: readonly string[];
  allowWrite?: readonly string[];
  /** Programs that it may start besides itself. */
  allowExec?: readonly string[];
  /** Processes there may be at once, with those that nobody has waited for. Default 64. */
  processes?: number;
  /** Trees that it may read; what it changes there is its own, and the host's stays as it is. */
  overlay?: readonly string[];
  /** Varies the scheduler, AT_RANDOM and getrandom. Default 0. */
  seed?: number;
  /** Which processor it has. Default: DEFAULT_CPU. */
  cpu?: CpuLevel;
  /** CPUs the guest is told of. Default 2. */
  cpus?: number;
  /** Bytes of memory the guest may touch. Default 2 GiB. */
  memory?: number;
  /** Is told of each write to standard output and error. */
  output: (record: OutputRecord) => void;
  /** Standard input. Default: empty. */
  stdin?: GuestInput;
  /** Ports of its own at which clients from outside reach it. Default: none. */
  forward?: readonly number[];
  /** What those clients do. Default: none comes. */
  clients?: ClientLog;
  extension?: KernelExtension;
}

/**
 * System calls that Linux does not have, for which code stands that a program of r14's does not bring along. It keeps nothing but what is in the
 * guest's memory: processes are saved and restored without its knowing.
 */
export interface KernelExtension {
  /** The name of one of its system calls; undefined: it is none. */
  name(number: number): string | undefined;
  /** Its result for RAX. May throw MemoryFault, which is EFAULT. */
  call(number: number, args: readonly bigint[], memory: AddressSpace): number;
}

/** What a process that was saved needs of where it goes on. */
export type ResumeOptions = Pick<
  ProcessOptions,
  | 'host'
  | 'stdin'
  | 'clients'
  | 'output'
  | 'extension'
  | 'sysroot'
  | 'cwd'
  | 'allowRead'
  | 'allowWrite'
  | 'allowExec'
  | 'processes'
  | 'overlay'
>;

/** A process at some moment. It costs memory for what has changed since, until nobody refers to it. */
export interface SavedProcess {
  readonly t: number;
  /** The whole of it, contents of memory and the program included: for `resumeProcess`, in whatever r14. */
  bytes(): Uint8Array;
}

export interface SignalInfo {
  /** Linux's number. */
  readonly signal: number;
  /** `SIGSEGV`. */
  readonly name: string;
  /** si_code. */
  readonly code: number;
  /** si_addr of a synchronous signal. */
  readonly address?: bigint;
  /** The CPU's fault behind a synchronous signal. */
  readonly fault?: Fault;
  /** pid of the sender of an asynchronous one. */
  readonly sender?: number;
}

export type ProcessStop =
  | { readonly kind: 'budget' }
  | { readonly kind: 'breakpoint' }
  | { readonly kind: 'watchpoint'; readonly hits: readonly WatchHit[] }
  /** Before delivery, with the registers of the moment. The next `run` delivers it unless `suppressSignal()` was called. */
  | { readonly kind: 'signal'; readonly signal: SignalInfo }
  /** `catch syscall`: at entry (before the kernel acts) and at return. `text` is the call with its arguments and, at return, its result. */
  | {
      readonly kind: 'syscall';
      readonly phase: 'entry' | 'return';
      readonly number: number;
      readonly name: string;
      readonly text: string;
    }
  /** `catch thread`. */
  | { readonly kind: 'thread'; readonly event: 'created' | 'exited'; readonly tid: number }
  /** `catch fork` and the like, of a process that is followed; and that one has ended, while others go on. That is the process looked at now. */
  | ({ readonly kind: 'process' } & ProcessEvent)
  | { readonly kind: 'unsupported'; readonly bytes: Uint8Array; readonly text: string }
  | { readonly kind: 'memory-limit' }
  /** An observer wanted a stop (see CpuStop). */
  | { readonly kind: 'observer'; readonly observer: Observer }
  /**
   * The guest has asked its standard input for what has not come yet. `idle`: nothing else can happen for so many ns of its time; undefined: nothing
   * at all can. 0: others could go on; it is told once, for who knows that more comes at once. `run` goes on when more has come or the time has passed.
   * `clients`: it is, or is too, clients from outside that it waits for (`ProcessOptions.forward`).
   */
  | { readonly kind: 'input'; readonly idle: number | undefined; readonly clients?: 'alone' | 'too' }
  /** No thread can ever run again: all wait, and no timer is due. */
  | { readonly kind: 'deadlock' }
  /** `status` is what a shell would see: exit code, or 128 + signal. */
  | { readonly kind: 'exited'; readonly status: number; readonly signal?: string };

/** What has become of a process. */
export type ProcessEvent =
  | { readonly event: 'fork' | 'vfork'; readonly pid: number; readonly child: number }
  | { readonly event: 'exec'; readonly pid: number; readonly path: string }
  | { readonly event: 'exited'; readonly pid: number; readonly status: number; readonly signal?: string };

/** A process of the machine, as lists show it. */
export type ProcessRow = {
  /** From 1, in the order of creation; never used twice. */
  readonly number: number;
  readonly pid: number;
  /** Its parent's, 1 where that is gone. */
  readonly parent: number;
  readonly state: 'running' | 'stopped' | 'exited';
  /** Its program's path; null: it has ended. */
  readonly path: string | null;
  readonly threads: number;
};

/** Which processes a debugger follows: gdb's follow-fork-mode and detach-on-fork. */
export interface Follow {
  /** With whom it goes on after a fork. */
  readonly fork: 'parent' | 'child';
  /** Whether it leaves the other alone. If not, it stops for all processes, and looks at the one that it has stopped for. */
  readonly detach: boolean;
}

/** What a handler of a signal was installed with: sigaction(2). */
export interface SignalHandler {
  readonly signal: number;
  /** The handler's address, 'ignore' or 'default'. */
  readonly handler: bigint | 'ignore' | 'default';
  /** sa_flags, as SA_... names, without the kernel's own SA_RESTORER. */
  readonly flags: readonly string[];
  /** Signals that are blocked while it runs, besides its own; a bit each, from signal 1 at bit 0. */
  readonly mask: bigint;
}

export interface Thread {
  readonly tid: number;
  /** A live view for the current thread, of the saved state for others. */
  readonly registers: Registers;
  readonly state: 'running' | 'runnable' | 'waiting' | 'exited';
  /** What it waits for, in words: `futex 0xc000080148`, `nanosleep`, `epoll_pwait`. */
  readonly waitingFor: string | undefined;
  readonly sigaltstack: { readonly start: bigint; readonly size: bigint } | undefined;
  /** Signals that it blocks, and those that wait for it; a bit each. */
  readonly blockedSignals: bigint;
  readonly pendingSignals: bigint;
  /** RSP from which the frame of a signal's handler would go down, if the signal came now. */
  handlerStack(signal: number): bigint;
  /** Innermost first: signal frames that are on the thread's stack now. */
  readonly signalFrames: readonly { readonly frame: bigint; readonly signal: number }[];
}

/** A file mapped as program or library, for symbol readers. */
export interface LoadedObject {
  /** The path in the guest (`/lib64/ld-linux-x86-64.so.2`). */
  readonly path: string;
  readonly bias: bigint;
  readonly bytes: () => Uint8Array;
  readonly role: 'program' | 'interpreter' | 'library';
}

/** Looks at the process as well, while it runs: at its system calls, and at which thread runs. */
export interface ProcessObserver extends Observer {
  /** At entry, before the kernel acts, and at return, with the result in RAX. The calling thread is the current one. */
  readonly syscall?: (call: { readonly phase: 'entry' | 'return'; readonly number: number; readonly args: readonly bigint[] }) => void;
  /** A thread other than the last goes on; its registers are loaded. */
  readonly threadSwitched?: (tid: number) => void;
}

/** What to stop for besides breakpoints and watches. */
export interface Catch {
  /** Signal numbers to stop at before delivery; default: all whose default action kills, when synchronous (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP) or SIGABRT. */
  signals?: ReadonlySet<number>;
  /** Numbers of system calls to stop at, or 'all'. */
  syscalls?: ReadonlySet<number> | 'all';
  threads?: boolean;
  processes?: ReadonlySet<ProcessEvent['event']>;
}

export interface RunOptions {
  /** Stops after that many instructions. */
  budget: number;
  /** Pass a breakpoint at the very first instruction (to continue from it). */
  pass?: boolean;
  /**
   * Asked between system calls, faults and turns, whose cost nobody can know before: true stops with `budget` before it is used up. Where that
   * is depends on the host; the run does not.
   */
  enough?: () => boolean;
}

/** A refused or unknown system call, for the summary at a stop. */
export interface Refusal {
  readonly syscall: string;
  readonly detail: string;
  readonly errno: string;
  readonly count: number;
}

export interface Process {
  readonly cpu: Cpu;
  readonly memory: AddressSpace;
  readonly pid: number;
  /** All processes of the machine; this one is of those that is looked at: what it shows is that one's. */
  readonly processes: readonly ProcessRow[];
  /** Looks at another process. Throws RangeError for one that is not there, or has ended. */
  look(pid: number): void;
  follow: Follow;
  /** The clock: instructions retired, all threads. */
  readonly t: number;
  /** Thread whose registers are loaded in the CPU. */
  readonly current: Thread;
  readonly threads: readonly Thread[];
  /** Grows as the loader maps libraries. */
  readonly objects: readonly LoadedObject[];
  readonly refusals: readonly Refusal[];
  /** What becomes of each signal, by number from 1. */
  readonly signalHandlers: readonly SignalHandler[];
  /** Whether the code at an address is installed for any signal. */
  isSignalHandler(address: bigint): boolean;
  /** Bytes of output so far: `at` of the next write. */
  readonly written: number;
  /** It is as a core file has it, and does not run: nothing is known of how it came there. */
  readonly fromCore?: true;
  /** Where its first stack pointer was, at the first instruction of its program. */
  readonly initialSp: bigint;
  /** What the system call of a number is called: by Linux, by the extension that has it, or by the number itself. */
  syscallName(number: number): string;
  /** System calls done so far. */
  readonly syscallCount: number;
  /** How many of them there were of each name. */
  readonly syscallCounts: ReadonlyMap<string, number>;
  /** Files of its own that it has made, which are in memory: also when it has ended. */
  readonly ownFiles: Iterable<OwnFile>;
  catch: Catch;
  /** Who steers its threads from now on; undefined: nobody, they have fair turns. `restore` has it be who it was when that was saved. */
  control: ScheduleControl | undefined;
  /** Has an observer look from now on, beside those that already do, until the function that is returned is called. */
  observe(observer: ProcessObserver): () => void;
  run(options: RunOptions): ProcessStop;
  /** Drops the signal that the last stop reported. */
  suppressSignal(): void;
  /** Makes another thread the current one (a debugger's `thread N`); scheduling goes on from there. */
  select(tid: number): void;
  /** The whole machine as it stands: at any stop. Costs what was touched since the last save. Breakpoints, watches and `catch` are not of it. */
  save(): SavedProcess;
  /** Bytes that these saves hold in all, beside the machine itself. */
  held(saves: Iterable<SavedProcess>): number;
  /** Goes to where the machine stood then; what the guest did to files of the host is not undone. */
  restore(saved: SavedProcess): void;
  /** SHA-256 over registers of all threads, memory contents and kernel state: equal runs have equal hashes. */
  hash(): string;
}

/** A program that cannot be loaded: the message says what and where, in one line. */
export class LoadError extends Told {
  override name = 'LoadError';
  constructor(message: string) {
    // Names out of the file are in it.
    super(terminalText(message).replaceAll('\n', '\\n'));
  }
}
