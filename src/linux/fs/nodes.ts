/** What the guest sees of the host's files beside their contents: numbers and times that are the same wherever it runs. */

import { checkVersion, type Versioned } from '../../cpu/part.js';
import { isUnder } from '../../host/path.js';
import type { GuestTimes } from './stat.js';

export type SavedNodes = Versioned<{
  readonly inodes: readonly (readonly [path: string, inode: bigint])[];
  readonly times: readonly (readonly [path: string, times: GuestTimes])[];
}>;

/** Files that are remembered to have been renamed or changed; of more the first are forgotten. */
const MOST = 65_536;

/**
 * A file's inode is made of its path, where it was first; its times are those of the guest's own changes, and else the beginning of the guest's
 * time. What is renamed keeps both.
 */
export class FileNodes {
  private last = { path: '', inode: hashOf('') };
  private readonly inodes = new Map<string, bigint>();
  private readonly times = new Map<string, GuestTimes>();

  inode(path: string): bigint {
    return this.inodes.get(path) ?? this.made(path);
  }

  /** The number of the path that was asked for last is asked for again, mostly. */
  private made(path: string): bigint {
    if (path !== this.last.path) this.last = { path, inode: hashOf(path) };
    return this.last.inode;
  }

  timesOf(path: string): GuestTimes | undefined {
    return this.times.get(path);
  }

  /** The guest has changed the contents, or what is said of it. */
  changed(path: string, times: GuestTimes): void {
    keep(this.times, path, times);
  }

  renamed(from: string, to: string): void {
    if (from === to) return;
    this.removed(to);
    const inode = this.inode(from);
    for (const table of [this.inodes, this.times] as Map<string, unknown>[]) {
      for (const [path, value] of [...table]) {
        if (!isUnder(path, from)) continue;
        table.delete(path);
        keep(table, to + path.slice(from.length), value);
      }
    }
    keep(this.inodes, to, inode);
  }

  /** Another name of the same file. */
  linked(from: string, to: string): void {
    keep(this.inodes, to, this.inode(from));
    const times = this.times.get(from);
    if (times !== undefined) keep(this.times, to, times);
  }

  removed(path: string): void {
    this.inodes.delete(path);
    this.times.delete(path);
  }

  save(): SavedNodes {
    return { version: 1, inodes: [...this.inodes], times: [...this.times] };
  }

  restore(saved: SavedNodes): void {
    checkVersion('file nodes', saved, 1);
    this.inodes.clear();
    this.times.clear();
    for (const [path, inode] of saved.inodes) this.inodes.set(path, inode);
    for (const [path, times] of saved.times) this.times.set(path, times);
  }
}

function keep<T>(table: Map<string, T>, path: string, value: T): void {
  if (!table.has(path) && table.size >= MOST) table.delete(table.keys().next().value!);
  table.set(path, value);
}

/** FNV-1a of two halves: 62 bits, so that two files of a tree have two numbers. */
function hashOf(path: string): bigint {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ (code + i), 0x85ebca6b);
  }
  return (BigInt(high >>> 2) << 32n) | BigInt(low >>> 0);
}
