import {
  type AddressSpace,
  type Cpu,
  type CpuState,
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
  LoadedObject,
  Process,
  ProcessObserver,
  ProcessOptions,
  ProcessStop,
  Refusal,
  ResumeOptions,
  RunOptions,
  SavedProcess,
  SignalHandler,
  SignalInfo,
  Thread,
} from './api.js';
import { FileSystem } from './fs/file-system.js';
import { type OwnFile, OwnFiles } from './fs/own-files.js';
import { SHARED_MEMORY } from './fs/proc.js';
import { Sandbox } from './fs/sandbox.js';
import { InputStream, OutputStream } from './fs/streams.js';
import { Kernel, type SavedKernel } from './kernel.js';
import { loadProgram, readProgram } from './load/load.js';
import { Prng } from './prng.js';
import type { Program } from './program.js';
import { deliver, settleWithoutHandler } from './signal/deliver.js';
import { signalOfFault } from './signal/faults.js';
import { handlerStack } from './signal/frame.js';
import type { QueuedSignal } from './signal/pending.js';
import { describeCall, describeResult } from './syscalls/describe.js';
import { actOnSyscall, enterSyscall } from './syscalls/dispatch.js';
import { KERNEL_TABLES } from './syscalls/kernel-tables.js';
import { syscallName } from './syscalls/table.js';
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
  const { kernel, cpu } = machine(own, { ...options, memory });
  const { program, layout, objects } = loadProgram(cpu, kernel.pages, files, options, kernel.random);
  kernel.program = program;
  kernel.layout = layout;
  kernel.objects.push(...objects);
  allowOwn(sandbox, program);
  kernel.fs = new FileSystem(kernel, own, sandbox, cwd);
  for (const stream of [new InputStream(kernel.input), new OutputStream(1, kernel.output), new OutputStream(2, kernel.output)]) {
    kernel.fds.add(stream, false);
  }
  const main = new Task(kernel.newTid(), cpu.registers.save(), program.path.split('/').at(-1)!.slice(0, 15));
  kernel.tasks.push(main);
  kernel.scheduler.add(main);
  kernel.scheduler.prefer(main);
  return new GuestProcess(kernel, host.digest);
}

/**
 * A process as `SavedProcess.bytes` has it, from this r14 or another: it goes on as the one that was saved. What it may do with the host's files
 * is said anew. Throws for what is no such state, and where a file of the host that it has mapped is gone or has changed.
 */
export function resumeProcess(bytes: Uint8Array, options: ResumeOptions): Process {
  const saved = decodePart(bytes) as ProcessState;
  checkVersion('process', saved, 1);
  const { level, cpus, memoryLimit, program, cwd } = saved.kernel;
  const own = new OwnFiles(options.host.files);
  const { kernel } = machine(own, { ...options, cpu: level, cpus, memory: memoryLimit });
  const sandbox = sandboxOf(own, options);
  allowOwn(sandbox, program);
  kernel.fs = new FileSystem(kernel, own, sandbox, cwd);
  const process = new GuestProcess(kernel, options.host.digest);
  process.take(saved, kernel.memory.load(saved.memory));
  return process;
}

/** What programs make in a home (XDG base directory specification). */
const HOME_FOLDERS = ['.cache', '.config', '.local'];

/** Folders that are the guest's own, with their permissions: what each program may write, and where it is at home. */
function sandboxOf(own: OwnFiles, options: ResumeOptions & { readonly home?: string | undefined }): Sandbox {
  const { cwd = '/', sysroot, allowRead = [], allowWrite = [], overlay = [], home } = options;
  const folders: [string, number][] = [
    ['/tmp', 0o777],
    [SHARED_MEMORY, 0o777],
    [cwd, 0o755],
  ];
  const at = home?.startsWith('/') ? normalise(home) : '/';
  // The root is not the guest's: who is at home there keeps what belongs to a home.
  if (at === '/') folders.push(...HOME_FOLDERS.map((name): [string, number] => [`/${name}`, 0o700]));
  else folders.push([at, 0o755]);
  return new Sandbox(own, { cwd, sysroot, allowRead, allowWrite, overlay, own: folders });
}

/** A program may read itself and what loads it. */
function allowOwn(sandbox: Sandbox, program: Program): void {
  sandbox.allowProgram(program);
  const { interpreter } = program;
  if (interpreter !== undefined) sandbox.allowFile(interpreter);
}

/** A machine with a kernel, and nothing in its memory. */
export function machine(
  own: OwnFiles,
  options: ResumeOptions & Pick<ProcessOptions, 'seed' | 'cpu' | 'cpus' | 'room'> & { readonly memory: number },
): { kernel: Kernel; cpu: Cpu } {
  const cpu = new Machine({
    memory: Math.min(options.memory, options.room ?? options.memory),
    level: options.cpu,
    seed: new Prng(options.seed ?? 0, 3).save(),
    assets: options.host.assets,
  });
  const kernel = new Kernel(cpu, own, options, KERNEL_TABLES);
  cpu.environment = { counter: () => kernel.clock.counter(), tscAux: () => kernel.scheduler.processor };
  return { kernel, cpu };
}

/** The whole of a process but its memory: kernel and CPU, and the thread whose signal the last stop has told of. */
interface MachineState {
  readonly version: number;
  readonly kernel: SavedKernel;
  readonly cpu: CpuState;
  readonly aside: { readonly stoppedFor: number | undefined };
}

/** All of it as plain data. */
interface ProcessState extends MachineState {
  readonly memory: SavedMemory;
}

/** What a save's kernel, registers and record of calls are reckoned as. */
const STATE_BYTES = 1 << 17;

class Saved implements SavedProcess {
  constructor(
    readonly state: MachineState,
    readonly snapshot: MemorySnapshot,
    readonly memory: AddressSpace,
  ) {}

  get t(): number {
    return this.state.cpu.icount;
  }

  bytes(): Uint8Array {
    const whole: ProcessState = { ...this.state, memory: this.memory.save(this.snapshot) };
    return encodePart(whole);
  }
}

export class GuestProcess implements Process {
  readonly cpu: Cpu;
  readonly memory: AddressSpace;
  readonly pid: number = PID;
  catch: Catch = {};
  private readonly views = new WeakMap<Task, ThreadView>();
  private observers: readonly ProcessObserver[] = [];
  /** Thread that observers were last told of. */
  private lastTid: number = PID;
  private readonly loaded: LoadedObject[] = [];
  /** Whose signal the last stop reported. */
  private stoppedFor: Task | undefined;

  constructor(
    private readonly kernel: Kernel,
    private readonly digest: () => Digest,
  ) {
    this.cpu = kernel.cpu;
    this.memory = kernel.memory;
  }

  get t(): number {
    return this.cpu.icount;
  }

  get current(): Thread {
    return this.view(this.kernel.scheduler.current!);
  }

  get threads(): readonly Thread[] {
    return this.kernel.tasks.map(task => this.view(task));
  }

  get objects(): readonly LoadedObject[] {
    const { objects, pages } = this.kernel;
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
    return this.kernel.output.written;
  }

  get syscallCount(): number {
    return this.kernel.syscallCount;
  }

  syscallName(number: number): string {
    return this.kernel.extension?.name(number) ?? syscallName(number);
  }

  get syscallCounts(): ReadonlyMap<string, number> {
    const { calls } = this.kernel;
    const named = [...calls.keys()].filter(number => calls[number]! > 0);
    return new Map(named.map(number => [number === calls.length - 1 ? 'others' : syscallName(number), calls[number]!]));
  }

  get ownFiles(): Iterable<OwnFile> {
    return this.kernel.own.all();
  }

  observe(observer: ProcessObserver): () => void {
    const leave = this.cpu.observe(observer);
    this.observers = [...this.observers, observer];
    return () => {
      leave();
      this.observers = this.observers.filter(each => each !== observer);
    };
  }

  run({ budget, pass, enough }: RunOptions): ProcessStop {
    const { kernel, cpu } = this;
    const { scheduler, input } = kernel;
    const end = cpu.icount + budget;
    if (pass) this.passBreakpoints();
    this.stoppedFor = undefined;
    cpu.enough = enough;
    let asked = 0;
    try {
      for (;;) {
        const event = kernel.threadEvents.shift();
        if (event && this.catch.threads) return { kind: 'thread', ...event };
        if (event) continue;
        if (kernel.exit) return { kind: 'exited', ...kernel.exit };
        // Questions to the host come at the same places of the run whatever slices it is cut into: where a turn is over.
        const starving = input.hungry && scheduler.turnOver && kernel.lookForInput();
        if (input.hungry && !input.told) {
          input.told = true;
          return { kind: 'input', idle: 0 };
        }
        let idle: number | undefined;
        const task = kernel.stopped
          ? undefined
          : scheduler.next(ns => {
              const may = !input.hungry || input.passed(ns);
              idle = may ? undefined : ns;
              return may;
            });
        if (!task && !kernel.stopped && (starving || idle !== undefined)) {
          if (input.again) continue;
          return { kind: 'input', idle };
        }
        if (!task) return { kind: 'deadlock' };
        if (this.observers.length > 0) this.tellSwitch(task);
        const stop = this.toUserMode(task);
        if (stop) return stop;
        if (kernel.exit || task.state !== 'runnable') continue;
        if (cpu.icount >= end || ((++asked & OFTEN) === 0 && enough?.() === true)) return { kind: 'budget' };
        const outcome = this.slice(task, end - cpu.icount);
        if (outcome) return outcome;
      }
    } catch (error) {
      if (error instanceof MemoryLimitError) return { kind: 'memory-limit' };
      throw error;
    }
  }

  /** Threads that a breakpoint stopped go on from it, whichever is the current one by now. */
  private passBreakpoints(): void {
    const { scheduler, tasks } = this.kernel;
    for (const task of tasks) {
      task.passBreakpointAt = task === scheduler.current ? this.cpu.registers.rip : task.stoppedAt;
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
    for (const m of this.memory.mappings()) hash.update(`${m.start.toString(16)}-${m.end.toString(16)} ${m.prot} ${m.offset} ${m.name}\n`);
    for (const { address, bytes } of this.memory.contents()) {
      hash.update(address.toString(16));
      hash.update(bytes);
    }
    return hash.hex();
  }

  private state(): MachineState {
    return { version: 1, kernel: this.kernel.save(), cpu: this.cpu.save(), aside: { stoppedFor: this.stoppedFor?.tid } };
  }

  save(): SavedProcess {
    return new Saved(this.state(), this.memory.snapshot(), this.memory);
  }

  held(saves: Iterable<SavedProcess>): number {
    const own = [...saves].filter(each => each instanceof Saved);
    return own.length * STATE_BYTES + PAGE_SIZE * this.memory.heldPages(own.map(({ snapshot }) => snapshot));
  }

  restore(saved: SavedProcess): void {
    if (!(saved instanceof Saved)) throw new TypeError('not saved by r14');
    const { state, snapshot, memory } = saved;
    this.take(state, memory === this.memory ? snapshot : this.memory.load(memory.save(snapshot)));
  }

  /** Becomes what was saved. */
  take({ kernel, cpu, aside }: MachineState, memory: MemorySnapshot): void {
    this.kernel.restore(kernel);
    this.cpu.restore(cpu);
    this.memory.restore(memory);
    this.stoppedFor = aside.stoppedFor === undefined ? undefined : this.kernel.task(aside.stoppedFor);
    this.lastTid = this.kernel.scheduler.current?.tid ?? PID;
    this.loaded.length = 0;
  }

  /** What the kernel does with a task before it runs instructions again: its system call, its signals. */
  private toUserMode(task: Task): ProcessStop | undefined {
    const { kernel } = this;
    const call = task.syscall;
    if (call?.stage === 'entry') {
      if (!call.entryReported) this.tellSyscall('entry', call);
      if (!call.entryReported && this.catchesSyscall(call.number)) {
        call.entryReported = true;
        return this.syscallStop(call, 'entry');
      }
      actOnSyscall(kernel, task);
    }
    if (task.state !== 'runnable' || kernel.exit) return undefined;
    if (task.syscall?.stage === 'done') {
      const done = task.syscall;
      task.syscall = undefined;
      this.tellSyscall('return', done);
      if (this.catchesSyscall(done.number)) return this.syscallStop(done, 'return');
    }
    if (kernel.changed.length > 0) {
      const hits = kernel.changed;
      kernel.changed = [];
      return { kind: 'watchpoint', hits };
    }
    return this.signals(task);
  }

  private tellSyscall(phase: 'entry' | 'return', { number, args }: SyscallInProgress): void {
    for (const { syscall } of this.observers) syscall?.({ phase, number, args });
  }

  private tellSwitch({ tid }: Task): void {
    if (tid === this.lastTid) return;
    this.lastTid = tid;
    for (const { threadSwitched } of this.observers) threadSwitched?.(tid);
  }

  private syscallStop({ number, args }: SyscallInProgress, phase: 'entry' | 'return'): ProcessStop {
    const name = this.syscallName(number);
    const call = describeCall(number, args, this.memory, name);
    const text = phase === 'entry' ? call : `${call} = ${describeResult(number, this.cpu.registers.get('rax'))}`;
    return { kind: 'syscall', phase, number, name, text };
  }

  private signals(task: Task): ProcessStop | undefined {
    const { kernel } = this;
    while (!kernel.exit) {
      const { reported } = task;
      task.reported = undefined;
      const entry = reported ?? kernel.signals.next(task);
      if (!entry) break;
      if (!reported && this.catchesSignal(entry)) {
        task.reported = entry;
        this.stoppedFor = task;
        return { kind: 'signal', signal: describe(entry) };
      }
      deliver(kernel, task, entry);
    }
    if (!kernel.exit) settleWithoutHandler(kernel, task);
    return undefined;
  }

  private slice(task: Task, most: number): ProcessStop | undefined {
    const { kernel, cpu } = this;
    const pass = task.passBreakpointAt === cpu.registers.rip;
    task.passBreakpointAt = undefined;
    const before = cpu.icount;
    let stop: CpuStop;
    try {
      stop = cpu.run(Math.min(most, kernel.scheduler.slice(task)), pass);
    } finally {
      // Also when the limit of memory ends it.
      task.cpuTime += cpu.icount - before;
    }
    return this.afterRun(task, stop);
  }

  private afterRun(task: Task, stop: CpuStop): ProcessStop | undefined {
    switch (stop.kind) {
      case 'budget':
        return undefined;
      case 'syscall':
        enterSyscall(this.kernel, task);
        return undefined;
      case 'fault':
        this.fault(task, stop.fault);
        return undefined;
      case 'pause':
        this.kernel.scheduler.spin();
        return undefined;
      case 'breakpoint':
        task.stoppedAt = this.cpu.registers.rip;
        return stop;
      default:
        return stop;
    }
  }

  private fault(task: Task, fault: Fault): void {
    const { kernel } = this;
    if (fault.vector === '#PF' && !fault.mapped && kernel.layout.growStack(fault.address)) return;
    const { entry, trap } = signalOfFault(fault, this.cpu.registers, task.trap);
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
    if (this.task.state === 'runnable' && this.kernel.scheduler.current === this.task) return 'running';
    return this.task.state;
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
