/**
 * What V8 has compiled of r14 grows by what its user does with it: the first few runs of a kind leave what they had to compile for the next. A kind
 * is told by the files of the bundle that a run needs.
 */
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Script } from 'node:vm';
import { isOurs, underUsualFlags } from './compiled.js';

/** How many runs of a kind: they do not all go the same ways. */
const LESSONS = 4;
/** Seconds after which V8 may have thrown away what was not used lately. */
const FORGETFUL = 10;

/** The name of the file with what V8 has compiled of a file of the bundle. */
export const compiledFile = (file: string): string => `${file}.compiled`;

/** At the end of a run: keeps in `folder` what V8 has compiled of these files, where that is more than is there, or what is there was of no use to it. */
export function learn(folder: string, scripts: ReadonlyMap<string, Script>): void {
  if (process.uptime() > FORGETFUL || !underUsualFlags() || !isOurs(folder)) return;
  const kind = kindOf([...scripts.keys()].sort().join());
  const learnt = Array.from({ length: LESSONS }, (_, count) => join(folder, `learnt-${kind}-${count}`)).find(file => !existsSync(file));
  const useless = [...scripts.values()].some(script => script.cachedDataRejected);
  if (learnt === undefined && !useless) return;
  try {
    if (learnt !== undefined) writeFileSync(learnt, '');
    for (const [name, script] of scripts) {
      const file = join(folder, compiledFile(name));
      const data = script.createCachedData();
      if (!script.cachedDataRejected && data.length <= (statSync(file, { throwIfNoEntry: false })?.size ?? 0)) continue;
      const fresh = `${file}.${process.pid}`;
      writeFileSync(fresh, data);
      renameSync(fresh, file);
    }
  } catch (error) {
    // A full disk, or a folder that is gone: the next start only takes longer.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}

/** A name for a text (FNV-1a, 32 bits): node:crypto takes longer to load than all that is done here. */
function kindOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16);
}
