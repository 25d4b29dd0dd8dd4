import type { PageSource } from '../../cpu/api.js';
import type { FileHandle, HostFiles } from '../../host/files.js';
import { S } from '../abi/constants.js';
import { E, Errno, host } from '../abi/errno.js';
import { type DirectoryEntry, OpenFile, SeekableFile } from './open-file.js';
import type { Contents, PageFiles } from './pages.js';
import { hostStat, type Stat, syntheticStat } from './stat.js';

/** One read or write moves at most this much; the guest sees a short count. */
const MAX_TRANSFER = 16 << 20;

/** A regular file of the host. */
export class HostFile extends SeekableFile {
  constructor(
    private readonly files: HostFiles,
    private readonly pageFiles: PageFiles,
    path: string,
    /** Host path, all links followed. */
    readonly real: string,
    readonly handle: FileHandle,
    flags: number,
    /** Its name for mappings, once it has been mapped. */
    public source?: PageSource,
  ) {
    super(path, flags);
  }

  protected size(): number {
    return Number(host(() => this.files.fstat(this.handle)).size);
  }

  override readAt(offset: number, length: number): Uint8Array {
    const most = Math.min(length, MAX_TRANSFER, Math.max(0, this.size() - offset));
    return most === 0 ? new Uint8Array(0) : host(() => this.files.read(this.handle, offset, most));
  }

  override writeAt(offset: number, bytes: Uint8Array): number {
    this.pageFiles.changed();
    return host(() => this.files.write(this.handle, offset, bytes.subarray(0, MAX_TRANSFER)));
  }

  override truncate(size: number): void {
    this.pageFiles.changed();
    host(() => this.files.truncate(this.handle, size));
  }

  override sync(): void {
    host(() => this.files.sync(this.handle));
  }

  override pages(): PageSource {
    return (this.source ??= host(() => this.pageFiles.ofHost(this.real)));
  }

  override close(): void {
    host(() => this.files.close(this.handle));
  }

  stat(): Stat {
    return hostStat(host(() => this.files.fstat(this.handle)));
  }
}

/** A directory of the host. */
export class HostDirectory extends OpenFile {
  /** Index of the next entry for getdents64. */
  position = 0;
  /** What getdents64 gives the entries of; undefined: not read yet. */
  listed: readonly DirectoryEntry[] | undefined;

  constructor(
    private readonly files: HostFiles,
    path: string,
    readonly real: string,
    flags: number,
  ) {
    super(path, flags);
  }

  override read(): never {
    throw new Errno(E.ISDIR);
  }

  /** Sorted by name: the host's order would differ from run to run. */
  override entries(): readonly DirectoryEntry[] {
    if (this.listed === undefined) {
      const entries = host(() => this.files.list(this.real)).map(({ name, ino, type }) => ({ name, ino, type: type >> 12 }));
      entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      const own = this.stat().ino;
      this.listed = [{ name: '.', ino: own, type: S.IFDIR >> 12 }, { name: '..', ino: own, type: S.IFDIR >> 12 }, ...entries];
    }
    return this.listed;
  }

  override seek(offset: number, whence: number): number {
    if (whence !== 0 || offset < 0) throw new Errno(E.INVAL);
    if (offset === 0) this.listed = undefined;
    return (this.position = offset);
  }

  override sync(): void {}

  stat(): Stat {
    const stat = host(() => this.files.stat(this.real));
    if (stat === undefined) throw new Errno(E.NOENT);
    return hostStat(stat);
  }

  override describe(): string {
    return `${super.describe()} @${this.position}`;
  }
}

/** Bytes of our own making that read like a file: /proc, /sys, memfd_create. */
export class MemoryFile extends SeekableFile {
  constructor(
    private readonly pageFiles: PageFiles,
    path: string,
    readonly contents: Contents,
    flags: number,
    readonly mode: number,
    /** Its name for mappings, once it has been mapped. */
    public source?: PageSource,
  ) {
    super(path, flags);
  }

  protected size(): number {
    return this.contents.bytes.length;
  }

  override readAt(offset: number, length: number): Uint8Array {
    return this.contents.bytes.slice(offset, offset + length);
  }

  override writeAt(offset: number, bytes: Uint8Array): number {
    const end = offset + bytes.length;
    if (end > MAX_TRANSFER * 16) throw new Errno(E.FBIG);
    if (end > this.size()) this.truncate(end);
    this.contents.bytes.set(bytes, offset);
    return bytes.length;
  }

  override truncate(size: number): void {
    if (size > MAX_TRANSFER * 16) throw new Errno(E.FBIG);
    const bytes = new Uint8Array(size);
    bytes.set(this.contents.bytes.subarray(0, size));
    this.contents.bytes = bytes;
  }

  override sync(): void {}

  override pages(): PageSource {
    return (this.source ??= this.pageFiles.ofMemory(this.contents));
  }

  stat(): Stat {
    const onDisk = (this.mode & 0o7777) === 0o444 ? 0n : BigInt(this.size());
    return syntheticStat(this.mode, 100n, onDisk);
  }
}

/** A directory of /proc or /sys. */
export class SyntheticDirectory extends OpenFile {
  position = 0;

  constructor(
    path: string,
    readonly names: readonly string[],
    flags: number,
  ) {
    super(path, flags);
  }

  override read(): never {
    throw new Errno(E.ISDIR);
  }

  override entries(): readonly DirectoryEntry[] {
    return ['.', '..', ...this.names].map((name, i) => ({ name, ino: BigInt(200 + i), type: name.startsWith('.') ? S.IFDIR >> 12 : 0 }));
  }

  override seek(offset: number, whence: number): number {
    if (whence !== 0 || offset < 0) throw new Errno(E.INVAL);
    return (this.position = offset);
  }

  stat(): Stat {
    return syntheticStat(S.IFDIR | 0o555, 200n);
  }
}
