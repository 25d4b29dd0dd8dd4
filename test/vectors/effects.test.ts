/**
 * What effects say against what the interpreter does, on the states of the committed vectors: all that changes is among the writes, values come
 * out as told, and nothing depends on what is not among the reads.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { CpuStop, EffectRegister, Effects, MemoryAccess, RegisterPart } from '../../src/cpu/api.js';
import { valueWith } from '../../src/cpu/effects/instruction.js';
import { recordRow } from '../../src/cpu/effects/record.js';
import { rows } from '../../src/cpu/ir/rows.js';
import { type Case, inputOf } from './case.js';
import { Engine } from './engine.js';
import { HIGH, LOW, pristineMemory, WRITABLE_BYTES } from './layout.js';
import { Random } from './random.js';
import { formNameOf, readVectors, vectorGroups } from './run.js';

/** Of each form. */
const CASES = 5;
const STATUS = 0xcd5;

interface Snapshot {
  readonly registers: ReadonlyMap<EffectRegister, Uint8Array>;
  readonly rip: bigint;
  readonly flags: number;
  readonly memory: ReadonlyMap<bigint, Uint8Array>;
}

const XMM = Array.from({ length: 16 }, (_, index): EffectRegister => `xmm${index}`);
/** Their upper halves; the lower ones are XMM's. */
const YMM = Array.from({ length: 16 }, (_, index): EffectRegister => `ymm${index}`);
const GPR = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ') as EffectRegister[];

function bytesOf(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = Number((value >> BigInt(8 * index)) & 255n);
  return bytes;
}
const numberOf = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

let engine: Engine;
const pristine = pristineMemory().subarray(0, WRITABLE_BYTES);
beforeAll(() => {
  engine = new Engine();
});

function snapshot(): Snapshot {
  const { registers, memory } = engine.cpu;
  const all = new Map<EffectRegister, Uint8Array>();
  for (let index = 0; index < 16; index++) {
    all.set(GPR[index]!, bytesOf(registers.gpr(index), 8));
    all.set(XMM[index]!, bytesOf(registers.xmm(index), 16));
    all.set(YMM[index]!, bytesOf(registers.ymmHigh(index) << 128n, 32));
  }
  all.set('fsBase', bytesOf(registers.fsBase, 8));
  all.set('gsBase', bytesOf(registers.gsBase, 8));
  all.set('mxcsr', bytesOf(BigInt(registers.mxcsr), 4));
  for (const name of ['fcw', 'fsw', 'ftw'] as const) all.set(name, bytesOf(BigInt(registers[name]), 4));
  const top = (registers.fsw >> 11) & 7;
  const stack = new Uint8Array(128);
  for (let index = 0; index < 8; index++) stack.set(bytesOf(registers.st(index), 10), 16 * ((top + index) & 7));
  all.set('x87', stack);
  const regions = [LOW, HIGH].map(region => [region, memory.read(region, WRITABLE_BYTES)] as const);
  return { registers: all, rip: registers.rip, flags: Number(registers.rflags), memory: new Map(regions) };
}

function restoreMemory(): void {
  for (const region of [LOW, HIGH]) engine.cpu.memory.write(region, pristine);
}

/** Where an access reaches, with the registers and memory of a state; undefined when that is not told. */
function rangesOf(effects: Effects, accesses: readonly MemoryAccess[], registers: Parameters<typeof valueWith>[1]) {
  return accesses.map(({ address, bytes }) => {
    const start = valueWith(address, registers);
    return start === undefined || effects.repeats ? undefined : { start, end: start + BigInt(bytes) };
  });
}

const viewOf = ({ registers, flags }: Snapshot): Parameters<typeof valueWith>[1] => ({
  get: name => numberOf(registers.get(name)!),
  fsBase: numberOf(registers.get('fsBase')!),
  gsBase: numberOf(registers.get('gsBase')!),
  rflags: BigInt(flags),
});

function readMemory(state: Snapshot, start: bigint, bytes: number): bigint | undefined {
  for (const [region, contents] of state.memory) {
    const at = Number(start - region);
    if (start >= region && at + bytes <= contents.length) return numberOf(contents.subarray(at, at + bytes));
  }
  return undefined;
}

const covers = (parts: readonly RegisterPart[], register: EffectRegister, at: number): boolean =>
  parts.some(part => part.register === register && at >= part.offset && at < part.offset + part.bytes);

/** What changes beside what the effects tell, or otherwise than they tell. */
function wrongWrites(effects: Effects, before: Snapshot, after: Snapshot): string[] {
  const wrong: string[] = [];
  for (const [register, bytes] of before.registers) {
    const now = after.registers.get(register)!;
    for (let at = 0; at < bytes.length; at++)
      if (now[at] !== bytes[at] && !covers(effects.writes, register, at)) wrong.push(`${register} byte ${at} changes`);
  }
  const flags = (before.flags ^ after.flags) & ~effects.flags.writes;
  if (flags !== 0) wrong.push(`flags 0x${flags.toString(16)} change`);
  const registers = viewOf(before);
  const written = rangesOf(
    effects,
    effects.accesses.filter(({ kind }) => kind !== 'read'),
    registers,
  );
  if (!written.includes(undefined)) {
    for (const [region, contents] of before.memory) {
      const now = after.memory.get(region)!;
      for (let at = 0; at < contents.length; at++) {
        const address = region + BigInt(at);
        if (now[at] !== contents[at] && !written.some(range => address >= range!.start && address < range!.end))
          wrong.push(`memory 0x${address.toString(16)} changes`);
      }
    }
  }
  const told = (value: MemoryAccess['address']): bigint | undefined =>
    valueWith(value, registers, (access, { offset, bytes, signed }) => {
      const start = valueWith(effects.accesses[access]!.address, registers);
      const found = start === undefined || bytes > 8 ? undefined : readMemory(before, start + BigInt(offset), bytes);
      return found === undefined ? undefined : BigInt.asUintN(64, signed ? BigInt.asIntN(8 * bytes, found) : found);
    });
  for (const { register, offset, bytes, value, certain } of effects.writes) {
    const expected = bytes > 8 || !certain ? undefined : told(value);
    const got = numberOf(after.registers.get(register)!.subarray(offset, offset + bytes));
    if (expected !== undefined && expected !== got)
      wrong.push(`${register} is told to become 0x${expected.toString(16)}, is 0x${got.toString(16)}`);
  }
  for (const access of effects.accesses) {
    const start = valueWith(access.address, registers);
    const expected = access.value === undefined || access.bytes > 8 || !access.certain ? undefined : told(access.value);
    const got = start === undefined ? undefined : readMemory(after, start, access.bytes);
    if (expected !== undefined && got !== undefined && expected !== got && !effects.repeats)
      wrong.push(`memory is told to become 0x${expected.toString(16)}, is 0x${got.toString(16)}`);
  }
  const next = nextOf(effects, told);
  if (next !== undefined && next !== after.rip) wrong.push(`goes to 0x${after.rip.toString(16)}, not to 0x${next.toString(16)}`);
  return wrong;
}

function nextOf({ flow, address, length }: Effects, told: (value: MemoryAccess['address']) => bigint | undefined): bigint | undefined {
  const behind = address + BigInt(length);
  if (flow.kind === 'next') return behind;
  if (flow.kind === 'jump' || flow.kind === 'call' || flow.kind === 'return') return told(flow.target);
  if (flow.kind !== 'branch') return undefined;
  const holds = told(flow.condition);
  return holds === undefined ? undefined : holds !== 0n ? flow.target : behind;
}

/** Changes all that the effects do not name as read, and returns what memory it has left alone. */
function perturb(effects: Effects, state: Snapshot, random: Random): void {
  const { registers, memory } = engine.cpu;
  const changed = (register: EffectRegister): bigint => {
    const bytes = state.registers.get(register)!.slice();
    for (let at = 0; at < bytes.length; at++) if (!covers(effects.reads, register, at)) bytes[at] = random.below(256);
    return numberOf(bytes);
  };
  for (let index = 0; index < 16; index++) {
    registers.setGpr(index, changed(GPR[index]!));
    registers.setXmm(index, changed(XMM[index]!));
    registers.setYmmHigh(index, changed(YMM[index]!) >> 128n);
  }
  registers.rflags = BigInt(state.flags ^ (random.u32() & STATUS & ~effects.flags.reads));
  if (!covers(effects.reads, 'mxcsr', 0)) registers.mxcsr = 0x1f80 | random.below(64);
  if (!covers(effects.reads, 'x87', 0) && !covers(effects.reads, 'fsw', 0)) {
    registers.fsw = random.below(8) << 11;
    for (let index = 0; index < 8; index++) registers.setSt(index, (0x3fffn << 64n) | (1n << 63n) | BigInt(random.u32()));
  }
  const ranges = rangesOf(
    effects,
    effects.accesses.filter(({ kind }) => kind !== 'write'),
    viewOf(state),
  );
  if (ranges.includes(undefined)) return;
  for (const [region, contents] of state.memory) {
    const other = contents.slice();
    for (let at = 0; at < other.length; at++) {
      const address = region + BigInt(at);
      if (!ranges.some(range => address >= range!.start && address < range!.end)) other[at] = other[at]! ^ 0x5a;
    }
    memory.write(region, other);
  }
}

interface Run {
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly stop: CpuStop;
}

/** What comes out differently, and is not just what was there before. */
function dependencies(one: Run, other: Run): string[] {
  const wrong: string[] = [];
  if (JSON.stringify(one.stop, text) !== JSON.stringify(other.stop, text)) return [`stops otherwise: ${JSON.stringify(other.stop, text)}`];
  if (one.after.rip !== other.after.rip) wrong.push('goes elsewhere');
  const compare = (name: string, [a, b, c, d]: readonly (number | undefined)[]): void => {
    if (b !== d && !(a === b && c === d)) wrong.push(`${name} comes out otherwise`);
  };
  for (const [register, bytes] of one.before.registers) {
    const values = [bytes, one.after.registers.get(register)!, other.before.registers.get(register)!, other.after.registers.get(register)!];
    for (let at = 0; at < bytes.length; at++)
      compare(
        `${register} byte ${at}`,
        values.map(each => each[at]),
      );
  }
  for (let bit = 1; bit < 0x1000; bit <<= 1)
    compare(
      `flag 0x${bit.toString(16)}`,
      [one.before, one.after, other.before, other.after].map(each => each.flags & bit & STATUS),
    );
  for (const [region, contents] of one.before.memory) {
    const values = [contents, one.after.memory.get(region)!, other.before.memory.get(region)!, other.after.memory.get(region)!];
    for (let at = 0; at < contents.length; at++)
      if (values[1]![at] !== values[3]![at])
        compare(
          `memory 0x${(region + BigInt(at)).toString(16)}`,
          values.map(each => each[at]),
        );
  }
  return wrong;
}
const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString(16) : value);

function check(test: Case): string[] {
  const random = new Random(test.seed ^ 0x5eed);
  const input = inputOf(test);
  const { cpu } = engine;
  try {
    engine.load(input);
    const before = snapshot();
    const effects = cpu.describe(before.rip);
    const stop = cpu.run(1);
    if (effects === undefined) return isFetchFault(stop) ? [] : ['has no effects'];
    const after = snapshot();
    const wrong = stop.kind === 'budget' ? wrongWrites(effects, before, after) : [];
    if (stop.kind === 'fault' && effects.flow.kind !== 'fault' && !mayRaise(effects, stop)) wrong.push(`raises ${stop.fault.vector}`);
    restoreMemory();
    engine.load(input);
    perturb(effects, before, random);
    const changed = snapshot();
    const otherStop = cpu.run(1);
    return [...wrong, ...dependencies({ before, after, stop }, { before: changed, after: snapshot(), stop: otherStop })];
  } finally {
    restoreMemory();
  }
}

const isFetchFault = (stop: CpuStop): boolean => stop.kind === 'fault' && stop.fault.access === 'exec';

/** An access may fault anywhere; through RSP and RBP it is #SS. */
function mayRaise({ accesses, raises }: Effects, { fault }: Extract<CpuStop, { kind: 'fault' }>): boolean {
  return raises.includes(fault.vector) || (accesses.length > 0 && ['#PF', '#GP', '#SS'].includes(fault.vector));
}

describe('effects of instructions', () => {
  test.each(vectorGroups().filter(group => !['sequence', 'pair', 'gather', 'reserved'].includes(group)))('%s', group => {
    const seen = new Map<string, number>();
    const failures: string[] = [];
    for (const { test } of readVectors(group).measured) {
      const form = formNameOf(test);
      const count = seen.get(form) ?? 0;
      if (form === 'sequence' || count >= CASES) continue;
      seen.set(form, count + 1);
      const wrong = check(test);
      if (wrong.length > 0)
        failures.push(`${form} ${Buffer.from(test.code).toString('hex')} (seed ${test.seed}): ${wrong.slice(0, 3).join('; ')}`);
    }
    expect(seen.size).toBeGreaterThan(0);
    expect(failures.length, failures.slice(0, 20).join('\n')).toBe(0);
  });
});

/** Rows that do nothing of their own: the second stands in front of a block that is compiled. */
const SILENT = ['nop', 'region'];

test('of every row something is told', () => {
  const silent = rows.filter(({ emit }) => {
    const { reads, writes, accesses, flags, flow, helpers } = recordRow(emit);
    const says = reads.length + writes.length + accesses.length + helpers.length + flags.reads + flags.writes;
    return says === 0 && flow.kind === 'next';
  });
  expect(silent.map(({ name }) => name).sort()).toEqual(SILENT);
});
