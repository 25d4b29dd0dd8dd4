import { mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Process } from '../linux/api.js';
import { type Parsed, UsageError } from './flags.js';
import { reaching } from './host.js';

/** The folder of `--keep`, which is made here, so that what cannot be is said before the program runs; undefined: the flag was not given. */
export function keepFlag(parsed: Parsed): string | undefined {
  const folder = parsed.values.get('keep')?.[0];
  if (folder === undefined) return undefined;
  const there = reaching('write', folder, () => {
    mkdirSync(folder, { recursive: true });
    return readdirSync(folder);
  });
  // What is written comes into folders that are made for it: nobody has put links into them.
  if (there.length > 0) throw new UsageError(`--keep: ${folder} is not empty; it wants a folder of its own`);
  return folder;
}

/** Writes the program's own files below a folder that is empty, under the paths that they have for the program. Links come last: nothing is written through one. */
export function keepFiles(folder: string, { ownFiles }: Pick<Process, 'ownFiles'>): void {
  const links: (readonly [target: string, path: string])[] = [];
  const made: string[] = [];
  for (const { path, mode, content } of ownFiles) {
    const place = join(folder, path);
    if (content.kind === 'link') links.push([content.target, place]);
    else if (content.kind === 'folder') {
      reaching('write', place, () => mkdirSync(place, { recursive: true }));
      made.push(place);
    } else reaching('write', place, () => writeFileSync(place, content.bytes, { flag: 'wx', mode: mode | 0o600 }));
  }
  for (const [target, place] of links) reaching('write', place, () => symlinkSync(target, place));
  // Folders where the program has put nothing are no news.
  for (const place of made.reverse()) removeEmpty(folder, place);
}

/** Removes a folder and those around it, as long as they are empty. */
function removeEmpty(top: string, place: string): void {
  if (place === top || readdirSync(place).length > 0) return;
  rmdirSync(place);
  removeEmpty(top, dirname(place));
}
