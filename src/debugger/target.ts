/**
 * What one looks with: a process at one moment, for any of its threads and goroutines. Nobody's selection, breakpoints or settings are in it,
 * so that several can look at once: a session's user, a list of all goroutines, another moment of the same run.
 */
import type { AddressSpace } from '../cpu/api.js';
import type { SourceLine } from '../image/api.js';
import { evaluateNumber } from '../image/dwarf/expression.js';
import type { Images } from '../image/images.js';
import type { LoadedObject, Process, Thread } from '../linux/api.js';
import type { GoRuntime, Goroutine } from '../runtime/goroutine.js';
import { goRuntime } from '../runtime/open.js';
import type { Faulted } from './code/operands.js';
import type { EvaluationContext } from './evaluate/context.js';
import { expressionContext } from './evaluate/location.js';
import type { Entering } from './stack/entering.js';
import { unwindExpression } from './stack/expression.js';
import type { LogicalFrame } from './stack/frame.js';
import { frameContext } from './stack/frame-context.js';
import { oldStacks } from './stack/old-stacks.js';
import type { WalkStart, WalkTarget } from './stack/walk-target.js';
import { walk } from './stack/walker.js';

/** Whose stack is looked at: a goroutine's, wherever it runs or is parked, or else a thread's. Neither: what runs next. */
export interface Whose {
  readonly goroutine?: Goroutine | undefined;
  readonly thread?: Thread | undefined;
}

/** A store that the run has passed. */
export interface PastWrite {
  /** The instruction. */
  readonly by: bigint;
  readonly t: number;
}

/** What the run has passed, as far as that can be told. */
export interface Past {
  /** The last store into the word at an address. */
  lastWrite(address: bigint): PastWrite | undefined;
}

/** Most frames that are walked to find one; more are walked only to print them. */
const FRAME_LIMIT = 10_000;

/** Callers that are asked, one for the other, what they have passed. */
const MOST_PASSED = 64;
/** Inlined calls at one place. */
const MOST_INLINED = 100;

export class Target {
  /** What the instruction that faulted found, when that is why the program stands still: registers may be written since. */
  faulted: Faulted | undefined;
  /** Where a stop has a thread stand in front of inlined calls; it holds as long as the thread is there. */
  entering: Entering | undefined;
  past: Past | undefined;
  #generation = 0;
  #images: Images;
  /** What the images were read of, and how many they were. */
  #list: readonly LoadedObject[];
  #objects: number;
  readonly #derived = new Map<unknown, unknown>();
  readonly #lasting = new Map<unknown, unknown>();

  /** `readImages`: symbols of what is mapped; asked again when the loader has mapped more. */
  constructor(
    readonly process: Process,
    private readonly readImages: (objects: readonly LoadedObject[]) => Images,
  ) {
    this.#list = process.objects;
    this.#objects = this.#list.length;
    this.#images = readImages(process.objects);
  }

  /** RSP at the process's start, below argc, argv, environment and auxiliary vector. */
  get initialSp(): bigint {
    return this.process.initialSp;
  }

  get memory(): AddressSpace {
    return this.process.memory;
  }

  get images(): Images {
    const { objects } = this.process;
    if (objects !== this.#list || objects.length !== this.#objects) {
      // Another process is looked at, or it is another program.
      if (objects !== this.#list) this.#lasting.clear();
      this.#list = objects;
      this.#objects = objects.length;
      this.#images = this.readImages(objects);
    }
    return this.#images;
  }

  /** Another number, another moment: whoever keeps what it has read here keeps this with it. */
  get generation(): number {
    return this.#generation;
  }

  /** Inlined calls that a thread stands in front of. */
  enteringAt({ tid, registers }: Thread): number {
    const { entering } = this;
    return entering?.tid === tid && entering.pc === registers.rip ? entering.count : 0;
  }

  /** The line where a thread stands: of an inlined call that it stands in front of, the caller's. */
  lineOf(thread: Thread): SourceLine | undefined {
    const { rip } = thread.registers;
    const count = this.enteringAt(thread);
    const { file, line } = (count === 0 ? undefined : this.images.inlineFrames(rip)[count]) ?? {};
    return file === undefined || line === undefined ? this.images.lineAt(rip) : { file, line };
  }

  /** After the program has run, or memory or registers were written: what was derived from them is stale. */
  changed(): void {
    this.#generation++;
    this.#derived.clear();
  }

  /** What `make` makes of this target, kept until it changes. */
  derived<T>(make: (target: Target) => T): T {
    return kept(this.#derived, make, () => make(this));
  }

  /** As `derived`, kept for as long as the process is: for what can tell by itself whether it still holds. */
  lasting<T>(make: () => T): T {
    return kept(this.#lasting, make, make);
  }

  get go(): GoRuntime | undefined {
    return this.derived(readRuntime);
  }

  /** Threads are numbered from 1 in the order of their creation; a number is never used twice. */
  threadNumber(thread: Pick<Thread, 'tid'>): number {
    return thread.tid - this.process.pid + 1;
  }

  /** g in the TLS slot of a thread; 0n: none. */
  threadG(thread: Thread): bigint {
    return this.go?.currentG(thread.registers.fsBase) ?? 0n;
  }

  /** The user goroutine that a thread runs, also while it is on g0 for it. */
  goroutineOf(thread: Thread): Goroutine | undefined {
    const { go } = this;
    if (go === undefined) return undefined;
    const g = this.threadG(thread);
    if (!go.readable(g)) return undefined;
    const machine = go.machineOf(g);
    if (machine === undefined) return undefined;
    if (g !== machine.g0 && g !== machine.gsignal) return go.goroutine(g);
    return go.readable(machine.curg) ? go.goroutine(machine.curg) : undefined;
  }

  /** The thread that runs a goroutine now. */
  threadOf(goroutine: Goroutine): Thread | undefined {
    return this.process.threads.find(thread => thread.state !== 'exited' && this.goroutineOf(thread)?.address === goroutine.address);
  }

  get walkTarget(): WalkTarget {
    const { process, memory, images, go } = this;
    const { cpu } = process;
    return {
      memory,
      images,
      go,
      calls: (sp, _stack, most) => cpu.calls(sp, most),
      leftFor: sp => cpu.callLeftFor(sp),
      oldStackAt: sp => this.lasting(oldStacks).at(sp, go),
      returned: () => cpu.lastReturned(),
      evaluate: unwindExpression(memory),
    };
  }

  /** A thread's or a goroutine's stack. Walked once a moment. */
  stack(whose: Whose = {}): CallStack {
    const { goroutine } = whose;
    const thread = whose.thread ?? this.process.current;
    return kept(this.derived(stacksOf), `${goroutine?.address ?? thread.tid}`, () => new CallStack(this, { goroutine, thread }));
  }
}

function kept<T>(map: Map<unknown, unknown>, key: unknown, make: () => T): T {
  if (!map.has(key)) map.set(key, make());
  return map.get(key) as T;
}

const readRuntime = ({ images, memory }: Target): GoRuntime | undefined => goRuntime(images.goImage, memory);

const stacksOf = (): Map<unknown, unknown> => new Map();

/** The frames of a thread or goroutine of a target, and what expressions are evaluated in there. Walked as far as is asked for. */
export class CallStack {
  /** The thread whose stack it is, or that runs the goroutine; undefined: no thread runs it. */
  readonly thread: Thread | undefined;
  readonly #goroutine: Goroutine | undefined;
  readonly #list: LogicalFrame[] = [];
  #more: Iterator<LogicalFrame> | undefined;
  /** Callers that are being asked what they have passed, each for the one before. */
  #passing = 0;

  constructor(
    readonly target: Target,
    { goroutine, thread }: Whose,
  ) {
    this.#goroutine = goroutine;
    this.thread = goroutine === undefined ? (thread ?? target.process.current) : target.threadOf(goroutine);
  }

  /** The goroutine: the one that was asked for, or the user goroutine that the thread runs. */
  get goroutine(): Goroutine | undefined {
    return this.#goroutine ?? (this.thread && this.target.goroutineOf(this.thread));
  }

  /** Where its walk begins. */
  get start(): WalkStart {
    const { thread, target } = this;
    if (thread !== undefined) {
      const { registers, signalFrames } = thread;
      const base = { live: registers, g: target.threadG(thread), exact: true, signalFrames, entering: target.enteringAt(thread) };
      return { pc: registers.rip, sp: registers.get('rsp'), bp: registers.get('rbp'), ...base };
    }
    const { sched, address: g } = this.#goroutine!;
    const { pc, sp, bp } = sched;
    // A goroutine that has not run yet stands at its function's entry; every other was left at a call.
    const exact = target.images.functionAt(pc)?.entry === pc;
    return { pc, sp, bp, live: undefined, g, exact, signalFrames: [] };
  }

  /** The first `count` frames, innermost first. */
  frames(count = FRAME_LIMIT): readonly LogicalFrame[] {
    this.#more ??= walk(this.target.walkTarget, this.start);
    while (this.#list.length < count) {
      const next = this.#more.next();
      if (next.done) break;
      this.#list.push(next.value);
    }
    return this.#list.slice(0, count);
  }

  /** What expressions are evaluated in: one of the frames. */
  context(frame: LogicalFrame): EvaluationContext {
    const { target } = this;
    return {
      memory: target.memory,
      images: target.images.all,
      frame: {
        ...frameContext(frame, target.memory, () => target.changed()),
        entryValue: place => this.#passed(frame, place),
      },
      curg: this.goroutine?.address,
      breakpointHits: () => undefined,
    };
  }

  /** What the caller had in a place when it called a frame's function, by its debug information: that may need what its own caller had. */
  #passed({ index, physical }: LogicalFrame, place: Uint8Array): bigint | undefined {
    // What has jumped here has changed registers since the call.
    if (physical.jumpedFrom !== undefined || this.#passing >= MOST_PASSED) return undefined;
    const caller = this.frames(index + MOST_INLINED).find(each => each.index > index && each.physical !== physical);
    if (caller === undefined || caller.physical.exact || caller.physical.seam !== undefined) return undefined;
    const { pc } = caller.physical;
    const value = this.target.images.at(pc - 1n)?.valueAtCall?.(pc, place);
    if (value === undefined) return undefined;
    this.#passing++;
    try {
      return evaluateNumber(value, expressionContext(this.context(caller)));
    } finally {
      this.#passing--;
    }
  }
}
