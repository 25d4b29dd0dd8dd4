import { FILE_TYPE, type HostFiles, typeOf } from '../../host/files.js';
import { dirname } from '../../host/path.js';
import { E, Errno, host } from '../abi/errno.js';

/** Links followed on one path before ELOOP. */
const MAX_LINKS = 40;

/** Where a path leads on the host. */
export interface WalkedPath {
  /** Absolute, all links followed; for something that does not exist yet: its directory's, and the name. */
  readonly real: string;
  readonly exists: boolean;
}

/**
 * Follows an absolute path below the host's directory `root` one name at a time; absolute links start at `root` again, and `..` stays in it.
 * Throws ENOENT, ENOTDIR, ELOOP, EACCES of the walk.
 */
export function walkPath(files: HostFiles, root: string, path: string, followLast = true): WalkedPath {
  const base = root === '/' ? '' : root;
  let names = path.split('/').filter(name => name !== '' && name !== '.');
  let real = '';
  let links = 0;
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (name === '..') {
      real = dirname(real || '/');
      if (real === '/') real = '';
      continue;
    }
    const next = `${real}/${name}`;
    const last = i === names.length - 1;
    const stat = host(() => files.stat(base + next));
    if (!stat) {
      if (!last) throw new Errno(E.NOENT);
      return { real: base + next, exists: false };
    }
    if (typeOf(stat) === FILE_TYPE.link && (!last || followLast)) {
      if (++links > MAX_LINKS) throw new Errno(E.LOOP);
      const target = host(() => files.readlink(base + next));
      names = [...target.split('/').filter(part => part !== '' && part !== '.'), ...names.slice(i + 1)];
      if (target.startsWith('/')) real = '';
      i = -1;
      continue;
    }
    if (!last && typeOf(stat) !== FILE_TYPE.directory) throw new Errno(E.NOTDIR);
    real = next;
  }
  return { real: base + real || '/', exists: true };
}
