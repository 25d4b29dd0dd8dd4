/** What a system call that cannot answer yet leaves behind: plain data. What becomes of each kind is said by the table in syscalls/kernel-tables.ts. */

import type { LockRequest } from './fs/locks.js';
import type { SocketAddress } from './net/address.js';

/** A piece of guest memory, as an iovec names it. */
export interface UserPiece {
  readonly address: bigint;
  readonly length: number;
}

/** What each kind of wait has to know. `call` is the system call's name, `file` the number of an open file description. */
interface WaitData {
  /** `pi`: for a lock that holds its owner, or for being moved to one. */
  futex: { readonly address: bigint; readonly bits: number; readonly timed: boolean; readonly pi: boolean };
  /** `remain`: where the time left is written; 0n: nowhere. */
  sleep: { readonly call: string; readonly absolute: boolean; readonly remain: bigint };
  /** For any signal. */
  signal: { readonly call: string };
  /** For a signal of a set; `info`: where its siginfo is written; 0n: nowhere. */
  sigtimedwait: { readonly wanted: bigint; readonly info: bigint };
  read: { readonly call: string; readonly file: number; readonly pieces: readonly UserPiece[]; readonly length: number };
  /** `done`: bytes that the file has taken. */
  write: { readonly call: string; readonly file: number; readonly pieces: readonly UserPiece[]; readonly length: number; done: number };
  /** `count` pollfds at `address`. */
  poll: { readonly call: string; readonly address: bigint; readonly count: number };
  /** The sets for reading, writing and exceptions: where they lie, and what was asked; `left`: where the time left is written. */
  select: {
    readonly call: string;
    readonly count: number;
    readonly addresses: readonly bigint[];
    readonly wanted: readonly Uint8Array[];
    readonly left: { readonly address: bigint; readonly form: 'timeval' | 'timespec' } | undefined;
  };
  /** `input`: the number of the open file that is read; `offset`: where its position lies, 0n: it has its own. */
  sendfile: { readonly call: string; readonly file: number; readonly input: number; readonly offset: bigint; readonly count: number };
  /** For room among those who wait to be accepted. */
  connect: { readonly call: string; readonly file: number };
  /** Where the address is written, and its length. */
  accept: {
    readonly call: string;
    readonly file: number;
    readonly address: bigint;
    readonly length: bigint;
    readonly flags: number;
  };
  /** `control`: what goes with the first byte (cmsg(3)). */
  send: {
    readonly call: string;
    readonly file: number;
    readonly pieces: readonly UserPiece[];
    readonly length: number;
    readonly flags: number;
    readonly to: SocketAddress | undefined;
    readonly control: { readonly address: bigint; readonly length: number } | undefined;
    done: number;
  };
  /** `message`: the msghdr, 0n: none. `counted`: of several, where the length of this one goes behind; the result is how many there were. */
  receive: {
    readonly call: string;
    readonly file: number;
    readonly pieces: readonly UserPiece[];
    readonly length: number;
    readonly flags: number;
    readonly from: { readonly address: bigint; readonly length: bigint } | undefined;
    readonly message: bigint;
    readonly counted?: bigint;
    done: number;
  };
  /** In vfork(2), for a child to be another program or to end. */
  vfork: { readonly child: number };
  /** For children: `which` as waitid(2) says it; where status (or siginfo) and struct rusage are written, 0n: nowhere. */
  child: {
    readonly call: 'wait4' | 'waitid';
    readonly which: number;
    readonly id: number;
    readonly options: number;
    readonly status: bigint;
    readonly usage: bigint;
  };
  /** For a lock on a file. */
  lock: { readonly file: number; readonly request: LockRequest };
  epoll: { readonly call: string; readonly file: number; readonly address: bigint; readonly limit: number };
}

/** What is looked through each time that a wait is asked again: descriptors and pieces of memory. */
export function weightOf(wait: Wait): number {
  if (wait.kind === 'poll' || wait.kind === 'select') return wait.count;
  return 'pieces' in wait ? wait.pieces.length : 0;
}

export type WaitKind = keyof WaitData;

export type WaitOf<K extends WaitKind> = {
  readonly kind: K;
  /** Virtual time in ns at which it is over; undefined: never. */
  readonly deadline?: number;
} & WaitData[K];

export type Wait = { [K in WaitKind]: WaitOf<K> }[WaitKind];
