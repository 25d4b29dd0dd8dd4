/** Files that r14 keeps for its user: whole at every moment, whoever ends it, and with what several of r14 at once have to add. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { FilePiece } from '../files.js';
import { makeFolder } from './folder.js';

/** Milliseconds: how long another's turn is waited for, how long all others' turns, how long one may take at most, and between two looks. */
const PATIENCE = 5000;
const LONGEST_WAIT = 30_000;
const LONGEST_TURN = 10_000;
const PAUSE = 5;

const sleep = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

/**
 * Puts a text, or pieces, in the place of a file, or makes it: written beside it, and renamed when all of it is on the disk. What is no file, as a terminal, is
 * written to. Throws what the system says; the old file is then as it was.
 */
export function replaceFile(path: string, contents: string | Iterable<FilePiece>, mode = 0o666): void {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile() && typeof contents === 'string') {
    writeFileSync(path, contents);
    return;
  }
  folderOf(path, mode);
  // A link stays one.
  const real = before === undefined ? path : realpathSync(path);
  const beside = `${real}.${process.pid}.new`;
  try {
    const descriptor = openSync(beside, 'w', mode);
    try {
      if (typeof contents === 'string') writeFileSync(descriptor, contents);
      else for (const { at, bytes } of contents) writeAll(descriptor, at, bytes);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (before !== undefined) chmodSync(beside, before.mode & 0o7777);
    renameSync(beside, real);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function writeAll(descriptor: number, at: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, bytes.length - done, at + done);
}

/** Replaces a file by what `change` makes of its bytes, undefined where there is none; of all that change it so, one at a time. */
export function changeFile(path: string, change: (before: Uint8Array | undefined) => string, mode?: number): void {
  folderOf(path, mode);
  const lock = `${path}.lock`;
  take(lock);
  try {
    sweep(path);
    replaceFile(path, change(existsSync(path) ? readFileSync(path) : undefined), mode);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Makes the folder of a file, the user's alone where the file is. */
const folderOf = (path: string, mode: number | undefined): void => makeFolder(dirname(path), mode === 0o600 ? 0o700 : undefined);

/** Removes what others have begun to write beside a file and were killed at. */
function sweep(path: string): void {
  const folder = dirname(path);
  const beside = new RegExp(`^${basename(path).replace(/\W/g, '\\$&')}\\.(\\d+)\\.new$`);
  for (const name of readdirSync(folder)) {
    const owner = beside.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) rmSync(join(folder, name), { force: true });
  }
}

function take(lock: string): void {
  const last = Date.now() + LONGEST_WAIT;
  let [end, turn] = [0, ''];
  for (; ; sleep(PAUSE)) {
    if (made(lock)) return;
    const found = lstatSync(lock, { throwIfNoEntry: false });
    const now = Date.now();
    // Each turn of another is waited for anew: on a busy machine many may come first.
    if (`${found?.ino} ${found?.mtimeMs}` !== turn) [end, turn] = [Math.min(now + PATIENCE, last), `${found?.ino} ${found?.mtimeMs}`];
    if (isLeft(lock)) leave(lock);
    else if (now > end) throw Object.assign(new Error(`${lock} is there: another r14 is at it, or has ended there`), { code: 'EEXIST' });
  }
}

/** Makes a lock that says whose it is, in one step: a link to the number of a process. False when there is one. */
function made(lock: string): boolean {
  try {
    symlinkSync(String(process.pid), lock);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // A file system without links, as of a USB stick: what two at once have changed there is the later one's.
    if (['EPERM', 'ENOSYS', 'ENOTSUP'].includes(code)) return true;
    throw error;
  }
}

/** Whether nobody will remove a lock: its process has ended, or it has been there longer than a turn takes. */
function isLeft(lock: string): boolean {
  const found = lstatSync(lock, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (!found.isSymbolicLink()) return false;
  return Date.now() - found.mtimeMs > LONGEST_TURN || !isAlive(ownerOf(lock));
}

/** Number of a process; this one's where the lock has gone meanwhile. */
function ownerOf(lock: string): number {
  try {
    return Number(readlinkSync(lock));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return process.pid;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Removes a lock that is left, which one process does, under a lock of its own: another would remove what the first has made since. */
function leave(lock: string): void {
  const second = `${lock}.left`;
  if (!made(second)) {
    const found = lstatSync(second, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs > LONGEST_TURN) rmSync(second, { force: true });
    return;
  }
  try {
    if (isLeft(lock)) rmSync(lock, { force: true });
  } finally {
    rmSync(second, { force: true });
  }
}
