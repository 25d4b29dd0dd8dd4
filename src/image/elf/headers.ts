/**
 * The fixed structures of an ELF64 file: System V gABI, chapter 4 and 5, and the AMD64 psABI. Link addresses are `number`: a program of
 * Linux on amd64 lies below 2^47, and a file that says otherwise is refused here.
 */
import { hex } from '../../host/hex.js';
import { ByteReader, FormatError, textOf } from '../bytes.js';

export const PT = { load: 1, dynamic: 2, interp: 3, note: 4, tls: 7 } as const;
export const PF = { x: 1, w: 2, r: 4 } as const;
export const SHT = { progbits: 1, symtab: 2, strtab: 3, note: 7, nobits: 8, dynsym: 11 } as const;
export const SHF = { write: 1, alloc: 2, exec: 4, compressed: 0x800 } as const;

/** User space of Linux on amd64 with four-level page tables. */
const ADDRESS_LIMIT = 2 ** 47;
export const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
/** Linux refuses more than 64 KiB of program headers (fs/binfmt_elf.c, ELF_MIN_ALIGN). */
const MAX_PROGRAM_HEADERS = Math.floor(0x10000 / PROGRAM_HEADER_SIZE);
/** The gABI's extended count has no limit; a program with more sections than the plain one allows is a corrupt file. */
const MAX_SECTIONS = 0x10000;
const PAGE = 4096;

const MACHINES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  3: 'i386',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC64',
  22: 'S390',
  40: 'ARM',
  183: 'AArch64',
  243: 'RISC-V',
  258: 'LoongArch',
};

export interface ElfHeader {
  /** ET_DYN: a position-independent program or a shared library. */
  readonly positionIndependent: boolean;
  readonly entry: number;
  readonly programHeaderOffset: number;
  readonly programHeaderCount: number;
  /** First byte of the file behind the program headers. */
  readonly programHeadersEnd: number;
  readonly sectionHeaderOffset: number;
  readonly sectionHeaderCount: number;
  readonly sectionNames: number;
}

export interface ProgramHeader {
  readonly type: number;
  /** A sum of PF bits. */
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

export interface Section {
  readonly name: string;
  readonly type: number;
  /** A sum of SHF bits (the low 32). */
  readonly flags: number;
  /** 0 when not loaded. */
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly entrySize: number;
}

/** Reads and judges the file header. `path` begins the one-line errors; `bytes` may be the beginning of a file of `size` bytes. */
export function readHeader(bytes: Uint8Array, path: string, size = bytes.length): ElfHeader {
  const refuse = (message: string): never => {
    throw new FormatError(`${path}: ${message}`);
  };
  if (bytes.length === 0) refuse('the file is empty');
  if (!(bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46)) {
    const start = [...bytes.subarray(0, 4)].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
    if (bytes[0] === 0x23 && bytes[1] === 0x21) refuse('not an ELF file but a script (starts with #!)');
    refuse(`not an ELF file (starts with ${start}, not 7f 45 4c 46)`);
  }
  if (bytes.length >= 6) {
    if (bytes[4] === 1) refuse('a 32-bit ELF file; only 64-bit amd64 programs run here');
    if (bytes[4] !== 2) refuse(`ELF class ${bytes[4]} at offset 0x4 is neither 32 nor 64 bits`);
    if (bytes[5] === 2) refuse('a big-endian ELF file; only amd64 programs run here');
    if (bytes[5] !== 1) refuse(`ELF byte order ${bytes[5]} at offset 0x5 is unknown`);
  }
  if (bytes.length < HEADER_SIZE) refuse(`truncated: the ELF header takes ${HEADER_SIZE} bytes, the file has ${bytes.length}`);
  const r = new ByteReader(bytes, 'ELF header', 16);
  const type = r.u16();
  const machine = r.u16();
  if (machine !== 62) refuse(`not for amd64 but for ${MACHINES[machine] ?? `machine ${machine}`}`);
  if (type === 1) refuse('a relocatable object file (.o), not a program: link it first');
  if (type === 4) refuse('a core dump, not a program');
  if (type !== 2 && type !== 3) refuse(`ELF type ${type} at offset 0x10 is not a program or library`);
  r.skip(4);
  const entry = r.u64();
  if (entry >= BigInt(ADDRESS_LIMIT)) refuse(`the entry point ${hex(entry)} is outside user space`);
  const programHeaderOffset = r.u64();
  const sectionHeaderOffset = r.u64();
  r.skip(6);
  const programHeaderSize = r.u16();
  const programHeaderCount = r.u16();
  const sectionHeaderSize = r.u16();
  const sectionHeaderCount = r.u16();
  const sectionNames = r.u16();
  if (programHeaderCount === 0) refuse('has no program headers, so nothing to load');
  if (programHeaderSize !== PROGRAM_HEADER_SIZE)
    refuse(`program headers of ${programHeaderSize} bytes (at offset 0x36), not ${PROGRAM_HEADER_SIZE}`);
  if (programHeaderCount > MAX_PROGRAM_HEADERS)
    refuse(`${programHeaderCount} program headers, more than Linux takes (${MAX_PROGRAM_HEADERS})`);
  const programHeadersEnd = programHeaderOffset + BigInt(programHeaderCount * PROGRAM_HEADER_SIZE);
  if (programHeadersEnd > BigInt(size))
    refuse(`truncated: program headers reach to ${hex(programHeadersEnd)}, the file has ${hex(size)} bytes`);
  return {
    positionIndependent: type === 3,
    entry: Number(entry),
    programHeaderOffset: Number(programHeaderOffset),
    programHeaderCount,
    programHeadersEnd: Number(programHeadersEnd),
    sectionHeaderOffset: sectionHeaderSize === SECTION_HEADER_SIZE ? Number(sectionHeaderOffset) : 0,
    sectionHeaderCount,
    sectionNames,
  };
}

/** Reads the program headers, which `bytes` must reach to, and refuses segments that cannot be loaded as they stand. */
export function readProgramHeaders(bytes: Uint8Array, header: ElfHeader, path: string, size = bytes.length): ProgramHeader[] {
  const headers: ProgramHeader[] = [];
  const r = new ByteReader(bytes, 'program headers', header.programHeaderOffset);
  for (let index = 0; index < header.programHeaderCount; index++) {
    const type = r.u32();
    const flags = r.u32();
    const [offset, address, , fileSize, memorySize, align] = [r.u64(), r.u64(), r.u64(), r.u64(), r.u64(), r.u64()];
    const refuse = (message: string): never => {
      throw new FormatError(`${path}: segment ${index} (program header at ${hex(r.offset - PROGRAM_HEADER_SIZE)}): ${message}`);
    };
    if (type === PT.load) {
      if (address + memorySize > BigInt(ADDRESS_LIMIT)) refuse(`memory ${hex(address)} + ${hex(memorySize)} is outside user space`);
      if (fileSize > memorySize) refuse(`${hex(fileSize)} bytes of file do not fit in ${hex(memorySize)} bytes of memory`);
      if (offset + fileSize > BigInt(size))
        refuse(`truncated: file bytes ${hex(offset)} + ${hex(fileSize)} are past the end of the file (${hex(size)} bytes)`);
      if ((offset - address) % BigInt(PAGE) !== 0n) refuse(`offset ${hex(offset)} and address ${hex(address)} differ within a page`);
    } else if (offset + fileSize > BigInt(size) || address + memorySize > BigInt(ADDRESS_LIMIT)) {
      // Notes and the like: the program runs without them, so they are dropped rather than fatal. Two of them are needed to run.
      if (type === PT.interp || type === PT.dynamic || type === PT.tls) refuse('lies outside the file or user space');
      continue;
    }
    headers.push({
      type,
      flags,
      offset: Number(offset),
      address: Number(address),
      fileSize: Number(fileSize),
      memorySize: Number(memorySize),
      align: Number(align),
    });
  }
  const loads = headers.filter(h => h.type === PT.load).sort((a, b) => a.address - b.address);
  if (loads.length === 0) throw new FormatError(`${path}: has no segment to load (PT_LOAD)`);
  for (let i = 1; i < loads.length; i++) {
    const [below, above] = [loads[i - 1]!, loads[i]!];
    if (below.address + below.memorySize > above.address)
      throw new FormatError(
        `${path}: segments at ${hex(below.address)} (${hex(below.memorySize)} bytes) and ${hex(above.address)} overlap`,
      );
  }
  return headers;
}

/** Reads the section headers. Whatever is wrong with them costs the sections, not the program. */
export function readSections(bytes: Uint8Array, header: ElfHeader, problems: string[]): Section[] {
  const { sectionHeaderOffset: start } = header;
  if (start === 0) return [];
  if (start + SECTION_HEADER_SIZE > bytes.length) {
    problems.push(`section headers at ${hex(start)} lie past the end of the file: no symbols, no debug information`);
    return [];
  }
  const r = new ByteReader(bytes, 'section headers', start);
  // gABI: counts that do not fit the header are in section 0.
  const first = new ByteReader(bytes, 'section headers', start + 32);
  const extendedCount = Number(first.u64());
  const extendedNames = first.u32();
  const wanted = header.sectionHeaderCount || extendedCount;
  const namesIndex = header.sectionNames === 0xffff ? extendedNames : header.sectionNames;
  const count = Math.min(wanted, MAX_SECTIONS, Math.floor((bytes.length - start) / SECTION_HEADER_SIZE));
  if (count < wanted) problems.push(`${wanted} section headers at ${hex(start)} are too many or do not fit in the file: ${count} read`);
  const raw: (Omit<Section, 'name'> & { nameOffset: number })[] = [];
  for (let index = 0; index < count; index++) {
    const nameOffset = r.u32();
    const type = r.u32();
    const flags = Number(r.u64() & 0xffffffffn);
    const [address, offset, size] = [Number(r.u64()), Number(r.u64()), Number(r.u64())];
    const link = r.u32();
    r.skip(12);
    raw.push({ nameOffset, type, flags, address, offset, size, link, entrySize: Number(r.u64()) });
  }
  const names = raw[namesIndex];
  const namesEnd = names && names.offset + names.size <= bytes.length ? names.offset + names.size : 0;
  if (!namesEnd && count > 0)
    problems.push(
      `the section name table (section ${namesIndex}) is missing or past the end of the file: sections, debug information among them, are not found by name`,
    );
  return raw.map(({ nameOffset, ...section }, index): Section => {
    const at = (names?.offset ?? 0) + nameOffset;
    const length = at < namesEnd ? bytes.subarray(at, namesEnd).indexOf(0) : -1;
    const name = length > 0 ? textOf(bytes, at, at + length) : '';
    const holdsBytes = section.type !== SHT.nobits && section.type !== 0;
    if (holdsBytes && section.offset + section.size > bytes.length) {
      problems.push(`section ${name || index} (${hex(section.offset)} + ${hex(section.size)}) lies past the end of the file`);
      return { ...section, name, size: 0 };
    }
    return { ...section, name };
  });
}
