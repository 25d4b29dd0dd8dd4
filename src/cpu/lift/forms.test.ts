import { describe, expect, it } from 'vitest';
import { PROT } from '../api.js';
import { Machine } from '../cpu.js';
import { knownForms } from './forms.js';

const CODE = 0x400000n;
/** REX prefixes, ModRM bytes with a SIB byte behind them and no displacement, SIB bytes: each LEA is of a form of its own. */
const LEAS = [0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f].flatMap(rex =>
  [0, 1, 2, 3, 5, 6, 7].flatMap(reg => Array.from({ length: 256 }, (_, sib) => [rex, 0x8d, (reg << 3) | 4, sib])),
);

describe('a program of instructions that all differ', () => {
  it('runs on when no more forms are kept', () => {
    // Those whose base is RBP or R13 have a displacement.
    const code = LEAS.filter(([, , , sib]) => (sib! & 7) !== 5);
    // With prefixes that mean nothing for LEA they are others again.
    const whole = [[], [0x66], [0x2e], [0x3e], [0x26]].flatMap(prefix => code.map(lea => [...prefix, ...lea]));
    expect(whole.length).toBeGreaterThan(1 << 16);
    const bytes = Uint8Array.from([...whole.flat(), 0xb8, 42, 0, 0, 0, 0x0f, 0x05]);
    const cpu = new Machine({ memory: 64 << 20 });
    cpu.memory.map(CODE, BigInt((bytes.length + 4095) & ~4095), PROT.read | PROT.exec);
    cpu.memory.write(CODE, bytes);
    cpu.registers.rip = CODE;
    cpu.registers.set('rsp', 0x5000n);
    expect(cpu.run(1e6)).toEqual({ kind: 'syscall' });
    expect(cpu.icount).toBe(whole.length + 2);
    expect(cpu.registers.get('rax')).toBe(42n);
    expect(knownForms().full).toBe(true);
    // The same again, by the forms that are kept and by those that are made each time.
    const before = process.memoryUsage().heapUsed;
    cpu.registers.rip = CODE;
    expect(cpu.run(1e6)).toEqual({ kind: 'syscall' });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1 << 28);
  });
});
