/**
 * What the rest of r14 sees of the machine: an address space, the registers of the thread that is loaded, and a CPU that runs until
 * something happens. All addresses and register values are `bigint` (64 bits, unsigned); counts of instructions and bytes are `number`.
 */

import { Told } from '../host/told.js';
import type { CpuLevel } from './cpuid.js';
import type { Slice, ValueExpression } from './effects/value.js';
import type { PageVersions } from './memory/versions.js';
import type { Versioned } from './part.js';

export const PAGE_SIZE = 4096;

/** Page permissions, a bit set with the values of Linux's PROT_READ, PROT_WRITE and PROT_EXEC. */
export const PROT = { none: 0, read: 1, write: 2, exec: 4 } as const;

export type AccessKind = 'read' | 'write' | 'exec';

/** An access that the page tables refuse. Thrown by AddressSpace's readers and writers; a guest's own access becomes a `Fault`. */
export class MemoryFault extends Told {
  override name = 'MemoryFault';
  constructor(
    readonly address: bigint,
    readonly access: AccessKind,
    /** What is wrong with the address. */
    readonly why = access === 'exec' ? 'not executable' : 'not mapped',
  ) {
    super(`cannot ${access} 0x${address.toString(16)}: ${why}`);
  }
}

/** Names a file whose bytes a mapping shows: plain data, that whoever has mapped it understands. */
export type PageSource = string;

/** Fills `into`, which is zeros, with the file's bytes from `offset`; what lies past the end of the file stays zero. */
export type Pager = (source: PageSource, offset: number, into: Uint8Array) => void;

export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  /** A sum of `PROT` bits. */
  readonly prot: number;
  /** A path, or a name in brackets as in /proc/self/maps (`[heap]`, `[stack]`), or empty. */
  readonly name: string;
  /** Offset in the file, in bytes; 0n for anonymous memory. */
  readonly offset: bigint;
}

export interface MapOptions {
  name?: string;
  source?: PageSource;
  /** Offset of `start` in `source`, in bytes. */
  offset?: bigint;
}

/** A mapping in pages. Page numbers are exact as doubles: addresses have at most 52 bits above the page offset. */
export type SavedArea = {
  readonly start: number;
  readonly end: number;
  readonly prot: number;
  readonly name: string;
  readonly source: PageSource | undefined;
  /** Offset of `start` in the source, in bytes; of no meaning without one. */
  readonly offset: number;
};

/** Mappings and contents at some moment, for the address space that gave it. */
export interface MemorySnapshot {
  readonly areas: readonly SavedArea[];
  readonly pages: PageVersions;
}

/** The same as plain data: mappings, and the pages that were touched, with those that hold only zeros by number alone. */
export type SavedMemory = Versioned<{
  readonly areas: readonly SavedArea[];
  readonly zeros: readonly number[];
  readonly filled: readonly number[];
  /** Of `filled`, one page behind the other. */
  readonly bytes: Uint8Array;
}>;

/** A sparse 64-bit address space of 4 KiB pages, allocated on first touch. */
export interface AddressSpace {
  /** Where the contents of pages lie, and much else. */
  readonly memory: WebAssembly.Memory;
  /** Where in that buffer those of a page lie that is about to be changed from outside; good until the next call of anything here. Throws MemoryFault. */
  changing(page: number): number;
  /** Reads the sources of mappings. */
  pager: Pager;
  /** Maps [start, start+length), replacing what was there. Both are page-aligned. Costs nothing until touched. */
  map(start: bigint, length: bigint, prot: number, options?: MapOptions): void;
  unmap(start: bigint, length: bigint): void;
  /** Changes permissions. False, and nothing changed, when part of the range is not mapped. */
  protect(start: bigint, length: bigint, prot: number): boolean;
  /** Drops the pages' contents: they read as zero (or as the file) again (MADV_DONTNEED). */
  discard(start: bigint, length: bigint): void;
  /**
   * Maps [to, to+toLength) as what lies at `from` is mapped, one mapping, and moves the contents of its first `length` bytes there, which then
   * read at `from` as they were before they were touched. Costs what was touched of them. All are page-aligned, and nothing overlaps.
   */
  move(from: bigint, length: bigint, to: bigint, toLength: bigint): void;
  /** Maps [end, end+length), which is free, as the mapping that ends there goes on. */
  extend(end: bigint, length: bigint): void;
  /** Mappings there are. */
  readonly mappingCount: number;
  /** Pages that are mapped, touched or not. */
  readonly mappedPages: number;
  /** Most that ever were, which a snapshot does not hold. */
  peakPages: number;
  /** All mappings in address order; neighbours with equal properties are one. */
  mappings(): readonly Mapping[];
  mappingAt(address: bigint): Mapping | undefined;
  /** The highest free, page-aligned range of `length` bytes that ends at or below `below`. */
  findFree(length: bigint, below: bigint): bigint | undefined;
  /** Pages that hold contents now. */
  readonly touchedPages: number;
  /** Pages of whose code there are translations. */
  readonly codePages: ReadonlySet<number>;
  /** Pages whose contents are not what their mapping began with, in address order: what the guest's memory amounts to. */
  contents(): Iterable<{ readonly address: bigint; readonly bytes: Uint8Array }>;
  /** True when every page of the range is mapped with that permission. */
  allows(address: bigint, length: number, access: AccessKind): boolean;
  /**
   * A copy of guest bytes. Permissions other than "mapped at all" are ignored, as with ptrace; PROT_NONE pages read too. Pages that nobody has
   * touched stay untouched: looking changes nothing. Throws MemoryFault.
   */
  read(address: bigint, length: number): Uint8Array;
  /** Writes whatever the permissions, as ptrace does, and makes translated code there stale. Throws MemoryFault. */
  write(address: bigint, bytes: Uint8Array): void;
  /** Touches the pages of files in the range, as the kernel does that reads for the guest. Throws MemoryFault. */
  touch(address: bigint, length: number): void;
  readU8(address: bigint): number;
  readU16(address: bigint): number;
  readU32(address: bigint): number;
  readU64(address: bigint): bigint;
  writeU32(address: bigint, value: number): void;
  writeU64(address: bigint, value: bigint): void;
  /** Mappings and contents as they are now. Costs what was touched since the last snapshot; each page is copied when it changes, once. */
  snapshot(): MemorySnapshot;
  /** Makes mappings and contents be as they were then; costs what differs. */
  restore(snapshot: MemorySnapshot): void;
  /** Becomes as another is, contents and all. Throws MemoryLimitError. */
  copy(other: AddressSpace): void;
  /** Whether a snapshot was ever taken. */
  readonly saved: boolean;
  /** Whether there is no room for one more page, beside the limit of this memory itself. */
  crowded: () => boolean;
  /** Pages that were copied so far because a snapshot has what they held. */
  readonly copiedPages: number;
  /** Has `tell` called with each that is copied from then on that `copiedPages` is so many: whoever keeps snapshots may let some go. */
  tellCopies(from: number, tell: () => void): void;
  /** Pages whose bytes these snapshots hold beside the guest's memory; each counts once, however many have it. */
  heldPages(snapshots: Iterable<MemorySnapshot>): number;
  /** A snapshot as plain data, and back, in this address space or in another. */
  save(snapshot: MemorySnapshot): SavedMemory;
  load(saved: SavedMemory): MemorySnapshot;
  /** A NUL-terminated string as UTF-8, cut at `limit` bytes (default 4096). Throws MemoryFault. */
  readCString(address: bigint, limit?: number): string;
}

/** The 16 general registers in the order of their encoding (Intel SDM vol. 2, 2.1.5 and REX). */
export const GPR_NAMES = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
] as const;
export type GprName = (typeof GPR_NAMES)[number];

/** The registers of the thread whose state is loaded: a live view, reads and writes go to the machine. */
export interface Registers {
  get(name: GprName): bigint;
  set(name: GprName, value: bigint): void;
  /** By encoding number, 0 = RAX ... 15 = R15. */
  gpr(index: number): bigint;
  /** The same as a number, which costs less: exact below 2^53. */
  gprAsNumber(index: number): number;
  /** Its low 32 bits, signed. */
  gprLow(index: number): number;
  setGpr(index: number, value: bigint): void;
  /** A whole number, which costs less: exact between -2^53 and 2^53. */
  setGprNumber(index: number, value: number): void;
  rip: bigint;
  /** EFLAGS with CF PF AF ZF SF DF OF exact, bit 1 and IF (0x202) always set, and TF, AC, ID as the guest left them. */
  rflags: bigint;
  /** DF alone, which costs less to ask for. */
  readonly backwards: boolean;
  fsBase: bigint;
  gsBase: bigint;
  /** 128-bit value, little-endian lanes. */
  xmm(index: number): bigint;
  setXmm(index: number, value: bigint): void;
  /** The upper 128 bits of the YMM register. */
  ymmHigh(index: number): bigint;
  setYmmHigh(index: number, value: bigint): void;
  mxcsr: number;
  /** x87 control, status (with TOP) and full 16-bit tag words, and physical-order-independent ST(i) as 80-bit values. */
  fcw: number;
  fsw: number;
  ftw: number;
  st(index: number): bigint;
  setSt(index: number, value: bigint): void;
  /** The whole architectural state of a thread, opaque; `restore` loads what `save` returned. `into`: such a state, whose bytes may be used again. */
  save(into?: Uint8Array): Uint8Array;
  restore(state: Uint8Array): void;
}

export type Vector = '#PF' | '#UD' | '#DE' | '#GP' | '#BP' | '#DB' | '#SS' | '#AC' | '#XM' | '#MF' | '#NM' | '#OF';

/** Why an exception was raised that has many causes. */
export type FaultCause =
  /** #GP, #SS: an operand at an address that is not canonical. */
  | { readonly kind: 'non-canonical'; readonly address: bigint }
  /** #GP: an operand that must be aligned to 16 bytes. */
  | { readonly kind: 'misaligned'; readonly address: bigint }
  /** #GP: a jump, call or return to an address that is not canonical. */
  | { readonly kind: 'target'; readonly address: bigint }
  /** #GP: a selector that user level may not load. */
  | { readonly kind: 'selector'; readonly selector: number }
  /** #GP: reserved bits that are set. */
  | { readonly kind: 'reserved' }
  /** #GP: INT n of an interrupt that user level may not raise. */
  | { readonly kind: 'interrupt'; readonly number: number }
  /** #GP: an instruction that user level may not run. */
  | { readonly kind: 'privileged' }
  /** #DB: an instruction has run with TF set; or INT1. */
  | { readonly kind: 'step' }
  | { readonly kind: 'int1' }
  /** #UD: an instruction that came with a later level of processors, which the guest's is not. */
  | { readonly kind: 'level'; readonly level: CpuLevel };

/** An exception of the guest (Intel SDM vol. 3, chapter 6). Registers are as before the instruction, except after #BP, #DB and #OF. */
export interface Fault {
  readonly vector: Vector;
  /** The address that was accessed (#PF); 0n for the others. */
  readonly address: bigint;
  readonly access?: AccessKind;
  /** #PF only: the page is mapped, but not for that access. */
  readonly mapped?: boolean;
  /** #PF of an instruction that cannot be fetched: the jump, CALL or RET that went there, if one has. */
  readonly from?: bigint;
  readonly cause?: FaultCause;
  /** The processor's error code, of #GP. */
  readonly error?: number;
}

export type CpuStop =
  /** The instructions asked for have retired. */
  | { readonly kind: 'budget' }
  /** SYSCALL has retired: RIP is behind it, RCX and R11 are set. */
  | { readonly kind: 'syscall' }
  /** RIP is at a breakpoint; the instruction there has not run. */
  | { readonly kind: 'breakpoint' }
  /** An instruction that touched watched ranges has retired. */
  | { readonly kind: 'watchpoint'; readonly hits: readonly WatchHit[] }
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** An instruction that r14's table does not have, and the extension that it is of: `vaddps %zmm1,%zmm0,%zmm0 of AVX-512`. RIP is at it. */
  | { readonly kind: 'unsupported'; readonly bytes: Uint8Array; readonly text: string }
  /** The guest would touch more memory than `--memory` allows. RIP is at the instruction. */
  | { readonly kind: 'memory-limit' }
  /** PAUSE has run PAUSES times. RIP is at another. */
  | { readonly kind: 'pause' }
  /** An observer wanted a stop. RIP is at the instruction of the edge, which has not run, or behind the one that made the access. */
  | { readonly kind: 'observer'; readonly observer: Observer };

/**
 * Where calls begin and end, and stacks change: a block's first instruction, which a function's entry always is; a CALL; a RET; a jump to an
 * address in a register or in memory; an instruction that may load RSP with an unrelated value. And each instruction, for who wants that.
 */
export type EdgeKind = 'entry' | 'call' | 'return' | 'jump' | 'stack' | 'instruction';

/** Looks at the machine while the guest runs, and changes nothing of it. What it leaves out it is not asked about, which costs nothing. */
export interface Observer {
  readonly edges?: EdgeWatcher;
  readonly accesses?: AccessWatcher;
}

/** Looks at registers and memory at the edges of calls. */
export interface EdgeWatcher {
  /** It is asked of each instruction too. */
  readonly instructions?: boolean;
  /** Asked when the code at an address is translated: the number to call `reached` with each time before the instruction runs; 0: never. */
  site(pc: bigint, kind: EdgeKind): number;
  /** What the engine looks at itself at a site: it asks when that is in doubt alone. */
  test?(site: number): EdgeTest | undefined;
  /** Whether the guest may go on. Registers are those before the instruction, except RIP, which is not kept while blocks run. */
  reached(site: number): boolean;
}

/**
 * What holds at an edge as long as nothing is wrong, by what has been told (EdgeFacts). Flags are bits of EDGE (layout.ts). `entersGo`: R14, X15,
 * DF, RSP and RBP are as they must be; `needed`: offset from R14 of a word that is not 0. `calls`: of a CALL that returns to an address.
 */
export type EdgeTest =
  | { readonly kind: 'entersGo'; readonly needed: number }
  | { readonly kind: 'entersAssembly' | 'returns'; readonly flags: number }
  | { readonly kind: 'calls'; readonly flags: number; readonly returnAddress: bigint };

/** What observers of edges know, for the engine to go by. It may forget any of it. */
export interface EdgeFacts {
  /** Nothing is known any more. */
  clear(): void;
  /** FS base of the thread that runs, and how far from it the word lies that is equal to R14. */
  tellThread(fsBase: bigint, offset: bigint): void;
  /** With that R14, RSP lies in a range. */
  tellStack(r14: bigint, low: bigint, high: bigint): void;
  /** How far above RSP at its callee's entry RBP points, NaN: nothing tells; and which function it is, 0: none of those that are opened. */
  tellCaller(returnAddress: bigint, frame: number, func: number): void;
  /** Of a function that is called by its address: what C's convention, and its first argument, ask for. */
  tellCallee(entry: bigint, keepsRegisters: boolean, needsArgument: boolean): void;
  /** What the callee of the call with that slot is to keep: RBP alone, or all that C's convention asks for. */
  save(slot: bigint, returnAddress: bigint, all: boolean): void;
  /** By their numbers, of the call with that slot and return address. */
  saved(slot: bigint, returnAddress: bigint): ReadonlyMap<number, bigint> | undefined;
  forget(slot: bigint): void;
  /** A call that is to be closed before it returns: by its slot, with who has opened it. */
  open(slot: bigint, opened: OpenedCall): void;
  opened(slot: bigint): OpenedCall | undefined;
  close(slot: bigint): void;
}

export interface OpenedCall {
  readonly returnAddress: bigint;
  readonly target: bigint;
  /** Return address of the call that has opened it, and its function as told of that; whose closes are asked about for any other number. */
  readonly behind: bigint;
  readonly func: number;
  /** R14 then: another's call may lie there by now. */
  readonly owner: bigint;
}

export interface Watch {
  readonly address: bigint;
  readonly length: number;
  readonly access: 'read' | 'write' | 'access';
}

/** An access of an instruction to memory: where it begins, its bytes. */
export interface Access {
  readonly address: bigint;
  readonly size: number;
  readonly access: 'read' | 'write';
}

/** A watched range, and the first access of the instruction that touched it. */
export interface WatchHit {
  readonly watch: Watch;
  readonly address: bigint;
  readonly access: 'read' | 'write';
}

/** Looks at accesses to ranges of memory. Pages without such a range cost nothing. */
export interface AccessWatcher {
  /** Asked for when the observer is added; to watch others, remove and add it. */
  readonly ranges: readonly Watch[];
  /** Told behind an instruction that touched a range: whether the guest may go on. Registers are those behind it. */
  accessed(access: Access): boolean;
}

/** One CALL that has not returned, as the CPU saw it happen. */
export interface CallRecord {
  /** Address of the stack slot that holds the return address. */
  readonly slot: bigint;
  readonly returnAddress: bigint;
  /** Where the CALL went. */
  readonly target: bigint;
  /** What the slot holds when that is not the return address any more. */
  readonly now?: bigint;
}

// ---- what an instruction does, told without running it ------------------------------------------------------------------------------------

/** Registers as effects name them. `x87`: the eight physical registers, 16 bytes each. */
export type EffectRegister = GprName | `xmm${number}` | `ymm${number}` | 'fsBase' | 'gsBase' | 'mxcsr' | 'fcw' | 'fsw' | 'ftw' | 'x87';

/** Some bytes of a register: AH is byte 1 of rax. */
export interface RegisterPart {
  readonly register: EffectRegister;
  readonly offset: number;
  readonly bytes: number;
}

/** What values are made of: bytes of registers as they were before the instruction, and of what an access (by its number) has read. */
export type EffectLeaf =
  | ({ readonly kind: 'register'; readonly register: EffectRegister } & Slice)
  | ({ readonly kind: 'memory'; readonly access: number } & Slice);
export type EffectValue = ValueExpression<EffectLeaf>;

export interface RegisterWrite extends RegisterPart {
  /** A move is a write whose value is a leaf: fewer bytes than are written are widened, with zeros or with their sign. */
  readonly value: EffectValue;
  /** It happens whenever the instruction runs without a fault. */
  readonly certain: boolean;
}

/** An address as an operand names it. What is not of this form, as that of a bit of a bit string, has a `rest`. */
export interface OperandAddress {
  readonly base: EffectRegister | undefined;
  readonly index: EffectRegister | undefined;
  readonly scale: number;
  /** Signed; of an operand without a base that is relative to RIP, the address. */
  readonly displacement: bigint;
  readonly segment: 'fs' | 'gs' | undefined;
  readonly relative: boolean;
  /** Cut to 32 bits, before the segment's base is added. */
  readonly narrow: boolean;
  readonly rest: boolean;
}

export interface MemoryAccess {
  /** `update`: read, with the right to write it back. */
  readonly kind: 'read' | 'write' | 'update';
  readonly bytes: number;
  readonly address: EffectValue;
  /** What is written, when that is one value. */
  readonly value: EffectValue | undefined;
  readonly certain: boolean;
}

export type ControlFlow =
  | { readonly kind: 'next' }
  | { readonly kind: 'jump' | 'call' | 'return'; readonly target: EffectValue }
  /** To the target when the condition is not 0. */
  | { readonly kind: 'branch'; readonly target: bigint; readonly condition: EffectValue }
  /** The kernel takes over, and comes back behind the instruction. */
  | { readonly kind: 'syscall' }
  /** An exception, always. */
  | { readonly kind: 'fault'; readonly vector: Vector }
  /** r14's table does not have it: the guest stops, and nothing is known of it. */
  | { readonly kind: 'unsupported' };

export interface Effects {
  readonly address: bigint;
  /** Bytes of the instruction. */
  readonly length: number;
  /** The registers that its results depend on, before it has written them itself. */
  readonly reads: readonly RegisterPart[];
  /** In the order in which they happen. */
  readonly writes: readonly RegisterWrite[];
  readonly accesses: readonly MemoryAccess[];
  /** A string instruction with a prefix: may do the same any number of times, up or down from the addresses. */
  readonly repeats: boolean;
  /** Bits of RFLAGS that it reads, and that it may change. */
  readonly flags: { readonly reads: number; readonly writes: number };
  readonly flow: ControlFlow;
  /** Of a conditional jump, move or set: not 0 when it holds. */
  readonly condition: EffectValue | undefined;
  /** Exceptions beside those of its accesses. */
  readonly raises: readonly Vector[];
}

// ---- the machine -----------------------------------------------------------------------------------------------------------------------

/** What the tiers have done, for people. */
export interface TierStats {
  /** Instructions retired in compiled code. */
  readonly compiled: number;
  readonly regions: number;
  readonly modules: number;
  /** Bytes of WebAssembly in use. */
  readonly codeBytes: number;
  readonly milliseconds: number;
  /** Regions that went: their code has changed, or others have taken them over. */
  readonly dropped: number;
  /** Regions that could not be compiled: the interpreter has gone on. */
  readonly failed: number;
}

export interface Cpu {
  /** Which processor the guest has. */
  readonly level: CpuLevel;
  readonly memory: AddressSpace;
  readonly registers: Registers;
  /** Instructions retired since the start, over all threads; of all CPUs that take turns, for who has had the last. */
  icount: number;
  /** Runs at most `budget` instructions of the loaded thread. A breakpoint at the first instruction is passed when `pass` is set. */
  run(budget: number, pass?: boolean): CpuStop;
  /** Asked now and then between blocks: true ends `run` with `budget` before that is used up. */
  enough: (() => boolean) | undefined;
  /** Addresses at which `run` stops. The set replaces the former one. */
  setBreakpoints(addresses: Iterable<bigint>): void;
  /** The set. */
  readonly breakpoints: ReadonlySet<bigint>;
  /** The same for who steers the threads: a run stops there, too, as at a breakpoint. */
  setPoints(addresses: ReadonlySet<bigint>): void;
  /** Ranges whose access stops `run`, any number and size. The list replaces the former one. */
  setWatches(watches: readonly Watch[]): void;
  /** Ranges that somebody watches. */
  readonly watched: readonly Watch[];
  /** Has an observer look from now on, beside those that already do, until the function that is returned is called. */
  observe(observer: Observer): () => void;
  /** What observers of edges have told it; nothing, when it has been restored. */
  readonly edgeFacts: EdgeFacts;
  /** Everything but memory, which has snapshots of its own. */
  save(): CpuState;
  restore(state: CpuState): void;
  /** What the instruction at an address does, told without running it; undefined when its bytes cannot be read. Nothing of the guest changes. */
  describe(pc: bigint): Effects | undefined;
  /** Unreturned calls of the stack that `sp` lies on, innermost first: those whose slot is at or above `sp`; at most `most` of them. */
  calls(sp: bigint, most?: number): readonly CallRecord[];
  /** The innermost unreturned call of the stack that code has left for the one that `sp` lies on; undefined: none, or a thread began there. */
  callLeftFor(sp: bigint): CallRecord | undefined;
  /** The innermost unreturned call of the stack in use, also when RSP has passed its slot by another way than RET. */
  lastCall(): CallRecord | undefined;
  /** Where a RET would go now, if that is where the innermost unreturned call was made, by the return address that it pushed. */
  intactReturn(): bigint | undefined;
  /** The call that the last RET ended; undefined or another's when calls were made since. */
  lastReturned(): CallRecord | undefined;
  /** What ran in compiled code; undefined: nothing is compiled. It is no part of the machine's state. */
  readonly tierStats: TierStats | undefined;
  /** What CPUID and RDTSC answer. */
  environment: CpuEnvironment;
}

/**
 * Every stack that has made calls, the one in use last: where it ends, the call on another from which it was begun, where it was left, when it was
 * last used, and its unreturned calls, outermost first, as triples of 64-bit words: slot, return address, target. `returned`: the call that the
 * last RET has ended; `sp`: where RSP was when the guest last stopped.
 */
export type SavedCalls = Versioned<{
  readonly stacks: readonly {
    readonly end: bigint;
    readonly left: bigint;
    readonly depth: number;
    readonly used: number;
    readonly calls: Uint8Array;
  }[];
  readonly returned: Uint8Array;
  readonly clock: number;
  readonly sp: bigint;
}>;

/** The instructions retired, the registers of the thread that is loaded, and the record of calls, which no instruction reads. */
export type CpuState = Versioned<{
  readonly icount: number;
  /** How often PAUSE may run until the next stop for it. */
  readonly pauses: number;
  /** State of the generator of random numbers. */
  readonly random: bigint;
  readonly registers: Uint8Array;
  readonly aside: { readonly calls: SavedCalls };
}>;

/** How often PAUSE runs until `run` stops for it: a thread that spins gives way. */
export const PAUSES = 32;

/** Ticks of a nanosecond, in which time is counted exactly. */
export const CLOCK_TICKS = 6720;

export interface CpuEnvironment {
  /**
   * The time stamp counter at this count of retired instructions: one a nanosecond, `ticks` further, and `pace` ticks more with each
   * instruction. All are whole numbers.
   */
  counter(): { readonly ns: number; readonly ticks: number; readonly pace: number };
  /** IA32_TSC_AUX, RDTSCP's ECX: the number of the virtual CPU. */
  tscAux(): number;
}
