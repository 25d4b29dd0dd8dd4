import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Found {
  readonly root: string;
  readonly version: string;
}

/** package.json lies one folder above the bundle and three above this source. */
function find(): Found | undefined {
  for (const up of ['../package.json', '../../../package.json']) {
    try {
      const file = new URL(up, import.meta.url);
      const found = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
      if (found.name === 'r14' && found.version !== undefined) return { root: dirname(fileURLToPath(file)), version: found.version };
    } catch {
      // Not there; the next place.
    }
  }
  return undefined;
}

export const version = (): string => find()?.version ?? 'unknown';

/** The folder of the package: bundled programs lie below it. */
export const packageRoot = (): string => find()?.root ?? '.';
