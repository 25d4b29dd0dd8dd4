/** Paths of a POSIX host and of the guest, as text. */

/** An absolute path of names alone. */
const PLAIN = /^(\/(?!\.{0,2}(\/|$))[^/]*)+$/;

/** Takes `.`, `..` and doubled slashes out of a path; one at the end goes too. A relative path keeps the `..` that lead out of it. */
export function normalise(path: string): string {
  // Nearly every path that a guest names is so already.
  if (PLAIN.test(path)) return path;
  const absolute = path.startsWith('/');
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..' && (absolute || (names.length > 0 && names.at(-1) !== '..'))) names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return absolute ? `/${names.join('/')}` : names.join('/') || '.';
}

/** A path seen from the directory `cwd`, absolute and normalised. */
export function resolve(cwd: string, path: string): string {
  return normalise(path.startsWith('/') ? path : `${cwd}/${path}`);
}

/** Whether a normalised path is a folder or lies below it. */
export function isUnder(path: string, folder: string): boolean {
  if (!path.startsWith(folder)) return false;
  return path.length === folder.length || folder === '/' || path[folder.length] === '/';
}

/** What a folder has by a name, or by some names behind each other. */
export const pathBelow = (folder: string, names: string): string => (folder === '/' ? `/${names}` : `${folder}/${names}`);

/** All but the last name: `/` for `/`, `.` for a single name. */
export function dirname(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
}

/** The last name. */
export function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What lies in each folder that leads to one of these paths, by the folder. `root` is one in any case: `/`, or `.` of relative ones. */
export function childrenByFolder(paths: Iterable<string>, root: '/' | '.'): ReadonlyMap<string, ReadonlySet<string>> {
  const children = new Map<string, Set<string>>([[root, new Set()]]);
  for (const path of paths) {
    for (let at = path, folder = dirname(at); folder !== at; at = folder, folder = dirname(at))
      children.set(folder, (children.get(folder) ?? new Set()).add(basename(at)));
  }
  return children;
}
