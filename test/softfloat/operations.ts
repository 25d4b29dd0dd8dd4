/** The instructions that the soft float stands for: how the oracle runs each on this CPU, and how the soft float does it. */
import * as sf from '../../src/cpu/softfloat/index.js';
import { F32, F64, type FloatEnv, type FloatFormat, X80 } from '../../src/cpu/softfloat/index.js';

export interface Outcome {
  readonly r: bigint;
  readonly s?: bigint;
  /** Condition codes of the x87 status word. */
  readonly codes?: number;
}

export interface Operation {
  readonly name: string;
  /** The macro of oracle.c that wraps the instruction. */
  readonly shape: 'SSE' | 'SSEI' | 'X87' | 'X87M' | 'X87L';
  readonly text: string;
  readonly a: FloatFormat | 'int';
  readonly b?: FloatFormat;
  /** Bits of `r` and `s` that the instruction defines. */
  readonly rBits: number;
  readonly sBits?: number;
  /** C3, C2, C1 and C0 bits of the status word that are compared; C1 alone by default. */
  readonly codes?: number;
  run(env: FloatEnv, a: bigint, b: bigint): Outcome;
}

const C0 = 0x100;
const C1 = 0x200;
const C2 = 0x400;
const C3 = 0x4000;
const ALL = C0 | C1 | C2 | C3;

const ORDER_FLAGS = { less: 0x01, equal: 0x40, greater: 0, unordered: 0x45 } as const;
const ORDER_CODES = { less: C0, equal: C3, greater: 0, unordered: C0 | C2 | C3 } as const;

function sse(f: FloatFormat, suffix: string): Operation[] {
  const binary = (name: string, fn: (env: FloatEnv, f: FloatFormat, a: bigint, b: bigint) => bigint): Operation => ({
    name: `${name}${suffix}`,
    shape: 'SSE',
    text: `${name}${suffix} %%xmm1, %%xmm0`,
    a: f,
    b: f,
    rBits: f.bits,
    run: (env, a, b) => ({ r: fn(env, f, a, b) }),
  });
  const ones = (1n << BigInt(f.bits)) - 1n;
  const toInt = (width: 32 | 64, truncate: boolean): Operation => ({
    name: `cvt${truncate ? 't' : ''}${suffix}2si${width}`,
    shape: 'SSEI',
    text: `cvt${truncate ? 't' : ''}${suffix}2si %%xmm0, ${width === 32 ? '%%eax' : '%%rax'}`,
    a: f,
    rBits: width,
    run: (env, a) => ({ r: sf.toInt(env, f, a, width, truncate) }),
  });
  const fromInt = (width: 32 | 64): Operation => ({
    name: `cvtsi2${suffix}${width}`,
    shape: 'SSE',
    text: `movq %%xmm0, %%rcx\\n cvtsi2${suffix} ${width === 32 ? '%%ecx' : '%%rcx'}, %%xmm0`,
    a: 'int',
    rBits: f.bits,
    run: (env, a) => ({ r: sf.fromInt(env, f, BigInt.asIntN(width, a)) }),
  });
  const list: Operation[] = [
    binary('add', sf.add),
    binary('sub', sf.sub),
    binary('mul', sf.mul),
    binary('div', sf.div),
    binary('min', sf.min),
    binary('max', sf.max),
    { ...binary('sqrt', sf.sub), text: `sqrt${suffix} %%xmm0, %%xmm0`, run: (env, a) => ({ r: sf.sqrt(env, f, a) }) },
    toInt(32, false),
    toInt(64, false),
    toInt(32, true),
    toInt(64, true),
    fromInt(32),
    fromInt(64),
  ];
  for (let predicate = 0; predicate < 8; predicate++) {
    list.push({
      ...binary('cmp', sf.sub),
      name: `cmp${suffix}${predicate}`,
      text: `cmp${suffix} $${predicate}, %%xmm1, %%xmm0`,
      run: (env, a, b) => ({ r: sf.comparePredicate(env, f, a, b, predicate) ? ones : 0n }),
    });
  }
  for (const [name, signalling] of [
    ['comi', true],
    ['ucomi', false],
  ] as const) {
    list.push({
      name: `${name}${suffix}`,
      shape: 'SSEI',
      text: `${name}${suffix} %%xmm1, %%xmm0\\n lahf\\n movzbl %%ah, %%eax\\n and $0x45, %%eax`,
      a: f,
      b: f,
      rBits: 32,
      run: (env, a, b) => ({ r: BigInt(ORDER_FLAGS[sf.compare(env, f, a, b, signalling)]) }),
    });
  }
  for (const imm of [0, 1, 2, 3, 4, 8, 12]) {
    list.push({
      name: `round${suffix}${imm}`,
      shape: 'SSE',
      text: `round${suffix} $${imm}, %%xmm0, %%xmm0`,
      a: f,
      rBits: f.bits,
      run: (env, a) => ({ r: sf.roundToInt(env, f, a, (imm & 4) !== 0 ? env.rounding : imm & 3, (imm & 8) !== 0) }),
    });
  }
  return list;
}

function x87(name: string, text: string, run: Operation['run'], more: Partial<Operation> = {}): Operation {
  return { name, shape: 'X87', text, a: X80, b: X80, rBits: 80, run, ...more };
}

function store(name: string, rBits: number, run: (env: FloatEnv, a: bigint) => bigint): Operation {
  return { name, shape: 'X87M', text: name, a: X80, rBits, run: (env, a) => ({ r: run(env, a) }) };
}

function load(name: string, a: FloatFormat | 'int', width: number, run: (env: FloatEnv, a: bigint) => bigint): Operation {
  return { name, shape: 'X87L', text: name, a, rBits: 80, run: (env, bits) => ({ r: run(env, BigInt.asUintN(width, bits)) }) };
}

function prem(name: string, nearest: boolean): Operation {
  const run: Operation['run'] = (env, a, b) => {
    const { bits, quotient = 0, partial } = sf.remainder(env, a, b, nearest);
    const codes = ((quotient & 1) !== 0 ? C1 : 0) | ((quotient & 2) !== 0 ? C3 : 0) | ((quotient & 4) !== 0 ? C0 : 0) | (partial ? C2 : 0);
    return { r: bits, codes };
  };
  return x87(name, name, run, { codes: ALL });
}

function compare(name: string, signalling: boolean): Operation {
  return x87(name, `${name} %%st(1)`, (env, a, b) => ({ r: a, codes: ORDER_CODES[sf.compare(env, X80, a, b, signalling)] }), {
    codes: ALL,
  });
}

export const OPERATIONS: readonly Operation[] = [
  ...sse(F32, 'ss'),
  ...sse(F64, 'sd'),
  {
    name: 'cvtss2sd',
    shape: 'SSE',
    text: 'cvtss2sd %%xmm0, %%xmm0',
    a: F32,
    rBits: 64,
    run: (env, a) => ({ r: sf.convertFloat(env, F32, F64, a) }),
  },
  {
    name: 'cvtsd2ss',
    shape: 'SSE',
    text: 'cvtsd2ss %%xmm0, %%xmm0',
    a: F64,
    rBits: 32,
    run: (env, a) => ({ r: sf.convertFloat(env, F64, F32, a) }),
  },
  x87('fadd', 'fadd %%st(1), %%st', (env, a, b) => ({ r: sf.add(env, X80, a, b) })),
  x87('fsub', 'fsub %%st(1), %%st', (env, a, b) => ({ r: sf.sub(env, X80, a, b) })),
  x87('fsubr', 'fsubr %%st(1), %%st', (env, a, b) => ({ r: sf.sub(env, X80, b, a) })),
  x87('fmul', 'fmul %%st(1), %%st', (env, a, b) => ({ r: sf.mul(env, X80, a, b) })),
  x87('fdiv', 'fdiv %%st(1), %%st', (env, a, b) => ({ r: sf.div(env, X80, a, b) })),
  x87('fsqrt', 'fsqrt', (env, a) => ({ r: sf.sqrt(env, X80, a) })),
  prem('fprem', false),
  prem('fprem1', true),
  x87('fscale', 'fscale', (env, a, b) => ({ r: sf.scale(env, a, b) })),
  x87('frndint', 'frndint', (env, a) => ({ r: sf.roundToInt(env, X80, a, env.rounding, false) })),
  x87(
    'fxtract',
    'fxtract',
    (env, a) => {
      const { exponent, significand } = sf.extract(env, a);
      return { r: significand, s: exponent };
    },
    { sBits: 80 },
  ),
  x87('fxam', 'fxam', (_, a) => ({ r: a, codes: sf.examineX87(a) | (a >> 79n ? C1 : 0) }), { codes: ALL }),
  compare('fcom', true),
  compare('fucom', false),
  store('fstps', 32, (env, a) => sf.convertFloat(env, X80, F32, a)),
  store('fstpl', 64, (env, a) => sf.convertFloat(env, X80, F64, a)),
  store('fistps', 16, (env, a) => sf.toInt(env, X80, a, 16, false)),
  store('fistpl', 32, (env, a) => sf.toInt(env, X80, a, 32, false)),
  store('fistpll', 64, (env, a) => sf.toInt(env, X80, a, 64, false)),
  store('fisttps', 16, (env, a) => sf.toInt(env, X80, a, 16, true)),
  store('fisttpl', 32, (env, a) => sf.toInt(env, X80, a, 32, true)),
  store('fisttpll', 64, (env, a) => sf.toInt(env, X80, a, 64, true)),
  store('fbstp', 80, (env, a) => sf.toDecimal(env, a)),
  load('flds', F32, 32, (env, a) => sf.convertFloat(env, F32, X80, a)),
  load('fldl', F64, 64, (env, a) => sf.convertFloat(env, F64, X80, a)),
  load('filds', 'int', 16, (env, a) => sf.fromInt(env, X80, BigInt.asIntN(16, a))),
  load('fildl', 'int', 32, (env, a) => sf.fromInt(env, X80, BigInt.asIntN(32, a))),
  load('fildll', 'int', 64, (env, a) => sf.fromInt(env, X80, BigInt.asIntN(64, a))),
];

/** The cases of oracle.c's switch. */
export function operationsInclude(): string {
  return OPERATIONS.map((op, n) => `${op.shape}(${n}, "${op.text}")`).join('\n') + '\n';
}
