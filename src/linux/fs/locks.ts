import { checkVersion, type Versioned } from '../../cpu/part.js';
import { E, Errno } from '../abi/errno.js';

/** Whose a lock is: a process's (fcntl(2)), or an open file's (F_OFD_SETLK, flock(2)). */
export type LockOwner = { readonly kind: 'process'; readonly pid: number } | { readonly kind: 'file'; readonly file: number };

/** What is wanted of a range: `end` is its last byte, 2 ** 63 - 1 where it has no end. flock(2) and fcntl(2) know nothing of each other's locks. */
export interface LockRequest {
  readonly call: 'flock' | 'fcntl';
  readonly owner: LockOwner;
  readonly type: 'shared' | 'exclusive' | 'none';
  readonly start: bigint;
  readonly end: bigint;
}

/** A lock that is held, on a file by what that is. */
export type HeldLock = LockRequest & { readonly on: string };

export type SavedLocks = Versioned<{ readonly held: readonly HeldLock[] }>;

/** Locks of all files together; more are ENOLCK. */
const MOST = 65_536;

export const sameOwner = (a: LockOwner, b: LockOwner): boolean =>
  a.kind === 'process' ? b.kind === 'process' && a.pid === b.pid : b.kind === 'file' && a.file === b.file;

const overlaps = (a: LockRequest, b: LockRequest): boolean => a.start <= b.end && b.start <= a.end;

/** The locks on files that processes hold: fcntl(2), flock(2). */
export class FileLocks {
  /** Those of one file and owner by their ranges, which do not overlap. */
  private held: HeldLock[] = [];

  /** Who is in the way of a request. */
  conflict(on: string, request: LockRequest): HeldLock | undefined {
    return this.held.find(
      each =>
        each.on === on &&
        each.call === request.call &&
        !sameOwner(each.owner, request.owner) &&
        overlaps(each, request) &&
        (each.type === 'exclusive' || request.type === 'exclusive'),
    );
  }

  /** Takes or releases a range. Returns whether nobody was in the way. Throws ENOLCK. */
  apply(on: string, request: LockRequest): boolean {
    const mine = (each: HeldLock) => each.on === on && each.call === request.call && sameOwner(each.owner, request.owner);
    if (request.call === 'flock') {
      if (this.held.some(each => mine(each) && each.type === request.type)) return true;
      // A lock that becomes another is given up first, and lost if that is not to be had (flock(2)).
      this.held = this.held.filter(each => !mine(each));
    }
    if (request.type !== 'none' && this.conflict(on, request) !== undefined) return false;
    const [own, others] = [this.held.filter(mine), this.held.filter(each => !mine(each))];
    const left = own.flatMap(each => cut(each, request));
    if (request.type !== 'none') left.push({ ...request, on });
    const joined = join(left);
    if (others.length + joined.length > MOST) throw new Errno(E.NOLCK);
    this.held = [...others, ...joined];
    return true;
  }

  /** A descriptor of a process is closed: its own locks of that file are gone, however else it has it open. */
  closed(on: () => string, pid: number): void {
    if (this.held.length === 0 || !this.held.some(({ owner }) => owner.kind === 'process' && owner.pid === pid)) return;
    const what = on();
    this.held = this.held.filter(({ owner, ...each }) => each.on !== what || owner.kind !== 'process' || owner.pid !== pid);
  }

  /** No descriptor refers to an open file any more. */
  left(file: number): void {
    if (this.held.length > 0) this.held = this.held.filter(({ owner }) => owner.kind !== 'file' || owner.file !== file);
  }

  save(): SavedLocks {
    return { version: 1, held: [...this.held] };
  }

  restore(saved: SavedLocks): void {
    checkVersion('locks', saved, 1);
    this.held = [...saved.held];
  }
}

/** What is left of a lock beside a range. */
function cut(lock: HeldLock, { start, end }: LockRequest): HeldLock[] {
  if (lock.start > end || start > lock.end) return [lock];
  return [...(lock.start < start ? [{ ...lock, end: start - 1n }] : []), ...(lock.end > end ? [{ ...lock, start: end + 1n }] : [])];
}

/** Ranges of one owner that touch and are of one type are one. */
function join(locks: HeldLock[]): HeldLock[] {
  const out: HeldLock[] = [];
  for (const lock of locks.sort((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = out.at(-1);
    if (last !== undefined && last.type === lock.type && last.end + 1n === lock.start) out[out.length - 1] = { ...last, end: lock.end };
    else out.push(lock);
  }
  return out;
}
