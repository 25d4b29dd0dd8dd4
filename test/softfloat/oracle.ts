/** Builds and asks oracle.c, and says what the soft float answers to the same cases. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXCEPTION_FLAG, FloatEnv, PRE_COMPUTATION, X80 } from '../../src/cpu/softfloat/index.js';
import { OPERATIONS, operationsInclude } from './operations.js';

const here = dirname(fileURLToPath(import.meta.url));

export interface Case {
  /** Index in `OPERATIONS`. */
  readonly op: number;
  /** MXCSR or x87 control word. */
  readonly control: number;
  readonly a: bigint;
  readonly b: bigint;
}

export interface Answer {
  readonly r: bigint;
  readonly s: bigint;
  /** Exception flags, and for x87 the condition codes that the operation compares. */
  readonly status: number;
  readonly trapped: boolean;
}

/** Undefined when this machine cannot build or run it. */
export function buildOracle(): string | undefined {
  if (process.arch !== 'x64' || spawnSync('gcc', ['--version']).status !== 0) return undefined;
  const folder = join(here, '../../.build/softfloat');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'operations.inc'), operationsInclude());
  const program = join(folder, 'oracle');
  execFileSync('gcc', ['-O1', '-msse4.2', '-I', folder, '-o', program, join(here, 'oracle.c')]);
  return program;
}

function putWide(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, BigInt.asUintN(64, value), true);
  view.setBigUint64(at + 8, value >> 64n, true);
}

function getWide(view: DataView, at: number, bits: number): bigint {
  return BigInt.asUintN(bits, view.getBigUint64(at, true) | (view.getBigUint64(at + 8, true) << 64n));
}

function comparedStatus(op: number, status: number): number {
  const { shape, codes } = OPERATIONS[op]!;
  return shape === 'SSE' || shape === 'SSEI' ? status & 0x3f : status & (0x3f | (codes ?? 0x200));
}

/** What this CPU answers. */
export function askSilicon(program: string, cases: readonly Case[]): Answer[] {
  const input = new DataView(new ArrayBuffer(cases.length * 40));
  cases.forEach((c, i) => {
    input.setUint32(i * 40, c.op, true);
    input.setUint32(i * 40 + 4, c.control, true);
    putWide(input, i * 40 + 8, c.a);
    putWide(input, i * 40 + 24, c.b);
  });
  const bytes = execFileSync(program, { input: new Uint8Array(input.buffer), maxBuffer: cases.length * 40 + 4096, timeout: 60_000 });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return cases.map((c, i) => {
    const op = OPERATIONS[c.op]!;
    const trapped = view.getUint32(i * 40 + 36, true) !== 0;
    return {
      r: trapped ? 0n : getWide(view, i * 40, op.rBits),
      s: trapped ? 0n : getWide(view, i * 40 + 16, op.sBits ?? 0),
      status: comparedStatus(c.op, view.getUint32(i * 40 + 32, true)),
      trapped,
    };
  });
}

/** What the soft float answers. */
export function askSoftFloat(c: Case): Answer {
  const op = OPERATIONS[c.op]!;
  const env = new FloatEnv();
  const isSse = op.shape === 'SSE' || op.shape === 'SSEI';
  if (isSse) env.loadMxcsr(c.control);
  else env.loadControlWord(c.control);
  const a = op.a === 'int' ? c.a : BigInt.asUintN(op.a.bits, c.a);
  const outcome = op.run(env, a, op.b === undefined ? c.b : BigInt.asUintN(op.b.bits, c.b));
  const hides = (env.unmasked & PRE_COMPUTATION) !== 0;
  const flags = hides ? env.flags & PRE_COMPUTATION : env.flags;
  const trapped = isSse && (flags & ~env.masks) !== 0;
  const codes = isSse ? 0 : (outcome.codes ?? (env.roundedUp ? 0x200 : 0));
  if (op.shape === 'X87M' && (env.unmasked & ~EXCEPTION_FLAG.inexact) !== 0) {
    return { r: 0n, s: 0n, status: comparedStatus(c.op, flags & ~EXCEPTION_FLAG.inexact), trapped };
  }
  if (hides && op.shape === 'X87' && !op.name.includes('com')) {
    return { r: a, s: BigInt.asUintN(op.sBits ?? 0, c.b), status: comparedStatus(c.op, flags), trapped };
  }
  if ((env.unmasked & EXCEPTION_FLAG.invalid) !== 0 && op.shape === 'X87L')
    return { r: X80.indefinite, s: 0n, status: comparedStatus(c.op, flags), trapped };
  return {
    r: trapped ? 0n : BigInt.asUintN(op.rBits, outcome.r),
    s: trapped ? 0n : BigInt.asUintN(op.sBits ?? 0, outcome.s ?? 0n),
    status: comparedStatus(c.op, flags | codes),
    trapped,
  };
}

/** A case as vectors.txt has it. */
export function showCase(c: Case): string {
  return `${OPERATIONS[c.op]!.name} ${c.control.toString(16)} ${c.a.toString(16)} ${c.b.toString(16)}`;
}

export function showAnswer(a: Answer): string {
  return a.trapped ? `trap ${a.status.toString(16)}` : `${a.r.toString(16)} ${a.s.toString(16)} ${a.status.toString(16)}`;
}
