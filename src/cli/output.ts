/** Writing to standard output and error so that nothing is lost and a dead pipe is a quiet end. */
import { writeSync } from 'node:fs';

/** Writes all of it, now. Ends the process when nobody reads any more: as SIGPIPE would, with 141. */
export function writeOut(descriptor: 1 | 2, data: string | Uint8Array): void {
  let bytes: Uint8Array = typeof data === 'string' ? Buffer.from(data) : data;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A full pipe that was made non-blocking by another process that shares it.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else if (code === 'EPIPE') process.exit(141);
      else throw error;
    }
  }
}
