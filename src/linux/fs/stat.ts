import { FILE_TYPE, type HostStat, typeOf } from '../../host/files.js';
import { UID } from '../abi/constants.js';
import { EPOCH } from '../clock.js';
import { OWN_DEVICE } from './own-tree.js';

/** What stat(2) says of a file. */
export interface Stat extends HostStat {
  readonly atime: bigint;
}

const BLOCK_SIZE = 4096;

/** The stat of something that is in no file system of the host. */
export function syntheticStat(mode: number, ino: bigint, size = 0n, rdev = 0n): Stat {
  return { dev: 1n, ino, nlink: 1n, mode, uid: UID, gid: UID, rdev, size, blocks: 0n, atime: 0n, mtime: 0n, ctime: 0n };
}

/** When the guest has changed a file itself: access, modification and change, in ns since the epoch. */
export interface GuestTimes {
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/**
 * What the guest sees of a host file: what it was given with the tree, the type, permissions and size, and nothing of whose it is there, in which
 * block of which disk, and since when. So it is the same on every host.
 */
export function hostStat({ dev, mode, size, ownLinks = 1n }: HostStat, ino: bigint, times: GuestTimes | undefined): Stat {
  const directory = (mode & FILE_TYPE.mask) === FILE_TYPE.directory;
  const bytes = directory ? BigInt(BLOCK_SIZE) : size;
  return {
    ...{
      dev: HOST_DEVICE,
      ino,
      nlink: directory ? 2n : ownLinks,
      mode: mode & (FILE_TYPE.mask | PERMISSIONS | (dev === OWN_DEVICE ? STICKY : 0)),
      uid: UID,
      gid: UID,
      rdev: 0n,
    },
    ...{ size: bytes, blocks: (bytes + 511n) / 512n },
    ...(times ?? { atime: EPOCH, mtime: EPOCH, ctime: EPOCH }),
  };
}

/** Device of all files of the host. */
const HOST_DEVICE = 0x801n;
/** Without set-uid and its like, which mean nothing to a guest that has no other user. */
const PERMISSIONS = 0o777;
/** Of the guest's own files alone. */
const STICKY = 0o1000;

const SECOND = 1_000_000_000n;

/** struct stat of amd64 (asm/stat.h): 144 bytes. */
export function encodeStat(stat: Stat): Uint8Array {
  const bytes = new Uint8Array(144);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, stat.dev, true);
  view.setBigUint64(8, stat.ino, true);
  view.setBigUint64(16, stat.nlink, true);
  view.setUint32(24, stat.mode, true);
  view.setUint32(28, stat.uid, true);
  view.setUint32(32, stat.gid, true);
  view.setBigUint64(40, stat.rdev, true);
  view.setBigInt64(48, stat.size, true);
  view.setBigInt64(56, BigInt(BLOCK_SIZE), true);
  view.setBigInt64(64, stat.blocks, true);
  for (const [i, time] of [stat.atime, stat.mtime, stat.ctime].entries()) {
    view.setBigInt64(72 + 16 * i, time / SECOND, true);
    view.setBigInt64(80 + 16 * i, time % SECOND, true);
  }
  return bytes;
}

/** STATX_BASIC_STATS. */
const BASIC_STATS = 0x7ff;

/** struct statx (uapi/linux/stat.h): 256 bytes. */
export function encodeStatx(stat: Stat): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BASIC_STATS, true);
  view.setUint32(4, BLOCK_SIZE, true);
  view.setUint32(16, Number(stat.nlink), true);
  view.setUint32(20, stat.uid, true);
  view.setUint32(24, stat.gid, true);
  view.setUint16(28, stat.mode, true);
  view.setBigUint64(32, stat.ino, true);
  view.setBigInt64(40, stat.size, true);
  view.setBigInt64(48, stat.blocks, true);
  // Access, birth, change and modification time, in this order; the birth time is not known.
  for (const [at, time] of [
    [64, stat.atime],
    [96, stat.ctime],
    [112, stat.mtime],
  ] as const) {
    view.setBigInt64(at, time / SECOND, true);
    view.setUint32(at + 8, Number(time % SECOND), true);
  }
  view.setUint32(128, Number(stat.rdev >> 8n), true);
  view.setUint32(132, Number(stat.rdev & 0xffn), true);
  view.setUint32(136, Number(stat.dev >> 8n), true);
  view.setUint32(140, Number(stat.dev & 0xffn), true);
  return bytes;
}

export function isDirectory(stat: Stat): boolean {
  return typeOf(stat) === FILE_TYPE.directory;
}
