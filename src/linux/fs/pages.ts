import { PAGE_SIZE, type PageSource } from '../../cpu/api.js';
import { checkVersion, type Versioned } from '../../cpu/part.js';
import { equalBytes } from '../../host/bytes.js';
import { type FileHandle, HostFileError, type HostFiles } from '../../host/files.js';
import { MappedContent } from './mapped-content.js';
import { OwnFiles } from './own-files.js';

/** Files that a process may have mapped in its life: each stays open, since its pages may be wanted at any time. */
const MOST_FILES = 256;

/** Pages of a host file are read in pieces of this size. */
const READ_AHEAD = 1 << 16;

/** An open file of the host, with the size and the time of change that it had. */
interface MappedHostFile {
  /** Device, inode and path. */
  readonly identity: string;
  readonly real: string;
  readonly handle: FileHandle;
  readonly size: bigint;
  readonly mtime: bigint;
}

/** What a mapping shows: a file of the host, or bytes of r14's own. */
type PageFile = ({ readonly kind: 'host' } & MappedHostFile) | { readonly kind: 'content'; readonly content: MappedContent };

/** The sources by name: of a file of the host what it was, of others their bytes; and how many changes and files in memory there have been. */
export type SavedPages = Versioned<{
  readonly changes: number;
  readonly memories: number;
  readonly grown: number;
  readonly hosts: readonly (MappedHostFile & { readonly source: PageSource })[];
  readonly contents: readonly { readonly source: PageSource; readonly bytes: Uint8Array; readonly seals: number | undefined }[];
}>;

/** The piece of a host file that was read last. */
interface Piece {
  readonly start: number;
  readonly bytes: Uint8Array;
  /** The count of changes then. */
  readonly asOf: number;
}

/** The files behind mappings, by the names that the address space keeps of them. A file stays open as long as r14: a mapping outlives its descriptor. */
export class PageFiles {
  private readonly table = new Map<PageSource, PageFile>();
  private readonly pieces = new Map<PageSource, Piece>();
  private changes = 0;
  /** Files in memory that have been mapped so far. */
  private memories = 0;

  /** Bytes that files of memory have, which the guest made grow. */
  private grown = 0;

  /** `most`: bytes that those may have by now. */
  constructor(
    private readonly files: HostFiles,
    private readonly most: () => number,
  ) {}

  /** A file of memory is to have so many bytes more, or fewer. Throws HostFileError. */
  grow(bytes: number): void {
    if (bytes > 0 && this.grown + bytes > this.most()) throw new HostFileError('ENOSPC', 'the memory of the guest is used up');
    this.grown += bytes;
  }

  /** The guest has changed a file: what has been read ahead may be old. */
  changed(): void {
    this.changes++;
  }

  /**
   * A file of the host that is open, and is opened once more: a mapping outlives its descriptor. One that is mapped twice is one source: its device
   * and inode stay its own as long as it is open. Throws HostFileError.
   */
  ofHost(file: FileHandle, real: string): PageSource {
    const { dev, ino, size, mtime } = this.files.fstat(file);
    const identity = `${dev}:${ino}:${real}`;
    let count = 0;
    for (const [source, known] of this.table) {
      if (known.kind !== 'host') continue;
      if (known.identity === identity) return source;
      count++;
    }
    if (count >= MOST_FILES) throw new HostFileError('ENFILE', `${MOST_FILES} files are mapped`);
    const source = `file:${count}`;
    this.table.set(source, { kind: 'host', identity, real, handle: this.files.again(file), size, mtime });
    return source;
  }

  /** A file that is read already, by what it is, and a number where others are that too. */
  ofLoaded(what: string, bytes: Uint8Array): PageSource {
    for (let number = 1; ; number++) {
      const source = number === 1 ? what : `${what}:${number}`;
      const known = this.table.get(source);
      if (known === undefined) this.table.set(source, { kind: 'content', content: new MappedContent(bytes) });
      else if (known.kind !== 'content' || !equalBytes(known.content.bytes, bytes)) continue;
      return source;
    }
  }

  /** A file of the guest's memory, whose bytes may change. */
  ofMemory(content: MappedContent): PageSource {
    const source = `memory:${this.memories++}`;
    this.table.set(source, { kind: 'content', content });
    return source;
  }

  /** What `ofMemory` was given. */
  content(source: PageSource): MappedContent {
    const file = this.table.get(source);
    if (file?.kind !== 'content') throw new Error(`${source} is no file of memory`);
    return file.content;
  }

  save(): SavedPages {
    const hosts: SavedPages['hosts'][number][] = [];
    const contents: SavedPages['contents'][number][] = [];
    for (const [source, file] of this.table) {
      if (file.kind === 'content') contents.push({ source, bytes: file.content.save(), seals: file.content.seals });
      else hosts.push({ source, identity: file.identity, real: file.real, handle: file.handle, size: file.size, mtime: file.mtime });
    }
    return { version: 1, changes: this.changes, memories: this.memories, grown: this.grown, hosts, contents };
  }

  /**
   * `lasting`: handles are good for ever, as a log's are. If not, files of the host that are open stay so, others are opened again; throws for one
   * that is gone or has changed.
   */
  restore(saved: SavedPages, lasting: boolean): void {
    checkVersion('pages', saved, 1);
    const before = new Map(this.table);
    this.table.clear();
    for (const { source, ...file } of saved.hosts) {
      const known = before.get(source);
      const lasts = lasting || OwnFiles.isOwn(file.handle);
      const handle = lasts ? file.handle : known?.kind === 'host' ? known.handle : this.reopen(file);
      this.table.set(source, { kind: 'host', ...file, handle });
    }
    for (const { source, bytes, seals } of saved.contents) {
      const content = new MappedContent(bytes, seals);
      content.save();
      this.table.set(source, { kind: 'content', content });
    }
    if (!lasting) for (const [source, file] of before) if (file.kind === 'host' && !this.table.has(source)) this.files.close(file.handle);
    this.changes = saved.changes;
    this.memories = saved.memories;
    this.grown = saved.grown;
    this.pieces.clear();
  }

  private reopen({ real, size, mtime }: MappedHostFile): FileHandle {
    const handle = this.files.open(real, { access: 'read' }, 0);
    const stat = this.files.fstat(handle);
    if (stat.size === size && stat.mtime === mtime) return handle;
    this.files.close(handle);
    throw new HostFileError('ESTALE', `${real}: the file has changed since the state was saved`);
  }

  /** Fills `into` from an offset on. Past the end of the file, and where it cannot be read any more, it stays as it is: zeros. */
  readonly read = (source: PageSource, offset: number, into: Uint8Array): void => {
    const file = this.table.get(source);
    if (file === undefined) return;
    if (file.kind === 'content') {
      into.set(file.content.bytes.subarray(offset, offset + into.length));
      return;
    }
    // Pages lie at whole pages of all files but core files: there the pieces begin as they do.
    const start = offset - ((offset - (offset % PAGE_SIZE)) % READ_AHEAD);
    let piece = this.pieces.get(source);
    if (piece?.start !== start || piece.asOf !== this.changes) {
      piece = { start, bytes: this.fetch(file.handle, start, READ_AHEAD) ?? new Uint8Array(0), asOf: this.changes };
      this.pieces.set(source, piece);
    }
    into.set(piece.bytes.subarray(offset - start, offset - start + into.length));
  };

  /** The first `size` bytes of a file; fewer when it has become shorter. */
  whole(source: PageSource, size: number): Uint8Array {
    const file = this.table.get(source)!;
    return file.kind === 'content' ? file.content.bytes : this.files.page(file.handle, 0, size);
  }

  private fetch(handle: FileHandle, offset: number, length: number): Uint8Array | undefined {
    try {
      return this.files.page(handle, offset, length);
    } catch (error) {
      if (!(error instanceof HostFileError)) throw error;
      return undefined;
    }
  }
}
