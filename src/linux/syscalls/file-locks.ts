/** Locks on files: flock(2), and those of fcntl(2) and F_OFD_SETLK. */
import { E, Errno, RESTART } from '../abi/errno.js';
import { type LockOwner, type LockRequest, sameOwner } from '../fs/locks.js';
import type { OpenFile } from '../fs/open-file.js';
import type { Kernel, WaitRow } from '../kernel.js';
import { type SyscallResult, uint } from './row.js';

const LOCK = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;
/** F_RDLCK, F_WRLCK, F_UNLCK. */
const TYPES = ['shared', 'exclusive', 'none'] as const;
const LAST = 2n ** 63n - 1n;

/** The commands of fcntl(2) that are about locks. */
const LOCK_COMMANDS = { GETLK: 5, SETLK: 6, SETLKW: 7, OFD_GETLK: 36, OFD_SETLK: 37, OFD_SETLKW: 38 } as const;

export function flock(kernel: Kernel, file: OpenFile, operation: number): SyscallResult {
  const type = ({ [LOCK.SH]: 'shared', [LOCK.EX]: 'exclusive', [LOCK.UN]: 'none' } as const)[operation & ~LOCK.NB];
  if (type === undefined) return -E.INVAL;
  const request = { call: 'flock', owner: { kind: 'file', file: file.id }, type, start: 0n, end: LAST } as const;
  return lock(kernel, file, request, (operation & LOCK.NB) === 0);
}

export function fcntlLock(kernel: Kernel, file: OpenFile, command: number, address: bigint): SyscallResult {
  const ofd = command >= LOCK_COMMANDS.OFD_GETLK;
  const view = kernel.user.view(address, 32);
  const type = TYPES[view.getInt16(0, true)];
  const asks = command === LOCK_COMMANDS.GETLK || command === LOCK_COMMANDS.OFD_GETLK;
  if (type === undefined || (asks && type === 'none')) return -E.INVAL;
  if (ofd && view.getInt32(24, true) !== 0) return -E.INVAL;
  const owner: LockOwner = ofd ? { kind: 'file', file: file.id } : { kind: 'process', pid: kernel.pid };
  const request: LockRequest = { call: 'fcntl', owner, type, ...rangeOf(file, view) };
  if (asks) {
    tell(kernel, file, request, address);
    return 0;
  }
  if ((type === 'shared' && !file.readable) || (type === 'exclusive' && !file.writable)) return -E.BADF;
  return lock(kernel, file, request, command === LOCK_COMMANDS.SETLKW || command === LOCK_COMMANDS.OFD_SETLKW);
}

/** The bytes that struct flock means. Throws EINVAL, EOVERFLOW. */
function rangeOf(file: OpenFile, view: DataView): { readonly start: bigint; readonly end: bigint } {
  const whence = view.getInt16(2, true);
  const base = whence === 0 ? 0n : whence === 1 ? BigInt(file.seek(0, 1)) : whence === 2 ? file.stat().size : undefined;
  if (base === undefined) throw new Errno(E.INVAL);
  let start = base + view.getBigInt64(8, true);
  const length = view.getBigInt64(16, true);
  if (start > LAST) throw new Errno(E.OVERFLOW);
  let end = length === 0n ? LAST : start + length - 1n;
  if (length < 0n) [start, end] = [start + length, start - 1n];
  if (start < 0n) throw new Errno(E.INVAL);
  if (end > LAST) throw new Errno(E.OVERFLOW);
  return { start, end };
}

/** Says who is in the way. */
function tell(kernel: Kernel, file: OpenFile, request: LockRequest, address: bigint): void {
  const other = kernel.system.files.locks.conflict(file.identity, request);
  const out = new DataView(kernel.user.read(address, 32).slice().buffer);
  out.setInt16(0, other === undefined ? TYPES.indexOf('none') : TYPES.indexOf(other.type), true);
  if (other !== undefined) {
    out.setInt16(2, 0, true);
    out.setBigInt64(8, other.start, true);
    out.setBigInt64(16, other.end === LAST ? 0n : other.end - other.start + 1n, true);
    out.setInt32(24, other.owner.kind === 'process' ? other.owner.pid : -1, true);
  }
  kernel.user.write(address, new Uint8Array(out.buffer));
}

function lock(kernel: Kernel, file: OpenFile, request: LockRequest, waits: boolean): SyscallResult {
  if (kernel.system.files.locks.apply(file.identity, request)) return 0;
  if (!waits) return -E.AGAIN;
  if (wouldDeadlock(kernel, file, request)) return -E.DEADLK;
  // What was given up for it may be what others wait for.
  if (request.call === 'flock') kernel.filesChanged();
  return { kind: 'lock', file: file.id, request };
}

/** Whether who is in the way waits himself, in the end, for who asks: of processes' own locks alone (fs/locks.c). */
function wouldDeadlock(kernel: Kernel, file: OpenFile, request: LockRequest): boolean {
  const { system } = kernel;
  let [on, wanted] = [file.identity, request];
  for (let steps = 0; steps <= system.tasks.length; steps++) {
    const owner = system.files.locks.conflict(on, wanted)?.owner;
    if (request.owner.kind !== 'process' || owner?.kind !== 'process') return false;
    if (sameOwner(owner, request.owner)) return true;
    const next = system.tasks.map(({ wait }) => wait).find(wait => wait?.kind === 'lock' && sameOwner(wait.request.owner, owner));
    if (next?.kind !== 'lock') return false;
    [on, wanted] = [system.files.file(next.file).identity, next.request];
  }
  return false;
}

export const LOCK_WAIT: WaitRow<'lock'> = {
  reason: (_kernel, { request }) => `${request.call}, for a lock`,
  poll: ({ system }, _task, { file, request }) => (system.files.locks.apply(system.files.file(file).identity, request) ? 0 : undefined),
  signal: () => -RESTART.SYS,
};

/** As a row of fcntl has it. */
export const isLockCommand = (command: bigint): boolean => (Object.values(LOCK_COMMANDS) as number[]).includes(uint(command));
