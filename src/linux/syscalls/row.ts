import type { ErrnoName } from '../abi/errno.js';
import type { Kernel } from '../kernel.js';
import type { Task } from '../task.js';
import type { Wait } from '../wait.js';

/**
 * How an argument prints: a signed number, a size, an address or bit set in hex, a descriptor, a path in guest memory, a signal; of sockets a family, type,
 * flags, an address as long as the next argument says, a message.
 */
export type ArgKind =
  | 'int'
  | 'size'
  | 'ptr'
  | 'hex'
  | 'fd'
  | 'path'
  | 'signal'
  | 'family'
  | 'sockettype'
  | 'msgflags'
  | 'sockaddr'
  | 'msghdr';

export type SyscallGroup = 'memory' | 'threads' | 'signals' | 'files' | 'paths' | 'polling' | 'time' | 'process' | 'network' | 'other';

/** A result for RAX (negative: -errno), or what to wait for. Errors are thrown as Errno or returned. */
export type SyscallResult = number | bigint | Wait;

export type Handler = (kernel: Kernel, task: Task, args: readonly bigint[]) => SyscallResult;

/** One system call: what it is called and what becomes of it. */
export interface SyscallRow {
  readonly number: number;
  readonly name: string;
  readonly group: SyscallGroup;
  readonly args: readonly ArgKind[];
  readonly run?: Handler;
  /** Instead of `run`: the errno it always gets, and why. `quiet` ones are no news: programs ask and go on. */
  readonly refuse?: { readonly errno: ErrnoName; readonly why: string; readonly quiet?: boolean };
}

export type RowMaker = (number: number, name: string, args: string, run: Handler) => SyscallRow;

/** Rows of one group; `args` are ArgKinds with blanks between. */
export function rowsOf(group: SyscallGroup): RowMaker {
  return (number, name, args, run) => ({ number, name, group, args: args.split(' ').filter(Boolean) as ArgKind[], run });
}

/** An argument as a C int. */
export function int(value: bigint | undefined): number {
  return Number(BigInt.asIntN(32, value ?? 0n));
}

/** An argument as a C unsigned int. */
export function uint(value: bigint | undefined): number {
  return Number(BigInt.asUintN(32, value ?? 0n));
}

/** An argument as a long; beyond 2^53 it is rounded. */
export function long(value: bigint | undefined): number {
  return Number(BigInt.asIntN(64, value ?? 0n));
}

/** A byte count: what is larger than any buffer stays larger than any buffer. */
export function size(value: bigint | undefined): number {
  return Number(value ?? 0n);
}

/** No file is that long (ext4's s_maxbytes with blocks of 4 KiB), and offsets are exact as doubles up to there. */
export const MAX_OFFSET = 2 ** 44 - 4096;
