import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROT } from '../api.js';
import { Machine } from '../cpu.js';

const CODE = 0x400000n;
const view = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): bigint {
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
}

function floatOf(bits: bigint): number {
  view.setUint32(0, Number(bits & 0xffffffffn));
  return view.getFloat32(0);
}

describe('approximations', () => {
  const cpu = new Machine({ memory: 1 << 20 });
  cpu.memory.map(CODE, 0x1000n, PROT.read | PROT.exec);
  // rcpss %xmm1,%xmm0; rsqrtss %xmm1,%xmm2
  cpu.memory.write(CODE, Uint8Array.from([0xf3, 0x0f, 0x53, 0xc1, 0xf3, 0x0f, 0x52, 0xd1]));
  const approximate = (bits: bigint): { reciprocal: bigint; root: bigint } => {
    cpu.registers.setXmm(0, 0n);
    cpu.registers.setXmm(1, bits);
    cpu.registers.setXmm(2, 0n);
    cpu.registers.rip = CODE;
    expect(cpu.run(2)).toEqual({ kind: 'budget' });
    return { reciprocal: cpu.registers.xmm(0), root: cpu.registers.xmm(2) };
  };

  it('are within 1.5 * 2^-12', () => {
    const bound = 1.5 * 2 ** -12;
    fc.assert(
      fc.property(fc.float({ min: 2 ** -100, max: 2 ** 100, noNaN: true }), x => {
        const { reciprocal, root } = approximate(bitsOf(x));
        expect(Math.abs(floatOf(reciprocal) * x - 1)).toBeLessThan(bound);
        expect(Math.abs(floatOf(root) * Math.sqrt(x) - 1)).toBeLessThan(bound);
      }),
    );
  });

  it('answer zeros, infinities, NaNs and negative numbers as the manual says', () => {
    expect(approximate(0x80000001n)).toEqual({ reciprocal: 0xff800000n, root: 0xff800000n });
    expect(approximate(0x7f800000n)).toEqual({ reciprocal: 0n, root: 0n });
    expect(approximate(0xbf800000n).root).toBe(0xffc00000n);
    expect(approximate(0x7f800001n)).toEqual({ reciprocal: 0x7fc00001n, root: 0x7fc00001n });
    expect(cpu.registers.mxcsr).toBe(0x1f80);
  });
});
