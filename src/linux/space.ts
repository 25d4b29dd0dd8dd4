import type { AddressSpace, Cpu, CpuState, MemorySnapshot } from '../cpu/api.js';
import { checkVersion, type Versioned } from '../cpu/part.js';
import { FutexTable, type SavedFutexes } from './futex.js';
import { Layout, type SavedLayout } from './load/layout.js';
import type { MappedObject, Program } from './program.js';
import type { Task } from './task.js';
import { UserMemory } from './user-memory.js';

/** A memory with what is loaded in it: its program, where its areas are, who waits at its words; its CPU, but for the registers, which are its tasks'. */
export type SavedSpace = Versioned<{
  readonly program: Program;
  readonly initialSp: bigint;
  readonly layout: SavedLayout;
  readonly peakPages: number;
  readonly shares: boolean;
  readonly futexes: SavedFutexes;
  readonly piFutexes: SavedFutexes;
  readonly cpu: Omit<CpuState, 'registers'>;
  /** `loaded`: whose registers the CPU holds. */
  readonly aside: { readonly objects: readonly MappedObject[]; readonly loaded: number | undefined };
}>;

/**
 * What processes have in common that share their memory (Linux's mm_struct): most have one each, a child of vfork(2) has its parent's until it is another
 * program. With it goes the CPU that runs in it: what it has translated is of that memory.
 */
export class Space {
  readonly memory: AddressSpace;
  readonly user: UserMemory;
  readonly futexes: FutexTable;
  /** Waiters of words that hold their owner (FUTEX_LOCK_PI), whom unlocking makes the next owner. */
  readonly piFutexes: FutexTable;
  layout!: Layout;
  program!: Program;
  objects: MappedObject[] = [];
  /** The stack pointer at its program's first instruction. */
  initialSp = 0n;
  /** It has had memory that was to be shared with children (MAP_SHARED): those would each get a copy of it here. */
  shares = false;
  /** The task whose registers are in the CPU. */
  loaded: Task | undefined;
  /** Processes that it is the memory of. */
  users = 0;

  constructor(
    readonly cpu: Cpu,
    /** The CPU before its first instruction. */
    private readonly blank: CpuState,
    private readonly wake: (task: Task, result: number) => void,
  ) {
    this.memory = cpu.memory;
    this.user = new UserMemory(cpu.memory, address => this.layout.growStack(address));
    this.futexes = new FutexTable((task, result) => this.wake(task, result));
    this.piFutexes = new FutexTable((task, result) => this.wake(task, result));
  }

  /** Becomes as it was made, for another program. What its CPU counts goes on. */
  clear(): void {
    const { memory, cpu } = this;
    memory.unmap(0n, 1n << 47n);
    memory.peakPages = 0;
    const { random } = cpu.save();
    cpu.restore({ ...this.blank, icount: cpu.icount, random });
    this.objects = [];
    this.loaded = undefined;
    this.shares = false;
  }

  /** Becomes a copy of another, but for who waits there; `random`: what its CPU's random numbers go on from. */
  copy(other: Space, random: bigint): void {
    this.memory.copy(other.memory);
    this.cpu.restore({ ...other.cpu.save(), random });
    this.program = other.program;
    this.initialSp = other.initialSp;
    this.layout = Layout.restore(this.memory, other.layout.save());
    this.memory.peakPages = other.memory.peakPages;
    this.objects = [...other.objects];
  }

  save(): SavedSpace {
    const { registers: _, ...cpu } = this.cpu.save();
    return {
      version: 1,
      program: this.program,
      initialSp: this.initialSp,
      layout: this.layout.save(),
      peakPages: this.memory.peakPages,
      shares: this.shares,
      futexes: this.futexes.save(),
      piFutexes: this.piFutexes.save(),
      cpu,
      aside: { objects: [...this.objects], loaded: this.loaded?.tid },
    };
  }

  /** Its program and its memory's layout, before the processes are there. */
  restore(saved: SavedSpace, memory: MemorySnapshot): void {
    checkVersion('space', saved, 1);
    this.cpu.restore({ ...saved.cpu, registers: this.blank.registers });
    this.memory.restore(memory);
    this.program = saved.program;
    this.initialSp = saved.initialSp;
    this.memory.peakPages = saved.peakPages;
    this.shares = saved.shares;
    this.layout = Layout.restore(this.memory, saved.layout);
    const { objects } = saved.aside;
    // The same program at another moment has the same list: who has looked at it need not begin anew.
    if (objects[0]?.source === this.objects[0]?.source) this.objects.splice(0, this.objects.length, ...objects);
    else this.objects = [...objects];
  }

  /** Who waits in it, and whose registers are loaded, once all tasks are there. */
  restoreTasks(saved: SavedSpace, task: (tid: number) => Task): void {
    this.futexes.restore(saved.futexes, task);
    this.piFutexes.restore(saved.piFutexes, task);
    const { loaded } = saved.aside;
    this.loaded = loaded === undefined ? undefined : task(loaded);
    if (this.loaded !== undefined) this.cpu.registers.restore(this.loaded.saved);
  }
}
