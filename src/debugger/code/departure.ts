/** How an instruction leaves the straight line of code. */
import { type Instruction, Code as MachineCode, OpKind, Register } from 'iced-x86';
import type { AddressSpace, GprName } from '../../cpu/api.js';
import { decodedAt, FLOWS, gprName } from './decode.js';
import { peek } from './peek.js';

/** How the instruction at an address leaves the straight line, and where to, as far as the registers tell. */
export function departure(
  memory: AddressSpace,
  pc: bigint,
  register: (name: GprName) => bigint | undefined,
): { readonly by: 'call' | 'jump' | 'return' | 'syscall'; readonly target: bigint | undefined } | undefined {
  return decodedAt(memory, pc, instruction => {
    switch (FLOWS.get(instruction.flowControl)) {
      case 'call':
        if (instruction.code === MachineCode.Syscall) return { by: 'syscall', target: undefined };
        return { by: 'call', target: targetOf(memory, instruction, register) };
      case 'jump':
        return { by: 'jump', target: targetOf(memory, instruction, register) };
      case 'return':
        return { by: 'return', target: undefined };
      default:
        return undefined;
    }
  });
}

function targetOf(memory: AddressSpace, instruction: Instruction, register: (name: GprName) => bigint | undefined): bigint | undefined {
  const kind = instruction.op0Kind;
  if (kind === OpKind.NearBranch64) return instruction.nearBranchTarget;
  if (kind === OpKind.Register) return register(gprName(instruction.op0Register)!);
  if (kind !== OpKind.Memory) return undefined;
  const address = addressOf(instruction, register);
  return address === undefined ? undefined : peek(memory, address);
}

/** The address of an instruction's memory operand; undefined when a register of it is not known or it counts from a segment's base. */
function addressOf(instruction: Instruction, register: (name: GprName) => bigint | undefined): bigint | undefined {
  if (instruction.segmentPrefix === Register.FS || instruction.segmentPrefix === Register.GS) return undefined;
  if (instruction.isIpRelMemoryOperand) return instruction.ipRelMemoryAddress;
  let sum = instruction.memoryDisplacement;
  for (const [part, scale] of [
    [instruction.memoryBase, 1n],
    [instruction.memoryIndex, BigInt(instruction.memoryIndexScale)],
  ] as const) {
    if (part === Register.None) continue;
    const name = gprName(part);
    const value = name === undefined ? undefined : register(name);
    if (value === undefined) return undefined;
    sum += value * scale;
  }
  return BigInt.asUintN(64, sum);
}
