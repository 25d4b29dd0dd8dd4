/** Parameters of the race runtime's functions as variables: no debug information describes them, but r14 knows their names. */
import { SYSTEM_V } from '../../abi/convention.js';
import type { AddressSpace } from '../../cpu/api.js';
import type { Type, Variable } from '../../image/api.js';
import { RACE_POINTERS, raceParameters } from '../../runtime/race/signatures.js';
import { unchangedSinceEntry } from '../code/unchanged.js';
import type { LogicalFrame } from './frame.js';

const POINTER: Type = { kind: 'unsafe-pointer', name: 'unsafe.Pointer', size: 8 };
const NUMBER: Type = { kind: 'uint', name: 'uint64', size: 8 };
/** DW_OP_reg0 and DWARF's numbers of the registers that arguments are in. */
const DW_OP_REG0 = 0x50;
const NUMBERS: Readonly<Record<string, number>> = { rdi: 5, rsi: 4, rdx: 1, rcx: 2, r8: 8, r9: 9 };

/** Those whose register still has what it had at the entry have a location. Nothing for any other function. */
export function raceVariables({ physical, inlined }: LogicalFrame, memory: AddressSpace): readonly Variable[] {
  const { func, pc, exact } = physical;
  const names = inlined || func === undefined ? undefined : raceParameters(func.name);
  if (names === undefined || names.length === 0) return [];
  const kept = exact ? unchangedSinceEntry(memory, func!.entry, func!.end, pc) : undefined;
  return names.map((name, index) => {
    const register = SYSTEM_V.integerArguments[index]!;
    const expression = Uint8Array.of(DW_OP_REG0 + NUMBERS[register]!);
    const location = kept?.has(register) ? { expression, unit: 0, bias: 0n } : undefined;
    return { name, type: RACE_POINTERS.has(name) ? POINTER : NUMBER, role: 'param', location };
  });
}
