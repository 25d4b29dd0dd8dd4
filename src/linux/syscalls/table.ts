import { CHILD_SYSCALLS } from './children.js';
import { EXECUTE_SYSCALLS } from './execute.js';
import { FILE_SYSCALLS } from './files.js';
import { MEMORY_SYSCALLS } from './memory.js';
import { NETWORK_SYSCALLS } from './network.js';
import { PATH_SYSCALLS } from './paths.js';
import { POLLING_SYSCALLS } from './polling.js';
import { PROCESS_SYSCALLS } from './process.js';
import { REFUSED_SYSCALLS } from './refused.js';
import type { SyscallRow } from './row.js';
import { SIGNAL_SYSCALLS } from './signals.js';
import { THREAD_SYSCALLS } from './threads.js';
import { TIME_SYSCALLS } from './time.js';

/** Every system call that r14 knows, by number (arch/x86/entry/syscalls/syscall_64.tbl). Others get ENOSYS and are told of. */
export const SYSCALLS: readonly SyscallRow[] = [
  ...MEMORY_SYSCALLS,
  ...THREAD_SYSCALLS,
  ...SIGNAL_SYSCALLS,
  ...FILE_SYSCALLS,
  ...PATH_SYSCALLS,
  ...POLLING_SYSCALLS,
  ...TIME_SYSCALLS,
  ...NETWORK_SYSCALLS,
  ...PROCESS_SYSCALLS,
  ...CHILD_SYSCALLS,
  ...EXECUTE_SYSCALLS,
  ...REFUSED_SYSCALLS,
].sort((a, b) => a.number - b.number);

const BY_NUMBER = new Map(SYSCALLS.map(row => [row.number, row]));
const BY_NAME = new Map(SYSCALLS.map(row => [row.name, row]));

export function syscallRow(number: number): SyscallRow | undefined {
  return BY_NUMBER.get(number);
}

/** `openat`, or `syscall 9999`. */
export function syscallName(number: number): string {
  return BY_NUMBER.get(number)?.name ?? `syscall ${number}`;
}

/** The number of `openat`; undefined when there is none of that name. */
export function syscallNumber(name: string): number | undefined {
  return BY_NAME.get(name)?.number;
}
