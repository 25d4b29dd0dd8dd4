/** Reads Go's goroutines, threads (`m`) and their states out of guest memory. */
import type { AddressSpace } from '../cpu/api.js';
import type { RuntimeLayout } from './layout.js';

/** runtime2.go's _G... constants, which have not changed since 1.14. */
const STATUS = [
  'idle',
  'runnable',
  'running',
  'syscall',
  'waiting',
  'moribund',
  'dead',
  'enqueue',
  'copystack',
  'preempted',
  'leaked',
  'deadextra',
];
const SCAN = 0x1000;

/** Where the runtime keeps its tables in this program; absent: neither its symbols nor its code tell. */
export interface RuntimeSymbols {
  /** `runtime.allgs`, a []*g. */
  readonly allgs: bigint | undefined;
  /** `runtime.waitReasonStrings`, an array of strings. */
  readonly waitReasonStrings: bigint | undefined;
  /** Offset of the TLS slot of g from FS base. */
  readonly tlsG: bigint;
}

/** Bytes of a g that hold all that is read of it. */
export const G_SIZE = 0x188;

/** One `g`, read when asked. */
export class Goroutine {
  constructor(
    readonly address: bigint,
    readonly runtime: GoRuntime,
  ) {}

  #word(offset: number): bigint {
    return this.runtime.memory.readU64(this.address + BigInt(offset));
  }

  get #offsets(): RuntimeLayout['g'] {
    return this.runtime.layout.g;
  }

  get id(): bigint {
    return this.#word(this.#offsets.goid);
  }

  get stackLo(): bigint {
    return this.#word(this.#offsets.stackLo);
  }

  get stackHi(): bigint {
    return this.#word(this.#offsets.stackHi);
  }

  /** The `m` it runs on; 0n when on none. */
  get m(): bigint {
    return this.#word(this.#offsets.m);
  }

  get sched(): { readonly pc: bigint; readonly sp: bigint; readonly bp: bigint } {
    return { pc: this.#word(this.#offsets.schedPc), sp: this.#word(this.#offsets.schedSp), bp: this.#word(this.#offsets.schedBp) };
  }

  /** Without the bit that the garbage collector sets while it scans the stack. */
  get status(): string {
    const raw = this.runtime.memory.readU32(this.address + BigInt(this.#offsets.atomicstatus)) & ~SCAN;
    return STATUS[raw] ?? `status ${raw}`;
  }

  /** `chan receive`, ...; empty unless it waits, be it in vain (`leaked`). */
  get waitReason(): string {
    const { status } = this;
    if (status !== 'waiting' && status !== 'leaked') return '';
    return this.runtime.waitReason(this.runtime.memory.readU8(this.address + BigInt(this.#offsets.waitreason)));
  }

  /** pc of the `go` statement, behind its call. */
  get gopc(): bigint {
    return this.#word(this.#offsets.gopc);
  }

  get startpc(): bigint {
    return this.#word(this.#offsets.startpc);
  }

  get labels(): bigint {
    return this.#word(this.#offsets.labels);
  }

  contains(sp: bigint): boolean {
    return sp >= this.stackLo && sp < this.stackHi;
  }
}

/** One `m`, Go's side of a thread. */
export interface GoMachine {
  readonly address: bigint;
  readonly g0: bigint;
  readonly gsignal: bigint;
  /** The goroutine it runs; 0n: none. */
  readonly curg: bigint;
  readonly p: bigint;
  readonly id: bigint;
  readonly procid: bigint;
}

export class GoRuntime {
  constructor(
    readonly memory: AddressSpace,
    readonly layout: RuntimeLayout,
    readonly symbols: RuntimeSymbols,
  ) {}

  goroutine(address: bigint): Goroutine {
    return new Goroutine(address, this);
  }

  /** g of the thread with that FS base: 0n before the runtime has set it. */
  currentG(fsBase: bigint): bigint {
    if (fsBase === 0n) return 0n;
    const slot = BigInt.asUintN(64, fsBase + this.symbols.tlsG);
    return this.memory.allows(slot, 8, 'read') ? this.memory.readU64(slot) : 0n;
  }

  machine(address: bigint): GoMachine {
    const offsets = this.layout.m;
    const word = (offset: number) => this.memory.readU64(address + BigInt(offset));
    return {
      address,
      g0: word(offsets.g0),
      gsignal: word(offsets.gsignal),
      curg: word(offsets.curg),
      p: word(offsets.p),
      id: word(offsets.id),
      procid: word(offsets.procid),
    };
  }

  /** The `m` of a g, or nothing when it has none or the pointer leads nowhere. */
  machineOf(g: bigint): GoMachine | undefined {
    if (!this.readable(g)) return undefined;
    const m = this.goroutine(g).m;
    return m !== 0n && this.memory.allows(m, 0x100, 'read') ? this.machine(m) : undefined;
  }

  /** Whether a pointer may be a g: its whole struct can be read. */
  readable(g: bigint): boolean {
    return g !== 0n && this.memory.allows(g, G_SIZE, 'read');
  }

  /** All goroutines that are not dead, by id. */
  goroutines(): readonly Goroutine[] {
    const header = this.symbols.allgs;
    if (header === undefined || !this.memory.allows(header, 24, 'read')) return [];
    const array = this.memory.readU64(header);
    const length = Number(this.memory.readU64(header + 8n));
    if (length === 0 || length > 10_000_000 || !this.memory.allows(array, length * 8, 'read')) return [];
    const found: Goroutine[] = [];
    for (let index = 0; index < length; index++) {
      const address = this.memory.readU64(array + BigInt(index * 8));
      if (!this.readable(address)) continue;
      const goroutine = this.goroutine(address);
      const status = goroutine.status;
      if (status !== 'dead' && status !== 'idle' && status !== 'deadextra') found.push(goroutine);
    }
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  waitReason(code: number): string {
    const table = this.symbols.waitReasonStrings;
    if (table === undefined || code === 0) return '';
    const entry = table + BigInt(code * 16);
    if (!this.memory.allows(entry, 16, 'read')) return '';
    const pointer = this.memory.readU64(entry);
    const length = Number(this.memory.readU64(entry + 8n));
    if (length > 200 || !this.memory.allows(pointer, length, 'read')) return '';
    return new TextDecoder().decode(this.memory.read(pointer, length));
  }

  /**
   * Which stack an address lies on, as far as the bounds of each g tell; `g` is the thread's current g, 0n when it has none: code may have set
   * another FS base.
   */
  stackOf(sp: bigint, g: bigint): GoStack | undefined {
    const machine = this.machineOf(g);
    const candidates = machine === undefined ? [g] : [machine.g0, machine.gsignal, machine.curg, g];
    for (const candidate of candidates) {
      if (!this.readable(candidate) || !this.goroutine(candidate).contains(sp)) continue;
      return this.#named(candidate, machine);
    }
    const goroutines = this.goroutines();
    const other = goroutines.find(goroutine => goroutine.contains(sp));
    if (other !== undefined) return this.#named(other.address, machine);
    for (const goroutine of goroutines) {
      const its = this.machineOf(goroutine.address);
      const system = its && [its.g0, its.gsignal].find(each => this.readable(each) && this.goroutine(each).contains(sp));
      if (system !== undefined) return this.#named(system, its);
    }
    return undefined;
  }

  #named(g: bigint, machine: GoMachine | undefined): GoStack {
    const goroutine = this.goroutine(g);
    const kind = g === machine?.g0 ? 'g0' : g === machine?.gsignal ? 'gsignal' : 'goroutine';
    const name = kind === 'goroutine' ? `goroutine ${goroutine.id}` : kind;
    return { kind, name, g, lo: goroutine.stackLo, hi: goroutine.stackHi };
  }
}

export interface GoStack {
  readonly kind: 'g0' | 'gsignal' | 'goroutine';
  /** `g0`, `gsignal`, `goroutine 7`. */
  readonly name: string;
  readonly g: bigint;
  readonly lo: bigint;
  readonly hi: bigint;
}
