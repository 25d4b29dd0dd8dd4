/**
 * A process as a core file has it: it can be looked at like any other, and does not run. What its kernel knew beside threads and memory (files, handlers
 * of signals, who waits for what) is not in the file, and is not made up.
 */
import { registerNamed } from '../abi/registers.js';
import { type AddressSpace, PAGE_SIZE, PROT } from '../cpu/api.js';
import { DEFAULT_MEMORY } from '../cpu/memory/reserve.js';
import { hexText } from '../host/bytes.js';
import { Told } from '../host/told.js';
import { type CoreFile, type CoreMapping, type CoreSegment, readCore } from '../image/elf/core-file.js';
import { PF } from '../image/elf/headers.js';
import { AT } from './abi/constants.js';
import { signalName } from './abi/signals.js';
import type { Process, ProcessOptions, ProcessStop, SignalHandler, SignalInfo } from './api.js';
import { LoadError } from './api.js';
import { OwnFiles } from './fs/own-files.js';
import { Sandbox } from './fs/sandbox.js';
import type { Kernel } from './kernel.js';
import { Layout, pageDown, pageUp } from './load/layout.js';
import { described, type ElfFile, reachingFile, readElf } from './load/load.js';
import { GuestProcess, machine } from './process.js';
import { fxrstor } from './signal/fxsave.js';
import { Task } from './task.js';

const SIGSEGV = 11;
/** si_code of a page that is mapped, but not for such an access. */
const SEGV_ACCERR = 2;
/** The first address that is not user level's. */
const USER_END = 1n << 47n;
/** Bytes on both sides of the auxiliary vector that are looked through for the rest of what a process starts with. */
const MOST_START = 2 << 20;

export interface CoreOptions extends Pick<ProcessOptions, 'host' | 'output' | 'stdin' | 'sysroot' | 'cwd'> {
  /** Host path of the core file. */
  readonly core: string;
  /** Host path of the program that it is of; undefined: what the core file says. */
  readonly program?: string;
}

export interface CoreProcess extends Process {
  /** What it died of; undefined: of nothing, somebody has only looked. */
  readonly died: SignalInfo | undefined;
  /** What of it is missing: files that are gone or others by now, parts of the file. */
  readonly missing: readonly string[];
}

class Dead extends GuestProcess implements CoreProcess {
  readonly fromCore = true;
  readonly missing: string[];

  constructor(
    kernel: Kernel,
    options: CoreOptions,
    readonly died: SignalInfo | undefined,
    core: CoreFile,
  ) {
    super(kernel, options.host.digest);
    this.missing = [...core.problems];
  }

  override run(): ProcessStop {
    throw new Told('a core file does not run: it is what was there when it was written');
  }

  override get signalHandlers(): readonly SignalHandler[] {
    return [];
  }
}

/** Throws LoadError. */
export function openCore(options: CoreOptions): CoreProcess {
  const { files } = options.host;
  const handle = reachingFile(options.core, () => files.open(options.core, { access: 'read' }, 0));
  const size = Number(files.fstat(handle).size);
  const core = described(() => readCore((offset, length) => files.read(handle, offset, length), size, options.core));
  const own = new OwnFiles(files);
  const { cwd = '/' } = options;
  const sandbox = new Sandbox(own, { cwd, sysroot: undefined, allowRead: [], allowWrite: [], allowExec: [], overlay: [], own: [] });
  const system = machine(own, sandbox, { ...options, memory: DEFAULT_MEMORY, cpus: 1 });
  const space = system.spaces[0]!;
  const kernel = system.newProcess(space, cwd, core.threads[0]!.tid);
  const source = kernel.pages.ofHost(handle, options.core);
  const missing: string[] = [];
  mapFiles(kernel, core, options, missing);
  for (const segment of core.segments) mapSegment(kernel, core, segment, source);
  space.program = programOf(core, options);
  space.layout = new Layout(kernel.memory, 0n);
  for (const thread of core.threads) {
    const { registers } = kernel.cpu;
    for (const [name, value] of thread.registers) registerNamed(name)?.write(registers, value);
    if (thread.float !== undefined) fxrstor(registers, thread.float);
    const task = new Task(thread.tid, registers.save(), core.args.slice(0, 15));
    task.blocked = thread.blocked;
    task.signalFrames.push(...signalFramesOf(kernel.memory, thread.registers.get('rsp')!).toReversed());
    kernel.addTask(task);
  }
  kernel.scheduler.prefer(kernel.tasks[0]!);
  kernel.cpu.registers.restore(kernel.tasks[0]!.saved);
  space.initialSp = startOf(kernel, core);
  const process = new Dead(kernel, options, diedOf(core), core);
  process.missing.push(...missing);
  return process;
}

const protectionOf = (flags: number): number =>
  (flags & PF.r ? PROT.read : 0) | (flags & PF.w ? PROT.write : 0) | (flags & PF.x ? PROT.exec : 0);

/** What the file has of a segment. Where it has less than there was, what a file can give is there already, and else nothing is mapped: nobody knows it. */
function mapSegment({ memory }: Kernel, core: CoreFile, segment: CoreSegment, source: string): void {
  const { address, offset, fileSize, flags } = segment;
  if (fileSize === 0 || address + BigInt(fileSize) > USER_END || (address & BigInt(PAGE_SIZE - 1)) !== 0n) return;
  const file = mappingAt(core, address);
  const length = pageUp(BigInt(fileSize));
  memory.map(address, length, protectionOf(flags), { name: file?.path ?? '', source, offset: BigInt(offset) });
}

const mappingAt = ({ mappings }: CoreFile, address: bigint): CoreMapping | undefined =>
  mappings.find(({ start, end }) => address >= start && address < end);

/** Maps what was mapped of files that are still there, and notes program and libraries. */
function mapFiles(kernel: Kernel, core: CoreFile, options: CoreOptions, missing: string[]): void {
  const { mappings, auxv } = core;
  const entry = auxv.get(AT.ENTRY) ?? 0n;
  const program = mappingAt(core, entry)?.path;
  if (program === undefined && options.program === undefined && mappings.length > 0)
    missing.push('which of its files is the program it does not say: name it behind the core file');
  for (const path of new Set(mappings.map(each => each.path))) {
    const own = mappings.filter(each => each.path === path);
    const isProgram = path === program;
    const there = isProgram && options.program !== undefined ? options.program : `${isProgram ? '' : (options.sysroot ?? '')}${path}`;
    const elf = elfAt(options, there, isProgram && options.program !== undefined, missing);
    if (elf === undefined) continue;
    const other = differs(core, own, elf, options);
    if (other !== undefined) {
      if (isProgram && options.program !== undefined) throw new LoadError(`${there}: not the program of ${options.core}: ${other}`);
      missing.push(`${there} is not the file that was mapped: ${other}`);
      continue;
    }
    const role = isProgram ? 'program' : own.some(({ start }) => start === auxv.get(AT.BASE)) ? 'interpreter' : 'library';
    const source = kernel.pages.ofLoaded(`mapped:${path}`, elf.elf.bytes);
    for (const { start, end, offset } of own) {
      // gcore leaves out what nobody has changed, code first of all: what it was mapped for only the file tells then.
      const flags = segmentAt(core, start)?.flags ?? flagsAt(elf.elf, offset);
      kernel.memory.map(start, end - start, protectionOf(flags), { name: path, source, offset });
    }
    const first = own.reduce((low, each) => (each.start < low.start ? each : low));
    const bias = first.start - first.offset - pageDown(BigInt(elf.elf.low)) + BigInt(elf.elf.loads[0]!.offset & ~(PAGE_SIZE - 1));
    const object = { path, bias, role, source, size: elf.elf.bytes.length } as const;
    if (role === 'program') kernel.objects.unshift(object);
    else kernel.objects.push(object);
  }
  if (kernel.objects[0]?.role !== 'program')
    throw new LoadError(
      `${options.core}: the program that it is of ${program === undefined ? 'is not named in it' : `is not at ${program}`}: name it behind the core file`,
    );
}

/** Flags of the segment that a page of an ELF file is of. */
const flagsAt = ({ loads }: ElfFile['elf'], at: bigint): number =>
  loads.findLast(({ offset }) => BigInt(offset & ~(PAGE_SIZE - 1)) <= at)?.flags ?? PF.r;

const segmentAt = ({ segments }: CoreFile, address: bigint): CoreSegment | undefined =>
  segments.find(each => address >= each.address && address < each.address + each.memorySize);

/** The file, if it is an ELF file that is there; what is mapped of others is only looked at where the core has it. */
function elfAt({ host }: CoreOptions, path: string, wanted: boolean, missing: string[]): ElfFile | undefined {
  try {
    return readElf(host.files, path, path);
  } catch (error) {
    if (!(error instanceof LoadError) || wanted) throw error;
    missing.push(error.message);
    return undefined;
  }
}

/** Why a file cannot be the one that was mapped: where the core file has its first page, as Linux's do, that is another; undefined: it may be. */
function differs({ segments }: CoreFile, own: readonly CoreMapping[], { elf }: ElfFile, { host, core }: CoreOptions): string | undefined {
  const first = own.find(({ offset }) => offset === 0n);
  const segment = first && segments.find(({ address, fileSize }) => address === first.start && fileSize >= PAGE_SIZE);
  if (segment === undefined || (segment.flags & PF.w) !== 0) return undefined;
  const handle = host.files.open(core, { access: 'read' }, 0);
  const page = host.files.read(handle, segment.offset, PAGE_SIZE);
  host.files.close(handle);
  const at = page.findIndex((byte, i) => byte !== (elf.bytes[i] ?? 0));
  return at < 0 ? undefined : `they differ from byte ${at} on`;
}

function diedOf({ signal, code, address }: CoreFile): SignalInfo | undefined {
  if (signal === 0) return undefined;
  const fault = signal === SIGSEGV && address !== undefined ? { vector: '#PF' as const, address, mapped: code === SEGV_ACCERR } : undefined;
  return {
    signal,
    name: signalName(signal),
    code,
    ...(address === undefined ? {} : { address }),
    ...(fault === undefined ? {} : { fault }),
  };
}

/** `mov $15, %eax` in its two forms, and `syscall`: what every signal frame returns to (rt_sigreturn). */
const RESTORERS = ['48c7c00f0000000f05', 'b80f0000000f05'];
/** Bytes of a stack that are looked through for a signal frame, and frames at most. */
const MOST_HANDLER = 1 << 17;
const MOST_FRAMES = 16;
/** struct rt_sigframe (arch/x86/include/asm/sigframe.h): the restorer's address, the ucontext, the siginfo. */
const FRAME = { ucontext: 8, siginfo: 312, end: 440 } as const;

/** Signal frames of a thread, innermost first, as far as they can be found on its stacks: each begins with the address of a restorer. */
function signalFramesOf(memory: AddressSpace, from: bigint): { readonly frame: bigint; readonly signal: number }[] {
  const found: { frame: bigint; signal: number }[] = [];
  const rsp = BigInt(registerNamed('rsp')!.ucontext!);
  for (let sp: bigint | undefined = (from + 7n) & ~7n; sp !== undefined && found.length < MOST_FRAMES; ) {
    const inner: bigint = sp;
    sp = undefined;
    for (const [frame, restorer] of codePointers(memory, inner)) {
      const signal = signalOf(memory, frame, restorer);
      if (signal === undefined) continue;
      found.push({ frame, signal });
      sp = memory.readU64(frame + BigInt(FRAME.ucontext) + rsp) & ~7n;
      break;
    }
  }
  return found;
}

/** Words of a stack that lead into code, and where they lie, upwards. A page is read at a time: most words are not looked at as bigints. */
function* codePointers(memory: AddressSpace, from: bigint): Generator<readonly [at: bigint, leads: bigint]> {
  const code = memory.mappings().filter(({ prot }) => (prot & PROT.exec) !== 0);
  const ranges = code.map(({ start, end }) => [Number(start), Number(end)] as const);
  for (let at = from; at < from + BigInt(MOST_HANDLER); ) {
    const bytes = PAGE_SIZE - Number(at & BigInt(PAGE_SIZE - 1));
    if (!memory.allows(at, bytes, 'read')) return;
    const halves = new Uint32Array(memory.read(at, bytes).buffer);
    for (let low = 0; low < halves.length; low += 2) {
      const leads = halves[low + 1]! * 2 ** 32 + halves[low]!;
      if (ranges.some(([start, end]) => leads >= start && leads < end)) yield [at + BigInt(low * 4), BigInt(leads)];
    }
    at += BigInt(bytes);
  }
}

/** The signal of the frame that begins with a restorer's address; undefined: it is none. */
function signalOf(memory: AddressSpace, frame: bigint, restorer: bigint): number | undefined {
  if (!memory.allows(frame, FRAME.end, 'read') || !memory.allows(restorer, 9, 'exec')) return undefined;
  const code = hexText(memory.read(restorer, 9));
  if (!RESTORERS.some(each => code.startsWith(each))) return undefined;
  const signal = memory.readU32(frame + BigInt(FRAME.siginfo));
  const rip = BigInt(registerNamed('rip')!.ucontext!);
  const within = signal >= 1 && signal <= 64 && memory.allows(memory.readU64(frame + BigInt(FRAME.ucontext) + rip), 1, 'exec');
  return within ? signal : undefined;
}

function programOf({ args }: CoreFile, { program, core }: CoreOptions): Kernel['program'] {
  const path = program ?? core;
  return { path, real: path, interpreter: undefined, libraries: [], args: args.split(' '), env: [], auxv: new Uint8Array(0) };
}

/**
 * Where argc is: in front of the auxiliary vector, which lies above the strings' pointers on the first stack (psABI, figure 3.9), and is found again by its
 * contents. 0n: it is not.
 */
function startOf({ memory }: Kernel, { auxv, segments, threads }: CoreFile): bigint {
  const near = auxv.get(AT.RANDOM) ?? threads[0]!.registers.get('rsp')!;
  const stack = segments.find(({ address, memorySize }) => near >= address && near < address + memorySize);
  if (stack === undefined || auxv.size === 0) return 0n;
  const end = stack.address + BigInt(stack.fileSize);
  const start = end - BigInt(Math.min(MOST_START, stack.fileSize));
  if (!memory.allows(start, Number(end - start), 'read')) return 0n;
  const bytes = memory.read(start, Number(end - start));
  const words = new BigUint64Array(bytes.slice(0, bytes.length & ~7).buffer);
  const wanted = [...auxv].slice(0, 3).flatMap(([type, value]) => [BigInt(type), value]);
  for (let at = words.indexOf(wanted[0]!); at >= 0; at = words.indexOf(wanted[0]!, at + 1)) {
    if (!wanted.every((word, i) => words[at + i] === word)) continue;
    // NULL, the environment's pointers, NULL, the arguments', their number.
    let above = at - 2;
    while (above > 0 && words[above] !== 0n) above--;
    for (let count = 0n; above - 1 - Number(count) >= 0; count++)
      if (words[above - 1 - Number(count)] === count) return start + 8n * BigInt(above - 1 - Number(count));
  }
  return 0n;
}
