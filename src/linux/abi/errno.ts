import { HostFileError } from '../../host/files.js';

/** Error numbers of Linux on amd64 (asm-generic/errno-base.h, asm-generic/errno.h), without their leading E. */
export const E = {
  PERM: 1,
  NOENT: 2,
  SRCH: 3,
  INTR: 4,
  IO: 5,
  NXIO: 6,
  '2BIG': 7,
  NOEXEC: 8,
  BADF: 9,
  CHILD: 10,
  AGAIN: 11,
  NOMEM: 12,
  ACCES: 13,
  FAULT: 14,
  BUSY: 16,
  EXIST: 17,
  XDEV: 18,
  NODEV: 19,
  NOTDIR: 20,
  ISDIR: 21,
  INVAL: 22,
  NFILE: 23,
  MFILE: 24,
  NOTTY: 25,
  TXTBSY: 26,
  FBIG: 27,
  NOSPC: 28,
  SPIPE: 29,
  ROFS: 30,
  MLINK: 31,
  PIPE: 32,
  DOM: 33,
  RANGE: 34,
  DEADLK: 35,
  NAMETOOLONG: 36,
  NOLCK: 37,
  NOSYS: 38,
  NOTEMPTY: 39,
  LOOP: 40,
  OVERFLOW: 75,
  NOTSOCK: 88,
  DESTADDRREQ: 89,
  MSGSIZE: 90,
  PROTOTYPE: 91,
  NOPROTOOPT: 92,
  PROTONOSUPPORT: 93,
  SOCKTNOSUPPORT: 94,
  OPNOTSUPP: 95,
  AFNOSUPPORT: 97,
  ADDRINUSE: 98,
  ADDRNOTAVAIL: 99,
  NETUNREACH: 101,
  CONNABORTED: 103,
  CONNRESET: 104,
  NOBUFS: 105,
  ISCONN: 106,
  NOTCONN: 107,
  TOOMANYREFS: 109,
  TIMEDOUT: 110,
  CONNREFUSED: 111,
  ALREADY: 114,
  INPROGRESS: 115,
} as const;

export type ErrnoName = keyof typeof E;

/**
 * Kernel-internal results of an interrupted system call (include/linux/errno.h): what becomes of it depends on whether a handler runs.
 * They never reach the guest.
 */
export const RESTART = {
  /** Again, if the handler has SA_RESTART; else EINTR. */
  SYS: 512,
  /** Always again. */
  NOINTR: 513,
  /** Again only when no handler runs. */
  NOHAND: 514,
  /** As NOHAND, with what is left of the timeout. */
  BLOCK: 516,
} as const;

const NAMES = new Map<number, string>(Object.entries(E).map(([name, number]) => [number, `E${name}`]));

/** `ENOENT` for 2. */
export function errnoName(number: number): string {
  return NAMES.get(number) ?? `errno ${number}`;
}

/** Ends a system call with `-number`. */
export class Errno extends Error {
  override name = 'Errno';
  constructor(readonly number: number) {
    super(errnoName(number));
  }
}

/** What `run` returns, or, when it throws an Errno, that number negated. */
export function answer<T>(run: () => T): T | number {
  try {
    return run();
  } catch (error) {
    if (error instanceof Errno) return -error.number;
    throw error;
  }
}

/** Runs an operation on files of the host; its failure becomes the guest's: EIO when it is none that Linux knows. */
export function host<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (!(error instanceof HostFileError)) throw error;
    throw new Errno(E[error.code.slice(1) as ErrnoName] ?? E.IO);
  }
}
