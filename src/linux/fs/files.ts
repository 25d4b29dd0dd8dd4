import type { PageSource } from '../../cpu/api.js';
import type { FileHandle, HostFiles, HostStat } from '../../host/files.js';
import { O, S } from '../abi/constants.js';
import { E, Errno, host } from '../abi/errno.js';
import { MappedContent } from './mapped-content.js';
import type { FileNodes } from './nodes.js';
import { type DirectoryEntry, OpenFile, SeekableFile } from './open-file.js';
import { OwnFiles } from './own-files.js';
import type { PageFiles } from './pages.js';
import { hostStat, type Stat, syntheticStat } from './stat.js';

/** One read or write moves at most this much; the guest sees a short count. */
const MAX_TRANSFER = 16 << 20;

/** What the guest sees of host files beside their contents. */
export interface HostView {
  readonly nodes: FileNodes;
  /** CLOCK_REALTIME, in ns. */
  readonly now: () => bigint;
}

/** Where files that are restored come to. */
export interface FileWorld {
  readonly host: HostFiles;
  readonly view: HostView;
  readonly pages: PageFiles;
  /** Handles of the host are good for ever, as a log's are. */
  readonly lasting: boolean;
}

/** A file or folder of the host that is open. */
class Held {
  constructor(
    private readonly files: HostFiles,
    /** Host path, all links followed. */
    public real: string,
    /** Undefined: opened anew when it is wanted, as after a restore. */
    private opened: FileHandle | undefined,
    private readonly open: (real: string) => FileHandle,
    private readonly view: HostView,
  ) {}

  get handle(): FileHandle {
    return (this.opened ??= host(() => this.open(this.real)));
  }

  stat(): Stat {
    return seen(
      this.view,
      this.real,
      host(() => this.files.fstat(this.handle)),
    );
  }

  get identity(): string {
    const { dev, ino } = this.stat();
    return `${dev}:${ino}`;
  }

  release(lasting: boolean): void {
    if (!lasting) this.close();
  }

  close(): void {
    const { opened } = this;
    this.opened = undefined;
    if (opened !== undefined) host(() => this.files.close(opened));
  }

  save(): { readonly handle: FileHandle | undefined } {
    return { handle: this.opened };
  }

  /** The handle of what was saved: that which it had, where that is good still, or that of the same file as it is open now, which gives it away. */
  static handleOf({ handle }: ReturnType<Held['save']>, real: string, lasting: boolean, before: Held | undefined): FileHandle | undefined {
    if (lasting || OwnFiles.isOwn(handle)) return handle;
    if (before?.real !== real || OwnFiles.isOwn(before.opened)) return undefined;
    const { opened } = before;
    before.opened = undefined;
    return opened;
  }
}

/** A regular file of the host. */
export class HostFile extends SeekableFile {
  private source: PageSource | undefined;
  private readonly held: Held;

  constructor(
    private readonly files: HostFiles,
    private readonly pageFiles: PageFiles,
    path: string,
    real: string,
    opened: FileHandle | undefined,
    flags: number,
    private readonly view: HostView,
  ) {
    super(path, flags);
    const access = (['read', 'write', 'both'] as const)[flags & O.ACCMODE] ?? 'both';
    this.held = new Held(files, real, opened, place => files.open(place, { access }, 0), view);
  }

  get real(): string {
    return this.held.real;
  }

  /** It, or a folder that it lies in, has another name now. */
  movedTo(real: string): void {
    this.held.real = real;
    this.path = real;
  }

  private get handle(): FileHandle {
    return this.held.handle;
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
    noteChange(this.view, this.real);
    return host(() => this.files.write(this.handle, offset, bytes.subarray(0, MAX_TRANSFER)));
  }

  override truncate(size: number): void {
    this.pageFiles.changed();
    noteChange(this.view, this.real);
    host(() => this.files.truncate(this.handle, size));
  }

  override sync(): void {
    host(() => this.files.sync(this.handle));
  }

  override pages(): PageSource {
    return (this.source ??= host(() => this.pageFiles.ofHost(this.handle, this.real)));
  }

  override release(lasting: boolean): void {
    this.held.release(lasting);
  }

  override close(): void {
    this.held.close();
  }

  save() {
    return { ...this.common('host file'), real: this.real, position: this.position, source: this.source, aside: this.held.save() };
  }

  /** `before`: the same file as it is open now, which gives its handle away. */
  static restore(
    saved: ReturnType<HostFile['save']>,
    { host: files, pages, lasting, view }: FileWorld,
    before: OpenFile | undefined,
  ): HostFile {
    const handle = Held.handleOf(saved.aside, saved.real, lasting, before instanceof HostFile ? before.held : undefined);
    const file = new HostFile(files, pages, saved.path, saved.real, handle, saved.flags, view);
    file.position = saved.position;
    file.source = saved.source;
    return file;
  }

  stat(): Stat {
    return this.held.stat();
  }

  override get identity(): string {
    return this.held.identity;
  }
}

/** What the guest sees of a host file. */
export const seen = ({ nodes }: HostView, real: string, stat: HostStat): Stat => hostStat(stat, nodes.inode(real), nodes.timesOf(real));

/** The guest has changed a file's contents. */
export function noteChange({ nodes, now }: HostView, real: string): void {
  const time = now();
  nodes.changed(real, { atime: nodes.timesOf(real)?.atime ?? time, mtime: time, ctime: time });
}

/** Entries of a folder that are listed at once: more are no folder that anybody walks through. */
const MOST_ENTRIES = 1 << 18;

/** A directory of the host. */
export class HostDirectory extends OpenFile {
  /** Index of the next entry for getdents64. */
  position = 0;
  private listed: readonly DirectoryEntry[] | undefined;
  private readonly held: Held;

  constructor(
    private readonly files: HostFiles,
    path: string,
    real: string,
    opened: FileHandle | undefined,
    flags: number,
    private readonly view: HostView,
  ) {
    super(path, flags);
    this.held = new Held(files, real, opened, place => files.openFolder(place), view);
  }

  get real(): string {
    return this.held.real;
  }

  /** It, or a folder that it lies in, has another name now. */
  movedTo(real: string): void {
    this.held.real = real;
    this.path = real;
  }

  override read(): never {
    throw new Errno(E.ISDIR);
  }

  /** Sorted by name: the host's order would differ from run to run. */
  override entries(): readonly DirectoryEntry[] {
    if (this.listed === undefined) {
      const names = host(() => this.files.listOpen(this.held.handle));
      if (names.length > MOST_ENTRIES) throw new Errno(E.NOMEM);
      const { nodes } = this.view;
      const entries = names.map(({ name, type }) => ({ name, ino: nodes.inode(`${this.real}/${name}`), type: type >> 12 }));
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
    return this.held.stat();
  }

  override get identity(): string {
    return this.held.identity;
  }

  override release(lasting: boolean): void {
    this.held.release(lasting);
  }

  override close(): void {
    this.held.close();
  }

  save() {
    const { real, position, listed } = this;
    return { ...this.common('host directory'), real, position, listed, aside: this.held.save() };
  }

  /** `before`: the same folder as it is open now, which gives its handle away. */
  static restore(
    saved: ReturnType<HostDirectory['save']>,
    { host: files, lasting, view }: FileWorld,
    before: OpenFile | undefined,
  ): HostDirectory {
    const handle = Held.handleOf(saved.aside, saved.real, lasting, before instanceof HostDirectory ? before.held : undefined);
    const file = new HostDirectory(files, saved.path, saved.real, handle, saved.flags, view);
    file.position = saved.position;
    file.listed = saved.listed;
    return file;
  }
}

/** Seals of memfd_create(2): uapi/linux/fcntl.h. */
export const SEAL = { SEAL: 1, SHRINK: 2, GROW: 4, WRITE: 8, FUTURE_WRITE: 16, EXEC: 32 } as const;
const ALL_SEALS = 63;

/** Bytes of our own making that read like a file: /proc, /sys, memfd_create. */
export class MemoryFile extends SeekableFile {
  private source: PageSource | undefined;

  constructor(
    path: string,
    private readonly content: MappedContent,
    flags: number,
    private readonly mode: number,
    private readonly pageFiles: PageFiles,
  ) {
    super(path, flags);
  }

  protected size(): number {
    return this.content.bytes.length;
  }

  override readAt(offset: number, length: number): Uint8Array {
    return this.content.bytes.slice(offset, offset + length);
  }

  override writeAt(offset: number, bytes: Uint8Array): number {
    const end = offset + bytes.length;
    if (bytes.length > 0 && this.sealed(SEAL.WRITE | SEAL.FUTURE_WRITE)) throw new Errno(E.PERM);
    if (end > MAX_TRANSFER * 16) throw new Errno(E.FBIG);
    if (end > this.size()) this.truncate(end);
    this.content.write(offset, bytes);
    return bytes.length;
  }

  override truncate(size: number): void {
    if (size > MAX_TRANSFER * 16) throw new Errno(E.FBIG);
    if (size !== this.size() && this.sealed(size < this.size() ? SEAL.SHRINK : SEAL.GROW)) throw new Errno(E.PERM);
    host(() => this.pageFiles.grow(size - this.size()));
    this.content.resize(size);
  }

  override sync(): void {}

  /** What is mapped, or opened twice, stays. */
  override close(): void {
    if (this.source === undefined && this.content.seals !== undefined) this.pageFiles.grow(-this.size());
  }

  override pages(): PageSource {
    return (this.source ??= this.pageFiles.ofMemory(this.content));
  }

  stat(): Stat {
    const onDisk = (this.mode & 0o7777) === 0o444 ? 0n : BigInt(this.size());
    return syntheticStat(this.mode, 100n, onDisk);
  }

  /** The seals of a file of memfd_create(2). Throws EINVAL for any other. */
  override get seals(): number {
    return this.content.seals ?? super.seals;
  }

  override seal(seals: number): void {
    const { content } = this;
    if (content.seals === undefined || (seals & ~ALL_SEALS) !== 0) throw new Errno(E.INVAL);
    if (!this.writable || (content.seals & SEAL.SEAL) !== 0) throw new Errno(E.PERM);
    content.seals |= seals;
    // What must not become executable or cease to be is sealed against writing too, if it is executable (memfd_add_seals).
    if ((seals & SEAL.EXEC) !== 0 && (this.mode & 0o111) !== 0) content.seals |= SEAL.SHRINK | SEAL.GROW | SEAL.WRITE | SEAL.FUTURE_WRITE;
  }

  private sealed(seals: number): boolean {
    return ((this.content.seals ?? 0) & seals) !== 0;
  }

  /** Another open file of the same bytes: what opening /proc/self/fd/N gives; undefined: they are made anew each time. */
  reopened(flags: number): MemoryFile | undefined {
    if (this.content.seals === undefined) return undefined;
    const { path, content, mode, pageFiles } = this;
    const file = new MemoryFile(path, content, flags, mode, pageFiles);
    file.source = this.pages();
    return file;
  }

  /** The bytes of one that is mapped or opened twice are its source's. */
  save() {
    const { mode, position, source } = this;
    return {
      ...this.common('memory file'),
      mode,
      position,
      source,
      bytes: source === undefined ? this.content.save() : undefined,
      seals: this.content.seals,
    };
  }

  static restore(saved: ReturnType<MemoryFile['save']>, { pages }: FileWorld): MemoryFile {
    const { source, bytes } = saved;
    const content = source === undefined ? new MappedContent(bytes!, saved.seals) : pages.content(source);
    content.save();
    const file = new MemoryFile(saved.path, content, saved.flags, saved.mode, pages);
    file.position = saved.position;
    file.source = source;
    return file;
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

  save() {
    return { ...this.common('synthetic directory'), names: this.names, position: this.position };
  }

  static restore(saved: ReturnType<SyntheticDirectory['save']>): SyntheticDirectory {
    const file = new SyntheticDirectory(saved.path, saved.names, saved.flags);
    file.position = saved.position;
    return file;
  }
}
