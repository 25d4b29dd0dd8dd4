/** Files of the guest's own, in memory: a tree of nodes below the folders where it begins. */
import { checkVersion, type Versioned } from '../../cpu/part.js';
import { FILE_TYPE, HostFileError, typeOf } from '../../host/files.js';
import { basename, dirname, isUnder, pathBelow } from '../../host/path.js';
import { MappedContent } from './mapped-content.js';

export interface FolderNode {
  readonly kind: 'folder';
  readonly id: number;
  mode: number;
  readonly entries: Map<string, TreeNode>;
  /** The host's folder whose entries show, where there are none of these. */
  readonly lower: string | undefined;
}

export interface FileNode {
  readonly kind: 'file';
  readonly id: number;
  mode: number;
  readonly content: MappedContent;
  /** Grows with each change of the content. */
  version: number;
  /** Names that lead to it. */
  names: number;
}

export interface LinkNode {
  readonly kind: 'link';
  readonly id: number;
  readonly target: string;
}

/** The name of a socket. */
export interface SocketNode {
  readonly kind: 'socket';
  readonly id: number;
  mode: number;
}

/** `through`: the host's file or tree stands here, as it was given. `gone`: what the lower folder has of that name is not there any more. */
export type TreeNode =
  | FolderNode
  | FileNode
  | LinkNode
  | SocketNode
  | { readonly kind: 'through'; readonly id: number; readonly path: string }
  | { readonly kind: 'gone'; readonly id: number };

/** What has a name in a tree. */
export type NamedNode = FolderNode | FileNode | LinkNode | SocketNode;

/** What a path leads to: a node, nothing, or something of the host's, `owned` where changes are made in memory. */
export type Found =
  | { readonly kind: 'node'; readonly node: NamedNode }
  | { readonly kind: 'host'; readonly path: string; readonly owned: boolean }
  | undefined;

type SavedNode =
  | (Omit<FolderNode, 'entries'> & { readonly entries: readonly (readonly [name: string, id: number])[] })
  | (Omit<FileNode, 'content'> & { readonly bytes: Uint8Array })
  | Exclude<TreeNode, FolderNode | FileNode>;

/** All nodes by number, those that only an open file has among them; the folders where trees begin; and who has what open. */
export type SavedTree = Versioned<{
  readonly nodes: readonly SavedNode[];
  readonly roots: readonly (readonly [path: string, id: number])[];
  readonly open: readonly (readonly [handle: number, id: number])[];
  readonly nextId: number;
  readonly nextHandle: number;
}>;

/** The device that files of the guest's own are on: no host has one of that number. */
export const OWN_DEVICE = 0n;

/** Handles of the guest's own files: no host counts so far. */
export const FIRST_HANDLE = 2 ** 40;

/** Where the first name begins of a path below a folder. */
const firstName = (folder: string): number => (folder === '/' ? 1 : folder.length + 1);

/** Nodes, and who has them open. */
export class OwnTree {
  private readonly roots = new Map<string, FolderNode>();
  private readonly open = new Map<number, FolderNode | FileNode>();
  private nextId = 1;
  private nextHandle = FIRST_HANDLE;
  /** What `save` gave, as long as nothing has changed. */
  private saved: SavedTree | undefined;

  folder(mode: number, lower?: string): FolderNode {
    return { kind: 'folder', id: this.nextId++, mode, entries: new Map(), lower };
  }

  file(mode: number, bytes: Uint8Array): FileNode {
    return { kind: 'file', id: this.nextId++, mode, content: new MappedContent(bytes), version: 0, names: 1 };
  }

  socket(mode: number): SocketNode {
    return { kind: 'socket', id: this.nextId++, mode };
  }

  link(target: string): LinkNode {
    return { kind: 'link', id: this.nextId++, target };
  }

  gone(): TreeNode {
    return { kind: 'gone', id: this.nextId++ };
  }

  /** Something is about to change. */
  changing(): void {
    this.saved = undefined;
  }

  /** A folder where a tree begins, or in a tree that is there already. */
  begin(path: string, mode: number, lower?: string): void {
    this.changing();
    const within = this.rootOf(path);
    if (within === undefined) this.roots.set(path, this.folder(mode, lower));
    else if (within !== path) this.put(path, this.folder(mode, lower));
  }

  /** Has the host's file or tree stand at its path, where that lies in a tree. */
  show(path: string): void {
    const within = this.rootOf(path);
    if (within === undefined || within === path || this.find(path) !== undefined) return;
    this.changing();
    this.put(path, { kind: 'through', id: this.nextId++, path });
  }

  /** Puts a node at a path of a tree, in folders that are made where there are none. */
  private put(path: string, node: TreeNode): void {
    const root = this.rootOf(path)!;
    let folder = this.roots.get(root)!;
    const names = path.slice(firstName(root)).split('/');
    for (const name of names.slice(0, -1)) {
      const next = folder.entries.get(name) ?? this.folder(0o755);
      folder.entries.set(name, next);
      if (next.kind !== 'folder') return;
      folder = next;
    }
    folder.entries.set(names.at(-1)!, node);
  }

  /** The folder where the tree begins that a path lies in. */
  rootOf(path: string): string | undefined {
    for (const root of this.roots.keys()) if (isUnder(path, root)) return root;
    return undefined;
  }

  /** Whether a tree begins somewhere below a path. */
  leadsToRoot(path: string): boolean {
    return [...this.roots.keys()].some(root => root !== path && isUnder(root, path));
  }

  /** `path`: normalised. */
  find(path: string): Found {
    const root = this.rootOf(path);
    if (root === undefined) return { kind: 'host', path, owned: false };
    let node: TreeNode = this.roots.get(root)!;
    // Asked several times for each path that a guest names: no list of names is made.
    for (let at = firstName(root); at < path.length; ) {
      if (node.kind === 'through') return { kind: 'host', path: pathBelow(node.path, path.slice(at)), owned: false };
      if (node.kind !== 'folder') return undefined;
      const slash = path.indexOf('/', at);
      const end = slash < 0 ? path.length : slash;
      const next: TreeNode | undefined = node.entries.get(path.slice(at, end));
      if (next === undefined)
        return node.lower === undefined ? undefined : { kind: 'host', path: pathBelow(node.lower, path.slice(at)), owned: true };
      node = next;
      at = end + 1;
    }
    if (node.kind === 'through') return { kind: 'host', path: node.path, owned: false };
    return node.kind === 'gone' ? undefined : { kind: 'node', node };
  }

  /**
   * A folder of the tree's own at a path, made from the lower one where only that is there. `lowerStat`: of such a folder, before a node is made for it.
   * Throws ENOENT, ENOTDIR.
   */
  ownFolder(path: string, lowerStat: (path: string) => { readonly mode: number } | undefined): FolderNode {
    const found = this.find(path);
    if (found?.kind === 'node') {
      if (found.node.kind !== 'folder') throw new HostFileError('ENOTDIR');
      return found.node;
    }
    if (found?.kind !== 'host' || !found.owned) throw new HostFileError('ENOENT');
    const parent = this.ownFolder(dirname(path), lowerStat);
    const lower = lowerStat(found.path);
    if (lower === undefined) throw new HostFileError('ENOENT');
    if (typeOf(lower) !== FILE_TYPE.directory) throw new HostFileError('ENOTDIR');
    const folder = this.folder(lower.mode & 0o777, found.path);
    parent.entries.set(basename(path), folder);
    return folder;
  }

  isRoot(path: string): boolean {
    return this.roots.has(path);
  }

  opened(node: FolderNode | FileNode): number {
    this.changing();
    this.open.set(this.nextHandle, node);
    return this.nextHandle++;
  }

  /** Throws EBADF. */
  of(handle: number): FolderNode | FileNode {
    const node = this.open.get(handle);
    if (node === undefined) throw new HostFileError('EBADF');
    return node;
  }

  /** Returns a file that nothing leads to any more. */
  close(handle: number): FileNode | undefined {
    const node = this.open.get(handle);
    if (node === undefined) return undefined;
    this.changing();
    this.open.delete(handle);
    return node.kind === 'file' && !this.isUsed(node) ? node : undefined;
  }

  /** Whether a name or a handle leads to it. */
  isUsed(node: FileNode): boolean {
    return node.names > 0 || [...this.open.values()].includes(node);
  }

  /** Forgets who has what open: another state takes the place of this one. */
  closeAll(): void {
    this.changing();
    this.open.clear();
  }

  /** Each node below the roots, with its path, folders before what is in them. */
  *all(): Generator<readonly [path: string, node: NamedNode]> {
    const todo: [string, TreeNode][] = [...this.roots].reverse();
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const [path, node] = next;
      if (node.kind === 'through' || node.kind === 'gone') continue;
      yield [path, node];
      if (node.kind === 'folder')
        todo.push(...[...node.entries].reverse().map(([name, each]): [string, TreeNode] => [pathBelow(path, name), each]));
    }
  }

  save(): SavedTree {
    return (this.saved ??= this.savedNow());
  }

  private savedNow(): SavedTree {
    const nodes = new Map<number, SavedNode>();
    const todo: TreeNode[] = [...this.roots.values(), ...this.open.values()];
    for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
      if (nodes.has(node.id)) continue;
      if (node.kind === 'folder') {
        const { entries, ...rest } = node;
        nodes.set(node.id, { ...rest, entries: [...entries].map(([name, each]) => [name, each.id] as const) });
        todo.push(...entries.values());
      } else if (node.kind === 'file') {
        const { content, ...rest } = node;
        nodes.set(node.id, { ...rest, bytes: content.save() });
      } else nodes.set(node.id, { ...node });
    }
    const { nextId, nextHandle } = this;
    const roots = [...this.roots].map(([path, { id }]) => [path, id] as const);
    const open = [...this.open].map(([handle, { id }]) => [handle, id] as const);
    return { version: 2, nodes: [...nodes.values()].sort((a, b) => a.id - b.id), roots, open, nextId, nextHandle };
  }

  restore(saved: SavedTree): void {
    checkVersion('own files', saved, 2);
    const nodes = new Map<number, TreeNode>();
    for (const node of saved.nodes) {
      if (node.kind === 'folder') nodes.set(node.id, { ...node, entries: new Map() });
      else if (node.kind === 'file') {
        const { bytes, ...rest } = node;
        const content = new MappedContent(bytes);
        content.save();
        nodes.set(node.id, { ...rest, content });
      } else nodes.set(node.id, { ...node });
    }
    for (const node of saved.nodes) {
      if (node.kind !== 'folder') continue;
      const { entries } = nodes.get(node.id) as FolderNode;
      for (const [name, id] of node.entries) entries.set(name, nodes.get(id)!);
    }
    this.roots.clear();
    this.open.clear();
    for (const [path, id] of saved.roots) this.roots.set(path, nodes.get(id) as FolderNode);
    for (const [handle, id] of saved.open) this.open.set(handle, nodes.get(id) as FolderNode | FileNode);
    this.nextId = saved.nextId;
    this.nextHandle = saved.nextHandle;
    this.saved = saved;
  }
}
