/** Which registers still are what they were at a function's entry, told from its code where nothing else tells. */
import { Decoder, DecoderOptions, FlowControl, InstructionInfoFactory, OpAccess, type Register, RegisterExt } from 'iced-x86';
import { type AddressSpace, GPR_NAMES, type GprName } from '../cpu/api.js';
import { readable } from './execution/calls.js';

/** Functions larger than this are not looked at: the answer is wanted for leaves and first instructions. */
const MOST_BYTES = 4096;

const WRITES = new Set([OpAccess.Write, OpAccess.CondWrite, OpAccess.ReadWrite, OpAccess.ReadCondWrite]);
const ALL: ReadonlySet<GprName> = new Set(GPR_NAMES);
const NONE: ReadonlySet<GprName> = new Set();

/**
 * The general registers that nothing between `entry` and `pc` writes. None when the code there is not straight, makes calls, or when a
 * branch of the function comes back into it.
 */
export function unchangedSinceEntry(memory: AddressSpace, entry: bigint, end: bigint, pc: bigint): ReadonlySet<GprName> {
  if (pc === entry) return ALL;
  if (pc < entry || pc >= end || end - entry > MOST_BYTES) return NONE;
  const left = new Set(GPR_NAMES);
  const decoder = new Decoder(64, readable(memory, entry, Number(end - entry)), DecoderOptions.None);
  decoder.ip = entry;
  const factory = new InstructionInfoFactory();
  try {
    while (decoder.canDecode) {
      const instruction = decoder.decode();
      const { ip, flowControl } = instruction;
      const branch = flowControl === FlowControl.ConditionalBranch || flowControl === FlowControl.UnconditionalBranch;
      const target = branch ? instruction.nearBranchTarget : 0n;
      const written: Register[] = [];
      if (ip < pc) {
        const info = factory.info(instruction);
        for (const used of info.usedRegisters()) {
          if (WRITES.has(used.access)) written.push(RegisterExt.fullRegister(used.register));
          used.free();
        }
        info.free();
      }
      instruction.free();
      if (ip < pc && flowControl !== FlowControl.Next && flowControl !== FlowControl.Interrupt) return NONE;
      if (branch && target > entry && target <= pc) return NONE;
      for (const register of written) {
        if (RegisterExt.isGPR64(register)) left.delete(GPR_NAMES[RegisterExt.number(register)]!);
      }
    }
    return left;
  } finally {
    factory.free();
    decoder.free();
  }
}
