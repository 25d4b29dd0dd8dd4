/** The files of the machine that Node runs on. */
import * as fs from 'node:fs';
import { FILE_TYPE, type FileHandle, type HostEntry, HostFileError, type HostFiles, type HostStat, type OpenFlags } from '../files.js';

/** Handles are the process's descriptors. */
export const nodeFiles: HostFiles = {
  stat: path =>
    reaching(() => {
      const stat = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return stat && plain(stat);
    }),
  list: path => reaching(() => fs.readdirSync(path, { withFileTypes: true }).map(entry => described(path, entry))),
  readlink: path => reaching(() => fs.readlinkSync(path)),
  open: (path, flags, mode) => reaching(() => fs.openSync(path, numeric(flags), mode)),
  close: file => reaching(() => fs.closeSync(file)),
  fstat: file => reaching(() => plain(fs.fstatSync(file, { bigint: true }))),
  read,
  write: (file, offset, bytes) => reaching(() => fs.writeSync(file, bytes, 0, bytes.length, offset)),
  truncate: (file, size) => reaching(() => fs.ftruncateSync(file, size)),
  sync: file => reaching(() => fs.fsyncSync(file)),
  page: read,
  mkdir: (path, mode) => reaching(() => fs.mkdirSync(path, mode)),
  rmdir: path => reaching(() => fs.rmdirSync(path)),
  unlink: path => reaching(() => fs.unlinkSync(path)),
  rename: (from, to) => reaching(() => fs.renameSync(from, to)),
  symlink: (target, path) => reaching(() => fs.symlinkSync(target, path)),
  chmod: (path, mode) => reaching(() => fs.chmodSync(path, mode)),
};

function read(file: FileHandle, offset: number, length: number): Uint8Array {
  return reaching(() => {
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

function described(folder: string, entry: fs.Dirent): HostEntry {
  const type = entry.isDirectory() ? FILE_TYPE.directory : entry.isSymbolicLink() ? FILE_TYPE.link : entry.isFile() ? FILE_TYPE.file : 0;
  const { name } = entry;
  return { name, ino: fs.lstatSync(`${folder}/${name}`, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n, type };
}

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
  return access | create | exclusive | truncate | (constants.O_NOFOLLOW ?? 0);
}

/** Runs an operation of node:fs; its failure becomes one of the port. */
function reaching<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new HostFileError(code, message);
  }
}
