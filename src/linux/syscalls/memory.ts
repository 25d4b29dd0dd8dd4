import { PAGE_SIZE, PROT } from '../../cpu/api.js';
import { MAP, O, S } from '../abi/constants.js';
import { E, Errno, errnoName } from '../abi/errno.js';
import { MemoryFile, SEAL } from '../fs/files.js';
import type { OpenFile } from '../fs/open-file.js';
import { MappedContent } from '../fs/pages.js';
import type { Kernel } from '../kernel.js';
import { MMAP_BASE, MMAP_MIN, pageDown, pageUp, TASK_SIZE } from '../load/layout.js';
import { noteLibrary } from '../load/libraries.js';
import { int, rowsOf, type SyscallRow, size, uint } from './row.js';

const MAP_32BIT = 0x40;
const PROT_MASK = PROT.read | PROT.write | PROT.exec;

/** On amd64 a page that can be written or run can be read. */
function hardware(prot: number): number {
  const bits = prot & PROT_MASK;
  return bits === 0 ? 0 : bits | PROT.read;
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
  if (wanted === 0n || (type !== MAP.SHARED && type !== MAP.PRIVATE && type !== MAP.SHARED_VALIDATE)) throw new Errno(E.INVAL);
  if (wanted > TASK_SIZE) throw new Errno(E.NOMEM);
  if ((flags & MAP.HUGETLB) !== 0) throw new Errno(E.NOMEM);
  const length = pageUp(wanted);
  if ((flags & MAP.ANONYMOUS) !== 0) {
    const start = place(kernel, address, length, flags);
    kernel.memory.map(start, length, prot);
    return start;
  }
  if (offset % BigInt(PAGE_SIZE) !== 0n) throw new Errno(E.INVAL);
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
  if (mapped > 0n) kernel.memory.protect(address, mapped, hardware(prot));
  return mapped === length ? 0 : -E.NOMEM;
}

function range(address: bigint, wanted: bigint): bigint {
  if (address !== pageDown(address)) throw new Errno(E.INVAL);
  const length = pageUp(wanted);
  if (wanted > TASK_SIZE || address + length > TASK_SIZE) throw new Errno(E.NOMEM);
  return length;
}

const MREMAP = { MAYMOVE: 1, FIXED: 2, DONTUNMAP: 4 } as const;

function mremap(kernel: Kernel, args: readonly bigint[]): bigint {
  const [old, oldWanted, newWanted, flagBits, target] = args as [bigint, bigint, bigint, bigint, bigint];
  const flags = uint(flagBits);
  const { memory } = kernel;
  if (old !== pageDown(old) || newWanted === 0n || (flags & ~7) !== 0) throw new Errno(E.INVAL);
  if ((flags & MREMAP.FIXED) !== 0 && ((flags & MREMAP.MAYMOVE) === 0 || target !== pageDown(target))) throw new Errno(E.INVAL);
  if (newWanted > TASK_SIZE || oldWanted > TASK_SIZE) throw new Errno(E.NOMEM);
  const oldLength = pageUp(oldWanted);
  const newLength = pageUp(newWanted);
  const mapping = memory.mappingAt(old);
  if (!mapping || old + oldLength > mapping.end) throw new Errno(E.FAULT);
  const move = (to: bigint): bigint => {
    const kept = oldLength < newLength ? oldLength : newLength;
    memory.map(to, newLength, mapping.prot, mapping.name.startsWith('/') ? {} : { name: mapping.name });
    for (let at = 0n; at < kept; at += BigInt(PAGE_SIZE)) {
      const page = memory.read(old + at, PAGE_SIZE);
      if (page.some(byte => byte !== 0)) memory.write(to + at, page);
    }
    if ((flags & MREMAP.DONTUNMAP) !== 0) memory.discard(old, oldLength);
    else memory.unmap(old, oldLength);
    return to;
  };
  if ((flags & (MREMAP.FIXED | MREMAP.DONTUNMAP)) !== 0)
    return move((flags & MREMAP.FIXED) !== 0 ? target : place(kernel, 0n, newLength, 0));
  if (newLength <= oldLength) {
    if (newLength < oldLength) memory.unmap(old + newLength, oldLength - newLength);
    return old;
  }
  const more = newLength - oldLength;
  if (!mapping.name.startsWith('/') && old + newLength <= TASK_SIZE && isFree(kernel, old + oldLength, more)) {
    memory.map(old + oldLength, more, mapping.prot, { name: mapping.name });
    return old;
  }
  if ((flags & MREMAP.MAYMOVE) === 0) throw new Errno(E.NOMEM);
  return move(place(kernel, 0n, newLength, 0));
}

const MADV = { DONTNEED: 4, REMOVE: 9, DONTNEED_LOCKED: 24 } as const;
/** Advice that changes nothing that a program could see: NORMAL ... WILLNEED, FREE, DONTFORK, DOFORK, HUGEPAGE ... POPULATE_WRITE. */
const HINTS = new Set([0, 1, 2, 3, 8, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);

function madvise(kernel: Kernel, args: readonly bigint[]): number {
  const [address, wanted] = args as [bigint, bigint];
  const advice = int(args[2]);
  const length = range(address, wanted);
  if (advice !== MADV.DONTNEED && advice !== MADV.DONTNEED_LOCKED && !HINTS.has(advice)) return -E.INVAL;
  const mapped = mappedLength(kernel, address, length);
  if (advice === MADV.DONTNEED || advice === MADV.DONTNEED_LOCKED) kernel.memory.discard(address, mapped);
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
    if (a[1] === 0n || a[1]! > TASK_SIZE || a[0]! + a[1]! > TASK_SIZE) return -E.INVAL;
    k.memory.unmap(a[0]!, range(a[0]!, a[1]!));
    return 0;
  }),
  row(12, 'brk', 'ptr', (k, _t, a) => k.layout.setBrk(a[0]!)),
  row(25, 'mremap', 'ptr size size hex ptr', (k, _t, a) => mremap(k, a)),
  row(26, 'msync', 'ptr size hex', (k, _t, a) => (isMapped(k, a[0]!, range(a[0]!, a[1]!)) ? 0 : -E.NOMEM)),
  row(27, 'mincore', 'ptr size ptr', (k, _t, a) => {
    const length = range(a[0]!, a[1]!);
    if (!isMapped(k, a[0]!, length)) return -E.NOMEM;
    k.user.write(a[2]!, new Uint8Array(Number(length) / PAGE_SIZE).fill(1));
    return 0;
  }),
  row(28, 'madvise', 'ptr size int', (k, _t, a) => madvise(k, a)),
  row(149, 'mlock', 'ptr size', () => 0),
  row(150, 'munlock', 'ptr size', () => 0),
  row(151, 'mlockall', 'hex', () => 0),
  row(152, 'munlockall', '', () => 0),
  row(325, 'mlock2', 'ptr size hex', () => 0),
  row(319, 'memfd_create', 'path hex', (k, _t, a) => memfd(k, a[0]!, uint(a[1]))),
  row(324, 'membarrier', 'int hex int', (_k, _t, a) => membarrier(size(a[0]))),
];
