/**
 * Where what V8 has compiled of r14 is kept, which spares a start a third of its work: beside the bundle, where that was built, else in a folder
 * of the user's, which a process of its own fills behind the first start. It is for one bundle and one release of Node: V8 takes what another
 * release of the same version of V8 has compiled for its own, and fails in it.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** How many are kept: for as many releases of Node, or bundles, as are in use. */
const KEPT = 3;
/** Milliseconds after which what another process has begun to make is taken for given up. */
const GIVEN_UP = 24 * 60 * 60 * 1000;
const NAME = 'compiled-';

/** Of a bundle, by its digest, and of the Node that runs: release, processor, system, and the very file. */
export function compiledName(bundle: string): string {
  const { size, mtimeMs } = statSync(process.execPath);
  return `${NAME}${process.version}-${process.arch}-${process.platform}-${size.toString(36)}${Math.floor(mtimeMs).toString(36)}-${bundle.slice(0, 16)}`;
}

/** The user's folder for it: R14_CACHE, which may be empty for none, or that of XDG's base directories. */
function cacheFolder(): string | undefined {
  const { R14_CACHE, XDG_CACHE_HOME } = process.env;
  if (R14_CACHE !== undefined) return R14_CACHE === '' ? undefined : R14_CACHE;
  const base = XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(base, 'r14');
}

/** Whether nobody else may put anything into a folder. */
export function isOurs(folder: string): boolean {
  const found: Stats | undefined = lstatSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return false;
  return process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0);
}

/** The folder of that name with what is compiled: beside the bundle, or the user's. Undefined where there is none that can be trusted. */
export function compiledFolder(dist: string, name: string): string | undefined {
  const beside = join(dist, name);
  if (lstatSync(beside, { throwIfNoEntry: false })?.isDirectory()) return beside;
  const cache = cacheFolder();
  if (cache === undefined || !isOurs(cache)) return undefined;
  const kept = join(cache, name);
  return isOurs(kept) ? kept : undefined;
}

/** Whether Node runs under no flags of its own: what V8 compiles under others would not be taken. */
export const underUsualFlags = (): boolean => process.execArgv.length === 0 && !process.env.NODE_OPTIONS;

/**
 * Takes it on to make what is compiled: one process does, of all that start at once. Returns the folder that is to hold it; undefined where
 * there is nothing to do, or no place of the user's alone.
 */
export function beginCompiling(name: string): string | undefined {
  const cache = cacheFolder();
  if (cache === undefined || !underUsualFlags()) return undefined;
  try {
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    if (!isOurs(cache) || lstatSync(join(cache, name), { throwIfNoEntry: false }) !== undefined) return undefined;
    const claim = claimOf(cache, name);
    const claimed = lstatSync(claim, { throwIfNoEntry: false });
    if (claimed !== undefined && Date.now() - claimed.mtimeMs > GIVEN_UP) rmSync(claim, { recursive: true });
    mkdirSync(claim, { mode: 0o700 });
    return cache;
  } catch {
    return undefined;
  }
}

/** Where it is made, which says at once that it is. */
export const claimOf = (cache: string, name: string): string => join(cache, `making-${name}`);

/** Arguments of a Node that has a bundle's `start.js` call one of its exports with strings. */
export const calling = (start: string, name: 'compileInto' | 'compileForCache', ...args: readonly string[]): string[] => [
  '-e',
  `import(process.argv[1]).then(({ ${name} }) => ${name}(...process.argv.slice(2)))`,
  start,
  ...args,
];

/** Removes all but the latest. */
export function keepLatest(cache: string): void {
  const all = readdirSync(cache)
    .filter(name => name.startsWith(NAME))
    .map(name => ({ path: join(cache, name), made: lstatSync(join(cache, name)).mtimeMs }));
  for (const { path } of all.sort((a, b) => b.made - a.made).slice(KEPT)) rmSync(path, { recursive: true, force: true });
}
