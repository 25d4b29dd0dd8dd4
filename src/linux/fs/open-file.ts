import type { PageSource } from '../../cpu/api.js';
import { O, POLL, S } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import type { Stat } from './stat.js';

export interface DirectoryEntry {
  readonly name: string;
  readonly ino: bigint;
  /** DT_REG and the like: the file type bits of st_mode, shifted right by 12. */
  readonly type: number;
}

/** The answer of a read or write that would have to wait. */
export const WOULD_BLOCK = 'would block';
export type WouldBlock = typeof WOULD_BLOCK;

/** What every open file is saved with. `kind` names its row in the table of saved files. */
export interface SavedFile {
  readonly kind: string;
  readonly id: number;
  readonly path: string;
  readonly flags: number;
  readonly references: number;
  readonly events: number;
}

/** An epoll's interest in an open file, which is told when that may be ready. */
interface Watch {
  readonly epoll: { heat(watch: Watch): void; unwatch(watch: Watch): void };
}

/** An open file description: what descriptors refer to. Methods that a kind of file lacks answer as Linux does for it. */
export abstract class OpenFile {
  /** Its number among the process's open files, from its first descriptor on. */
  id = 0;
  /** Descriptors that refer to it. */
  references = 0;
  #events = 0;
  #watches: Set<Watch> | undefined;

  constructor(
    /** As /proc/self/fd shows it. */
    public path: string,
    /** O_ACCMODE and status flags: O_APPEND, O_NONBLOCK. */
    public flags: number,
  ) {}

  abstract stat(): Stat;

  /** Grows with every event that edge-triggered epoll reports. */
  get events(): number {
    return this.#events;
  }

  set events(count: number) {
    this.#events = count;
    if (this.#watches !== undefined) for (const watch of this.#watches) watch.epoll.heat(watch);
  }

  /** Whether it is never ready for more than it was without such an event. */
  get tells(): boolean {
    return false;
  }

  watched(watch: Watch): void {
    this.#watches = (this.#watches ?? new Set()).add(watch);
  }

  unwatched(watch: Watch): void {
    this.#watches?.delete(watch);
  }

  /** It is closed: no epoll watches it any more. */
  leaveEpolls(): void {
    for (const watch of [...(this.#watches ?? [])]) watch.epoll.unwatch(watch);
  }

  /** What it is open of, for locks: the same for all that are open of that. */
  get identity(): string {
    return `open:${this.id}`;
  }

  get nonblocking(): boolean {
    return (this.flags & O.NONBLOCK) !== 0;
  }

  get readable(): boolean {
    return (this.flags & O.ACCMODE) !== O.WRONLY;
  }

  get writable(): boolean {
    return (this.flags & O.ACCMODE) !== O.RDONLY;
  }

  /** True: epoll takes it, and waits make sense. */
  get pollable(): boolean {
    return false;
  }

  /** Bytes that one `write` may be given: more are given to the next. */
  get mostWritten(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Conditions that hold now: POLL bits. */
  readiness(): number {
    return POLL.IN | POLL.OUT;
  }

  read(_length: number): Uint8Array | WouldBlock {
    throw new Errno(E.INVAL);
  }

  /** Returns the bytes taken. */
  write(_bytes: Uint8Array): number | WouldBlock {
    throw new Errno(E.INVAL);
  }

  readAt(_offset: number, _length: number): Uint8Array {
    throw new Errno(E.SPIPE);
  }

  writeAt(_offset: number, _bytes: Uint8Array): number {
    throw new Errno(E.SPIPE);
  }

  /** Whence 0, 1, 2 as in lseek(2). Returns the new position. */
  seek(_offset: number, _whence: number): number {
    throw new Errno(E.SPIPE);
  }

  /** All entries, . and .. first. */
  entries(): readonly DirectoryEntry[] {
    throw new Errno(E.NOTDIR);
  }

  truncate(_size: number): void {
    throw new Errno(E.INVAL);
  }

  sync(): void {
    throw new Errno(E.INVAL);
  }

  /** F_GET_SEALS. Throws EINVAL for what cannot be sealed. */
  get seals(): number {
    throw new Errno(E.INVAL);
  }

  /** F_ADD_SEALS. */
  seal(_seals: number): void {
    throw new Errno(E.INVAL);
  }

  /** What ioctl answers to a request that this kind of file does not have. */
  get unknownRequest(): number {
    return E.NOTTY;
  }

  /** Bytes that can be read at once, as FIONREAD tells. */
  waiting(): number {
    throw new Errno(this.unknownRequest);
  }

  /** Bytes that `write` takes now, all of them. */
  free(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** For mmap; undefined: cannot be mapped (ENODEV). */
  pages(): PageSource | undefined {
    return undefined;
  }

  /** The last descriptor is gone. */
  close(): void {}

  /** Gives back what it holds of the host, if that is not lasting, and nothing else: another state of the process takes its place. */
  release(_lasting: boolean): void {}

  /** Its state, as plain data. */
  abstract save(): SavedFile;

  protected common<K extends string>(kind: K): SavedFile & { readonly kind: K } {
    const { id, path, flags, references, events } = this;
    return { kind, id, path, flags, references, events };
  }

  /** Takes what it has of other open files, once all are there. */
  resume(_saved: SavedFile, _file: (id: number) => OpenFile): void {}

  /** Takes what every open file is saved with. */
  resumeAs({ id, flags, references, events }: SavedFile): this {
    return Object.assign(this, { id, flags, references, events });
  }
}

/** A file with a position: subclasses give the bytes. */
export abstract class SeekableFile extends OpenFile {
  position = 0;

  protected abstract size(): number;

  override read(length: number): Uint8Array | WouldBlock {
    const bytes = this.readAt(this.position, length);
    this.position += bytes.length;
    return bytes;
  }

  override write(bytes: Uint8Array): number | WouldBlock {
    if ((this.flags & O.APPEND) !== 0) this.position = this.size();
    const written = this.writeAt(this.position, bytes);
    this.position += written;
    return written;
  }

  override waiting(): number {
    if ((this.stat().mode & S.IFMT) !== S.IFREG) return super.waiting();
    return Math.max(0, this.size() - this.position);
  }

  override seek(offset: number, whence: number): number {
    const base = whence === 0 ? 0 : whence === 1 ? this.position : whence === 2 ? this.size() : undefined;
    // SEEK_DATA and SEEK_HOLE of a file without holes.
    if (base === undefined && (whence === 3 || whence === 4)) {
      if (offset < 0 || offset >= this.size()) throw new Errno(E.NXIO);
      return (this.position = whence === 3 ? offset : this.size());
    }
    // Beyond that no file of the host is (s_maxbytes is less), and positions would not be exact.
    if (base === undefined || base + offset < 0 || base + offset > Number.MAX_SAFE_INTEGER) throw new Errno(E.INVAL);
    return (this.position = base + offset);
  }
}
