import { FILE_TYPE, type HostFiles, typeOf } from '../../host/files.js';
import { isUnder, normalise } from '../../host/path.js';
import { AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, O, S, UID } from '../abi/constants.js';
import { E, Errno, host } from '../abi/errno.js';
import { EPOCH } from '../clock.js';
import { HostDirectory, HostFile, noteChange } from '../fs/files.js';
import type { OpenFile } from '../fs/open-file.js';
import { encodeStat, encodeStatx, type GuestTimes, isDirectory, type Stat } from '../fs/stat.js';
import type { Kernel } from '../kernel.js';
import { int, long, rowsOf, type SyscallRow, uint } from './row.js';
import { SECOND } from './timespec.js';

const encoder = new TextEncoder();

/** The absolute path of an argument, seen from a directory descriptor. */
export function pathAt(kernel: Kernel, directory: number, address: bigint): string {
  const path = kernel.user.path(address);
  if (path.startsWith('/') || directory === AT_FDCWD) return kernel.fs.absolute(path);
  const file = kernel.fds.get(directory);
  if (path !== '' && !isDirectory(file.stat())) throw new Errno(E.NOTDIR);
  return kernel.fs.absolute(path, file.path);
}

function open(kernel: Kernel, call: string, directory: number, address: bigint, flags: number, mode: number): number {
  const file = kernel.fs.open(call, pathAt(kernel, directory, address), flags, mode);
  try {
    return kernel.fds.add(file, (flags & O.CLOEXEC) !== 0);
  } catch (error) {
    if (file.references === 0) file.close();
    throw error;
  }
}

/** stat by path, or by descriptor when the path is empty and AT_EMPTY_PATH says so. */
function statAt(kernel: Kernel, call: string, directory: number, address: bigint, flags: number): Stat {
  if ((flags & AT_EMPTY_PATH) !== 0 && (address === 0n || kernel.user.path(address) === '')) {
    return directory === AT_FDCWD ? kernel.fs.stat(call, kernel.fs.cwd, true) : kernel.fds.get(directory).stat();
  }
  return kernel.fs.stat(call, pathAt(kernel, directory, address), (flags & AT_SYMLINK_NOFOLLOW) === 0);
}

function putStat(kernel: Kernel, address: bigint, stat: Stat): number {
  kernel.user.write(address, encodeStat(stat));
  return 0;
}

function readlink(kernel: Kernel, call: string, directory: number, args: readonly bigint[]): number {
  const [address, buffer, length] = args as [bigint, bigint, bigint];
  if (int(length) <= 0) return -E.INVAL;
  const target = encoder.encode(kernel.fs.readlink(call, pathAt(kernel, directory, address))).subarray(0, int(length));
  kernel.user.write(buffer, target);
  return target.length;
}

function access(kernel: Kernel, call: string, directory: number, address: bigint, mode: number): number {
  if ((mode & ~7) !== 0) return -E.INVAL;
  kernel.fs.access(call, pathAt(kernel, directory, address), mode);
  return 0;
}

function chdir(kernel: Kernel, call: string, path: string): number {
  if (!isDirectory(kernel.fs.stat(call, path, true))) return -E.NOTDIR;
  kernel.fs.access(call, path, 1);
  kernel.fs.cwd = normalise(path);
  return 0;
}

/** Changes one thing in a folder that the guest may write in: `how`: it gets a name or loses one, or is changed where its path, or a link there, leads. */
function change(
  kernel: Kernel,
  call: string,
  how: 'made' | 'removed' | 'followed' | 'itself',
  directory: number,
  address: bigint,
  act: (files: HostFiles, real: string) => void,
): number {
  const entry = how === 'made' || how === 'removed' ? how : undefined;
  const path = pathAt(kernel, directory, address);
  // A link of which a folder is made by what follows is followed in any case.
  const follow = how === 'followed' || (how === 'itself' && /\/\.?$/.test(path));
  const place = kernel.fs.changeable(call, path, follow, entry);
  host(() => act(kernel.fs.host, place.real));
  return 0;
}

/** Bits of a mode that can be set: the sticky one of the guest's own files alone, and no set-uid or set-gid. */
const modesAt = ({ own }: Kernel, real: string): number => (own.owns(real) ? 0o1777 : 0o777);

/** Throws ENOENT. */
function typeAt(files: HostFiles, real: string): number {
  const stat = files.look(real);
  if (stat === undefined) throw new Errno(E.NOENT);
  return typeOf(stat);
}

function mkdir(kernel: Kernel, call: string, directory: number, address: bigint, mode: number): number {
  return change(kernel, call, 'made', directory, address, (files, real) => {
    files.mkdir(real, mode & modesAt(kernel, real) & ~kernel.umask);
    noteChange(kernel.view, real);
  });
}

/** What is no folder gets no name that ends in a slash: a path of a folder (path_resolution(7)). */
function notAsFolder(kernel: Kernel, address: bigint, files: HostFiles, real: string): void {
  if (kernel.user.path(address).endsWith('/') && files.look(real) === undefined) throw new Errno(E.NOENT);
}

/** Whether a path ends in `.` or `..`, which no folder can be rid of. */
function dots(kernel: Kernel, address: bigint): '.' | '..' | undefined {
  const last = kernel.user.path(address).split('/').filter(Boolean).at(-1);
  return last === '.' || last === '..' ? last : undefined;
}

function unlink(kernel: Kernel, call: string, directory: number, address: bigint, isDir: boolean): number {
  const end = dots(kernel, address);
  if (end !== undefined) return isDir ? (end === '.' ? -E.INVAL : -E.NOTEMPTY) : -E.ISDIR;
  return change(kernel, call, 'removed', directory, address, (files, real) => {
    if (isDir) files.rmdir(real);
    else if (typeAt(files, real) === FILE_TYPE.directory) throw new Errno(E.ISDIR);
    else files.unlink(real);
    kernel.nodes.removed(real);
  });
}

function rename(kernel: Kernel, call: string, from: readonly [number, bigint], to: readonly [number, bigint], flags: number): number {
  if ((flags & ~1) !== 0) return -E.INVAL;
  if (dots(kernel, from[1]) !== undefined || dots(kernel, to[1]) !== undefined) return -E.BUSY;
  const target = kernel.fs.changeable(call, pathAt(kernel, to[0], to[1]), false, 'made');
  if ((flags & 1) !== 0 && target.exists) return -E.EXIST;
  return change(kernel, call, 'removed', from[0], from[1], (files, real) => {
    if (kernel.user.path(to[1]).endsWith('/') && typeAt(files, real) !== FILE_TYPE.directory) throw new Errno(E.NOTDIR);
    files.rename(real, target.real);
    kernel.nodes.renamed(real, target.real);
    moved(kernel, real, target.real);
  });
}

/** What is open below a folder that has another name now is still there, and what is asked from its descriptor on too. */
function moved(kernel: Kernel, from: string, to: string): void {
  const moves = (path: string): boolean => isUnder(path, from);
  for (const file of kernel.files.all)
    if ((file instanceof HostFile || file instanceof HostDirectory) && moves(file.real)) file.movedTo(to + file.real.slice(from.length));
  if (moves(kernel.fs.cwd)) kernel.fs.cwd = to + kernel.fs.cwd.slice(from.length);
}

function symlink(kernel: Kernel, call: string, target: bigint, directory: number, address: bigint): number {
  const text = kernel.user.path(target);
  return change(kernel, call, 'made', directory, address, (files, real) => {
    notAsFolder(kernel, address, files, real);
    files.symlink(text, real);
    noteChange(kernel.view, real);
  });
}

/** link(2): among the guest's own files. A link is not followed, unless AT_SYMLINK_FOLLOW says so. */
function link(kernel: Kernel, call: string, from: readonly [number, bigint], to: readonly [number, bigint], flags: number): number {
  if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) return -E.INVAL;
  let given = pathAt(kernel, from[0], from[1]);
  const file = (flags & AT_SYMLINK_FOLLOW) === 0 ? undefined : kernel.fs.descriptorAt(given);
  // As os/exec's kin do with a file that has no name: by what its descriptor is called in /proc.
  if (file !== undefined) given = file.path;
  const source = kernel.fs.changeable(call, given, (flags & AT_SYMLINK_FOLLOW) !== 0);
  return change(kernel, call, 'made', to[0], to[1], (files, real) => {
    const { own } = kernel;
    notAsFolder(kernel, to[1], files, real);
    if (!own.owns(source.real) && !own.owns(real))
      kernel.refusals.add(call, `${source.guest}: hard links are made among files of its own alone`, 'EPERM');
    own.link(source.real, real);
    kernel.nodes.linked(source.real, real);
  });
}

function chmod(kernel: Kernel, call: string, directory: number, address: bigint, mode: number): number {
  // By its descriptor's name in /proc, as who has opened it with O_PATH does.
  const open = kernel.fs.descriptorAt(normalise(pathAt(kernel, directory, address)));
  if (open !== undefined) return chmodOpen(kernel, call, open, mode);
  return change(kernel, call, 'followed', directory, address, (files, real) => {
    typeAt(files, real);
    files.chmod(real, mode & modesAt(kernel, real));
    setTimes(kernel, real, {});
  });
}

function fchmod(kernel: Kernel, fd: number, mode: number): number {
  const file = kernel.fds.get(fd);
  if ((file.flags & O.PATH) !== 0) return -E.BADF;
  return chmodOpen(kernel, 'fchmod', file, mode);
}

/** Of what is open, by where it was opened. */
function chmodOpen(kernel: Kernel, call: string, file: OpenFile, mode: number): number {
  if (!(file instanceof HostFile) && !(file instanceof HostDirectory)) return -E.PERM;
  const { real } = kernel.fs.changeable(call, file.path);
  host(() => kernel.fs.host.chmod(real, mode & modesAt(kernel, real)));
  setTimes(kernel, real, {});
  return 0;
}

/** Owner and group stay what they are, and that may be asked for (chown(2)): -1, or the guest's own. */
function owned(kernel: Kernel, call: string, owner: bigint, group: bigint): void {
  if ([owner, group].every(id => int(id) === -1 || uint(id) === UID)) return;
  kernel.refusals.add(call, 'owners cannot be changed', 'EPERM');
  throw new Errno(E.PERM);
}

function chown(kernel: Kernel, call: string, directory: number, address: bigint, ids: readonly [bigint, bigint], flags: number): number {
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -E.INVAL;
  if ((flags & AT_EMPTY_PATH) !== 0 && kernel.user.path(address) === '') return fchown(kernel, call, directory, ids);
  const how = (flags & AT_SYMLINK_NOFOLLOW) === 0 ? 'followed' : 'itself';
  return change(kernel, call, how, directory, address, (files, real) => {
    typeAt(files, real);
    owned(kernel, call, ...ids);
    if (files.look(real) !== undefined) setTimes(kernel, real, {});
  });
}

function fchown(kernel: Kernel, call: string, fd: number, ids: readonly [bigint, bigint]): number {
  if ((kernel.fds.get(fd).flags & O.PATH) !== 0 && call === 'fchown') return -E.BADF;
  owned(kernel, call, ...ids);
  return 0;
}

/** A file that is empty, made as open(2) does. Devices are not, and other names have calls of their own. */
function mknod(kernel: Kernel, call: string, directory: number, address: bigint, mode: number): number {
  if ((mode & S.IFMT) !== 0 && (mode & S.IFMT) !== S.IFREG) {
    kernel.refusals.add(call, 'no devices are made, nor named pipes', 'EPERM');
    return -E.PERM;
  }
  kernel.fs.open(call, pathAt(kernel, directory, address), O.CREAT | O.EXCL | O.WRONLY, mode).close();
  return 0;
}

/** Times that are given, the others as they were; the time of the change is now. */
function setTimes({ nodes, view }: Kernel, real: string, given: { readonly atime?: bigint; readonly mtime?: bigint }): GuestTimes {
  const { atime, mtime } = nodes.timesOf(real) ?? { atime: EPOCH, mtime: EPOCH };
  const times = { atime: given.atime ?? atime, mtime: given.mtime ?? mtime, ctime: view.now() };
  nodes.changed(real, times);
  return times;
}

const UTIME_NOW = 0x3fff_ffffn;
const UTIME_OMIT = 0x3fff_fffen;

/** One of the two timespecs of utimensat(2). Throws EINVAL. */
function wantedTime(kernel: Kernel, address: bigint): bigint | undefined {
  const view = kernel.user.view(address, 16);
  const nanoseconds = view.getBigInt64(8, true);
  if (nanoseconds === UTIME_NOW) return kernel.view.now();
  if (nanoseconds === UTIME_OMIT) return undefined;
  if (nanoseconds < 0n || nanoseconds >= SECOND) throw new Errno(E.INVAL);
  return view.getBigInt64(0, true) * SECOND + nanoseconds;
}

/** What the host's files get is what the guest asked for; what it sees are its own times. */
function utimens(kernel: Kernel, directory: number, address: bigint, times: bigint, flags: number): number {
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -E.INVAL;
  const now = kernel.view.now();
  const [access, modification] = times === 0n ? [now, now] : [wantedTime(kernel, times), wantedTime(kernel, times + 16n)];
  const given = {
    ...(access === undefined ? {} : { atime: access }),
    ...(modification === undefined ? {} : { mtime: modification }),
  };
  const set = (files: HostFiles, real: string): void => {
    if (typeAt(files, real) === FILE_TYPE.link) throw new Errno(E.OPNOTSUPP);
    const { atime, mtime } = setTimes(kernel, real, given);
    files.utimes(real, { access: atime, modification: mtime });
  };
  const how = (flags & AT_SYMLINK_NOFOLLOW) === 0 ? 'followed' : 'itself';
  if (address !== 0n) return change(kernel, 'utimensat', how, directory, address, set);
  const file = kernel.fds.get(directory);
  if (!(file instanceof HostFile) && !(file instanceof HostDirectory)) return -E.ACCES;
  const place = kernel.fs.changeable('utimensat', file.path);
  host(() => set(kernel.fs.host, place.real));
  return 0;
}

function truncate(kernel: Kernel, path: string, size: number): number {
  if (size < 0) return -E.INVAL;
  const file = kernel.fs.open('truncate', path, O.WRONLY, 0);
  try {
    file.truncate(size);
  } finally {
    file.close();
  }
  return 0;
}

/** struct statfs: a file system of 4 KiB blocks that says nothing of the host's. */
function putStatfs(kernel: Kernel, address: bigint): number {
  const TMPFS_MAGIC = 0x0102_1994n;
  const words = new BigUint64Array(15);
  words.set([TMPFS_MAGIC, 4096n, 262144n, 131072n, 131072n, 65536n, 32768n, 0n, 255n, 4096n]);
  kernel.user.write(address, new Uint8Array(words.buffer));
  return 0;
}

/** Flags of newfstatat, and of statx, which has two more that say how fresh the answer must be. */
const AT_NO_AUTOMOUNT = 0x800;
const STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
const AT_STATX_SYNC_TYPE = 0x6000;
const STATX_FLAGS = STAT_FLAGS | AT_STATX_SYNC_TYPE;
/** STATX__RESERVED of the mask. */
const STATX_RESERVED = 0x8000_0000;
const FACCESS_FLAGS = 0x200 | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;

const row = rowsOf('paths');

export const PATH_SYSCALLS: readonly SyscallRow[] = [
  row(2, 'open', 'path hex hex', (k, _t, a) => open(k, 'open', AT_FDCWD, a[0]!, int(a[1]), uint(a[2]))),
  row(85, 'creat', 'path hex', (k, _t, a) => open(k, 'creat', AT_FDCWD, a[0]!, O.CREAT | O.WRONLY | O.TRUNC, uint(a[1]))),
  row(257, 'openat', 'fd path hex hex', (k, _t, a) => open(k, 'openat', int(a[0]), a[1]!, int(a[2]), uint(a[3]))),
  row(4, 'stat', 'path ptr', (k, _t, a) => putStat(k, a[1]!, statAt(k, 'stat', AT_FDCWD, a[0]!, 0))),
  row(5, 'fstat', 'fd ptr', (k, _t, a) => putStat(k, a[1]!, k.fds.get(int(a[0])).stat())),
  row(6, 'lstat', 'path ptr', (k, _t, a) => putStat(k, a[1]!, statAt(k, 'lstat', AT_FDCWD, a[0]!, AT_SYMLINK_NOFOLLOW))),
  row(262, 'newfstatat', 'fd path ptr hex', (k, _t, a) => {
    if ((uint(a[3]) & ~STAT_FLAGS) !== 0) return -E.INVAL;
    return putStat(k, a[2]!, statAt(k, 'newfstatat', int(a[0]), a[1]!, int(a[3])));
  }),
  row(332, 'statx', 'fd path hex hex ptr', (k, _t, a) => {
    if ((uint(a[2]) & ~STATX_FLAGS) !== 0 || (uint(a[2]) & AT_STATX_SYNC_TYPE) === AT_STATX_SYNC_TYPE) return -E.INVAL;
    if ((uint(a[3]) & STATX_RESERVED) !== 0) return -E.INVAL;
    k.user.write(a[4]!, encodeStatx(statAt(k, 'statx', int(a[0]), a[1]!, int(a[2]))));
    return 0;
  }),
  row(21, 'access', 'path int', (k, _t, a) => access(k, 'access', AT_FDCWD, a[0]!, int(a[1]))),
  row(269, 'faccessat', 'fd path int', (k, _t, a) => access(k, 'faccessat', int(a[0]), a[1]!, int(a[2]))),
  row(439, 'faccessat2', 'fd path int hex', (k, _t, a) =>
    (uint(a[3]) & ~FACCESS_FLAGS) !== 0 ? -E.INVAL : access(k, 'faccessat2', int(a[0]), a[1]!, int(a[2])),
  ),
  row(89, 'readlink', 'path ptr size', (k, _t, a) => readlink(k, 'readlink', AT_FDCWD, a)),
  row(267, 'readlinkat', 'fd path ptr size', (k, _t, a) => readlink(k, 'readlinkat', int(a[0]), a.slice(1))),
  row(79, 'getcwd', 'ptr size', (k, _t, a) => {
    const bytes = encoder.encode(`${k.fs.cwd}\0`);
    if (BigInt(bytes.length) > a[1]!) return -E.RANGE;
    k.user.write(a[0]!, bytes);
    return bytes.length;
  }),
  row(80, 'chdir', 'path', (k, _t, a) => chdir(k, 'chdir', pathAt(k, AT_FDCWD, a[0]!))),
  row(81, 'fchdir', 'fd', (k, _t, a) => {
    const file = k.fds.get(int(a[0]));
    return isDirectory(file.stat()) ? chdir(k, 'fchdir', file.path) : -E.NOTDIR;
  }),
  row(83, 'mkdir', 'path hex', (k, _t, a) => mkdir(k, 'mkdir', AT_FDCWD, a[0]!, uint(a[1]))),
  row(258, 'mkdirat', 'fd path hex', (k, _t, a) => mkdir(k, 'mkdirat', int(a[0]), a[1]!, uint(a[2]))),
  row(84, 'rmdir', 'path', (k, _t, a) => unlink(k, 'rmdir', AT_FDCWD, a[0]!, true)),
  row(87, 'unlink', 'path', (k, _t, a) => unlink(k, 'unlink', AT_FDCWD, a[0]!, false)),
  row(263, 'unlinkat', 'fd path hex', (k, _t, a) => unlink(k, 'unlinkat', int(a[0]), a[1]!, (int(a[2]) & AT_REMOVEDIR) !== 0)),
  row(86, 'link', 'path path', (k, _t, a) => link(k, 'link', [AT_FDCWD, a[0]!], [AT_FDCWD, a[1]!], 0)),
  row(265, 'linkat', 'fd path fd path hex', (k, _t, a) => link(k, 'linkat', [int(a[0]), a[1]!], [int(a[2]), a[3]!], int(a[4]))),
  row(82, 'rename', 'path path', (k, _t, a) => rename(k, 'rename', [AT_FDCWD, a[0]!], [AT_FDCWD, a[1]!], 0)),
  row(264, 'renameat', 'fd path fd path', (k, _t, a) => rename(k, 'renameat', [int(a[0]), a[1]!], [int(a[2]), a[3]!], 0)),
  row(316, 'renameat2', 'fd path fd path hex', (k, _t, a) => rename(k, 'renameat2', [int(a[0]), a[1]!], [int(a[2]), a[3]!], int(a[4]))),
  row(88, 'symlink', 'path path', (k, _t, a) => symlink(k, 'symlink', a[0]!, AT_FDCWD, a[1]!)),
  row(266, 'symlinkat', 'path fd path', (k, _t, a) => symlink(k, 'symlinkat', a[0]!, int(a[1]), a[2]!)),
  row(90, 'chmod', 'path hex', (k, _t, a) => chmod(k, 'chmod', AT_FDCWD, a[0]!, uint(a[1]))),
  row(268, 'fchmodat', 'fd path hex', (k, _t, a) => chmod(k, 'fchmodat', int(a[0]), a[1]!, uint(a[2]))),
  row(91, 'fchmod', 'fd hex', (k, _t, a) => fchmod(k, int(a[0]), uint(a[1]))),
  row(76, 'truncate', 'path size', (k, _t, a) => truncate(k, pathAt(k, AT_FDCWD, a[0]!), long(a[1]))),
  row(280, 'utimensat', 'fd path ptr hex', (k, _t, a) => utimens(k, int(a[0]), a[1]!, a[2]!, uint(a[3]))),
  row(92, 'chown', 'path int int', (k, _t, a) => chown(k, 'chown', AT_FDCWD, a[0]!, [a[1]!, a[2]!], 0)),
  row(94, 'lchown', 'path int int', (k, _t, a) => chown(k, 'lchown', AT_FDCWD, a[0]!, [a[1]!, a[2]!], AT_SYMLINK_NOFOLLOW)),
  row(260, 'fchownat', 'fd path int int hex', (k, _t, a) => chown(k, 'fchownat', int(a[0]), a[1]!, [a[2]!, a[3]!], uint(a[4]))),
  row(93, 'fchown', 'fd int int', (k, _t, a) => fchown(k, 'fchown', int(a[0]), [a[1]!, a[2]!])),
  row(133, 'mknod', 'path hex hex', (k, _t, a) => mknod(k, 'mknod', AT_FDCWD, a[0]!, uint(a[1]))),
  row(259, 'mknodat', 'fd path hex hex', (k, _t, a) => mknod(k, 'mknodat', int(a[0]), a[1]!, uint(a[2]))),
  row(95, 'umask', 'hex', (k, _t, a) => {
    const before = k.umask;
    k.umask = uint(a[0]) & 0o777;
    return before;
  }),
  row(137, 'statfs', 'path ptr', (k, _t, a) => {
    k.fs.stat('statfs', pathAt(k, AT_FDCWD, a[0]!), true);
    return putStatfs(k, a[1]!);
  }),
  row(138, 'fstatfs', 'fd ptr', (k, _t, a) => {
    k.fds.get(int(a[0]));
    return putStatfs(k, a[1]!);
  }),
];
