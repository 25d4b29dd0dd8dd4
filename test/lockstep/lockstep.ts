/**
 * Runs a program natively, one instruction at a time under ptrace, and r14's CPU from the same state in step with it. r14 gets the native
 * process's memory as it was at the start, so that every address is the same; what a system call did is taken from the trace.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Code, Decoder, DecoderOptions, type Instruction, OpKind } from 'iced-x86';
import { GPR_NAMES } from '../../src/cpu/api.js';
import { Machine } from '../../src/cpu/cpu.js';
import { STATE } from '../../src/cpu/layout.js';
import { FX } from '../vectors/layout.js';
import { toRflags, undefinedFlags } from '../vectors/undefined.js';

const HERE = fileURLToPath(new URL('./', import.meta.url));
const BUILD = fileURLToPath(new URL('../../.build/', import.meta.url));
const STATUS_FLAGS = 0xcd5;
const MAX_STEPS = 1_000_000;
const GPR_BYTES = 128;
const REGISTERS = 144;
const RCX = 1;
const R11 = 11;

function compile(name: string, options: readonly string[]): string {
  const source = `${HERE}${name}.c`;
  const binary = `${BUILD}lockstep-${name}`;
  const built = statSync(binary, { throwIfNoEntry: false });
  if (built && built.mtimeMs > Math.max(statSync(source).mtimeMs, statSync(`${HERE}lockstep.h`).mtimeMs)) return binary;
  mkdirSync(BUILD, { recursive: true });
  execFileSync('gcc', ['-O2', ...options, '-o', binary, source, '-lm']);
  return binary;
}

/** Reads what tracer.c writes. */
class TraceReader {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}

  u8(): number {
    return this.bytes.readUInt8(this.take(1));
  }

  u64(): bigint {
    return this.bytes.readBigUInt64LE(this.take(8));
  }

  raw(length: number): Buffer {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  private take(length: number): number {
    const at = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new Error('the trace ends early');
    return at;
  }
}

interface Step {
  readonly registers: Buffer;
  readonly image: Buffer;
}

export interface Trace {
  readonly fsBase: bigint;
  readonly gsBase: bigint;
  readonly areas: readonly { readonly start: bigint; readonly prot: number; readonly bytes: Buffer }[];
  /** The state at the start and after each instruction. */
  readonly steps: readonly Step[];
  readonly status: number;
}

/** Runs a program of this folder under the tracer. */
export function trace(name: string): Trace {
  const tracer = compile('tracer', []);
  const program = compile(name, ['-static', '-fno-pie', '-no-pie']);
  const reader = new TraceReader(execFileSync(tracer, [String(MAX_STEPS), program], { maxBuffer: 1 << 30, timeout: 120_000 }));
  const [fsBase, gsBase] = [reader.u64(), reader.u64()];
  const steps: Step[] = [{ registers: reader.raw(REGISTERS), image: reader.raw(FX.bytes) }];
  const areas: { start: bigint; prot: number; bytes: Buffer }[] = [];
  for (let count = reader.u64(); count > 0n; count--) {
    const [start, length, prot] = [reader.u64(), reader.u64(), reader.u64()];
    areas.push({ start, prot: Number(prot), bytes: reader.raw(Number(length)) });
  }
  for (let kind = reader.u8(); kind !== 0; kind = reader.u8()) {
    const last = steps.at(-1) as Step;
    const registers = reader.raw(REGISTERS);
    const image = kind === 2 ? reader.raw(FX.bytes) : last.image;
    // A repeated string instruction is stepped through element by element, and has retired when RIP moves on.
    if (ripOf(registers) !== ripOf(last.registers)) steps.push({ registers, image });
  }
  return { fsBase, gsBase, areas, steps, status: Number(reader.u64()) };
}

/**
 * Follows the trace `stride` instructions at a time, comparing all registers after each; returns how many instructions that were. Throws an
 * Error that says where and how the two differ.
 */
export function follow(traced: Trace, stride: number): number {
  const cpu = new Machine({ memory: 1 << 26 });
  const { registers, memory } = cpu;
  registers.fsBase = traced.fsBase;
  registers.gsBase = traced.gsBase;
  const { steps } = traced;
  loadRegisters(cpu, (steps[0] as Step).registers);
  loadImage(cpu, (steps[0] as Step).image);
  for (const { start, prot, bytes } of traced.areas) {
    memory.map(start, BigInt(bytes.length), prot);
    memory.write(start, bytes);
  }
  const flags = new FlagTracker(cpu);
  for (let done = 0; done + 1 < steps.length; ) {
    const before = done;
    const stop = cpu.run(Math.min(stride, steps.length - 1 - done));
    let text = '';
    for (const end = cpu.icount; done < end; done++) text = flags.pass((steps[done] as Step).registers);
    const native = steps[done] as Step;
    const where = `instructions ${before} to ${done}, the last one ${text}`;
    if (stop.kind === 'syscall') {
      // RAX is the kernel's answer; R11 shows the trap flag that the tracer has set.
      for (const register of [0, RCX, R11]) registers.setGpr(register, native.registers.readBigUInt64LE(8 * register));
    } else if (stop.kind !== 'budget') {
      const shown = JSON.stringify(stop, (_, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value));
      throw new Error(`${where}: r14 stopped at 0x${registers.rip.toString(16)}: ${shown}`);
    }
    const differences = compare(cpu, native, flags.defined);
    if (differences.length) throw new Error(`${where}\n  ${differences.join('\n  ')}`);
  }
  return cpu.icount;
}

function ripOf(registers: Buffer): bigint {
  return registers.readBigUInt64LE(GPR_BYTES);
}

function loadRegisters({ registers }: Machine, from: Buffer): void {
  for (let i = 0; i < 16; i++) registers.setGpr(i, from.readBigUInt64LE(8 * i));
  registers.rip = from.readBigUInt64LE(GPR_BYTES);
  registers.rflags = from.readBigUInt64LE(GPR_BYTES + 8) & BigInt(STATUS_FLAGS);
}

/** Of the x87 only an empty stack is taken over: programs that start have no other. */
function loadImage({ registers }: Machine, image: Buffer): void {
  registers.fcw = image.readUInt16LE(FX.fcw);
  registers.fsw = image.readUInt16LE(FX.fsw);
  registers.mxcsr = image.readUInt32LE(FX.mxcsr);
  for (let i = 0; i < 16; i++) registers.setXmm(i, xmm(image, i));
}

function xmm(image: Buffer, index: number): bigint {
  const at = FX.xmm + 16 * index;
  return image.readBigUInt64LE(at) | (image.readBigUInt64LE(at + 8) << 64n);
}

interface Known {
  readonly instruction: Instruction;
  readonly name: string;
  readonly text: string;
  readonly bytes: number;
  /** Of a shift: its count, or `cl`. */
  readonly count: number | 'cl' | undefined;
}

/** Keeps account of the flags that the manual leaves undefined, from the instruction that does so to the one that sets them again. */
class FlagTracker {
  defined = STATUS_FLAGS;
  private readonly known = new Map<bigint, Known>();

  constructor(private readonly cpu: Machine) {}

  /** Takes account of the instruction at these registers; its address and text. */
  pass(registers: Buffer): string {
    const rip = ripOf(registers);
    let known = this.known.get(rip);
    if (!known) this.known.set(rip, (known = this.decode(rip)));
    const { instruction, name, bytes } = known;
    const count = known.count === 'cl' ? registers.readUInt8(8 * RCX) : known.count;
    if (count === undefined || count & (bytes === 8 ? 63 : 31)) this.defined |= toRflags(instruction.rflagsModified);
    this.defined &= ~undefinedFlags(instruction, name, count ?? 1, bytes);
    return known.text;
  }

  private decode(rip: bigint): Known {
    const { memory } = this.cpu;
    const decoder = new Decoder(64, memory.read(rip, 15), DecoderOptions.None);
    decoder.ip = rip;
    const instruction = decoder.decode();
    decoder.free();
    const name = Code[instruction.code] as string;
    const shift = /^(R[oc][lr]|S[ah][lr]d?)_/.test(name);
    const last = instruction.opCount - 1;
    const immediate = last >= 0 && instruction.opKind(last) === OpKind.Immediate8 ? instruction.immediate8 : 1;
    return {
      instruction,
      name,
      text: `0x${rip.toString(16)} ${name} ${Buffer.from(memory.read(rip, instruction.length)).toString('hex')}`,
      bytes: /rm8/.test(name) ? 1 : /rm16/.test(name) ? 2 : /rm32/.test(name) ? 4 : 8,
      count: !shift ? undefined : /_CL$/.test(name) ? 'cl' : immediate,
    };
  }
}

/** Whether the saved state has the trace's general registers, RIP and XMM registers: the quick answer for most steps. */
function sameBytes(state: Uint8Array, native: Buffer, image: Buffer): boolean {
  return (
    Buffer.compare(state.subarray(STATE.gpr, STATE.gpr + GPR_BYTES + 8), native.subarray(0, GPR_BYTES + 8)) === 0 &&
    Buffer.compare(state.subarray(STATE.xmm, STATE.xmm + 256), image.subarray(FX.xmm, FX.xmm + 256)) === 0
  );
}

function compare({ registers }: Machine, { registers: native, image }: Step, definedFlags: number): string[] {
  const differences: string[] = [];
  const check = (name: string, expected: bigint | number, got: bigint | number) => {
    if (expected !== got) differences.push(`${name}: native 0x${expected.toString(16)}, r14 0x${got.toString(16)}`);
  };
  if (!sameBytes(registers.save(), native, image)) {
    for (let i = 0; i < 16; i++) check(GPR_NAMES[i] as string, native.readBigUInt64LE(8 * i), registers.gpr(i));
    check('rip', native.readBigUInt64LE(GPR_BYTES), registers.rip);
    for (let i = 0; i < 16; i++) check(`xmm${i}`, xmm(image, i), registers.xmm(i));
  }
  check('rflags', Number(native.readBigUInt64LE(GPR_BYTES + 8)) & definedFlags, Number(registers.rflags) & definedFlags);
  check('mxcsr', image.readUInt32LE(FX.mxcsr), registers.mxcsr);
  check('fcw', image.readUInt16LE(FX.fcw), registers.fcw);
  check('fsw', image.readUInt16LE(FX.fsw), registers.fsw);
  const top = (registers.fsw >> 11) & 7;
  const valid = image.readUInt8(FX.ftw);
  for (let i = 0; i < 8; i++) {
    const physical = (top + i) & 7;
    check(`tag ${physical} in use`, (valid >> physical) & 1, ((registers.ftw >> (2 * physical)) & 3) === 3 ? 0 : 1);
    const at = FX.st + 16 * i;
    if ((valid >> physical) & 1) check(`st${i}`, image.readBigUInt64LE(at) | (BigInt(image.readUInt16LE(at + 8)) << 64n), registers.st(i));
  }
  return differences;
}
