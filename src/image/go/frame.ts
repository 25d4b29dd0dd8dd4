/** Frames of Go code as gopclntab and the prologue describe them, where there is no call frame information. */
import type { UnwindRow } from '../api.js';
import type { LinkedMemory } from '../elf/memory.js';
import type { PclnFunc, Pclntab } from './pclntab.js';

const RBP = 6;
const RSP = 7;
const RETURN_ADDRESS = 16;
/** The stack check in front of the frame set-up is shorter than this. */
const PROLOGUE_LIMIT = 96;

export interface Prologue {
  /** Offset behind the instruction that saves the caller's RBP. */
  readonly saved: number;
  /** Offset that the compiler marks as prologue_end in DWARF: SUBQ, or the end of a set-up that has none. */
  readonly end: number;
}

/**
 * Finds where cmd/internal/obj/x86 saved RBP. Since Go 1.21: PUSHQ BP; MOVQ SP, BP; SUBQ. Before: SUBQ; MOVQ BP, n(SP); LEAQ n(SP), BP.
 * Undefined: the function has no frame of that kind.
 */
export function findPrologue(memory: LinkedMemory, func: { readonly entry: number }, end: number): Prologue | undefined {
  const code = memory.slice(func.entry, Math.min(PROLOGUE_LIMIT, end - func.entry));
  const is = (at: number, ...bytes: number[]) => bytes.every((byte, i) => code[at + i] === byte);
  // SUBQ, or ADDQ of a negative number, in 8 and 32 bits.
  const adjusts = (at: number) => [0x83, 0x81].some(opcode => is(at, 0x48, opcode, 0xec) || is(at, 0x48, opcode, 0xc4));
  const adjustment = (end: number) => (adjusts(end - 4) ? 4 : adjusts(end - 7) ? 7 : 0);
  for (let at = 0; at < code.length; at++) {
    if (is(at, 0x55, 0x48, 0x89, 0xe5)) {
      return { saved: at + 1, end: adjusts(at + 4) ? at + 4 : at + 1 };
    }
    // MOVQ BP, n(SP) and LEAQ n(SP), BP with the same n, in 0, 8 or 32 bits.
    if (is(at, 0x48, 0x89, 0x2c, 0x24, 0x48, 0x8d, 0x2c, 0x24)) return { saved: at + 4, end: at - adjustment(at) };
    if (is(at, 0x48, 0x89, 0x6c, 0x24) && is(at + 5, 0x48, 0x8d, 0x6c, 0x24, code[at + 4]!))
      return { saved: at + 5, end: at - adjustment(at) };
    if (is(at, 0x48, 0x89, 0xac, 0x24) && is(at + 8, 0x48, 0x8d, 0xac, 0x24, ...code.subarray(at + 4, at + 8)))
      return { saved: at + 8, end: at - adjustment(at) };
  }
  return undefined;
}

/** The caller's RBP at pc, as a rule for an unwind row: in its slot below the return address, or untouched. */
function savedFramePointer(prologue: Prologue | undefined, func: PclnFunc, pc: number, delta: number): { atCfa: number } | 'same' {
  return prologue && delta >= 8 && pc >= func.entry + prologue.saved ? { atCfa: -16 } : 'same';
}

/** CFA = RSP + delta + 8. Undefined where the table says nothing: C code and the like, of which nothing must be made up. */
export function unwindRow(table: Pclntab, memory: LinkedMemory, func: PclnFunc, pc: number): UnwindRow | undefined {
  const delta = table.spDelta(func, pc);
  if (delta === undefined || delta < 0) return undefined;
  const prologue = findPrologue(memory, func, table.funcEnd(func));
  return {
    cfa: { register: RSP, offset: delta + 8 },
    registers: new Map<number, { atCfa: number } | 'same'>([
      [RBP, savedFramePointer(prologue, func, pc, delta)],
      [RETURN_ADDRESS, { atCfa: -8 }],
    ]),
    how: 'pclntab',
  };
}
