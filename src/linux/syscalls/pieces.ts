/** Guest memory in pieces, as iovec names them (readv(2)). */
import { E, Errno } from '../abi/errno.js';
import type { Kernel } from '../kernel.js';
import type { UserPiece } from '../wait.js';

/** Bytes that one call moves at most; longer ones get a short count. */
export const MOST_MOVED = 16 << 20;
const IOV_MAX = 1024;

export function iovec(kernel: Kernel, address: bigint, count: number, most: number = E.INVAL): UserPiece[] {
  if (count < 0 || count > IOV_MAX) throw new Errno(most);
  const view = kernel.user.view(address, 16 * count);
  return Array.from({ length: count }, (_, i) => {
    const length = view.getBigInt64(16 * i + 8, true);
    if (length < 0n) throw new Errno(E.INVAL);
    return { address: view.getBigUint64(16 * i, true), length: Number(length) };
  });
}

export function total(pieces: readonly UserPiece[]): number {
  return Math.min(
    MOST_MOVED,
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
}

/** Throws EFAULT where so many bytes cannot be written. */
export function writablePieces(kernel: Kernel, pieces: readonly UserPiece[], length: number): void {
  let room = length;
  for (const piece of pieces) {
    kernel.user.writable(piece.address, Math.min(room, piece.length));
    room -= Math.min(room, piece.length);
  }
}

/** Puts bytes into the pieces, `from` bytes behind their beginning. */
export function scatter(kernel: Kernel, pieces: readonly UserPiece[], bytes: Uint8Array, from = 0): void {
  let at = 0;
  let skip = from;
  for (const { address, length } of pieces) {
    const skipped = Math.min(skip, length);
    skip -= skipped;
    const part = bytes.subarray(at, at + length - skipped);
    kernel.user.write(address + BigInt(skipped), part);
    at += part.length;
  }
}

/** The bytes of the pieces from one on, as many as `most`. */
export function gather(kernel: Kernel, pieces: readonly UserPiece[], from = 0, most = Number.POSITIVE_INFINITY): Uint8Array {
  const out = new Uint8Array(Math.min(most, total(pieces) - from));
  let at = 0;
  let skip = from;
  for (const { address, length } of pieces) {
    const skipped = Math.min(skip, length);
    skip -= skipped;
    const part = kernel.user.read(address + BigInt(skipped), Math.min(length - skipped, out.length - at));
    out.set(part, at);
    at += part.length;
  }
  return out;
}
