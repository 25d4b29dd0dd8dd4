/** Makes `dist/` from the sources, where it is not made from them already. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
/** The digest of what `dist/` was made from, in it. */
const INPUTS = 'inputs.sha256';

/** Sources, scripts, packages, and the Node whose V8 compiles them. */
function digestOfInputs(): string {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}`);
  for (const folder of ['src', 'scripts']) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter(each => /\.\w+$/.test(each) && !each.includes('.test.')).sort())
      hash.update(`${folder}/${name}`).update(readFileSync(join(root, folder, name)));
  }
  return hash.update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
}

/** What was built from the same inputs stays as it is. */
const isFresh = (digest: string): boolean => existsSync(join(dist, INPUTS)) && readFileSync(join(dist, INPUTS), 'utf8') === digest;

/** Makes `dist/` what the sources say. It is built beside and put in place whole, so that what runs from it meanwhile is not disturbed. */
export async function build(): Promise<void> {
  const digest = digestOfInputs();
  if (isFresh(digest)) return;
  const fresh = mkdtempSync(`${dist}.`);
  try {
    // The tools take a second to load.
    const { bundleInto } = await import('./bundle.js');
    await bundleInto(fresh);
    chmodSync(fresh, 0o755);
    writeFileSync(join(fresh, INPUTS), digest);
    // Another build of the same may have been quicker.
    if (isFresh(digest)) return;
    putInPlace(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** A folder takes the place of another by two renames, between which another build may put its own there. */
function putInPlace(fresh: string): void {
  const old = mkdtempSync(`${dist}.`);
  try {
    for (let tries = 0; ; tries++) {
      if (existsSync(dist)) renameSync(dist, join(old, String(tries)));
      try {
        renameSync(fresh, dist);
        return;
      } catch (error) {
        if (tries > 9 || !['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  } finally {
    rmSync(old, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) await build();
