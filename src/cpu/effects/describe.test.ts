import { describe, expect, it } from 'vitest';
import type { Effects, EffectValue } from '../api.js';
import { PROT } from '../api.js';
import { Machine } from '../cpu.js';
import { rows } from '../ir/rows.js';
import { operandAddressOf } from './address.js';
import { effectsAt } from './describe.js';
import { packedEffects, unpackedEffects } from './pack.js';
import { recordRow } from './record.js';
import { isComputed, isConstant } from './value.js';

const AT = 0x400000n;

function effects(...code: number[]): Effects {
  return effectsAt(Uint8Array.from(code), 0, AT)!;
}

/** `rcx.4` for the low four bytes of RCX, `[0].s1` for a signed byte of the first access. */
function text(value: EffectValue): string {
  if (isConstant(value)) return `0x${value.value.toString(16)}`;
  if (isComputed(value)) return `${value.operation}(${value.args.map(text).join(' ')})`;
  if (value.kind !== 'register' && value.kind !== 'memory') return value.kind;
  const from = value.kind === 'register' ? value.register : `[${value.access}]`;
  return `${from}${value.offset > 0 ? `+${value.offset}` : ''}.${value.signed ? 's' : ''}${value.bytes}`;
}

const writes = (of: Effects): string[] =>
  of.writes.map(({ register, offset, bytes, value }) => `${register}${offset > 0 ? `+${offset}` : ''}.${bytes} = ${text(value)}`);

describe('effects of an instruction', () => {
  it('tell moves with their widths', () => {
    expect(writes(effects(0x48, 0x89, 0xc8))).toEqual(['rax.8 = rcx.8']);
    expect(writes(effects(0x89, 0xc8))).toEqual(['rax.8 = rcx.4']);
    expect(writes(effects(0x88, 0xc8))).toEqual(['rax.1 = rcx.1']);
    expect(writes(effects(0x88, 0xcc))).toEqual(['rax+1.1 = rcx.1']);
    expect(writes(effects(0x48, 0x0f, 0xbe, 0xc1))).toEqual(['rax.8 = rcx.s1']);
    expect(writes(effects(0x48, 0xc7, 0xc0, 0x34, 0x12, 0, 0))).toEqual(['rax.8 = 0x1234']);
    expect(writes(effects(0x31, 0xc0))).toEqual(['rax.8 = 0x0']);
  });

  it('tell memory operands by base, index, scale and displacement', () => {
    // movl %edx,-8(%rax,%rcx,4)
    const { accesses, reads } = effects(0x89, 0x54, 0x88, 0xf8);
    expect(accesses).toHaveLength(1);
    expect(accesses[0]).toMatchObject({ kind: 'write', bytes: 4, certain: true });
    expect(text(accesses[0]!.value!)).toBe('rdx.4');
    expect(operandAddressOf(accesses[0]!.address)).toMatchObject({
      base: 'rax',
      index: 'rcx',
      scale: 4,
      displacement: -8n,
      segment: undefined,
    });
    expect(reads.map(({ register }) => register).sort()).toEqual(['rax', 'rcx', 'rdx']);
    // movq %fs:-8,%rax; leaq 0x10(%rip),%rax
    const thread = effects(0x64, 0x48, 0x8b, 0x04, 0x25, 0xf8, 0xff, 0xff, 0xff);
    expect(operandAddressOf(thread.accesses[0]!.address)).toMatchObject({ base: undefined, segment: 'fs', displacement: -8n });
    expect(operandAddressOf(effects(0x48, 0x8d, 0x05, 0x10, 0, 0, 0).writes[0]!.value)).toMatchObject({
      relative: true,
      displacement: AT + 0x17n,
    });
  });

  it('make one access of a read-modify-write and of what goes piece by piece', () => {
    // lock incq (%rax); cmpxchg16b (%rax); fldt (%rax)
    expect(effects(0xf0, 0x48, 0xff, 0x00).accesses).toMatchObject([{ kind: 'update', bytes: 8 }]);
    expect(effects(0xf0, 0x48, 0x0f, 0xc7, 0x08).accesses).toMatchObject([{ kind: 'update', bytes: 16 }]);
    expect(effects(0xdb, 0x28).accesses).toMatchObject([{ kind: 'read', bytes: 10 }]);
  });

  it('tell the flags bit by bit', () => {
    // inc %eax leaves CF; cmc changes and reads it alone; jle
    expect(effects(0xff, 0xc0).flags).toEqual({ reads: 0, writes: 0x8d4 });
    expect(effects(0xf5).flags).toEqual({ reads: 1, writes: 1 });
    expect(effects(0x7e, 0x10).flags).toEqual({ reads: 0x8c0, writes: 0 });
  });

  it('tell where control goes', () => {
    expect(effects(0x74, 0x10).flow).toMatchObject({ kind: 'branch', target: AT + 0x12n });
    expect(effects(0xe8, 1, 0, 0, 0).flow).toMatchObject({ kind: 'call', target: { kind: 'constant', value: AT + 6n } });
    // call *16(%rax); ret
    const call = effects(0xff, 0x50, 0x10);
    expect(call.flow).toMatchObject({ kind: 'call', target: { kind: 'memory', access: 0 } });
    expect(effects(0xc3).flow).toMatchObject({ kind: 'return', target: { kind: 'memory', access: 0 } });
    expect(effects(0x0f, 0x05).flow).toEqual({ kind: 'syscall' });
    expect(effects(0x0f, 0x0b).flow).toEqual({ kind: 'fault', vector: '#UD' });
    // vaddps %zmm1,%zmm0,%zmm0: a table without AVX-512
    expect(effects(0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc1).flow).toEqual({ kind: 'unsupported' });
  });
});

describe('the machine', () => {
  it('describes an instruction without touching anything', () => {
    const cpu = new Machine({ memory: 1 << 20 });
    cpu.memory.map(AT, 0x1000n, PROT.read | PROT.exec);
    // addb %al,(%rax), in zeros
    expect(cpu.describe(AT + 0xffen)).toMatchObject({ length: 2, accesses: [{ kind: 'update', bytes: 1 }] });
    expect(cpu.describe(AT + 0xfffn)).toBeUndefined();
    expect(cpu.describe(AT + 0x1000n)).toBeUndefined();
    expect(cpu.memory.touchedPages).toBe(0);
  });
});

describe('effects of rows', () => {
  it('come back whole from the file that a bundle has', () => {
    const all = rows.map(({ emit }) => recordRow(emit));
    expect(packedEffects(all).split('\n').map(unpackedEffects)).toEqual(all);
  });
});
