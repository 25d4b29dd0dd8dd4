/** Gathers, behind the loads of their indices and masks: lanes near each other, on both sides of a page's end, and some nowhere. */
import { Code, Encoder, Instruction, MemorySizeExt, OpKind, Register } from 'iced-x86';
import type { Case } from './case.js';
import { RSP } from './draft.js';
import { ENTRY, HIGH, LOW } from './layout.js';
import { Random } from './random.js';

const FORMS = Object.values(Code).filter((code): code is Code => typeof code === 'number' && /^VEX_Vp?gather/.test(Code[code]!));
export const GATHER_FORMS = FORMS.length;
/** Indices, and behind them the mask. */
const TABLES = LOW + 0x1100n;

/** VMOVDQU from an absolute address. */
function loadVector(register: number, address: bigint): number[] {
  const place = Array.from({ length: 4 }, (_, i) => Number((address >> BigInt(8 * i)) & 0xffn));
  return [0xc5, register < 8 ? 0xfe : 0x7e, 0x6f, ((register & 7) << 3) | 4, 0x25, ...place];
}

export function buildGather(seed: number): Case | undefined {
  const random = new Random(seed ^ 0x7f4a7c15);
  const code = random.pick(FORMS);
  const name = Code[code]!;
  const [destination, index] = (/_([xy])mm_vm(?:32|64)([xy])_/.exec(name) ?? [])
    .slice(1)
    .map(letter => (letter === 'y' ? Register.YMM0 : Register.XMM0));
  const [d, i, m] = [random.below(16), random.below(16), random.below(16)] as [number, number, number];
  if (random.chance(90) && new Set([d, i, m]).size < 3) return undefined;
  let base = random.below(16);
  if (base === RSP) base = RSP + 1;
  const scale = random.pick([1, 2, 4, 8]);
  const region = random.pick([LOW, HIGH]);
  const displacement = random.pick([0, 0, 8, -16, 0x200]);
  const start = region + BigInt(random.chance(75) ? 0x800 : random.pick([0x1ff0, 0x2ff0, 0x10])) - BigInt(displacement);

  const tables = new Uint8Array(64);
  const view = new DataView(tables.buffer);
  const wide = /qd|qq|qps|qpd/.test(name);
  for (let at = 0; at < 32; at += wide ? 8 : 4) {
    const value = random.chance(6) ? random.u32() | 0 : random.between(-0x200, 0x200);
    if (wide) view.setBigInt64(at, BigInt(value), true);
    else view.setInt32(at, value, true);
  }
  for (let at = 32; at < 64; at += 4) view.setInt32(at, (random.u32() >>> 1) | (random.chance(70) ? 0x8000_0000 : 0), true);

  const instruction = new Instruction();
  const encoder = new Encoder(64);
  try {
    instruction.code = code;
    const size = MemorySizeExt.size(instruction.memorySize);
    if (size === 0) throw new Error(`${name}: no operand in memory`);
    for (const [operand, register] of [
      [0, destination! + d],
      [2, destination! + m],
    ] as const) {
      instruction.setOpKind(operand, OpKind.Register);
      instruction.setOpRegister(operand, register);
    }
    instruction.setOpKind(1, OpKind.Memory);
    instruction.memoryBase = Register.RAX + base;
    instruction.memoryIndex = index! + i;
    instruction.memoryIndexScale = scale;
    instruction.memoryDisplSize = displacement === 0 ? 0 : displacement === 0x200 ? 8 : 1;
    instruction.memoryDisplacement = BigInt.asUintN(64, BigInt(displacement));
    encoder.encode(instruction, ENTRY);
    const bytes = [...loadVector(i, TABLES), ...loadVector(m, TABLES + 32n), ...encoder.takeBuffer()];
    return {
      seed,
      profile: 'int',
      rip: ENTRY,
      code: Uint8Array.from(bytes),
      registers: [[base, start]],
      overlay: { address: TABLES, length: tables.length, bytes: tables },
      undefinedFlags: 0,
    };
  } finally {
    instruction.free();
    encoder.free();
  }
}
