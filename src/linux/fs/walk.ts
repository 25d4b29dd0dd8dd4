import { FILE_TYPE, type HostFiles, typeOf } from '../../host/files.js';
import { dirname } from '../../host/path.js';
import { E, Errno, host } from '../abi/errno.js';
import { OWN_DEVICE } from './own-tree.js';

/** Links followed on one path before ELOOP. */
const MAX_LINKS = 40;

/** Where a path leads on the host. */
export interface WalkedPath {
  /** Absolute, all links followed; for something that does not exist yet: its directory's, and the name. */
  readonly real: string;
  readonly exists: boolean;
  /** The last link on the way says that it is a folder: its target ends in a slash. */
  readonly folder?: boolean;
}

/** A walk that ended on its way. `at`: the host path that could not be gone on from, or is not there. */
export class WalkError extends Errno {
  constructor(
    number: number,
    readonly at: string,
  ) {
    super(number);
  }
}

/**
 * Follows an absolute path below the host's directory `root` one name at a time; absolute links start at `root` again, and `..` stays in it.
 * `known`: a folder below the root that is reached without a link. Throws WalkError: ENOENT, ENOTDIR, ELOOP, EACCES of the walk.
 */
export function walkPath(files: HostFiles, root: string, path: string, followLast = true, known = ''): WalkedPath {
  const base = root === '/' ? '' : root;
  let names = path
    .slice(known.length)
    .split('/')
    .filter(name => name !== '' && name !== '.');
  let real = known;
  let links = 0;
  let folder = false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (name === '..') {
      real = dirname(real || '/');
      if (real === '/') real = '';
      continue;
    }
    const next = `${real}/${name}`;
    const last = i === names.length - 1;
    const stat = at(base + next, () => files.stat(base + next));
    if (!stat) {
      if (!last) throw new WalkError(E.NOENT, base + next);
      return { real: base + next, exists: false, folder };
    }
    if (typeOf(stat) === FILE_TYPE.link && (!last || followLast)) {
      if (++links > MAX_LINKS) throw new WalkError(E.LOOP, base + next);
      const target = at(base + next, () => files.readlink(base + next));
      if (last) folder ||= /\/\.?$/.test(target);
      names = [...target.split('/').filter(part => part !== '' && part !== '.'), ...names.slice(i + 1)];
      if (target.startsWith('/')) real = '';
      i = -1;
      continue;
    }
    if ((!last || folder) && typeOf(stat) !== FILE_TYPE.directory) throw new WalkError(E.NOTDIR, base + next);
    // A folder of the guest's own that it has shut for itself.
    if (!last && stat.dev === OWN_DEVICE && (stat.mode & 0o100) === 0) throw new WalkError(E.ACCES, base + next);
    real = next;
  }
  return { real: base + real || '/', exists: true };
}

function at<T>(path: string, operation: () => T): T {
  try {
    return host(operation);
  } catch (error) {
    throw error instanceof Errno ? new WalkError(error.number, path) : error;
  }
}
