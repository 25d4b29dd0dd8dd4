/** Programs that are looked at and not run. */
import { IrregularFile, readRegular } from '../host/node/regular.js';
import { Told } from '../host/told.js';

/** Programs are not larger. */
const MOST = 2 ** 31 - 1;

/** The bytes of a program's file. Throws a Told that says why there are none. */
export function programBytes(path: string): Uint8Array {
  try {
    return readRegular(path, MOST);
  } catch (error) {
    if (error instanceof IrregularFile) throw new Told(`${path}: ${error.message}`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const reasons: Readonly<Record<string, string>> = { ENOENT: 'no such file', EACCES: 'it may not be read' };
    throw new Told(`${path}: ${reasons[code] ?? `it cannot be read (${code})`}`);
  }
}
