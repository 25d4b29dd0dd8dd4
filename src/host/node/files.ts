/** The files of the machine that Node runs on. */
import * as fs from 'node:fs';
import { FILE_TYPE, type FileHandle, type HostEntry, HostFileError, type HostFiles, type HostStat, type OpenFlags } from '../files.js';
import { keepNear, pathOfOpen, withoutLinks } from './reach.js';

/** Handles are the process's descriptors. */
export const nodeFiles: HostFiles = {
  near: keepNear,
  stat: path =>
    said(() => {
      const stat = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return stat && plain(stat);
    }),
  look: path =>
    said(() => {
      const stat = withoutLinks(path, at => fs.lstatSync(at, { bigint: true, throwIfNoEntry: false }));
      return stat && plain(stat);
    }),
  list: path => said(() => withoutLinks(path, at => listed(fs.readdirSync(at, { withFileTypes: true })))),
  readlink: path => said(() => withoutLinks(path, at => fs.readlinkSync(at))),
  open: (path, flags, mode) => said(() => withoutLinks(path, at => regular(at, flags, mode))),
  openFolder: path =>
    said(() =>
      remembered(
        path,
        withoutLinks(path, at => fs.openSync(at, fs.constants.O_RDONLY | FOLDER)),
      ),
    ),
  again: file => said(() => remembered(nameOf(file), fs.openSync(pathOfOpen(file, nameOf(file)), fs.constants.O_RDONLY | UNHURRIED))),
  listOpen: file => said(() => listed(fs.readdirSync(pathOfOpen(file, nameOf(file)), { withFileTypes: true }))),
  close: file =>
    said(() => {
      names.delete(file);
      fs.closeSync(file);
    }),
  fstat: file => said(() => plain(fs.fstatSync(file, { bigint: true }))),
  read,
  write: (file, offset, bytes) => said(() => fs.writeSync(file, bytes, 0, bytes.length, offset)),
  truncate: (file, size) => said(() => fs.ftruncateSync(file, size)),
  sync: file => said(() => fs.fsyncSync(file)),
  page: read,
  mkdir: (path, mode) =>
    said(() =>
      withoutLinks(path, at => {
        fs.mkdirSync(at, mode);
        onPlace(at, place => fs.chmodSync(place, mode));
      }),
    ),
  rmdir: path => said(() => withoutLinks(path, at => fs.rmdirSync(at))),
  unlink: path => said(() => withoutLinks(path, at => fs.unlinkSync(at))),
  rename: (path, to) => said(() => withoutLinks(path, at => withoutLinks(to, there => fs.renameSync(at, there)))),
  symlink: (target, path) => said(() => withoutLinks(path, at => fs.symlinkSync(target, at))),
  chmod: (path, mode) => said(() => withoutLinks(path, at => onPlace(at, place => fs.chmodSync(place, mode)))),
  utimes: (path, times) =>
    said(() =>
      withoutLinks(path, at =>
        onPlace(at, place => fs.utimesSync(place, Number(times.access) / SECOND, Number(times.modification) / SECOND)),
      ),
    ),
};

const SECOND = 1e9;
const { O_DIRECTORY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;
const FOLDER = O_DIRECTORY | O_NOFOLLOW;
/** A pipe is opened without waiting for its other end, a terminal without becoming ours: then it is seen what it is. */
const UNHURRIED = O_NONBLOCK | O_NOCTTY;
/** open(2): a descriptor that only stands for a place. */
const O_PATH = process.platform === 'linux' ? 0o10000000 : 0;

/** Paths of what is open, where descriptors have none. */
const names = new Map<FileHandle, string>();
const nameOf = (file: FileHandle): string => names.get(file) ?? '';

function remembered(path: string, file: FileHandle): FileHandle {
  if (process.platform !== 'linux') names.set(file, path);
  return file;
}

/** Opens a regular file. What else there is, whoever put it there: EISDIR, ENXIO. */
function regular(path: string, flags: OpenFlags, mode: number): FileHandle {
  const file = fs.openSync(path, numeric(flags) | UNHURRIED, mode);
  const stat = fs.fstatSync(file);
  if (stat.isFile()) {
    if (flags.create && flags.fresh) fs.fchmodSync(file, mode);
    return remembered(path, file);
  }
  fs.closeSync(file);
  throw new HostFileError(stat.isDirectory() ? 'EISDIR' : 'ENXIO', `${path} is no file`);
}

/** Acts on what a path leads to now, which is no link: chmod(2) and utimes(2) would follow one. */
function onPlace(path: string, act: (place: string) => void): void {
  const place = fs.openSync(path, O_PATH | O_NOFOLLOW);
  try {
    if (fs.fstatSync(place).isSymbolicLink()) throw new HostFileError('ELOOP', `${path}: a link where there was none`);
    act(pathOfOpen(place, path));
  } finally {
    fs.closeSync(place);
  }
}

function read(file: FileHandle, offset: number, length: number): Uint8Array {
  return said(() => {
    // Not zeroed: the program's own file is read here, whole, at each start.
    const { buffer, byteOffset } = Buffer.allocUnsafeSlow(length);
    const bytes = new Uint8Array(buffer, byteOffset, length);
    let at = 0;
    while (at < length) {
      const got = fs.readSync(file, bytes, at, length - at, offset + at);
      if (got === 0) break;
      at += got;
    }
    return bytes.subarray(0, at);
  });
}

const listed = (entries: readonly fs.Dirent[]): HostEntry[] =>
  entries.map(entry => ({
    name: entry.name,
    type: entry.isDirectory() ? FILE_TYPE.directory : entry.isSymbolicLink() ? FILE_TYPE.link : entry.isFile() ? FILE_TYPE.file : 0,
  }));

function plain(stat: fs.BigIntStats): HostStat {
  const { dev, ino, nlink, mode, uid, gid, rdev, size, blocks, mtimeNs, ctimeNs } = stat;
  return { dev, ino, nlink, mode: Number(mode), uid: Number(uid), gid: Number(gid), rdev, size, blocks, mtime: mtimeNs, ctime: ctimeNs };
}

/** The host's own numbers. A link at the end of the path is somebody's race: it is not followed. */
function numeric(flags: OpenFlags): number {
  const { constants } = fs;
  const access = { read: constants.O_RDONLY, write: constants.O_WRONLY, both: constants.O_RDWR }[flags.access];
  const create = flags.create ? constants.O_CREAT : 0;
  const exclusive = flags.exclusive ? constants.O_EXCL : 0;
  const truncate = flags.truncate ? constants.O_TRUNC : 0;
  return access | create | exclusive | truncate | O_NOFOLLOW;
}

/** Runs an operation of node:fs; its failure becomes one of the port. */
function said<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined || error instanceof HostFileError ? error : new HostFileError(code, message);
  }
}
