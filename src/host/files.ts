/**
 * The host's files, as the guest's kernel reaches them: all that a run takes from them goes through this one port, so that it can be logged and
 * replayed, or come from memory. Synchronous. Paths are absolute, and no call follows a link at their end; what is given and returned is plain data.
 */
import { Told } from './told.js';

/** What is wrong, by the host's name for it (`ENOENT`). */
export class HostFileError extends Told {
  override name = 'HostFileError';
  constructor(
    readonly code: string,
    message: string = code,
  ) {
    super(message);
  }
}

/** stat(2). Times are in ns since the epoch; the type is in `mode`, with the bits of S_IFMT. */
export interface HostStat {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly nlink: bigint;
  /** Names of a file that is the guest's own, where there are several: those that the host has are not told of. */
  readonly ownLinks?: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: bigint;
  readonly size: bigint;
  readonly blocks: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/** The file types of `mode` (inode(7)). */
export const FILE_TYPE = { mask: 0o170000, file: 0o100000, directory: 0o040000, link: 0o120000 } as const;

export const typeOf = (stat: { readonly mode: number }): number => stat.mode & FILE_TYPE.mask;

export interface HostEntry {
  readonly name: string;
  /** One of FILE_TYPE; 0: something else. */
  readonly type: number;
}

export interface OpenFlags {
  readonly access: 'read' | 'write' | 'both';
  readonly create?: boolean;
  /** With `create`: it must not be there yet. */
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
  /** With `create`: it was not there, and gets just those permissions, whatever the host takes away from what it makes. */
  readonly fresh?: boolean;
}

/** Bytes of a file, from a place in it on; what no piece has is zeros. */
export interface FilePiece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** An open file: a number that the port gives. */
export type FileHandle = number;

/**
 * Calls throw HostFileError. What changes or opens something takes a path that has been judged: absolute, without links, `.` and `..`, and does it
 * where that leads by its letters. A link that somebody has put there since is not followed: ELOOP.
 */
export interface HostFiles {
  /** Says that files below a folder will be asked for often. It answers nothing, and is in no log. */
  near(folder: string): void;
  /** Undefined: nothing is there. Throws for what cannot be looked at. */
  stat(path: string): HostStat | undefined;
  /** As `stat`, of a path that has been judged. */
  look(path: string): HostStat | undefined;
  /** Without `.` and `..`, in any order. */
  list(path: string): readonly HostEntry[];
  readlink(path: string): string;
  /** Only of a regular file: EISDIR, ENXIO for others. `mode`: permissions of a file that it makes. */
  open(path: string, flags: OpenFlags, mode: number): FileHandle;
  /** A folder, for `listOpen` and `fstat`. */
  openFolder(path: string): FileHandle;
  /** Opens what is open once more, for reading, whatever it is called by now. */
  again(file: FileHandle): FileHandle;
  listOpen(folder: FileHandle): readonly HostEntry[];
  close(file: FileHandle): void;
  fstat(file: FileHandle): HostStat;
  /** Fewer bytes than asked for: the file ends there. */
  read(file: FileHandle, offset: number, length: number): Uint8Array;
  /** Bytes written. */
  write(file: FileHandle, offset: number, bytes: Uint8Array): number;
  truncate(file: FileHandle, size: number): void;
  sync(file: FileHandle): void;
  /**
   * Bytes for pages of a mapping, which may be wanted at any time and for any reason: also because somebody looks. So the answer to the same
   * question stays the same until the guest changes a file.
   */
  page(file: FileHandle, offset: number, length: number): Uint8Array;
  mkdir(path: string, mode: number): void;
  rmdir(path: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  symlink(target: string, path: string): void;
  chmod(path: string, mode: number): void;
  /** In ns since the epoch. */
  utimes(path: string, times: { readonly access: bigint; readonly modification: bigint }): void;
}

/** All bytes of an open file. */
export function wholeFile(files: HostFiles, file: FileHandle): Uint8Array {
  return files.read(file, 0, Number(files.fstat(file).size));
}

/** Why the host did not open or read a file, in words. */
export function hostReason(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'ENOTDIR') return 'a part of the path is not a directory';
  if (code === 'ELOOP') return 'too many levels of symbolic links';
  if (code === 'ENAMETOOLONG') return 'the path is too long';
  if (code === 'EISDIR') return 'a directory, not a file';
  return message.split('\n')[0]!;
}
