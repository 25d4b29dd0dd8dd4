import { type Cpu, type CpuState, type MemorySnapshot, PAGE_SIZE, type WatchHit } from '../cpu/api.js';
import type { CpuLevel } from '../cpu/cpuid.js';
import { checkVersion, type Versioned } from '../cpu/part.js';
import { ClientLog } from '../host/clients.js';
import { type InputLog, inputLog, type SavedInput } from '../host/input-log.js';
import { LoggedFiles } from '../host/log.js';
import { CLOCK, PARENT_PID, PID, UID } from './abi/constants.js';
import { SI, SIG } from './abi/signals.js';
import type { KernelExtension, ProcessEvent, ProcessOptions, Refusal } from './api.js';
import { type SavedClock, VirtualClock } from './clock.js';
import type { ScheduleControl } from './control.js';
import type { EpollWorld } from './fs/epoll.js';
import type { TimerFd } from './fs/event.js';
import { OpenFiles, type SavedOpenFiles } from './fs/fd-table.js';
import type { HostView } from './fs/files.js';
import { FileNodes, type SavedNodes } from './fs/nodes.js';
import type { OwnFiles } from './fs/own-files.js';
import type { SavedTree } from './fs/own-tree.js';
import { PageFiles, type SavedPages } from './fs/pages.js';
import { PidFile } from './fs/pid-file.js';
import type { Sandbox } from './fs/sandbox.js';
import { restoreFiles } from './fs/saved-files.js';
import { Kernel, type KernelTables, type ProcessEnd, type SavedKernel } from './kernel.js';
import { Gateway, type SavedGateway } from './net/gateway.js';
import { Network, type SavedNetwork } from './net/network.js';
import type { Socket } from './net/socket.js';
import type { WireOptions } from './net/wire.js';
import { OutputLog } from './output.js';
import { Prng } from './prng.js';
import type { Program } from './program.js';
import { Refusals } from './refusals.js';
import { type SavedScheduler, Scheduler, type SchedulerPort } from './scheduler.js';
import { type SavedSpace, Space } from './space.js';
import { type SavedTask, Task } from './task.js';
import { type SavedTimers, Timers } from './timers.js';
import type { Wait } from './wait.js';

/** Numbers of system calls lie below. */
const MOST_CALLS = 600;
/** Processes of a machine, unless it is told otherwise. */
const DEFAULT_PROCESSES = 64;
/** CPUs with their memories that are kept for the next process. */
const MOST_SPARE = 4;

/** The machine with all its processes; their memories aside. `gone`: tasks that have exited, to which something still refers. */
export type SavedSystem = Versioned<{
  readonly level: CpuLevel;
  readonly cpus: number;
  readonly memoryLimit: number;
  readonly spaces: readonly SavedSpace[];
  /** The space whose CPU has run last. */
  readonly running: number;
  readonly processes: readonly SavedKernel[];
  readonly tasks: readonly number[];
  readonly gone: readonly SavedTask[];
  readonly program: Program | undefined;
  readonly end: ProcessEnd | undefined;
  readonly nextTid: number;
  readonly made: number;
  readonly cpusMade: number;
  readonly clock: SavedClock;
  readonly random: bigint;
  readonly scheduler: SavedScheduler;
  readonly timers: SavedTimers;
  readonly refusals: readonly Refusal[];
  readonly syscallCount: number;
  readonly calls: readonly (readonly [number: number, count: number])[];
  readonly files: SavedOpenFiles;
  readonly nodes: SavedNodes;
  readonly own: SavedTree;
  readonly nextPipe: number;
  readonly net: SavedNetwork;
  /** Undefined: no client from outside can reach it. */
  readonly gateway: SavedGateway | undefined;
  readonly input: SavedInput;
  readonly written: number;
  /** Of who steers the threads; undefined: nobody does. */
  readonly control: unknown;
  /** What debuggers are told, and the files behind mappings, whose names are the host's. */
  readonly aside: {
    readonly threadEvents: System['threadEvents'];
    readonly processEvents: System['processEvents'];
    readonly changed: System['changed'];
    readonly pages: SavedPages;
    /** How far the log of the host's files was, where there is one. */
    readonly log: number | undefined;
  };
}>;

export interface SystemOptions
  extends WireOptions,
    Pick<ProcessOptions, 'seed' | 'cpus' | 'host' | 'stdin' | 'forward' | 'clients' | 'output' | 'extension' | 'processes' | 'sysroot'> {
  readonly memory: number;
  /** Makes a CPU with a memory of its own; `seed`: of its random numbers. */
  readonly makeCpu: (seed: bigint) => Cpu;
}

/** The machine that all processes are on, with what they have in common: the whole of it, nothing else influences the guests. */
export class System implements SchedulerPort {
  /** The CPU that has run last: its count of instructions is the machine's. */
  cpu: Cpu;
  readonly spaces: Space[] = [];
  /** In order of creation, with those that have ended and have not been waited for. */
  readonly processes: Kernel[] = [];
  private readonly byPid = new Map<number, Kernel>();
  /** Of all processes: those that have not exited, in order of creation. */
  readonly tasks: Task[] = [];
  readonly clock: VirtualClock;
  /** Those of timerfds, which processes may share. */
  readonly timerfds: Timers;
  readonly scheduler: Scheduler;
  readonly refusals = new Refusals();
  readonly pages: PageFiles;
  readonly input: InputLog;
  readonly output: OutputLog;
  /** getrandom, /dev/urandom. */
  readonly random: Prng;
  readonly cpus: number;
  readonly memoryLimit: number;
  /** Who steers the threads of the first process; undefined: the scheduler alone. */
  control: ScheduleControl | undefined;
  /** How the first of all processes has ended. */
  end: ProcessEnd | undefined;
  syscallCount = 0;
  /** System calls by number; those that no Linux has are counted together, behind the others. */
  readonly calls = new Float64Array(MOST_CALLS + 1);
  /** Thread births and deaths that `catch thread` has still to report. */
  readonly threadEvents: { readonly event: 'created' | 'exited'; readonly tid: number; readonly pid: number }[] = [];
  /** What has become of processes, which debuggers have still to be told of. */
  readonly processEvents: ProcessEvent[] = [];
  /** Watched ranges that the kernel itself has changed for the guest, to be told of before that goes on. */
  changed: readonly WatchHit[] = [];
  /** What the guest sees of the host's files. */
  readonly nodes = new FileNodes();
  readonly view: HostView = { nodes: this.nodes, now: () => this.clock.read(CLOCK.REALTIME)! };
  readonly epolls: EpollWorld = { watches: 0, moment: 0 };
  readonly files = new OpenFiles(file => this.tasks.some(({ wait }) => wait !== undefined && 'file' in wait && wait.file === file));
  /** What the first process began as. */
  program: Program | undefined;
  /** Inode of the next pipe or socket. */
  nextPipe = 1000;
  readonly net: Network;
  /** Undefined: no client from outside can reach it. */
  gateway: Gateway | undefined;
  private nextTid = PID;
  /** Processes that there were. */
  private made = 0;
  /** CPUs made so far: each has random numbers of its own. */
  private cpusMade = 0;
  private readonly spare: Space[] = [];
  /** A CPU before its first instruction. */
  private readonly blank: CpuState;

  constructor(
    /** The host's files, and the guest's own. */
    readonly own: OwnFiles,
    readonly sandbox: Sandbox,
    private readonly options: SystemOptions,
    readonly tables: KernelTables,
  ) {
    const seed = options.seed ?? 0;
    this.cpus = options.cpus ?? 2;
    this.memoryLimit = options.memory;
    const { files } = this;
    this.net = new Network(
      {
        hold: file => files.hold(file),
        letGo: file => files.letGo(file),
        held: () => files.held,
        find: id => files.find(id),
        newInode: () => this.nextPipe++,
        now: () => this.clock.now(),
      },
      options,
    );
    if (options.forward !== undefined) this.gateway = this.gatewayTo(options.forward);
    this.pages = new PageFiles(own, () => options.memory - PAGE_SIZE * this.touchedPages);
    own.grow = bytes => this.pages.grow(bytes);
    this.input = inputLog(options.stdin ?? new Uint8Array(0));
    this.output = new OutputLog(() => this.cpu.icount, options.output);
    this.random = new Prng(seed, 1);
    this.clock = new VirtualClock(() => this.cpu.icount);
    this.timerfds = new Timers(
      this.clock,
      () => 0,
      (timer, count) => {
        if (timer.kind !== 'descriptor') return;
        timer.file.expired(count);
        this.filesChanged();
      },
    );
    this.scheduler = new Scheduler(this, new Prng(seed, 2));
    this.cpu = options.makeCpu(this.newSeed());
    this.blank = this.cpu.save();
    this.spaces.push(this.spaceOf(this.cpu));
  }

  private gatewayTo(ports: readonly number[]): Gateway {
    const { clients = new ClientLog() } = this.options;
    return new Gateway(
      this.net,
      ports,
      clients,
      () => this.filesChanged(),
      () => this.cpu.icount,
    );
  }

  get extension(): KernelExtension | undefined {
    return this.options.extension;
  }

  /** Where interpreters and libraries are looked up. */
  get sysroot(): string | undefined {
    return this.options.sysroot;
  }

  /** The first of all processes, ended or not. */
  get first(): Kernel {
    return this.processes[0]!;
  }

  /** Whether none is left. */
  get over(): boolean {
    return this.tasks.length === 0;
  }

  get touchedPages(): number {
    return this.spaces.reduce((sum, { memory }) => sum + memory.touchedPages, 0);
  }

  // ---- CPUs and memories ---------------------------------------------------------------------------------------------------------------

  /** Of the next CPU: it has random numbers that no other has. */
  newSeed(): bigint {
    return new Prng(this.options.seed ?? 0, 3 + this.cpusMade++).save();
  }

  private spaceOf(cpu: Cpu): Space {
    cpu.environment = { counter: () => this.clock.counter(), tscAux: () => this.scheduler.processor };
    cpu.memory.pager = this.pages.read;
    cpu.memory.crowded = () => this.spaces.length > 1 && PAGE_SIZE * this.touchedPages >= this.memoryLimit;
    return new Space(cpu, this.blank, (task, result) => this.scheduler.finishWait(task, result));
  }

  /** A memory with nothing in it. */
  newSpace(): Space {
    const seed = this.newSeed();
    const space = this.spare.pop() ?? this.spaceOf(this.options.makeCpu(seed));
    space.cpu.restore({ ...this.blank, random: seed });
    this.spaces.push(space);
    return space;
  }

  /** Nobody has the memory any more. */
  giveBack(space: Space): void {
    this.spaces.splice(this.spaces.indexOf(space), 1);
    space.clear();
    // What a save refers to is that save's.
    if (!space.memory.saved && this.spare.length < MOST_SPARE) this.spare.push(space);
  }

  /** Has the CPU of the task's memory hold its registers, and be the one that runs. */
  load(task: Task): void {
    const space = this.kernelOf(task).space!;
    const { registers } = space.cpu;
    if (space.loaded !== task) {
      if (space.loaded !== undefined) space.loaded.saved = registers.save(space.loaded.saved);
      registers.restore(task.saved);
      space.loaded = task;
    }
    this.runOn(space.cpu);
  }

  /** The count of instructions goes from CPU to CPU. */
  runOn(cpu: Cpu): void {
    if (cpu === this.cpu) return;
    cpu.icount = this.cpu.icount;
    this.cpu = cpu;
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------------------

  /** All timers together, for the scheduler. */
  readonly timers: SchedulerPort['timers'] = {
    expire: () => {
      this.timerfds.expire();
      if (this.net.wire.next !== undefined && this.net.wire.deliver()) this.filesChanged();
      for (const { timers } of this.processes) timers.expire();
    },
    instructionsLeft: task => {
      let left = this.timerfds.instructionsLeft(task, true);
      const { next } = this.net.wire;
      if (next !== undefined) left = Math.min(left, this.clock.until(next));
      for (const process of this.processes) left = Math.min(left, process.timers.instructionsLeft(task, task.pid !== process.pid));
      return left;
    },
    nextMoment: () => {
      let next = earlier(this.timerfds.nextMoment(), this.net.wire.next);
      for (const { timers } of this.processes) {
        next = earlier(next, timers.nextMoment());
      }
      return next;
    },
  };

  timeOut(task: Task): number {
    return this.kernelOf(task).timeOut(task);
  }

  waitEnded(wait: Wait | undefined): void {
    if (wait && 'file' in wait) this.files.forget(wait.file);
  }

  finishSyscall(task: Task, result: number): void {
    this.kernelOf(task).finishSyscall(task, result);
  }

  /** Asks the waiting tasks again: a file, pipe or queue has changed. One that goes on may change what the next waits for. */
  filesChanged(): void {
    for (let again = true; again; ) {
      again = false;
      this.epolls.moment++;
      for (const task of this.tasks) {
        const { wait } = task;
        if (task.state !== 'waiting' || !wait) continue;
        const result = this.kernelOf(task).askAgain(task, wait);
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

  // ---- processes -----------------------------------------------------------------------------------------------------------------------

  /** Notes that a system call is done. */
  countCall(number: number): void {
    this.syscallCount++;
    this.calls[number >= 0 && number < MOST_CALLS ? number : MOST_CALLS]!++;
  }

  /** The number of the process or thread that comes next. */
  newTid(): number {
    return this.nextTid++;
  }

  /** Processes that there may be at once, with those that nobody has waited for. */
  get mostProcesses(): number {
    return this.options.processes ?? DEFAULT_PROCESSES;
  }

  process(pid: number): Kernel | undefined {
    return this.byPid.get(pid);
  }

  /** A task of any process that has not exited. */
  task(tid: number): Task | undefined {
    return this.tasks.find(task => task.tid === tid);
  }

  /** Whether a process has ended, waited for or not. */
  readonly hasEnded = (pid: number): boolean => this.byPid.get(pid)?.exit !== undefined || !this.byPid.has(pid);

  /** The process of a task that has not exited. */
  preempt(task: Task): void {
    // It stands in front of a point, which it comes to again.
    task.arrivedAt = undefined;
    this.kernelOf(task).signals.sendToTask(task, { signal: SIG.URG, code: SI.TKILL, sender: task.pid, uid: UID });
  }

  kernelOf({ pid }: Task): Kernel {
    return this.byPid.get(pid)!;
  }

  /** Who has lost its parent has init's number for it; that of the first process is outside. */
  parentPid(process: Kernel): number {
    return process.parent?.pid ?? (process === this.processes[0] ? PARENT_PID : 1);
  }

  newProcess(space: Space, cwd: string, pid = this.newTid()): Kernel {
    const process = new Kernel(this, pid, space, cwd);
    process.number = ++this.made;
    this.processes.push(process);
    this.byPid.set(process.pid, process);
    return process;
  }

  removeTask(task: Task): void {
    const at = this.tasks.indexOf(task);
    if (at >= 0) this.tasks.splice(at, 1);
    const { wait } = task;
    this.scheduler.remove(task);
    this.waitEnded(wait);
  }

  childrenOf(parent: Kernel): Kernel[] {
    return this.processes.filter(process => process.parent === parent);
  }

  /** A process has ended: its parent is told, its children have none any more. The first of all stays as it was, to be looked at. */
  ended(process: Kernel): void {
    process.timers.forget('all');
    for (const file of this.files.all) if (file instanceof PidFile && file.pid === process.pid) file.events++;
    this.processEvents.push({ event: 'exited', pid: process.pid, ...process.exit! });
    this.releaseParent(process);
    for (const child of this.childrenOf(process)) {
      child.parent = undefined;
      if (child.exit) this.reap(child);
    }
    if (process === this.first) this.end = process.exit;
    else {
      process.space = undefined;
      const { parent, ending, exitSignal } = process;
      if (parent === undefined || (exitSignal === SIG.CHLD && parent.forgetsChildren)) this.reap(process);
      if (parent !== undefined && exitSignal !== 0) {
        const { code, status } = ending!;
        parent.signals.sendToProcess({ signal: exitSignal, code, sender: process.pid, uid: UID, value: BigInt(status) });
      }
    }
    this.filesChanged();
  }

  /** Who waits in vfork(2) for a process to be another program, or gone, goes on. */
  releaseParent({ pid }: Kernel): void {
    const waiting = this.tasks.find(({ wait }) => wait?.kind === 'vfork' && wait.child === pid);
    if (waiting !== undefined) this.scheduler.finishWait(waiting, pid);
  }

  /** Nothing is left of a process that has ended. */
  reap(process: Kernel): void {
    if (process === this.first) return;
    this.processes.splice(this.processes.indexOf(process), 1);
    this.byPid.delete(process.pid);
  }

  // ---- saving --------------------------------------------------------------------------------------------------------------------------

  save(): SavedSystem {
    const { scheduler, tasks, processes, spaces } = this;
    const { current } = scheduler;
    const loaded = spaces.flatMap(space => space.loaded ?? []);
    const referred = new Set([...(current ? [current] : []), ...loaded, ...processes.flatMap(({ timers }) => timers.countedTasks)]);
    const kept = new Set(processes.flatMap(process => process.tasks));
    return {
      version: 2,
      level: this.cpu.level,
      cpus: this.cpus,
      memoryLimit: this.memoryLimit,
      spaces: spaces.map(space => space.save()),
      running: spaces.findIndex(({ cpu }) => cpu === this.cpu),
      processes: processes.map(process => process.save()),
      tasks: tasks.map(({ tid }) => tid),
      gone: [...referred].filter(task => !kept.has(task)).map(task => task.save()),
      program: this.program,
      end: this.end,
      nextTid: this.nextTid,
      made: this.made,
      cpusMade: this.cpusMade,
      clock: this.clock.save(),
      random: this.random.save(),
      scheduler: scheduler.save(),
      timers: this.timerfds.save(),
      refusals: this.refusals.save(),
      syscallCount: this.syscallCount,
      calls: [...this.calls.entries()].filter(([, count]) => count > 0),
      files: this.files.save(),
      nodes: this.nodes.save(),
      own: this.own.save(),
      nextPipe: this.nextPipe,
      net: this.net.save(),
      gateway: this.gateway?.save(),
      input: this.input.save(),
      written: this.output.save(),
      control: this.control?.save(),
      aside: {
        threadEvents: [...this.threadEvents],
        processEvents: [...this.processEvents],
        changed: this.changed,
        pages: this.pages.save(),
        log: logOf(this.options)?.position,
      },
    };
  }

  /** Of another machine too, if it has as many CPUs and as much memory. `memories`: of each space, a snapshot, and the space where it was taken here. */
  restore(
    saved: SavedSystem,
    memories: readonly { readonly space: Space | undefined; readonly load: (space: Space) => MemorySnapshot }[],
  ): void {
    checkVersion('machine', saved, 2);
    if (saved.level !== this.cpu.level || saved.cpus !== this.cpus || saved.memoryLimit !== this.memoryLimit)
      throw new Error('saved on another machine');
    const { aside } = saved;
    const log = logOf(this.options);
    this.own.leave();
    if (log !== undefined && aside.log !== undefined) log.seek(aside.log);
    const lasting = log !== undefined;
    this.pages.restore(aside.pages, lasting);
    this.restoreSpaces(saved, memories);
    this.restoreProcesses(saved);
    const gone = saved.gone.map(task => Task.restore(task));
    const byTid = new Map([...gone, ...this.processes.flatMap(process => process.tasks)].map(task => [task.tid, task]));
    const task = (tid: number): Task => byTid.get(tid)!;
    this.tasks.splice(0, this.tasks.length, ...saved.tasks.map(task));
    this.program = saved.program;
    this.end = saved.end;
    this.nextTid = saved.nextTid;
    this.made = saved.made;
    this.cpusMade = saved.cpusMade;
    this.clock.restore(saved.clock);
    this.random.restore(saved.random);
    this.scheduler.restore(saved.scheduler, task);
    const { random, pages, input, output, view, net, epolls, own, timerfds: timers } = this;
    epolls.watches = 0;
    this.nodes.restore(saved.nodes);
    const world = { timers, epolls, random, pages, input, output, net, host: own, view, lasting, ended: this.hasEnded };
    this.files.restore(saved.files, (saves, before) => restoreFiles(saves, world, before), lasting);
    own.restore(saved.own);
    net.restore(saved.net, id => this.files.file(id) as Socket, this.files.all);
    this.gateway = saved.gateway && (this.gateway ?? this.gatewayTo(saved.gateway.ports));
    this.gateway?.restore(saved.gateway!, id => this.files.file(id));
    timers.restore(saved.timers, task, file => (this.files.file(file) as TimerFd).timer);
    for (const [index, space] of this.spaces.entries()) space.restoreTasks(saved.spaces[index]!, task);
    for (const [index, process] of this.processes.entries()) process.restore(saved.processes[index]!, task);
    this.refusals.restore(saved.refusals);
    this.syscallCount = saved.syscallCount;
    this.calls.fill(0);
    for (const [number, count] of saved.calls) this.calls[number] = count;
    this.nextPipe = saved.nextPipe;
    input.restore(saved.input);
    output.restore(saved.written);
    this.control?.restore(saved.control);
    this.changed = aside.changed;
    this.processEvents.splice(0, this.processEvents.length, ...aside.processEvents);
    this.threadEvents.splice(0, this.threadEvents.length, ...aside.threadEvents);
  }

  /** Spaces where the saves were made are these again: what a snapshot has of their memory lies there. */
  private restoreSpaces(saved: SavedSystem, memories: Parameters<System['restore']>[1]): void {
    const taken = new Set(memories.map(({ space }) => space));
    const free = this.spaces.filter(space => !taken.has(space));
    const spaces = memories.map(({ space }) => space ?? free.shift() ?? this.spaceOf(this.options.makeCpu(0n)));
    this.spaces.splice(0, this.spaces.length, ...spaces);
    for (const [index, space] of spaces.entries()) space.restore(saved.spaces[index]!, memories[index]!.load(space));
    this.cpu = (spaces[saved.running] ?? spaces[0]!).cpu;
  }

  private restoreProcesses(saved: SavedSystem): void {
    const before = new Map(this.processes.map(process => [process.pid, process]));
    // Users are counted anew, and no memory is given back for it.
    for (const process of this.processes) if (process.space !== undefined) process.space.users++;
    this.processes.splice(
      0,
      this.processes.length,
      ...saved.processes.map(each => before.get(each.pid) ?? new Kernel(this, each.pid, undefined, each.cwd)),
    );
    this.byPid.clear();
    for (const process of this.processes) this.byPid.set(process.pid, process);
    for (const process of before.values()) process.space = undefined;
    for (const space of this.spaces) space.users = 0;
    for (const [index, process] of this.processes.entries()) {
      const state = saved.processes[index]!;
      process.space = state.space === undefined ? undefined : this.spaces[state.space];
      process.restoreTasks(state);
    }
  }
}

/** Of two moments that there may be. */
const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

function logOf({ host }: Pick<ProcessOptions, 'host'>): LoggedFiles | undefined {
  return host.files instanceof LoggedFiles ? host.files : undefined;
}
