/** Text files that the user names. */
import { readFileSync } from 'node:fs';
import { IrregularFile, readRegular } from '../host/node/regular.js';
import { Told } from '../host/told.js';

/** Larger ones are no sources. */
const MOST_TEXT = 64 * 2 ** 20;

/** The text of a UTF-8 file. Throws a Told that says why there is none. `named`: by another file, not by the user, who may name a pipe too. */
export function readText(path: string, named = false): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(named ? readRegular(path, MOST_TEXT) : readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EISDIR: 'it is a directory',
      EACCES: 'it may not be read',
      ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
    };
    if (error instanceof IrregularFile) throw new Told(`${path}: ${error.message}`);
    if (!(error instanceof Error)) throw error;
    throw new Told(`${path}: ${reasons[code ?? ''] ?? `it cannot be read (${code})`}`);
  }
}
