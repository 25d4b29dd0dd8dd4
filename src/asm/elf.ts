/** An assembled program as the bytes of a static ELF executable (System V ABI, "Object Files"; one PT_LOAD a segment, no sections). */
import type { Assembled } from './program.js';

const HEADER = 64;
const PROGRAM_HEADER = 56;
const PAGE = 4096;
const ET_EXEC = 2;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474_e551;
const READ_WRITE = 6;

/** PF_X is 1, PF_W 2, PF_R 4: mmap's bits the other way round. */
const segmentFlags = (prot: number): number => ((prot & 1) << 2) | (prot & 2) | ((prot & 4) >> 2);

export function elfBytes(program: Assembled): Uint8Array {
  const { segments } = program;
  const count = segments.length + 1;
  let offset = PAGE;
  const placed = segments.map(segment => {
    const at = offset;
    offset += Math.ceil(segment.bytes.length / PAGE) * PAGE;
    return { segment, at };
  });
  const bytes = new Uint8Array(Math.max(offset, HEADER + count * PROGRAM_HEADER));
  const view = new DataView(bytes.buffer);
  // Magic, 64-bit, little-endian, version 1.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, EM_X86_64, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, program.entry, true);
  view.setBigUint64(32, BigInt(HEADER), true);
  view.setUint16(52, HEADER, true);
  view.setUint16(54, PROGRAM_HEADER, true);
  view.setUint16(56, count, true);
  view.setUint16(58, 64, true);
  placed.forEach(({ segment, at }, index) => {
    const header = HEADER + index * PROGRAM_HEADER;
    view.setUint32(header, PT_LOAD, true);
    view.setUint32(header + 4, segmentFlags(segment.prot), true);
    view.setBigUint64(header + 8, BigInt(at), true);
    view.setBigUint64(header + 16, segment.start, true);
    view.setBigUint64(header + 24, segment.start, true);
    view.setBigUint64(header + 32, BigInt(segment.bytes.length), true);
    view.setBigUint64(header + 40, BigInt(segment.memorySize), true);
    view.setBigUint64(header + 48, BigInt(PAGE), true);
    bytes.set(segment.bytes, at);
  });
  const stack = HEADER + segments.length * PROGRAM_HEADER;
  view.setUint32(stack, PT_GNU_STACK, true);
  view.setUint32(stack + 4, READ_WRITE, true);
  return bytes;
}
