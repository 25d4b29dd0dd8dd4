/** DWARF's numbers for amd64's registers (AMD64 psABI, figure 3.36). */
import { GPR_NAMES, type GprName } from '../cpu/api.js';

/** From number 0 on; number 16 is the return address. */
export const DWARF_REGISTERS: readonly (GprName | 'rip')[] = [
  'rax',
  'rdx',
  'rcx',
  'rbx',
  'rsi',
  'rdi',
  'rbp',
  'rsp',
  ...GPR_NAMES.slice(8),
  'rip',
];
const FIRST_XMM = 17;
const FIRST_ST = 33;

export function dwarfRegisterName(number: number): string | undefined {
  if (number < FIRST_XMM) return DWARF_REGISTERS[number];
  if (number < FIRST_ST) return `xmm${number - FIRST_XMM}`;
  return number < FIRST_ST + 8 ? `st${number - FIRST_ST}` : undefined;
}

/** Of a general register, `rip` or `xmm0` to `xmm15`. */
export const dwarfNumber = (name: string): number =>
  name.startsWith('xmm') ? FIRST_XMM + Number(name.slice(3)) : (DWARF_REGISTERS as readonly string[]).indexOf(name);
