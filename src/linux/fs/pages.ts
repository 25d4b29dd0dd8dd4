import type { PageSource } from '../../cpu/api.js';
import { checkVersion, type Versioned } from '../../cpu/part.js';
import { type FileHandle, HostFileError, type HostFiles } from '../../host/files.js';

/** Pages of a host file are read in pieces of this size. */
const READ_AHEAD = 1 << 16;

/** The bytes of a file that is only in memory; writing may put others in their place. */
export interface Contents {
  bytes: Uint8Array;
}

/** What a mapping shows: a file of the host, the program or its interpreter as they were read, or a file that is only in memory. */
type PageFile =
  | { readonly kind: 'host'; readonly handle: FileHandle }
  | { readonly kind: 'loaded' | 'memory'; readonly contents: Contents };

/** The piece of a host file that was read last. */
interface Piece {
  readonly start: number;
  readonly bytes: Uint8Array;
  /** The count of changes then. */
  readonly asOf: number;
}

const PAGES_VERSION = 1;

export type SavedPages = Versioned<{
  readonly changes: number;
  readonly memories: number;
  readonly hosts: readonly { readonly source: PageSource; readonly handle: FileHandle }[];
  readonly memory: readonly { readonly source: PageSource; readonly bytes: Uint8Array }[];
}>;

/** The files behind mappings, by the names that the address space keeps of them. A file stays open as long as r14: a mapping outlives its descriptor. */
export class PageFiles {
  private readonly table = new Map<PageSource, PageFile>();
  private readonly pieces = new Map<PageSource, Piece>();
  private changes = 0;
  /** Files in memory that have been mapped so far. */
  private memories = 0;

  constructor(private readonly files: HostFiles) {}

  /** The guest has changed a file: what has been read ahead may be old. */
  changed(): void {
    this.changes++;
  }

  /** Opens a file of the host. One that is mapped twice is one source: its device and inode stay its own as long as it is open. Throws HostFileError. */
  ofHost(real: string): PageSource {
    const handle = this.files.open(real, { access: 'read' }, 0);
    const { dev, ino } = this.files.fstat(handle);
    const source = `file:${dev}:${ino}:${real}`;
    if (this.table.has(source)) this.files.close(handle);
    else this.table.set(source, { kind: 'host', handle });
    return source;
  }

  /** A file that is read already, under a name that no other has. */
  ofLoaded(source: PageSource, bytes: Uint8Array): PageSource {
    this.table.set(source, { kind: 'loaded', contents: { bytes } });
    return source;
  }

  /** A file that is only in memory: the mapping shows what is written to it. */
  ofMemory(contents: Contents): PageSource {
    const source = `memory:${this.memories++}`;
    this.table.set(source, { kind: 'memory', contents });
    return source;
  }

  /** What `ofMemory` was given for a source, or has after `restore`. */
  contentsOf(source: PageSource): Contents {
    const file = this.table.get(source);
    if (file?.kind !== 'memory') throw new Error(`${source} is not the name of a file in memory`);
    return file.contents;
  }

  /** Fills `into` from an offset on. Past the end of the file, and where it cannot be read any more, it stays as it is: zeros. */
  readonly read = (source: PageSource, offset: number, into: Uint8Array): void => {
    const file = this.table.get(source);
    if (file === undefined) return;
    if (file.kind !== 'host') {
      into.set(file.contents.bytes.subarray(offset, offset + into.length));
      return;
    }
    const start = offset - (offset % READ_AHEAD);
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
    return file.kind === 'host' ? this.files.page(file.handle, 0, size) : file.contents.bytes;
  }

  /** Names and handles of host files, bytes of files in memory, how often the guest has changed a file. The program itself is not in it. */
  save(): SavedPages {
    const files = [...this.table];
    return {
      version: PAGES_VERSION,
      changes: this.changes,
      memories: this.memories,
      hosts: files.flatMap(([source, file]) => (file.kind === 'host' ? [{ source, handle: file.handle }] : [])),
      memory: files.flatMap(([source, file]) => (file.kind === 'memory' ? [{ source, bytes: file.contents.bytes.slice() }] : [])),
    };
  }

  restore(saved: SavedPages): void {
    checkVersion('pages of files', saved, PAGES_VERSION);
    for (const [source, { kind }] of this.table) if (kind !== 'loaded') this.table.delete(source);
    for (const { source, handle } of saved.hosts) this.table.set(source, { kind: 'host', handle });
    for (const { source, bytes } of saved.memory) this.table.set(source, { kind: 'memory', contents: { bytes: bytes.slice() } });
    this.changes = saved.changes;
    this.memories = saved.memories;
    this.pieces.clear();
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
