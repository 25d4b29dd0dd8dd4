import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Paths that begin so; folders end in a slash. */
export function completeFile(start: string): readonly string[] {
  const folder = start.endsWith('/') ? start : start.includes('/') ? `${dirname(start)}/`.replace('//', '/') : '';
  try {
    return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true })
      .map(entry => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .filter(path => path.startsWith(start));
  } catch {
    return [];
  }
}
