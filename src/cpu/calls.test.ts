import { describe, expect, it } from 'vitest';
import type { AddressSpace } from './api.js';
import { Calls } from './calls.js';
import { CALLS, FRAMES_BASE, STATE } from './layout.js';

/** Stacks with their true lists of unreturned calls beside `Calls`, which is fed as the interpreter feeds it. */
class Bench {
  private readonly view: DataView;
  private readonly memory = new Map<bigint, bigint>();
  readonly calls: Calls;
  readonly stacks: { sp: bigint; slots: bigint[] }[];
  current = 0;

  constructor(count: number) {
    const buffer = new ArrayBuffer(FRAMES_BASE);
    this.view = new DataView(buffer);
    const memory = { mappingAt: () => ({}), readU64: (address: bigint) => this.memory.get(address) ?? 0n };
    this.calls = new Calls(buffer, memory as unknown as AddressSpace);
    this.stacks = Array.from({ length: count }, (_, i) => ({ sp: BigInt(i + 1) << 32n, slots: [] }));
    this.select(0);
  }

  private get top(): number {
    return this.view.getUint32(STATE.callTop, true);
  }

  private set top(value: number) {
    this.view.setUint32(STATE.callTop, value, true);
  }

  private get topSlot(): bigint {
    return this.view.getBigUint64(this.top - CALLS.size, true);
  }

  private setSp(sp: bigint): void {
    this.stacks[this.current]!.sp = sp;
    this.view.setBigUint64(STATE.gpr + 32, sp, true);
  }

  select(index: number): void {
    this.current = index;
    this.setSp(this.stacks[index]!.sp);
    const high = this.view.getBigUint64(STATE.callHigh, true);
    const { sp } = this.stacks[index]!;
    if (sp > high || BigInt.asUintN(64, this.topSlot - sp) > 1n << 16n) this.calls.switchStack();
  }

  call(frame: bigint): void {
    const stack = this.stacks[this.current]!;
    const slot = stack.sp - frame;
    this.setSp(slot);
    stack.slots.push(slot);
    this.memory.set(slot, slot ^ 1n);
    if (this.topSlot <= slot) this.calls.trim();
    const { top } = this;
    this.view.setBigUint64(top, slot, true);
    this.view.setBigUint64(top + 8, slot ^ 1n, true);
    this.view.setBigUint64(top + 16, 7n, true);
    this.top = top + CALLS.size;
    if (this.top === CALLS.base + CALLS.entries * CALLS.size) this.calls.spill();
  }

  ret(): void {
    const stack = this.stacks[this.current]!;
    const slot = stack.slots.pop();
    if (slot === undefined) return;
    this.setSp(slot);
    if (this.topSlot === slot) this.top -= CALLS.size;
    else if (this.topSlot < slot) this.calls.trim();
    this.setSp(slot + 8n);
  }

  listed(index: number): bigint[] {
    return this.calls.list(this.stacks[index]!.sp).map(record => record.slot);
  }

  truth(index: number): bigint[] {
    return this.stacks[index]!.slots.toReversed();
  }
}

describe('the record of calls', () => {
  it('knows every stack, whichever way they take turns', () => {
    const bench = new Bench(6);
    let state = 1;
    const random = (below: number) => (state = (state * 1103515245 + 12345) % 2 ** 31) % below;
    for (let step = 0; step < 60_000; step++) {
      const what = random(10);
      if (what === 0) bench.select(random(6));
      else if (what < 6) bench.call(BigInt(16 + 8 * random(20)));
      else bench.ret();
      if (step % 500 === 0) for (let i = 0; i < 6; i++) expect(bench.listed(i), `stack ${i} at ${step}`).toEqual(bench.truth(i));
    }
  });

  it('keeps a deep stack while a shallow one is used between', () => {
    const bench = new Bench(2);
    for (let i = 0; i < 30_000; i++) {
      bench.select(0);
      bench.call(32n);
      bench.select(1);
      bench.call(64n);
      bench.call(64n);
      bench.ret();
      bench.ret();
    }
    expect(bench.listed(0)).toEqual(bench.truth(0));
    expect(bench.listed(1)).toEqual([]);
  });

  it('gives the room of other stacks to one that needs it, and forgets only its own outer half', () => {
    const bench = new Bench(3);
    for (const depth of [20_000, 20_000, 40_000]) {
      for (let i = 0; i < depth; i++) bench.call(32n);
      bench.select((bench.current + 1) % 3);
    }
    for (const index of [0, 1]) expect(bench.listed(index)).toEqual(bench.truth(index));
    expect(bench.listed(2)).toEqual(bench.truth(2));
    bench.select(2);
    for (let i = 0; i < 40_000; i++) bench.call(32n);
    const inner = bench.listed(2);
    expect(inner.length).toBeGreaterThan(30_000);
    expect(inner).toEqual(bench.truth(2).slice(0, inner.length));
  });
});
