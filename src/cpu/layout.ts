/**
 * Where everything lies in the one WebAssembly.Memory: the register file of the loaded thread, the TLB, the jump cache, the call records,
 * the micro-op records, and behind them the page frames of the guest. Every tier, and JavaScript, reach the same bytes.
 */

import { GPR_NAMES } from './api.js';

/** Byte offsets in the register file, which starts at address 0. Operands of micro-ops are such addresses. */
export const STATE = {
  gpr: 0x000,
  rip: 0x080,
  /**
   * How the flags follow from the values below: a FLAG_KIND * 4 + log2 of the operand's bytes in the low byte; in the next byte the same for
   * a later INC or DEC, which leaves CF to the former, or 0.
   */
  ccOp: 0x088,
  ccA: 0x090,
  ccB: 0x098,
  ccR: 0x0a0,
  /** Result of the INC or DEC in ccOp's second byte. */
  ccS: 0x108,
  /** 0, or 0x400 when the direction flag is set. */
  df: 0x0a8,
  /** The other bits of RFLAGS: bit 1, IF, TF, AC, ID. */
  flagsRest: 0x0b0,
  fsBase: 0x0b8,
  gsBase: 0x0c0,
  /** Always 0: the base of an operand without one. */
  zero: 0x0c8,
  /** Scratch of one instruction. */
  temp: 0x0d0,
  /** Host address of the memory operand that a read-modify-write instruction has loaded. */
  rmwHost: 0x110,
  mxcsr: 0x180,
  fcw: 0x184,
  fsw: 0x188,
  /** Two bits a physical register: ones when it is empty, otherwise zeros. */
  ftw: 0x18c,
  /** Last x87 instruction pointer, data pointer and opcode: kept at zero. */
  fip: 0x190,
  fdp: 0x198,
  /** Eight physical x87 registers, 16 bytes each of which 10 count. */
  x87: 0x1a0,
  xmm: 0x240,
  /** Segment registers that user level may change, two bytes each, in the order of SELECTOR. */
  selectors: 0x340,
  /** The upper halves of YMM0 to YMM15, each UPPER behind its lower one. */
  ymmHigh: 0x350,
  /** Everything up to here is the architectural state of a thread. */
  end: 0x450,

  /** Why the interpreter came back: an EXIT value. */
  exit: 0x450,
  /** The record it stood at. */
  exitRecord: 0x454,
  exitAddress: 0x458,
  exitAccess: 0x460,
  /** Exception of exit = EXIT.fault: an index into VECTORS. */
  exitVector: 0x464,
  /** Record of the innermost call on the stack in use, and that stack's root. */
  callTop: 0x468,
  callStack: 0x46c,
  /** RSP when the guest last stopped. */
  callSp: 0x470,
  /** Instructions of the budget that are left, before those of an unfinished block are given back. */
  exitBudget: 0x478,
  /** The exception's error code, other than #PF's, and what CAUSES says of it; both 0 when nothing is to be said. */
  exitError: 0x47c,
  exitCause: 0x480,
  /** Bytes on their way over a page boundary or to a page without a fast tag. */
  bounce: 0x490,
  /** The access that `bounce` serves. */
  bounceAddress: 0x4b0,
  /** What a helper is to do: an operation's number, the addresses of its operands and the immediate. */
  helperOp: 0x4c0,
  helperD: 0x4c4,
  helperA: 0x4c8,
  helperB: 0x4cc,
  helperImm: 0x4d0,
  /** First of the free call records; 0: there is none. The first that has never been used; the root that was made last. */
  callFree: 0x4d8,
  callUnused: 0x4dc,
  callStacks: 0x4e0,
  /** Places of GRANULES in use. Counts the times that a stack was left or looked for. */
  callNotes: 0x4e4,
  callClock: 0x4e8,
  /** Root of the stack that was left last for another: most likely that is gone back to. */
  callLeft: 0x4f8,
  /** Set when the budget ended inside a compiled region. */
  endedInside: 0x4ec,
  /** Instructions that have been retired in regions, and those of blocks that they have not finished. */
  inRegions: 0x4f0,
  /** Scratch of one instruction for vectors: their lower halves; the upper ones are UPPER further. */
  vtemp: 0x500,
  /** The image of FXSAVE, FNSAVE and XSAVE on its way to or from guest memory, XSAVE_BYTES. */
  image: 0x680,
  /** How often PAUSE may run before the guest is left. */
  pauses: 0x9c0,
  /** The time stamp counter when the budget is used up, and what is to be added, in ticks; the ticks of an instruction, and the processor's number. */
  clockNs: 0x9c8,
  clockTicks: 0x9d0,
  clockPace: 0x9d8,
  clockCpu: 0x9dc,
  /** State of the generator that RDRAND and RDSEED ask, of the whole machine. */
  random: 0x9e0,
} as const;

/** From the lower half of a vector register, or of a vector temporary, to its upper half. */
export const UPPER = STATE.ymmHigh - STATE.xmm;

/** In the immediate of a floating-point op for the lower half of a 256-bit operation: where the operands of the upper half are. */
export const WIDE_FLOAT = {
  /** UPPER further. */ upper: 0x100,
  /** Of conversions that make vectors wider: 8 bytes further. */ behind: 0x200,
} as const;
/** Parts of the state that XSAVE and XRSTOR move: the components by XCR0's bits, and MXCSR with its mask. */
export const SAVED = { x87: 1, sse: 2, avx: 4, mxcsr: 8 } as const;
/** The immediate of an FMA: two bits for the order of its operands (multiplied, multiplied, added), and what is negated, by lanes. */
export const FMA = {
  order: 3,
  orders: [
    ['d', 'b', 'a'],
    ['a', 'd', 'b'],
    ['a', 'b', 'd'],
  ],
  negateProduct: 4,
  negateEven: 8,
  negateOdd: 16,
} as const;

export const TEMPS = 7;
export const VTEMPS = 4;

export const temp = (index: number): number => STATE.temp + 8 * index;
export const vtemp = (index: number): number => STATE.vtemp + 16 * index;
export const gprSlot = (index: number): number => STATE.gpr + 8 * index;
const GPR_NUMBERS = new Map<string, number>(GPR_NAMES.map((name, index) => [name, index]));
/** A general register's number by its name; undefined for other names. */
export const gprNumber = (name: string): number | undefined => GPR_NUMBERS.get(name);
/** MM0 to MM7 are the low 64 bits of the physical x87 registers. */
export const mmSlot = (index: number): number => STATE.x87 + 16 * index;
export const xmmSlot = (index: number): number => STATE.xmm + 16 * index;

/** Direct-mapped translation look-aside buffer: {read tag u64, write tag u64, host minus guest address u32} at 32 bytes an entry. */
export const TLB = { base: 0x1_0000, entries: 16384, entryBits: 5, write: 8, delta: 16 } as const;
/** No page has this tag: its low bits are set. */
export const NO_TAG = 0xffff_ffff_ffff_ffffn;

/** Indirect jumps: {guest pc u64, record address u32} at 16 bytes an entry. What was in its place is in the other of the pair. */
export const JUMP_CACHE = { base: 0x9_0000, entries: 65536, entryBits: 4 } as const;

/** Which stacks have calls where: {low 32 bits of the address >> bits, address of the stack's root}, 8 bytes an entry, at most `most` of them. */
export const GRANULES = { base: 0x19_0000, entries: 1 << 18, most: 1 << 17, bits: 11 } as const;

const AES_BASE = 0x3a_0000;
/** Tables of AES-NI's rounds (ir/aes-tables.ts), 256 words each. */
export const AES = {
  base: AES_BASE,
  mixed: AES_BASE,
  inverseMixed: AES_BASE + 0x400,
  box: AES_BASE + 0x800,
  inverseBox: AES_BASE + 0xc00,
  size: 0x1000,
} as const;

export const CODE = { base: 0x0040_0000, size: 96 << 20 } as const;

/** Call records and the roots of stacks (see interpret/call-record.ts). */
export const CALLS = { base: CODE.base + CODE.size, entries: 1 << 20, size: 32 } as const;
/** Fields of a call record: addresses of the slot, behind the CALL and of its target, u64 each; the record of the call that it is in, u32. */
export const CALL = { slot: 0, returnAddress: 8, target: 16, next: 24 } as const;
/**
 * Fields of a root: `slot` is the end of its stack with ROOT_BIT, `next` the root made before. Slot of the innermost call on the stack from which
 * this one was begun, u64, 0: not known; how far below the end it was left, when it was last used, and its innermost call, u32 each.
 */
export const ROOT = { left: 8, depth: 16, used: 20, top: 28 } as const;
export const ROOT_BIT = 1n << 63n;
/** How far below the innermost call RSP may be and still be taken for the same stack. */
export const STACK_REACH = 1n << 16n;
/** The same of a stack that was left, against where RSP was then: for code that comes back to it, and for a signal that is delivered there. */
export const FRESH_REACH = 256n;
export const SIGNAL_REACH = 4096n;

/**
 * What the tests at the edges of calls go by (interpret/edge-tests.ts): by what they are looked up with, at so many bytes an entry. `thread`: FS base
 * that was found good, and how far from it the word lies that must be equal to R14. `stacks`: by R14, the bounds of RSP. `callers`: by return
 * address, two places for each, and `callees`, there too, by entry | CALLEE_BIT. `saved`: registers at unreturned calls, and `open`: calls that are to be
 * closed before they return, both by the slot of their return address.
 */
export const FACTS = { base: CALLS.base + CALLS.entries * CALLS.size, size: 8 << 20 } as const;
export const FACT_THREAD = { base: FACTS.base, fsBase: 0, offset: 8 } as const;
export const FACT_STACKS = { base: FACTS.base + (1 << 16), entries: 1 << 10, bytes: 32, key: 0, low: 8, size: 16 } as const;
export const FACT_CALLERS = { base: FACTS.base + (1 << 20), entries: 1 << 16, bytes: 16, key: 0, frame: 8, func: 12 } as const;
export const FACT_SAVED = { base: FACTS.base + (2 << 20), entries: 1 << 16, bytes: 64, key: 0, returnAddress: 8, registers: 16 } as const;
export const FACT_OPEN = {
  base: FACTS.base + (6 << 20),
  entries: 1 << 14,
  bytes: 64,
  key: 0,
  returnAddress: 8,
  target: 16,
  behind: 24,
  func: 32,
  owner: 40,
} as const;
/** In the key of FACT_CALLERS: an entry's. In that of FACT_SAVED: all of the registers are saved, not the first alone. */
export const CALLEE_BIT = 1n << 63n;
export const ALL_BIT = 1n;
/** In FACT_CALLERS.frame: the caller has no frame that RBP must point to. */
export const NO_FRAME = -(2 ** 31);
/** In FACT_CALLERS.frame of an entry. */
export const CALLEE = { keepsRegisters: 1, needsArgument: 2 } as const;
/**
 * What the tests at an edge are asked for, as bits. Of an entry: it `opens` the call that it is called in, or `closes` it. Of a CALL: RSP must be `aligned`
 * to 16, RDI must not be 0 (`argument`), or that and whether it is of C follows from the target. Of a RET: RBP is the caller's, what was saved is there again,
 * R14 and X15 are as they must be, DF is clear, the call is not open, the upper halves of YMM registers are `clean`.
 */
export const EDGE = {
  opens: 1,
  closes: 2,
  aligned: 4,
  argument: 8,
  byTarget: 16,
  frame: 32,
  saved: 64,
  fixed: 128,
  forwards: 256,
  closed: 512,
  clean: 1024,
} as const;
/** What belongs to the caller in C: RBP first, which assembly owes Go as well (AMD64 psABI 3.2.1). */
export const SAVED_REGISTERS = [5, 3, 12, 13, 14, 15] as const;

/** Page frames start here. */
export const FRAMES_BASE = FACTS.base + FACTS.size;

/**
 * A micro-op record, 32 bytes. `d`, `a` and `b` are addresses in the register file; an immediate operand is the address of the record's own
 * `imm`. Of records in front of a block's first record, `blockPc` and `blockLength` describe that block.
 */
export const RECORD = { size: 32, op: 0, index: 2, d: 4, a: 8, b: 12, imm: 16, aux: 24, blockPc: 16, blockLength: 28 } as const;

/**
 * Fields of the record in front of the first of a block that is an entry of a compiled region: the region's place in the table of functions, and
 * the number of the entry.
 */
export const ENTRY = { region: RECORD.d, entry: RECORD.a } as const;
/** The type of a region's function: (number of the entry, budget) to a record's address | REGION_LEFT, with the budget in the upper half. */
export const REGION_TYPE = { params: ['i32', 'i32'], results: ['i64'] } as const;
/** In what a region returns: it has left the guest at that record, and stored why. Otherwise the record is the first of the block to go on with. */
export const REGION_LEFT = 1;
/** The record is one in the middle of a block that has been paid for: the interpreter goes on with it, since an access there is not simple. */
export const REGION_MISSED = 4;

/** Families of lazily computed flags; ccOp = family * 4 + log2(bytes). */
export const FLAG_KIND = { flags: 0, add: 1, sub: 2, logic: 3, known: 4 } as const;
/** INC and DEC, in the second byte of ccOp: STEP_KIND * 4 + log2 bytes. */
export const STEP_KIND = { inc: 1, dec: 2 } as const;

/** RFLAGS bits (Intel SDM vol. 1, 3.4.3). */
export const FLAG = { cf: 0x1, pf: 0x4, af: 0x10, zf: 0x40, sf: 0x80, tf: 0x100, if: 0x200, df: 0x400, of: 0x800 } as const;
export const STATUS_FLAGS = 0x8d5;

export const EXIT = {
  /** The next block would pass the budget; RIP is at it. */
  budget: 1,
  /** A jump to a block that has no translation yet: RIP is at it, exitRecord is the link record. */
  link: 2,
  /** An indirect jump that the jump cache does not know; RIP is at the target. */
  lookup: 3,
  syscall: 4,
  fault: 5,
  breakpoint: 6,
  /** The store of this instruction goes to a page with translated code: drop the translations, then run it alone. */
  codeWrite: 7,
  /** An access of this instruction meets a watched range: run it alone, then report. */
  watch: 8,
  memoryLimit: 9,
  unsupported: 10,
  /** An instruction that JavaScript does: exitVector is its number in SERVICES, RIP is behind it. */
  service: 11,
  /** An observer wants a stop in front of the instruction. */
  edge: 12,
  /** PAUSE has run PAUSES times; the next has not. */
  pause: 13,
} as const;

/** Places in STATE.selectors; `ss` has none: only one selector is good for it. */
export const SELECTOR = { es: 0, ds: 1, fs: 2, gs: 3, ss: 4 } as const;
/** The code and stack segments of 64-bit user mode under Linux (__USER_CS, __USER_DS). */
export const USER_CS = 0x33;
export const USER_SS = 0x2b;

export const VECTORS = ['#PF', '#UD', '#DE', '#GP', '#BP', '#DB', '#SS', '#AC', '#XM', '#MF', '#NM', '#OF'] as const;
/** Why an exception was raised, where its vector leaves that open: numbers are places in the list. */
export const CAUSES = ['', 'non-canonical', 'misaligned', 'target', 'selector', 'reserved'] as const;
export const SERVICES = ['cpuid'] as const;
