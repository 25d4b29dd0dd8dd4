import { FILE_TYPE, type HostFiles, type OpenFlags, typeOf } from '../../host/files.js';
import { dirname, normalise } from '../../host/path.js';
import { O, S } from '../abi/constants.js';
import { E, Errno, errnoName, host } from '../abi/errno.js';
import { HostDirectory, HostFile, MemoryFile, SyntheticDirectory } from './files.js';
import type { OpenFile } from './open-file.js';
import { MappedContent } from './pages.js';
import { isKnownAbsent, isSyntheticPath, syntheticAt } from './proc.js';
import type { ProcessFacts } from './process-facts.js';
import type { HostPath, Sandbox } from './sandbox.js';
import { hostStat, type Stat, syntheticStat } from './stat.js';
import { Device, deviceNamed, deviceStat } from './streams.js';

/** Open flags that stay with the description. */
const STATUS = O.ACCMODE | O.APPEND | O.NONBLOCK | O.PATH;
const SYNTHETIC_FILE = S.IFREG | 0o444;
const encoder = new TextEncoder();

/**
 * The guest's tree of files: ours under /proc, /sys and /dev, the host's where the sandbox opens it. What it does not open is EACCES, as
 * Linux says of what one may not read; a path that leads nowhere is ENOENT all the same, so that programs find their way.
 */
export class FileSystem {
  constructor(
    private readonly process: ProcessFacts,
    readonly host: HostFiles,
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
    if (isSyntheticPath(guest)) return this.openSynthetic(call, guest, flags, mode);
    this.absentCheck(guest);
    const place = this.locate(absolute, (flags & O.NOFOLLOW) === 0);
    const writes = (flags & O.ACCMODE) !== O.RDONLY || (flags & (O.CREAT | O.TRUNC)) !== 0;
    if (!place.exists && (flags & O.CREAT) === 0) throw new Errno(E.NOENT);
    if (!writes && !this.sandbox.mayRead(place)) this.refuse(call, place.guest, '--allow-read', E.ACCES);
    if (writes && !this.sandbox.mayWrite(place)) {
      this.refuse(call, place.guest, '--allow-write', E.ACCES);
    }
    return this.openHost(place, flags, status, mode);
  }

  stat(call: string, absolute: string, follow: boolean): Stat {
    const guest = normalise(absolute);
    this.belowFileCheck(guest);
    const device = deviceNamed(guest);
    if (device) return deviceStat(device);
    if (guest === '/proc/self/exe' && follow) return this.stat(call, this.process.program.path, true);
    if (isSyntheticPath(guest)) return this.statSynthetic(call, guest, follow);
    this.absentCheck(guest);
    const place = this.locate(absolute, follow);
    if (!place.exists) throw new Errno(E.NOENT);
    if (!this.sandbox.mayStat(place)) this.refuse(call, place.guest, '--allow-read', E.ACCES);
    const stat = host(() => this.host.stat(place.real));
    if (stat === undefined) throw new Errno(E.NOENT);
    return hostStat(stat);
  }

  readlink(call: string, absolute: string): string {
    const guest = normalise(absolute);
    if (isSyntheticPath(guest)) {
      const found = syntheticAt(this.process, guest);
      if (!found) throw new Errno(E.NOENT);
      if (found.kind !== 'link') throw new Errno(E.INVAL);
      return found.target();
    }
    const place = this.locate(absolute, false);
    if (!place.exists) throw new Errno(E.NOENT);
    if (!this.sandbox.mayStat(place)) this.refuse(call, place.guest, '--allow-read', E.ACCES);
    return host(() => this.host.readlink(place.real));
  }

  /** access(2): mode bits 4 read, 2 write, 1 execute. */
  access(call: string, absolute: string, mode: number): void {
    const guest = normalise(absolute);
    const stat = this.stat(call, absolute, true);
    if (deviceNamed(guest)) return;
    if ((mode & 2) !== 0 && (isSyntheticPath(guest) || !this.sandbox.mayWrite(this.locate(absolute, true)))) throw new Errno(E.ACCES);
    if ((mode & 1) !== 0 && (stat.mode & 0o111) === 0) throw new Errno(E.ACCES);
  }

  /** A place that the guest wants to change: its real path. Throws EACCES, told as a refusal, when it may not. */
  changeable(call: string, absolute: string): HostPath {
    const guest = normalise(absolute);
    if (isSyntheticPath(guest)) throw new Errno(E.ACCES);
    const place = this.locate(absolute, false);
    if (!this.sandbox.mayWrite(place)) this.refuse(call, place.guest, '--allow-write', E.ACCES);
    return place;
  }

  refuse(call: string, what: string, option: string, errno: number): never {
    this.process.refusals.add(call, `${what}: not open to the guest (${option})`, errnoName(errno));
    throw new Errno(errno);
  }

  private locate(absolute: string, follow: boolean): HostPath {
    const place = this.sandbox.locate(absolute, follow);
    return { ...place, guest: normalise(absolute) };
  }

  /** ENOTDIR for a path that goes on below a device or a file of ours. */
  private belowFileCheck(guest: string): void {
    if (!isSyntheticPath(guest)) return;
    for (let parent = dirname(guest); parent.length > 1; parent = dirname(parent)) {
      if (deviceNamed(parent) || syntheticAt(this.process, parent)?.kind === 'file') throw new Errno(E.NOTDIR);
    }
  }

  private absentCheck(guest: string): void {
    if (isKnownAbsent(guest) && !this.allowed(guest)) throw new Errno(E.NOENT);
  }

  private allowed(guest: string): boolean {
    try {
      return this.sandbox.mayRead(this.locate(guest, true));
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      return false;
    }
  }

  private openSynthetic(call: string, guest: string, flags: number, mode: number): OpenFile {
    const found = syntheticAt(this.process, guest);
    if (!found) throw new Errno(E.NOENT);
    if ((flags & O.ACCMODE) !== O.RDONLY && found.kind !== 'link') throw new Errno(E.ACCES);
    if (found.kind === 'directory') return new SyntheticDirectory(guest, found.names(), flags & STATUS);
    if (found.kind === 'link') {
      const descriptor = /\/fd\/(\d+)$/.exec(guest);
      const target = found.target();
      if (descriptor && !target.startsWith('/')) return this.process.fds.get(Number(descriptor[1]));
      return this.open(call, this.absolute(target, '/proc'), flags, mode);
    }
    if ((flags & O.DIRECTORY) !== 0) throw new Errno(E.NOTDIR);
    const content = found.text();
    return new MemoryFile(
      guest,
      new MappedContent(typeof content === 'string' ? encoder.encode(content) : content),
      flags & STATUS,
      SYNTHETIC_FILE,
      this.process.pages,
    );
  }

  private statSynthetic(call: string, guest: string, follow: boolean): Stat {
    const found = syntheticAt(this.process, guest);
    if (!found) throw new Errno(E.NOENT);
    if (found.kind === 'directory') return syntheticStat(S.IFDIR | 0o555, 200n);
    if (found.kind === 'file') return syntheticStat(SYNTHETIC_FILE, 100n);
    if (!follow) return syntheticStat(S.IFLNK | 0o777, 101n);
    const descriptor = /\/fd\/(\d+)$/.exec(guest);
    if (descriptor) return this.process.fds.get(Number(descriptor[1])).stat();
    return this.stat(call, this.absolute(found.target(), '/proc'), true);
  }

  private openHost(place: HostPath, flags: number, status: number, mode: number): OpenFile {
    const { guest, real } = place;
    const before = host(() => this.host.stat(real));
    const type = before && typeOf(before);
    if (type === FILE_TYPE.link) throw new Errno(E.LOOP);
    if (type === FILE_TYPE.directory) {
      if ((flags & O.ACCMODE) !== O.RDONLY || (flags & O.CREAT) !== 0) throw new Errno(E.ISDIR);
      return new HostDirectory(this.host, guest, real, status);
    }
    if ((flags & O.DIRECTORY) !== 0) throw new Errno(before ? E.NOTDIR : E.NOENT);
    if (before && type !== FILE_TYPE.file) throw new Errno(E.NXIO);
    const { pages, umask } = this.process;
    const handle = host(() => this.host.open(real, openFlags(flags), mode & ~umask));
    if ((flags & O.TRUNC) !== 0) pages.changed();
    return new HostFile(this.host, pages, guest, real, handle, status);
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
