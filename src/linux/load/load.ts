import { type Cpu, PAGE_SIZE, type PageSource, PROT } from '../../cpu/api.js';
import { cpuid } from '../../cpu/cpuid.js';
import { FILE_TYPE, HostFileError, type HostFiles, hostReason, typeOf, wholeFile } from '../../host/files.js';
import { resolve } from '../../host/path.js';
import { FormatError } from '../../image/bytes.js';
import { Elf } from '../../image/elf/elf.js';
import { PF, type ProgramHeader } from '../../image/elf/headers.js';
import { AT, UID } from '../abi/constants.js';
import { Errno, errnoName } from '../abi/errno.js';
import { LoadError, type ProcessOptions } from '../api.js';
import type { PageFiles } from '../fs/pages.js';
import type { Sandbox } from '../fs/sandbox.js';
import { walkPath } from '../fs/walk.js';
import type { Prng } from '../prng.js';
import type { MappedObject } from '../program.js';
import { minSignalStack } from '../signal/frame.js';
import type { Space } from '../space.js';
import { broughtAlong } from './brought-along.js';
import { buildInitialStack } from './initial-stack.js';
import { Layout, MMAP_BASE, MMAP_MIN, PIE_BASE, pageDown, pageUp } from './layout.js';
import { mapVdso, VDSO } from './vdso.js';

const PT_PHDR = 6;
const PT_GNU_STACK = 0x6474_e551;
const PROGRAM_HEADER_SIZE = 56n;
/** Ticks a second in times(2) (USER_HZ). */
const CLOCK_TICKS = 100n;
/** Bytes of the largest file that is loaded. */
const MOST_BYTES = 2 ** 31 - 2 ** 20;

/** How a program is started. */
export interface Start {
  /** By which name: AT_EXECFN. */
  readonly path: string;
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
}

/** The name of a task that runs a program: 15 bytes at most. */
export const commandName = (path: string): string => path.split('/').at(-1)!.slice(0, 15);

export interface ElfFile {
  readonly elf: Elf;
  readonly real: string;
}

/** Files of a program, read and judged before there is a machine. Throws LoadError. */
export interface ProgramFiles {
  /** Absolute host path as given, links not followed. */
  readonly path: string;
  readonly main: ElfFile;
  readonly interpreter: (ElfFile & { readonly guest: string }) | undefined;
  /** Host paths of the libraries that it has brought along. */
  readonly libraries: readonly string[];
}

export function readProgram(options: ProcessOptions, sandbox: Sandbox): ProgramFiles {
  const { program } = options;
  if (program !== undefined) {
    return {
      path: options.path,
      main: { elf: described(() => new Elf(program, options.path)), real: '' },
      interpreter: undefined,
      libraries: [],
    };
  }
  return readFiles(options.host.files, resolve(options.cwd ?? '/', options.path), options.path, options.sysroot, sandbox);
}

/** A program's interpreter is not there. */
export class MissingInterpreter extends LoadError {}

/** The files of the program at an absolute path, and how that is to be shown. Throws LoadError. */
export function readFiles(files: HostFiles, given: string, shown: string, sysroot: string | undefined, sandbox: Sandbox): ProgramFiles {
  const main = readElf(files, given, shown);
  const wanted = described(() => main.elf.interpreter);
  if (wanted === undefined) {
    if (main.elf.header.entry === 0) throw new LoadError(`${shown}: a shared library without an entry point, not a program`);
    return { path: given, main, interpreter: undefined, libraries: [] };
  }
  if (!wanted.startsWith('/')) throw new LoadError(`${shown}: its interpreter (PT_INTERP) is "${wanted}", not an absolute path`);
  const where = sysroot === undefined ? wanted : `${wanted} in ${sysroot}`;
  let real: string | undefined;
  try {
    const place = sandbox.locate(wanted);
    if (place.exists) real = place.real;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  if (real === undefined) {
    throw new MissingInterpreter(`${shown}: its interpreter ${where} does not exist; --sysroot DIR names a tree that has it`);
  }
  const libraries = described(() => broughtAlong(files, main.real, main.elf));
  return { path: given, main, libraries, interpreter: { ...readElf(files, real, `${shown}: interpreter ${where}`), guest: wanted } };
}

/** `file`: an absolute path of the host. */
export function readElf(files: HostFiles, file: string, shown: string): ElfFile {
  const { real, exists } = reachingFile(shown, () => walkPath(files, '/', file));
  const stat = exists ? reachingFile(shown, () => files.stat(real)) : undefined;
  if (stat === undefined) throw new LoadError(`${shown}: ${hostReason({ code: 'ENOENT', message: 'ENOENT' })}`);
  const type = typeOf(stat);
  if (type !== FILE_TYPE.file) {
    throw new LoadError(`${shown}: not a file but ${type === FILE_TYPE.directory ? 'a directory' : 'a device, pipe or socket'}`);
  }
  if (stat.size > MOST_BYTES) throw new LoadError(`${shown}: larger than 2 GiB, which no program is`);
  const bytes = reachingFile(shown, () => {
    const handle = files.open(real, { access: 'read' }, 0);
    try {
      return wholeFile(files, handle);
    } finally {
      files.close(handle);
    }
  });
  return { elf: described(() => new Elf(bytes, shown)), real };
}

export function reachingFile<T>(shown: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof Errno) throw new LoadError(`${shown}: ${hostReason({ code: errnoName(error.number), message: error.message })}`);
    if (error instanceof HostFileError) throw new LoadError(`${shown}: ${hostReason(error)}`);
    throw error;
  }
}

export function described<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) throw new LoadError(error.message);
    throw error;
  }
}

/** Maps the program, its interpreter and its stack, and sets the registers for the first instruction (fs/binfmt_elf.c, load_elf_binary). */
export function loadProgram(space: Space, pages: PageFiles, files: ProgramFiles, { path: execfn, args, env }: Start, random: Prng): void {
  const { cpu } = space;
  const { memory, registers } = cpu;
  const { main, interpreter } = files;
  const bias = biasOf(main.elf, interpreter !== undefined, cpu);
  const map = ({ elf }: ElfFile, at: bigint, path: string, role: 'program' | 'interpreter'): MappedObject => {
    const source = pages.ofLoaded(role, elf.bytes);
    mapElf(cpu, elf, at, path, source);
    return { path, bias: at, role, source, size: elf.bytes.length };
  };
  const objects = [map(main, bias, files.path, 'program')];
  let start = bias + BigInt(main.elf.header.entry);
  let base = 0n;
  if (interpreter) {
    base = interpreter.elf.header.positionIndependent ? topDown(cpu, interpreter) : 0n;
    objects.push(map(interpreter, base, interpreter.guest, 'interpreter'));
    start = base + BigInt(interpreter.elf.header.entry);
  }

  const staticPie = main.elf.header.positionIndependent && !interpreter;
  const brk = staticPie ? PIE_BASE : pageUp(bias + BigInt(main.elf.high));
  const stackFlags = main.elf.programHeaders.find(header => header.type === PT_GNU_STACK)?.flags ?? 0;
  const layout = new Layout(memory, brk, PROT.read | PROT.write | ((stackFlags & PF.x) !== 0 ? PROT.exec : 0));
  const stack = buildInitialStack({
    execfn,
    args,
    env,
    random: random.bytes(16),
    auxv: [
      [AT.SYSINFO_EHDR, VDSO],
      [AT.MINSIGSTKSZ, minSignalStack(cpu.level)],
      [AT.HWCAP, BigInt(cpuid(cpu.level, 1, 0)[3] >>> 0)],
      [AT.PAGESZ, BigInt(PAGE_SIZE)],
      [AT.CLKTCK, CLOCK_TICKS],
      [AT.PHDR, programHeadersAt(main.elf, bias)],
      [AT.PHENT, PROGRAM_HEADER_SIZE],
      [AT.PHNUM, BigInt(main.elf.header.programHeaderCount)],
      [AT.BASE, base],
      [AT.FLAGS, 0n],
      [AT.ENTRY, bias + BigInt(main.elf.header.entry)],
      [AT.UID, BigInt(UID)],
      [AT.EUID, BigInt(UID)],
      [AT.GID, BigInt(UID)],
      [AT.EGID, BigInt(UID)],
      [AT.SECURE, 0n],
      [AT.RANDOM, 0n],
      // The kernel lets user level have RDFSBASE and its like.
      [AT.HWCAP2, 2n],
      [AT.EXECFN, 0n],
      [AT.PLATFORM, 0n],
    ],
  });
  mapVdso(memory);
  if (stack.bytes.length > MAX_ARGUMENTS) throw new LoadError(`${execfn}: arguments and environment take more than 2 MiB`);
  layout.startStack(stack.sp);
  memory.write(stack.sp, stack.bytes);
  registers.set('rsp', stack.sp);
  registers.rip = start;
  const { path, libraries } = files;
  space.program = { path, real: main.real, interpreter: interpreter?.real, libraries, args, env, auxv: stack.auxv };
  space.layout = layout;
  space.initialSp = stack.sp;
  space.objects = objects;
}

/** A quarter of RLIMIT_STACK. */
const MAX_ARGUMENTS = 2 << 20;

function biasOf(elf: Elf, dynamic: boolean, cpu: Cpu): bigint {
  if (!elf.header.positionIndependent) return 0n;
  if (!dynamic) return topDown(cpu, { elf, real: '' });
  const align = alignmentOf(elf);
  return pageDown((PIE_BASE & ~(align - 1n)) - BigInt(elf.low));
}

/** The largest alignment that its segments ask for; those that are no power of two do not count (binfmt_elf.c, maximum_alignment). */
function alignmentOf(elf: Elf): bigint {
  const wanted = elf.loads.map(segment => BigInt(segment.align)).filter(align => (align & (align - 1n)) === 0n);
  return wanted.reduce((a, b) => (a > b ? a : b), BigInt(PAGE_SIZE));
}

/** A place below what is mapped already, as mmap would choose. */
function topDown(cpu: Cpu, { elf }: ElfFile): bigint {
  const low = pageDown(BigInt(elf.low));
  const size = pageUp(BigInt(elf.high)) - low;
  const align = alignmentOf(elf);
  const found = cpu.memory.findFree(size + align - BigInt(PAGE_SIZE), MMAP_BASE);
  if (found === undefined) throw new LoadError(`${elf.path}: its segments do not fit in the address space`);
  // The highest aligned place in what was found.
  const highest = found + align - BigInt(PAGE_SIZE);
  return (highest & ~(align - 1n)) - low;
}

function mapElf(cpu: Cpu, elf: Elf, bias: bigint, name: string, source: PageSource): void {
  if (bias + BigInt(elf.low) < MMAP_MIN) {
    throw new LoadError(
      `${elf.path}: a segment at 0x${elf.low.toString(16)} is below 0x${MMAP_MIN.toString(16)}, the lowest that Linux maps`,
    );
  }
  if (pageUp(bias + BigInt(elf.high)) > MMAP_BASE) {
    throw new LoadError(`${elf.path}: its segments end at 0x${(bias + BigInt(elf.high)).toString(16)}, where the stack is`);
  }
  for (const segment of elf.loads) mapSegment(cpu, segment, bias, name, source);
}

function mapSegment(cpu: Cpu, segment: ProgramHeader, bias: bigint, name: string, source: PageSource): void {
  const { memory } = cpu;
  const prot = (segment.flags & PF.r ? PROT.read : 0) | (segment.flags & PF.w ? PROT.write : 0) | (segment.flags & PF.x ? PROT.exec : 0);
  const address = bias + BigInt(segment.address);
  const start = pageDown(address);
  const fileEnd = address + BigInt(segment.fileSize);
  const end = address + BigInt(segment.memorySize);
  if (segment.fileSize > 0) {
    const offset = BigInt(segment.offset) - (address - start);
    memory.map(start, pageUp(fileEnd) - start, prot, { name, source, offset });
    const tail = Math.min(Number(pageUp(fileEnd) - fileEnd), Number(end - fileEnd));
    if (tail > 0) memory.write(fileEnd, new Uint8Array(Number(pageUp(fileEnd) - fileEnd)));
  }
  const zeroStart = segment.fileSize > 0 ? pageUp(fileEnd) : start;
  if (pageUp(end) > zeroStart) memory.map(zeroStart, pageUp(end) - zeroStart, prot, {});
}

function programHeadersAt(elf: Elf, bias: bigint): bigint {
  const own = elf.programHeaders.find(header => header.type === PT_PHDR);
  if (own) return bias + BigInt(own.address);
  const offset = elf.header.programHeaderOffset;
  const holder = elf.loads.find(segment => offset >= segment.offset && offset < segment.offset + segment.fileSize);
  return holder ? bias + BigInt(holder.address + offset - holder.offset) : 0n;
}
