import { describe, expect, it } from 'vitest';
import { PROT } from '../api.js';
import { Machine } from '../cpu.js';

const CODE = 0x400000n;
const DATA = 0x600000n;

/** RDI points at a writable page that is followed by none. */
function machine(code: readonly number[]): Machine {
  const cpu = new Machine({ memory: 1 << 20 });
  cpu.memory.map(CODE, 0x1000n, PROT.read | PROT.exec);
  cpu.memory.map(DATA, 0x1000n, PROT.read | PROT.write);
  cpu.memory.write(CODE, Uint8Array.from(code));
  cpu.registers.rip = CODE;
  cpu.registers.set('rdi', DATA);
  return cpu;
}

describe('SSE operands in memory', () => {
  it('must be aligned, unless the instruction says otherwise', () => {
    // paddb 1(%rdi),%xmm0; movdqu 1(%rdi),%xmm0; pcmpistri $0,1(%rdi),%xmm0
    expect(machine([0x66, 0x0f, 0xfc, 0x47, 1]).run(1)).toEqual({
      kind: 'fault',
      fault: { vector: '#GP', address: 0n, cause: { kind: 'misaligned', address: 0x60_0001n } },
    });
    expect(machine([0xf3, 0x0f, 0x6f, 0x47, 1]).run(1)).toEqual({ kind: 'budget' });
    expect(machine([0x66, 0x0f, 0x3a, 0x63, 0x47, 1, 0]).run(1)).toEqual({ kind: 'budget' });
  });

  it('are only as wide as the instruction', () => {
    // addsd -8(%rdi),%xmm0 at the end of the last page; addpd there
    const at = (code: readonly number[]) => {
      const cpu = machine(code);
      cpu.registers.set('rdi', DATA + 0x1000n);
      return cpu.run(1);
    };
    expect(at([0xf2, 0x0f, 0x58, 0x47, 0xf8])).toEqual({ kind: 'budget' });
    expect(at([0x66, 0x0f, 0x58, 0x07])).toMatchObject({
      kind: 'fault',
      fault: { vector: '#PF', address: DATA + 0x1000n, access: 'read' },
    });
  });
});

describe('MXCSR', () => {
  it('traps an unmasked exception before the register changes', () => {
    // divsd %xmm1,%xmm0
    const cpu = machine([0xf2, 0x0f, 0x5e, 0xc1]);
    cpu.registers.setXmm(0, 0x3ff0000000000000n);
    cpu.registers.mxcsr = 0x1f80 & ~0x200;
    expect(cpu.run(1)).toMatchObject({ kind: 'fault', fault: { vector: '#XM' } });
    expect(cpu.registers.xmm(0)).toBe(0x3ff0000000000000n);
    expect(cpu.registers.mxcsr & 0x3f).toBe(4);
    expect(cpu.registers.rip).toBe(CODE);
  });

  it('refuses reserved bits', () => {
    // ldmxcsr (%rdi)
    const cpu = machine([0x0f, 0xae, 0x17]);
    cpu.memory.writeU32(DATA, 0x10000);
    expect(cpu.run(1)).toMatchObject({ kind: 'fault', fault: { vector: '#GP' } });
    expect(cpu.registers.mxcsr).toBe(0x1f80);
  });
});

describe('x87', () => {
  it('computes in extended precision and stores what memory holds', () => {
    // fld1; fldpi; fdivrp; fstpt (%rdi)
    const cpu = machine([0xd9, 0xe8, 0xd9, 0xeb, 0xde, 0xf1, 0xdb, 0x3f]);
    expect(cpu.run(4)).toEqual({ kind: 'budget' });
    expect(cpu.memory.readU64(DATA)).toBe(0xc90fdaa22168c235n);
    expect(cpu.memory.readU16(DATA + 8n)).toBe(0x4000);
    expect(cpu.registers.ftw).toBe(0xffff);
  });

  it('leaves stack and status alone when a store faults', () => {
    // fld1; fstpl 0x1000(%rdi)
    const cpu = machine([0xd9, 0xe8, 0xdd, 0x9f, 0, 0x10, 0, 0]);
    expect(cpu.run(2)).toMatchObject({ kind: 'fault', fault: { vector: '#PF', access: 'write', address: DATA + 0x1000n } });
    expect(cpu.registers.st(0)).toBe(0x3fff8000000000000000n);
    expect(cpu.registers.fsw).toBe(0x3800);
  });

  it('reports an unmasked exception at the next instruction that waits', () => {
    // fldcw (%rdi); fldz; fld1; fdivp %st,%st(1) (1 / 0 the other way); fnstsw %ax; fld1
    const cpu = machine([0xd9, 0x2f, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0xdf, 0xe0, 0xd9, 0xe8]);
    cpu.memory.writeU32(DATA, 0x37b);
    expect(cpu.run(100)).toMatchObject({ kind: 'fault', fault: { vector: '#MF' } });
    expect(cpu.registers.rip).toBe(CODE + 10n);
    expect(cpu.registers.get('rax') & 0x84n).toBe(0x84n);
  });

  it('comes back whole from FXSAVE and FXRSTOR', () => {
    // fldpi; fld1; fxsave (%rdi); fninit; pxor %xmm3,%xmm3; fxrstor (%rdi)
    const cpu = machine([0xd9, 0xeb, 0xd9, 0xe8, 0x0f, 0xae, 0x07, 0xdb, 0xe3, 0x66, 0x0f, 0xef, 0xdb, 0x0f, 0xae, 0x0f]);
    cpu.registers.setXmm(3, 0x1234n);
    cpu.run(3);
    const { st, fsw, ftw } = { st: [cpu.registers.st(0), cpu.registers.st(1)], fsw: cpu.registers.fsw, ftw: cpu.registers.ftw };
    cpu.run(2);
    expect(cpu.registers.ftw).toBe(0xffff);
    cpu.run(1);
    expect([cpu.registers.st(0), cpu.registers.st(1)]).toEqual(st);
    expect({ fsw: cpu.registers.fsw, ftw: cpu.registers.ftw }).toEqual({ fsw, ftw });
    expect(cpu.registers.xmm(3)).toBe(0x1234n);
  });
});
