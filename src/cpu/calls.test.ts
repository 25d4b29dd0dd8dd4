import { describe, expect, it } from 'vitest';
import { PROT } from './api.js';
import { Machine } from './cpu.js';
import { CALLS, GRANULES } from './layout.js';

const CODE = 0x40_0000n;
/** One instruction each. */
const INSTRUCTIONS = {
  // call .+0x100
  call: [0xe8, 0xfb, 0, 0, 0],
  ret: [0xc3],
  // mov rsp, rax
  move: [0x48, 0x89, 0xc4],
  // lea rsp, [rax]
  lea: [0x48, 0x8d, 0x20],
  // xchg rsp, rax
  exchange: [0x48, 0x94],
  // pop rsp
  pop: [0x5c],
  // sub rsp, rax
  lower: [0x48, 0x29, 0xc4],
  // add rsp, rax
  raise: [0x48, 0x01, 0xc4],
} as const;
type Instruction = keyof typeof INSTRUCTIONS;
const NAMES = Object.keys(INSTRUCTIONS) as Instruction[];
const placeOf = (name: Instruction): bigint => CODE + 0x200n * BigInt(NAMES.indexOf(name));
const RETURN = placeOf('call') + 5n;

/** A stack as the test has it: where it ends, where it was left, and the slots of its calls, outermost first. */
interface Stack {
  readonly end: bigint;
  sp: bigint;
  slots: bigint[];
}

/** Stacks beside a machine that runs one instruction at a time on them. */
class Bench {
  readonly cpu = new Machine({ memory: 512 << 20 });
  readonly stacks: Stack[];
  current = 0;

  /** The stacks' ends, and how much room is below each. */
  constructor(ends: readonly bigint[], room: bigint) {
    const { cpu } = this;
    cpu.memory.map(CODE, 0x2000n, PROT.read | PROT.exec);
    for (const name of NAMES) cpu.memory.write(placeOf(name), Uint8Array.from(INSTRUCTIONS[name]));
    const pages = new Set(ends.flatMap(end => [(end - room) >> 12n, (end + 0x100n) >> 12n]));
    const first = (page: bigint) => page << 12n;
    for (const page of [...pages].sort()) if (cpu.memory.mappingAt(first(page)) === undefined) cpu.memory.map(first(page), 0x1000n, 3);
    for (const end of ends) {
      for (let at = (end - room) & ~0xfffn; at < end + 0x100n; at += 0x1000n) {
        if (cpu.memory.mappingAt(at) === undefined) cpu.memory.map(at, 0x1000n, PROT.read | PROT.write);
      }
    }
    this.stacks = ends.map(end => ({ end, sp: end, slots: [] }));
    this.resume(0);
  }

  get stack(): Stack {
    return this.stacks[this.current]!;
  }

  private set sp(sp: bigint) {
    this.stack.sp = sp;
  }

  private run(name: Instruction, rax = 0n): void {
    const { registers } = this.cpu;
    registers.rip = placeOf(name);
    registers.set('rax', rax);
    expect(this.cpu.run(1)).toEqual({ kind: 'budget' });
    this.sp = registers.get('rsp');
  }

  /** As the kernel does it for another thread or a signal. */
  resume(index: number, sp = this.stacks[index]!.sp): void {
    this.current = index;
    this.sp = sp;
    this.cpu.registers.set('rsp', sp);
  }

  /** By an instruction that loads RSP. */
  select(index: number, how: 'move' | 'lea' | 'exchange' | 'pop', sp = this.stacks[index]!.sp): void {
    const { memory } = this.cpu;
    const { sp: left } = this.stack;
    const word = memory.readU64(left);
    if (how === 'pop') memory.writeU64(left, sp);
    this.run(how, sp);
    memory.writeU64(left, word);
    this.stack.sp = left;
    this.current = index;
    this.sp = sp;
    this.abandon(sp);
  }

  /** Calls whose slots RSP has passed are over. */
  private abandon(sp: bigint): void {
    const { stack } = this;
    stack.slots = stack.slots.filter(slot => slot >= sp);
  }

  call(frame = 0n): void {
    if (frame > 0n) this.run('lower', frame);
    this.run('call');
    const { stack } = this;
    stack.slots = stack.slots.filter(slot => slot > stack.sp);
    stack.slots.push(stack.sp);
  }

  /** From where RSP is above the innermost slot. */
  ret(): void {
    const { stack } = this;
    const slot = stack.slots.at(-1);
    if (slot === undefined) return;
    this.run('raise', slot - stack.sp);
    this.run('ret');
    stack.slots.pop();
  }

  /** As C's longjmp and Go's recovery do: on the same stack, some calls out. */
  jump(calls: number, how: 'move' | 'lea'): void {
    const { stack } = this;
    const slot = stack.slots.at(-1 - calls);
    if (slot !== undefined) this.select(this.current, how, slot - 8n);
  }

  /** What is known of a stack. A stack that was never used is told from the one above it by who knows where it ends. */
  listed(index: number): bigint[] {
    const { sp, end } = this.stacks[index]!;
    return this.cpu.calls(sp).flatMap(({ slot }) => (slot < end ? slot : []));
  }

  truth(index: number): bigint[] {
    const { slots, sp } = this.stacks[index]!;
    return slots.filter(slot => slot >= sp).toReversed();
  }

  check(where: string): void {
    for (const index of this.stacks.keys()) expect(this.listed(index), `stack ${index} ${where}`).toEqual(this.truth(index));
    for (const record of this.cpu.calls(this.stack.sp)) {
      expect(record, where).toEqual({ slot: record.slot, returnAddress: RETURN, target: placeOf('call') + 0x100n });
    }
  }
}

function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

const FAR = Array.from({ length: 6 }, (_, index) => (BigInt(index) + 1n) << 32n);
/** As Go's smallest stacks lie in a span: 2 KiB each, side by side. */
const NEAR = Array.from({ length: 8 }, (_, index) => 0xc0_0000_0000n + 0x800n * BigInt(index + 1) - 0x10n);
const HOW = ['move', 'lea', 'exchange', 'pop'] as const;

describe('the record of calls', () => {
  it.each([1, 2, 3, 4])('is that of a plain model, whatever happens on distant stacks: seed %i', seed => {
    const random = randomFrom(seed);
    const bench = new Bench(FAR, 0x10_0000n);
    for (let step = 0; step < 8000; step++) {
      const what = random(16);
      if (what === 0) bench.select(random(6), HOW[random(4)]!);
      else if (what === 1) bench.resume(random(6));
      else if (what === 2) bench.jump(random(5), random(2) === 0 ? 'move' : 'lea');
      else if (what < 9) bench.call(BigInt(8 * random(random(20) === 0 ? 2000 : 24)));
      else bench.ret();
      if (step % 100 === 0) bench.check(`at ${step}`);
    }
  });

  it.each([1, 2, 3, 4])('is that of a plain model on small stacks side by side, which are put to new use: seed %i', seed => {
    const random = randomFrom(seed);
    const bench = new Bench([0x7f00_0000_0000n, ...NEAR], 0x800n);
    let work = 0;
    for (let step = 0; step < 8000; step++) {
      const what = random(16);
      const { stack } = bench;
      if (what === 0 || stack.end - stack.sp > 0x600n) {
        // The scheduler's stack lies between any two, as in Go.
        bench.select(0, 'move');
        const next = 1 + random(NEAR.length);
        // Another goroutine has been given that stack: it begins at the end.
        if (random(4) === 0) bench.stacks[next] = { ...bench.stacks[next]!, sp: bench.stacks[next]!.end, slots: [] };
        bench.select(next, 'move');
        work++;
      } else if (what < 9) bench.call(BigInt(8 * random(16)));
      else bench.ret();
      if (step % 100 === 0) bench.check(`at ${step}`);
    }
    expect(work).toBeGreaterThan(500);
  });

  it('knows a stack that was copied by what is called there since, and what was there before no more', () => {
    const bench = new Bench([0x7f00_0000_0000n, 0xc0_0000_0800n, 0xc0_0001_0000n, 0xc0_0002_0000n], 0x1000n);
    bench.select(1, 'move');
    for (let depth = 0; depth < 10; depth++) bench.call(64n);
    // Moved to the end of a larger one: frames, but no calls, have come along.
    bench.select(0, 'move');
    bench.stacks[2]!.sp = bench.stacks[2]!.end - 0x300n;
    bench.select(2, 'move');
    bench.call(64n);
    bench.call(64n);
    bench.ret();
    expect(bench.listed(2)).toEqual(bench.truth(2));
    // The old memory is another's.
    bench.select(0, 'move');
    bench.stacks[1] = { ...bench.stacks[1]!, sp: bench.stacks[1]!.end, slots: [] };
    bench.select(1, 'move');
    bench.call(8n);
    bench.check('after the copy');
    // Frames without a record return, up to above where the stack was first seen; then calls are made from there.
    bench.select(0, 'move');
    bench.select(2, 'move');
    bench.ret();
    const { registers } = bench.cpu;
    registers.rip = placeOf('raise');
    registers.set('rax', 0x280n);
    bench.cpu.run(1);
    bench.stack.sp = registers.get('rsp');
    bench.call(8n);
    bench.check('above its first end');
  });

  it('goes on across a signal on the same stack and on another', () => {
    const bench = new Bench(FAR, 0x10_0000n);
    for (let depth = 0; depth < 5; depth++) bench.call(40n);
    const { sp } = bench.stack;
    bench.resume(0, sp - 128n - 1000n);
    bench.call(16n);
    expect(bench.listed(0)).toEqual(bench.truth(0));
    bench.ret();
    bench.resume(0, sp);
    bench.check('behind a handler on the same stack');
    bench.resume(3, bench.stacks[3]!.end - 64n);
    bench.call(16n);
    bench.call(16n);
    bench.check('in a handler on another');
    bench.resume(0, sp);
    bench.ret();
    bench.check('behind it');
  });

  it('keeps a deep stack while a shallow one is used between', () => {
    const bench = new Bench([0x7000_0000_0000n, 0x7f00_0000_0000n], 0x20_0000n);
    for (let i = 0; i < 3000; i++) {
      bench.select(0, 'move');
      bench.call(32n);
      bench.select(1, 'move');
      bench.call(64n);
      bench.call(64n);
      bench.ret();
      bench.ret();
    }
    expect(bench.listed(0)).toEqual(bench.truth(0));
    expect(bench.listed(1)).toEqual([]);
  });

  it('names the call from which another stack was begun, until that has returned', () => {
    const bench = new Bench(FAR, 0x1000n);
    bench.call(16n);
    const from = bench.stack.sp;
    bench.select(1, 'move');
    bench.call(16n);
    expect(bench.cpu.callLeftFor(bench.stack.sp)?.slot).toBe(from);
    bench.resume(4);
    expect(bench.cpu.callLeftFor(bench.stacks[1]!.sp)?.slot).toBe(from);
    bench.call(16n);
    expect(bench.cpu.callLeftFor(bench.stack.sp)).toBeUndefined();
    bench.select(0, 'move');
    bench.ret();
    expect(bench.cpu.callLeftFor(bench.stacks[1]!.sp)).toBeUndefined();
  });

  it('begins with the first stack that is left, whatever the other registers hold', () => {
    const bench = new Bench(FAR, 0x1000n);
    for (const name of ['rbx', 'rcx', 'rdx', 'rbp', 'rsi', 'rdi'] as const) bench.cpu.registers.set(name, 0xffff_fff0_ffff_fff0n);
    bench.select(1, 'move');
    bench.call(16n);
    bench.select(0, 'move');
    bench.check('behind two switches');
  });

  it('tells the call that a RET has just ended', () => {
    const bench = new Bench(FAR, 0x1000n);
    bench.call(16n);
    bench.call(16n);
    const slot = bench.stack.sp;
    bench.ret();
    expect(bench.cpu.lastReturned()?.slot).toBe(slot);
    expect(bench.cpu.lastCall()?.slot).toBe(bench.truth(0)[0]);
  });

  it('is saved, and goes on from there as it did', () => {
    const random = randomFrom(7);
    const bench = new Bench(FAR, 0x10_0000n);
    const step = (turn: (below: number) => number) => {
      const what = turn(12);
      if (what === 0) bench.select(turn(6), 'move');
      else if (what < 8) bench.call(BigInt(8 * turn(24)));
      else bench.ret();
    };
    for (let at = 0; at < 2000; at++) step(random);
    const saved = bench.cpu.save();
    const memory = bench.cpu.memory.snapshot();
    const truth = structuredClone(bench.stacks);
    const { current } = bench;
    const again = () => {
      const turn = randomFrom(9);
      for (let at = 0; at < 500; at++) step(turn);
      bench.check('after what was done since');
      return bench.stacks.map((_, index) => bench.listed(index));
    };
    const first = again();
    bench.cpu.restore(saved);
    bench.cpu.memory.restore(memory);
    truth.forEach((stack, index) => {
      bench.stacks[index] = stack;
    });
    bench.current = current;
    bench.check('gone back');
    expect(bench.cpu.save().aside.calls).toEqual(saved.aside.calls);
    expect(again()).toEqual(first);
  });
});

describe('room for calls', () => {
  /** Code that calls itself until RCX is 0, `frame` bytes apart, and an endless number of short stacks. */
  function machine(code: readonly number[], stack: bigint): Machine {
    const cpu = new Machine({ memory: 1 << 30 });
    cpu.memory.map(CODE, 0x1000n, PROT.read | PROT.exec);
    cpu.memory.write(CODE, Uint8Array.from(code));
    cpu.memory.map(0x10_0000_0000n - stack, stack, PROT.read | PROT.write);
    cpu.registers.set('rsp', 0x10_0000_0000n);
    cpu.registers.rip = CODE;
    return cpu;
  }

  it('is given up by the outer calls of a stack that fills it alone', () => {
    // 1: dec %rcx; jz 2f; call 1b; 2: ud2
    const cpu = machine([0x48, 0xff, 0xc9, 0x74, 5, 0xe8, 0xf6, 0xff, 0xff, 0xff, 0x0f, 0x0b], 16n << 20n);
    const depth = CALLS.entries + 100_000;
    cpu.registers.set('rcx', BigInt(depth));
    expect(cpu.run(10_000_000)).toMatchObject({ kind: 'fault', fault: { vector: '#UD' } });
    const slots = cpu.calls(cpu.registers.get('rsp')).map(record => record.slot);
    expect(slots.length).toBeGreaterThan(CALLS.entries / 4);
    expect(slots.length).toBeLessThan(CALLS.entries);
    expect(slots.every((slot, index) => slot === cpu.registers.get('rsp') + BigInt(8 * index))).toBe(true);
  });

  it('is given up by the stacks that were used longest ago, and by those whose memory has gone', () => {
    // 1: mov %rax,%rsp; call 2f; 2: add $0x1000,%rax; dec %rcx; jnz 1b; ud2
    const code = [0x48, 0x89, 0xc4, 0xe8, 0, 0, 0, 0, 0x48, 0x05, 0, 0x10, 0, 0, 0x48, 0xff, 0xc9, 0x75, 0xed, 0x0f, 0x0b];
    const cpu = machine(code, 0x1000n);
    const count = GRANULES.most + 1000;
    const first = 0x20_0000_0800n;
    cpu.memory.map(first - 0x800n, BigInt(count) * 0x1000n, PROT.read | PROT.write);
    cpu.registers.set('rax', first);
    cpu.registers.set('rcx', BigInt(count));
    expect(cpu.run(10_000_000)).toMatchObject({ kind: 'fault', fault: { vector: '#UD' } });
    const known = (index: number) => cpu.calls(first + BigInt(index) * 0x1000n - 8n, 1).length;
    expect([count - 1, count - 2, count - 50_000].map(known)).toEqual([1, 1, 1]);
    expect(known(0)).toBe(0);
  });
});
