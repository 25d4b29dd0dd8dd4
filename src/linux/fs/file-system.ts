import { FILE_TYPE, type FileHandle, HostFileError, type OpenFlags, typeOf } from '../../host/files.js';
import { dirname, normalise } from '../../host/path.js';
import { O, S } from '../abi/constants.js';
import { E, Errno, errnoName, host } from '../abi/errno.js';
import { HostDirectory, HostFile, MemoryFile, noteChange, SyntheticDirectory, seen } from './files.js';
import { MappedContent } from './mapped-content.js';
import type { OpenFile } from './open-file.js';
import type { OwnFiles } from './own-files.js';
import { isKnownAbsent, isOwnFile, isSyntheticPath, syntheticAt } from './proc.js';
import type { ProcessFacts } from './process-facts.js';
import type { HostPath, Sandbox } from './sandbox.js';
import { type Stat, syntheticStat } from './stat.js';
import { Device, deviceNamed, deviceStat } from './streams.js';
import { WalkError, type WalkedPath } from './walk.js';

const ofDirectory = (absolute: string): boolean => /\/\.?$/.test(absolute);

/** Open flags that stay with the description. */
const STATUS = O.ACCMODE | O.APPEND | O.NONBLOCK | O.PATH;
const SYNTHETIC_FILE = S.IFREG | 0o444;
/** One that stands for a file on a disk, which has a size. */
const OWN_FILE = S.IFREG | 0o644;
/** What is wanted of a file that is opened, by O_ACCMODE. */
const OPENED = [4, 2, 6, 6] as const;
const encoder = new TextEncoder();

/**
 * The guest's tree of files: ours under /proc, /sys and /dev, the host's where the sandbox opens it. What it does not open is EACCES, as
 * Linux says of what one may not read; a path that leads nowhere is ENOENT all the same, so that programs find their way.
 */
export class FileSystem {
  constructor(
    private readonly process: ProcessFacts,
    readonly host: OwnFiles,
    private readonly sandbox: Sandbox,
    /** The working directory, absolute. */
    public cwd: string,
  ) {}

  /** The absolute guest path of a path seen from `directory` (default: the working directory). Throws ENOENT for the empty one. */
  absolute(path: string, directory = this.cwd): string {
    if (path === '') throw new Errno(E.NOENT);
    return path.startsWith('/') ? path : `${directory}/${path}`;
  }

  /** open(2) of an absolute path. `call` names the system call for a refusal. */
  open(call: string, absolute: string, flags: number, mode: number): OpenFile {
    const guest = normalise(absolute);
    const status = flags & STATUS;
    this.belowFileCheck(guest);
    const device = deviceNamed(guest);
    if (device) return new Device(device, status, this.process.random);
    if (guest === '/proc/self/exe') return this.open(call, this.process.program.path, flags, mode);
    if (this.isSynthetic(guest)) return this.openSynthetic(call, guest, flags, mode);
    this.absentCheck(guest);
    // What is to be made anew is not made behind a link.
    const exclusive = (flags & O.CREAT) !== 0 && (flags & O.EXCL) !== 0;
    const place = this.locate(call, absolute, (flags & O.NOFOLLOW) === 0 && !exclusive);
    const writes = (flags & O.ACCMODE) !== O.RDONLY || (flags & (O.CREAT | O.TRUNC)) !== 0;
    if (!place.exists && (flags & O.CREAT) === 0) this.absent(call, place.guest, place.real, E.NOENT);
    if (!writes && !this.sandbox.mayRead(place)) this.refuse(call, place.guest, '--allow-read', E.ACCES);
    if (writes && !this.sandbox.mayWrite(place)) this.refuse(call, place.guest, '--allow-write', E.ACCES);
    if (!place.exists && (place.folder || ofDirectory(absolute))) throw new Errno(E.ISDIR);
    if (!place.exists) this.permit(dirname(place.real), 3);
    else if ((flags & O.PATH) === 0) this.permit(place.real, OPENED[flags & O.ACCMODE]! | ((flags & O.TRUNC) !== 0 ? 2 : 0));
    return this.openHost(place, flags, status, mode);
  }

  /** Where the program lies that execve(2) of an absolute path starts. Throws EACCES, told as a refusal, for one that was not given to be started. */
  executable(absolute: string): HostPath {
    const guest = normalise(absolute);
    const { program } = this.process;
    if (guest === '/proc/self/exe') return this.executable(program.path);
    // One that was never a file has its name alone.
    if (program.real === '' && guest === this.absolute(program.path)) return { guest: program.path, real: '', exists: true };
    if (this.isSynthetic(guest) || deviceNamed(guest)) throw new Errno(E.ACCES);
    const place = { ...this.walk('execve', absolute, true, '--allow-exec'), guest };
    if (!place.exists) throw new Errno(E.NOENT);
    this.directoryCheck(absolute, place);
    const stat = host(() => this.host.look(place.real));
    if (stat === undefined) throw new Errno(E.NOENT);
    if (!this.sandbox.mayStart(place)) this.refuse('execve', guest, '--allow-exec', E.ACCES);
    if (typeOf(stat) !== FILE_TYPE.file || (seen(this.process.view, place.real, stat).mode & 0o111) === 0) throw new Errno(E.ACCES);
    return place;
  }

  stat(call: string, absolute: string, follow: boolean): Stat {
    const guest = normalise(absolute);
    this.belowFileCheck(guest);
    const device = deviceNamed(guest);
    if (device) return deviceStat(device);
    if (guest === '/proc/self/exe' && follow) return this.stat(call, this.process.program.path, true);
    if (this.isSynthetic(guest)) {
      const stat = this.statSynthetic(call, guest, follow || ofDirectory(absolute));
      if (ofDirectory(absolute) && (stat.mode & S.IFMT) !== S.IFDIR) throw new Errno(E.NOTDIR);
      return stat;
    }
    this.absentCheck(guest);
    const place = this.locate(call, absolute, follow);
    if (!place.exists) throw new Errno(E.NOENT);
    if (!this.mayLook(place, follow)) this.refuse(call, place.guest, '--allow-read', E.ACCES);
    const stat = host(() => this.host.look(place.real));
    if (stat === undefined) throw new Errno(E.NOENT);
    return seen(this.process.view, place.real, stat);
  }

  readlink(call: string, absolute: string): string {
    const guest = normalise(absolute);
    if (this.isSynthetic(guest)) {
      const found = syntheticAt(this.process, guest);
      if (!found) throw new Errno(E.NOENT);
      if (found.kind !== 'link') throw new Errno(E.INVAL);
      return found.target();
    }
    const place = this.locate(call, absolute, false);
    if (!place.exists) throw new Errno(E.NOENT);
    if (!this.mayLook(place, false)) this.refuse(call, place.guest, '--allow-read', E.ACCES);
    return host(() => this.host.readlink(place.real));
  }

  /** access(2): mode bits 4 read, 2 write, 1 execute. */
  access(call: string, absolute: string, mode: number): void {
    const guest = normalise(absolute);
    const stat = this.stat(call, absolute, true);
    if (deviceNamed(guest)) return;
    if (this.descriptorAt(guest)) return;
    const found = this.isSynthetic(guest) ? syntheticAt(this.process, guest) : undefined;
    if (found?.kind === 'link') {
      this.access(call, this.absolute(found.target(), '/proc'), mode);
      return;
    }
    if ((mode & 2) !== 0 && (this.isSynthetic(guest) || !this.sandbox.mayWrite(this.locate(call, absolute, true))))
      throw new Errno(E.ACCES);
    if ((mode & 1) !== 0 && (stat.mode & 0o111) === 0) throw new Errno(E.ACCES);
    if (found === undefined) this.permit(this.locate(call, absolute, true).real, mode);
  }

  /** Throws EACCES where the mode of one of the guest's own files does not let its owner do it: bits 4 read, 2 write, 1 search. */
  private permit(real: string, bits: number): void {
    if (!this.sandbox.isOwn(real)) return;
    const stat = host(() => this.host.look(real));
    if (stat !== undefined && ((stat.mode >> 6) & bits) !== bits) throw new Errno(E.ACCES);
  }

  /**
   * A place that the guest wants to change: its real path. `entry`: it is to get a name there, or to lose it. Throws EACCES, told as a refusal, when it
   * may not.
   */
  changeable(call: string, absolute: string, follow = false, entry?: 'made' | 'removed'): HostPath {
    const guest = normalise(absolute);
    if (this.isSynthetic(guest)) throw new Errno(E.ACCES);
    // A link stays one, whatever stands behind it.
    const place = { ...this.walk(call, absolute, follow, '--allow-write'), guest };
    if (!this.sandbox.mayWrite(place)) this.refuse(call, place.guest, '--allow-write', E.ACCES);
    this.directoryCheck(absolute, place);
    if (entry !== undefined && place.exists === (entry === 'removed')) this.permit(dirname(place.real), 3);
    return place;
  }

  /** What is opened and is not in a folder of the guest's own is perhaps the host's, which that hides: who has run the guest is told. */
  private absent(call: string, guest: string, real: string, errno: number): never {
    if (this.sandbox.isOwn(real)) this.refuse(call, guest, '--allow-read', errno);
    throw new Errno(errno);
  }

  /** A name for a socket, at an absolute path. Returns its number. Only the guest's own files may have sockets. */
  makeSocket(call: string, absolute: string): number {
    const place = this.changeable(call, absolute, false, 'made');
    if (place.exists) throw new Errno(E.ADDRINUSE);
    if (!this.sandbox.isOwn(place.real))
      this.refuse(call, place.guest, 'sockets have names in the files of its own: /tmp, --overlay', E.PERM);
    const number = host(() => this.host.socket(place.real, 0o777 & ~this.process.umask));
    noteChange(this.process.view, place.real);
    return number;
  }

  /** The number of the socket at an absolute path. Throws ENOENT, ECONNREFUSED, and as a walk. */
  socketAt(call: string, absolute: string): number {
    if (this.isSynthetic(normalise(absolute))) throw new Errno(E.CONNREFUSED);
    const place = this.locate(call, absolute, true);
    if (!place.exists) throw new Errno(E.NOENT);
    const number = this.host.socketAt(place.real);
    if (number === undefined) throw new Errno(E.CONNREFUSED);
    return number;
  }

  refuse(call: string, what: string, option: string, errno: number): never {
    this.process.refusals.add(call, `${what}: not open to the guest (${option})`, errnoName(errno));
    throw new Errno(errno);
  }

  /** A path that ends in a slash, or in a dot behind one, is of a directory, and follows a link to it (path_resolution(7)). */
  private locate(call: string, absolute: string, follow: boolean): HostPath {
    const place = { ...this.walk(call, absolute, follow || ofDirectory(absolute)), guest: normalise(absolute) };
    if (place.exists && this.sandbox.isHidden(place)) throw new Errno(E.NOENT);
    this.directoryCheck(absolute, place);
    return place;
  }

  /**
   * Where a path leads, if that is to what the guest was given, or on the way to it. Anywhere else the host is not asked what there is: an answer
   * that depended on it would tell.
   */
  private walk(
    call: string,
    absolute: string,
    follow: boolean,
    option: '--allow-read' | '--allow-write' | '--allow-exec' = '--allow-read',
  ): HostPath {
    const { sandbox } = this;
    let place: HostPath | undefined;
    let failed: WalkError | undefined;
    try {
      place = sandbox.locate(absolute, follow);
    } catch (error) {
      if (!(error instanceof WalkError)) throw error;
      failed = error;
    }
    const ended = failed?.at ?? place!.real;
    if (sandbox.isGiven(ended) || (place?.exists === true && this.mayLook({ ...place, guest: normalise(absolute) }, follow))) {
      if (failed && call.startsWith('open')) this.absent(call, normalise(absolute), failed.at, failed.number);
      if (failed) throw failed;
      return place!;
    }
    const guest = normalise(absolute);
    this.refuse(call, guest, option, sandbox.namesGiven(guest) ? E.ACCES : sandbox.shut(guest));
  }

  /**
   * A link by whose name something was given may be looked at too, wherever it lies. What others lead to is judged where it is: who asks twice may be
   * told two things.
   */
  private mayLook(place: HostPath, follow: boolean): boolean {
    return this.sandbox.mayStat(place) || (!follow && place.real === place.guest && this.sandbox.isNameOfGiven(place.guest));
  }

  private directoryCheck(absolute: string, { real, exists }: WalkedPath): void {
    if (!ofDirectory(absolute) || !exists) return;
    const stat = host(() => this.host.look(real));
    if (stat !== undefined && typeOf(stat) !== FILE_TYPE.directory) throw new Errno(E.NOTDIR);
  }

  /** Whether what is there is of r14's making: in place of the host's, unless the user has opened that. */
  private isSynthetic(guest: string): boolean {
    return isSyntheticPath(guest) || (isOwnFile(guest) && !this.allowed(guest));
  }

  /** The open file that a path of /proc/self/fd or /dev/fd is a link to. */
  descriptorAt(guest: string): OpenFile | undefined {
    const number = /^\/(?:proc\/[^/]+|proc\/self\/task\/\d+|dev)\/fd\/(\d+)$/.exec(guest)?.[1];
    return number === undefined || syntheticAt(this.process, guest)?.kind !== 'link' ? undefined : this.process.fds.get(Number(number));
  }

  /** ENOTDIR for a path that goes on below a device or a file of ours. */
  private belowFileCheck(guest: string): void {
    if (!isSyntheticPath(guest)) return;
    for (let parent = dirname(guest); parent.length > 1; parent = dirname(parent)) {
      const kind = deviceNamed(parent) ? 'file' : syntheticAt(this.process, parent)?.kind;
      if (kind === 'file' || (kind === 'link' && (this.statSynthetic('stat', parent, true).mode & S.IFMT) !== S.IFDIR))
        throw new Errno(E.NOTDIR);
    }
  }

  private absentCheck(guest: string): void {
    if (isKnownAbsent(guest) && !this.allowed(guest)) throw new Errno(E.NOENT);
  }

  private allowed(guest: string): boolean {
    const place = answeredBy(() => this.sandbox.locate(guest, true));
    return place !== undefined && this.sandbox.mayRead(place);
  }

  private openSynthetic(call: string, guest: string, flags: number, mode: number): OpenFile {
    const found = syntheticAt(this.process, guest);
    if (!found) throw new Errno(E.NOENT);
    if ((flags & O.ACCMODE) !== O.RDONLY && found.kind !== 'link') throw new Errno(E.ACCES);
    if (found.kind === 'directory') return new SyntheticDirectory(guest, found.names(), flags & STATUS);
    if (found.kind === 'link') {
      const file = this.descriptorAt(guest);
      const target = found.target();
      const again = file instanceof MemoryFile ? file.reopened(flags & STATUS) : undefined;
      if (again !== undefined) {
        if ((flags & O.TRUNC) !== 0) again.truncate(0);
        return again;
      }
      if (file !== undefined && !target.startsWith('/')) {
        // Of what no path leads to a second open file could only be made by the kernel.
        if (target.startsWith('anon_inode:')) throw new Errno(E.NXIO);
        return file;
      }
      return this.open(call, this.absolute(target, '/proc'), flags, mode);
    }
    if ((flags & O.DIRECTORY) !== 0) throw new Errno(E.NOTDIR);
    const content = found.text();
    return new MemoryFile(
      guest,
      new MappedContent(typeof content === 'string' ? encoder.encode(content) : content),
      flags & STATUS,
      isOwnFile(guest) ? OWN_FILE : SYNTHETIC_FILE,
      this.process.pages,
    );
  }

  private statSynthetic(call: string, guest: string, follow: boolean): Stat {
    const found = syntheticAt(this.process, guest);
    if (!found) throw new Errno(E.NOENT);
    if (found.kind === 'directory') return syntheticStat(S.IFDIR | 0o555, 200n);
    if (found.kind === 'file' && isOwnFile(guest)) return syntheticStat(OWN_FILE, 100n, BigInt(found.text().length));
    if (found.kind === 'file') return syntheticStat(SYNTHETIC_FILE, 100n);
    if (!follow) return syntheticStat(S.IFLNK | 0o777, 101n);
    const file = this.descriptorAt(guest);
    if (file !== undefined) return file.stat();
    return this.stat(call, this.absolute(found.target(), '/proc'), true);
  }

  private openHost(place: HostPath, flags: number, status: number, mode: number): OpenFile {
    const { guest, real } = place;
    const { pages, umask, view } = this.process;
    const reads = (flags & O.ACCMODE) === O.RDONLY && (flags & (O.CREAT | O.TRUNC)) === 0;
    const folder = (): OpenFile =>
      new HostDirectory(
        this.host,
        guest,
        real,
        host(() => this.host.openFolder(real)),
        status,
        view,
      );
    if (reads && (flags & O.DIRECTORY) !== 0) return folder();
    let fresh = false;
    if (!reads) {
      const before = host(() => this.host.look(real));
      if (before && (flags & O.DIRECTORY) !== 0 && typeOf(before) !== FILE_TYPE.directory) throw new Errno(E.NOTDIR);
      if (before && (flags & O.CREAT) !== 0 && (flags & O.EXCL) !== 0) throw new Errno(E.EXIST);
      if (before && typeOf(before) === FILE_TYPE.link) throw new Errno(E.LOOP);
      if (before && typeOf(before) === FILE_TYPE.directory) throw new Errno(E.ISDIR);
      if (!before && (flags & O.DIRECTORY) !== 0) throw new Errno(E.NOENT);
      fresh = before === undefined;
    }
    let handle: FileHandle;
    try {
      handle = this.host.open(real, { ...openFlags(flags), ...(fresh ? { fresh } : {}) }, mode & 0o777 & ~umask);
    } catch (error) {
      if (!(error instanceof HostFileError)) throw error;
      if (reads && error.code === 'EISDIR') return folder();
      return host(() => {
        throw error;
      });
    }
    if ((flags & O.TRUNC) !== 0) pages.changed();
    if (fresh || (flags & O.TRUNC) !== 0) noteChange(view, real);
    return new HostFile(this.host, pages, guest, real, handle, status, view);
  }
}

/** Undefined: an errno was the answer. */
function answeredBy<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return undefined;
  }
}

/** The flags that the host has to act on. */
function openFlags(flags: number): OpenFlags {
  return {
    access: (['read', 'write', 'both'] as const)[flags & O.ACCMODE] ?? 'both',
    create: (flags & O.CREAT) !== 0,
    exclusive: (flags & O.EXCL) !== 0,
    truncate: (flags & O.TRUNC) !== 0,
  };
}
