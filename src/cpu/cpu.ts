/** The CPU: translates, runs the interpreter, and turns its exits into what the outside sees. */

import { Code, Decoder, DecoderOptions, Formatter, FormatterSyntax, type Instruction, Mnemonic, OpKind } from 'iced-x86';
import { beginWithMade } from '#made';
import type { Assets } from '../host/assets.js';
import type {
  Access,
  AccessKind,
  Cpu,
  CpuEnvironment,
  CpuState,
  CpuStop,
  Effects,
  Fault,
  Observer,
  TierStats,
  Vector,
  Watch,
  WatchHit,
} from './api.js';
import { CLOCK_TICKS, PAGE_SIZE, PAUSES } from './api.js';
import { runBoth } from './both.js';
import { type CallFunctions, Calls } from './calls.js';
import { CPU_LEVELS, type CpuLevel, cpuid, DEFAULT_CPU } from './cpuid.js';
import { FactTables } from './edge-facts.js';
import { effectsAt } from './effects/describe.js';
import { extensionOf } from './extensions.js';
import { sseFloat } from './helpers/sse-float.js';
import { sseRare } from './helpers/sse-rare.js';
import { system } from './helpers/system.js';
import { makeX87 } from './helpers/x87.js';
import { interpreterModule, type RunInterpreter } from './interpret/interpreter.js';
import { CAUSES, EXIT, FLAG, RECORD, SERVICES, STATE, VECTORS } from './layout.js';
import { beginWithForms, levelOf } from './lift/forms.js';
import { MemoryLimitError, SparseAddressSpace } from './memory/address-space.js';
import { DEFAULT_MEMORY, takeMemory } from './memory/reserve.js';
import { Observers, touches } from './observers.js';
import { checkVersion } from './part.js';
import { RegisterFile } from './registers.js';
import { reachesThroughStack } from './segment.js';
import { type TierOptions, Tiers, tierOptions } from './tier.js';
import { type Block, Translator } from './translate.js';

/** V8 replaces the interpreter's first, plain code by optimised code only when the function is entered anew: so it is, this often. */
const SLICE = 1_000_000;
/** Exits of the interpreter between two questions whether it is enough, less one: one may have to translate a block. */
const OFTEN = 63;
const ACCESS: readonly AccessKind[] = ['read', 'write', 'exec'];
/** Bytes of the longest instruction (Intel SDM vol. 2, 2.3.11). */
const LONGEST = 15;
const RCX = 1;
const RDX = 2;
const RBX = 3;

/** Exceptions with RIP behind the instruction, which has retired. */
const TRAPS: ReadonlySet<Vector | undefined> = new Set<Vector>(['#BP', '#DB', '#OF']);
const COMPARES: ReadonlySet<Mnemonic> = new Set([
  Mnemonic.Cmpsb,
  Mnemonic.Cmpsw,
  Mnemonic.Cmpsd,
  Mnemonic.Cmpsq,
  Mnemonic.Scasb,
  Mnemonic.Scasw,
  Mnemonic.Scasd,
  Mnemonic.Scasq,
]);
const STEPPED: CpuStop = { kind: 'fault', fault: { vector: '#DB', address: 0n, cause: { kind: 'step' } } };
/** Whether the guest itself would have gone on: the trap that TF raises comes before what a debugger watches. */
const goesOn = (stop: CpuStop | undefined): boolean => stop === undefined || stop.kind === 'watchpoint' || stop.kind === 'observer';

export interface CpuOptions {
  /** Bytes of guest memory that may be touched. Default 2 GiB. */
  memory?: number;
  /** Which processor it is. */
  level?: CpuLevel;
  /** Seed of its random numbers. */
  seed?: bigint;
  /** Where it differs from what `preferTiers` has set. */
  tiers?: Partial<TierOptions>;
  /** For what the build has made ahead. Without them it is made now. */
  assets?: Assets;
}

export class Machine implements Cpu {
  readonly memory: SparseAddressSpace;
  readonly registers: RegisterFile;
  icount = 0;
  enough: (() => boolean) | undefined;
  environment: CpuEnvironment = { counter: () => ({ ns: this.icount, ticks: 0, pace: CLOCK_TICKS }), tscAux: () => 0 };
  readonly level: CpuLevel;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly translator: Translator;
  readonly edgeFacts: FactTables;
  private readonly callLists: Calls;
  private readonly enter: RunInterpreter;
  private readonly observers = new Observers();
  private readonly tiers: Tiers | undefined;
  breakpoints: ReadonlySet<bigint> = new Set();
  private points: ReadonlySet<bigint> = new Set();
  private watches: readonly Watch[] = [];
  /** The last jump to where nothing could be fetched. */
  private departure: { readonly from: bigint; readonly to: bigint } | undefined;
  /** Ranges of `watches` and of observers. */
  private ranges: readonly Watch[] = [];
  /** While one instruction runs by itself: stores to code and watched ranges go through, and are noted. */
  private alone = false;
  private codeWritten = new Set<number>();
  /** What that instruction did to watched ranges. */
  private accesses: Access[] = [];

  constructor(options: CpuOptions = {}) {
    this.level = options.level ?? DEFAULT_CPU;
    beginWithMade(options.assets);
    if (options.assets !== undefined) beginWithForms(options.assets);
    const limit = options.memory ?? DEFAULT_MEMORY;
    const memory = takeMemory(limit);
    this.view = new DataView(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.memory = new SparseAddressSpace(memory, limit);
    this.edgeFacts = new FactTables(memory.buffer);
    this.callLists = new Calls(memory.buffer, this.memory);
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
    const imports = this.imports();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(interpreterModule() as Uint8Array<ArrayBuffer>), {
      m: { memory, regions: table, ...imports },
    });
    this.enter = instance.exports.run as RunInterpreter;
    this.callLists.begin(instance.exports as unknown as CallFunctions);
    this.registers = new RegisterFile(memory.buffer, instance.exports.flags as () => number);
    this.registers.reset();
    this.view.setUint32(STATE.pauses, PAUSES, true);
    this.view.setBigUint64(STATE.random, options.seed ?? 0n, true);
    this.translator = new Translator(this.memory, this.observers, this.level);
    const tiers = tierOptions(options.tiers);
    if (tiers.engine === 'interpret') return;
    const { translator } = this;
    const blocks = { at: (record: number) => translator.at(record), known: (pc: number) => translator.known(pc) };
    this.tiers = new Tiers(
      { memory, table, imports: { ...imports, ...instance.exports }, blocks, code: (pc, length) => this.memory.read(BigInt(pc), length) },
      tiers,
    );
    translator.onDrop = (block, changed) => this.tiers!.dropped(block, changed);
    translator.onFlush = () => this.tiers!.flushed();
  }

  /** What ran in compiled code; undefined: nothing does. */
  get tierStats(): TierStats | undefined {
    return this.tiers?.stats;
  }

  setBreakpoints(addresses: Iterable<bigint>): void {
    this.breakpoints = new Set(addresses);
    this.placeStops();
  }

  setPoints(addresses: ReadonlySet<bigint>): void {
    this.points = addresses;
    this.placeStops();
  }

  private placeStops(): void {
    const { breakpoints, points } = this;
    this.translator.setBreakpoints(points.size === 0 ? breakpoints : new Set([...points, ...breakpoints]));
  }

  setWatches(watches: readonly Watch[]): void {
    this.watches = watches;
    this.watchRanges();
  }

  get watched(): readonly Watch[] {
    return this.watches;
  }

  observe(observer: Observer): () => void {
    this.observers.add(observer);
    this.observersChanged(observer);
    return () => {
      this.observers.remove(observer);
      this.observersChanged(observer);
    };
  }

  private observersChanged({ edges, accesses }: Observer): void {
    if (edges !== undefined) this.translator.edgesChanged();
    if (accesses !== undefined) this.watchRanges();
  }

  private watchRanges(): void {
    this.ranges = [...this.watches, ...this.observers.ranges()];
    const pages = new Set<number>();
    for (const { address, length } of this.ranges) {
      for (let page = address >> 12n; page <= (address + BigInt(length - 1)) >> 12n; page++) pages.add(Number(page));
    }
    // At every step of a debugger they are set anew, mostly to what they were.
    const { watchedPages } = this.memory;
    if (pages.size === watchedPages.size && [...pages].every(page => watchedPages.has(page))) return;
    this.memory.watchedPages = pages;
    this.memory.flushTlb();
  }

  save(): CpuState {
    const pauses = this.view.getUint32(STATE.pauses, true);
    const random = this.view.getBigUint64(STATE.random, true);
    return { version: 3, icount: this.icount, pauses, random, registers: this.registers.save(), aside: { calls: this.callLists.save() } };
  }

  restore(state: CpuState): void {
    checkVersion('CPU', state, 3);
    this.icount = state.icount;
    this.view.setUint32(STATE.pauses, state.pauses, true);
    this.view.setBigUint64(STATE.random, state.random, true);
    this.registers.restore(state.registers);
    this.callLists.restore(state.aside.calls);
    this.edgeFacts.clear();
    this.departure = undefined;
  }

  describe(pc: bigint): Effects | undefined {
    return effectsAt(this.fetchable(pc), 0, pc);
  }

  calls(sp: bigint, most?: number) {
    return this.callLists.list(sp, most);
  }

  callLeftFor(sp: bigint) {
    return this.callLists.leftFor(sp);
  }

  lastCall() {
    return this.callLists.last();
  }

  intactReturn() {
    return this.callLists.intactReturn();
  }

  lastReturned() {
    return this.callLists.returned();
  }

  run(budget: number, pass = false): CpuStop {
    // What asks somebody outside would ask twice.
    const twice = this.tiers?.engine === 'both' && budget > 1 && this.ranges.length === 0 && !this.observers.watchEdges;
    return twice ? runBoth(this, budget, pass) : this.runTurn(budget, pass);
  }

  private runTurn(budget: number, pass: boolean): CpuStop {
    this.callLists.takeTurn();
    const stop = this.runBlocks(budget, pass);
    this.callLists.endTurn();
    return stop;
  }

  runWith(engine: 'jit' | 'interpret', budget: number, pass: boolean): CpuStop {
    // Time must not cut one of the two short.
    const { enough } = this;
    this.enough = undefined;
    if (engine === 'interpret') this.tiers?.suspend();
    const stop = this.runTurn(budget, pass);
    if (engine === 'interpret') this.tiers?.goOn();
    this.enough = enough;
    return stop;
  }

  private runBlocks(budget: number, pass: boolean): CpuStop {
    const end = this.icount + budget;
    this.clockEnd = -1;
    let single = pass;
    let exits = 0;
    for (let left = budget; left > 0; left = end - this.icount) {
      const { pc } = this.registers;
      let block = single ? this.translator.one(pc) : this.translator.block(pc);
      if (block === undefined) return this.fetchFault(this.registers.rip);
      // With TF each instruction runs by itself, and what it does to TF counts for the next.
      const traced = (this.view.getUint32(STATE.flagsRest, true) & FLAG.tf) !== 0;
      if (block.instructions > (traced ? 1 : left)) block = this.translator.one(pc)!;
      const given = single || traced ? 1 : Math.min(left, Math.max(this.tiers?.lengthAt(this.icount) ?? SLICE, block.instructions));
      if (given > 1) this.tiers?.meet(block, this.icount);
      single = false;
      const goOnWith = traced ? this.oneElement() : undefined;
      const exit = this.begin(block.record, given);
      const retired = given - this.view.getInt32(STATE.exitBudget, true) - this.unfinished(exit);
      this.icount += retired;
      if (exit === EXIT.budget) this.tiers?.sliceEnded(given, this.registers.pc, this.icount);
      const stop = this.handle(exit, left - retired);
      const done = this.icount > end - left && goesOn(stop);
      goOnWith?.(done);
      if (traced && done) return STEPPED;
      if (stop !== undefined) return stop;
      if ((++exits & OFTEN) === 0 && this.enough?.() === true) break;
    }
    return { kind: 'budget' };
  }

  /** Where the budget ends that the clock was last set for, in retired instructions; -1: it was not, in this turn. Within one, the clock only runs. */
  private clockEnd = -1;

  /** Runs from a record on, with the clock as it will be when the budget is used up. */
  private begin(record: number, budget: number): number {
    if (this.icount + budget !== this.clockEnd) this.setClock(budget);
    return this.enter(record, budget);
  }

  private setClock(budget: number): void {
    const { view } = this;
    this.clockEnd = this.icount + budget;
    const { ns, ticks, pace } = this.environment.counter();
    this.put(STATE.clockNs, ns);
    this.put(STATE.clockTicks, ticks + budget * pace);
    view.setUint32(STATE.clockPace, pace, true);
    view.setUint32(STATE.clockCpu, this.environment.tscAux(), true);
  }

  /** Puts a whole number in a field of 64 bits: no bigint, for this happens at each turn of a thread. */
  private put(field: number, value: number): void {
    this.view.setUint32(field, value, true);
    this.view.setUint32(field + 4, value / 2 ** 32, true);
  }

  /** With TF a repeated string instruction is interrupted behind each element: has it run with a count of one, and returns what then puts the count right. */
  private oneElement(): ((done: boolean) => void) | undefined {
    const { registers } = this;
    const { ins } = this.decodeHere();
    const repeats = ins.isStringInstruction && (ins.hasRepPrefix || ins.hasRepnePrefix);
    const short = ins.opKind(0) === OpKind.MemoryESEDI || ins.opKind(0) === OpKind.MemorySegESI || ins.opKind(1) === OpKind.MemorySegESI;
    const compares = COMPARES.has(ins.mnemonic);
    const wanted = ins.hasRepnePrefix ? 0n : 1n;
    ins.free();
    const before = registers.gpr(RCX);
    const count = short ? before & 0xffff_ffffn : before;
    if (!repeats || count <= 1n) return undefined;
    const { rip } = registers;
    registers.setGpr(RCX, 1n);
    return done => {
      registers.setGpr(RCX, done ? count - 1n : before);
      const equal = (registers.rflags >> 6n) & 1n;
      if (done && (!compares || equal === wanted)) registers.rip = rip;
    };
  }

  /** Instructions of the block that the exit cut short, which the budget has paid for. Puts RIP on the one that was cut. */
  private unfinished(exit: number): number {
    const cut = exit === EXIT.fault || exit >= EXIT.breakpoint || exit === EXIT.lookup;
    if (!cut || exit === EXIT.service) return 0;
    const record = this.view.getUint32(STATE.exitRecord, true);
    if (exit === EXIT.lookup && !this.translator.isStale(record)) return 0;
    const block = this.translator.owner(record);
    if (exit === EXIT.lookup) return block.instructions;
    const index = this.view.getUint16(record + RECORD.index, true);
    const vector = VECTORS[this.view.getUint32(STATE.exitVector, true)];
    if (exit === EXIT.fault && TRAPS.has(vector)) return block.instructions - index - 1;
    this.registers.rip = BigInt(block.pc + block.offsets[index]);
    return block.instructions - index;
  }

  private handle(exit: number, left: number): CpuStop | undefined {
    switch (exit) {
      case EXIT.budget:
        return undefined;
      case EXIT.link: {
        if (left === 0) return undefined;
        const { generation } = this.translator;
        const record = this.view.getUint32(STATE.exitRecord, true);
        const block = this.translator.behind(record, this.registers.pc);
        if (block === undefined) this.noteDeparture();
        else if (generation === this.translator.generation) this.translator.patch(record, block);
        return undefined;
      }
      case EXIT.lookup: {
        const block: Block | undefined = left === 0 ? undefined : this.translator.block(this.registers.pc);
        if (block === undefined) this.noteDeparture();
        else this.translator.remember(block);
        return undefined;
      }
      case EXIT.syscall:
        return { kind: 'syscall' };
      case EXIT.fault:
        return this.fault();
      case EXIT.breakpoint:
        return { kind: 'breakpoint' };
      case EXIT.codeWrite:
      case EXIT.watch:
        return this.runAlone();
      case EXIT.memoryLimit:
        return { kind: 'memory-limit' };
      case EXIT.edge:
        return { kind: 'observer', observer: this.observers.stopper! };
      case EXIT.pause:
        return { kind: 'pause' };
      case EXIT.unsupported:
        return this.unsupported();
      case EXIT.service:
        this.serve(SERVICES[this.view.getUint32(STATE.exitVector, true)]);
        return undefined;
      default:
        throw new Error(`unknown exit ${exit}`);
    }
  }

  /** Which instruction has gone to where nothing can be fetched. */
  private noteDeparture(): void {
    const record = this.view.getUint32(STATE.exitRecord, true);
    if (this.translator.isStale(record)) return;
    const { pc, offsets } = this.translator.owner(record);
    const index = this.view.getUint16(record + RECORD.index, true);
    this.departure = { from: BigInt(pc + (offsets[index] ?? 0)), to: this.registers.rip };
  }

  /** One instruction whose accesses must be looked at; what its stores made stale is dropped behind it. */
  private runAlone(): CpuStop | undefined {
    this.alone = true;
    this.accesses = [];
    const block = this.translator.one(this.registers.pc);
    if (block === undefined) {
      this.alone = false;
      return this.fetchFault(this.registers.rip);
    }
    const exit = this.begin(block.record, 1);
    const retired = 1 - this.view.getInt32(STATE.exitBudget, true) - this.unfinished(exit);
    this.icount += retired;
    this.alone = false;
    for (const page of this.codeWritten) this.translator.dropPage(page);
    this.codeWritten.clear();
    const stop = exit === EXIT.link ? undefined : this.handle(exit, 0);
    return stop ?? this.watchedAccess();
  }

  /** What the instruction that ran alone did to ranges that somebody watches. */
  private watchedAccess(): CpuStop | undefined {
    const { accesses } = this;
    if (accesses.length === 0) return undefined;
    const goOn = this.observers.accessed(accesses);
    const hits = this.watches.flatMap((watch): WatchHit[] => {
      const touching = accesses.find(access => touches(watch, access));
      return touching === undefined ? [] : [{ watch, address: touching.address, access: touching.access }];
    });
    if (hits.length > 0) return { kind: 'watchpoint', hits };
    return goOn ? undefined : { kind: 'observer', observer: this.observers.stopper! };
  }

  private fault(): CpuStop {
    const vector: Vector = VECTORS[this.view.getUint32(STATE.exitVector, true)];
    const address = this.view.getBigUint64(STATE.exitAddress, true);
    if (vector === '#PF') return this.pageFault(address, ACCESS[this.view.getUint32(STATE.exitAccess, true)]);
    // An address that is not canonical: which exception it is depends on the segment.
    if (vector === '#SS') {
      const cause = { kind: 'non-canonical', address } as const;
      return { kind: 'fault', fault: { vector: this.usesStackSegment(address) ? '#SS' : '#GP', address: 0n, cause } };
    }
    if (vector === '#DB') return { kind: 'fault', fault: { vector, address: 0n, cause: { kind: 'int1' } } };
    if (vector === '#UD') return { kind: 'fault', fault: this.undefinedFault() };
    return { kind: 'fault', fault: vector === '#GP' ? this.protectionFault(address) : { vector, address: 0n } };
  }

  /** Whether the instruction is undefined, or only later than the processor. */
  private undefinedFault(): Fault {
    const { ins } = this.decodeHere();
    const level = levelOf(ins);
    const later = ins.code !== Code.INVALID && CPU_LEVELS.indexOf(level) > CPU_LEVELS.indexOf(this.level);
    ins.free();
    return { vector: '#UD', address: 0n, ...(later ? { cause: { kind: 'level', level } as const } : {}) };
  }

  /** What was told of the cause of a #GP; the instruction itself says the rest. */
  private protectionFault(address: bigint): Fault {
    const { view } = this;
    const told = CAUSES[view.getUint32(STATE.exitCause, true)];
    const error = view.getUint32(STATE.exitError, true);
    view.setUint32(STATE.exitCause, 0, true);
    view.setUint32(STATE.exitError, 0, true);
    const fault = { vector: '#GP', address: 0n } as const;
    switch (told) {
      case 'non-canonical':
      case 'misaligned':
      case 'target':
        return { ...fault, cause: { kind: told, address } };
      case 'selector':
        return { ...fault, cause: { kind: told, selector: error }, error };
      case 'reserved':
        return { ...fault, cause: { kind: told } };
      default: {
        const { ins } = this.decodeHere();
        const number = ins.mnemonic === Mnemonic.Int ? ins.immediate8 : undefined;
        ins.free();
        if (number === undefined) return { ...fault, cause: { kind: 'privileged' } };
        // The error code names the entry of the interrupt descriptor table (Intel SDM vol. 3, 6.13).
        return { ...fault, cause: { kind: 'interrupt', number }, error: number * 8 + 2 };
      }
    }
  }

  private pageFault(address: bigint, access: AccessKind, more: Pick<Fault, 'from'> = {}): CpuStop {
    const mapped = this.memory.isPageMapped(Number(address >> 12n));
    return { kind: 'fault', fault: { vector: '#PF', address, access, mapped, ...more } };
  }

  private fetchFault(pc: bigint): CpuStop {
    if (BigInt.asIntN(48, pc) !== BigInt.asIntN(64, pc))
      return { kind: 'fault', fault: { vector: '#GP', address: 0n, cause: { kind: 'target', address: pc } } };
    // An instruction that begins on a good page faults on the next.
    const address = this.memory.allows(pc, 1, 'exec') ? ((pc >> 12n) + 1n) << 12n : pc;
    return this.pageFault(address, 'exec', this.departure?.to === pc ? { from: this.departure.from } : {});
  }

  /** The bytes of the instruction at an address, and perhaps some behind it: as many of the longest as can be executed. */
  private fetchable(pc: bigint): Uint8Array {
    const inPage = PAGE_SIZE - Number(pc & 0xfffn);
    const length = [LONGEST, Math.min(LONGEST, inPage)].find(each => this.memory.allows(pc, each, 'exec')) ?? 0;
    return length === 0 ? new Uint8Array() : this.memory.read(pc, length);
  }

  /** The instruction at RIP and its bytes; the caller frees it. */
  private decodeHere(): { ins: Instruction; bytes: Uint8Array } {
    const { rip } = this.registers;
    const code = this.fetchable(rip);
    const decoder = new Decoder(64, code, DecoderOptions.None);
    decoder.ip = rip;
    const ins = decoder.decode();
    decoder.free();
    return { ins, bytes: code.slice(0, ins.length) };
  }

  /** Whether the instruction at RIP reaches that address through SS: as a push or pop does, or an operand with RSP or RBP as base. */
  private usesStackSegment(address: bigint): boolean {
    const effects = this.describe(this.registers.rip);
    return effects !== undefined && reachesThroughStack(effects, address, this.registers);
  }

  private unsupported(): CpuStop {
    const { ins, bytes } = this.decodeHere();
    const formatter = new Formatter(FormatterSyntax.Gas);
    formatter.branchLeadingZeros = false;
    const extension = extensionOf(ins);
    const text = formatter.format(ins) + (extension === undefined ? '' : ` of ${extension}`);
    const stop: CpuStop = { kind: 'unsupported', bytes, text };
    formatter.free();
    ins.free();
    return stop;
  }

  private serve(service: (typeof SERVICES)[number]): void {
    const { registers } = this;
    if (service !== 'cpuid') return;
    const answer = cpuid(this.level, Number(registers.gpr(0) & 0xffff_ffffn), Number(registers.gpr(RCX) & 0xffff_ffffn));
    [0, RBX, RCX, RDX].forEach((register, index) => {
      registers.setGpr(register, BigInt(answer[index] >>> 0));
    });
  }

  // ---- what the interpreter calls ------------------------------------------------------------------------------------------------------

  private imports(): Record<string, (...args: number[]) => number> {
    return {
      slowRead: (low, high, size) => this.slowRead(low, high, size, false),
      slowReadWrite: (low, high, size) => this.slowRead(low, high, size, true),
      slowWrite: (low, high, size) => this.slowWrite(low, high, size),
      misaligned: () => this.refuse('misaligned'),
      notCanonical: () => this.refuse('target'),
      reservedBits: () => this.refuse('reserved'),
      divideError: () => this.raise('#DE'),
      divide128: () => this.divide128(),
      divideSigned128: () => this.divideSigned128(),
      pause: () => {
        this.view.setUint32(STATE.pauses, PAUSES, true);
        return this.leave(EXIT.pause);
      },
      spillCalls: () => this.callLists.spill(),
      edge: () => (this.observers.reached(this.view.getUint32(STATE.helperOp, true)) ? 0 : this.leave(EXIT.edge)),
      sseFloat: () => sseFloat(this.view),
      sseRare: () => sseRare(this.view),
      x87: makeX87(this.view),
      system: () => system(this.view),
    };
  }

  private leave(exit: number): number {
    this.view.setUint32(STATE.exit, exit, true);
    return 1;
  }

  private raise(vector: Vector): number {
    this.view.setUint32(STATE.exitVector, VECTORS.indexOf(vector), true);
    return this.leave(EXIT.fault);
  }

  /** #GP; the address that is at fault, if there is one, has been stored. */
  private refuse(cause: (typeof CAUSES)[number]): number {
    this.view.setUint32(STATE.exitCause, CAUSES.indexOf(cause), true);
    return this.raise('#GP');
  }

  private raisePageFault(page: number, offset: number, access: AccessKind): number {
    this.view.setBigUint64(STATE.exitAddress, (BigInt(page) << 12n) | BigInt(offset), true);
    this.view.setUint32(STATE.exitAccess, ACCESS.indexOf(access), true);
    return this.raise('#PF');
  }

  /** Frames of the one or two pages of an access; undefined when an exit reason has been stored. */
  private reach(low: number, high: number, size: number, access: AccessKind): [number, number] | undefined {
    const canonical = high >> 15;
    if (canonical !== 0 && canonical !== -1) {
      this.view.setUint32(STATE.exitAddress, low, true);
      this.view.setUint32(STATE.exitAddress + 4, high, true);
      this.raise('#SS');
      return undefined;
    }
    const page = (high >>> 0) * 0x100000 + (low >>> 12);
    const offset = low & 0xfff;
    const crosses = offset + size > PAGE_SIZE;
    if (access === 'write' && !this.alone && (this.memory.codePages.has(page) || (crosses && this.memory.codePages.has(page + 1)))) {
      // Only if the guest may write there at all: otherwise it is a page fault like any other.
      if (this.memory.reach(page, 'write') !== 0) {
        this.leave(EXIT.codeWrite);
        return undefined;
      }
    }
    if (access === 'write' && this.alone) {
      for (const written of crosses ? [page, page + 1] : [page]) if (this.memory.codePages.has(written)) this.codeWritten.add(written);
    }
    if (this.ranges.length > 0 && access !== 'exec' && !this.noteAccess(page, offset, size, access)) return undefined;
    try {
      const first = this.memory.reach(page, access);
      if (first === 0) {
        this.raisePageFault(page, offset, access);
        return undefined;
      }
      if (!crosses) return [first + offset, 0];
      const second = this.memory.reach(page + 1, access);
      if (second === 0) {
        this.raisePageFault(page + 1, 0, access);
        return undefined;
      }
      return [first + offset, second];
    } catch (error) {
      if (!(error instanceof MemoryLimitError)) throw error;
      this.leave(EXIT.memoryLimit);
      return undefined;
    }
  }

  /** False, with an exit reason stored, when the access meets a watched range and its instruction does not run alone yet. */
  private noteAccess(page: number, offset: number, size: number, access: 'read' | 'write'): boolean {
    // However many ranges there are: nothing of the kind is on most pages.
    const { watchedPages } = this.memory;
    if (!watchedPages.has(page) && !watchedPages.has(page + ((offset + size - 1) >> 12))) return true;
    const made: Access = { address: (BigInt(page) << 12n) | BigInt(offset), size, access };
    if (!this.ranges.some(range => touches(range, made))) return true;
    if (!this.alone) {
      this.leave(EXIT.watch);
      return false;
    }
    this.accesses.push(made);
    return true;
  }

  private slowRead(low: number, high: number, size: number, forWrite: boolean): number {
    const frames = this.reach(low, high, size, forWrite ? 'write' : 'read');
    if (frames === undefined) return 0;
    const [first, second] = frames;
    if (second === 0) return first;
    const head = PAGE_SIZE - (low & 0xfff);
    this.bytes.copyWithin(STATE.bounce, first, first + head);
    this.bytes.copyWithin(STATE.bounce + head, second, second + size - head);
    return STATE.bounce;
  }

  private slowWrite(low: number, high: number, size: number): number {
    const frames = this.reach(low, high, size, 'write');
    if (frames === undefined) return 1;
    const [first, second] = frames;
    const head = second === 0 ? size : PAGE_SIZE - (low & 0xfff);
    this.bytes.copyWithin(first, STATE.bounce, STATE.bounce + head);
    if (second !== 0) this.bytes.copyWithin(second, STATE.bounce + head, STATE.bounce + size);
    return 0;
  }

  private divide128(): number {
    const { registers } = this;
    const divisor = this.view.getBigUint64(STATE.temp, true);
    const dividend = (registers.gpr(RDX) << 64n) | registers.gpr(0);
    registers.setGpr(0, dividend / divisor);
    registers.setGpr(RDX, dividend % divisor);
    return 0;
  }

  private divideSigned128(): number {
    const { registers } = this;
    const divisor = this.view.getBigInt64(STATE.temp, true);
    const dividend = BigInt.asIntN(128, (registers.gpr(RDX) << 64n) | registers.gpr(0));
    const quotient = dividend / divisor;
    if (BigInt.asIntN(64, quotient) !== quotient) return this.raise('#DE');
    registers.setGpr(0, BigInt.asUintN(64, quotient));
    registers.setGpr(RDX, BigInt.asUintN(64, dividend % divisor));
    return 0;
  }
}
