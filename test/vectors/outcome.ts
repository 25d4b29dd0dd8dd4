/** What a case ends in, the same from the real CPU, the committed data and r14. */
import type { AccessKind, Vector } from '../../src/cpu/api.js';
import { FLAGS, FX, INPUT, OUTPUT } from './layout.js';

export interface OutcomeFault {
  readonly vector: Vector;
  /** #PF only. */
  readonly address: bigint;
  readonly access?: AccessKind;
  readonly mapped?: boolean;
}

export interface Outcome {
  /** An `Input` record whose registers are those at the end. The rest of it means nothing. */
  readonly registers: Uint8Array;
  /** Absent when the case ran into the INT3 behind it, where RIP then is. */
  readonly fault?: OutcomeFault;
  /** Aligned 8-byte words that changed, in address order. */
  readonly memory: readonly (readonly [number: bigint, value: bigint])[];
}

export function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

const GPRS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

const FIELDS: readonly Field[] = [
  ...GPRS.map((name, i) => ({ name, offset: OUTPUT.gpr + 8 * i, bytes: 8 })),
  { name: 'rip', offset: INPUT.rip, bytes: 8 },
  { name: 'fcw', offset: INPUT.fx + FX.fcw, bytes: 2 },
  { name: 'fsw', offset: INPUT.fx + FX.fsw, bytes: 2 },
  { name: 'ftw', offset: INPUT.fx + FX.ftw, bytes: 1 },
  { name: 'mxcsr', offset: INPUT.fx + FX.mxcsr, bytes: 4 },
  ...Array.from({ length: 8 }, (_, i) => ({ name: `st${i}`, offset: INPUT.fx + FX.st + 16 * i, bytes: 10 })),
  ...Array.from({ length: 16 }, (_, i) => ({ name: `xmm${i}`, offset: INPUT.fx + FX.xmm + 16 * i, bytes: 16 })),
  ...Array.from({ length: 16 }, (_, i) => ({ name: `ymm${i}h`, offset: INPUT.ymm + 16 * i, bytes: 16 })),
];

function fieldText(record: Uint8Array, field: Field): string {
  let text = '';
  for (let i = field.bytes - 1; i >= 0; i--) text += (record[field.offset + i] as number).toString(16).padStart(2, '0');
  return text;
}

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [0x1, 'CF'],
  [0x4, 'PF'],
  [0x10, 'AF'],
  [0x40, 'ZF'],
  [0x80, 'SF'],
  [0x400, 'DF'],
  [0x800, 'OF'],
  [0x40000, 'AC'],
  [0x200000, 'ID'],
];

export function flagsText(flags: number): string {
  return `[${FLAG_NAMES.filter(([bit]) => flags & bit)
    .map(([, name]) => name)
    .join(' ')}]`;
}

function faultText(fault: OutcomeFault | undefined): string {
  if (!fault) return 'none';
  if (fault.vector !== '#PF') return fault.vector;
  return `#PF ${fault.access} ${hex(fault.address)}${fault.mapped ? ' (mapped)' : ''}`;
}

const COMPARED_FLAGS = FLAGS | 0x240000;

/** Differences in words, `name: expected, got`; empty when equal. */
export function compare(expected: Outcome, got: Outcome, undefinedFlags: number): string[] {
  const differences: string[] = [];
  if (faultText(expected.fault) !== faultText(got.fault))
    differences.push(`fault: expected ${faultText(expected.fault)}, got ${faultText(got.fault)}`);
  const a = expected.registers;
  const b = got.registers;
  for (const field of FIELDS) {
    for (let i = 0; i < field.bytes; i++) {
      if (a[field.offset + i] !== b[field.offset + i]) {
        differences.push(`${field.name}: expected ${fieldText(a, field)}, got ${fieldText(b, field)}`);
        break;
      }
    }
  }
  const flagsA = new DataView(a.buffer, a.byteOffset).getUint32(INPUT.rflags, true);
  const flagsB = new DataView(b.buffer, b.byteOffset).getUint32(INPUT.rflags, true);
  const mask = COMPARED_FLAGS & ~undefinedFlags;
  if ((flagsA ^ flagsB) & mask) differences.push(`flags: expected ${flagsText(flagsA & mask)}, got ${flagsText(flagsB & mask)}`);
  const wrote = new Map(got.memory);
  for (const [address, value] of expected.memory) {
    const other = wrote.get(address);
    wrote.delete(address);
    if (other !== value)
      differences.push(`memory ${hex(address)}: expected ${hex(value)}, got ${other === undefined ? 'no change' : hex(other)}`);
  }
  for (const [address, value] of wrote) differences.push(`memory ${hex(address)}: expected no change, got ${hex(value)}`);
  return differences;
}
