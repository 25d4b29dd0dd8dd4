/** Libraries that a program has brought along: what its loader looks for beside it. */
import { type HostFiles, wholeFile } from '../../host/files.js';
import { dirname, normalise } from '../../host/path.js';
import { FormatError } from '../../image/bytes.js';
import { Elf } from '../../image/elf/elf.js';
import { Errno, host } from '../abi/errno.js';
import { isLibraryName } from '../fs/sandbox.js';
import { walkPath } from '../fs/walk.js';

/** Files that are looked at, and bytes of one: a program has no more beside it. */
const MOST = 64;
const LARGEST = 256 * 2 ** 20;
/** Folders for newer processors, which the loader looks into first (ld.so(8), glibc-hwcaps). */
const FOLDERS = ['', 'glibc-hwcaps/x86-64-v4/', 'glibc-hwcaps/x86-64-v3/', 'glibc-hwcaps/x86-64-v2/'];
const ORIGIN = /^\$(?:ORIGIN|\{ORIGIN\})(?=\/|$)/;

/**
 * Host paths of the libraries that a program and those libraries need by name (DT_NEEDED) in folders beside them (a RUNPATH of $ORIGIN, which does
 * not lead further up than next to the program's own folder): as they are called, there or not, and where links from these lead.
 */
export function broughtAlong(files: HostFiles, real: string, elf: Elf): string[] {
  const found = new Set<string>();
  const top = dirname(dirname(real));
  const open: { readonly real: string; readonly elf: Elf; readonly above: readonly string[] }[] = [{ real, elf, above: [] }];
  for (let next = open.pop(); next !== undefined && found.size < MOST * FOLDERS.length; next = open.pop()) {
    const { needed, runpath } = next.elf.dynamic;
    const origin = dirname(next.real);
    const own = runpath.filter(folder => ORIGIN.test(folder)).map(folder => normalise(folder.replace(ORIGIN, origin)));
    const folders = [...new Set([...own, ...next.above])].filter(folder => folder === origin || folder.startsWith(`${top}/`));
    for (const name of needed.filter(each => !each.includes('/') && isLibraryName(each))) {
      for (const path of folders.flatMap(folder => FOLDERS.map(hardware => `${folder}/${hardware}${name}`))) {
        if (found.has(path)) continue;
        found.add(path);
        const place = leadsTo(files, path);
        if (place === undefined || !place.startsWith(`${top}/`) || !isLibraryName(place)) continue;
        found.add(place);
        const library = read(files, place);
        if (library !== undefined) open.push({ real: place, elf: library, above: folders });
      }
    }
  }
  return [...found];
}

function leadsTo(files: HostFiles, path: string): string | undefined {
  try {
    const { real, exists } = walkPath(files, '/', path);
    return exists ? real : undefined;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return undefined;
  }
}

/** The library, if it is one. */
function read(files: HostFiles, real: string): Elf | undefined {
  try {
    const handle = host(() => files.open(real, { access: 'read' }, 0));
    try {
      return host(() => (files.fstat(handle).size > LARGEST ? undefined : new Elf(wholeFile(files, handle), real)));
    } finally {
      host(() => files.close(handle));
    }
  } catch (error) {
    if (!(error instanceof Errno || error instanceof FormatError)) throw error;
    return undefined;
  }
}
