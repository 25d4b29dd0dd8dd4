/**
 * Layouts of ThreadSanitizer v3 as Go links it on linux/amd64: byte offsets in the structures of compiler-rt's tsan/rtl, from debug
 * information and disassembly of Go 1.19's and 1.26's race runtimes.
 */

/** A memory access, as an event and a report have it. */
export const ACCESS = { read: 1, atomic: 2 } as const;

/** ThreadState: what Go's `racectx` points to. */
export const THREAD = {
  size: 0x2c0,
  fastState: 0,
  ignoreSync: 4,
  stackPos: 8,
  tracePos: 0x10,
  tracePrevPc: 0x18,
  clock: 0x2c,
  suppressReports: 0x230,
  stack: 0x238,
  stackEnd: 0x240,
  isDead: 0x248,
  tid: 0x24c,
  context: 0x270,
  slot: 0x280,
  slotEpoch: 0x288,
  slotLocked: 0x290,
  proc: 0x298,
} as const;

/** ThreadContext: what stays of a thread when it has ended. `trace` is inside it. */
export const THREAD_CONTEXT = {
  size: 0xf0,
  tid: 8,
  uniqueId: 0x10,
  status: 0x70,
  detached: 0x74,
  parent: 0x7c,
  thread: 0x90,
  creationStack: 0x98,
  sync: 0xa0,
  syncEpoch: 0xa8,
  trace: 0xb0,
} as const;

export const STATUS = { created: 1, running: 2, finished: 3, dead: 4 } as const;

/** Trace, at `THREAD_CONTEXT.trace`. */
export const TRACE = { parts: 0x10, localHead: 0x28, finalPos: 0x30, allocated: 0x38 } as const;

/** TracePart: 128 KiB, of which `events` words of 8 bytes are events. */
export const PART = { size: 0x20000, trace: 0, node: 8, recycleNode: 0x18, first: 0x28, events: 16379 } as const;

/** TidSlot. */
export const SLOT = { size: 0x80, sid: 0x10, epoch: 0x14, thread: 0x18, journal: 0x20, node: 0x38 } as const;
export const SLOTS = 255;

/** Epochs of 14 bits: a slot that has reached the last is not used again until everything is reset. */
export const EPOCH_LAST = 16383;

/** An intrusive list: the root's `next` and `prev`, and the number of its elements. */
export const LIST = { next: 0, prev: 8, count: 0x10 } as const;

/** SyncVar, in slabs of `perSlab`. */
export const SYNC = {
  size: 0x58,
  perSlab: 1024,
  address: 0,
  creationStack: 0x18,
  owner: 0x1c,
  lastLock: 0x20,
  recursion: 0x24,
  flags: 0x28,
  next: 0x2c,
  readClock: 0x48,
  clock: 0x50,
} as const;

/** A word of meta memory: what it leads to, and an index into that one's slabs. */
export const META = { sync: 0x8000_0000, block: 0x4000_0000, index: 0x3fff_ffff } as const;

/** FastState of a thread without a slot. */
export const NO_SLOT = 0x3fff_ff00;
export const CLOCK_BYTES = 512;

/** Offsets in Context, whose tail moved when a field came. */
export interface ContextLayout {
  /** Slabs of SyncVars: a table of pointers, one a slab. */
  readonly syncSlabs: number;
  readonly reported: number;
  readonly registry: number;
  readonly slots: number;
  readonly globalEpoch: number;
  readonly resetting: number;
  readonly slotQueue: number;
  readonly recycle: number;
  readonly partsTotal: number;
  readonly partsFinished: number;
  readonly partsExcess: number;
  /** Bounds of the heap's shadow: what a reset clears. */
  readonly mappedShadow: number;
  readonly lastSpurious: number;
}

const COMMON = {
  slots: 0xa00200,
  globalEpoch: 0xa08190,
  resetting: 0xa08198,
  slotQueue: 0xa081a0,
  recycle: 0xa081b8,
  partsTotal: 0xa081d0,
  partsFinished: 0xa081d8,
  partsExcess: 0xa081e0,
  mappedShadow: 0xa081e8,
  lastSpurious: 0xa081f8,
} as const;

/** ThreadRegistry, inside Context. */
export const REGISTRY = { total: 0x28, alive: 0x30, maxAlive: 0x38, running: 0x40, threads: 0x48, capacity: 0x50, count: 0x58 } as const;

/** What differs between the race runtimes of Go's releases. */
export interface RaceRelease {
  readonly name: string;
  readonly context: ContextLayout;
  /** How indices of SyncVars are handed out: from a linked list of single ones, or of batches. */
  readonly slabs: 'single' | 'batch';
  /** Whether a report is also dropped when its addresses overlap those of an earlier one (`suppress_equal_addresses`). */
  readonly equalAddresses: boolean;
  /** Whether the last race is remembered that could not be reported for lack of history. */
  readonly remembersSpurious: boolean;
  /** Built for GOAMD64=v3, it looks at all four cells at once, and stores to one of them only. */
  readonly vectors?: boolean;
}

export const RACE_RELEASES: readonly RaceRelease[] = [
  {
    name: '1.19',
    context: { ...COMMON, syncSlabs: 0x200020, reported: 0xa00048, registry: 0xa00068 },
    slabs: 'single',
    equalAddresses: true,
    remembersSpurious: false,
  },
  {
    name: '1.20',
    context: { ...COMMON, syncSlabs: 0x200030, reported: 0xa00068, registry: 0xa00088 },
    slabs: 'batch',
    equalAddresses: false,
    remembersSpurious: true,
  },
];

/** The race runtime of a Go release such as `1.26`: that of the newest named one that is not newer; of Go >= 1.20 there is one with vectors too. */
export function raceRelease(name: string, vectors = false): RaceRelease {
  const minor = (text: string): number => Number(text.split('.')[1]);
  const release = RACE_RELEASES.findLast(each => minor(each.name) <= minor(name)) ?? RACE_RELEASES[0]!;
  return { ...release, vectors: vectors && release !== RACE_RELEASES[0] };
}
