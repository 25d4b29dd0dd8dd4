import { FILE_TYPE, typeOf } from '../../host/files.js';
import { basename, dirname, isUnder, resolve } from '../../host/path.js';
import { E, Errno, host } from '../abi/errno.js';
import type { Program } from '../program.js';
import type { OwnFiles } from './own-files.js';
import { type WalkedPath, walkPath } from './walk.js';

/** Where loaders look for libraries (ld.so(8), and Debian's multiarch directories below them). */
const LIBRARY_DIRECTORIES = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/local/lib64'];
/** `libc.so.6`, `ld-linux-x86-64.so.2`, `libfoo-1.2.so`. */
const LIBRARY_NAME = /\.so(\.[0-9]+)*$/;
/** Whether a path ends in a library's name; a needed library is named by that alone. */
export const isLibraryName = (path: string): boolean => LIBRARY_NAME.test(basename(path));
/** What there is at the top of every Linux host (hier(7)). */
const TOP = 'bin boot dev etc home lib lib64 media mnt opt proc root run sbin srv sys tmp usr var'.split(' ').map(name => `/${name}`);
/** Time zones, for whom they are the same everywhere (tzset(3), Go's package time). */
const ZONE_DIRECTORIES = ['/usr/share/zoneinfo', '/usr/share/lib/zoneinfo', '/usr/lib/locale/TZ', '/etc/zoneinfo'];
/** What the dynamic loader reads besides libraries. */
const LOADER_FILES = ['/etc/ld.so.cache'];

/** A path of the guest, led to the host. */
export interface HostPath extends WalkedPath {
  /** Absolute, as the guest sees it, with `.` and `..` gone but links not followed. */
  readonly guest: string;
}

/** Paths of the user's are seen from `cwd`. */
export interface SandboxOptions {
  readonly cwd: string;
  readonly sysroot?: string | undefined;
  readonly allowRead: readonly string[];
  readonly allowWrite: readonly string[];
  /** Programs that it may start besides itself. */
  readonly allowExec: readonly string[];
  /** Trees of the host that it may read, and change for itself. */
  readonly overlay: readonly string[];
  /** Folders that are the guest's own, absolute; those in what was given are that. */
  readonly own: readonly (readonly [path: string, mode: number])[];
}

/**
 * Which files of the host the guest may touch. Rules look at where a path ends after all links have been followed, so that neither a link
 * nor `..` leads out.
 */
export class Sandbox {
  private readonly root: string;
  private readonly readRoots: readonly string[];
  private readonly writeRoots: readonly string[];
  private readonly libraryRoots: readonly string[];
  private readonly zoneRoots: readonly string[];
  /** Files that are open to reading one by one: the program, its interpreter, the libraries that it brings along. */
  private readonly single = new Set<string>();
  private readonly startable = new Set<string>();
  /** Folders that are told to be reached without a link: what the user has named, where they lead. */
  private readonly plain: readonly string[];
  /** All that is open as a tree. */
  private readonly roots: readonly string[];
  private readonly top: Set<string>;
  /** By which names what is open was given. */
  private readonly names: ReadonlySet<string>;

  constructor(
    private readonly files: OwnFiles,
    options: SandboxOptions,
  ) {
    const real = (given: string) => this.realpathOr(resolve(options.cwd, given));
    this.root = options.sysroot === undefined ? '/' : real(options.sysroot);
    this.readRoots = options.allowRead.map(real);
    this.writeRoots = options.allowWrite.map(real);
    const overlays = options.overlay.map(real);
    this.plain = [...this.readRoots, ...this.writeRoots, ...overlays].filter(folder => folder !== '/');
    for (const folder of this.plain) files.near(folder);
    const given = [...options.allowRead, ...options.allowWrite, ...options.allowExec, ...options.overlay].map(each =>
      resolve(options.cwd, each),
    );
    const trees = [...this.readRoots, ...this.writeRoots, ...overlays, ...given];
    const own = options.own.filter(([path]) => path !== '/' && !trees.some(tree => isUnder(path, tree)));
    for (const [path, mode] of [...own].sort(([a], [b]) => a.length - b.length)) files.begin(path, mode);
    for (const path of overlays) files.overlay(path);
    for (const path of options.allowExec.map(real)) this.allowStart(path);
    if (this.root !== '/') files.show(this.root);
    for (const path of [...given].sort((a, b) => a.length - b.length)) files.show(path);
    this.names = new Set([...given, ...LIBRARY_DIRECTORIES, ...ZONE_DIRECTORIES]);
    this.top = new Set([...TOP, ...[options.cwd, ...given, ...this.plain, ...own.map(([path]) => path)].map(topOf)]);
    this.zoneRoots = ZONE_DIRECTORIES.flatMap(directory => this.tryWalk('/', directory)?.real ?? []);
    this.libraryRoots = LIBRARY_DIRECTORIES.flatMap(directory => this.tryWalk(this.root, directory)?.real ?? []);
    this.roots = [...this.readRoots, ...this.writeRoots, ...overlays, ...this.zoneRoots, ...this.libraryRoots];
  }

  allowFile(real: string): void {
    this.single.add(real);
    this.files.show(real);
  }

  /** A program may start and read itself, and read what loads it and the libraries that it needs and has brought along. */
  allowProgram({ real, path, interpreter, libraries }: Pick<Program, 'real' | 'path' | 'interpreter' | 'libraries'>): void {
    this.allowStart(real);
    this.files.show(path);
    this.top.add(topOf(real));
    for (const file of libraries) this.allowFile(file);
    if (interpreter !== undefined) this.allowFile(interpreter);
  }

  /**
   * What the guest is told of a path that leads to nothing it was given: the same whatever the host has there, so that it says nothing of the host.
   * What lies at a top that every host has, or that the guest knows of, is shut; another top is not there.
   */
  shut(guest: string): number {
    return this.top.has(topOf(guest)) ? E.ACCES : E.NOENT;
  }

  /** Whether a host path, there or not, is of what the guest was given: what it is told of it may be true. */
  isGiven(real: string): boolean {
    return this.files.owns(real) || this.roots.some(root => isUnder(real, root)) || this.single.has(real);
  }

  /** A program that may be started: the guest's own, and what the user has named. */
  allowStart(real: string): void {
    this.startable.add(real);
    this.allowFile(real);
  }

  /** What may be started: that, and files of the guest's own making. */
  mayStart({ real }: HostPath): boolean {
    return this.startable.has(real) || this.files.owns(real);
  }

  /** Whether a host path, there or not, is of files of the guest's own. */
  isOwn(real: string): boolean {
    return this.files.owns(real);
  }

  /** Whether a host path is among the host's libraries and is none: for the guest it is not there. */
  isHidden(place: HostPath): boolean {
    const { real } = place;
    return this.libraryRoots.some(root => isUnder(real, root)) && !this.mayRead(place) && !this.isDirectory(real);
  }

  /** Whether a path is what something was given by: a link, perhaps. */
  isNameOfGiven(guest: string): boolean {
    return this.names.has(guest);
  }

  /** Whether a path goes to what was given by its letters: a link on its way may have led it elsewhere. */
  namesGiven(guest: string): boolean {
    return this.isGiven(guest) || LIBRARY_DIRECTORIES.some(folder => isUnder(guest, folder));
  }

  /**
   * Where a normalised absolute guest path leads. With a sysroot, what loader and libraries are is looked for there first.
   * Throws ENOENT, ENOTDIR, ELOOP, EACCES of the walk.
   */
  locate(guest: string, followLast = true): HostPath {
    if (this.root !== '/' && (LOADER_FILES.includes(guest) || LIBRARY_DIRECTORIES.some(directory => isUnder(guest, directory))))
      return this.walk(this.root, guest, followLast);
    const folder = this.plain.find(each => isUnder(guest, each) && !/\/\.\.?(\/|$)/.test(guest));
    const known = folder === undefined ? '' : guest === folder ? dirname(folder) : folder;
    return { guest, ...walkPath(this.files, '/', guest, followLast, known === '/' ? '' : known) };
  }

  mayRead(place: HostPath): boolean {
    const { real } = place;
    if (this.single.has(real) || this.readRoots.some(root => isUnder(real, root)) || this.mayWrite(place)) return true;
    if (LOADER_FILES.includes(place.guest) && real === this.walkedOr(place.guest)) return true;
    return this.isLibrary(real) || this.zoneRoots.some(root => isUnder(real, root));
  }

  /** --allow-write opens a path for reading too. */
  mayWrite({ real }: HostPath): boolean {
    return this.files.owns(real) || this.writeRoots.some(root => isUnder(real, root));
  }

  /** May stat tell of it? Of directories of libraries and of those that lead to allowed files, too. */
  mayStat(place: HostPath): boolean {
    if (this.mayRead(place)) return true;
    const { real } = place;
    if (this.libraryRoots.some(root => isUnder(real, root)) && this.isDirectory(real)) return true;
    return (
      this.files.leadsToOwn(real) || this.roots.some(root => isUnder(root, real)) || [...this.single].some(file => isUnder(file, real))
    );
  }

  private isLibrary(real: string): boolean {
    return this.libraryRoots.some(root => isUnder(real, root)) && isLibraryName(real);
  }

  private walkedOr(guest: string): string | undefined {
    return this.tryWalk(this.root, guest)?.real;
  }

  private tryWalk(root: string, guest: string): HostPath | undefined {
    try {
      const place = this.walk(root, guest, true);
      return place.exists ? place : undefined;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      return undefined;
    }
  }

  private walk(root: string, guest: string, followLast: boolean): HostPath {
    return { guest, ...walkPath(this.files, root, guest, followLast) };
  }

  private isDirectory(real: string): boolean {
    const stat = host(() => this.files.stat(real));
    return stat !== undefined && typeOf(stat) === FILE_TYPE.directory;
  }

  /** The real path of a host path; what does not exist stays as it is, below what does. */
  private realpathOr(absolute: string): string {
    try {
      return walkPath(this.files.host, '/', absolute).real;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      return resolve(this.realpathOr(dirname(absolute)), basename(absolute));
    }
  }
}

/** `/tmp` of `/tmp/a/b`. */
const topOf = (path: string): string => `/${path.split('/', 2)[1] ?? ''}`;
