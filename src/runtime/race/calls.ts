/** How code of a guest calls the race detector, which it does not bring along: by system calls that Linux does not have. */

import type { RaceModel } from './model.js';

/** The number of the first; the others follow it in the order of `RACE_CALLS`. On a kernel without them they fail with ENOSYS, and nothing is detected. */
export const FIRST_RACE_CALL = 0x7231_3400;

/**
 * Functions of the race runtime, without `__tsan_`. Their arguments are in DI, SI, DX, R10 and R8; the pcs that they take are return addresses. `init`
 * takes argv besides, for what stands behind it. Of the atomic operations only the detector's part is called, when memory has been changed: with
 * thread, the caller's pc, pc, address, and size | kind << 8 | success << 16. `suppressions`: the length of the file's
 * text that the guest has read, or a negative errno. The result is 1 where there is something to tell.
 */
export const RACE_CALLS = [
  'init',
  'fini',
  'map_shadow',
  'malloc',
  'free',
  'go_start',
  'go_end',
  'proc_create',
  'finalizer_goroutine',
  'func_enter',
  'func_exit',
  'read',
  'write',
  'read_pc',
  'write_pc',
  'read_range',
  'write_range',
  'acquire',
  'release',
  'release_acquire',
  'release_merge',
  'mutex_after_lock',
  'mutex_before_unlock',
  'go_ignore_sync_begin',
  'go_ignore_sync_end',
  'report_count',
  'atomic',
  'suppressions',
] as const;
export type RaceCall = (typeof RACE_CALLS)[number];

/** Kinds of atomic operation, by their number. */
const ATOMIC_KINDS = ['load', 'store', 'update', 'compareExchange'] as const;

/** What is to be told, at an address of the guest: the guest writes it and ends, if it says so. */
export const REPLY = {
  address: 0x7ed0_0000_0000,
  bytes: 0x10_0000,
  /** The text's address and length. */
  text: 0,
  length: 8,
  /** The file that it goes to, by the address of its name; 0: to `descriptor`. */
  path: 0x10,
  descriptor: 0x18,
  /** 1: the process ends with `status`, after so many seconds and nanoseconds. */
  ends: 0x1c,
  status: 0x20,
  seconds: 0x28,
  nanoseconds: 0x30,
  /** A race that was found, told of or not: thread (0: none), first cell, the cells of both accesses. */
  thread: 0x40,
  cells: 0x48,
  current: 0x50,
  old: 0x54,
  /** The name of the file of suppressions that `init` wants to be read (0: none), and where to. */
  suppressions: 0x58,
  suppressionsRoom: 0x60,
  /** GORACE's value in the environment, and the length of what was read, for a detector that is made again. */
  gorace: 0x38,
  suppressionsLength: 0x68,
  /** Where path and text begin, and what was read of suppressions. */
  room: 0x80,
  suppressionsText: 0x8_0000,
  /** How often each suppression was met, 32 bits each. */
  met: 0xf_0000,
} as const;

type CallArguments = readonly [number, number, number, number, number];

/** What calls do to any model; those that start threads, end the process or answer are not among them. Threads are the model's own. */
export const MODEL_CALLS: Readonly<Partial<Record<RaceCall, (model: RaceModel, ...args: CallArguments) => void>>> = {
  map_shadow: (model, a, b) => model.mapShadow(a, b),
  malloc: (model, _thread, _pc, c, d) => model.malloc(c, d),
  free: (model, a, b) => model.free(a, b),
  go_end: (model, a) => model.end(a),
  finalizer_goroutine: (model, a) => model.finalizerGoroutine(a),
  func_enter: (model, a, b) => model.enter(a, b),
  func_exit: (model, a) => model.exit(a),
  read: (model, a, b, c) => model.read(a, b, c),
  write: (model, a, b, c) => model.write(a, b, c),
  read_pc: (model, a, b, c, d) => model.accessFrom(a, b, c, d, false),
  write_pc: (model, a, b, c, d) => model.accessFrom(a, b, c, d, true),
  read_range: (model, a, b, c, d) => model.range(a, b, c, d, false),
  write_range: (model, a, b, c, d) => model.range(a, b, c, d, true),
  acquire: (model, a, b) => model.acquire(a, b),
  release: (model, a, b) => model.release(a, b),
  release_acquire: (model, a, b) => model.releaseAcquire(a, b),
  release_merge: (model, a, b) => model.releaseMerge(a, b),
  mutex_after_lock: (model, a, b, c) => model.mutexAfterLock(a, b, c !== 0),
  mutex_before_unlock: (model, a, b, c) => model.mutexBeforeUnlock(a, b, c !== 0),
  go_ignore_sync_begin: (model, a) => model.ignoreSync(a, 1),
  go_ignore_sync_end: (model, a) => model.ignoreSync(a, -1),
  atomic: (model, a, b, c, d, e) => model.atomic(a, b, c, d, e & 0xff, ATOMIC_KINDS[(e >> 8) & 0xff]!, () => e >> 16 !== 0),
};

/** Calls whose first argument is no thread. */
export const WITHOUT_THREAD: ReadonlySet<RaceCall> = new Set<RaceCall>(['map_shadow', 'malloc', 'free']);
