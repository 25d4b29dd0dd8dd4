import { E, Errno } from '../abi/errno.js';
import { NEVER } from '../clock.js';
import type { Kernel } from '../kernel.js';

export const SECOND = 1_000_000_000n;

/** struct timespec at `address`, in ns. Throws EINVAL for what is none, EFAULT. */
export function readTimespec(kernel: Kernel, address: bigint): bigint {
  const view = kernel.user.view(address, 16);
  const seconds = view.getBigInt64(0, true);
  const nanoseconds = view.getBigInt64(8, true);
  if (seconds < 0n || nanoseconds < 0n || nanoseconds >= SECOND) throw new Errno(E.INVAL);
  return seconds * SECOND + nanoseconds;
}

export function encodeTimespec(nanoseconds: bigint): Uint8Array {
  return new Uint8Array(new BigInt64Array([nanoseconds / SECOND, nanoseconds % SECOND]).buffer);
}

/** struct timeval, in ns. Throws EINVAL, EFAULT. */
export function readTimeval(kernel: Kernel, address: bigint): bigint {
  const view = kernel.user.view(address, 16);
  const seconds = view.getBigInt64(0, true);
  const microseconds = view.getBigInt64(8, true);
  if (seconds < 0n || microseconds < 0n || microseconds >= 1_000_000n) throw new Errno(E.INVAL);
  return seconds * SECOND + microseconds * 1000n;
}

export function encodeTimeval(nanoseconds: bigint): Uint8Array {
  return new Uint8Array(new BigInt64Array([nanoseconds / SECOND, (nanoseconds % SECOND) / 1000n]).buffer);
}

/** The deadline of a wait, if it has one. */
export function until(deadline: number | undefined): { deadline?: number } {
  return deadline === undefined ? {} : { deadline };
}

/** Virtual time at which a timeout on a clock is over. */
export function timeoutDeadline(kernel: Kernel, clock: number, time: bigint, absolute: boolean): number {
  if (absolute) return kernel.clock.when(clock, time);
  return time > BigInt(NEVER) ? NEVER : kernel.clock.now() + Number(time);
}
