/** Whether a register still is what it was at a function's entry, for functions whose debug information does not say. */
import { Decoder, DecoderOptions, FlowControl, InstructionInfoFactory, OpAccess, Register, RegisterExt } from 'iced-x86';
import type { AddressSpace, GprName } from '../cpu/api.js';
import { GPR_NAMES } from '../cpu/api.js';
import { readable } from './execution/calls.js';

/** Functions larger than this are not looked at. */
const MOST_BYTES = 1 << 16;

const WRITES = new Set([OpAccess.Write, OpAccess.CondWrite, OpAccess.ReadWrite, OpAccess.ReadCondWrite]);

/**
 * True when nothing between `entry` and `pc` writes the register: the code there is straight, without calls, and no branch of the function
 * comes back into it.
 */
export function unchangedSinceEntry(memory: AddressSpace, entry: bigint, end: bigint, pc: bigint, name: GprName): boolean {
  if (pc === entry) return true;
  if (pc < entry || pc >= end || end - entry > MOST_BYTES) return false;
  const register = (Register.RAX + GPR_NAMES.indexOf(name)) as Register;
  const decoder = new Decoder(64, readable(memory, entry, Number(end - entry)), DecoderOptions.None);
  decoder.ip = entry;
  const factory = new InstructionInfoFactory();
  try {
    while (decoder.canDecode) {
      const instruction = decoder.decode();
      const { ip, flowControl } = instruction;
      const branch = flowControl === FlowControl.ConditionalBranch || flowControl === FlowControl.UnconditionalBranch;
      const target = branch ? instruction.nearBranchTarget : 0n;
      const info = factory.info(instruction);
      const used = info.usedRegisters();
      const written = used.some(each => WRITES.has(each.access) && RegisterExt.fullRegister(each.register) === register);
      for (const each of used) each.free();
      info.free();
      instruction.free();
      if (ip < pc && (flowControl !== FlowControl.Next || written)) return false;
      if (branch && target > entry && target <= pc) return false;
    }
    return true;
  } finally {
    factory.free();
    decoder.free();
  }
}
