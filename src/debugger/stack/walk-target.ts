import { type AddressSpace, type CallRecord, type Mapping, PROT, type Registers } from '../../cpu/api.js';
import { countLeading } from '../../host/count-leading.js';
import type { Images } from '../../image/images.js';
import type { GoRuntime } from '../../runtime/goroutine.js';
import type { StackName } from './frame.js';
import type { OldStack } from './old-stacks.js';
import type { ExpressionReader } from './unwind.js';

/** What a walk looks at: memory, tables, the CPU's record of calls, and Go's structures when the program has them. */
export interface WalkTarget {
  readonly memory: AddressSpace;
  readonly images: Images;
  readonly go: GoRuntime | undefined;
  /** Unreturned calls of the stack that `sp` lies on, innermost first; `stack` is what that is. At most `most` of them. */
  calls(sp: bigint, stack: StackName, most?: number): readonly CallRecord[];
  /** The innermost unreturned call of the stack that code has left for the one that `sp` lies on. */
  leftFor(sp: bigint): CallRecord | undefined;
  /** A goroutine's stack that was copied to elsewhere. */
  oldStackAt(sp: bigint): OldStack | undefined;
  /** The call that the CPU's last RET has ended. */
  returned(): CallRecord | undefined;
  readonly evaluate: ExpressionReader;
}

/** A stack to walk, and where to begin. */
export interface WalkStart {
  readonly pc: bigint;
  readonly sp: bigint;
  readonly bp: bigint;
  /** The thread's registers, when the walk begins at a thread; absent for a parked goroutine. */
  readonly live: Registers | undefined;
  /** Current g in the thread's TLS slot, or the parked goroutine; 0n: none. */
  readonly g: bigint;
  /** pc is where execution stands; false: a return address. */
  readonly exact: boolean;
  /** Signal frames on the thread's stack, innermost first. */
  readonly signalFrames: readonly { readonly frame: bigint; readonly signal: number }[];
  /** Inlined calls at pc that execution stands in front of, see `Entering`; absent: none. */
  readonly entering?: number;
}

/** How far below a stack RSP may be and still be taken for that of a function that has overflowed it. */
const OVERFLOW = 1n << 20n;

/**
 * The stack that an address lies on, told by the address: of a g, or else of what is mapped there, which is g0's when that has its top there. An
 * address that is not mapped, or in a guard page, is of the stack that ends above it.
 */
export function stackNamed(target: WalkTarget, sp: bigint, g: bigint): StackName {
  const known = target.go?.stackOf(sp, g);
  if (known !== undefined) return known;
  const old = target.oldStackAt(sp);
  if (old !== undefined) return { kind: 'other', ...old };
  const mapping = stackMapping(target, sp);
  const lo = mapping?.start ?? sp;
  const hi = mapping?.end ?? sp + 0x10_0000n;
  // m0's g0 has bounds that rt0_go guessed: the frames around it are on the thread's stack as well.
  const machine = target.go?.machineOf(g);
  if (machine !== undefined && target.go!.readable(machine.g0)) {
    const top = target.go!.goroutine(machine.g0).stackHi;
    if (top > lo && top <= hi && sp < top) return { kind: 'g0', name: 'g0', lo, hi };
  }
  const place = placeOfStack(target, sp, mapping?.name ?? '');
  return place === undefined ? { kind: 'C', name: 'C', lo, hi } : { kind: 'other', name: `stack in ${place}`, lo, hi };
}

function stackMapping({ memory }: WalkTarget, sp: bigint): Mapping | undefined {
  const at = memory.mappingAt(sp);
  if (at !== undefined && at.prot !== PROT.none) return at;
  const above = memory.mappings().find(each => each.start > sp && each.prot !== PROT.none);
  return above !== undefined && above.start - sp < OVERFLOW && (above.prot & PROT.write) !== 0 ? above : at;
}

/**
 * Where a stack lies that a program has made for itself: in its data, or in the heap of its C library. Undefined: in a mapping of its own, as
 * those of threads.
 */
function placeOfStack({ images }: WalkTarget, sp: bigint, mapping: string): string | undefined {
  // An empty stack begins behind its last byte.
  const hit = images.symbolAt(sp - 1n);
  if (hit?.symbol.kind === 'object' && hit.offset < hit.symbol.size) return hit.symbol.name;
  return mapping === '' || mapping === '[stack]' ? undefined : mapping.replace(/^.*\//, '');
}

/** The innermost call recorded between `sp` and the top of its stack whose return address still stands in its slot. */
export function recordAbove(target: WalkTarget, sp: bigint, stack: StackName): CallRecord | undefined {
  for (const record of recordsAbove(target, sp, stack)) if (record.now === undefined) return record;
  return undefined;
}

/** The calls recorded between `sp` and the top of its stack, innermost first. */
export function* recordsAbove(target: WalkTarget, sp: bigint, stack: StackName): Generator<CallRecord> {
  const records = target.calls(sp, stack);
  for (let index = firstAtOrAbove(records, sp); index < records.length && records[index]!.slot < stack.hi; index++) yield records[index]!;
}

/** Index of the first record whose slot is at `sp` or above; records are sorted by slot. */
function firstAtOrAbove(records: readonly CallRecord[], sp: bigint): number {
  return countLeading(records.length, index => records[index]!.slot < sp);
}

/** How many records a walk asks for at first: most walks are of a frame or two. */
const FIRST = 8;

/** Asks for a stack's records twice a walk at most: a few, and all when those do not do. Walks go outwards, so what is known stays of use. */
export function rememberingCalls(target: WalkTarget): WalkTarget {
  const known = new Map<bigint, { readonly from: bigint; readonly records: readonly CallRecord[]; readonly complete: boolean }>();
  const calls: WalkTarget['calls'] = (sp, stack) => {
    const entry = known.get(stack.hi);
    const covered = entry !== undefined && sp >= entry.from && (entry.complete || sp <= (entry.records.at(-1)?.slot ?? 0n));
    if (covered) return entry.records;
    const records = target.calls(sp, stack, entry === undefined ? FIRST : undefined);
    known.set(stack.hi, { from: sp, records, complete: entry !== undefined || records.length < FIRST });
    return records;
  };
  return { ...target, calls };
}
