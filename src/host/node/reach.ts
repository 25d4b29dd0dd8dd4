/**
 * Reaching a file by the path that was judged, and by no other: from folder to folder, each opened below the one before, and none of them a link.
 * So what is done with a path is done where it leads by its letters, whatever somebody puts in its way meanwhile; a link gives ELOOP.
 */
import * as fs from 'node:fs';
import { HostFileError } from '../files.js';

/** open(2): a descriptor that only stands for a place; Linux alone has it. */
const O_PATH = 0o10000000;
const { O_DIRECTORY = 0, O_NOFOLLOW = 0 } = fs.constants;
const FOLDER = O_PATH | O_DIRECTORY | O_NOFOLLOW;
/** Linux says where a descriptor leads, and takes that as a path that goes on from it (proc_pid_fd(5)). */
const DESCRIPTORS = '/proc/self/fd';

/** Elsewhere paths are all there is: what is judged and what is used are two things there. */
const byDescriptor = process.platform === 'linux' && fs.existsSync(DESCRIPTORS);

/** A path to what a descriptor leads to, however it is called by now; `name`: in that folder. */
const from = (descriptor: number, name?: string): string => `${DESCRIPTORS}/${descriptor}${name === undefined ? '' : `/${name}`}`;

/** A folder that was reached, open, as long as it is what its path leads to. */
interface Reached {
  readonly descriptor: number;
  readonly dev: number;
  readonly ino: number;
}
/** Those that were reached last, the latest at the end; and those below which files are asked for often. */
const recent = new Map<string, Reached>();
const MOST_RECENT = 16;
const near = new Set<string>();
const MOST_NEAR = 64;

/** Says that files below a folder will be asked for often. */
export function keepNear(folder: string): void {
  if (near.size < MOST_NEAR) near.add(folder);
}

/** The folder, if it was reached lately and its path leads to it still. */
function known(folder: string): Reached | undefined {
  const reached = recent.get(folder);
  if (reached === undefined) return undefined;
  const now = fs.statSync(folder, { throwIfNoEntry: false });
  recent.delete(folder);
  if (now?.ino === reached.ino && now.dev === reached.dev) {
    recent.set(folder, reached);
    return reached;
  }
  fs.closeSync(reached.descriptor);
  return undefined;
}

/** Remembers a folder that has been reached, for a descriptor that is kept open. */
function remember(folder: string, descriptor: number): number {
  const { dev, ino } = fs.fstatSync(descriptor);
  recent.set(folder, { descriptor, dev, ino });
  if (recent.size > MOST_RECENT) {
    const [oldest, { descriptor: left }] = recent.entries().next().value!;
    recent.delete(oldest);
    fs.closeSync(left);
  }
  return descriptor;
}

/** An open folder, reached without a link. It stays open until others are reached. */
function folderAt(folder: string): number {
  const lately = known(folder);
  if (lately !== undefined) return lately.descriptor;
  if (folder === '/') return remember(folder, fs.openSync(folder, FOLDER));
  let base = '';
  for (const path of near) if (path.length > base.length && folder.startsWith(`${path}/`)) base = path;
  return remember(folder, walked(base, folder));
}

/** Opens a folder from one above it on, '' being the root's path. Throws what the system says; ELOOP for a link on the way. */
function walked(base: string, folder: string): number {
  const names = folder
    .slice(base.length)
    .split('/')
    .filter(name => name !== '');
  if (names.includes('.') || names.includes('..')) throw new HostFileError('ELOOP', `${folder} is no plain path`);
  let place = base === '' ? '' : from(folderAt(base));
  let at: number | undefined;
  for (const name of names) {
    const before = at;
    place = `${place}/${name}`;
    try {
      at = fs.openSync(place, FOLDER);
    } catch (error) {
      // Linux calls a link no folder here; who has judged the path has seen a folder.
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR' && fs.lstatSync(place).isSymbolicLink())
        throw new HostFileError('ELOOP', `${folder}: a link where there was none`);
      throw error;
    } finally {
      if (before !== undefined) fs.closeSync(before);
    }
    place = from(at);
  }
  return at!;
}

/** Has an operation of node:fs act on an absolute path free of links, `.` and `..`. A link at its end is the operation's affair. */
export function withoutLinks<T>(path: string, operation: (path: string) => T): T {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (!byDescriptor || name === '') return operation(path);
  if (name === '..' || name === '.') throw new HostFileError('ELOOP', `${path} is no plain path`);
  const folder = path.slice(0, slash) || '/';
  return operation(from(folderAt(folder), name));
}

/** A path that leads to an open file whatever its names are by now; where there is none, `path`. */
export const pathOfOpen = (descriptor: number, path: string): string => (byDescriptor ? from(descriptor) : path);
