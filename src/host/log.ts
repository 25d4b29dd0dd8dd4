/** The host's files with a log of what a run took from them. */
import { type FileHandle, HostFileError, type HostFiles, type OpenFlags } from './files.js';

/** A call whose answer depends on when it is made, in the order of the run. */
export interface LoggedCall {
  readonly call: string;
  readonly args: readonly unknown[];
  /** What it gave, unless it failed. */
  readonly answer?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Plain data, for another process. */
export interface SavedFileLog {
  /** Position of the first call that is kept. */
  readonly first: number;
  readonly calls: readonly LoggedCall[];
  readonly opened: readonly (readonly [FileHandle, Opened])[];
  readonly changes: readonly (readonly [string, readonly number[]])[];
  readonly pages: readonly (readonly [string, Uint8Array])[];
}

/** What an open file is, for opening it again. */
interface Opened {
  readonly path: string;
  readonly access: OpenFlags['access'] | 'folder';
}

/** Bytes of answers that are kept. */
const MOST = 256 * 2 ** 20;
/** What any other answer is reckoned as. */
const SMALL = 64;

/** The run asks for something else than it did when it was logged: it is another run, or has been changed. */
export class DivergedError extends Error {
  override name = 'DivergedError';
}

/**
 * Files whose calls are logged. `position` says how many calls of the log the run has made: a part of its state. After `seek` to an earlier one the
 * same calls get the same answers from the log and change nothing on the host, which is asked again only behind the log's end. Handles are positions
 * too, of the calls that opened them; a file that is not open any more when the host is asked is opened again by its path.
 *
 * Pages of mappings are looked up by file and place, since anybody may ask for them at any time: what was seen once stays so until the guest
 * changes that file.
 */
export class LoggedFiles implements HostFiles {
  private at: number;
  private first: number;
  private readonly calls: LoggedCall[];
  private readonly opened: Map<FileHandle, Opened>;
  /** Path -> positions of the calls that changed the file. */
  private readonly changes: Map<string, number[]>;
  private readonly pages: Map<string, Uint8Array>;
  /** Handles of the host for ours, of what is open there now. */
  private readonly inner = new Map<FileHandle, FileHandle>();
  private size = 0;

  /** `host`: what is asked behind the end of the log. `saved`: a log to begin with, of another process perhaps. `most`: the oldest answers go when there are more bytes. */
  constructor(
    private readonly host: HostFiles,
    saved?: SavedFileLog,
    private readonly most = MOST,
  ) {
    this.first = saved?.first ?? 0;
    this.at = this.first;
    this.calls = [...(saved?.calls ?? [])];
    this.opened = new Map(saved?.opened);
    this.changes = new Map(saved?.changes.map(([path, positions]) => [path, [...positions]]));
    this.pages = new Map(saved?.pages);
    for (const call of this.calls) this.size += weight(call.answer);
    for (const bytes of this.pages.values()) this.size += bytes.length;
  }

  get position(): number {
    return this.at;
  }

  /** Position behind the last call of the log. */
  get end(): number {
    return this.first + this.calls.length;
  }

  /** Goes to a position that the run has been at. Throws RangeError when the log does not reach so far back. */
  seek(position: number): void {
    if (!(position >= this.first && position <= this.end)) {
      throw new RangeError(`the log of files has the calls ${this.first} to ${this.end}, not ${position}`);
    }
    this.at = position;
  }

  /** Forgets what is behind the position: the run goes on another way from here. */
  cut(): void {
    for (const call of this.calls.splice(this.at - this.first)) this.size -= weight(call.answer);
    for (const handle of this.opened.keys()) {
      if (handle < this.at) continue;
      const inner = this.inner.get(handle);
      if (inner !== undefined) this.host.close(inner);
      this.inner.delete(handle);
      this.opened.delete(handle);
    }
    for (const [path, positions] of this.changes) {
      const kept = positions.filter(position => position < this.at);
      if (kept.length === positions.length) continue;
      this.changes.set(path, kept);
      // What was read of it since is of a file that is no more as the run knows it.
      for (const key of this.pages.keys()) if (key.startsWith(`${path}\0`) && versionOf(key) > kept.length) this.forget(key);
    }
  }

  /** Is from now on the log that was saved, of another way that the run has taken; `seek` says where in it. */
  become(saved: SavedFileLog): void {
    this.calls.splice(0, this.calls.length, ...saved.calls);
    this.opened.clear();
    for (const [handle, opened] of saved.opened) this.opened.set(handle, opened);
    this.changes.clear();
    for (const [path, positions] of saved.changes) this.changes.set(path, [...positions]);
    this.first = saved.first;
    this.at = saved.first;
    this.size = [...this.pages.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    for (const call of this.calls) this.size += weight(call.answer);
  }

  save(): SavedFileLog {
    return {
      first: this.first,
      calls: [...this.calls],
      opened: [...this.opened],
      changes: [...this.changes].map(([path, positions]) => [path, [...positions]]),
      pages: [...this.pages],
    };
  }

  // ---- calls in the order of the run -----------------------------------------------------------------------------------------------------

  readonly stat: HostFiles['stat'] = path => this.logged('stat', [path], () => this.host.stat(path));
  readonly near: HostFiles['near'] = folder => this.host.near(folder);
  readonly look: HostFiles['look'] = path => this.logged('look', [path], () => this.host.look(path));
  readonly list: HostFiles['list'] = path => this.logged('list', [path], () => this.host.list(path));
  readonly readlink: HostFiles['readlink'] = path => this.logged('readlink', [path], () => this.host.readlink(path));
  readonly fstat: HostFiles['fstat'] = file => this.logged('fstat', [file], () => this.host.fstat(this.innerOf(file)));
  readonly sync: HostFiles['sync'] = file => this.logged('sync', [file], () => this.host.sync(this.innerOf(file)));
  readonly mkdir: HostFiles['mkdir'] = (path, mode) => this.logged('mkdir', [path, mode], () => this.host.mkdir(path, mode));
  readonly rmdir: HostFiles['rmdir'] = path => this.logged('rmdir', [path], () => this.host.rmdir(path));
  readonly unlink: HostFiles['unlink'] = path => this.logged('unlink', [path], () => this.host.unlink(path));
  readonly rename: HostFiles['rename'] = (from, to) => this.logged('rename', [from, to], () => this.host.rename(from, to));
  readonly symlink: HostFiles['symlink'] = (target, path) => this.logged('symlink', [target, path], () => this.host.symlink(target, path));
  readonly utimes: HostFiles['utimes'] = (path, times) =>
    this.logged('utimes', [path, String(times.access), String(times.modification)], () => this.host.utimes(path, times));
  readonly listOpen: HostFiles['listOpen'] = folder => this.logged('listOpen', [folder], () => this.host.listOpen(this.innerOf(folder)));
  readonly chmod: HostFiles['chmod'] = (path, mode) => this.logged('chmod', [path, mode], () => this.host.chmod(path, mode));

  readonly read: HostFiles['read'] = (file, offset, length) =>
    this.logged('read', [file, offset, length], () => this.host.read(this.innerOf(file), offset, length));

  readonly write: HostFiles['write'] = (file, offset, bytes) => {
    const written = this.logged('write', [file, offset, bytes.length, sum(bytes)], () =>
      this.host.write(this.innerOf(file), offset, bytes),
    );
    this.noteChange(this.opened.get(file)?.path);
    return written;
  };

  readonly truncate: HostFiles['truncate'] = (file, size) => {
    this.logged('truncate', [file, size], () => this.host.truncate(this.innerOf(file), size));
    this.noteChange(this.opened.get(file)?.path);
  };

  readonly open: HostFiles['open'] = (path, flags, mode) => {
    const handle = this.at;
    this.logged('open', [path, flags, mode], () => {
      this.inner.set(handle, this.host.open(path, flags, mode));
      this.opened.set(handle, { path, access: flags.access });
    });
    if (flags.truncate) this.noteChange(path);
    return handle;
  };

  readonly openFolder: HostFiles['openFolder'] = path => {
    const handle = this.at;
    this.logged('openFolder', [path], () => {
      this.inner.set(handle, this.host.openFolder(path));
      this.opened.set(handle, { path, access: 'folder' });
    });
    return handle;
  };

  readonly again: HostFiles['again'] = file => {
    const handle = this.at;
    this.logged('again', [file], () => {
      this.inner.set(handle, this.host.again(this.innerOf(file)));
      this.opened.set(handle, { path: this.opened.get(file)!.path, access: 'read' });
    });
    return handle;
  };

  readonly close: HostFiles['close'] = file =>
    this.logged('close', [file], () => {
      const inner = this.inner.get(file);
      this.inner.delete(file);
      if (inner !== undefined) this.host.close(inner);
    });

  private logged<T>(call: string, args: readonly unknown[], live: () => T): T {
    if (this.at < this.end) return this.replayed(call, args) as T;
    let entry: LoggedCall;
    try {
      entry = { call, args, answer: live() };
    } catch (error) {
      if (!(error instanceof HostFileError)) throw error;
      entry = { call, args, error: { code: error.code, message: error.message } };
    }
    this.calls.push(entry);
    this.at++;
    this.size += weight(entry.answer);
    this.bound();
    return answerOf(entry) as T;
  }

  private replayed(call: string, args: readonly unknown[]): unknown {
    const entry = this.calls[this.at - this.first]!;
    if (entry.call !== call || JSON.stringify(entry.args) !== JSON.stringify(args)) {
      throw new DivergedError(
        `call ${this.at} of the log of files is ${shown(entry.call, entry.args)}, the run wants ${shown(call, args)}`,
      );
    }
    this.at++;
    return answerOf(entry);
  }

  /** The host's handle. It has none yet when the log was made by another process, or when the run has gone back to before the file was closed. */
  private innerOf(file: FileHandle): FileHandle {
    const known = this.inner.get(file);
    if (known !== undefined) return known;
    const opened = this.opened.get(file);
    if (opened === undefined) throw new HostFileError('EBADF', `no file was opened by call ${file}`);
    const { path, access } = opened;
    const inner = access === 'folder' ? this.host.openFolder(path) : this.host.open(path, { access }, 0);
    this.inner.set(file, inner);
    return inner;
  }

  // ---- pages -----------------------------------------------------------------------------------------------------------------------------

  /** The call before this position has changed a file. */
  private noteChange(path: string | undefined): void {
    if (path === undefined) return;
    const positions = this.changes.get(path) ?? [];
    const position = this.at - 1;
    if (positions.at(-1) === undefined || positions.at(-1)! < position) this.changes.set(path, [...positions, position]);
  }

  readonly page: HostFiles['page'] = (file, offset, length) => {
    const path = this.opened.get(file)?.path ?? '';
    const positions = this.changes.get(path) ?? [];
    const version = positions.filter(position => position < this.at).length;
    const key = `${path}\0${file}\0${offset}\0${length}\0${version}`;
    const known = this.pages.get(key);
    if (known !== undefined) return known;
    if (version < positions.length) throw new HostFileError('EIO', `${path} was changed since, and nobody had read it there`);
    const bytes = this.host.page(this.innerOf(file), offset, length);
    this.pages.set(key, bytes);
    this.size += bytes.length;
    this.bound();
    return bytes;
  };

  private forget(key: string): void {
    this.size -= this.pages.get(key)?.length ?? 0;
    this.pages.delete(key);
  }

  /** Lets the oldest go: half of all, so that it happens rarely. */
  private bound(): void {
    if (this.size <= this.most) return;
    let count = 0;
    while (count < this.at - this.first && this.size > this.most / 2) this.size -= weight(this.calls[count++]!.answer);
    this.calls.splice(0, count);
    this.first += count;
    for (const key of this.pages.keys()) {
      if (this.size <= this.most / 2) break;
      this.forget(key);
    }
  }
}

function answerOf({ answer, error }: LoggedCall): unknown {
  if (error !== undefined) throw new HostFileError(error.code, error.message);
  return answer;
}

const weight = (answer: unknown): number => (answer instanceof Uint8Array ? answer.length : SMALL);

const versionOf = (key: string): number => Number(key.slice(key.lastIndexOf('\0') + 1));

/** Tells what was written from other bytes of the same length (FNV-1a). */
function sum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

const shown = (call: string, args: readonly unknown[]): string => `${call}(${args.map(arg => JSON.stringify(arg)).join(', ')})`;

/** Files of a place that has none: where there is no host, or a log must do. */
export const noFiles: HostFiles = {
  near: () => {},
  stat: () => undefined,
  look: () => undefined,
  list: absent,
  readlink: absent,
  open: absent,
  openFolder: absent,
  again: absent,
  listOpen: absent,
  close: () => {},
  fstat: absent,
  read: absent,
  write: absent,
  truncate: absent,
  sync: absent,
  page: absent,
  mkdir: absent,
  rmdir: absent,
  unlink: absent,
  rename: absent,
  symlink: absent,
  chmod: absent,
  utimes: absent,
};

function absent(): never {
  throw new HostFileError('ENOENT', 'there are no files here');
}
