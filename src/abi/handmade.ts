/**
 * What registers hold at the entry of assembly functions that follow no public convention: only the functions of one file call them, and
 * those know each other. Facts of Go's runtime/race_amd64.s and runtime/asm_amd64.s, read in 1.19 to 1.26.
 */
import { ABI0, type Convention, type RegisterName } from './convention.js';

const C_ARGUMENTS = { rdi: 'C argument 1', rsi: 'C argument 2', rdx: 'C argument 3', rcx: 'C argument 4' };

const C_FUNCTION = 'C function';

/** What racecall and its like call registers that are the C function's own, which has better names for them. */
export const C_CALL: ReadonlySet<string> = new Set([C_FUNCTION, ...Object.values(C_ARGUMENTS)]);

const ENTRIES: Readonly<Record<string, Readonly<Partial<Record<RegisterName, string>>>>> = {
  racefuncenter: { r14: 'g', r11: 'callpc' },
  racecalladdr: { r14: 'g', rax: C_FUNCTION, rsi: 'addr', rdx: C_ARGUMENTS.rdx, rcx: C_ARGUMENTS.rcx },
  racecallatomic: { r14: 'g', rax: C_FUNCTION },
  racecall: { r14: 'g', rax: C_FUNCTION, ...C_ARGUMENTS },
};

/** The convention of a function with one of its own; undefined: it follows a public one. */
export function handMade(name: string): Convention | undefined {
  const entry = ENTRIES[name.replace(/<>$/, '')];
  if (entry === undefined) return undefined;
  return {
    ...ABI0,
    id: 'hand-made assembly',
    description: 'an arrangement between assembly functions of one file',
    calleeSaved: [],
    clobbered: [],
    fixed: new Map<RegisterName, string>([['rsp', 'stack']]),
    atEntry: new Map(Object.entries(entry) as [RegisterName, string][]),
  };
}
