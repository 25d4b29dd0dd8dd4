/**
 * What V8 has compiled of r14 grows by what its user does with it: the first few runs of a kind leave what they had to compile for the next. A kind
 * is told by the parts of the bundle that a run needs.
 */
import { createHash } from 'node:crypto';
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Script } from 'node:vm';
import { isOurs, underUsualFlags } from './compiled.js';

/** How many runs of a kind: they do not all go the same ways. */
const LESSONS = 4;
/** Milliseconds after which V8 may have thrown away what was not used lately. */
const FORGETFUL = 10_000;

/** The file with what V8 has compiled of a part. */
export const compiledFile = (part: string): string => `${part}.compiled`;

/** At the end of a run: keeps in `folder` what V8 has compiled of these parts, where that is more than is there. */
export function learn(folder: string, scripts: ReadonlyMap<string, Script>): void {
  if (performance.now() > FORGETFUL || !underUsualFlags() || !isOurs(folder)) return;
  const kind = createHash('sha1')
    .update([...scripts.keys()].sort().join())
    .digest('hex')
    .slice(0, 12);
  const learnt = Array.from({ length: LESSONS }, (_, count) => join(folder, `learnt-${kind}-${count}`)).find(file => !existsSync(file));
  if (learnt === undefined) return;
  try {
    writeFileSync(learnt, '');
    for (const [part, script] of scripts) {
      const file = join(folder, compiledFile(part));
      const data = script.createCachedData();
      if (data.length <= (statSync(file, { throwIfNoEntry: false })?.size ?? 0)) continue;
      const fresh = `${file}.${process.pid}`;
      writeFileSync(fresh, data);
      renameSync(fresh, file);
    }
  } catch (error) {
    // A full disk, or a folder that is gone: the next start only takes longer.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}
