/**
 * The registers as gdb wants them told: a target description, and their bytes in its order (GDB manual, appendix G "Target Descriptions", "i386
 * Features"). Numbers, sizes and meaning of those that r14 has are rows of the table of registers.
 */
import { REGISTERS, type RegisterRow } from '../../abi/registers.js';
import type { Registers } from '../../cpu/api.js';

interface Described {
  readonly name: string;
  readonly bits: number;
  readonly type: string;
  /** Undefined: r14 has no such register, and it reads as `fixed`. */
  readonly row: Pick<RegisterRow, 'read' | 'write'> | undefined;
  readonly fixed: bigint;
}

/** Selectors of a 64-bit Linux process (arch/x86/include/asm/segment.h), and what else does not change, by gdb's numbers. */
const FIXED: ReadonlyMap<number, readonly [name: string, bits: number, type: string, value: bigint]> = new Map([
  [18, ['cs', 32, 'int32', 0x33n]],
  [19, ['ss', 32, 'int32', 0x2bn]],
  ...['ds', 'es', 'fs', 'gs'].map((name, i): [number, [string, number, string, bigint]] => [20 + i, [name, 32, 'int32', 0n]]),
  ...['fiseg', 'fioff', 'foseg', 'fooff', 'fop'].map((name, i): [number, [string, number, string, bigint]] => [
    35 + i,
    [name, 32, 'int', 0n],
  ]),
  // No system call is to be restarted.
  [57, ['orig_rax', 64, 'int', 0xffff_ffff_ffff_ffffn]],
]);

const TYPES: Readonly<Record<string, string>> = {
  rip: 'code_ptr',
  rsp: 'data_ptr',
  rbp: 'data_ptr',
  eflags: 'i386_eflags',
  mxcsr: 'i386_mxcsr',
};
const KINDS: Readonly<Record<RegisterRow['kind'], string>> = {
  ...{ general: 'int64', pointer: 'code_ptr', flags: 'i386_eflags', base: 'int' },
  ...{ vector: 'vec128', x87: 'i387_ext', mmx: 'int64', control: 'int' },
};

/** Upper halves of YMM registers have these numbers; their lower halves are the XMM registers. */
const UPPER = { from: 60, count: 16 } as const;

/** Of 256 bits the upper half. */
function upperHalf(index: number): Described {
  const row: Described['row'] = {
    read: registers => registers.ymmHigh(index),
    write: (registers, value) => registers.setYmmHigh(index, BigInt.asUintN(128, value)),
  };
  return { name: `ymm${index}h`, bits: 128, type: 'uint128', row, fixed: 0n };
}

function described(number: number): Described {
  if (number >= UPPER.from) return upperHalf(number - UPPER.from);
  const fixed = FIXED.get(number);
  if (fixed !== undefined) return { name: fixed[0], bits: fixed[1], type: fixed[2], row: undefined, fixed: fixed[3] };
  const row = REGISTERS.find(({ gdb }) => gdb === number)!;
  // gdb gives flags and x87's control words 32 bits.
  const bits = row.kind === 'control' || row.kind === 'flags' ? 32 : row.bits;
  const name = row.kind === 'control' && row.name !== 'mxcsr' ? row.aliases[0]! : row.name;
  return { name, bits, type: TYPES[row.name] ?? KINDS[row.kind], row, fixed: 0n };
}

/** By gdb's numbers, from 0. */
const ALL: readonly Described[] = Array.from({ length: UPPER.from + UPPER.count }, (_, number) => described(number));

/** Where each feature begins in them. */
const FEATURES = [
  { name: 'org.gnu.gdb.i386.core', from: 0, to: 40 },
  { name: 'org.gnu.gdb.i386.sse', from: 40, to: 57 },
  { name: 'org.gnu.gdb.i386.linux', from: 57, to: 58 },
  { name: 'org.gnu.gdb.i386.segments', from: 58, to: 60 },
  { name: 'org.gnu.gdb.i386.avx', from: UPPER.from, to: UPPER.from + UPPER.count },
];

const EFLAGS = ['CF', '', 'PF', '', 'AF', '', 'ZF', 'SF', 'TF', 'IF', 'DF', 'OF'];
const MXCSR = ['IE', 'DE', 'ZE', 'OE', 'UE', 'PE', 'DAZ', 'IM', 'DM', 'ZM', 'OM', 'UM', 'PM'];
const flags = (id: string, names: readonly string[]): string => {
  const fields = names.map((name, bit) => (name === '' ? '' : `<field name="${name}" start="${bit}" end="${bit}"/>`));
  return `<flags id="${id}" size="4">${fields.join('')}</flags>`;
};

/** Ways to see 128 bits, by gdb's names for them. */
const LANES = [
  ['v8_bfloat16', 'bfloat16', 8],
  ['v4_float', 'ieee_single', 4],
  ['v2_double', 'ieee_double', 2],
  ['v16_int8', 'int8', 16],
  ['v8_int16', 'int16', 8],
  ['v4_int32', 'int32', 4],
  ['v2_int64', 'int64', 2],
] as const;
const VEC128 = [
  ...LANES.map(([name, type, count]) => `<vector id="${name}" type="${type}" count="${count}"/>`),
  `<union id="vec128">${LANES.map(([name]) => `<field name="${name}" type="${name}"/>`).join('')}<field name="uint128" type="uint128"/></union>`,
].join('');

/** What `qXfer:features:read:target.xml` gives. */
export function targetXml(): string {
  const feature = ({ name, from, to }: (typeof FEATURES)[number]): string => {
    const types = name.endsWith('core') ? flags('i386_eflags', EFLAGS) : name.endsWith('sse') ? VEC128 + flags('i386_mxcsr', MXCSR) : '';
    const registers = ALL.slice(from, to).map((each, i) => {
      const group = each.type === 'i387_ext' ? ' group="float"' : '';
      return `<reg name="${each.name}" bitsize="${each.bits}" type="${each.type}" regnum="${from + i}"${group}/>`;
    });
    return `<feature name="${name}">${types}${registers.join('')}</feature>`;
  };
  const head = '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0">';
  return `${head}<architecture>i386:x86-64</architecture><osabi>GNU/Linux</osabi>${FEATURES.map(feature).join('')}</target>`;
}

/** Number of registers that `g` gives. */
export const REGISTER_COUNT = ALL.length;

export const registerBytes = (number: number): number => ALL[number]!.bits / 8;

/** A register, little end first. */
export function describedBytes(registers: Registers, number: number): Uint8Array {
  const { row, fixed } = ALL[number]!;
  let value = row === undefined ? fixed : row.read(registers);
  const bytes = new Uint8Array(registerBytes(number));
  const view = new DataView(bytes.buffer);
  // All but those of x87, which have 80 bits, and segments' selectors are words of 64.
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8, value >>= 64n) view.setBigUint64(at, BigInt.asUintN(64, value), true);
  for (; at < bytes.length; at++, value >>= 8n) bytes[at] = Number(value & 0xffn);
  return bytes;
}

/** False: it is one that does not change. */
export function setDescribed(registers: Registers, number: number, bytes: Uint8Array): boolean {
  const { row } = ALL[number]!;
  const value = [...bytes].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  row?.write(registers, value);
  return row !== undefined;
}

export const describedName = (number: number): string => ALL[number]!.name;
