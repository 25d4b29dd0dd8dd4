/** Text files that the user names. */
import { readFileSync } from 'node:fs';
import { Told } from '../host/told.js';

/** The text of a UTF-8 file. Throws a Told that says why there is none. */
export function readText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EISDIR: 'it is a directory',
      EACCES: 'it may not be read',
      ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
    };
    if (!(error instanceof Error)) throw error;
    throw new Told(`${path}: ${reasons[code ?? ''] ?? `it cannot be read (${code})`}`);
  }
}
