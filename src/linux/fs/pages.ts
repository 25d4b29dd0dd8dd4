import type { PageSource } from '../../cpu/api.js';
import { type FileHandle, HostFileError, type HostFiles } from '../../host/files.js';

/** Pages of a host file are read in pieces of this size. */
const READ_AHEAD = 1 << 16;

/** What a mapping shows: a file of the host, or bytes of r14's own. */
export type PageFile =
  | { readonly kind: 'host'; readonly handle: FileHandle }
  /** Live: a file of memfd_create grows. */
  | { readonly kind: 'bytes'; readonly bytes: () => Uint8Array };

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
  ofBytes(source: PageSource, bytes: Uint8Array): PageSource {
    this.table.set(source, { kind: 'bytes', bytes: () => bytes });
    return source;
  }

  /** A file of the guest's memory, whose bytes may change. */
  ofMemory(bytes: () => Uint8Array): PageSource {
    const source = `memory:${this.table.size}`;
    this.table.set(source, { kind: 'bytes', bytes });
    return source;
  }

  /** Fills `into` from an offset on. Past the end of the file, and where it cannot be read any more, it stays as it is: zeros. */
  readonly read = (source: PageSource, offset: number, into: Uint8Array): void => {
    const file = this.table.get(source);
    if (file === undefined) return;
    if (file.kind === 'bytes') {
      into.set(file.bytes().subarray(offset, offset + into.length));
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
    return file.kind === 'bytes' ? file.bytes() : this.files.page(file.handle, 0, size);
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
