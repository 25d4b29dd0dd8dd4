import { type AddressSpace, PAGE_SIZE, PROT } from '../../cpu/api.js';
import { checkVersion, type Versioned } from '../../cpu/part.js';

const PAGE = BigInt(PAGE_SIZE);

/** One past the highest address of a process: TASK_SIZE with four levels of page tables. */
export const TASK_SIZE = 0x7fff_ffff_f000n;
/** Where the stack ends when nothing is randomised (ADDR_NO_RANDOMIZE). */
export const STACK_TOP = 0x7fff_ffff_f000n;
/** RLIMIT_STACK: how far the stack grows. */
export const STACK_LIMIT = 8n << 20n;
/** mmap goes top-down from here: the gap below the stack is 128 MiB (arch/x86/mm/mmap.c, mmap_base). */
export const MMAP_BASE = STACK_TOP - (128n << 20n);
/** ELF_ET_DYN_BASE, two thirds of the address space: where a position-independent program goes. */
export const PIE_BASE = 0x5555_5555_4000n;
/** The lowest address that mmap gives (vm.mmap_min_addr). */
export const MMAP_MIN = 0x1_0000n;
/** What the stack has at first below its last argument (fs/exec.c, setup_arg_pages). */
const STACK_FIRST = 128n << 10n;

export function pageDown(address: bigint): bigint {
  return address & ~(PAGE - 1n);
}

export function pageUp(address: bigint): bigint {
  return pageDown(address + PAGE - 1n);
}

/** Where the stack begins by now, and the brk area from page to byte; the stack's permissions. */
export type SavedLayout = Versioned<{
  readonly stackStart: bigint;
  readonly stackProt: number;
  readonly brkStart: bigint;
  readonly brkEnd: bigint;
}>;

/** Where a process's brk area and stack are, and how they grow. */
export class Layout {
  private stackStart = STACK_TOP;
  private brkEnd: bigint;

  constructor(
    private readonly memory: AddressSpace,
    /** Page-aligned start of the brk area. */
    readonly brkStart: bigint,
    /** Some programs ask for an executable stack (PT_GNU_STACK). */
    private readonly stackProt: number = PROT.read | PROT.write,
  ) {
    this.brkEnd = brkStart;
  }

  save(): SavedLayout {
    const { stackStart, stackProt, brkStart, brkEnd } = this;
    return { version: 1, stackStart, stackProt, brkStart, brkEnd };
  }

  static restore(memory: AddressSpace, saved: SavedLayout): Layout {
    checkVersion('layout', saved, 1);
    const layout = new Layout(memory, saved.brkStart, saved.stackProt);
    layout.stackStart = saved.stackStart;
    layout.brkEnd = saved.brkEnd;
    return layout;
  }

  get brk(): bigint {
    return this.brkEnd;
  }

  /** brk(2): the new end, or the old one when it cannot be. */
  setBrk(end: bigint): bigint {
    if (end < this.brkStart || end > TASK_SIZE) return this.brkEnd;
    const oldTop = pageUp(this.brkEnd);
    const newTop = pageUp(end);
    if (newTop < oldTop) this.memory.unmap(newTop, oldTop - newTop);
    else if (newTop > oldTop) {
      if (this.memory.findFree(newTop - oldTop, newTop) !== oldTop) return this.brkEnd;
      this.memory.map(oldTop, newTop - oldTop, PROT.read | PROT.write, { name: '[heap]' });
    }
    this.brkEnd = end;
    return end;
  }

  /** Maps the first pages of the stack, down to `lowest` and what Linux adds. */
  startStack(lowest: bigint): void {
    this.extendStack(pageDown(lowest) - STACK_FIRST);
  }

  /** A fault at `address`: true when it lies where the stack may grow, and the stack has grown to it. */
  growStack(address: bigint): boolean {
    const start = pageDown(address);
    if (start >= this.stackStart || start < STACK_TOP - STACK_LIMIT) return false;
    if (this.memory.findFree(this.stackStart - start, this.stackStart) !== start) return false;
    this.extendStack(start);
    return true;
  }

  private extendStack(start: bigint): void {
    this.memory.map(start, this.stackStart - start, this.stackProt, { name: '[stack]' });
    this.stackStart = start;
  }
}
