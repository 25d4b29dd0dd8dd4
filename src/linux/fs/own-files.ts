import {
  FILE_TYPE,
  type FileHandle,
  type HostEntry,
  HostFileError,
  type HostFiles,
  type HostStat,
  type OpenFlags,
  typeOf,
} from '../../host/files.js';
import { basename, dirname, pathBelow, resolve } from '../../host/path.js';
import {
  FIRST_HANDLE,
  type FileNode,
  type FolderNode,
  type Found,
  type LinkNode,
  type NamedNode,
  OWN_DEVICE,
  OwnTree,
  type SavedTree,
  type SocketNode,
  type TreeNode,
} from './own-tree.js';

/** Bytes that a name, a link or a folder is counted as. */
const ENTRY_BYTES = 256;
/** Bytes of a name (limits.h). */
const NAME_MAX = 255;
/** A file is copied into memory in pieces. */
const PIECE = 1 << 20;
/** Folders that lie in each other on a path that something is made at. */
const DEEPEST = 2048;
/** Links that are followed to what was given. */
const MOST_LINKS = 40;

/** A file of the guest's own, for who keeps them. */
export interface OwnFile {
  /** Absolute, in the guest. */
  readonly path: string;
  readonly mode: number;
  readonly content:
    | { readonly kind: 'folder' }
    | { readonly kind: 'link'; readonly target: string }
    | { readonly kind: 'file'; readonly bytes: Uint8Array };
}

/**
 * The host's files with files of the guest's own in front, which are in memory: folders that begin empty, and folders that show the host's until
 * something is changed there (overlayfs). Whoever asks does not see which is which; the host's are never written there.
 */
export class OwnFiles implements HostFiles {
  private readonly tree = new OwnTree();
  /** Takes bytes of the guest's memory, or gives them back. Throws ENOSPC. */
  grow: (bytes: number) => void = () => {};

  constructor(readonly host: HostFiles) {}

  /** An empty folder of the guest's own. */
  begin(path: string, mode: number): void {
    this.tree.begin(path, mode);
  }

  /** A folder of the host, changes to which are the guest's own. */
  overlay(path: string): void {
    this.tree.begin(path, 0o755, path);
  }

  /** What was given by a path is seen there, in a folder of the guest's own too; so are the links on its way. */
  show(given: string): void {
    let names = given.split('/').filter(Boolean);
    let path = '';
    for (let links = 0; names.length > 0; ) {
      path = `${path}/${names[0]}`;
      names = names.slice(1);
      if (this.tree.rootOf(path) === undefined && names.length > 0) continue;
      const stat = this.host.stat(path);
      if (stat === undefined) break;
      if (typeOf(stat) !== FILE_TYPE.link) continue;
      this.tree.show(path);
      if (++links > MOST_LINKS) break;
      names = [...resolve(dirname(path), this.host.readlink(path)).split('/').filter(Boolean), ...names];
      path = '';
    }
    if (names.length === 0) this.tree.show(path);
  }

  /** Whether a host path, there or not, is the guest's own: it may do there what it likes. */
  owns(path: string): boolean {
    const found = this.tree.find(path);
    return found?.kind !== 'host' || found.owned;
  }

  /** Whether a folder of the guest's own lies somewhere below a path. */
  leadsToOwn(path: string): boolean {
    return this.tree.leadsToRoot(path);
  }

  /** Whether a handle is of the guest's own: it is good in every state of the machine that has it. */
  static isOwn(handle: FileHandle | undefined): boolean {
    return handle !== undefined && handle >= FIRST_HANDLE;
  }

  /** All that is the guest's own, folders before what is in them. */
  *all(): Generator<OwnFile> {
    for (const [path, node] of this.tree.all()) {
      if (node.kind === 'folder') yield { path, mode: node.mode & 0o777, content: { kind: 'folder' } };
      else if (node.kind === 'socket') continue;
      else if (node.kind === 'link') yield { path, mode: 0o777, content: { kind: 'link', target: node.target } };
      else yield { path, mode: node.mode & 0o777, content: { kind: 'file', bytes: node.content.bytes } };
    }
  }

  save(): SavedTree {
    return this.tree.save();
  }

  /** Another state is to take the place of this one: what is open is so no more. */
  leave(): void {
    this.tree.closeAll();
  }

  restore(saved: SavedTree): void {
    this.tree.restore(saved);
  }

  near(folder: string): void {
    this.host.near(folder);
  }

  stat(path: string): HostStat | undefined {
    const found = this.tree.find(path);
    if (found?.kind === 'node') return statOf(found.node);
    const stat = found === undefined ? undefined : this.host.stat(found.path);
    // The way to a folder of the guest's own is there, whatever the host has.
    return stat === undefined && this.tree.leadsToRoot(path) ? folderStat(0o755, 0) : stat;
  }

  look(path: string): HostStat | undefined {
    const found = this.tree.find(path);
    if (found?.kind !== 'host') return found && statOf(found.node);
    const stat = this.host.look(found.path);
    return stat === undefined && this.tree.leadsToRoot(path) ? folderStat(0o755, 0) : stat;
  }

  list(path: string): readonly HostEntry[] {
    const found = this.tree.find(path);
    if (found?.kind === 'host') return this.host.list(found.path);
    return this.entriesOf(folderOf(found));
  }

  readlink(path: string): string {
    const found = this.tree.find(path);
    if (found?.kind === 'host') return this.host.readlink(found.path);
    if (found?.node.kind !== 'link') throw new HostFileError(found === undefined ? 'ENOENT' : 'EINVAL');
    return found.node.target;
  }

  open(path: string, flags: OpenFlags, mode: number): FileHandle {
    const found = this.tree.find(path);
    if (found?.kind === 'host' && !found.owned) return this.host.open(found.path, flags, mode);
    const there = found?.kind === 'host' ? this.host.stat(found.path) : found && statOf(found.node);
    if (there === undefined) {
      if (flags.create !== true) throw new HostFileError('ENOENT');
      return this.tree.opened(this.put(path, () => this.tree.file(mode, new Uint8Array(0))));
    }
    if (flags.create === true && flags.exclusive === true) throw new HostFileError('EEXIST');
    if (typeOf(there) === FILE_TYPE.directory) throw new HostFileError('EISDIR');
    if (typeOf(there) === FILE_TYPE.link) throw new HostFileError('ELOOP');
    if (found?.kind === 'node' && found.node.kind === 'socket') throw new HostFileError('ENXIO');
    if (found!.kind === 'host' && flags.access === 'read' && flags.truncate !== true)
      return this.host.open(found!.path, { access: 'read' }, 0);
    const file = this.ownFile(path, flags.truncate === true);
    if (flags.truncate === true) this.resize(file, 0);
    return this.tree.opened(file);
  }

  openFolder(path: string): FileHandle {
    const found = this.tree.find(path);
    // A lower folder as it is opened is that of the guest's own, which may get entries meanwhile.
    if (found?.kind === 'host') return found.owned ? this.tree.opened(this.ownFolder(path)) : this.host.openFolder(found.path);
    return this.tree.opened(folderOf(found));
  }

  again(file: FileHandle): FileHandle {
    return OwnFiles.isOwn(file) ? this.tree.opened(this.tree.of(file)) : this.host.again(file);
  }

  listOpen(folder: FileHandle): readonly HostEntry[] {
    if (!OwnFiles.isOwn(folder)) return this.host.listOpen(folder);
    const node = this.tree.of(folder);
    if (node.kind !== 'folder') throw new HostFileError('ENOTDIR');
    return this.entriesOf(node);
  }

  close(file: FileHandle): void {
    if (!OwnFiles.isOwn(file)) {
      this.host.close(file);
      return;
    }
    const gone = this.tree.close(file);
    if (gone !== undefined) this.grow(-gone.content.bytes.length);
  }

  fstat(file: FileHandle): HostStat {
    return OwnFiles.isOwn(file) ? statOf(this.tree.of(file)) : this.host.fstat(file);
  }

  read(file: FileHandle, offset: number, length: number): Uint8Array {
    return OwnFiles.isOwn(file) ? this.fileOf(file).content.bytes.slice(offset, offset + length) : this.host.read(file, offset, length);
  }

  write(file: FileHandle, offset: number, bytes: Uint8Array): number {
    if (!OwnFiles.isOwn(file)) return this.host.write(file, offset, bytes);
    const node = this.fileOf(file);
    if (bytes.length === 0) return 0;
    const end = offset + bytes.length;
    if (end > node.content.bytes.length) this.resize(node, end);
    this.tree.changing();
    node.version++;
    node.content.write(offset, bytes);
    return bytes.length;
  }

  truncate(file: FileHandle, size: number): void {
    if (OwnFiles.isOwn(file)) this.resize(this.fileOf(file), size);
    else this.host.truncate(file, size);
  }

  sync(file: FileHandle): void {
    if (!OwnFiles.isOwn(file)) this.host.sync(file);
  }

  page(file: FileHandle, offset: number, length: number): Uint8Array {
    return OwnFiles.isOwn(file) ? this.fileOf(file).content.bytes.slice(offset, offset + length) : this.host.page(file, offset, length);
  }

  mkdir(path: string, mode: number): void {
    if (!this.owns(path)) this.host.mkdir(path, mode);
    else if (this.stat(path) !== undefined) throw new HostFileError('EEXIST');
    else this.put(path, () => this.tree.folder(mode));
  }

  rmdir(path: string): void {
    if (!this.owns(path)) {
      this.host.rmdir(path);
      return;
    }
    const stat = this.stat(path);
    if (stat === undefined) throw new HostFileError('ENOENT');
    if (typeOf(stat) !== FILE_TYPE.directory) throw new HostFileError('ENOTDIR');
    if (this.tree.isRoot(path)) throw new HostFileError('EBUSY');
    if (this.list(path).length > 0) throw new HostFileError('ENOTEMPTY');
    this.drop(path);
  }

  unlink(path: string): void {
    if (!this.owns(path)) {
      this.host.unlink(path);
      return;
    }
    const stat = this.stat(path);
    if (stat === undefined) throw new HostFileError('ENOENT');
    if (typeOf(stat) === FILE_TYPE.directory) throw new HostFileError('EISDIR');
    this.drop(path);
  }

  /** What is the guest's own stays so, and the host's: EXDEV; also for folders of the host that show through, as overlayfs has it. */
  rename(from: string, to: string): void {
    if (!this.owns(from) && !this.owns(to)) {
      this.host.rename(from, to);
      return;
    }
    if (this.owns(from) !== this.owns(to)) throw new HostFileError('EXDEV');
    const [stat, there] = [this.stat(from), this.stat(to)];
    if (stat === undefined) throw new HostFileError('ENOENT');
    if (from === to) return;
    if (this.tree.isRoot(from) || this.tree.isRoot(to)) throw new HostFileError('EBUSY');
    if (to.startsWith(`${from}/`)) throw new HostFileError('EINVAL');
    if (from.startsWith(`${to}/`)) throw new HostFileError('ENOTEMPTY');
    const folder = typeOf(stat) === FILE_TYPE.directory;
    if (there !== undefined && folder !== (typeOf(there) === FILE_TYPE.directory)) throw new HostFileError(folder ? 'ENOTDIR' : 'EISDIR');
    if (folder && there !== undefined && this.list(to).length > 0) throw new HostFileError('ENOTEMPTY');
    const node = folder ? this.tree.find(from) : { kind: 'node' as const, node: this.ownLeaf(from) };
    if (node?.kind !== 'node' || showsHost(node.node)) throw new HostFileError('EXDEV');
    const other = this.tree.find(to);
    // Two names of one file stay as they are (rename(2)).
    if (other?.kind === 'node' && other.node === node.node) return;
    // There is a place for it before it leaves its own.
    this.tree.changing();
    this.ownFolder(dirname(to));
    if (there !== undefined) this.drop(to);
    this.remove(from);
    this.ownFolder(dirname(to)).entries.set(basename(to), node.node);
  }

  symlink(target: string, path: string): void {
    if (!this.owns(path)) this.host.symlink(target, path);
    else if (this.stat(path) !== undefined) throw new HostFileError('EEXIST');
    else this.put(path, () => this.tree.link(target));
  }

  /** Gives a file one more name. Throws EPERM where that is not the guest's own, and for folders. */
  link(from: string, to: string): void {
    if (!this.owns(from) || !this.owns(to)) throw new HostFileError(this.owns(from) === this.owns(to) ? 'EPERM' : 'EXDEV');
    const stat = this.stat(from);
    if (stat === undefined) throw new HostFileError('ENOENT');
    if (this.stat(to) !== undefined) throw new HostFileError('EEXIST');
    if (typeOf(stat) === FILE_TYPE.directory) throw new HostFileError('EPERM');
    const node = this.ownLeaf(from);
    if (node.kind === 'link') this.put(to, () => this.tree.link(node.target));
    else if (node.kind === 'socket') throw new HostFileError('EPERM');
    else this.put(to, () => node).names++;
  }

  /** Makes the name of a socket. Returns its number, which no other ever has. */
  socket(path: string, mode: number): number {
    if (!this.owns(path)) throw new HostFileError('EPERM');
    if (this.stat(path) !== undefined) throw new HostFileError('EADDRINUSE');
    return this.put(path, () => this.tree.socket(mode)).id;
  }

  /** The number of the socket that has a name; undefined: it is none. */
  socketAt(path: string): number | undefined {
    const found = this.tree.find(path);
    return found?.kind === 'node' && found.node.kind === 'socket' ? found.node.id : undefined;
  }

  chmod(path: string, mode: number): void {
    if (!this.owns(path)) {
      this.host.chmod(path, mode);
      return;
    }
    const stat = this.stat(path);
    if (stat === undefined) throw new HostFileError('ENOENT');
    const node = typeOf(stat) === FILE_TYPE.directory ? this.ownFolder(path) : this.ownLeaf(path);
    if (node.kind === 'link') throw new HostFileError('EINVAL');
    this.tree.changing();
    node.mode = mode;
  }

  utimes(path: string, times: { readonly access: bigint; readonly modification: bigint }): void {
    // The times that the guest sees are kept beside the files.
    if (!this.owns(path)) this.host.utimes(path, times);
  }

  private fileOf(handle: FileHandle): FileNode {
    const node = this.tree.of(handle);
    if (node.kind !== 'file') throw new HostFileError('EISDIR');
    return node;
  }

  private resize(node: FileNode, size: number): void {
    this.grow(size - node.content.bytes.length);
    this.tree.changing();
    node.version++;
    node.content.resize(size);
  }

  /** A new node, of which the names count. */
  private put<N extends TreeNode>(path: string, make: () => N): N {
    const folder = this.ownFolder(dirname(path));
    if (new TextEncoder().encode(basename(path)).length > NAME_MAX) throw new HostFileError('ENAMETOOLONG');
    if (path.split('/').length > DEEPEST) throw new HostFileError('ENAMETOOLONG');
    this.grow(ENTRY_BYTES);
    this.tree.changing();
    const node = make();
    folder.entries.set(basename(path), node);
    return node;
  }

  /** Takes a name away; what only it leads to goes. */
  private drop(path: string): void {
    const found = this.tree.find(path);
    this.remove(path);
    if (found?.kind !== 'node') return;
    this.grow(-ENTRY_BYTES);
    const { node } = found;
    if (node.kind !== 'file') return;
    node.names--;
    if (!this.tree.isUsed(node)) this.grow(-node.content.bytes.length);
  }

  private remove(path: string): void {
    const folder = this.ownFolder(dirname(path));
    this.tree.changing();
    const hidden = folder.lower !== undefined && this.host.stat(pathBelow(folder.lower, basename(path))) !== undefined;
    if (hidden) folder.entries.set(basename(path), this.tree.gone());
    else folder.entries.delete(basename(path));
  }

  private ownFolder(path: string): FolderNode {
    this.tree.changing();
    return this.tree.ownFolder(path, lower => {
      const stat = this.host.stat(lower);
      if (stat !== undefined && typeOf(stat) === FILE_TYPE.directory) this.grow(ENTRY_BYTES);
      return stat;
    });
  }

  /** The guest's own file at a path: the host's is copied where only that is there. `empty`: its contents are not wanted. */
  private ownFile(path: string, empty = false): FileNode {
    const node = this.ownLeaf(path, empty);
    if (node.kind !== 'file') throw new HostFileError('EINVAL');
    return node;
  }

  private ownLeaf(path: string, empty = false): FileNode | LinkNode | SocketNode {
    const found = this.tree.find(path);
    if (found?.kind === 'node') {
      if (found.node.kind === 'folder') throw new HostFileError('EISDIR');
      return found.node;
    }
    const stat = found && this.host.stat(found.path);
    if (found === undefined || stat === undefined) throw new HostFileError('ENOENT');
    if (typeOf(stat) === FILE_TYPE.link) {
      const target = this.host.readlink(found.path);
      return this.put(path, () => this.tree.link(target));
    }
    if (typeOf(stat) !== FILE_TYPE.file) throw new HostFileError('ENXIO');
    const bytes = empty ? new Uint8Array(0) : this.copied(found.path);
    return this.put(path, () => this.tree.file(stat.mode & 0o777, bytes));
  }

  /** The bytes of a file of the host, taken out of the guest's memory. */
  private copied(path: string): Uint8Array {
    const handle = this.host.open(path, { access: 'read' }, 0);
    try {
      const size = Number(this.host.fstat(handle).size);
      this.grow(size);
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; ) {
        const piece = this.host.read(handle, at, Math.min(PIECE, size - at));
        if (piece.length === 0) break;
        bytes.set(piece, at);
        at += piece.length;
      }
      return bytes;
    } finally {
      this.host.close(handle);
    }
  }

  private entriesOf({ entries, lower }: FolderNode): HostEntry[] {
    const own = [...entries].flatMap(([name, node]) => (node.kind === 'gone' ? [] : [{ name, type: this.typeOfNode(node) }]));
    const shown = lower === undefined ? [] : this.host.list(lower).filter(({ name }) => !entries.has(name));
    return [...own, ...shown];
  }

  private typeOfNode(node: Exclude<TreeNode, { readonly kind: 'gone' }>): number {
    if (node.kind !== 'through') return TYPES[node.kind];
    const stat = this.host.stat(node.path);
    return stat === undefined ? 0 : typeOf(stat);
  }
}

const SOCKET = 0o140000;
const TYPES = { folder: FILE_TYPE.directory, file: FILE_TYPE.file, link: FILE_TYPE.link, socket: SOCKET } as const;

function folderOf(found: Exclude<Found, { readonly kind: 'host' }>): FolderNode {
  if (found === undefined) throw new HostFileError('ENOENT');
  if (found.node.kind !== 'folder') throw new HostFileError('ENOTDIR');
  return found.node;
}

/** Whether the host's files show through somewhere in it. */
function showsHost(top: TreeNode): boolean {
  const todo: TreeNode[] = [top];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node.kind === 'through' || (node.kind === 'folder' && node.lower !== undefined)) return true;
    if (node.kind === 'folder') todo.push(...node.entries.values());
  }
  return false;
}

const folderStat = (mode: number, id: number): HostStat => stated(FILE_TYPE.directory | mode, id, 0, 0);

function statOf(node: NamedNode): HostStat {
  if (node.kind === 'folder') return folderStat(node.mode, node.id);
  if (node.kind === 'link') return stated(FILE_TYPE.link | 0o777, node.id, new TextEncoder().encode(node.target).length, 0);
  if (node.kind === 'socket') return stated(SOCKET | node.mode, node.id, 0, 0);
  return { ...stated(FILE_TYPE.file | node.mode, node.id, node.content.bytes.length, node.version), ownLinks: BigInt(node.names) };
}

/** Of whom it is, where and since when is said by others, as of the host's files. */
function stated(mode: number, id: number, size: number, version: number): HostStat {
  const time = BigInt(version);
  return {
    dev: OWN_DEVICE,
    ino: BigInt(id),
    nlink: 1n,
    mode,
    uid: 0,
    gid: 0,
    rdev: 0n,
    size: BigInt(size),
    blocks: 0n,
    mtime: time,
    ctime: time,
  };
}
