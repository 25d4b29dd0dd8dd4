import { Decoder, DecoderOptions, OpKind, Register } from 'iced-x86';
import type { AddressSpace } from '../cpu/api.js';
import type { Image } from '../image/api.js';

/** Internally linked programs have one thread-local word, just below FS base (cmd/link); what r14 assembles is like them. */
export const INTERNAL_TLS = -8n;

/** Functions of every release that load g from its slot early on. */
const LOADERS = ['runtime.mcall', 'runtime.systemstack', 'runtime.asmcgocall'];
const LOOKED_AT = 96;

/**
 * Offset from FS base of the word that holds g. Linkers choose it (-8 inside, others when C's thread-local storage comes with the program),
 * so it is read off the runtime's own code: the first load from FS with a constant offset.
 */
export function tlsOffset(image: Image, memory: AddressSpace): bigint {
  for (const name of LOADERS) {
    for (const func of image.functionsNamed(name)) {
      if (func.wrapper || !memory.allows(func.entry, LOOKED_AT, 'read')) continue;
      const found = loadedFromFs(memory.read(func.entry, LOOKED_AT));
      if (found !== undefined) return found;
    }
  }
  return INTERNAL_TLS;
}

/** `mov %fs:OFFSET,%reg`, or `mov $OFFSET,%reg` before `mov %fs:(%reg),%reg` as position-independent code has it. */
function loadedFromFs(code: Uint8Array): bigint | undefined {
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const constants = new Map<Register, bigint>();
  try {
    while (decoder.canDecode) {
      const instruction = decoder.decode();
      const { memorySegment, memoryBase, op0Kind, op0Register } = instruction;
      const fromMemory = instruction.opCount === 2 && instruction.op1Kind === OpKind.Memory;
      const constant = instruction.opCount === 2 && op0Kind === OpKind.Register && instruction.op1Kind === OpKind.Immediate32to64;
      const displacement = BigInt.asIntN(64, fromMemory ? instruction.memoryDisplacement : 0n);
      if (constant) constants.set(op0Register, BigInt.asIntN(64, instruction.immediate(1)));
      instruction.free();
      if (!fromMemory || memorySegment !== Register.FS) continue;
      if (memoryBase === Register.None) return BigInt.asIntN(32, displacement);
      const base = constants.get(memoryBase);
      if (base !== undefined) return base + displacement;
    }
    return undefined;
  } finally {
    decoder.free();
  }
}
