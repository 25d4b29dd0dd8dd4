/** What observers of edges have told the engine, as it lies in its memory (FACTS); the tests of interpret/edge-tests.ts look there. */
import type { EdgeFacts, OpenedCall } from './api.js';
import {
  ALL_BIT,
  CALLEE,
  CALLEE_BIT,
  FACT_CALLERS,
  FACT_OPEN,
  FACT_SAVED,
  FACT_STACKS,
  FACT_THREAD,
  FACTS,
  gprSlot,
  NO_FRAME,
  SAVED_REGISTERS,
} from './layout.js';

interface Table {
  readonly base: number;
  readonly entries: number;
  readonly bytes: number;
}

/** Place of a key in a table: the lowest bits of a slot say nothing. As `placeOf` in the tests has it. */
function placeOf({ base, entries, bytes }: Table, key: bigint, fold: bigint): number {
  const index = Number(BigInt.asUintN(32, (key >> fold) ^ (key >> (fold + 16n)))) & (entries - 1);
  return base + index * bytes;
}

export class FactTables implements EdgeFacts {
  private readonly view: DataView;
  private used = false;

  constructor(private readonly buffer: ArrayBuffer) {
    this.view = new DataView(buffer);
  }

  clear(): void {
    if (this.used) new Uint8Array(this.buffer).fill(0, FACTS.base, FACTS.base + FACTS.size);
    this.used = false;
  }

  private word(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }

  private put(at: number, value: bigint): void {
    this.used = true;
    this.view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }

  tellThread(fsBase: bigint, offset: bigint): void {
    this.put(FACT_THREAD.base + FACT_THREAD.fsBase, fsBase);
    this.put(FACT_THREAD.base + FACT_THREAD.offset, offset);
  }

  tellStack(r14: bigint, low: bigint, high: bigint): void {
    const at = placeOf(FACT_STACKS, r14, 6n);
    this.put(at, r14);
    this.put(at + FACT_STACKS.low, low);
    this.put(at + FACT_STACKS.size, high - low);
  }

  tellCaller(returnAddress: bigint, frame: number, func: number): void {
    this.tell(returnAddress, Number.isNaN(frame) ? NO_FRAME : frame, func);
  }

  tellCallee(entry: bigint, keepsRegisters: boolean, needsArgument: boolean): void {
    this.tell(entry | CALLEE_BIT, (keepsRegisters ? CALLEE.keepsRegisters : 0) | (needsArgument ? CALLEE.needsArgument : 0), 0);
  }

  /** In the first of a key's two places, with what stood there in the other. */
  private tell(key: bigint, frame: number, func: number): void {
    const { view } = this;
    const { bytes } = FACT_CALLERS;
    const at = placeOf(FACT_CALLERS, key, 0n) & ~bytes;
    if (this.word(at) !== key) new Uint8Array(this.buffer).copyWithin(at + bytes, at, at + bytes);
    this.put(at, key);
    view.setInt32(at + FACT_CALLERS.frame, frame, true);
    view.setUint32(at + FACT_CALLERS.func, func, true);
  }

  save(slot: bigint, returnAddress: bigint, all: boolean): void {
    const at = placeOf(FACT_SAVED, slot, 3n);
    this.put(at, all ? slot | ALL_BIT : slot);
    this.put(at + FACT_SAVED.returnAddress, returnAddress);
    SAVED_REGISTERS.forEach((index, place) => {
      this.put(at + FACT_SAVED.registers + 8 * place, this.word(gprSlot(index)));
    });
  }

  saved(slot: bigint, returnAddress: bigint): ReadonlyMap<number, bigint> | undefined {
    const at = placeOf(FACT_SAVED, slot, 3n);
    const key = this.word(at);
    if ((key | ALL_BIT) !== (slot | ALL_BIT) || this.word(at + FACT_SAVED.returnAddress) !== returnAddress) return undefined;
    const count = (key & ALL_BIT) === 0n ? 1 : SAVED_REGISTERS.length;
    return new Map(SAVED_REGISTERS.slice(0, count).map((index, place) => [index, this.word(at + FACT_SAVED.registers + 8 * place)]));
  }

  forget(slot: bigint): void {
    this.put(placeOf(FACT_SAVED, slot, 3n), 0n);
  }

  open(slot: bigint, { returnAddress, target, behind, func, owner }: OpenedCall): void {
    const at = placeOf(FACT_OPEN, slot, 3n);
    this.put(at, slot);
    this.put(at + FACT_OPEN.returnAddress, returnAddress);
    this.put(at + FACT_OPEN.target, target);
    this.put(at + FACT_OPEN.behind, behind);
    this.put(at + FACT_OPEN.owner, owner);
    this.view.setUint32(at + FACT_OPEN.func, func, true);
  }

  opened(slot: bigint): OpenedCall | undefined {
    const at = placeOf(FACT_OPEN, slot, 3n);
    if (this.word(at) !== slot) return undefined;
    return {
      returnAddress: this.word(at + FACT_OPEN.returnAddress),
      target: this.word(at + FACT_OPEN.target),
      behind: this.word(at + FACT_OPEN.behind),
      func: this.view.getUint32(at + FACT_OPEN.func, true),
      owner: this.word(at + FACT_OPEN.owner),
    };
  }

  close(slot: bigint): void {
    const at = placeOf(FACT_OPEN, slot, 3n);
    if (this.word(at) === slot) this.put(at, 0n);
  }
}
