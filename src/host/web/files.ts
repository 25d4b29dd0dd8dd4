/** Files of a page: what somebody has given it, in memory. They are read; what a guest would write it writes to files of its own. */
import { FILE_TYPE, type FileHandle, HostFileError, type HostFiles, type HostStat } from '../files.js';
import { childrenByFolder, normalise } from '../path.js';

/** Of everything, in ns since the epoch: the same wherever a run is done again. */
const TIME = 1_700_000_000n * 1_000_000_000n;
const BLOCK = 512n;

/** Contents by absolute path; folders are what leads to them. */
export function memoryFiles(contents: ReadonlyMap<string, Uint8Array>): HostFiles {
  const children = childrenByFolder(contents.keys(), '/');
  const inodes = new Map([...children.keys(), ...contents.keys()].map((path, index) => [path, BigInt(index + 2)]));
  const opened: string[] = [];

  const look = (path: string): HostStat | undefined => {
    const bytes = contents.get(path);
    if (bytes === undefined && !children.has(path)) return undefined;
    const size = BigInt(bytes?.length ?? 0);
    return {
      dev: 1n,
      ino: inodes.get(path)!,
      nlink: 1n,
      mode: bytes === undefined ? FILE_TYPE.directory | 0o755 : FILE_TYPE.file | 0o755,
      uid: 1000,
      gid: 1000,
      rdev: 0n,
      size,
      blocks: (size + BLOCK - 1n) / BLOCK,
      mtime: TIME,
      ctime: TIME,
    };
  };
  const there = (path: string): HostStat => look(path) ?? failed('ENOENT', path);
  const pathOf = (file: FileHandle): string => opened[file] ?? failed('EBADF', `file ${file}`);
  const list = (path: string) => {
    const names = children.get(path) ?? failed(contents.has(path) ? 'ENOTDIR' : 'ENOENT', path);
    return [...names].map(name => ({
      name,
      type: contents.has(normalise(`${path}/${name}`)) ? FILE_TYPE.file : FILE_TYPE.directory,
    }));
  };
  const read = (file: FileHandle, offset: number, length: number): Uint8Array =>
    contents.get(pathOf(file))?.slice(offset, offset + length) ?? failed('EISDIR', pathOf(file));
  const open = (path: string): FileHandle => opened.push(path) - 1;

  return {
    near: () => undefined,
    stat: path => look(normalise(path)),
    look,
    list,
    readlink: path => failed('EINVAL', path),
    open: (path, { access, create }) => {
      if (access !== 'read' || create) readOnly();
      there(path);
      return contents.has(path) ? open(path) : failed('EISDIR', path);
    },
    openFolder: path => {
      list(path);
      return open(path);
    },
    again: file => open(pathOf(file)),
    listOpen: folder => list(pathOf(folder)),
    // Nothing is held but a name.
    close: () => undefined,
    fstat: file => there(pathOf(file)),
    read,
    write: readOnly,
    truncate: readOnly,
    sync: () => undefined,
    page: read,
    mkdir: readOnly,
    rmdir: readOnly,
    unlink: readOnly,
    rename: readOnly,
    symlink: readOnly,
    chmod: readOnly,
    utimes: readOnly,
  };
}

function failed(code: string, what: string): never {
  throw new HostFileError(code, what);
}

function readOnly(): never {
  throw new HostFileError('EROFS', 'files of a page are only read');
}
