import type { AddressSpace, Cpu, Registers } from '../cpu/api.js';
import { checkVersion, type Versioned } from '../cpu/part.js';
import { savedRegisters } from '../cpu/registers.js';
import { RLIMIT_NOFILE, SA, UID } from './abi/constants.js';
import { answer, RESTART } from './abi/errno.js';
import { CLD, SIG, signalNumber } from './abi/signals.js';
import type { KernelExtension } from './api.js';
import type { VirtualClock } from './clock.js';
import type { EpollWorld } from './fs/epoll.js';
import { FdTable, type OpenFiles, type SavedDescriptors } from './fs/fd-table.js';
import { FileSystem } from './fs/file-system.js';
import type { HostView } from './fs/files.js';
import type { FileNodes } from './fs/nodes.js';
import type { OwnFiles } from './fs/own-files.js';
import type { PageFiles } from './fs/pages.js';
import type { FutexTable } from './futex.js';
import type { Layout } from './load/layout.js';
import type { Network } from './net/network.js';
import type { Prng } from './prng.js';
import type { MappedObject, Program } from './program.js';
import type { Refusals } from './refusals.js';
import type { Scheduler } from './scheduler.js';
import { type SavedSignals, SIG_IGN, SignalTable } from './signal/table.js';
import type { Space } from './space.js';
import type { System } from './system.js';
import { type SavedTask, Task } from './task.js';
import { type SavedTimers, type Timer, Timers } from './timers.js';
import type { UserMemory } from './user-memory.js';
import type { Wait, WaitKind, WaitOf } from './wait.js';

/** One kind of wait: what becomes of a task that waits so. Methods may throw Errno, but for `cancel` and `reason`. */
export interface WaitRow<K extends WaitKind> {
  /** In words, for people: `futex 0xc000080148`. */
  reason(kernel: Kernel, wait: WaitOf<K>): string;
  /** Asked again whenever a file, pipe or queue has changed; undefined: still not. */
  poll?(kernel: Kernel, task: Task, wait: WaitOf<K>): number | undefined;
  /** The result when its time is over; default: 0. */
  timeout?(kernel: Kernel, wait: WaitOf<K>): number;
  /** The result when a signal interrupts: -EINTR or a negative RESTART code. */
  signal(kernel: Kernel, wait: WaitOf<K>): number;
  /** Runs when the wait ends without `poll` having answered: leaves queues. */
  cancel?(kernel: Kernel, task: Task): void;
  /** No signal ends it but one that ends the process. */
  readonly deaf?: true;
}

/** What the kinds of waits and timers do; the system calls have it. */
export interface KernelTables {
  readonly waits: { readonly [K in WaitKind]: WaitRow<K> };
  /** What becomes of a timer that is due: `count` periods have passed. */
  readonly timers: { readonly [K in Timer['kind']]: (kernel: Kernel, timer: Extract<Timer, { kind: K }>, count: number) => void };
}

/** How a process has ended: what a shell would see, and the name of the signal that has killed it. */
export interface ProcessEnd {
  readonly status: number;
  readonly signal?: string;
}

/** What of a process is its own. `space`: the number of its memory, of which one that has ended has none. */
export type SavedKernel = Versioned<{
  readonly pid: number;
  readonly number: number;
  readonly parent: number | undefined;
  readonly group: number;
  readonly session: number;
  readonly exitSignal: number;
  readonly space: number | undefined;
  readonly tasks: readonly SavedTask[];
  readonly timers: SavedTimers;
  readonly signals: SavedSignals;
  readonly limits: readonly { readonly which: number; readonly limit: readonly [bigint, bigint] }[];
  readonly exit: ProcessEnd | undefined;
  readonly stopped: boolean;
  readonly news: Kernel['news'];
  readonly mainStatus: number | undefined;
  readonly cpuTime: number;
  readonly childrenTime: number;
  readonly umask: number;
  readonly cwd: string;
  readonly fds: SavedDescriptors;
}>;

/** A process, as its system calls see it: what is its own, and what it has in common with the others of its machine (System). */
export class Kernel {
  readonly timers: Timers;
  readonly signals: SignalTable;
  readonly fds: FdTable;
  readonly fs: FileSystem;
  /** Its tasks that have not exited, in order of creation. */
  readonly tasks: Task[] = [];
  /** From 1, in the order of creation. */
  number = 1;
  /** Undefined: it is gone, or in the first of all processes nobody. */
  parent: Kernel | undefined;
  /** Process group and session. */
  group: number;
  session: number;
  /** The signal that its parent gets when it ends; 0: none. */
  exitSignal: number = SIG.CHLD;
  /** Set when the process is gone. */
  exit: ProcessEnd | undefined;
  /** By SIGSTOP and its like: nothing of it runs until SIGCONT comes. */
  stopped = false;
  /** Stopped or going on, as a parent may be told once: wait4(2), WUNTRACED and WCONTINUED. */
  news: { readonly kind: 'stopped' | 'continued'; readonly signal: number } | undefined;
  /** What the main thread said when it exited before others. */
  mainStatus: number | undefined;
  /** Instructions that its tasks have retired, and those of children that it has waited for. */
  cpuTime = 0;
  childrenTime = 0;
  umask = 0o022;
  /** Resource limits that the guest has set: soft and hard by RLIMIT number. */
  readonly limits = new Map<number, readonly [bigint, bigint]>();
  private memoryOf: Space | undefined;

  constructor(
    readonly system: System,
    readonly pid: number,
    space: Space | undefined,
    cwd: string,
  ) {
    this.group = pid;
    this.session = pid;
    this.timers = new Timers(
      system.clock,
      () => this.cpuTime,
      (timer, count) => this.timerDue(timer, count),
    );
    this.signals = new SignalTable(this);
    this.fds = new FdTable(system.files, pid, () => this.limits.get(RLIMIT_NOFILE)?.[0]);
    this.fs = new FileSystem(this, system.own, system.sandbox, cwd);
    this.space = space;
  }

  // ---- what it has of its memory -----------------------------------------------------------------------------------------------------

  /** Its memory; undefined: it has ended, and has none any more. */
  get space(): Space | undefined {
    return this.memoryOf;
  }

  /** Memory that nobody has any more is given back. */
  set space(space: Space | undefined) {
    const before = this.memoryOf;
    if (space !== undefined) space.users++;
    this.memoryOf = space;
    if (before !== undefined && --before.users === 0) this.system.giveBack(before);
  }

  get cpu(): Cpu {
    return this.memoryOf!.cpu;
  }

  get memory(): AddressSpace {
    return this.memoryOf!.memory;
  }

  get user(): UserMemory {
    return this.memoryOf!.user;
  }

  get layout(): Layout {
    return this.memoryOf!.layout;
  }

  get program(): Program {
    return this.memoryOf!.program;
  }

  get objects(): MappedObject[] {
    return this.memoryOf!.objects;
  }

  get futexes(): FutexTable {
    return this.memoryOf!.futexes;
  }

  get piFutexes(): FutexTable {
    return this.memoryOf!.piFutexes;
  }

  // ---- what all processes have in common ------------------------------------------------------------------------------------------------

  get clock(): VirtualClock {
    return this.system.clock;
  }

  get scheduler(): Scheduler {
    return this.system.scheduler;
  }

  get files(): OpenFiles {
    return this.system.files;
  }

  get net(): Network {
    return this.system.net;
  }

  get epolls(): EpollWorld {
    return this.system.epolls;
  }

  get own(): OwnFiles {
    return this.system.own;
  }

  get nodes(): FileNodes {
    return this.system.nodes;
  }

  get view(): HostView {
    return this.system.view;
  }

  get pages(): PageFiles {
    return this.system.pages;
  }

  get random(): Prng {
    return this.system.random;
  }

  get refusals(): Refusals {
    return this.system.refusals;
  }

  get cpus(): number {
    return this.system.cpus;
  }

  get memoryLimit(): number {
    return this.system.memoryLimit;
  }

  get extension(): KernelExtension | undefined {
    return this.system.extension;
  }

  /** Asks the waiting tasks of all processes again: a file, pipe or queue has changed. */
  filesChanged(): void {
    this.system.filesChanged();
  }

  /** Another process, or this one, by its pid: also one that has ended and has not been waited for. */
  process(pid: number): Kernel | undefined {
    return this.system.process(pid);
  }

  get parentPid(): number {
    return this.system.parentPid(this);
  }

  // ---- tasks ---------------------------------------------------------------------------------------------------------------------------

  task(tid: number): Task | undefined {
    return this.tasks.find(task => task.tid === tid);
  }

  addTask(task: Task): void {
    task.pid = this.pid;
    task.held = this.stopped;
    this.tasks.push(task);
    this.system.tasks.push(task);
    this.scheduler.add(task);
  }

  removeTask(task: Task): void {
    this.cancelWait(task);
    this.tasks.splice(this.tasks.indexOf(task), 1);
    this.system.removeTask(task);
  }

  private rowOf(wait: Wait): WaitRow<WaitKind> {
    return this.system.tables.waits[wait.kind] as WaitRow<WaitKind>;
  }

  private timerDue(timer: Timer, count: number): void {
    (this.system.tables.timers[timer.kind] as (kernel: Kernel, timer: Timer, count: number) => void)(this, timer, count);
  }

  /** What the task waits for, in words. */
  waitReason({ wait }: Task): string | undefined {
    return wait && this.rowOf(wait).reason(this, wait);
  }

  /** Takes a waiting task out of where it is queued. */
  cancelWait(task: Task): void {
    if (task.wait) this.rowOf(task.wait).cancel?.(this, task);
  }

  /** Ends a wait that a signal interrupts. */
  interrupt(task: Task): void {
    const { wait } = task;
    if (!wait || task.state !== 'waiting' || this.rowOf(wait).deaf) return;
    this.cancelWait(task);
    this.scheduler.finishWait(
      task,
      answer(() => this.rowOf(wait).signal(this, wait)),
    );
  }

  timeOut(task: Task): number {
    const wait = task.wait!;
    this.cancelWait(task);
    return answer(() => this.rowOf(wait).timeout?.(this, wait) ?? 0);
  }

  /** What a task that waits would be answered now; undefined: it waits still. */
  askAgain(task: Task, wait: Wait): number | undefined {
    const row = this.rowOf(wait);
    return row.poll === undefined ? undefined : answer(() => row.poll!(this, task, wait));
  }

  /** The registers of a task, loaded or not. */
  registersOf(task: Task): Registers {
    return task === this.memoryOf?.loaded ? this.cpu.registers : savedRegisters(task.saved);
  }

  /** Puts a system call's result into RAX; one that restarts the call is kept for the delivery of signals. */
  finishSyscall(task: Task, result: number | bigint): void {
    const code = typeof result === 'number' ? -result : 0;
    if (task.syscall) {
      task.syscall.stage = 'done';
      if (code >= RESTART.SYS && code <= RESTART.BLOCK) task.restart = { code, number: task.syscall.number };
    }
    const registers = this.registersOf(task);
    if (typeof result === 'number') registers.setGprNumber(0, result);
    else registers.setGpr(0, result);
  }

  // ---- the end, and what comes before it ------------------------------------------------------------------------------------------------

  /** Ends the process. */
  end(status: number, signal?: string): void {
    if (this.exit) return;
    this.exit = signal === undefined ? { status } : { status, signal };
    this.fds.closeAll();
    for (const task of this.tasks) {
      this.cancelWait(task);
      this.system.removeTask(task);
    }
    this.system.ended(this);
  }

  /** Stops all of it, or lets it go on; tells its parent. */
  halt(signal: number): void {
    const stopped = signal !== SIG.CONT;
    if (this.exit || this.stopped === stopped) return;
    this.stopped = stopped;
    this.news = { kind: stopped ? 'stopped' : 'continued', signal };
    for (const task of this.tasks) {
      task.held = stopped;
      if (task.ready) this.scheduler.add(task);
    }
    const { parent } = this;
    if (parent !== undefined && (parent.signals.action(SIG.CHLD).flags & SA.NOCLDSTOP) === 0) {
      const code = stopped ? CLD.STOPPED : CLD.CONTINUED;
      parent.signals.sendToProcess({ signal: SIG.CHLD, code, sender: this.pid, uid: UID, value: BigInt(signal) });
    }
    this.filesChanged();
  }

  /** How it has ended or what has become of it, as siginfo_t of SIGCHLD says it: si_code and si_status. */
  get ending(): { readonly code: number; readonly status: number } | undefined {
    const { exit } = this;
    if (exit === undefined) return undefined;
    return exit.signal === undefined
      ? { code: CLD.EXITED, status: exit.status }
      : { code: CLD.KILLED, status: signalNumber(exit.signal) ?? SIG.KILL };
  }

  /** Its children are waited for by nobody: they leave nothing behind (sigaction(2), SA_NOCLDWAIT). */
  get forgetsChildren(): boolean {
    const { handler, flags } = this.signals.action(SIG.CHLD);
    return handler === SIG_IGN || (flags & SA.NOCLDWAIT) !== 0;
  }

  // ---- saving --------------------------------------------------------------------------------------------------------------------------

  save(): SavedKernel {
    return {
      version: 7,
      pid: this.pid,
      number: this.number,
      parent: this.parent?.pid,
      group: this.group,
      session: this.session,
      exitSignal: this.exitSignal,
      space: this.memoryOf && this.system.spaces.indexOf(this.memoryOf),
      tasks: this.tasks.map(task => task.save(task === this.memoryOf?.loaded ? this.cpu.registers.save() : task.saved)),
      timers: this.timers.save(),
      signals: this.signals.save(),
      limits: [...this.limits].map(([which, limit]) => ({ which, limit })),
      exit: this.exit,
      stopped: this.stopped,
      news: this.news,
      mainStatus: this.mainStatus,
      cpuTime: this.cpuTime,
      childrenTime: this.childrenTime,
      umask: this.umask,
      cwd: this.fs.cwd,
      fds: this.fds.save(),
    };
  }

  /** Its tasks, before others may be asked for theirs. */
  restoreTasks(saved: SavedKernel): void {
    checkVersion('process', saved, 7);
    this.tasks.splice(0, this.tasks.length, ...saved.tasks.map(task => Task.restore(task)));
  }

  /** The rest, once open files and the tasks of all processes are there. */
  restore(saved: SavedKernel, task: (tid: number) => Task): void {
    this.parent = saved.parent === undefined ? undefined : this.process(saved.parent);
    this.number = saved.number;
    this.group = saved.group;
    this.session = saved.session;
    this.exitSignal = saved.exitSignal;
    this.timers.restore(saved.timers, task);
    this.signals.restore(saved.signals);
    this.limits.clear();
    for (const { which, limit } of saved.limits) this.limits.set(which, limit);
    this.exit = saved.exit;
    this.stopped = saved.stopped;
    this.news = saved.news;
    this.mainStatus = saved.mainStatus;
    this.cpuTime = saved.cpuTime;
    this.childrenTime = saved.childrenTime;
    this.umask = saved.umask;
    this.fs.cwd = saved.cwd;
    this.fds.restore(saved.fds);
  }
}
