import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { O, S } from '../abi/constants.js';
import { E, Errno, errnoName } from '../abi/errno.js';
import type { Kernel } from '../kernel.js';
import { HostDirectory, HostFile, host, MemoryFile, SyntheticDirectory } from './files.js';
import type { OpenFile } from './open-file.js';
import { isKnownAbsent, isSyntheticPath, syntheticAt } from './proc.js';
import { type HostPath, normalise, type Sandbox } from './sandbox.js';
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
    private readonly kernel: Kernel,
    readonly sandbox: Sandbox,
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
    if (device) return new Device(device, status, this.kernel.random);
    if (guest === '/proc/self/exe') return this.open(call, this.kernel.program.path, flags, mode);
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
    if (guest === '/proc/self/exe' && follow) return this.stat(call, this.kernel.program.path, true);
    if (isSyntheticPath(guest)) return this.statSynthetic(call, guest, follow);
    this.absentCheck(guest);
    const place = this.locate(absolute, follow);
    if (!place.exists) throw new Errno(E.NOENT);
    if (!this.sandbox.mayStat(place)) this.refuse(call, place.guest, '--allow-read', E.ACCES);
    return host(() => hostStat(fs.lstatSync(place.real, { bigint: true })));
  }

  readlink(call: string, absolute: string): string {
    const guest = normalise(absolute);
    if (isSyntheticPath(guest)) {
      const found = syntheticAt(this.kernel, guest);
      if (!found) throw new Errno(E.NOENT);
      if (found.kind !== 'link') throw new Errno(E.INVAL);
      return found.target();
    }
    const place = this.locate(absolute, false);
    if (!place.exists) throw new Errno(E.NOENT);
    if (!this.sandbox.mayStat(place)) this.refuse(call, place.guest, '--allow-read', E.ACCES);
    return host(() => fs.readlinkSync(place.real));
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
    this.kernel.refusals.add(call, `${what}: not open to the guest (${option})`, errnoName(errno));
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
      if (deviceNamed(parent) || syntheticAt(this.kernel, parent)?.kind === 'file') throw new Errno(E.NOTDIR);
    }
  }

  private absentCheck(guest: string): void {
    if (isKnownAbsent(guest) && !this.allowed(guest)) throw new Errno(E.NOENT);
  }

  private allowed(guest: string): boolean {
    try {
      return this.sandbox.mayRead(this.locate(guest, true));
    } catch {
      return false;
    }
  }

  private openSynthetic(call: string, guest: string, flags: number, mode: number): OpenFile {
    const found = syntheticAt(this.kernel, guest);
    if (!found) throw new Errno(E.NOENT);
    if ((flags & O.ACCMODE) !== O.RDONLY && found.kind !== 'link') throw new Errno(E.ACCES);
    if (found.kind === 'directory') return new SyntheticDirectory(guest, found.names(), flags & STATUS);
    if (found.kind === 'link') {
      const descriptor = /\/fd\/(\d+)$/.exec(guest);
      const target = found.target();
      if (descriptor && !target.startsWith('/')) return this.kernel.fds.get(Number(descriptor[1]));
      return this.open(call, this.absolute(target, '/proc'), flags, mode);
    }
    if ((flags & O.DIRECTORY) !== 0) throw new Errno(E.NOTDIR);
    const content = found.text();
    return new MemoryFile(guest, typeof content === 'string' ? encoder.encode(content) : content, flags & STATUS, SYNTHETIC_FILE);
  }

  private statSynthetic(call: string, guest: string, follow: boolean): Stat {
    const found = syntheticAt(this.kernel, guest);
    if (!found) throw new Errno(E.NOENT);
    if (found.kind === 'directory') return syntheticStat(S.IFDIR | 0o555, 200n);
    if (found.kind === 'file') return syntheticStat(SYNTHETIC_FILE, 100n);
    if (!follow) return syntheticStat(S.IFLNK | 0o777, 101n);
    const descriptor = /\/fd\/(\d+)$/.exec(guest);
    if (descriptor) return this.kernel.fds.get(Number(descriptor[1])).stat();
    return this.stat(call, this.absolute(found.target(), '/proc'), true);
  }

  private openHost(place: HostPath, flags: number, status: number, mode: number): OpenFile {
    const { guest, real } = place;
    const before = host(() => fs.lstatSync(real, { throwIfNoEntry: false }));
    if (before?.isSymbolicLink()) throw new Errno(E.LOOP);
    if (before?.isDirectory()) {
      if ((flags & O.ACCMODE) !== O.RDONLY || (flags & O.CREAT) !== 0) throw new Errno(E.ISDIR);
      return new HostDirectory(guest, real, status);
    }
    if ((flags & O.DIRECTORY) !== 0) throw new Errno(before ? E.NOTDIR : E.NOENT);
    if (before && !before.isFile()) throw new Errno(E.NXIO);
    const fd = host(() => fs.openSync(real, hostFlags(flags), mode & ~this.kernel.umask));
    return new HostFile(guest, real, fd, status);
  }
}

/** The host's own numbers for the flags that it has to act on. The path was led to its end: a link there now is somebody's race. */
function hostFlags(flags: number): number {
  const { constants } = fs;
  const access = [constants.O_RDONLY, constants.O_WRONLY, constants.O_RDWR][flags & O.ACCMODE] ?? constants.O_RDWR;
  const create = (flags & O.CREAT) !== 0 ? constants.O_CREAT : 0;
  const exclusive = (flags & O.EXCL) !== 0 ? constants.O_EXCL : 0;
  const truncate = (flags & O.TRUNC) !== 0 ? constants.O_TRUNC : 0;
  return access | create | exclusive | truncate | (constants.O_NOFOLLOW ?? 0);
}
