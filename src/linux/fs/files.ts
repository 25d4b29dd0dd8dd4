import * as fs from 'node:fs';
import type { PageSource } from '../../cpu/api.js';
import { S } from '../abi/constants.js';
import { E, Errno, errnoOfHost } from '../abi/errno.js';
import { type DirectoryEntry, OpenFile, SeekableFile } from './open-file.js';
import { hostStat, type Stat, syntheticStat } from './stat.js';

/** One read or write moves at most this much; the guest sees a short count. */
const MAX_TRANSFER = 16 << 20;

/** A regular file of the host. */
export class HostFile extends SeekableFile {
  private source: PageSource | undefined;

  constructor(
    path: string,
    /** Host path, all links followed. */
    readonly real: string,
    readonly hostFd: number,
    flags: number,
  ) {
    super(path, flags);
  }

  protected size(): number {
    return fs.fstatSync(this.hostFd).size;
  }

  override readAt(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(length, MAX_TRANSFER, Math.max(0, this.size() - offset)));
    const got = host(() => (bytes.length === 0 ? 0 : fs.readSync(this.hostFd, bytes, 0, bytes.length, offset)));
    return bytes.subarray(0, got);
  }

  override writeAt(offset: number, bytes: Uint8Array): number {
    changes++;
    return host(() => fs.writeSync(this.hostFd, bytes, 0, Math.min(bytes.length, MAX_TRANSFER), offset));
  }

  override truncate(size: number): void {
    changes++;
    host(() => fs.ftruncateSync(this.hostFd, size));
  }

  override sync(): void {
    host(() => fs.fsyncSync(this.hostFd));
  }

  /** A mapping outlives the descriptor: it has one of its own, which stays open as long as r14. */
  override pages(): PageSource {
    return (this.source ??= filePages(host(() => fs.openSync(this.real, 'r'))));
  }

  override close(): void {
    fs.closeSync(this.hostFd);
  }

  stat(): Stat {
    return hostStat(fs.fstatSync(this.hostFd, { bigint: true }));
  }
}

/** Changes of files by the guest: what has been read ahead before one may be old. */
let changes = 0;
/** Pages are read in pieces of this size. */
const READ_AHEAD = 1 << 16;

/** Pages of a host file, read when they or neighbours are touched. What cannot be read any more is zeros. */
function filePages(fd: number): PageSource {
  const piece = new Uint8Array(READ_AHEAD);
  let start = -1;
  let asOf = 0;
  const fetch = (from: number): void => {
    start = from;
    asOf = changes;
    let at = 0;
    try {
      while (at < piece.length) {
        const got = fs.readSync(fd, piece, at, piece.length - at, from + at);
        if (got === 0) break;
        at += got;
      }
    } catch {
      at = 0;
    }
    piece.fill(0, at);
  };
  return {
    read(offset, into) {
      const from = offset - (offset % READ_AHEAD);
      if (from !== start || asOf !== changes) fetch(from);
      into.set(piece.subarray(offset - from, offset - from + into.length));
    },
  };
}

/** A directory of the host. */
export class HostDirectory extends OpenFile {
  /** Index of the next entry for getdents64. */
  position = 0;
  private listed: readonly DirectoryEntry[] | undefined;

  constructor(
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
    this.listed ??= host(() => {
      const rows = fs.readdirSync(this.real, { withFileTypes: true }).map(entry => ({
        name: entry.name,
        ino: fs.lstatSync(`${this.real}/${entry.name}`, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n,
        type: (entry.isDirectory() ? S.IFDIR : entry.isSymbolicLink() ? S.IFLNK : entry.isFile() ? S.IFREG : 0) >> 12,
      }));
      rows.sort((a, b) => (a.name < b.name ? -1 : 1));
      const own = this.stat().ino;
      return [{ name: '.', ino: own, type: S.IFDIR >> 12 }, { name: '..', ino: own, type: S.IFDIR >> 12 }, ...rows];
    });
    return this.listed;
  }

  override seek(offset: number, whence: number): number {
    if (whence !== 0 || offset < 0) throw new Errno(E.INVAL);
    if (offset === 0) this.listed = undefined;
    return (this.position = offset);
  }

  override sync(): void {}

  stat(): Stat {
    return host(() => hostStat(fs.statSync(this.real, { bigint: true })));
  }

  override describe(): string {
    return `${super.describe()} @${this.position}`;
  }
}

/** Bytes of our own making that read like a file: /proc, /sys, memfd_create. */
export class MemoryFile extends SeekableFile {
  constructor(
    path: string,
    private bytes: Uint8Array,
    flags: number,
    private readonly mode: number,
  ) {
    super(path, flags);
  }

  protected size(): number {
    return this.bytes.length;
  }

  override readAt(offset: number, length: number): Uint8Array {
    return this.bytes.slice(offset, offset + length);
  }

  override writeAt(offset: number, bytes: Uint8Array): number {
    changes++;
    const end = offset + bytes.length;
    if (end > MAX_TRANSFER * 16) throw new Errno(E.FBIG);
    if (end > this.bytes.length) this.truncate(end);
    this.bytes.set(bytes, offset);
    return bytes.length;
  }

  override truncate(size: number): void {
    if (size > MAX_TRANSFER * 16) throw new Errno(E.FBIG);
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }

  override sync(): void {}

  override pages(): PageSource {
    return {
      read: (offset, into) => {
        into.set(this.bytes.subarray(offset, offset + into.length));
      },
    };
  }

  stat(): Stat {
    const onDisk = (this.mode & 0o7777) === 0o444 ? 0n : BigInt(this.bytes.length);
    return syntheticStat(this.mode, 100n, onDisk);
  }
}

/** A directory of /proc or /sys. */
export class SyntheticDirectory extends OpenFile {
  position = 0;

  constructor(
    path: string,
    private readonly names: readonly string[],
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

/** Runs an operation of node:fs; its failure becomes the guest's. */
export function host<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof Errno) throw error;
    throw new Errno(errnoOfHost(error));
  }
}
