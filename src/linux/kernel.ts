import { type AddressSpace, type Cpu, PAGE_SIZE, type Registers, type WatchHit } from '../cpu/api.js';
import type { CpuLevel } from '../cpu/cpuid.js';
import { checkVersion, type Versioned } from '../cpu/part.js';
import { savedRegisters } from '../cpu/registers.js';
import { type InputLog, inputLog, type SavedInput } from '../host/input-log.js';
import { LoggedFiles } from '../host/log.js';
import { CLOCK, PID } from './abi/constants.js';
import { answer, RESTART } from './abi/errno.js';
import type { KernelExtension, ProcessOptions, Refusal } from './api.js';
import { type SavedClock, VirtualClock } from './clock.js';
import type { EpollWorld } from './fs/epoll.js';
import type { TimerFd } from './fs/event.js';
import { FdTable, type SavedDescriptors } from './fs/fd-table.js';
import type { FileSystem } from './fs/file-system.js';
import type { HostView } from './fs/files.js';
import { FileNodes, type SavedNodes } from './fs/nodes.js';
import type { OwnFiles } from './fs/own-files.js';
import type { SavedTree } from './fs/own-tree.js';
import { PageFiles, type SavedPages } from './fs/pages.js';
import { restoreFiles } from './fs/saved-files.js';
import { FutexTable, type SavedFutexes } from './futex.js';
import { Layout, type SavedLayout } from './load/layout.js';
import { Network, type SavedNetwork } from './net/network.js';
import type { Socket } from './net/socket.js';
import { OutputLog } from './output.js';
import { Prng } from './prng.js';
import type { MappedObject, Program } from './program.js';
import { Refusals } from './refusals.js';
import { type SavedScheduler, Scheduler } from './scheduler.js';
import { type SavedSignals, SignalTable } from './signal/table.js';
import { type SavedTask, Task } from './task.js';
import { type SavedTimers, type Timer, Timers } from './timers.js';
import { UserMemory } from './user-memory.js';
import type { Wait, WaitKind, WaitOf } from './wait.js';

/** Numbers of system calls lie below. */
const MOST_CALLS = 600;

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
}

/** What the kinds of waits and timers do; the system calls have it. */
export interface KernelTables {
  readonly waits: { readonly [K in WaitKind]: WaitRow<K> };
  /** What becomes of a timer that is due: `count` periods have passed. */
  readonly timers: { readonly [K in Timer['kind']]: (kernel: Kernel, timer: Extract<Timer, { kind: K }>, count: number) => void };
}

/** The process with all its parts, memory and the CPU aside. `gone`: tasks that have exited, to which something still refers. */
export type SavedKernel = Versioned<{
  readonly level: CpuLevel;
  readonly cpus: number;
  readonly memoryLimit: number;
  readonly program: Program;
  readonly tasks: readonly SavedTask[];
  readonly gone: readonly SavedTask[];
  readonly nextTid: number;
  readonly clock: SavedClock;
  readonly random: bigint;
  readonly scheduler: SavedScheduler;
  readonly timers: SavedTimers;
  readonly futexes: SavedFutexes;
  readonly piFutexes: SavedFutexes;
  readonly signals: SavedSignals;
  readonly refusals: readonly Refusal[];
  readonly limits: readonly { readonly which: number; readonly limit: readonly [bigint, bigint] }[];
  readonly exit: Kernel['exit'];
  readonly stopped: boolean;
  readonly mainStatus: number | undefined;
  readonly syscallCount: number;
  readonly calls: readonly (readonly [number: number, count: number])[];
  readonly umask: number;
  readonly peakPages: number;
  readonly cwd: string;
  readonly layout: SavedLayout;
  readonly fds: SavedDescriptors;
  readonly nodes: SavedNodes;
  readonly own: SavedTree;
  readonly nextPipe: number;
  readonly net: SavedNetwork;
  readonly input: SavedInput;
  readonly written: number;
  /** What debuggers are told, and the files behind mappings, whose names are the host's. */
  readonly aside: {
    readonly threadEvents: Kernel['threadEvents'];
    readonly changed: Kernel['changed'];
    readonly objects: readonly MappedObject[];
    readonly pages: SavedPages;
    /** How far the log of the host's files was, where there is one. */
    readonly log: number | undefined;
  };
}>;

/** The state of one emulated process and its machine: the whole of it, nothing else influences the guest. */
export class Kernel {
  readonly memory: AddressSpace;
  readonly user: UserMemory;
  readonly clock: VirtualClock;
  readonly timers: Timers;
  readonly scheduler: Scheduler;
  readonly futexes: FutexTable;
  /** Waiters of words that hold their owner (FUTEX_LOCK_PI), whom unlocking makes the next owner. */
  readonly piFutexes: FutexTable;
  readonly signals: SignalTable;
  readonly refusals = new Refusals();
  readonly objects: MappedObject[] = [];
  readonly pages: PageFiles;
  readonly input: InputLog;
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
  /** System calls by number; those that no Linux has are counted together, behind the others. */
  readonly calls = new Float64Array(MOST_CALLS + 1);
  /** Watched ranges that the kernel itself has changed for the guest, to be told of before that goes on. */
  changed: readonly WatchHit[] = [];
  umask = 0o022;
  /** What the guest sees of the host's files. */
  readonly nodes = new FileNodes();
  readonly view: HostView = { nodes: this.nodes, now: () => this.clock.read(CLOCK.REALTIME)! };
  readonly epolls: EpollWorld = { watches: 0, moment: 0 };
  /** Resource limits that the guest has set: soft and hard by RLIMIT number. */
  readonly limits = new Map<number, readonly [bigint, bigint]>();
  readonly fds = new FdTable(file => this.tasks.some(({ wait }) => wait !== undefined && 'file' in wait && wait.file === file));
  fs!: FileSystem;
  layout!: Layout;
  program!: Program;
  /** Inode of the next pipe or socket. */
  nextPipe = 1000;
  readonly net = new Network({
    hold: file => this.fds.hold(file),
    letGo: file => this.fds.letGo(file),
    held: () => this.fds.held,
    newInode: () => this.nextPipe++,
  });
  private nextTid = PID;

  constructor(
    readonly cpu: Cpu,
    /** The host's files, and the guest's own. */
    readonly own: OwnFiles,
    private readonly options: Pick<ProcessOptions, 'seed' | 'cpus' | 'host' | 'stdin' | 'output' | 'extension'> & {
      readonly memory: number;
    },
    private readonly tables: KernelTables,
  ) {
    const seed = options.seed ?? 0;
    this.memory = cpu.memory;
    this.pages = new PageFiles(own, () => options.memory - PAGE_SIZE * cpu.memory.touchedPages);
    this.memory.pager = this.pages.read;
    own.grow = bytes => this.pages.grow(bytes);
    this.input = inputLog(options.stdin ?? new Uint8Array(0));
    this.output = new OutputLog(() => cpu.icount, options.output);
    this.cpus = options.cpus ?? 2;
    this.memoryLimit = options.memory;
    this.random = new Prng(seed, 1);
    this.user = new UserMemory(cpu.memory, address => this.layout.growStack(address));
    this.clock = new VirtualClock(() => cpu.icount);
    this.timers = new Timers(
      this.clock,
      () => cpu.icount,
      (timer, count) => this.timerDue(timer, count),
    );
    this.scheduler = new Scheduler(this, new Prng(seed, 2));
    this.futexes = new FutexTable((task, result) => this.scheduler.finishWait(task, result));
    this.piFutexes = new FutexTable((task, result) => this.scheduler.finishWait(task, result));
    this.signals = new SignalTable(this);
  }

  get extension(): KernelExtension | undefined {
    return this.options.extension;
  }

  /** Notes that a system call is done. */
  countCall(number: number): void {
    this.syscallCount++;
    this.calls[number >= 0 && number < MOST_CALLS ? number : MOST_CALLS]!++;
  }

  newTid(): number {
    return this.nextTid++;
  }

  task(tid: number): Task | undefined {
    return this.tasks.find(task => task.tid === tid);
  }

  private rowOf(wait: Wait): WaitRow<WaitKind> {
    return this.tables.waits[wait.kind] as WaitRow<WaitKind>;
  }

  private timerDue(timer: Timer, count: number): void {
    (this.tables.timers[timer.kind] as (kernel: Kernel, timer: Timer, count: number) => void)(this, timer, count);
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
    if (!wait || task.state !== 'waiting') return;
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

  waitEnded(wait: Wait | undefined): void {
    if (wait && 'file' in wait) this.fds.forget(wait.file);
  }

  /** Asks the waiting tasks again: a file, pipe or queue has changed. One that goes on may change what the next waits for. */
  filesChanged(): void {
    for (let again = true; again; ) {
      again = false;
      this.epolls.moment++;
      for (const task of this.tasks) {
        const { wait } = task;
        if (task.state !== 'waiting' || !wait) continue;
        const row = this.rowOf(wait);
        if (row.poll === undefined) continue;
        const result = answer(() => row.poll!(this, task, wait));
        if (result === undefined) continue;
        this.epolls.moment++;
        this.scheduler.finishWait(task, result);
        again = true;
      }
    }
  }

  /** Asks for input again, for those who wait for it. Returns whether somebody does still. */
  lookForInput(): boolean {
    const { input } = this;
    const { asked } = input;
    this.filesChanged();
    return input.hungry && input.asked > asked;
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
    this.registersOf(task).setGpr(0, BigInt(result));
  }

  save(): SavedKernel {
    const { scheduler, tasks, timers } = this;
    const { current } = scheduler;
    const registers = (task: Task) => (task === current ? this.cpu.registers.save() : task.saved);
    const referred = new Set([...(current ? [current] : []), ...timers.countedTasks]);
    return {
      version: 6,
      level: this.cpu.level,
      cpus: this.cpus,
      memoryLimit: this.memoryLimit,
      program: this.program,
      tasks: tasks.map(task => task.save(registers(task))),
      gone: [...referred].filter(task => !tasks.includes(task)).map(task => task.save(registers(task))),
      nextTid: this.nextTid,
      clock: this.clock.save(),
      random: this.random.save(),
      scheduler: scheduler.save(),
      timers: timers.save(),
      futexes: this.futexes.save(),
      piFutexes: this.piFutexes.save(),
      signals: this.signals.save(),
      refusals: this.refusals.save(),
      limits: [...this.limits].map(([which, limit]) => ({ which, limit })),
      exit: this.exit,
      stopped: this.stopped,
      mainStatus: this.mainStatus,
      syscallCount: this.syscallCount,
      calls: [...this.calls.entries()].filter(([, count]) => count > 0),
      umask: this.umask,
      peakPages: this.memory.peakPages,
      cwd: this.fs.cwd,
      layout: this.layout.save(),
      fds: this.fds.save(),
      nodes: this.nodes.save(),
      own: this.own.save(),
      nextPipe: this.nextPipe,
      net: this.net.save(),
      input: this.input.save(),
      written: this.output.save(),
      aside: {
        threadEvents: [...this.threadEvents],
        changed: this.changed,
        objects: [...this.objects],
        pages: this.pages.save(),
        log: logOf(this.options)?.position,
      },
    };
  }

  /** Of another process too, if it has as many CPUs and as much memory. */
  restore(saved: SavedKernel): void {
    checkVersion('kernel', saved, 6);
    if (saved.level !== this.cpu.level || saved.cpus !== this.cpus || saved.memoryLimit !== this.memoryLimit)
      throw new Error('saved on another machine');
    const { aside } = saved;
    const gone = saved.gone.map(task => Task.restore(task));
    this.tasks.splice(0, this.tasks.length, ...saved.tasks.map(task => Task.restore(task)));
    const byTid = new Map([...this.tasks, ...gone].map(task => [task.tid, task]));
    const task = (tid: number): Task => byTid.get(tid)!;
    this.program = saved.program;
    this.nextTid = saved.nextTid;
    this.clock.restore(saved.clock);
    this.random.restore(saved.random);
    this.scheduler.restore(saved.scheduler, task);
    this.own.leave();
    const log = logOf(this.options);
    if (log !== undefined && aside.log !== undefined) log.seek(aside.log);
    const lasting = log !== undefined;
    this.pages.restore(aside.pages, lasting);
    const { timers, random, pages, input, output } = this;
    this.epolls.watches = 0;
    this.nodes.restore(saved.nodes);
    const world = { timers, epolls: this.epolls, random, pages, input, output, net: this.net, host: this.own, view: this.view, lasting };
    this.fds.restore(saved.fds, (saves, before) => restoreFiles(saves, world, before), lasting);
    this.own.restore(saved.own);
    this.net.restore(saved.net, id => this.fds.file(id) as Socket, this.fds.all);
    this.timers.restore(saved.timers, task, file => (this.fds.file(file) as TimerFd).timer);
    this.futexes.restore(saved.futexes, task);
    this.piFutexes.restore(saved.piFutexes, task);
    this.signals.restore(saved.signals);
    this.refusals.restore(saved.refusals);
    this.limits.clear();
    for (const { which, limit } of saved.limits) this.limits.set(which, limit);
    this.exit = saved.exit;
    this.stopped = saved.stopped;
    this.mainStatus = saved.mainStatus;
    this.syscallCount = saved.syscallCount;
    this.calls.fill(0);
    for (const [number, count] of saved.calls) this.calls[number] = count;
    this.umask = saved.umask;
    this.memory.peakPages = saved.peakPages;
    this.fs.cwd = saved.cwd;
    this.layout = Layout.restore(this.memory, saved.layout);
    this.nextPipe = saved.nextPipe;
    this.input.restore(saved.input);
    this.output.restore(saved.written);
    this.changed = aside.changed;
    this.threadEvents.splice(0, this.threadEvents.length, ...aside.threadEvents);
    this.objects.splice(0, this.objects.length, ...aside.objects);
  }
}

function logOf({ host }: Pick<ProcessOptions, 'host'>): LoggedFiles | undefined {
  return host.files instanceof LoggedFiles ? host.files : undefined;
}
