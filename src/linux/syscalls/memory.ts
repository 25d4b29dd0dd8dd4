import { PAGE_SIZE, PROT } from '../../cpu/api.js';
import { MAP, O, S } from '../abi/constants.js';
import { E, Errno, errnoName } from '../abi/errno.js';
import { MemoryFile, SEAL } from '../fs/files.js';
import { MappedContent } from '../fs/mapped-content.js';
import type { OpenFile } from '../fs/open-file.js';
import type { Kernel } from '../kernel.js';
import { MMAP_BASE, MMAP_MIN, pageDown, pageUp, TASK_SIZE } from '../load/layout.js';
import { noteLibrary } from '../load/libraries.js';
import { int, MAX_OFFSET, rowsOf, type SyscallRow, uint } from './row.js';

const MAP_32BIT = 0x40;
const PROT_MASK = PROT.read | PROT.write | PROT.exec;

/** On amd64 a page that can be written or run can be read. */
function hardware(prot: number): number {
  const bits = prot & PROT_MASK;
  return bits === 0 ? 0 : bits | PROT.read;
}

/** Mappings a process may have (vm.max_map_count). */
const MAX_MAPPINGS = 65530;

/** One more that is made, or cut into two. Throws ENOMEM. */
function roomForMappings(kernel: Kernel): void {
  if (kernel.memory.mappingCount >= MAX_MAPPINGS) throw new Errno(E.NOMEM);
}

function isFree(kernel: Kernel, start: bigint, length: bigint): boolean {
  return kernel.memory.findFree(length, start + length) === start;
}

function place(kernel: Kernel, hint: bigint, length: bigint, flags: number): bigint {
  if ((flags & (MAP.FIXED | MAP.FIXED_NOREPLACE)) !== 0) {
    if (hint !== pageDown(hint)) throw new Errno(E.INVAL);
    if (hint + length > TASK_SIZE) throw new Errno(E.NOMEM);
    if (hint < MMAP_MIN) throw new Errno(E.PERM);
    if ((flags & MAP.FIXED_NOREPLACE) !== 0 && !isFree(kernel, hint, length)) throw new Errno(E.EXIST);
    return hint;
  }
  const wanted = pageDown(hint);
  if (wanted >= MMAP_MIN && wanted + length <= TASK_SIZE && isFree(kernel, wanted, length)) return wanted;
  const found = kernel.memory.findFree(length, (flags & MAP_32BIT) !== 0 ? 0x8000_0000n : MMAP_BASE);
  if (found === undefined || found < MMAP_MIN) throw new Errno(E.NOMEM);
  return found;
}

function mmap(kernel: Kernel, args: readonly bigint[]): bigint {
  const [address, wanted, protBits, flagBits, , offset] = args as [bigint, bigint, bigint, bigint, bigint, bigint];
  const prot = hardware(uint(protBits));
  const flags = uint(flagBits);
  const type = flags & MAP.TYPE;
  if (offset % BigInt(PAGE_SIZE) !== 0n) throw new Errno(E.INVAL);
  if (wanted === 0n || (type !== MAP.SHARED && type !== MAP.PRIVATE && type !== MAP.SHARED_VALIDATE)) throw new Errno(E.INVAL);
  if (wanted > TASK_SIZE) throw new Errno(E.NOMEM);
  if ((flags & MAP.HUGETLB) !== 0) throw new Errno(E.NOMEM);
  const length = pageUp(wanted);
  roomForMappings(kernel);
  if ((flags & MAP.ANONYMOUS) !== 0) {
    const start = place(kernel, address, length, flags);
    kernel.memory.map(start, length, prot);
    if (type !== MAP.PRIVATE) kernel.space!.shares = true;
    return start;
  }
  if (offset + length > BigInt(MAX_OFFSET)) throw new Errno(E.OVERFLOW);
  const file = kernel.fds.get(int(args[4]));
  const source = mappable(kernel, file, prot, type !== MAP.PRIVATE);
  const start = place(kernel, address, length, flags);
  kernel.memory.map(start, length, prot, { name: file.path, source, offset });
  noteLibrary(kernel, file, source, start, offset);
  return start;
}

function mappable(kernel: Kernel, file: OpenFile, prot: number, shared: boolean) {
  if (!file.readable) throw new Errno(E.ACCES);
  const source = file.pages();
  if (!source) throw new Errno(E.NODEV);
  if (shared && (prot & PROT.write) !== 0) {
    if (!file.writable) throw new Errno(E.ACCES);
    kernel.refusals.add('mmap', `${file.path}: a file mapping that is shared and written`, errnoName(E.NODEV));
    throw new Errno(E.NODEV);
  }
  return source;
}

/** How much of the range, from its start on, is mapped without a hole. */
function mappedLength(kernel: Kernel, start: bigint, length: bigint): bigint {
  let at = start;
  while (at < start + length) {
    const mapping = kernel.memory.mappingAt(at);
    if (!mapping) return at - start;
    at = mapping.end;
  }
  return length;
}

function isMapped(kernel: Kernel, start: bigint, length: bigint): boolean {
  return mappedLength(kernel, start, length) === length;
}

/** As Linux does it, up to the first hole, which is an error. */
function mprotect(kernel: Kernel, args: readonly bigint[]): number {
  const [address, wanted] = args as [bigint, bigint];
  const prot = uint(args[2]);
  const length = range(address, wanted);
  if ((prot & ~PROT_MASK) !== 0) return -E.INVAL;
  const mapped = mappedLength(kernel, address, length);
  roomForMappings(kernel);
  if (mapped > 0n) kernel.memory.protect(address, mapped, hardware(prot));
  return mapped === length ? 0 : -E.NOMEM;
}

function unmap(kernel: Kernel, address: bigint, wanted: bigint): void {
  if (wanted === 0n || address !== pageDown(address) || wanted > TASK_SIZE || address + wanted > TASK_SIZE) throw new Errno(E.INVAL);
  const length = pageUp(wanted);
  // What is cut in the middle becomes two.
  const mapping = kernel.memory.mappingAt(address);
  if (mapping && mapping.start < address && mapping.end > address + length) roomForMappings(kernel);
  kernel.memory.unmap(address, length);
}

function range(address: bigint, wanted: bigint): bigint {
  if (address !== pageDown(address)) throw new Errno(E.INVAL);
  const length = pageUp(wanted);
  if (wanted > TASK_SIZE || address + length > TASK_SIZE) throw new Errno(E.NOMEM);
  return length;
}

/** A range of what may lie outside of what there is; `wraps`: the errno of one that goes over the end of all addresses. */
function wrappedRange(address: bigint, wanted: bigint, wraps: number): bigint {
  if (address !== pageDown(address)) throw new Errno(E.INVAL);
  const length = pageWrapped(wanted);
  if (wraps === E.INVAL && wanted !== 0n && length === 0n) throw new Errno(wraps);
  if (address + length >= 1n << 64n) throw new Errno(wraps);
  return length;
}

/** Pages that mincore answers for at once: it may be out of resources, which it says of more. */
const MOST_PAGES = 4 << 20;

function mincore(kernel: Kernel, address: bigint, wanted: bigint, vector: bigint): number {
  if (address !== pageDown(address)) return -E.INVAL;
  if (wanted > TASK_SIZE || address + wanted > TASK_SIZE) return -E.NOMEM;
  const length = pageUp(wanted);
  const pages = Number(length) / PAGE_SIZE;
  if (vector + BigInt(pages) > TASK_SIZE) return -E.FAULT;
  if (!isMapped(kernel, address, length)) return -E.NOMEM;
  if (pages > MOST_PAGES) return -E.AGAIN;
  kernel.user.write(vector, new Uint8Array(pages).fill(1));
  return 0;
}

const MREMAP = { MAYMOVE: 1, FIXED: 2, DONTUNMAP: 4 } as const;

/** mm/mremap.c: what is checked, in which order, and with what answer. Pages move, they are not copied. */
function mremap(kernel: Kernel, args: readonly bigint[]): bigint {
  const [old, oldWanted, newWanted, flagBits, target] = args as [bigint, bigint, bigint, bigint, bigint];
  const flags = uint(flagBits);
  const { memory } = kernel;
  const given = (flag: number): boolean => (flags & flag) !== 0;
  const moves = given(MREMAP.FIXED | MREMAP.DONTUNMAP);
  if (flagBits > 7n || old !== pageDown(old) || (moves && !given(MREMAP.MAYMOVE))) throw new Errno(E.INVAL);
  if (given(MREMAP.DONTUNMAP) && pageWrapped(oldWanted) !== pageWrapped(newWanted)) throw new Errno(E.INVAL);
  const oldLength = pageWrapped(oldWanted);
  const newLength = pageWrapped(newWanted);
  if (newLength === 0n) throw new Errno(E.INVAL);
  const mapping = memory.mappingAt(old);
  if (!mapping) throw new Errno(E.FAULT);
  if (moves) {
    const to = given(MREMAP.FIXED) ? target : 0n;
    if (to !== pageDown(to) || newLength > TASK_SIZE || to > TASK_SIZE - newLength) throw new Errno(E.INVAL);
    if (given(MREMAP.FIXED) && old + oldLength > to && to + newLength > old) throw new Errno(E.INVAL);
    if (given(MREMAP.FIXED) && to < MMAP_MIN) throw new Errno(E.PERM);
  }
  if (!moves && newLength <= oldLength) {
    if (newLength < oldLength) unmap(kernel, old + newLength, oldLength - newLength);
    return old;
  }
  if (oldLength === 0n) throw new Errno(E.INVAL);
  if (oldLength > TASK_SIZE - old) throw new Errno(newLength < oldLength ? E.INVAL : E.FAULT);
  const kept = oldLength < newLength ? oldLength : newLength;
  if (kept > mapping.end - old) throw new Errno(E.FAULT);
  roomForMappings(kernel);
  if (!moves && old + oldLength === mapping.end && old + newLength <= TASK_SIZE && isFree(kernel, mapping.end, newLength - oldLength)) {
    memory.extend(mapping.end, newLength - oldLength);
    return old;
  }
  if (!given(MREMAP.MAYMOVE)) throw new Errno(E.NOMEM);
  const to = given(MREMAP.FIXED) ? target : place(kernel, 0n, newLength, 0);
  memory.move(old, kept, to, newLength);
  if (!given(MREMAP.DONTUNMAP)) unmap(kernel, old, oldLength);
  return to;
}

/** PAGE_ALIGN of a length, which wraps around. */
const pageWrapped = (length: bigint): bigint => BigInt.asUintN(64, pageUp(length));

/** Nothing is ever swapped out: only the range is looked at. */
function mlock(kernel: Kernel, address: bigint, wanted: bigint): number {
  const start = pageDown(address);
  const length = BigInt.asUintN(64, pageUp(wanted + (address - start)));
  if (start + length >= 1n << 64n) return -E.INVAL;
  return isMapped(kernel, start, length) ? 0 : -E.NOMEM;
}

const MADV = { DONTNEED: 4, REMOVE: 9, DONTNEED_LOCKED: 24 } as const;
/** Advice that changes nothing that a program could see: NORMAL ... WILLNEED, FREE, DONTFORK, DOFORK, HUGEPAGE ... POPULATE_WRITE. */
const HINTS = new Set([0, 1, 2, 3, 8, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);

function madvise(kernel: Kernel, args: readonly bigint[]): number {
  const [address, wanted] = args as [bigint, bigint];
  const advice = int(args[2]);
  const length = wrappedRange(address, wanted, E.INVAL);
  if (advice !== MADV.DONTNEED && advice !== MADV.DONTNEED_LOCKED && !HINTS.has(advice)) return -E.INVAL;
  const mapped = mappedLength(kernel, address, length);
  // Beyond a hole Linux goes on all the same.
  if (advice === MADV.DONTNEED || advice === MADV.DONTNEED_LOCKED) kernel.memory.discard(address, length);
  return mapped === length ? 0 : -E.NOMEM;
}

/** GLOBAL, PRIVATE_EXPEDITED and its registration: with one task at a time every barrier has happened. */
const MEMBARRIERS = 0x19;

function membarrier(command: number): number {
  if (command === 0) return MEMBARRIERS;
  return (command & (command - 1)) === 0 && (command & MEMBARRIERS) !== 0 ? 0 : -E.INVAL;
}

const MFD = { CLOEXEC: 1, ALLOW_SEALING: 2, HUGETLB: 4, NOEXEC_SEAL: 8, EXEC: 16 } as const;
const MFD_FLAGS = MFD.CLOEXEC | MFD.ALLOW_SEALING | MFD.NOEXEC_SEAL | MFD.EXEC;
/** Bytes of a name without `memfd:`. */
const MFD_NAME_MAX = 249;

function memfd(kernel: Kernel, address: bigint, flags: number): number {
  if ((flags & ~MFD_FLAGS) !== 0 || (flags & (MFD.EXEC | MFD.NOEXEC_SEAL)) === (MFD.EXEC | MFD.NOEXEC_SEAL)) return -E.INVAL;
  const name = kernel.user.path(address);
  if (new TextEncoder().encode(name).length > MFD_NAME_MAX) return -E.INVAL;
  const sealing = (flags & (MFD.ALLOW_SEALING | MFD.NOEXEC_SEAL)) !== 0;
  const noExec = (flags & MFD.NOEXEC_SEAL) !== 0;
  const content = new MappedContent(new Uint8Array(0), (sealing ? 0 : SEAL.SEAL) | (noExec ? SEAL.EXEC : 0));
  const file = new MemoryFile(`/memfd:${name} (deleted)`, content, O.RDWR, S.IFREG | (noExec ? 0o666 : 0o777), kernel.pages);
  return kernel.fds.add(file, (flags & MFD.CLOEXEC) !== 0);
}

const row = rowsOf('memory');

export const MEMORY_SYSCALLS: readonly SyscallRow[] = [
  row(9, 'mmap', 'ptr size hex hex fd hex', (k, _t, a) => mmap(k, a)),
  row(10, 'mprotect', 'ptr size hex', (k, _t, a) => mprotect(k, a)),
  row(11, 'munmap', 'ptr size', (k, _t, a) => {
    unmap(k, a[0]!, a[1]!);
    return 0;
  }),
  row(12, 'brk', 'ptr', (k, _t, a) => k.layout.setBrk(a[0]!)),
  row(25, 'mremap', 'ptr size size hex ptr', (k, _t, a) => mremap(k, a)),
  row(26, 'msync', 'ptr size hex', (k, _t, a) => {
    if ((uint(a[2]) & ~7) !== 0 || (uint(a[2]) & 5) === 5) return -E.INVAL;
    return isMapped(k, a[0]!, wrappedRange(a[0]!, a[1]!, E.NOMEM)) ? 0 : -E.NOMEM;
  }),
  row(27, 'mincore', 'ptr size ptr', (k, _t, a) => mincore(k, a[0]!, a[1]!, a[2]!)),
  row(28, 'madvise', 'ptr size int', (k, _t, a) => madvise(k, a)),
  row(149, 'mlock', 'ptr size', (k, _t, a) => mlock(k, a[0]!, a[1]!)),
  row(150, 'munlock', 'ptr size', (k, _t, a) => mlock(k, a[0]!, a[1]!)),
  row(151, 'mlockall', 'hex', (_k, _t, a) => ((uint(a[0]) & ~7) !== 0 || uint(a[0]) === 0 || uint(a[0]) === 4 ? -E.INVAL : 0)),
  row(152, 'munlockall', '', () => 0),
  row(325, 'mlock2', 'ptr size hex', (k, _t, a) => ((uint(a[2]) & ~1) !== 0 ? -E.INVAL : mlock(k, a[0]!, a[1]!))),
  row(319, 'memfd_create', 'path hex', (k, _t, a) => memfd(k, a[0]!, uint(a[1]))),
  row(324, 'membarrier', 'int hex int', (_k, _t, a) => membarrier(int(a[0]))),
];
