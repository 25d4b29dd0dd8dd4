import { describe, expect, it } from 'vitest';
import { PROT } from '../../src/cpu/api.js';
import { Machine } from '../../src/cpu/cpu.js';
import { SSE_FLOAT } from '../../src/cpu/helpers/sse-float.js';
import { F32, F64, FloatEnv, type FloatFormat } from '../../src/cpu/softfloat/index.js';
import { generator, operandOf } from './edges.js';

/**
 * MXCSR as a running program has it: all masked, to nearest. With PE set the rows compute by themselves whatever they dare, without it
 * the helper's quick way does.
 */
const MODES = [0x1fa0, 0x1f80] as const;
const CODE = 0x400000n;
const CASES = 400;

interface Sample {
  /** Name in the helper's table. */
  readonly name: string;
  /** The instruction on XMM0 and XMM1, or RAX and XMM1. */
  readonly code: readonly number[];
  readonly operands: FloatFormat;
  /** Unary: XMM1 is the only source. */
  readonly unary?: boolean;
  readonly imm?: number;
}

const PREFIX: Readonly<Record<string, readonly number[]>> = { ss: [0xf3], sd: [0xf2], ps: [], pd: [0x66] };

function samples(): Sample[] {
  const list: Sample[] = [];
  for (const [suffix, prefix] of Object.entries(PREFIX)) {
    const operands = suffix.endsWith('s') ? F32 : F64;
    const isPacked = suffix.startsWith('p');
    const simple = { add: 0x58, mul: 0x59, sub: 0x5c, min: 0x5d, div: 0x5e, max: 0x5f };
    for (const [name, opcode] of Object.entries(simple))
      list.push({ name: name + suffix, code: [...prefix, 0x0f, opcode, 0xc1], operands });
    list.push({ name: `sqrt${suffix}`, code: [...prefix, 0x0f, 0x51, 0xc1], operands, unary: true });
    for (let imm = 0; imm < 8; imm++) list.push({ name: `cmp${suffix}`, code: [...prefix, 0x0f, 0xc2, 0xc1, imm], operands, imm });
    const round = { ps: 0x08, pd: 0x09, ss: 0x0a, sd: 0x0b }[suffix]!;
    for (const imm of [0, 1, 2, 3, 4, 9, 12]) {
      list.push({ name: `round${suffix}`, code: [0x66, 0x0f, 0x3a, round, 0xc1, imm], operands, unary: true, imm });
    }
    if (isPacked) {
      const mark = suffix === 'pd' ? [0x66] : [0xf2];
      for (const [name, opcode] of Object.entries({ hadd: 0x7c, hsub: 0x7d, addsub: 0xd0 })) {
        list.push({ name: name + suffix, code: [...mark, 0x0f, opcode, 0xc1], operands });
      }
    } else {
      const mark = suffix === 'sd' ? [0x66] : [];
      list.push({ name: `comi${suffix}`, code: [...mark, 0x0f, 0x2f, 0xc1], operands });
      list.push({ name: `ucomi${suffix}`, code: [...mark, 0x0f, 0x2e, 0xc1], operands });
      for (const [width, rex] of [
        [32, []],
        [64, [0x48]],
      ] as const) {
        list.push({ name: `cvt${suffix}2si${width}`, code: [...prefix, ...rex, 0x0f, 0x2d, 0xc1], operands, unary: true });
        list.push({ name: `cvtt${suffix}2si${width}`, code: [...prefix, ...rex, 0x0f, 0x2c, 0xc1], operands, unary: true });
      }
    }
  }
  const conversions: [string, number[], FloatFormat][] = [
    ['cvtss2sd', [0xf3, 0x0f, 0x5a, 0xc1], F32],
    ['cvtsd2ss', [0xf2, 0x0f, 0x5a, 0xc1], F64],
    ['cvtps2pd', [0x0f, 0x5a, 0xc1], F32],
    ['cvtpd2ps', [0x66, 0x0f, 0x5a, 0xc1], F64],
    ['cvtdq2ps', [0x0f, 0x5b, 0xc1], F32],
    ['cvtps2dq', [0x66, 0x0f, 0x5b, 0xc1], F32],
    ['cvttps2dq', [0xf3, 0x0f, 0x5b, 0xc1], F32],
    ['cvttpd2dq', [0x66, 0x0f, 0xe6, 0xc1], F64],
    ['cvtpd2dq', [0xf2, 0x0f, 0xe6, 0xc1], F64],
  ];
  for (const [name, code, operands] of conversions) list.push({ name, code, operands, unary: true });
  return list;
}

function vector(f: FloatFormat, random: () => number): bigint {
  let value = 0n;
  for (let at = 0; at < 128; at += f.bits) value |= operandOf(f, random) << BigInt(at);
  return value;
}

describe('rows of SSE floating point', () => {
  const cpu = new Machine({ memory: 1 << 20 });
  cpu.memory.map(CODE, 0x1000n, PROT.read | PROT.exec);
  let at = CODE;
  it.each(samples().map(sample => [`${sample.name} ${sample.imm ?? ''}`.trim(), sample] as const))('%s', (_, sample) => {
    const { name, code, operands, unary, imm = 0 } = sample;
    const operation = SSE_FLOAT[name]!;
    const random = generator(7);
    const env = new FloatEnv();
    const start = at;
    cpu.memory.write(start, Uint8Array.from(code));
    at += 16n;
    for (let n = 0; n < CASES; n++) {
      const a = vector(operands, random);
      const b = vector(operands, random);
      const mxcsr = MODES[n % 2]!;
      env.loadMxcsr(mxcsr);
      const expected = operation.run(env, unary ? b : a, b, imm, 0n);
      cpu.registers.setXmm(0, a);
      cpu.registers.setXmm(1, b);
      cpu.registers.set('rax', 0n);
      cpu.registers.rflags = 0x8d5n;
      cpu.registers.mxcsr = mxcsr;
      cpu.registers.rip = start;
      expect(cpu.run(1).kind).toBe('budget');
      const flags = Number(cpu.registers.rflags & 0x8d5n);
      const isInteger = /2si\d\d$/.test(name);
      const kept = operation.writes === 'flags' || isInteger ? 128n : BigInt(8 * operation.writes);
      const merged = kept === 128n && operation.writes !== 16 ? a : ((a >> kept) << kept) | expected;
      const got = { xmm0: cpu.registers.xmm(0), rax: cpu.registers.get('rax'), flags, mxcsr: cpu.registers.mxcsr };
      const text = `${a.toString(16)} ${b.toString(16)}`;
      expect({ text, ...got }).toEqual({
        text,
        xmm0: merged,
        rax: isInteger ? expected : 0n,
        flags: operation.writes === 'flags' ? Number(expected) : 0x8d5,
        mxcsr: mxcsr | env.flags,
      });
    }
  });
});
