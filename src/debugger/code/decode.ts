import { Code, type Instruction as Decoded, Decoder, DecoderOptions, FlowControl, type Register, RegisterExt } from 'iced-x86';
import { type AddressSpace, GPR_NAMES, type GprName } from '../../cpu/api.js';
import { told } from '../../host/told.js';

export interface Instruction {
  readonly address: bigint;
  readonly length: number;
  readonly flow: 'next' | 'call' | 'return' | 'jump' | 'branch' | 'other';
  readonly valid: boolean;
  readonly isSyscall: boolean;
}

/** The instructions of [start, end), decoded one after the other; ends early at bytes that cannot be read. */
export function* instructionsIn(memory: AddressSpace, start: bigint, end: bigint): Generator<Instruction> {
  const decoder = new Decoder(64, readable(memory, start, Number(end - start)), DecoderOptions.None);
  decoder.ip = start;
  try {
    while (decoder.canDecode) {
      const decoded = decoder.decode();
      const { ip, length, code, flowControl } = decoded;
      decoded.free();
      const flow = FLOWS.get(flowControl) ?? 'other';
      yield { address: ip, length, flow, valid: code !== Code.INVALID, isSyscall: code === Code.Syscall };
    }
  } finally {
    decoder.free();
  }
}

/** What is not here is `other`: interrupts, exceptions, transactions. */
export const FLOWS: ReadonlyMap<FlowControl, Exclude<Instruction['flow'], 'other'>> = new Map([
  [FlowControl.Next, 'next'],
  [FlowControl.Call, 'call'],
  [FlowControl.IndirectCall, 'call'],
  [FlowControl.Return, 'return'],
  [FlowControl.UnconditionalBranch, 'jump'],
  [FlowControl.IndirectBranch, 'jump'],
  [FlowControl.ConditionalBranch, 'branch'],
]);

/** Bytes of the longest instruction (Intel SDM vol. 2, 2.3.11). */
const LONGEST = 15;

/** Hands over the instruction at an address, which is gone afterwards; an invalid one where there is none. */
export function decodedAt<T>(memory: AddressSpace, address: bigint, use: (instruction: Decoded) => T): T {
  const decoder = new Decoder(64, readable(memory, address, LONGEST), DecoderOptions.None);
  decoder.ip = address;
  const instruction = decoder.decode();
  try {
    return use(instruction);
  } finally {
    instruction.free();
    decoder.free();
  }
}

/** As many of `length` bytes as can be read. */
export function readable(memory: AddressSpace, start: bigint, length: number): Uint8Array {
  for (let size = length; size > 0; size = size > 16 ? Math.max(16, size >> 1) : size - 1) {
    try {
      return memory.read(start, size);
    } catch (error) {
      // Fewer, then.
      told(error);
    }
  }
  return new Uint8Array();
}

/** The general register that is or holds a part of iced's register; undefined for all others. */
export function gprName(register: Register): GprName | undefined {
  const full = RegisterExt.fullRegister(register);
  return RegisterExt.isGPR64(full) ? GPR_NAMES[RegisterExt.number(full)] : undefined;
}
