/** Blocks of C's heap: who got one, and who gave it back, told by the calls of the allocator that the run has passed. */
import type { GprName } from '../../cpu/api.js';
import { grouped } from '../../host/grouped.js';
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import type { Trail } from '../run/origin.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { Target } from '../target.js';
import type { Journey } from '../timeline/history.js';
import { type Inquiry, ownFrames, type Reason, saying } from './inquiry.js';

/** What an allocator's function makes of its arguments: the block that goes, and the size of the one that comes, a product of registers. */
interface Allocator {
  readonly frees?: GprName;
  readonly size?: readonly GprName[];
}

/** By the names of C and of C++'s operators new and delete. */
const OF_C: Readonly<Record<string, Allocator>> = {
  malloc: { size: ['rdi'] },
  calloc: { size: ['rdi', 'rsi'] },
  realloc: { frees: 'rdi', size: ['rsi'] },
  aligned_alloc: { size: ['rsi'] },
  free: { frees: 'rdi' },
  _Znwm: { size: ['rdi'] },
  _Znam: { size: ['rdi'] },
  _ZdlPv: { frees: 'rdi' },
  _ZdaPv: { frees: 'rdi' },
  _ZdlPvm: { frees: 'rdi' },
};

/** Go's mallocgc(size, type, needzero), and those for one size each; its garbage collector frees without a call. */
const OF_GO = /^runtime\.mallocgc\w*$/;

/** Calls of the allocator in a piece of the past that are looked at. */
const MOST_CALLS = 200_000;

interface Block {
  readonly address: bigint;
  readonly size: bigint;
  readonly allocated: number;
  /** When it was given back last. */
  readonly freed: number | undefined;
}

type Found = { readonly block: Omit<Block, 'freed'> } | 'too many';

/** By their entries: a function may have several names. */
function allocatorsOf({ images }: Target): ReadonlyMap<bigint, Allocator & { readonly name: string }> {
  const ofC = Object.entries(OF_C).flatMap(([name, what]) =>
    images.functionsNamed(name).map(({ entry }) => [entry, { ...what, name }] as const),
  );
  if (images.goImage === undefined) return new Map(ofC);
  const ofGo = [...images.goImage.functions()].filter(({ name, wrapper }) => OF_GO.test(name) && !wrapper);
  return new Map(ofGo.map(({ entry, name }) => [entry, { name, size: ['rax'] }]));
}

/** The newest block that holds an address before `t`; undefined: none that the run has passed. */
function* blockAt(q: Inquiry, address: bigint, t: number): Journey<Block | undefined> {
  const { process } = q.target;
  const places = q.target.derived(allocatorsOf);
  if (places.size === 0) return undefined;
  const freed = new Map<bigint, number>();
  const found = yield* q.history.backwards(t, function* (piece): Journey<Found | undefined> {
    let last: Omit<Block, 'freed'> | undefined;
    let calls = 0;
    /** Where calls return to that have not yet, by the stack slot of their return addresses. */
    const waiting = new Map<bigint, { readonly size: bigint; readonly back: bigint; readonly t: number }>();
    const gone: (readonly [bigint, number])[] = [];
    const arm = (): void => process.cpu.setBreakpoints([...places.keys(), ...new Set([...waiting.values()].map(({ back }) => back))]);
    arm();
    yield* piece.run(stop => {
      if (stop.kind !== 'breakpoint' || process.t >= piece.end || calls > MOST_CALLS) return;
      const { registers } = process.current;
      const rsp = registers.get('rsp');
      const slot = rsp - 8n;
      const result = waiting.get(slot);
      if (result?.back === registers.rip) {
        waiting.delete(slot);
        const at = registers.get('rax');
        if (at !== 0n && address >= at && address < at + result.size) last = { address: at, size: result.size, allocated: result.t };
        arm();
      }
      const what = places.get(registers.rip);
      if (what === undefined) return;
      calls++;
      if (what.frees !== undefined) gone.push([registers.get(what.frees), process.t]);
      if (what.size === undefined) return;
      const size = what.size.reduce((product, name) => product * registers.get(name), 1n);
      waiting.set(rsp, { size, back: process.memory.readU64(rsp), t: process.t });
      arm();
    });
    const since = last?.allocated ?? -1;
    for (const [at, when] of gone) if (when > since && when > (freed.get(at) ?? -1)) freed.set(at, when);
    if (calls > MOST_CALLS) return 'too many';
    return last && { block: last };
  });
  if (found === undefined || found === 'too many') return undefined;
  return { ...found.block, freed: freed.get(found.block.address) };
}

/** Who has called the allocator at a moment: the program's own function, and its caller. */
function* callerAt(q: Inquiry, t: number): Journey<string> {
  yield* q.at(t);
  const own = ownFrames(q, q.frames()).filter(({ physical }) => !isAllocator(q, physical.func));
  return own
    .slice(0, 2)
    .map(frame => q.where(frame))
    .join(', called by ');
}

const isAllocator = ({ target }: Inquiry, func: Func | undefined): boolean =>
  func !== undefined && target.derived(allocatorsOf).has(func.entry);

/** The life of the block that holds an address; empty where none is known. `always`: also of one that lives. */
export function* blockReasons(q: Inquiry, address: bigint, t: number, always = false): Journey<readonly Reason[]> {
  const block = yield* blockAt(q, address, t);
  if (block === undefined || (block.freed === undefined && !always)) return [];
  const offset = address - block.address;
  const what = `${offset === 0n ? '' : `${hex(address)} is ${offset} bytes into `}a block of ${block.size} bytes at ${hex(block.address)}`;
  const reasons: Reason[] = [];
  if (block.freed !== undefined) reasons.push(saying(`${what}, freed by ${yield* callerAt(q, block.freed)}, t=${grouped(block.freed)}`));
  const allocated = `allocated by ${yield* callerAt(q, block.allocated)}, t=${grouped(block.allocated)}`;
  reasons.push(saying(block.freed === undefined ? `${what}, ${allocated}` : `it was ${allocated}`));
  return reasons;
}

/** Of a way that goes through the heap: a block that was no more when it was read. */
export function* freedOnTheWay(q: Inquiry, { links }: Trail): Journey<readonly Reason[]> {
  for (const link of links.slice(0, 3)) {
    const [slot] = link.from;
    if (slot?.kind !== 'memory' || !isHeap(q, slot.address)) continue;
    const told = yield* blockReasons(q, slot.address, link.t);
    if (told.length > 0) return told;
  }
  return [];
}

/** What fills new memory with zeros. */
const CLEARS = /^runtime\.(?:mallocgc|memclr)/;

/** Of a way that ends in memory which nobody has written: who asked for it. */
export function* unwritten(q: Inquiry, { links, source }: Trail): Journey<readonly Reason[]> {
  const last = links.at(-1);
  // The allocator's own zeros are nobody's.
  const cleared = source.kind === 'constant' && last !== undefined && CLEARS.test(last.function);
  const never = source.kind === 'start' || (source.kind === 'syscall' && source.name === 'mmap');
  const spot = cleared ? last.into : never ? source.spot : undefined;
  if (spot?.kind !== 'memory' || q.target.images.at(spot.address) !== undefined) return [];
  const read = links.findLast(({ from }) => from[0]?.kind === 'memory' && from[0].address === spot.address);
  return yield* blockReasons(q, spot.address, read?.t ?? q.scene.t, true);
}

/** Memory that an allocator of C may have given: neither a file's nor a stack. */
export function isHeap({ target }: Inquiry, address: bigint): boolean {
  const mapping = target.memory.mappingAt(address);
  return target.go === undefined && mapping !== undefined && (mapping.name === '' || mapping.name === '[heap]');
}

/** The argument of the allocator's function among some frames, when it was called; undefined: none of them is one, or it takes none. */
export function* allocatorCall(
  q: Inquiry,
  frames: readonly LogicalFrame[],
): Journey<{ readonly name: string; readonly t: number; readonly pointer: bigint | undefined } | undefined> {
  const frame = frames.findLast(({ physical }) => isAllocator(q, physical.func));
  if (frame === undefined) return undefined;
  yield* q.at(q.scene.t);
  const entered = yield* q.entry(frame);
  if (entered === undefined) return undefined;
  yield* q.at(entered);
  const { name, frees } = q.target.derived(allocatorsOf).get(frame.physical.func!.entry)!;
  const pointer = frees && q.target.process.current.registers.get(frees);
  return { name, t: entered, pointer };
}
