/**
 * Copy-on-write snapshots of page contents. A snapshot copies nothing: it notes which version each page holds, and a version's bytes stay in
 * the page's frame until that is about to change; only then are they copied away, once for all snapshots that have the version. Frames never
 * move, so nothing that reads is disturbed. What nobody refers to any more is garbage like any other.
 */

/** What a page held at some moment. Undefined bytes: its frame still holds them. */
export interface Version {
  bytes: Uint8Array | undefined;
}

/** Versions of the pages of a leaf; shared by snapshots between which none of them changed. */
type Leaf = ReadonlyMap<number, Version>;

/** Pages with frames and their versions, by leaf number. */
export type PageVersions = ReadonlyMap<number, Leaf>;

/** Pages are noted in groups of this many, so that a snapshot costs what was touched since the last one. */
const LEAF = 512;
const leafOf = (page: number): number => Math.floor(page / LEAF);

/** Versions of pages, grouped as a snapshot has them. */
export function byLeaf(versions: Iterable<readonly [page: number, version: Version]>): PageVersions {
  const leaves = new Map<number, Map<number, Version>>();
  for (const [page, version] of versions) {
    const number = leafOf(page);
    const leaf = leaves.get(number) ?? new Map<number, Version>();
    leaves.set(number, leaf.set(page, version));
  }
  return leaves;
}

/** Where the pages' bytes are now. */
export interface Frames {
  pages(): Iterable<number>;
  has(page: number): boolean;
  /** Bytes of a page that has a frame. */
  bytes(page: number): Uint8Array;
  /** Gives a page that has no frame one that holds these bytes, or changes the bytes it has. */
  put(page: number, bytes: Uint8Array): void;
  /** Takes the frame away. */
  drop(page: number): void;
}

export class Versions {
  /** The version that a page's frame holds, for as long as it is unchanged since a snapshot. */
  private readonly current = new Map<number, Version>();
  /** Leaves as of the last snapshot or restore, and pages that are no longer so. Undefined: there has been none. */
  private leaves: Map<number, Leaf> | undefined;
  private readonly stale = new Set<number>();
  /** Pages whose bytes were copied away so far. */
  copied = 0;
  /** Called with each page that is copied from then on that so many are. */
  private full: { readonly at: number; readonly tell: () => void } | undefined;

  constructor(private readonly frames: Frames) {}

  /** True: a snapshot has the bytes that the page's frame holds, so they must be kept before they change. */
  shares(page: number): boolean {
    return this.current.size > 0 && this.current.has(page);
  }

  /** Whether there has been a snapshot. */
  get used(): boolean {
    return this.leaves !== undefined;
  }

  /** Called before the page's bytes change or its frame goes. */
  keep(page: number): void {
    const version = this.current.get(page);
    if (version === undefined) return;
    if (version.bytes === undefined) {
      version.bytes = this.frames.bytes(page).slice();
      this.copied++;
    }
    this.current.delete(page);
    this.stale.add(page);
    if (this.full !== undefined && this.copied >= this.full.at) this.full.tell();
  }

  tellFrom(at: number, tell: () => void): void {
    this.full = { at, tell };
  }

  /** Called when a page has got a frame. */
  added(page: number): void {
    if (this.leaves !== undefined) this.stale.add(page);
  }

  /** Called when the frame of a page has gone. */
  removed(page: number): void {
    this.added(page);
  }

  snapshot(): PageVersions {
    if (this.leaves === undefined) {
      this.leaves = new Map();
      for (const page of this.frames.pages()) this.stale.add(page);
    }
    for (const number of new Set([...this.stale].map(leafOf))) {
      const leaf = this.leafNow(number);
      if (leaf.size > 0) this.leaves.set(number, leaf);
      else this.leaves.delete(number);
    }
    this.stale.clear();
    return new Map(this.leaves);
  }

  private leafNow(number: number): Leaf {
    const leaf = new Map<number, Version>();
    for (let page = number * LEAF; page < (number + 1) * LEAF; page++) {
      if (!this.frames.has(page)) continue;
      let version = this.current.get(page);
      if (version === undefined) this.current.set(page, (version = { bytes: undefined }));
      leaf.set(page, version);
    }
    return leaf;
  }

  /** Makes all pages hold what they held then. `changed` is told each page before its bytes change or go. */
  restore(snapshot: PageVersions, changed: (page: number) => void): void {
    const now = this.leaves ?? new Map<number, Leaf>();
    if (this.leaves === undefined) for (const page of this.frames.pages()) this.stale.add(page);
    const others = [...snapshot.keys()].filter(number => now.get(number) !== snapshot.get(number));
    others.push(...[...now.keys()].filter(number => !snapshot.has(number)));
    // Where the leaf is the same, what has changed since.
    const pages = [...this.stale];
    for (const number of others) for (let page = number * LEAF; page < (number + 1) * LEAF; page++) pages.push(page);
    // Frames that go first: those that come may need them.
    for (const page of pages) {
      if (!this.frames.has(page) || snapshot.get(leafOf(page))?.has(page)) continue;
      changed(page);
      this.keep(page);
      this.frames.drop(page);
    }
    for (const page of pages) {
      const version = snapshot.get(leafOf(page))?.get(page);
      if (version !== undefined) this.put(page, version, changed);
    }
    if (others.length > 0 || this.leaves === undefined) this.leaves = new Map(snapshot);
    this.stale.clear();
  }

  private put(page: number, version: Version, changed: (page: number) => void): void {
    if (this.current.get(page) === version) return;
    changed(page);
    if (this.frames.has(page)) this.keep(page);
    this.frames.put(page, version.bytes!);
    this.current.set(page, version);
  }

  /** What a page held then. */
  bytesOf(page: number, version: Version): Uint8Array {
    return version.bytes ?? this.frames.bytes(page);
  }
}

/** Pages whose bytes these snapshots have of their own, each counted once. */
export function pagesOf(snapshots: Iterable<PageVersions>): number {
  const leaves = new Set<Leaf>();
  for (const snapshot of snapshots) for (const leaf of snapshot.values()) leaves.add(leaf);
  const versions = new Set<Version>();
  for (const leaf of leaves) for (const version of leaf.values()) if (version.bytes !== undefined) versions.add(version);
  return versions.size;
}
