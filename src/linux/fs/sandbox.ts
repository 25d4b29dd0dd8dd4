import * as fs from 'node:fs';
import * as path from 'node:path';
import { E, Errno, errnoOfHost } from '../abi/errno.js';

/** Links followed on one path before ELOOP. */
const MAX_LINKS = 40;
/** Where loaders look for libraries (ld.so(8), and Debian's multiarch directories below them). */
const LIBRARY_DIRECTORIES = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/local/lib64'];
/** `libc.so.6`, `ld-linux-x86-64.so.2`, `libfoo-1.2.so`. */
const LIBRARY_NAME = /\.so(\.[0-9]+)*$/;
/** What the dynamic loader reads besides libraries. */
const LOADER_FILES = ['/etc/ld.so.cache'];

/** A path of the guest, led to the host. */
export interface HostPath {
  /** Absolute, as the guest sees it, with `.` and `..` gone but links not followed. */
  readonly guest: string;
  /** Absolute path on the host, all links followed; for something that does not exist yet: its directory's, and the name. */
  readonly real: string;
  readonly exists: boolean;
}

export interface SandboxOptions {
  readonly sysroot?: string | undefined;
  readonly allowRead: readonly string[];
  readonly allowWrite: readonly string[];
}

/**
 * Which files of the host the guest may touch. Rules look at where a path ends after all links have been followed, so that neither a link
 * nor `..` leads out.
 */
export class Sandbox {
  private readonly root: string;
  private readonly readRoots: readonly string[];
  private readonly writeRoots: readonly string[];
  private readonly libraryRoots: string[];
  /** Files that are open to reading one by one: the program, its interpreter. */
  private readonly files = new Set<string>();

  constructor(options: SandboxOptions) {
    this.root = options.sysroot === undefined ? '/' : realpathOr(options.sysroot);
    this.readRoots = options.allowRead.map(realpathOr);
    this.writeRoots = options.allowWrite.map(realpathOr);
    this.libraryRoots = LIBRARY_DIRECTORIES.flatMap(directory => this.tryWalk(this.root, directory)?.real ?? []);
  }

  allowFile(real: string): void {
    this.files.add(real);
  }

  /** The program may read itself, and libraries that lie beside it (a RUNPATH of $ORIGIN). */
  allowProgram(real: string): void {
    this.allowFile(real);
    this.libraryRoots.push(path.dirname(real));
  }

  /**
   * Where a normalised absolute guest path leads. With a sysroot, what loader and libraries are is looked for there first.
   * Throws ENOENT, ENOTDIR, ELOOP, EACCES of the walk.
   */
  locate(guest: string, followLast = true): HostPath {
    if (this.root !== '/' && (LOADER_FILES.includes(guest) || LIBRARY_DIRECTORIES.some(directory => isUnder(guest, directory))))
      return this.walk(this.root, guest, followLast);
    return this.walk('/', guest, followLast);
  }

  mayRead(place: HostPath): boolean {
    const { real } = place;
    if (this.files.has(real) || this.readRoots.some(root => isUnder(real, root)) || this.mayWrite(place)) return true;
    if (LOADER_FILES.includes(place.guest) && real === this.walkedOr(place.guest)) return true;
    return this.isLibrary(real);
  }

  /** --allow-write opens a path for reading too. */
  mayWrite({ real }: HostPath): boolean {
    return this.writeRoots.some(root => isUnder(real, root));
  }

  /** May stat tell of it? Of directories of libraries and of those that lead to allowed files, too. */
  mayStat(place: HostPath): boolean {
    if (this.mayRead(place)) return true;
    const { real } = place;
    if (this.libraryRoots.some(root => isUnder(real, root)) && isDirectory(real)) return true;
    const open = [...this.readRoots, ...this.writeRoots, ...this.files, ...this.libraryRoots];
    return open.some(root => isUnder(root, real));
  }

  private isLibrary(real: string): boolean {
    return this.libraryRoots.some(root => isUnder(real, root)) && LIBRARY_NAME.test(path.basename(real));
  }

  private walkedOr(guest: string): string | undefined {
    return this.tryWalk(this.root, guest)?.real;
  }

  private tryWalk(root: string, guest: string): HostPath | undefined {
    try {
      const place = this.walk(root, guest, true);
      return place.exists ? place : undefined;
    } catch {
      return undefined;
    }
  }

  /** Follows a path below `root` one name at a time; absolute links start at `root` again, and `..` stays in it. */
  private walk(root: string, guest: string, followLast: boolean): HostPath {
    const base = root === '/' ? '' : root;
    let names = guest.split('/').filter(name => name !== '' && name !== '.');
    let real = '';
    let links = 0;
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      if (name === '..') {
        real = path.dirname(real || '/');
        if (real === '/') real = '';
        continue;
      }
      const next = `${real}/${name}`;
      const last = i === names.length - 1;
      const stat = lstat(base + next);
      if (!stat) {
        if (!last) throw new Errno(E.NOENT);
        return { guest, real: base + next, exists: false };
      }
      if (stat.isSymbolicLink() && (!last || followLast)) {
        if (++links > MAX_LINKS) throw new Errno(E.LOOP);
        const target = fs.readlinkSync(base + next);
        names = [...target.split('/').filter(part => part !== '' && part !== '.'), ...names.slice(i + 1)];
        if (target.startsWith('/')) real = '';
        i = -1;
        continue;
      }
      if (!last && !stat.isDirectory()) throw new Errno(E.NOTDIR);
      real = next;
    }
    return { guest, real: base + real || '/', exists: true };
  }
}

/** Takes `.`, `..` and doubled slashes out of an absolute path, as text. */
export function normalise(absolute: string): string {
  return path.posix.normalize(absolute).replace(/(.)\/$/, '$1');
}

function isUnder(file: string, root: string): boolean {
  return file === root || root === '/' || file.startsWith(`${root}/`);
}

function isDirectory(real: string): boolean {
  return lstat(real)?.isDirectory() ?? false;
}

function lstat(real: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(real, { throwIfNoEntry: false });
  } catch (error) {
    throw new Errno(errnoOfHost(error));
  }
}

/** The real path of a host path given by the user; the absolute one when it does not exist yet. */
function realpathOr(given: string): string {
  const absolute = path.resolve(given);
  try {
    return fs.realpathSync(absolute);
  } catch {
    const parent = path.dirname(absolute);
    return parent === absolute ? absolute : path.join(realpathOr(parent), path.basename(absolute));
  }
}
