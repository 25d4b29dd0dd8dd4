import {
  type AddressSpace,
  type Cpu,
  type CpuStop,
  type Fault,
  type MemorySnapshot,
  PAGE_SIZE,
  type Registers,
  type SavedMemory,
} from '../cpu/api.js';
import { Machine } from '../cpu/cpu.js';
import { MemoryLimitError } from '../cpu/memory/address-space.js';
import { DEFAULT_MEMORY } from '../cpu/memory/reserve.js';
import { checkVersion, decodePart, encodePart } from '../cpu/part.js';
import type { Digest } from '../host/digest.js';
import { normalise } from '../host/path.js';
import { PID } from './abi/constants.js';
import { SIG, signalName } from './abi/signals.js';
import type {
  Catch,
  Follow,
  LoadedObject,
  Process,
  ProcessEvent,
  ProcessObserver,
  ProcessOptions,
  ProcessRow,
  ProcessStop,
  Refusal,
  ResumeOptions,
  RunOptions,
  SavedProcess,
  SignalHandler,
  SignalInfo,
  Thread,
} from './api.js';
import type { ScheduleControl } from './control.js';
import { type OwnFile, OwnFiles } from './fs/own-files.js';
import { SHARED_MEMORY } from './fs/proc.js';
import { Sandbox } from './fs/sandbox.js';
import { InputStream, OutputStream } from './fs/streams.js';
import type { Kernel } from './kernel.js';
import { commandName, loadProgram, readProgram } from './load/load.js';
import type { MappedObject } from './program.js';
import { deliver, settleWithoutHandler } from './signal/deliver.js';
import { signalOfFault } from './signal/faults.js';
import { handlerStack } from './signal/frame.js';
import type { QueuedSignal } from './signal/pending.js';
import type { Space } from './space.js';
import { describeCall, describeResult } from './syscalls/describe.js';
import { actOnSyscall, enterSyscall } from './syscalls/dispatch.js';
import { KERNEL_TABLES } from './syscalls/kernel-tables.js';
import { syscallName } from './syscalls/table.js';
import { type SavedSystem, System } from './system.js';
import { type SyscallInProgress, Task } from './task.js';

/** System calls, faults and turns between two questions whether it is enough, less one: the longest take 40 ms. */
const OFTEN = 3;

/** Signals of faults: stopped at by default, when they are faults. */
const FAULT_SIGNALS = new Set<number>([SIG.SEGV, SIG.BUS, SIG.FPE, SIG.ILL, SIG.TRAP]);

/**
 * Loads a program; it stands before its first instruction, the loader's in a dynamic one. Throws LoadError with one line that says what is
 * wrong and where.
 */
export function startProcess(options: ProcessOptions): Process {
  const { cwd = '/', host } = options;
  const own = new OwnFiles(host.files);
  const sandbox = sandboxOf(own, { ...options, home: options.env?.HOME });
  const files = readProgram(options, sandbox);
  const memory = options.memory ?? DEFAULT_MEMORY;
  const system = machine(own, sandbox, { ...options, memory });
  const space = system.spaces[0]!;
  const how = { path: options.path, args: options.args?.length ? options.args : [options.path], env: environment(options) };
  loadProgram(space, system.pages, files, how, system.random);
  system.program = space.program;
  sandbox.allowProgram(space.program);
  const kernel = system.newProcess(space, cwd);
  for (const stream of [new InputStream(system.input), new OutputStream(1, system.output), new OutputStream(2, system.output)]) {
    kernel.fds.add(stream, false);
  }
  const main = new Task(kernel.pid, space.cpu.registers.save(), commandName(files.path));
  kernel.addTask(main);
  kernel.scheduler.prefer(main);
  return new GuestProcess(kernel, host.digest);
}

/**
 * A process as `SavedProcess.bytes` has it, from this r14 or another: it goes on as the one that was saved. What it may do with the host's files
 * is said anew. Throws for what is no such state, and where a file of the host that it has mapped is gone or has changed.
 */
export function resumeProcess(bytes: Uint8Array, options: ResumeOptions): Process {
  const saved = decodePart(bytes) as ProcessState;
  checkVersion('process', saved, 2);
  const { level, cpus, memoryLimit, spaces, processes } = saved.system;
  const own = new OwnFiles(options.host.files);
  const sandbox = sandboxOf(own, options);
  const system = machine(own, sandbox, { ...options, cpu: level, cpus, memory: memoryLimit });
  // The first of them also where none runs it any more: it may be started again.
  for (const program of [saved.system.program, ...spaces.map(each => each.program)])
    if (program !== undefined) sandbox.allowProgram(program);
  const process = new GuestProcess(system.newProcess(system.spaces[0]!, processes[0]!.cwd), options.host.digest);
  process.take(
    saved,
    saved.memories.map(memory => ({ space: undefined, load: space => space.memory.load(memory) })),
  );
  return process;
}

/** What programs make in a home (XDG base directory specification). */
const HOME_FOLDERS = ['.cache', '.config', '.local'];

/** Folders that are the guest's own, with their permissions: what each program may write, and where it is at home. */
function sandboxOf(own: OwnFiles, options: ResumeOptions & { readonly home?: string | undefined }): Sandbox {
  const { cwd = '/', sysroot, allowRead = [], allowWrite = [], allowExec = [], overlay = [], home } = options;
  const folders: [string, number][] = [
    ['/tmp', 0o777],
    [SHARED_MEMORY, 0o777],
    [cwd, 0o755],
  ];
  const at = home?.startsWith('/') ? normalise(home) : '/';
  // The root is not the guest's: who is at home there keeps what belongs to a home.
  if (at === '/') folders.push(...HOME_FOLDERS.map((name): [string, number] => [`/${name}`, 0o700]));
  else folders.push([at, 0o755]);
  return new Sandbox(own, { cwd, sysroot, allowRead, allowWrite, allowExec, overlay, own: folders });
}

/** The environment of a guest that was given none: the same on every host. */
const DEFAULT_ENVIRONMENT: Readonly<Record<string, string>> = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/', LANG: 'C', TERM: 'dumb' };

const environment = ({ env }: Pick<ProcessOptions, 'env'>): string[] =>
  Object.entries(env ?? DEFAULT_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);

/** A machine with nothing in its memory, and no process. */
export function machine(
  own: OwnFiles,
  sandbox: Sandbox,
  options: ResumeOptions & Pick<ProcessOptions, 'seed' | 'cpu' | 'cpus' | 'netDelay' | 'netLoss'> & { readonly memory: number },
): System {
  const { memory } = options;
  const makeCpu = (seed: bigint) => new Machine({ memory, level: options.cpu, seed, assets: options.host.assets });
  return new System(own, sandbox, { ...options, makeCpu }, KERNEL_TABLES);
}

/** The whole of a machine but its memories, the thread whose signal the last stop has told of, and the process that is looked at. */
interface MachineState {
  readonly version: number;
  readonly system: SavedSystem;
  readonly aside: { readonly stoppedFor: number | undefined; readonly looked: number };
}

/** All of it as plain data. */
interface ProcessState extends MachineState {
  readonly memories: readonly SavedMemory[];
}

/** What a save's kernel, registers and record of calls are reckoned as. */
const STATE_BYTES = 1 << 17;

class Saved implements SavedProcess {
  constructor(
    readonly state: MachineState,
    readonly owner: System,
    readonly memories: readonly { readonly space: Space; readonly snapshot: MemorySnapshot }[],
    readonly t: number,
    /** Who steered it. */
    readonly control: ScheduleControl | undefined,
  ) {}

  bytes(): Uint8Array {
    const whole: ProcessState = { ...this.state, memories: this.memories.map(({ space, snapshot }) => space.memory.save(snapshot)) };
    return encodePart(whole);
  }
}

const NO_POINTS: ReadonlySet<bigint> = new Set();

export class GuestProcess implements Process {
  catch: Catch = {};
  follow: Follow = { fork: 'parent', detach: true };
  private readonly system: System;
  private readonly views = new WeakMap<Task, ThreadView>();
  private observers: { readonly observer: ProcessObserver; leave: () => void }[] = [];
  /** The CPU that observers look at. */
  private observed: Cpu;
  /** The process that is wanted to be looked at, also where the run has gone back to before it was there. */
  private wanted: number;
  /** A child that was made where the run has stopped: it has still to be said who is followed. */
  private forked: number | undefined;
  /** Thread that observers were last told of. */
  private lastTid: number = PID;
  private loaded: LoadedObject[] = [];
  /** What `loaded` was made of. */
  private loadedOf: readonly MappedObject[] | undefined;
  /** Whose signal the last stop reported. */
  private stoppedFor: Task | undefined;
  private pointsArmed = false;

  constructor(
    /** The process of the machine that is looked at. */
    private kernel: Kernel,
    private readonly digest: () => Digest,
  ) {
    this.system = kernel.system;
    this.observed = kernel.cpu;
    this.wanted = kernel.pid;
  }

  get pid(): number {
    return this.kernel.pid;
  }

  get initialSp(): bigint {
    return this.kernel.space!.initialSp;
  }

  get processes(): readonly ProcessRow[] {
    return this.system.processes.map(process => ({
      number: process.number,
      pid: process.pid,
      parent: process.parentPid,
      state: process.exit ? 'exited' : process.stopped ? 'stopped' : 'running',
      path: process.exit ? null : process.program.path,
      threads: process.exit ? 0 : process.tasks.length,
    }));
  }

  look(pid: number): void {
    const process = this.system.process(pid);
    if (process === undefined || process.exit) throw new RangeError(`there is no process ${pid}`);
    this.wanted = pid;
    this.forked = undefined;
    this.lookAt(process);
    this.settle();
  }

  /** What was to be stopped for in the process that was looked at is so in this one, if that runs the same program. */
  private lookAt(process: Kernel): void {
    const before = this.kernel;
    this.kernel = process;
    this.loadedOf = undefined;
    this.stoppedFor = undefined;
    this.attach(before.space);
  }

  /** Breakpoints, watches and observers go to the CPU that is looked at now. */
  private attach(before: Space | undefined): void {
    const { cpu, program } = this.kernel;
    const from = this.observed;
    if (cpu === from) return;
    if (before?.program === undefined || before.program.real === program.real) {
      cpu.setBreakpoints([...from.breakpoints]);
      cpu.setWatches(from.watched);
    }
    if (this.follow.detach) from.setBreakpoints([]);
    from.setWatches([]);
    for (const each of this.observers) {
      each.leave();
      each.leave = cpu.observe(each.observer);
    }
    this.observed = cpu;
  }

  /** Where no process is left alone, all that run the program stop at its breakpoints. */
  private armOthers(): void {
    const { kernel, system, follow } = this;
    if (system.spaces.length === 1) return;
    for (const space of system.spaces) {
      if (space === kernel.space) continue;
      space.cpu.setBreakpoints(!follow.detach && space.program?.real === kernel.program.real ? [...kernel.cpu.breakpoints] : []);
    }
  }

  get cpu(): Cpu {
    return this.kernel.cpu;
  }

  get memory(): AddressSpace {
    return this.kernel.memory;
  }

  get t(): number {
    return this.system.cpu.icount;
  }

  get current(): Thread {
    return this.view(this.kernel.space!.loaded!);
  }

  get threads(): readonly Thread[] {
    return this.kernel.tasks.map(task => this.view(task));
  }

  get objects(): readonly LoadedObject[] {
    const { objects, pages } = this.kernel;
    if (this.loadedOf !== objects) this.loaded = [];
    this.loadedOf = objects;
    for (const { path, bias, role, source, size } of objects.slice(this.loaded.length)) {
      this.loaded.push({ path, bias, role, bytes: () => pages.whole(source, size) });
    }
    return this.loaded;
  }

  get refusals(): readonly Refusal[] {
    return this.kernel.refusals.list;
  }

  get signalHandlers(): readonly SignalHandler[] {
    return this.kernel.signals.handlers();
  }

  isSignalHandler(address: bigint): boolean {
    return this.kernel.signals.handledAt(address);
  }

  get written(): number {
    return this.system.output.written;
  }

  get syscallCount(): number {
    return this.system.syscallCount;
  }

  syscallName(number: number): string {
    return this.kernel.extension?.name(number) ?? syscallName(number);
  }

  get syscallCounts(): ReadonlyMap<string, number> {
    const { calls } = this.system;
    const named = [...calls.keys()].filter(number => calls[number]! > 0);
    return new Map(named.map(number => [number === calls.length - 1 ? 'others' : syscallName(number), calls[number]!]));
  }

  get ownFiles(): Iterable<OwnFile> {
    return this.system.own.all();
  }

  get control(): ScheduleControl | undefined {
    return this.system.control;
  }

  set control(control: ScheduleControl | undefined) {
    const { system } = this;
    this.steeredBy(control);
    for (const task of system.tasks) if (task.state === 'parked') system.scheduler.add(task);
  }

  private steeredBy(control: ScheduleControl | undefined): void {
    if (this.system.control === control) return;
    this.system.control = control;
    this.armPoints();
  }

  /** The points are none before whoever steers begins with it. */
  private armPoints(): void {
    const { control } = this.system;
    this.pointsArmed = control !== undefined && this.t >= control.begins;
    this.cpu.setPoints(this.pointsArmed ? control!.points : NO_POINTS);
  }

  observe(observer: ProcessObserver): () => void {
    const entry = { observer, leave: this.observed.observe(observer) };
    this.observers = [...this.observers, entry];
    return () => {
      entry.leave();
      this.observers = this.observers.filter(each => each !== entry);
    };
  }

  run({ budget, pass, enough }: RunOptions): ProcessStop {
    const { system } = this;
    const { scheduler, input } = system;
    const { gateway } = system;
    const end = system.cpu.icount + budget;
    if (pass) this.passBreakpoints();
    this.stoppedFor = undefined;
    let asked = 0;
    try {
      if (scheduler.current?.ready) system.load(scheduler.current);
      this.followFork();
      this.armOthers();
      for (;;) {
        const event = system.threadEvents.shift();
        if (event && event.pid === this.pid && this.catch.threads) return { kind: 'thread', event: event.event, tid: event.tid };
        if (event) continue;
        const news = system.processEvents.shift();
        const told = news && this.heard(news);
        if (told) return told;
        if (news) continue;
        if (system.over) {
          gateway?.over();
          return { kind: 'exited', ...system.end! };
        }
        // Questions to the host come at the same places of the run whatever slices it is cut into: where a turn is over.
        const starving = input.hungry && scheduler.turnOver && system.lookForInput();
        if (gateway?.isDue && scheduler.turnOver) gateway.look();
        if (input.hungry && !input.told) {
          input.told = true;
          return { kind: 'input', idle: 0 };
        }
        let idle: number | undefined;
        let came: boolean | undefined;
        const task = scheduler.next(ns => {
          came = gateway?.waits && gateway.look();
          if (came === true) return false;
          const asked = gateway?.waits ? gateway : input.hungry ? input : undefined;
          idle = asked === undefined || asked.passed(ns) ? undefined : ns;
          return idle === undefined;
        });
        if (!task && idle === undefined && gateway?.waits) came ??= gateway.look();
        if (!task && came === true) continue;
        const waits = gateway?.waits === true;
        if (!task && (starving || waits || idle !== undefined)) {
          if (input.again || (waits && gateway.again)) continue;
          return { kind: 'input', idle, ...(waits ? { clients: input.hungry ? 'too' : 'alone' } : {}) };
        }
        // Nobody waits for those that are left when the first process has ended.
        if (!task) return system.end ? { kind: 'exited', ...system.end } : { kind: 'deadlock' };
        const looked = task.pid === this.kernel.pid || !this.follow.detach;
        if (task.pid === this.kernel.pid && this.observers.length > 0) this.tellSwitch(task);
        const stop = this.toUserMode(task, looked);
        if (stop) return this.stoppedIn(task, stop);
        if (!task.ready || system.processEvents.length > 0) continue;
        if (system.cpu.icount >= end || ((++asked & OFTEN) === 0 && enough?.() === true)) return { kind: 'budget' };
        const outcome = this.slice(task, end - system.cpu.icount, enough);
        if (outcome) return this.stoppedIn(task, outcome);
      }
    } catch (error) {
      if (error instanceof MemoryLimitError) return { kind: 'memory-limit' };
      throw error;
    } finally {
      this.settle();
    }
  }

  /** A stop is of the process that it has happened in. */
  private stoppedIn(task: Task, stop: ProcessStop): ProcessStop {
    if (task.pid !== this.kernel.pid && stop.kind !== 'budget') {
      const { stoppedFor } = this;
      this.lookAt(this.system.kernelOf(task));
      this.stoppedFor = stoppedFor;
    }
    return stop;
  }

  /** Goes on with a child, if that is whom to follow. */
  private followFork(): void {
    const child = this.forked === undefined ? undefined : this.system.process(this.forked);
    this.forked = undefined;
    if (this.follow.fork !== 'child' || child === undefined || child.exit) return;
    this.wanted = child.pid;
    this.lookAt(child);
  }

  /** Something has become of a process: who is looked at from now on, and whether it is a stop. */
  private heard(news: ProcessEvent): ProcessStop | undefined {
    const { system, follow, kernel } = this;
    const mine = news.pid === kernel.pid || !follow.detach;
    if (news.event === 'exited') {
      const next =
        system.processes.find(({ pid, exit }) => pid === kernel.parent?.pid && !exit) ?? system.processes.find(({ exit }) => !exit);
      if (news.pid !== kernel.pid || next === undefined) return undefined;
      this.lookAt(next);
      // Of the first process's end, whose children go on, nobody was told who had not asked to follow others.
      return kernel === system.first && follow.detach && follow.fork === 'parent' ? undefined : { kind: 'process', ...news };
    }
    if (!mine) return undefined;
    if (news.event === 'exec') this.attach(undefined);
    else if (news.pid === kernel.pid && news.child !== this.wanted) this.forked = news.child;
    else if (news.child === this.wanted) this.lookAt(system.process(news.child)!);
    // Who is stopped there may yet say whom to follow.
    const stops = this.catch.processes?.has(news.event) === true;
    if (!stops) this.followFork();
    this.armOthers();
    return stops ? { kind: 'process', ...news } : undefined;
  }

  /** The CPU of the process that is looked at holds the registers of one of its threads, also where it has lent its memory to a child. */
  private settle(): void {
    const { space, tasks } = this.kernel;
    const mine = tasks.find(({ wait }) => wait?.kind === 'vfork') ?? tasks[0];
    if (space === undefined || mine === undefined || space.loaded?.pid === this.kernel.pid) return;
    const { registers } = space.cpu;
    if (space.loaded !== undefined) space.loaded.saved = registers.save(space.loaded.saved);
    registers.restore(mine.saved);
    space.loaded = mine;
  }

  /** Threads that a breakpoint stopped go on from it, whichever is the current one by now. */
  private passBreakpoints(): void {
    const { tasks, space } = this.kernel;
    for (const task of tasks) {
      task.passBreakpointAt = task === space?.loaded ? this.cpu.registers.rip : task.stoppedAt;
      task.stoppedAt = undefined;
    }
  }

  suppressSignal(): void {
    if (this.stoppedFor) this.stoppedFor.reported = undefined;
  }

  select(tid: number): void {
    const task = this.kernel.task(tid);
    if (!task) throw new RangeError(`there is no thread ${tid}`);
    this.kernel.scheduler.prefer(task);
  }

  hash(): string {
    const hash = this.digest();
    hash.update(encodePart(this.state(), { run: true }));
    for (const { memory } of this.system.spaces) {
      for (const m of memory.mappings()) hash.update(`${m.start.toString(16)}-${m.end.toString(16)} ${m.prot} ${m.offset} ${m.name}\n`);
      for (const { address, bytes } of memory.contents()) {
        hash.update(address.toString(16));
        hash.update(bytes);
      }
    }
    return hash.hex();
  }

  private state(): MachineState {
    return { version: 2, system: this.system.save(), aside: { stoppedFor: this.stoppedFor?.tid, looked: this.kernel.pid } };
  }

  save(): SavedProcess {
    const { system } = this;
    const state = this.state();
    const memories = system.spaces.map(space => ({ space, snapshot: space.memory.snapshot() }));
    return new Saved(state, system, memories, this.t, system.control);
  }

  held(saves: Iterable<SavedProcess>): number {
    const own = [...saves].filter(each => each instanceof Saved);
    const snapshots = own.flatMap(({ memories }) => memories.map(({ snapshot }) => snapshot));
    return own.length * STATE_BYTES + PAGE_SIZE * this.memory.heldPages(snapshots);
  }

  restore(saved: SavedProcess): void {
    if (!(saved instanceof Saved)) throw new TypeError('not saved by r14');
    const own = saved.owner === this.system;
    if (own) this.steeredBy(saved.control);
    this.take(
      saved.state,
      saved.memories.map(({ space, snapshot }) => ({
        space: own ? space : undefined,
        load: into => (own ? snapshot : into.memory.load(space.memory.save(snapshot))),
      })),
    );
  }

  /** Becomes what was saved. */
  take({ system, aside }: MachineState, memories: Parameters<System['restore']>[1]): void {
    this.system.restore(system, memories);
    const wanted = this.system.process(this.wanted);
    this.kernel = wanted && !wanted.exit ? wanted : this.system.process(aside.looked)!;
    this.attach(undefined);
    this.stoppedFor = aside.stoppedFor === undefined ? undefined : this.kernel.task(aside.stoppedFor);
    this.lastTid = this.kernel.space?.loaded?.tid ?? PID;
    // Of the same program it is the same list, as far as that was mapped then.
    if (this.loadedOf === this.kernel.objects) this.loaded.length = 0;
    this.forked = undefined;
    const { control } = this.system;
    if (control !== undefined && this.pointsArmed !== this.t >= control.begins) this.armPoints();
  }

  /** What the kernel does with a task before it runs instructions again: its system call, its signals. `looked`: somebody looks at its process. */
  private toUserMode(task: Task, looked: boolean): ProcessStop | undefined {
    const { system } = this;
    const kernel = this.system.kernelOf(task);
    const call = task.syscall;
    if (call?.stage === 'entry') {
      if (looked && !call.entryReported) this.tellSyscall('entry', call);
      if (looked && !call.entryReported && this.catchesSyscall(call.number)) {
        call.entryReported = true;
        return this.syscallStop(call, 'entry');
      }
      actOnSyscall(kernel, task);
    }
    if (!task.ready || kernel.exit) return undefined;
    if (task.syscall?.stage === 'done') {
      const done = task.syscall;
      task.syscall = undefined;
      if (looked) this.tellSyscall('return', done);
      if (looked && this.catchesSyscall(done.number)) return this.syscallStop(done, 'return');
    }
    if (system.changed.length > 0) {
      const hits = system.changed;
      system.changed = [];
      return { kind: 'watchpoint', hits };
    }
    return this.signals(task, looked);
  }

  private tellSyscall(phase: 'entry' | 'return', { number, args }: SyscallInProgress): void {
    for (const { observer } of this.observers) observer.syscall?.({ phase, number, args });
  }

  private tellSwitch({ tid }: Task): void {
    if (tid === this.lastTid) return;
    this.lastTid = tid;
    for (const { observer } of this.observers) observer.threadSwitched?.(tid);
  }

  private syscallStop({ number, args }: SyscallInProgress, phase: 'entry' | 'return'): ProcessStop {
    const name = this.syscallName(number);
    const call = describeCall(number, args, this.memory, name);
    const text = phase === 'entry' ? call : `${call} = ${describeResult(number, this.cpu.registers.get('rax'))}`;
    return { kind: 'syscall', phase, number, name, text };
  }

  private signals(task: Task, looked: boolean): ProcessStop | undefined {
    const kernel = this.system.kernelOf(task);
    // Who was held runs that instruction first: in a handler it would be, and come to the point again, as often as somebody else asks it to.
    if (task.arrivedAt !== undefined && kernel.system.control !== undefined) return undefined;
    while (!kernel.exit && task.ready) {
      const { reported } = task;
      task.reported = undefined;
      const entry = reported ?? kernel.signals.next(task);
      if (!entry) break;
      if (looked && !reported && this.catchesSignal(entry)) {
        task.reported = entry;
        this.stoppedFor = task;
        return { kind: 'signal', signal: describe(entry) };
      }
      deliver(kernel, task, entry);
    }
    if (!kernel.exit) settleWithoutHandler(kernel, task);
    return undefined;
  }

  private slice(task: Task, most: number, enough: RunOptions['enough']): ProcessStop | undefined {
    const { cpu, scheduler, control } = this.system;
    cpu.enough = enough;
    const ahead = control === undefined ? 0 : control.begins - cpu.icount;
    if (control !== undefined && ahead <= 0) {
      if (!this.pointsArmed) this.armPoints();
      if (this.arrives(task, control)) return undefined;
    }
    const released = task.arrivedAt !== undefined && !cpu.breakpoints.has(task.arrivedAt);
    const pass = released || (task.passBreakpointAt !== undefined && task.passBreakpointAt === cpu.registers.rip);
    task.passBreakpointAt = undefined;
    if (pass) task.arrivedAt = undefined;
    // Its signals come right behind it, then.
    const soon = released && this.pending(task) ? 1 : ahead > 0 ? Math.min(most, ahead) : most;
    const before = cpu.icount;
    let stop: CpuStop;
    try {
      stop = cpu.run(Math.min(soon, scheduler.slice(task)), pass);
    } finally {
      // Also when the limit of memory ends it.
      task.cpuTime += cpu.icount - before;
      this.system.kernelOf(task).cpuTime += cpu.icount - before;
    }
    return this.afterRun(task, stop);
  }

  /** Whether the task has come to a point just now, and is held there. Only those of the first process are steered. */
  private arrives(task: Task, control: ScheduleControl): boolean {
    const { cpu, scheduler, first } = this.system;
    const { rip } = cpu.registers;
    if (cpu.icount < control.begins) return false;
    if (task.arrivedAt !== rip) task.arrivedAt = undefined;
    if (task.pid !== first.pid || task.arrivedAt === rip || !control.points.has(rip)) return false;
    task.arrivedAt = rip;
    scheduler.hold(task);
    control.arrived(task.tid);
    return true;
  }

  private pending(task: Task): boolean {
    return (task.pending.mask | this.system.kernelOf(task).signals.shared.mask) !== 0n;
  }

  private afterRun(task: Task, stop: CpuStop): ProcessStop | undefined {
    switch (stop.kind) {
      case 'budget':
        return undefined;
      case 'syscall':
        enterSyscall(this.system.kernelOf(task), task);
        return undefined;
      case 'fault':
        this.fault(task, stop.fault);
        return undefined;
      case 'pause':
        this.system.scheduler.spin();
        return undefined;
      case 'breakpoint':
        if (this.system.control !== undefined && this.arrives(task, this.system.control)) return undefined;
        if (task.pid !== this.kernel.pid && this.follow.detach) {
          // A child that has its parent's memory still: nobody looks at it.
          task.passBreakpointAt = this.system.cpu.registers.rip;
          return undefined;
        }
        task.stoppedAt = this.system.cpu.registers.rip;
        return stop;
      default:
        return stop;
    }
  }

  private fault(task: Task, fault: Fault): void {
    const kernel = this.system.kernelOf(task);
    if (fault.vector === '#PF' && !fault.mapped && kernel.layout.growStack(fault.address)) return;
    const { entry, trap } = signalOfFault(fault, kernel.cpu.registers, task.trap);
    task.trap = trap;
    kernel.signals.force(task, entry);
  }

  private catchesSyscall(number: number): boolean {
    const { syscalls } = this.catch;
    return syscalls !== undefined && (syscalls === 'all' || syscalls.has(number));
  }

  private catchesSignal(entry: QueuedSignal): boolean {
    const { signals } = this.catch;
    if (signals) return signals.has(entry.signal);
    return entry.signal === SIG.ABRT || (entry.code > 0 && FAULT_SIGNALS.has(entry.signal));
  }

  private view(task: Task): ThreadView {
    let view = this.views.get(task);
    if (!view) this.views.set(task, (view = new ThreadView(this.kernel, task)));
    return view;
  }
}

function describe(entry: QueuedSignal): SignalInfo {
  return {
    signal: entry.signal,
    name: signalName(entry.signal),
    code: entry.code,
    ...(entry.address === undefined ? {} : { address: entry.address }),
    ...(entry.fault === undefined ? {} : { fault: entry.fault }),
    ...(entry.sender === undefined ? {} : { sender: entry.sender }),
  };
}

class ThreadView implements Thread {
  constructor(
    private readonly kernel: Kernel,
    private readonly task: Task,
  ) {}

  get tid(): number {
    return this.task.tid;
  }

  get registers(): Registers {
    return this.kernel.registersOf(this.task);
  }

  get state(): Thread['state'] {
    const { state } = this.task;
    if (state === 'runnable' && this.kernel.space?.loaded === this.task) return 'running';
    return state === 'parked' ? 'runnable' : state;
  }

  get waitingFor(): string | undefined {
    return this.kernel.waitReason(this.task);
  }

  get sigaltstack(): Thread['sigaltstack'] {
    const { altstack } = this.task;
    return altstack && { start: altstack.start, size: altstack.size };
  }

  get blockedSignals(): bigint {
    return this.task.blocked;
  }

  get pendingSignals(): bigint {
    return this.task.pending.mask | this.kernel.signals.shared.mask;
  }

  handlerStack(signal: number): bigint {
    return handlerStack(this.task, this.kernel.signals.action(signal), this.registers.get('rsp'));
  }

  get signalFrames(): Thread['signalFrames'] {
    return this.task.signalFrames.toReversed();
  }
}
