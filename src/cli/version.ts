import { readFileSync } from 'node:fs';

/** From package.json, which lies one folder above the bundle and two above this source. */
export function version(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const found = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as { name?: string; version?: string };
      if (found.name === 'r14' && found.version !== undefined) return found.version;
    } catch {
      // Not there; the next place.
    }
  }
  return 'unknown';
}
