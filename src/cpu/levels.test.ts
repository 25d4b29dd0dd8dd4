import { describe, expect, it } from 'vitest';
import { PROT } from './api.js';
import { Machine } from './cpu.js';
import { CPU_LEVELS, type CpuLevel, cpuid } from './cpuid.js';

const CODE = 0x400000n;

function run(level: CpuLevel, code: readonly number[], steps = 1, seed = 0n) {
  const cpu = new Machine({ memory: 1 << 20, level, seed });
  cpu.memory.map(CODE, 0x1000n, PROT.read | PROT.exec);
  cpu.memory.write(CODE, Uint8Array.from(code));
  cpu.registers.rip = CODE;
  cpu.registers.set('rcx', 0n);
  return { cpu, stop: cpu.run(steps) };
}

/** Bits that the AMD64 psABI (table 3.1) wants of a level: leaf, register, bit. */
const WANTED = {
  v2: [
    [1, 2, 13],
    [0x80000001, 2, 0],
    [1, 2, 23],
    [1, 2, 0],
    [1, 2, 19],
    [1, 2, 20],
    [1, 2, 9],
  ],
  v3: [
    [1, 2, 28],
    [7, 1, 5],
    [7, 1, 3],
    [7, 1, 8],
    [1, 2, 29],
    [1, 2, 12],
    [0x80000001, 2, 5],
    [1, 2, 22],
    [1, 2, 27],
  ],
} as const;

describe('levels of x86-64', () => {
  it('are what CPUID tells', () => {
    for (const level of CPU_LEVELS) {
      for (const [name, bits] of Object.entries(WANTED)) {
        const has = CPU_LEVELS.indexOf(name as CpuLevel) <= CPU_LEVELS.indexOf(level);
        for (const [leaf, register, bit] of bits)
          expect((cpuid(level, leaf, 0)[register] >>> bit) & 1, `${level} ${leaf} ${bit}`).toBe(has ? 1 : 0);
      }
      // AVX-512F, and leaves behind the last.
      expect((cpuid(level, 7, 0)[1] >>> 16) & 1).toBe(0);
      expect(cpuid(level, 0xe, 0)).toEqual([0, 0, 0, 0]);
    }
    expect(cpuid('v3', 0xd, 0).slice(0, 3)).toEqual([7, 832, 832]);
    expect(cpuid('v3', 0xd, 2).slice(0, 2)).toEqual([256, 576]);
    expect(cpuid('v2', 0xd, 0)).toEqual([0, 0, 0, 0]);
  });

  it('have no instruction of a later one', () => {
    const refused = (level: CpuLevel) => ({ kind: 'fault', fault: { vector: '#UD', cause: { kind: 'level', level } } });
    const forms: readonly (readonly [level: CpuLevel, code: readonly number[]])[] = [
      ['v2', [0xf3, 0x0f, 0xb8, 0xc1]], // popcnt %ecx,%eax
      ['v2', [0x66, 0x0f, 0x38, 0x00, 0xc1]], // pshufb %xmm1,%xmm0
      ['v3', [0xc5, 0xf5, 0xfe, 0xc2]], // vpaddd %ymm2,%ymm1,%ymm0
      ['v3', [0xc4, 0xe2, 0xf0, 0xf2, 0xc2]], // andn %rdx,%rcx,%rax
      ['v3', [0x66, 0x0f, 0x38, 0xdc, 0xc1]], // aesenc %xmm1,%xmm0
      ['v3', [0x0f, 0x01, 0xd0]], // xgetbv
      ['v3', [0x0f, 0xc7, 0xf0]], // rdrand %eax
    ];
    for (const [first, code] of forms)
      for (const level of CPU_LEVELS) {
        const { stop } = run(level, code);
        if (CPU_LEVELS.indexOf(level) < CPU_LEVELS.indexOf(first)) expect(stop).toMatchObject(refused(first));
        else expect(stop, `${level} ${code}`).toEqual({ kind: 'budget' });
      }
  });

  it('read the prefix of TZCNT as nothing before v3', () => {
    // xor %eax,%eax; tzcnt %ecx,%eax: BSF leaves the register and sets ZF
    const code = [0xb8, 7, 0, 0, 0, 0xf3, 0x0f, 0xbc, 0xc1];
    expect(run('v3', code, 2).cpu.registers.get('rax')).toBe(32n);
    expect(run('v2', code, 2).cpu.registers.get('rax')).toBe(7n);
  });

  it('give random numbers that the seed decides, and that a restored state repeats', () => {
    // rdrand %rax; rdseed %rdx
    const code = [0x48, 0x0f, 0xc7, 0xf0, 0x48, 0x0f, 0xc7, 0xfa];
    const numbers = (seed: bigint) => {
      const { cpu } = run('v3', code, 2, seed);
      expect(cpu.registers.rflags & 0x8d5n).toBe(1n);
      return [cpu.registers.get('rax'), cpu.registers.get('rdx')];
    };
    expect(numbers(1n)).toEqual(numbers(1n));
    expect(new Set([...numbers(1n), ...numbers(2n)]).size).toBe(4);
    // SplitMix64's first output for the seed 0.
    expect(numbers(0n)[0]).toBe(0xe220a8397b1dcdafn);
    const { cpu } = run('v3', code, 1, 5n);
    const saved = cpu.save();
    cpu.run(1);
    const first = cpu.registers.get('rdx');
    cpu.restore(saved);
    cpu.run(1);
    expect(cpu.registers.get('rdx')).toBe(first);
  });
});

describe('the upper halves', () => {
  it('are part of what is saved', () => {
    const { cpu } = run('v3', [0x90]);
    cpu.registers.setYmmHigh(7, 0x1234n);
    const saved = cpu.save();
    cpu.registers.setYmmHigh(7, 0n);
    cpu.restore(saved);
    expect(cpu.registers.ymmHigh(7)).toBe(0x1234n);
  });
});
