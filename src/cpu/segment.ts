/** Which segment an access goes through: in 64-bit mode it matters only for the exception that a non-canonical address raises. */
import { type Instruction, InstructionInfoFactory, Register, RegisterExt } from 'iced-x86';
import type { Registers } from './api.js';

const STACK_BASES = new Set([Register.RSP, Register.RBP, Register.ESP, Register.EBP]);
let factory: InstructionInfoFactory | undefined;

/** Whether one of the instruction's accesses is through SS and starts at that address (Intel SDM vol. 1, 3.3.7.1). */
export function reachesThroughStack(ins: Instruction, address: bigint, registers: Registers): boolean {
  factory ??= new InstructionInfoFactory();
  const info = factory.info(ins);
  let found = false;
  const accesses = info.usedMemory();
  for (const used of accesses) {
    // Prefixes of the flat segments change nothing, not even this.
    const flat = used.segment !== Register.FS && used.segment !== Register.GS;
    if (flat && STACK_BASES.has(used.base)) {
      const sum = used.displacement + registerValue(used.base, registers) + registerValue(used.index, registers) * BigInt(used.scale);
      // BT and its like reach beyond the operand's own address; an only access need not be told from another.
      if (accesses.length === 1 || BigInt.asUintN(64, sum) === address) found = true;
    }
    used.free();
  }
  info.free();
  return found;
}

function registerValue(register: Register, registers: Registers): bigint {
  return register === Register.None ? 0n : registers.gpr(RegisterExt.number(register));
}
