/**
 * SSE floating-point operations in full: every rounding mode, MXCSR's flags, NaNs, subnormals, and #XM. The op table computes the common
 * cases by itself and comes here for the others.
 */
import { FMA, STATE, UPPER, WIDE_FLOAT } from '../layout.js';
import * as sf from '../softfloat/index.js';
import { EXCEPTION_FLAG, F16, F32, F64, FloatEnv, type FloatFormat, PRE_COMPUTATION } from '../softfloat/index.js';
import { immediate, operandA, operandB, operandD, raiseVector, readWide, setFlags, writeWide } from './operands.js';
import { quickFmaOf, quickOf, runQuick, runQuickFma } from './sse-quick.js';
import { type HelperEffects, slots } from './stated.js';

export interface SseOp {
  /** What the result is written to: so many bytes at `d`, or the status flags. */
  readonly writes: 4 | 8 | 16 | 'flags';
  /** Bytes that matter of `a` and of `b`. */
  readonly reads: readonly [a: number, b: number, d?: number];
  /** `a`, `b` and `d` are the 16 bytes at the operands, whatever their width; `imm` is the instruction's immediate. */
  run(env: FloatEnv, a: bigint, b: bigint, imm: number, d: bigint): bigint;
  /** The same of one that has several: both halves of 256 bits take each together. */
  stages?(env: FloatEnv, a: bigint, b: bigint, imm: number): Stages;
}

type Binary = (env: FloatEnv, f: FloatFormat, a: bigint, b: bigint, imm: number) => bigint;

const lane = (value: bigint, bits: number, index: number): bigint => BigInt.asUintN(bits, value >> BigInt(bits * index));

/** Joins `count` lanes of `bits` bits. */
function join(bits: number, count: number, each: (index: number) => bigint): bigint {
  let result = 0n;
  for (let index = 0; index < count; index++) result |= each(index) << BigInt(bits * index);
  return result;
}

function scalar(f: FloatFormat, fn: Binary, operands: 1 | 2): SseOp {
  const bytes = f === F32 ? 4 : 8;
  return {
    writes: bytes,
    reads: [bytes, operands === 2 ? bytes : 0],
    run: (env, a, b, imm) => fn(env, f, lane(a, f.bits, 0), lane(b, f.bits, 0), imm),
  };
}

function packed(f: FloatFormat, fn: Binary, operands: 1 | 2): SseOp {
  return {
    writes: 16,
    reads: [16, operands === 2 ? 16 : 0],
    run: (env, a, b, imm) => join(f.bits, 128 / f.bits, i => fn(env, f, lane(a, f.bits, i), lane(b, f.bits, i), imm)),
  };
}

const compare: Binary = (env, f, a, b, imm) => (sf.comparePredicate(env, f, a, b, imm) ? (1n << BigInt(f.bits)) - 1n : 0n);
/** ROUNDSD's immediate: bits 1:0 the mode unless bit 2 takes MXCSR's, bit 3 keeps PE quiet. */
const round: Binary = (env, f, a, _, imm) => sf.roundToInt(env, f, a, (imm & 4) !== 0 ? env.rounding : imm & 3, (imm & 8) !== 0);

/** Lane by lane, each with the number of its operands. */
const LANEWISE: Readonly<Record<string, readonly [fn: Binary, operands: 1 | 2]>> = {
  add: [sf.add, 2],
  sub: [sf.sub, 2],
  mul: [sf.mul, 2],
  div: [sf.div, 2],
  min: [sf.min, 2],
  max: [sf.max, 2],
  sqrt: [sf.sqrt, 1],
  cmp: [compare, 2],
  round: [round, 1],
};

const ORDER = { less: 0x01n, equal: 0x40n, greater: 0n, unordered: 0x45n } as const;

function comparison(f: FloatFormat, signalling: boolean): SseOp {
  return {
    writes: 'flags',
    reads: [f.bits / 8, f.bits / 8],
    run: (env, a, b) => ORDER[sf.compare(env, f, lane(a, f.bits, 0), lane(b, f.bits, 0), signalling)],
  };
}

/** HADDPS's and HSUBPS's operands are neighbours; ADDSUBPS subtracts in even lanes. */
function neighbours(f: FloatFormat, fn: Binary): SseOp {
  const half = 64 / f.bits;
  return {
    writes: 16,
    reads: [16, 16],
    run: (env, a, b) =>
      join(f.bits, 2 * half, i => {
        const from = i < half ? a : b;
        const first = 2 * (i % half);
        return fn(env, f, lane(from, f.bits, first), lane(from, f.bits, first + 1), 0);
      }),
  };
}

function alternating(f: FloatFormat): SseOp {
  return {
    writes: 16,
    reads: [16, 16],
    run: (env, a, b) => join(f.bits, 128 / f.bits, i => (i % 2 === 0 ? sf.sub : sf.add)(env, f, lane(a, f.bits, i), lane(b, f.bits, i))),
  };
}

/** DPPS and DPPD: products that the high nibble selects, summed in pairs, stored where the low nibble says. */
function dotProduct(f: FloatFormat): SseOp {
  const count = 128 / f.bits;
  function* stages(env: FloatEnv, a: bigint, b: bigint, imm: number): Stages {
    let terms = Array.from({ length: count }, (_, i) =>
      (imm & (16 << i)) !== 0 ? sf.mul(env, f, lane(a, f.bits, i), lane(b, f.bits, i)) : 0n,
    );
    while (terms.length > 1) {
      yield;
      terms = Array.from({ length: terms.length / 2 }, (_, i) => sf.add(env, f, terms[2 * i]!, terms[2 * i + 1]!));
    }
    return join(f.bits, count, i => ((imm & (1 << i)) !== 0 ? terms[0]! : 0n));
  }
  return { writes: 16, reads: [16, 16], stages, run: (env, a, b, imm) => inStages(env, [stages(env, a, b, imm)]) };
}

/** An operation of several stages: between two of them it says so. */
type Stages = Generator<void, bigint, void>;

/**
 * The halves of an operation, stage by stage. Each stage, of both halves, is an operation of its own as far as exceptions go: one that traps ends it, and
 * hides nothing of the stages before. Returns the first half's result; after a trap it means nothing.
 */
function inStages(env: FloatEnv, halves: readonly Stages[]): bigint {
  for (;;) {
    const [first] = halves.map(each => each.next());
    if (first!.done) return first!.value;
    if (env.unmasked !== 0) return 0n;
    env.endStage();
  }
}

/** `count` lanes from integers of `width` bits. */
function fromInts(f: FloatFormat, width: number, count: number, writes: 4 | 8 | 16): SseOp {
  const reads = [(width * count) / 8, 0] as const;
  return { writes, reads, run: (env, a) => join(f.bits, count, i => sf.fromInt(env, f, BigInt.asIntN(width, lane(a, width, i)))) };
}

/** `count` lanes to integers of `width` bits; the rest of what is written is zero. */
function toInts(f: FloatFormat, width: number, count: number, writes: 8 | 16, truncate: boolean): SseOp {
  const reads = [(f.bits * count) / 8, 0] as const;
  return { writes, reads, run: (env, a) => join(width, count, i => sf.toInt(env, f, lane(a, f.bits, i), width, truncate)) };
}

function resize(from: FloatFormat, to: FloatFormat, count: number, writes: 4 | 8 | 16): SseOp {
  const reads = [(from.bits * count) / 8, 0] as const;
  return { writes, reads, run: (env, a) => join(to.bits, count, i => sf.convertFloat(env, from, to, lane(a, from.bits, i))) };
}

// ---- FMA3 and F16C -----------------------------------------------------------------------------------------------------------------------

/** The operands in the order of a form: which are multiplied, and which is added. `d` is the instruction's first operand. */
function fused(f: FloatFormat, isPacked: boolean): SseOp {
  const bytes = isPacked ? 16 : f.bits / 8;
  return {
    writes: bytes as SseOp['writes'],
    reads: [bytes, bytes, bytes],
    run: (env, a, b, imm, d) => {
      const [x, y, z] = FMA.orders[imm & FMA.order]!.map(place => ({ a, b, d })[place]) as [bigint, bigint, bigint];
      const each = (i: number): bigint =>
        sf.fma(env, f, lane(x, f.bits, i), lane(y, f.bits, i), lane(z, f.bits, i), {
          product: (imm & FMA.negateProduct) !== 0,
          addend: (imm & (i % 2 === 0 ? FMA.negateEven : FMA.negateOdd)) !== 0,
        });
      return isPacked ? join(f.bits, 128 / f.bits, each) : each(0);
    },
  };
}

/** Half precision knows neither DAZ nor DE. */
const fromHalf = (env: FloatEnv, bits: bigint): bigint => {
  const before = env.flags & EXCEPTION_FLAG.denormal;
  env.denormalsAreZero = false;
  const result = sf.convertFloat(env, F16, F32, bits);
  env.flags = (env.flags & ~EXCEPTION_FLAG.denormal) | before;
  return result;
};
/** Nor FZ; the immediate has the rounding mode, unless its bit 2 takes MXCSR's. */
const toHalf = (env: FloatEnv, bits: bigint, imm: number): bigint => {
  env.flushToZero = false;
  if ((imm & 4) === 0) env.rounding = imm & 3;
  return sf.convertFloat(env, F32, F16, bits);
};
const HALVES: Readonly<Record<string, SseOp>> = {
  cvtph2ps: { writes: 16, reads: [8, 0], run: (env, a) => join(32, 4, i => fromHalf(env, lane(a, 16, i))) },
  cvtps2ph: { writes: 8, reads: [16, 0], run: (env, a, _, imm) => join(16, 4, i => toHalf(env, lane(a, 32, i), imm)) },
};

/** All operations by name; the order gives their numbers. */
export const SSE_FLOAT: Readonly<Record<string, SseOp>> = buildTable();

function buildTable(): Record<string, SseOp> {
  const table: Record<string, SseOp> = {};
  for (const [f, letter] of [
    [F32, 's'],
    [F64, 'd'],
  ] as const) {
    for (const [name, [fn, operands]] of Object.entries(LANEWISE)) {
      table[`${name}s${letter}`] = scalar(f, fn, operands);
      table[`${name}p${letter}`] = packed(f, fn, operands);
    }
    table[`comis${letter}`] = comparison(f, true);
    table[`ucomis${letter}`] = comparison(f, false);
    table[`haddp${letter}`] = neighbours(f, sf.add);
    table[`hsubp${letter}`] = neighbours(f, sf.sub);
    table[`addsubp${letter}`] = alternating(f);
    table[`dpp${letter}`] = dotProduct(f);
    table[`fmas${letter}`] = fused(f, false);
    table[`fmap${letter}`] = fused(f, true);
    for (const width of [32, 64]) {
      table[`cvtsi2s${letter}${width}`] = fromInts(f, width, 1, f === F32 ? 4 : 8);
      table[`cvts${letter}2si${width}`] = toInts(f, width, 1, 8, false);
      table[`cvtts${letter}2si${width}`] = toInts(f, width, 1, 8, true);
    }
    table[`cvtp${letter}2dq`] = toInts(f, 32, 128 / f.bits, 16, false);
    table[`cvttp${letter}2dq`] = toInts(f, 32, 128 / f.bits, 16, true);
  }
  table.cvtdq2ps = fromInts(F32, 32, 4, 16);
  table.cvtss2sd = resize(F32, F64, 1, 8);
  table.cvtsd2ss = resize(F64, F32, 1, 4);
  table.cvtps2pd = resize(F32, F64, 2, 16);
  table.cvtpd2ps = resize(F64, F32, 2, 16);
  return { ...table, ...HALVES };
}

const names = Object.keys(SSE_FLOAT);
const ops = Object.values(SSE_FLOAT);
const quicks = names.map(quickOf);
const quickFmas = names.map(quickFmaOf);

/** The number of an operation, for STATE.helperOp. */
export function sseFloatNumber(name: string): number {
  const number = names.indexOf(name);
  if (number < 0) throw new Error(`no SSE operation ${name}`);
  return number;
}

export function sseFloatEffects(name: string): HelperEffects {
  const { reads, writes } = SSE_FLOAT[name]!;
  const [a, b, d = 0] = reads;
  return {
    reads: slots({ a, b, d, mxcsr: 4 }),
    writes: slots({ ...(writes === 'flags' ? {} : { d: writes }), mxcsr: 4 }),
    setsFlags: writes === 'flags',
    raises: ['#XM'],
  };
}

const env = new FloatEnv();

/** All masked, to nearest, no DAZ or FZ. */
const DEFAULT_MODES = 0x1f80;
const ALL_MASKED = 0x1f80;

/** The helper: runs the operation that the STATE.helper* fields describe. Returns 1 when it leaves with #XM. */
export function sseFloat(view: DataView): number {
  const number = view.getInt32(STATE.helperOp, true);
  const d = operandD(view);
  const mxcsr = view.getUint32(STATE.mxcsr, true);
  const quick = quicks[number];
  if (quick !== undefined && (mxcsr & ~0x3f) === DEFAULT_MODES) {
    const inexact = runQuick(quick, view, d, operandA(view), operandB(view));
    if (inexact !== undefined) {
      if (inexact) view.setUint32(STATE.mxcsr, mxcsr | EXCEPTION_FLAG.inexact, true);
      return 0;
    }
  }
  const imm = immediate(view);
  const fused = quickFmas[number];
  if (fused !== undefined && (mxcsr & ~0x3f) === DEFAULT_MODES) {
    const inexact = runQuickFma(fused, view, { d, a: operandA(view), b: operandB(view) }, imm);
    if (inexact !== undefined) {
      if (inexact) view.setUint32(STATE.mxcsr, mxcsr | EXCEPTION_FLAG.inexact, true);
      return 0;
    }
  }
  const operation = ops[number]!;
  env.loadMxcsr(mxcsr);
  const a = (further: number): bigint => readWide(view, operandA(view) + further);
  const b = (further: number): bigint => readWide(view, operandB(view) + further);
  const run = (further: number, furtherA = further): bigint =>
    operation.run(env, a(furtherA), b(further), imm, readWide(view, d + further));
  // What traps is decided by all lanes of the instruction, before any is written.
  const traps = (mxcsr & ALL_MASKED) !== ALL_MASKED;
  const upper = traps && (imm & WIDE_FLOAT.upper) !== 0;
  const { stages } = operation;
  let result: bigint;
  if (stages !== undefined && upper)
    result = inStages(
      env,
      [0, UPPER].map(further => stages(env, a(further), b(further), imm)),
    );
  else {
    result = run(0);
    if (upper) run(UPPER);
    else if (traps && (imm & WIDE_FLOAT.behind) !== 0) run(UPPER, 8);
  }
  const hidden = (env.unmasked & PRE_COMPUTATION) !== 0;
  view.setUint32(STATE.mxcsr, mxcsr | env.earlier | (hidden ? env.flags & PRE_COMPUTATION : env.flags), true);
  if (env.unmasked !== 0) return raiseVector(view, '#XM');
  if (operation.writes === 'flags') setFlags(view, Number(result));
  else if (operation.writes === 4) view.setUint32(d, Number(result), true);
  else if (operation.writes === 8) view.setBigUint64(d, result, true);
  else writeWide(view, d, result);
  return 0;
}
