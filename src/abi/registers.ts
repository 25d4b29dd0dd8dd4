/**
 * The registers of a thread of amd64 Linux, one row each, with the numbers that others know them by: DWARF's (AMD64 psABI, figure 3.36), gdb's
 * (the order of its target description for amd64 Linux without AVX), and where a signal frame keeps them (Linux, uapi/asm/sigcontext.h).
 */
import { GPR_NAMES, type GprName, type Registers } from '../cpu/api.js';

export type RegisterKind = 'general' | 'pointer' | 'flags' | 'base' | 'vector' | 'x87' | 'mmx' | 'control';

export interface RegisterRow {
  /** Lower case. */
  readonly name: string;
  readonly kind: RegisterKind;
  readonly bits: number;
  /** Other names, in lower case; gdb's is the first where it has one of its own. */
  readonly aliases: readonly string[];
  /** In instructions. */
  readonly encoding?: number;
  readonly dwarf: number | undefined;
  /** Undefined: gdb makes it of others. */
  readonly gdb: number | undefined;
  /** Bytes from the start of a signal frame's ucontext. */
  readonly ucontext?: number;
  readonly read: (registers: Registers) => bigint;
  /** Cuts off what does not fit. */
  readonly write: (registers: Registers, value: bigint) => void;
}

/** In the order of gdb's numbers: the general registers with DWARF's numbers and their offsets in the ucontext. */
const GENERAL: readonly (readonly [name: GprName, dwarf: number, ucontext: number, ...aliases: string[]])[] = [
  ['rax', 0, 144],
  ['rbx', 3, 128],
  ['rcx', 2, 152],
  ['rdx', 1, 136],
  ['rsi', 4, 112],
  ['rdi', 5, 104],
  ['rbp', 6, 120, 'fp'],
  ['rsp', 7, 160, 'sp'],
  ['r8', 8, 40],
  ['r9', 9, 48],
  ['r10', 10, 56],
  ['r11', 11, 64],
  ['r12', 12, 72],
  ['r13', 13, 80],
  ['r14', 14, 88],
  ['r15', 15, 96],
];

const numbered = (count: number, row: (index: number) => RegisterRow): readonly RegisterRow[] =>
  Array.from({ length: count }, (_, index) => row(index));

/** The 64-bit ones that have a property of their own in `Registers`. */
function word(key: 'rip' | 'rflags' | 'fsBase' | 'gsBase'): Pick<RegisterRow, 'bits' | 'read' | 'write'> {
  const write = (registers: Registers, value: bigint): void => {
    registers[key] = BigInt.asUintN(64, value);
  };
  return { bits: 64, read: registers => registers[key], write };
}

function control(
  name: 'fcw' | 'fsw' | 'ftw' | 'mxcsr',
  dwarf: number | undefined,
  gdb: number,
  bits: number,
  ...aliases: string[]
): RegisterRow {
  const write = (registers: Registers, value: bigint): void => {
    registers[name] = Number(BigInt.asUintN(32, value));
  };
  return { name, kind: 'control', bits, aliases, dwarf, gdb, read: registers => BigInt(registers[name]), write };
}

/** The number on the x87 stack of a physical register. */
const stackIndex = (registers: Registers, physical: number): number => (physical - (registers.fsw >> 11)) & 7;

/** In the order that they are listed in. */
export const REGISTERS: readonly RegisterRow[] = [
  ...GENERAL.map(
    ([name, dwarf, ucontext, ...aliases], gdb): RegisterRow => ({
      name,
      kind: 'general',
      bits: 64,
      aliases,
      encoding: GPR_NAMES.indexOf(name),
      dwarf,
      gdb,
      ucontext,
      read: registers => registers.get(name),
      write: (registers, value) => registers.set(name, BigInt.asUintN(64, value)),
    }),
  ),
  { name: 'rip', kind: 'pointer', aliases: ['pc', 'ip'], dwarf: 16, gdb: 16, ucontext: 168, ...word('rip') },
  { name: 'eflags', kind: 'flags', aliases: ['rflags', 'flags'], dwarf: 49, gdb: 17, ucontext: 176, ...word('rflags') },
  { name: 'fs_base', kind: 'base', aliases: [], dwarf: 58, gdb: 58, ...word('fsBase') },
  { name: 'gs_base', kind: 'base', aliases: [], dwarf: 59, gdb: 59, ...word('gsBase') },
  ...numbered(16, index => ({
    name: `xmm${index}`,
    kind: 'vector',
    bits: 128,
    aliases: [`x${index}`],
    encoding: index,
    dwarf: 17 + index,
    gdb: 40 + index,
    read: registers => registers.xmm(index),
    write: (registers, value) => registers.setXmm(index, BigInt.asUintN(128, value)),
  })),
  // The lower halves are XMM's.
  ...numbered(16, index => ({
    name: `ymm${index}`,
    kind: 'vector',
    bits: 256,
    aliases: [`y${index}`],
    encoding: index,
    dwarf: undefined,
    gdb: undefined,
    read: registers => (registers.ymmHigh(index) << 128n) | registers.xmm(index),
    write: (registers, value) => {
      registers.setXmm(index, BigInt.asUintN(128, value));
      registers.setYmmHigh(index, BigInt.asUintN(128, value >> 128n));
    },
  })),
  ...numbered(8, index => ({
    name: `st${index}`,
    kind: 'x87',
    bits: 80,
    aliases: [],
    encoding: index,
    dwarf: 33 + index,
    gdb: 24 + index,
    read: registers => registers.st(index),
    write: (registers, value) => registers.setSt(index, BigInt.asUintN(80, value)),
  })),
  // The low 64 bits of the physical x87 registers, whatever is on top of the stack.
  ...numbered(8, index => ({
    name: `mm${index}`,
    kind: 'mmx',
    bits: 64,
    aliases: [`m${index}`],
    encoding: index,
    dwarf: 41 + index,
    gdb: undefined,
    read: registers => BigInt.asUintN(64, registers.st(stackIndex(registers, index))),
    // What is above them becomes ones, as an instruction leaves it.
    write: (registers, value) => registers.setSt(stackIndex(registers, index), (0xffffn << 64n) | BigInt.asUintN(64, value)),
  })),
  control('fcw', 65, 32, 16, 'fctrl'),
  control('fsw', 66, 33, 16, 'fstat'),
  control('ftw', undefined, 34, 16, 'ftag'),
  control('mxcsr', 64, 56, 32),
];

const byName: ReadonlyMap<string, RegisterRow> = new Map(REGISTERS.map(row => [row.name, row]));
const byAlias: ReadonlyMap<string, RegisterRow> = new Map(REGISTERS.flatMap(row => row.aliases.map(alias => [alias, row])));
const byDwarf: ReadonlyMap<number, RegisterRow> = new Map(REGISTERS.flatMap(row => (row.dwarf === undefined ? [] : [[row.dwarf, row]])));

/** By its own name, in lower case. */
export const registerNamed = (name: string): RegisterRow | undefined => byName.get(name);

/** By its own name or another, in lower case. */
export const registerCalled = (name: string): RegisterRow | undefined => byName.get(name) ?? byAlias.get(name);

/** By DWARF's number. 16 is the return address, which is RIP's value in the caller. */
export const dwarfRegister = (number: number): RegisterRow | undefined => byDwarf.get(number);

/** DWARF's number of a register that has one. */
export function dwarfNumber(name: GprName | 'rip' | `xmm${number}` | `st${number}`): number {
  return byName.get(name)!.dwarf!;
}

/** The registers that unwind tables speak of: the general ones and `rip`. */
export function unwindRegister(number: number): GprName | 'rip' | undefined {
  const row = byDwarf.get(number);
  return row !== undefined && (row.kind === 'general' || row.kind === 'pointer') ? (row.name as GprName | 'rip') : undefined;
}

/** The registers that a signal frame keeps as words, with their offsets from the start of its ucontext. */
export const UCONTEXT: readonly (readonly [RegisterRow, number])[] = REGISTERS.flatMap(row =>
  row.ucontext === undefined ? [] : [[row, row.ucontext] as const],
);
