import type { AddressSpace, Cpu, PageSource, Registers } from '../cpu/api.js';
import { savedRegisters } from '../cpu/registers.js';
import { answer, RESTART } from './abi/errno.js';
import type { LoadedObject, ProcessOptions } from './api.js';
import { VirtualClock } from './clock.js';
import type { FdTable } from './fs/fd-table.js';
import type { FileSystem } from './fs/file-system.js';
import { PageFiles } from './fs/pages.js';
import { FutexTable } from './futex.js';
import type { Layout } from './load/layout.js';
import { OutputLog } from './output.js';
import { Prng } from './prng.js';
import { Refusals } from './refusals.js';
import { Scheduler } from './scheduler.js';
import { SignalTable } from './signal/table.js';
import type { Task } from './task.js';
import { ProcessTimers, Timers } from './timers.js';
import { UserMemory } from './user-memory.js';

/** pid of every guest process. */
export const PID = 1000;
/** pid of its parent, which is not there. */
export const PARENT_PID = 999;
/** Real, effective and saved user and group id. */
export const UID = 1000;

/** What the kernel was asked to load, and how. */
export interface Program {
  /** Guest path of the program, absolute. */
  readonly path: string;
  /** Host path with all symbolic links followed. */
  readonly real: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly auxv: Uint8Array;
}

/** A file mapped as program or library. */
export interface MappedObject extends Pick<LoadedObject, 'path' | 'bias' | 'role'> {
  readonly source: PageSource;
  /** Bytes of the file when it was mapped. */
  readonly size: number;
}

/** The state of one emulated process and its machine: the whole of it, nothing else influences the guest. */
export class Kernel {
  readonly memory: AddressSpace;
  readonly user: UserMemory;
  readonly clock: VirtualClock;
  readonly timers: Timers;
  readonly processTimers = new ProcessTimers();
  readonly scheduler: Scheduler;
  readonly futexes: FutexTable;
  readonly signals: SignalTable;
  readonly refusals = new Refusals();
  readonly objects: MappedObject[] = [];
  readonly pages: PageFiles;
  readonly output: OutputLog;
  /** getrandom, /dev/urandom. */
  readonly random: Prng;
  readonly cpus: number;
  readonly memoryLimit: number;
  /** Tasks that have not exited, in order of creation. */
  readonly tasks: Task[] = [];
  /** Thread births and deaths that `catch thread` has still to report. */
  readonly threadEvents: { readonly event: 'created' | 'exited'; readonly tid: number }[] = [];
  /** Set when the process is gone. */
  exit: { readonly status: number; readonly signal?: string } | undefined;
  /** By SIGSTOP and its like: nothing runs until SIGCONT comes, which only a timer could send. */
  stopped = false;
  /** What the main thread said when it exited before others. */
  mainStatus: number | undefined;
  syscallCount = 0;
  umask = 0o022;
  /** Resource limits that the guest has set: soft and hard by RLIMIT number. */
  readonly limits = new Map<number, readonly [bigint, bigint]>();
  fds!: FdTable;
  fs!: FileSystem;
  layout!: Layout;
  program!: Program;
  /** Inode of the next pipe. */
  nextPipe = 1000;
  private nextTid = PID;

  constructor(
    readonly cpu: Cpu,
    options: Pick<ProcessOptions, 'seed' | 'cpus' | 'host' | 'output'> & { readonly memory: number },
  ) {
    const seed = options.seed ?? 0;
    this.memory = cpu.memory;
    this.pages = new PageFiles(options.host.files);
    this.memory.pager = this.pages.read;
    this.output = new OutputLog(() => cpu.icount, options.output);
    this.cpus = options.cpus ?? 2;
    this.memoryLimit = options.memory;
    this.random = new Prng(seed, 1);
    this.user = new UserMemory(cpu.memory, address => this.layout.growStack(address));
    this.clock = new VirtualClock(() => cpu.icount);
    this.timers = new Timers(this.clock, () => cpu.icount);
    this.scheduler = new Scheduler(this, new Prng(seed, 2));
    this.futexes = new FutexTable((task, result) => this.scheduler.finishWait(task, result));
    this.signals = new SignalTable(this);
  }

  newTid(): number {
    return this.nextTid++;
  }

  task(tid: number): Task | undefined {
    return this.tasks.find(task => task.tid === tid);
  }

  /** Ends a wait that a signal interrupts. */
  interrupt(task: Task): void {
    const wait = task.wait;
    if (!wait || task.state !== 'waiting') return;
    wait.cancel?.();
    this.scheduler.finishWait(task, answer(wait.onSignal));
  }

  /** Asks the waiting tasks again: a file, pipe or queue has changed. One that goes on may change what the next waits for. */
  filesChanged(): void {
    for (let again = true; again; ) {
      again = false;
      for (const task of this.tasks) {
        if (task.state !== 'waiting' || !task.wait?.poll) continue;
        const result = answer(task.wait.poll);
        if (result === undefined) continue;
        this.scheduler.finishWait(task, result);
        again = true;
      }
    }
  }

  /** Ends the process. */
  end(status: number, signal?: string): void {
    this.exit ??= signal === undefined ? { status } : { status, signal };
    this.fds.closeAll();
    for (const task of this.tasks) task.state = 'exited';
  }

  /** The registers of a task, loaded or not. */
  registersOf(task: Task): Registers {
    return task === this.scheduler.current ? this.cpu.registers : savedRegisters(task.saved);
  }

  /** Puts a system call's result into RAX; one that restarts the call is kept for the delivery of signals. */
  finishSyscall(task: Task, result: number | bigint): void {
    const code = typeof result === 'number' ? -result : 0;
    if (task.syscall) {
      task.syscall.stage = 'done';
      if (code >= RESTART.SYS && code <= RESTART.BLOCK) task.restart = { code, number: task.syscall.number };
    }
    this.registersOf(task).set('rax', BigInt.asUintN(64, BigInt(result)));
  }

  /** Kernel state for the hash, besides memory and tasks. */
  describe(): string {
    return [
      ...[this.cpu.icount, this.clock.now(), this.random.position, this.scheduler.describe(), this.futexes.describe()],
      ...[
        this.signals.describe(),
        this.timers.describe(),
        this.fds.describe(),
        this.fs.cwd,
        this.layout.brk,
        this.umask,
        this.exit?.status,
        this.output.written,
      ],
    ].join('\n');
  }
}
