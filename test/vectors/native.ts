/** Runs cases on the CPU of this host, through harness.c. Linux on x86-64 with gcc only. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AccessKind, Vector } from '../../src/cpu/api.js';
import { INPUT, OUTPUT } from './layout.js';
import type { Outcome, OutcomeFault } from './outcome.js';

const SOURCE = fileURLToPath(new URL('harness.c', import.meta.url));
const BUILD = fileURLToPath(new URL('../../.build/', import.meta.url));

/** Why this host cannot measure, or nothing. */
export function nativeObstacle(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x86-64';
  if (spawnSync('gcc', ['--version']).status !== 0) return 'needs gcc';
  return undefined;
}

function buildHarness(): string {
  const binary = `${BUILD}vector-harness`;
  const built = statSync(binary, { throwIfNoEntry: false });
  if (built && built.mtimeMs > statSync(SOURCE).mtimeMs) return binary;
  mkdirSync(BUILD, { recursive: true });
  // Far from where the small numbers in a case's registers point.
  const place = ['-fpie', '-no-pie', '-Wl,-Ttext-segment=0x5d1e93a40000'];
  const bare = ['-static', '-nostdlib', '-ffreestanding', '-fno-stack-protector'];
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', ...bare, ...place, '-o', binary, SOURCE]);
  return binary;
}

const VECTORS: Readonly<Record<number, Vector>> = {
  0: '#DE',
  1: '#DB',
  3: '#BP',
  4: '#OF',
  6: '#UD',
  7: '#NM',
  12: '#SS',
  13: '#GP',
  14: '#PF',
  16: '#MF',
  17: '#AC',
  19: '#XM',
};
const TIMEOUT = 255;
/** Bits of the page-fault error code (Intel SDM vol. 3, 4.7). */
const PF_PRESENT = 1;
const PF_WRITE = 2;
const PF_FETCH = 16;
const USER_END = 0x8000_0000_0000n;

function faultOf(trap: number, error: number, cr2: bigint): OutcomeFault {
  const vector = VECTORS[trap];
  if (!vector) throw new Error(`the harness met exception ${trap}`);
  if (vector !== '#PF') return { vector, address: 0n };
  const access: AccessKind = error & PF_FETCH ? 'exec' : error & PF_WRITE ? 'write' : 'read';
  // Linux sets the bit for all addresses of the kernel's half, so as not to give its own mappings away.
  return { vector, address: cr2, access, mapped: (error & PF_PRESENT) !== 0 && cr2 < USER_END };
}

/** The outcome of each `Input` record, in order; undefined where the case did not end in time. */
export function runNative(inputs: readonly Uint8Array[]): (Outcome | undefined)[] {
  const outcomes: (Outcome | undefined)[] = [];
  const batch = 4096;
  for (let start = 0; start < inputs.length; start += batch) outcomes.push(...runBatch(inputs.slice(start, start + batch)));
  return outcomes;
}

function runBatch(inputs: readonly Uint8Array[]): (Outcome | undefined)[] {
  const result = spawnSync(buildHarness(), { input: Buffer.concat(inputs), maxBuffer: 1 << 30, timeout: 120_000 });
  if (result.status !== 0)
    throw new Error(`the harness ended with ${result.signal ?? result.status} after ${result.stdout.length} bytes of results`);
  const bytes = result.stdout;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  return inputs.map(input => {
    const registers = new Uint8Array(INPUT.bytes);
    // Up to the FXSAVE image both records are laid out alike.
    registers.set(bytes.subarray(at, at + OUTPUT.cr2));
    registers.set(bytes.subarray(at + OUTPUT.ymm, at + OUTPUT.bytes), INPUT.ymm);
    const trap = view.getUint32(at + OUTPUT.trap, true);
    const error = view.getUint32(at + OUTPUT.error, true);
    const cr2 = view.getBigUint64(at + OUTPUT.cr2, true);
    const words = view.getUint32(at + OUTPUT.words, true);
    at += OUTPUT.bytes;
    const memory: [bigint, bigint][] = [];
    for (let i = 0; i < words; i++, at += 16) memory.push([view.getBigUint64(at, true), view.getBigUint64(at + 8, true)]);
    memory.sort(([a], [b]) => (a < b ? -1 : 1));
    if (trap === TIMEOUT) return undefined;
    return finish(input, registers, faultOf(trap, error, cr2), memory);
  });
}

/** INT3 outside the case's own bytes is its end, with RIP where it stopped. */
export function finish(input: Uint8Array, registers: Uint8Array, fault: OutcomeFault, memory: Outcome['memory']): Outcome {
  const view = new DataView(registers.buffer, registers.byteOffset);
  if (fault.vector === '#BP') {
    const at = view.getBigUint64(INPUT.rip, true) - 1n;
    const entry = new DataView(input.buffer, input.byteOffset).getBigUint64(INPUT.rip, true);
    if (at < entry || at >= entry + BigInt(input[INPUT.codeLength] as number)) {
      view.setBigUint64(INPUT.rip, at, true);
      return { registers, memory };
    }
  }
  return { registers, memory, fault };
}
