/**
 * Which goroutines nothing can wake any more: they wait for channels, locks and conditions that no other goroutine that can still run has a way to. Found
 * as a garbage collector finds what is dead, but for pointers that it only takes for such: a word that looks like a pointer is one, so what is called
 * stuck is stuck, as long as nobody hides a pointer, and some that are stuck may not be found.
 */
import type { AddressSpace } from '../cpu/api.js';
import type { Image } from '../image/api.js';
import type { GoRuntime, Goroutine } from './goroutine.js';
import { fieldOffset } from './layout.js';

/** Words of runtime/runtime2.go's waitReasonStrings for waits that only another goroutine ends. */
const WAITS =
  /^(chan (receive|send)( \(nil chan\))?|select( \(no cases\))?|semacquire|sync\.(Mutex\.Lock|RWMutex\.R?Lock|WaitGroup\.Wait|Cond\.Wait))$/;

/** Whether only another goroutine can end a goroutine's wait. */
const waitsForOthers = (goroutine: Goroutine): boolean => goroutine.status === 'waiting' && WAITS.test(goroutine.waitReason);

/** Bytes that are looked through at most. */
const MOST = 256 << 20;
/** Go's pages, the arenas of linux/amd64 and where their count begins (runtime/malloc.go). */
const PAGE = 8192;
const ARENA = 64 * 2 ** 20;
const ARENA_BASE = 0xffff_8000_0000_0000n;
const ARENAS = 2 ** 22;
/** mSpanInUse. */
const IN_USE = 1;
const SEMA_ROOTS = 251;
const MOST_WAITERS = 100_000;

interface Offsets {
  readonly sudog: {
    readonly size: number;
    readonly g: number;
    readonly next: number;
    readonly prev: number;
    readonly elem: number;
    readonly waitlink: number;
  };
  readonly span: {
    readonly start: number;
    readonly elemsize: number;
    readonly npages: number;
    readonly state: number;
    readonly class: number;
  };
  readonly arenas: number;
  readonly spans: number;
  readonly treap: number;
  readonly p: number;
}

function offsetsOf(image: Image): Offsets | undefined {
  const at = (type: string, ...paths: string[]): number => {
    const found = image.typeNamed(`runtime.${type}`);
    const offset = found && paths.map(path => fieldOffset(found, path)).find(each => each !== undefined);
    return offset ?? Number.NaN;
  };
  const size = (type: string): number => image.typeNamed(`runtime.${type}`)?.size ?? Number.NaN;
  const offsets: Offsets = {
    sudog: {
      size: size('sudog'),
      g: at('sudog', 'g'),
      next: at('sudog', 'next'),
      prev: at('sudog', 'prev'),
      elem: at('sudog', 'elem.vu', 'elem'),
      waitlink: at('sudog', 'waitlink'),
    },
    span: {
      start: at('mspan', 'startAddr'),
      elemsize: at('mspan', 'elemsize'),
      npages: at('mspan', 'npages'),
      state: at('mspan', 'state'),
      class: at('mspan', 'spanclass'),
    },
    arenas: at('mheap', 'arenas'),
    spans: at('heapArena', 'spans'),
    treap: at('semaRoot', 'treap'),
    p: size('p'),
  };
  const known = (value: unknown): boolean =>
    typeof value === 'number' ? !Number.isNaN(value) : Object.values(value as object).every(known);
  return known(offsets) ? offsets : undefined;
}

/** An object on Go's heap. */
interface HeapObject {
  readonly start: number;
  readonly size: number;
  /** There are no pointers in it. */
  readonly plain: boolean;
}

interface World {
  readonly memory: AddressSpace;
  readonly image: Image;
  readonly offsets: Offsets;
}

/** Goroutines that nothing can wake. `registers`: what the threads have in theirs. Undefined: the program does not tell enough. */
export function stuckGoroutines(
  go: GoRuntime,
  image: Image,
  registers: readonly bigint[],
  stackPointers: ReadonlyMap<bigint, bigint>,
): readonly Goroutine[] | undefined {
  const { memory } = go;
  const offsets = offsetsOf(image);
  const heap = image.symbolsNamed('runtime.mheap_')[0]?.address;
  if (offsets === undefined || heap === undefined) return undefined;
  const all = go.goroutines();
  const blocked = new Map(all.filter(waitsForOthers).map(each => [Number(each.address), each]));
  if (blocked.size === 0) return [];
  const world: World = { memory, image, offsets };
  const marking = new Marking(world, Number(heap), blocked, new Set(all.map(({ address }) => Number(address))), semaphoresOf(world));
  for (const value of registers) marking.pointer(Number(value));
  for (const [start, end] of rootsOf(world)) marking.range(start, end);
  for (const goroutine of all) if (!blocked.has(Number(goroutine.address))) marking.stack(goroutine, stackPointers.get(goroutine.address));
  return marking.run() ? [...blocked.values()].filter(({ address }) => !marking.live.has(Number(address))) : undefined;
}

/** Variables of the program, and the P's with their timers; the rest of the runtime's own leads to every goroutine. */
function rootsOf({ image, memory, offsets }: World): readonly (readonly [number, number])[] {
  const own = [...image.symbols()]
    .filter(({ name, kind }) => kind === 'object' && name.startsWith('runtime.'))
    .map(({ address, size }) => [Number(address), Number(address) + size] as const)
    .sort(([a], [b]) => a - b);
  const roots: [number, number][] = [];
  for (const { start, memorySize, prot } of image.segments) {
    if ((prot & 2) === 0) continue;
    let at = Number(start);
    const end = at + Number(memorySize);
    for (const [from, to] of own) {
      if (from < at || from >= end) continue;
      roots.push([at, from]);
      at = Math.max(at, to);
    }
    roots.push([at, end]);
  }
  const allp = image.symbolsNamed('runtime.allp')[0]?.address;
  if (allp !== undefined) {
    const [array, length] = [memory.readU64(allp), Number(memory.readU64(allp + 8n))];
    for (let index = 0; index < Math.min(length, 1024); index++) {
      const p = Number(memory.readU64(array + BigInt(8 * index)));
      roots.push([p, p + offsets.p]);
    }
  }
  return roots;
}

/** Who waits at a semaphore's address: sync's locks and groups do. */
function semaphoresOf({ image, memory, offsets }: World): ReadonlyMap<number, readonly number[]> {
  const waiters = new Map<number, number[]>();
  const table = image.symbolsNamed('runtime.semtable')[0];
  if (table === undefined) return waiters;
  const { sudog } = offsets;
  const stride = Math.floor(table.size / SEMA_ROOTS);
  const todo: number[] = [];
  for (let index = 0; index < SEMA_ROOTS; index++)
    todo.push(Number(memory.readU64(table.address + BigInt(index * stride + offsets.treap))));
  for (let count = 0; todo.length > 0 && count < MOST_WAITERS; count++) {
    const at = todo.pop()!;
    if (at === 0 || !memory.allows(BigInt(at), sudog.size, 'read')) continue;
    const word = (offset: number): number => Number(memory.readU64(BigInt(at + offset)));
    const address = word(sudog.elem);
    todo.push(word(sudog.next), word(sudog.prev));
    for (let waiter = at, more = 0; waiter !== 0 && more < MOST_WAITERS; more++) {
      const g = Number(memory.readU64(BigInt(waiter + sudog.g)));
      const there = waiters.get(address);
      if (there === undefined) waiters.set(address, [g]);
      else there.push(g);
      waiter = Number(memory.readU64(BigInt(waiter + sudog.waitlink)));
    }
  }
  return waiters;
}

class Marking {
  /** Blocked goroutines that somebody can wake. */
  readonly live = new Set<number>();
  private readonly marked = new Set<number>();
  private readonly todo: (readonly [start: number, end: number])[] = [];
  private readonly spans = new Map<number, { start: number; elemsize: number; end: number; plain: boolean } | undefined>();
  private looked = 0;

  constructor(
    private readonly world: World,
    private readonly heap: number,
    private readonly blocked: ReadonlyMap<number, Goroutine>,
    private readonly goroutines: ReadonlySet<number>,
    private readonly semaphores: ReadonlyMap<number, readonly number[]>,
  ) {
    this.semaphoreAddresses = [...semaphores.keys()];
  }

  private readonly semaphoreAddresses: readonly number[];

  range(start: number, end: number): void {
    if (end > start) this.todo.push([Math.ceil(start / 8) * 8, end]);
    // Locks that are variables of the program themselves.
    this.semaphoresIn(start, end);
  }

  stack(goroutine: Goroutine, sp = goroutine.sched.sp): void {
    const at = goroutine.contains(sp) ? sp : goroutine.sched.sp;
    if (goroutine.contains(at)) this.range(Number(at), Number(goroutine.stackHi));
  }

  /** False: there was too much of it. */
  run(): boolean {
    const { memory } = this.world;
    for (let next = this.todo.pop(); next !== undefined; next = this.todo.pop()) {
      const [start, end] = next;
      this.looked += end - start;
      if (this.looked > MOST) return false;
      for (let at = start; at < end; at = (Math.floor(at / 4096) + 1) * 4096) {
        const length = Math.min(end, (Math.floor(at / 4096) + 1) * 4096) - at;
        if (length < 8 || !memory.allows(BigInt(at), length, 'read')) continue;
        const bytes = memory.read(BigInt(at), length);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let offset = 0; offset + 8 <= length; offset += 8) {
          const high = view.getUint32(offset + 4, true);
          // Go's heap lies at 0xc000000000, and what is mapped lies below 2^47.
          if (high !== 0 && high < 0x8000) this.pointer(high * 2 ** 32 + view.getUint32(offset, true));
        }
      }
    }
    return true;
  }

  pointer(value: number): void {
    const object = this.objectAt(value);
    if (object === undefined || this.marked.has(object.start)) return;
    // A goroutine is no way to what it waits for, and what queues it leads to it alone.
    if (this.goroutines.has(object.start)) return;
    this.marked.add(object.start);
    const waiter = this.waiterIn(object);
    if (waiter !== undefined) this.wake(waiter);
    else if (!object.plain) this.todo.push([object.start, object.start + object.size]);
    this.semaphoresIn(object.start, object.start + object.size);
  }

  private semaphoresIn(start: number, end: number): void {
    for (const address of this.semaphoreAddresses)
      if (address >= start && address < end) for (const g of this.semaphores.get(address)!) this.wake(g);
  }

  private wake(g: number): void {
    const goroutine = this.blocked.get(g);
    if (goroutine === undefined || this.live.has(g)) return;
    this.live.add(g);
    this.stack(goroutine);
  }

  /** The blocked goroutine that an object of a queue stands for. */
  private waiterIn({ start, size }: HeapObject): number | undefined {
    const { sudog } = this.world.offsets;
    if (size < sudog.size || size > sudog.size * 1.5) return undefined;
    const g = Number(this.world.memory.readU64(BigInt(start + sudog.g)));
    return this.blocked.has(g) ? g : undefined;
  }

  private objectAt(value: number): HeapObject | undefined {
    const page = Math.floor(value / PAGE);
    if (!this.spans.has(page)) this.spans.set(page, this.spanAt(value));
    const span = this.spans.get(page);
    if (span === undefined || value < span.start || value >= span.end) return undefined;
    const start = span.start + Math.floor((value - span.start) / span.elemsize) * span.elemsize;
    return { start, size: span.elemsize, plain: span.plain };
  }

  private spanAt(value: number) {
    const { memory, offsets } = this.world;
    const word = (address: number): number => (memory.allows(BigInt(address), 8, 'read') ? Number(memory.readU64(BigInt(address))) : 0);
    const index = Number(BigInt.asUintN(64, BigInt(value) - ARENA_BASE) / BigInt(ARENA));
    const table = word(this.heap + offsets.arenas);
    const arena = table === 0 || index >= ARENAS ? 0 : word(table + 8 * index);
    const span = arena === 0 ? 0 : word(arena + offsets.spans + 8 * (Math.floor(value / PAGE) % (ARENA / PAGE)));
    if (span === 0) return undefined;
    const { span: fields } = offsets;
    if (memory.readU8(BigInt(span + fields.state)) !== IN_USE) return undefined;
    const start = word(span + fields.start);
    const elemsize = word(span + fields.elemsize);
    if (elemsize === 0) return undefined;
    return {
      start,
      elemsize,
      end: start + word(span + fields.npages) * PAGE,
      plain: (memory.readU8(BigInt(span + fields.class)) & 1) === 1,
    };
  }
}
