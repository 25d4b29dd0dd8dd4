/** Files that files name, not the user: what they lead to may be anything. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that are read at once. */
const PIECE = 1 << 20;

/** What is there is no file that can be read whole. */
export class IrregularFile extends Error {
  override name = 'IrregularFile';
  constructor(
    readonly code: 'EIRREGULAR' | 'EFBIG',
    message: string,
  ) {
    super(message);
  }
}

/**
 * The bytes of a regular file: no device, pipe or socket, which may have no end or make one wait, and not more than `most`. Throws IrregularFile,
 * and what the system says.
 */
export function readRegular(path: string, most: number): Buffer {
  // A pipe is opened without waiting for who writes to it, a terminal without becoming ours.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw new IrregularFile('EIRREGULAR', 'it is a directory');
    if (!stat.isFile()) throw new IrregularFile('EIRREGULAR', 'it is a device, pipe or socket, not a file');
    if (stat.size > most) throw new IrregularFile('EFBIG', `it is larger than ${most / 2 ** 20} MiB`);
    const bytes = Buffer.allocUnsafe(stat.size);
    let at = 0;
    while (at < bytes.length) {
      const got = readSync(descriptor, bytes, at, Math.min(PIECE, bytes.length - at), null);
      if (got === 0) break;
      at += got;
    }
    // Files of /proc say that they are empty.
    return bytes.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}
