/** What all parts of the model share: its memory, the one Context in it, and an allocator, whose own state is there too. */
import type { RaceFlags } from '../gorace.js';
import type { RaceMemory } from '../memory.js';
import { type ContextLayout, LIST, type RaceRelease } from './layout.js';

/**
 * Where the model's structures lie. In a real program Context is a variable of the race runtime, and the rest lies wherever the kernel maps
 * it, so no address here is promised; all are in one range that no Go program uses.
 */
export const MODEL_CONTEXT = 0x7e00_0000_0000;
const HEAP_STATE = 0x7e00_0100_0000;
const HEAP = 0x7e00_0101_0000;
const PARTS = 0x7e80_0000_0000;
const STACKS = 0x7ec0_0000_0000;
const BUMPS = { heap: 0, parts: 8, stacks: 0x10 } as const;
const FREE_LISTS = 0x20;
/** Addresses of what there is one of, in the order of `ROOTS`. */
const ROOT_LIST = 0x200;
const ROOTS = ['slabs', 'told', 'processor', 'main', 'mapped'] as const;
const LEAST_CLASS = 4;
const PAGE_BITS = 12;

/** Where a guest's detector keeps all this: to be mapped before there is one, [address, bytes). */
export const CONTEXT_RANGES: readonly (readonly [address: number, bytes: number, name: string])[] = [
  [MODEL_CONTEXT, 0x1000_0000, '[anon:tsan context]'],
  [PARTS, 0x4000_0000, '[anon:tsan traces]'],
  [STACKS, 0x400_0000, '[anon:tsan stacks]'],
];

export class RaceContext {
  readonly layout: ContextLayout;
  /** Whether nothing was in memory: otherwise the detector that was there goes on. */
  readonly fresh: boolean;
  readonly address = MODEL_CONTEXT;
  /** How many clocks were joined or copied; of no consequence. */
  clockOperations = 0;

  constructor(
    readonly memory: RaceMemory,
    readonly flags: RaceFlags,
    readonly release: RaceRelease,
  ) {
    this.layout = release.context;
    this.fresh = memory.get64(HEAP_STATE + BUMPS.heap) === 0;
    if (!this.fresh) return;
    memory.set64(HEAP_STATE + BUMPS.heap, HEAP);
    memory.set64(HEAP_STATE + BUMPS.parts, PARTS);
    memory.set64(HEAP_STATE + BUMPS.stacks, STACKS);
  }

  /** Bytes that were taken for structures, but for Context. */
  get taken(): number {
    const { memory } = this;
    const used = (which: number, base: number): number => memory.get64(HEAP_STATE + which) - base;
    return used(BUMPS.heap, HEAP) + used(BUMPS.parts, PARTS) + used(BUMPS.stacks, STACKS);
  }

  /** The address of a field of Context. */
  field(name: keyof ContextLayout): number {
    return MODEL_CONTEXT + this.layout[name];
  }

  /** The address, or other number, of what there is one of: made when it is asked for first. */
  root(name: (typeof ROOTS)[number], make: () => number): number {
    const at = HEAP_STATE + ROOT_LIST + ROOTS.indexOf(name) * 8;
    const known = this.memory.get64(at);
    if (known !== 0) return known;
    const made = make();
    this.memory.set64(at, made);
    return made;
  }

  get globalEpoch(): number {
    return this.memory.get64(this.field('globalEpoch'));
  }

  /**
   * Memory of that many bytes, zeroed: a power of two and aligned to it, so that what is at most a page does not cross one.
   */
  allocate(size: number): number {
    const { memory } = this;
    const bits = sizeClass(size);
    const list = HEAP_STATE + FREE_LISTS + bits * 8;
    const free = memory.get64(list);
    if (free !== 0) {
      memory.set64(list, memory.get64(free));
      memory.clear(free, 2 ** bits);
      return free;
    }
    return this.map(2 ** bits, Math.min(2 ** bits, 2 ** PAGE_BITS));
  }

  /** Takes back what `allocate` gave for that size. */
  free(address: number, size: number): void {
    const list = HEAP_STATE + FREE_LISTS + sizeClass(size) * 8;
    this.memory.set64(address, this.memory.get64(list));
    this.memory.set64(list, address);
  }

  /** Zeroed memory that is never given back. */
  map(size: number, alignment: number): number {
    return this.#bump(BUMPS.heap, size, alignment);
  }

  mapPart(size: number): number {
    return this.#bump(BUMPS.parts, size, size);
  }

  /** Keeps a stack for good; 0 for an empty one. Its number of 32 bits is what `creation_stack_id` holds. */
  putStack(pcs: readonly number[]): number {
    if (pcs.length === 0) return 0;
    const at = this.#bump(BUMPS.stacks, 8 * (pcs.length + 1), 8);
    this.memory.set64(at, pcs.length);
    pcs.forEach((pc, index) => {
      this.memory.set64(at + 8 * (index + 1), pc);
    });
    return (at - STACKS) / 8 + 1;
  }

  stack(id: number): number[] {
    if (id === 0) return [];
    const at = STACKS + (id - 1) * 8;
    return Array.from({ length: this.memory.get64(at) }, (_, index) => this.memory.get64(at + 8 * (index + 1)));
  }

  #bump(which: number, size: number, alignment: number): number {
    const { memory } = this;
    const at = Math.ceil(memory.get64(HEAP_STATE + which) / alignment) * alignment;
    memory.set64(HEAP_STATE + which, at + size);
    return at;
  }
}

const sizeClass = (size: number): number => Math.max(LEAST_CLASS, 32 - Math.clz32(size - 1));

/** Intrusive lists, circular through their root, as compiler-rt has them. Elements are named by the address of their node. */
export class IntrusiveLists {
  constructor(private readonly memory: RaceMemory) {}

  clear(root: number): void {
    this.memory.set64(root + LIST.next, root);
    this.memory.set64(root + LIST.prev, root);
    this.memory.set64(root + LIST.count, 0);
  }

  count(root: number): number {
    return this.memory.get64(root + LIST.count);
  }

  /** The first node, or 0. */
  front(root: number): number {
    return this.#unlessRoot(root, this.memory.get64(root + LIST.next));
  }

  back(root: number): number {
    return this.#unlessRoot(root, this.memory.get64(root + LIST.prev));
  }

  next(root: number, node: number): number {
    return this.#unlessRoot(root, this.memory.get64(node + LIST.next));
  }

  /** Whether a node is in the list that it is made for. */
  queued(node: number): boolean {
    return this.memory.get64(node + LIST.next) !== 0;
  }

  pushBack(root: number, node: number): void {
    this.#insert(root, node, this.memory.get64(root + LIST.prev), root);
  }

  pushFront(root: number, node: number): void {
    this.#insert(root, node, root, this.memory.get64(root + LIST.next));
  }

  remove(root: number, node: number): void {
    const { memory } = this;
    const next = memory.get64(node + LIST.next);
    const prev = memory.get64(node + LIST.prev);
    memory.set64(next + LIST.prev, prev);
    memory.set64(prev + LIST.next, next);
    memory.set64(node + LIST.next, 0);
    memory.set64(node + LIST.prev, 0);
    memory.set64(root + LIST.count, this.count(root) - 1);
  }

  popFront(root: number): number {
    const node = this.front(root);
    if (node !== 0) this.remove(root, node);
    return node;
  }

  #insert(root: number, node: number, prev: number, next: number): void {
    const { memory } = this;
    memory.set64(node + LIST.next, next);
    memory.set64(node + LIST.prev, prev);
    memory.set64(prev + LIST.next, node);
    memory.set64(next + LIST.prev, node);
    memory.set64(root + LIST.count, this.count(root) + 1);
  }

  #unlessRoot(root: number, node: number): number {
    return node === root ? 0 : node;
  }
}
