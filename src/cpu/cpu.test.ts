import { describe, expect, it } from 'vitest';
import { type CpuState, type MemorySnapshot, PROT } from './api.js';
import { Machine } from './cpu.js';
import { JUMP_CACHE } from './layout.js';

const CODE = 0x400000n;
const DATA = 0x600000n;
const STACK = 0x7000_0000_0000n;

function machine(code: readonly number[]): Machine {
  const cpu = new Machine({ memory: 64 << 20 });
  cpu.memory.map(CODE, 0x2000n, PROT.read | PROT.exec);
  cpu.memory.map(DATA, 0x2000n, PROT.read | PROT.write);
  cpu.memory.map(STACK - 0x10000n, 0x10000n, PROT.read | PROT.write);
  cpu.memory.write(CODE, Uint8Array.from(code));
  cpu.registers.rip = CODE;
  cpu.registers.set('rsp', STACK - 0x100n);
  return cpu;
}

describe('cpu', () => {
  it('runs a loop and counts its instructions', () => {
    // mov $10,%ecx; xor %eax,%eax; 1: add %rcx,%rax; dec %rcx; jnz 1b; syscall
    const cpu = machine([0xb9, 10, 0, 0, 0, 0x31, 0xc0, 0x48, 0x01, 0xc8, 0x48, 0xff, 0xc9, 0x75, 0xf8, 0x0f, 0x05]);
    expect(cpu.run(1000)).toEqual({ kind: 'syscall' });
    expect(cpu.registers.get('rax')).toBe(55n);
    expect(cpu.icount).toBe(2 + 30 + 1);
    expect(cpu.registers.get('rcx')).toBe(CODE + 17n);
    expect(cpu.registers.rip).toBe(CODE + 17n);
  });

  it('gives and takes a register as a number, and its low half', () => {
    const { registers } = machine([0x90]);
    for (const value of [0, 1, -1, -38, -4095, 2 ** 31, -(2 ** 31), 2 ** 32 - 1, 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER]) {
      registers.setGprNumber(3, value);
      expect(registers.gpr(3)).toBe(BigInt.asUintN(64, BigInt(value)));
      expect(registers.gprLow(3)).toBe(Number(BigInt.asIntN(32, BigInt(value))));
      registers.setGpr(3, BigInt(value) + (1n << 70n));
      expect(registers.gpr(3)).toBe(BigInt.asUintN(64, BigInt(value)));
    }
  });

  it('stops after exactly the instructions asked for, wherever that is in a block', () => {
    const code = [0xb9, 10, 0, 0, 0, 0x31, 0xc0, 0x48, 0x01, 0xc8, 0x48, 0xff, 0xc9, 0x75, 0xf8, 0x0f, 0x05];
    const whole = machine(code);
    for (let n = 1; n <= 33; n++) {
      const cpu = machine(code);
      cpu.run(n);
      expect(cpu.icount).toBe(n);
      const step = whole.run(1);
      expect(step.kind).toBe(n === 33 ? 'syscall' : 'budget');
      expect(cpu.registers.save()).toEqual(whole.registers.save());
    }
  });

  it('faults precisely, with registers as before the instruction', () => {
    // mov $5,%eax; add $1,%rax; mov 0x10(%rdi),%rdx
    const cpu = machine([0xb8, 5, 0, 0, 0, 0x48, 0x83, 0xc0, 0x01, 0x48, 0x8b, 0x57, 0x10]);
    expect(cpu.run(100)).toEqual({ kind: 'fault', fault: { vector: '#PF', address: 0x10n, access: 'read', mapped: false } });
    expect(cpu.registers.rip).toBe(CODE + 9n);
    expect(cpu.icount).toBe(2);
    expect(cpu.registers.get('rax')).toBe(6n);
  });

  it('goes on from what it has saved as it did the first time, code that it writes itself included', () => {
    // mov $3,%ecx; 1: call 3f; incb 2f+1(%rip); 2: mov $7,%bl; push %rbx; dec %ecx; jnz 1b; syscall; 3: add %rbx,%rax; ret
    const code = [0xb9, 3, 0, 0, 0, 0xe8, 16, 0, 0, 0, 0xfe, 0x05, 1, 0, 0, 0, 0xb3, 7, 0x53, 0xff, 0xc9, 0x75, 0xee, 0x0f, 0x05, 0x90];
    code.push(0x48, 0x01, 0xd8, 0xc3);
    const cpu = machine(code);
    cpu.memory.protect(CODE, 0x1000n, 7);
    const whole = machine(code);
    whole.memory.protect(CODE, 0x1000n, 7);
    expect(whole.run(1000)).toEqual({ kind: 'syscall' });
    const kept: { state: CpuState; memory: MemorySnapshot; calls: unknown }[] = [];
    const now = () => ({ state: cpu.save(), memory: cpu.memory.snapshot(), calls: cpu.calls(cpu.registers.get('rsp')) });
    for (kept.push(now()); cpu.icount < whole.icount; kept.push(now())) cpu.run(1);
    expect(cpu.registers.save()).toEqual(whole.registers.save());
    for (const at of [5, 0, 12, 3, 20, 1]) {
      const { state, memory, calls } = kept[at]!;
      cpu.restore(state);
      cpu.memory.restore(memory);
      expect(cpu.icount).toBe(at);
      expect(cpu.calls(cpu.registers.get('rsp'))).toEqual(calls);
      expect(cpu.run(1000)).toEqual({ kind: 'syscall' });
      expect(cpu.icount).toBe(whole.icount);
      expect(cpu.registers.save()).toEqual(whole.registers.save());
      expect(cpu.memory.read(CODE, 64)).toEqual(whole.memory.read(CODE, 64));
      const other = machine([]);
      other.restore(state);
      other.memory.restore(other.memory.load(cpu.memory.save(memory)));
      expect(other.calls(other.registers.get('rsp'))).toEqual(calls);
      expect(other.run(1000)).toEqual({ kind: 'syscall' });
      expect(other.registers.save()).toEqual(whole.registers.save());
    }
  });

  it('keeps the record of calls that have not returned', () => {
    // call 1f; nop; 1: call 2f; nop; 2: ud2
    const cpu = machine([0xe8, 1, 0, 0, 0, 0x90, 0xe8, 1, 0, 0, 0, 0x90, 0x0f, 0x0b]);
    expect(cpu.run(100)).toMatchObject({ kind: 'fault', fault: { vector: '#UD' } });
    expect(cpu.calls(cpu.registers.get('rsp'))).toEqual([
      { slot: STACK - 0x110n, returnAddress: CODE + 11n, target: CODE + 12n },
      { slot: STACK - 0x108n, returnAddress: CODE + 5n, target: CODE + 6n },
    ]);
  });

  it('stops at breakpoints, and passes them when told', () => {
    const cpu = machine([0x90, 0x90, 0x90, 0x0f, 0x05]);
    cpu.setBreakpoints([CODE + 1n]);
    expect(cpu.run(100).kind).toBe('breakpoint');
    expect(cpu.registers.rip).toBe(CODE + 1n);
    expect(cpu.icount).toBe(1);
    expect(cpu.run(100).kind).toBe('breakpoint');
    expect(cpu.run(100, true).kind).toBe('syscall');
    expect(cpu.icount).toBe(4);
  });

  it('stops at breakpoints in the middle of a block of which the budget covers a part, as they come and go', () => {
    // Twelve times inc %rax, which is three bytes long; 1: jmp 1b
    const cpu = machine([...Array.from({ length: 12 }, () => [0x48, 0xff, 0xc0]).flat(), 0xeb, 0xfe]);
    const run = (budget: number) => {
      cpu.registers.rip = CODE;
      cpu.registers.set('rax', 0n);
      const { kind } = cpu.run(budget);
      return [kind, cpu.registers.get('rax'), cpu.registers.rip - CODE];
    };
    for (let round = 0; round < 2; round++) {
      for (const budget of [10, 10, 3, 7]) expect(run(budget)).toEqual(['budget', BigInt(budget), BigInt(3 * budget)]);
      cpu.setBreakpoints([CODE + 12n]);
      for (const budget of [10, 10, 5]) expect(run(budget)).toEqual(['breakpoint', 4n, 12n]);
      expect(run(4)).toEqual(['budget', 4n, 12n]);
      expect(run(3)).toEqual(['budget', 3n, 9n]);
      cpu.setBreakpoints([]);
    }
  });

  it('finds two targets of jumps whose places in the cache are the same without leaving the engine', () => {
    // 1: call *%rbx; call *%rdx; dec %rcx; jnz 1b; syscall
    const cpu = machine([0xff, 0xd3, 0xff, 0xd2, 0x48, 0xff, 0xc9, 0x75, 0xf7, 0x0f, 0x05]);
    const placeOf = (pc: number): number => (pc ^ (pc >>> 14)) & (JUMP_CACHE.entries - 1);
    const base = 0x1000_0000;
    const other = Array.from({ length: 1 << 16 }, (_, index) => base + 16 * (index + 1)).find(pc => placeOf(pc) === placeOf(base))!;
    cpu.memory.map(BigInt(base), 2n << 20n, PROT.read | PROT.exec);
    // add $1,%rax and add $3,%rax; ret
    for (const [pc, by] of [
      [base, 1],
      [other, 3],
    ] as const)
      cpu.memory.write(BigInt(pc), Uint8Array.from([0x48, 0x83, 0xc0, by, 0xc3]));
    for (const [name, value] of Object.entries({ rax: 0, rbx: base, rdx: other, rcx: 10_000 }))
      cpu.registers.set(name as 'rax', BigInt(value));
    let asked = 0;
    cpu.enough = () => {
      asked++;
      return false;
    };
    expect(cpu.run(1_000_000)).toEqual({ kind: 'syscall' });
    expect(cpu.registers.get('rax')).toBe(40_000n);
    expect(asked).toBeLessThan(10);
  });

  it('decodes code anew that the guest writes', () => {
    // lea 0x600000, call it twice with its immediate changed in between
    // mov $0x600000,%ebx; movb $0xb8,(%rbx); movl $1,1(%rbx); movb $0xc3,5(%rbx); call *%rbx; mov %eax,%ecx; movl $2,1(%rbx); call *%rbx; ud2
    const cpu = machine([
      0xbb, 0, 0, 0x60, 0, 0xc6, 0x03, 0xb8, 0xc7, 0x43, 1, 1, 0, 0, 0, 0xc6, 0x43, 5, 0xc3, 0xff, 0xd3, 0x89, 0xc1, 0xc7, 0x43, 1, 2, 0, 0,
      0, 0xff, 0xd3, 0x0f, 0x0b,
    ]);
    cpu.memory.protect(DATA, 0x1000n, PROT.read | PROT.write | PROT.exec);
    expect(cpu.run(100)).toMatchObject({ kind: 'fault', fault: { vector: '#UD' } });
    expect(cpu.registers.get('rcx')).toBe(1n);
    expect(cpu.registers.get('rax')).toBe(2n);
  });

  it('stops behind an instruction that touches a watched range', () => {
    // mov $0x600000,%ebx; movl $7,8(%rbx); mov 8(%rbx),%eax; nop; syscall
    const cpu = machine([0xbb, 0, 0, 0x60, 0, 0xc7, 0x43, 8, 7, 0, 0, 0, 0x8b, 0x43, 8, 0x90, 0x0f, 0x05]);
    const watch = { address: DATA + 8n, length: 4, access: 'write' } as const;
    cpu.setWatches([watch]);
    expect(cpu.run(100)).toEqual({ kind: 'watchpoint', hits: [{ watch, address: DATA + 8n, access: 'write' }] });
    expect(cpu.registers.rip).toBe(CODE + 12n);
    expect(cpu.run(100).kind).toBe('syscall');
  });

  it('accesses memory across pages', () => {
    // mov $0x600ffc,%ebx; mov $0x1122334455667788,%rax; mov %rax,(%rbx); mov (%rbx),%rcx; syscall
    const cpu = machine([
      0xbb, 0xfc, 0x0f, 0x60, 0, 0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x48, 0x89, 0x03, 0x48, 0x8b, 0x13, 0x0f, 0x05,
    ]);
    cpu.run(100);
    expect(cpu.registers.get('rdx')).toBe(0x1122334455667788n);
    expect(cpu.memory.readU64(DATA + 0xffcn)).toBe(0x1122334455667788n);
  });

  it('names an instruction that it does not have', () => {
    expect(machine([0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc1]).run(10)).toEqual({
      kind: 'unsupported',
      bytes: Uint8Array.of(0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc1),
      text: 'vaddps %zmm1,%zmm0,%zmm0 of AVX-512',
    });
    for (const [text, ...code] of [
      // With registers that AVX has too, and another mask than none.
      ['vpaddd %xmm3,%xmm2,%xmm1 of AVX-512', 0x62, 0xf1, 0x6d, 0x08, 0xfe, 0xcb],
      ['vpaddd %ymm3,%ymm2,%ymm1{%k1} of AVX-512', 0x62, 0xf1, 0x6d, 0x29, 0xfe, 0xcb],
      ['kmovw %eax,%k1 of AVX-512', 0xc5, 0xf8, 0x92, 0xc8],
      ['vaesenc %ymm1,%ymm2,%ymm3 of VAES', 0xc4, 0xe2, 0x6d, 0xdc, 0xd9],
      ['gf2p8mulb %xmm1,%xmm0 of GFNI', 0x66, 0x0f, 0x38, 0xcf, 0xc1],
      ['vpdpbusd %xmm1,%xmm2,%xmm3 of AVX-VNNI', 0xc4, 0xe2, 0x69, 0x50, 0xd9],
      ['pfadd %mm1,%mm0 of 3DNow!', 0x0f, 0x0f, 0xc1, 0x9e],
      ['femms of 3DNow!', 0x0f, 0x0e],
      ['extrq %xmm1,%xmm0 of SSE4a', 0x66, 0x0f, 0x79, 0xc1],
      ['movntsd %xmm0,(%rax) of SSE4a', 0xf2, 0x0f, 0x2b, 0x00],
      ['vpcmov %xmm4,%xmm3,%xmm2,%xmm1 of XOP', 0x8f, 0xe8, 0x68, 0xa2, 0xcb, 0x40],
      ['bextr $5,%ecx,%eax of TBM', 0x8f, 0xea, 0x78, 0x10, 0xc1, 0x05, 0x00, 0x00, 0x00],
      ['vfmaddps %xmm4,%xmm3,%xmm2,%xmm1 of FMA4', 0xc4, 0xe3, 0xe9, 0x68, 0xcc, 0x30],
      ['xbegin 0x400006 of TSX', 0xc7, 0xf8, 0, 0, 0, 0],
      ['vmxoff of VMX', 0x0f, 0x01, 0xc4],
      ['wrpkru of PKU', 0x0f, 0x01, 0xef],
    ] as const)
      expect(machine(code).run(10), text).toMatchObject({ kind: 'unsupported', text });
  });
});

describe('blocks', () => {
  it('do as their instructions one by one, whatever ops become one', () => {
    const steps = { 'add $3,%rax': [0x48, 0x83, 0xc0, 3], 'add $-1,%rax': [0x48, 0x83, 0xc0, 0xff], 'inc %rax': [0x48, 0xff, 0xc0] };
    const compares = { 'cmp %rbx,%rax': [0x48, 0x39, 0xd8], 'cmp %rax,%rbx': [0x48, 0x39, 0xc3], 'test %rax,%rax': [0x48, 0x85, 0xc0] };
    const values = [0n, 1n, 2n, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_ffff_ffffn];
    for (const [step, stepBytes] of Object.entries(steps)) {
      for (const [compare, compareBytes] of Object.entries(compares)) {
        for (let condition = 0; condition < 16; condition++) {
          const whole = machine([...stepBytes, ...compareBytes, 0x70 + condition, 0x10]);
          const single = machine([...stepBytes, ...compareBytes, 0x70 + condition, 0x10]);
          for (const rax of values) {
            for (const rbx of values) {
              const outcome = (cpu: Machine, budgets: readonly number[]) => {
                cpu.registers.rip = CODE;
                cpu.registers.set('rax', rax);
                cpu.registers.set('rbx', rbx);
                for (const budget of budgets) cpu.run(budget);
                const { rip, rflags } = cpu.registers;
                return { rip, rflags, rax: cpu.registers.get('rax') };
              };
              expect(outcome(whole, [3]), `${step}; ${compare}; jcc ${condition} with ${rax}, ${rbx}`).toEqual(outcome(single, [1, 1, 1]));
            }
          }
        }
      }
    }
  });

  /** 1: mov %sil,disp(%rax); add $by,%rax (or inc); cmp %rdx,%rax; jne 1b; syscall */
  const fillLoop = (displacement: number, step: readonly number[]) => [
    ...(displacement === 0 ? [0x40, 0x88, 0x30] : [0x40, 0x88, 0x70, displacement]),
    ...step,
    ...[0x48, 0x39, 0xd0, 0x75, 0x100 - (displacement === 0 ? 8 : 9) - step.length],
    ...[0x0f, 0x05],
  ];
  const LOOPS = {
    'add $1': fillLoop(0, [0x48, 0x83, 0xc0, 1]),
    inc: fillLoop(0, [0x48, 0xff, 0xc0]),
    'add $2': fillLoop(0, [0x48, 0x83, 0xc0, 2]),
    'behind a pointer': fillLoop(0x10, [0x48, 0x83, 0xc0, 1]),
    // The byte is of the pointer itself: 1: mov %al,(%rax).
    'its own pointer': [0x88, 0x00, 0x48, 0xff, 0xc0, 0x48, 0x39, 0xd0, 0x75, 0xf6, 0x0f, 0x05],
  };

  it.each(Object.entries(LOOPS))('fill memory as their instructions do: %s', (_, code) => {
    const outcome = (from: bigint, to: bigint, budget: number, prepare: (cpu: Machine) => void = () => undefined) => {
      const cpu = machine(code);
      prepare(cpu);
      cpu.registers.set('rax', from);
      cpu.registers.set('rdx', to);
      cpu.registers.set('rsi', 0x1_55n);
      const stops: unknown[] = [];
      let stop: ReturnType<Machine['run']>;
      do {
        stop = cpu.run(budget);
        if (stop.kind !== 'budget') stops.push(stop);
      } while ((stop.kind === 'budget' && cpu.icount < 40_000) || stop.kind === 'watchpoint');
      const { rip, rflags } = cpu.registers;
      return { stops, rip, rflags, icount: cpu.icount, rax: cpu.registers.get('rax'), data: cpu.memory.read(DATA, 0x2000) };
    };
    const watch = (cpu: Machine) => cpu.setWatches([{ address: DATA + 0x345n, length: 1, access: 'write' }]);
    for (const [from, to] of [
      [DATA + 1n, DATA + 2n],
      [DATA + 0x20n, DATA + 0x120n],
      // Over a page's end, and out of what is mapped.
      [DATA + 0xf00n, DATA + 0x1180n],
      [DATA + 0x1f00n, DATA + 0x2100n],
    ] as const) {
      const stepwise = outcome(from, to, 1);
      for (const budget of [7, 100, 100_000]) expect(outcome(from, to, budget), `${from}..${to} by ${budget}`).toEqual(stepwise);
    }
    expect(outcome(DATA + 0x300n, DATA + 0x400n, 100_000, watch)).toEqual(outcome(DATA + 0x300n, DATA + 0x400n, 1, watch));
  });
});
