/**
 * The guest's address space: mappings in a sorted list, pages as frames inside the one WebAssembly.Memory, allocated on first touch, and the
 * TLB that lets the interpreter reach them. A page that is watched or bears translated code gets no fast write tag, so that its stores come
 * through here.
 */
import { equalBytes } from '../../host/bytes.js';
import {
  type AccessKind,
  type AddressSpace,
  type MapOptions,
  type Mapping,
  MemoryFault,
  type MemorySnapshot,
  PAGE_SIZE,
  type Pager,
  PROT,
  type SavedMemory,
} from '../api.js';
import { NO_TAG, TLB } from '../layout.js';
import { checkVersion } from '../part.js';
import { type Area, Areas, pageAddress, pageOf, sourceOffset } from './areas.js';
import { FramePlaces } from './frame-places.js';
import { byLeaf, pagesOf, Versions } from './versions.js';

/** The guest touched more pages than it may. */
export class MemoryLimitError extends Error {
  override name = 'MemoryLimitError';
}

const MAX_PAGE = 2 ** 52;
/** The TLB as 64-bit words: words an entry, and the first word of a page's. A page without a frame has none. */
const TLB_WORDS = (1 << TLB.entryBits) / 8;
const entryOf = (page: number): number => (page & (TLB.entries - 1)) * TLB_WORDS;

/** Pages of a range that are in a table of pages: costs the lesser of the two. */
function pagesIn(table: ReadonlySet<number> | ReadonlyMap<number, number>, first: number, end: number): number[] {
  const pages: number[] = [];
  if (end - first < table.size) {
    for (let page = first; page < end; page++) if (table.has(page)) pages.push(page);
  } else for (const page of table.keys()) if (page >= first && page < end) pages.push(page);
  return pages;
}

export class SparseAddressSpace implements AddressSpace {
  private readonly areas = new Areas();
  /** Page number -> host address of its frame. */
  private readonly frames = new Map<number, number>();
  private readonly places: FramePlaces;
  /** Pages that may be touched. */
  private readonly mostPages: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly tlb: BigUint64Array;
  private readonly scratch = new Uint8Array(PAGE_SIZE);
  private readonly versions = new Versions({
    pages: () => this.frames.keys(),
    has: page => this.frames.has(page),
    bytes: page => this.bytes.subarray(this.frames.get(page)!, this.frames.get(page)! + PAGE_SIZE),
    put: (page, bytes) => {
      const frame = this.frames.get(page) ?? this.newFrame(page);
      this.frames.set(page, frame);
      this.bytes.set(bytes, frame);
    },
    drop: page => this.dropFrame(page),
  });
  /** Pages with translated code: their stores must be seen. */
  readonly codePages = new Set<number>();
  watchedPages: ReadonlySet<number> = new Set();
  pager: Pager = source => {
    throw new Error(`nothing reads the pages of ${source}`);
  };
  crowded: () => boolean = () => false;
  /** Called before a page's contents or its right to be executed change from outside the interpreter. */
  onCodeChange: (page: number) => void = () => {};

  /** `limit`: bytes of guest memory that may be touched. */
  constructor(
    readonly memory: WebAssembly.Memory,
    limit: number,
  ) {
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.tlb = new BigUint64Array(memory.buffer, TLB.base, (TLB.entries << TLB.entryBits) / 8);
    this.places = new FramePlaces(this.bytes);
    this.mostPages = Math.min(Math.ceil(limit / PAGE_SIZE), this.places.count);
    this.flushTlb();
  }

  get touchedPages(): number {
    return this.frames.size;
  }

  // ---- mappings --------------------------------------------------------------------------------------------------------------------

  map(start: bigint, length: bigint, prot: number, options: MapOptions = {}): void {
    const [first, end] = this.range(start, length);
    if (this.areas.cutOut(first, end)) this.forgetRange(first, end);
    const { name = '', source, offset = 0n } = options;
    this.areas.insert({ start: first, end, prot, name, source, offset: Number(offset) });
  }

  unmap(start: bigint, length: bigint): void {
    const [first, end] = this.range(start, length);
    if (this.areas.cutOut(first, end)) this.forgetRange(first, end);
  }

  protect(start: bigint, length: bigint, prot: number): boolean {
    const [first, end] = this.range(start, length);
    if (!this.areas.protect(first, end, prot)) return false;
    if (end - first >= TLB.entries) this.flushTlb();
    else for (let page = first; page < end; page++) this.clearEntry(page);
    for (const page of this.codePages) if (page >= first && page < end) this.onCodeChange(page);
    return true;
  }

  discard(start: bigint, length: bigint): void {
    const [first, end] = this.range(start, length);
    this.forgetRange(first, end);
  }

  move(from: bigint, length: bigint, to: bigint, toLength: bigint): void {
    const [first, end] = this.range(from, length);
    this.mapLike(first, pageOf(to), toLength);
    const shift = pageOf(to) - first;
    for (const page of pagesIn(this.frames, first, end)) {
      const frame = this.frames.get(page)!;
      if (this.codePages.has(page)) this.onCodeChange(page);
      this.versions.keep(page);
      this.frames.delete(page);
      this.clearEntry(page);
      this.versions.removed(page);
      this.frames.set(page + shift, frame);
      this.versions.added(page + shift);
    }
  }

  extend(end: bigint, length: bigint): void {
    this.mapLike(pageOf(end) - 1, pageOf(end), length, 1);
  }

  /** Maps pages as a mapped one is, which is `before` pages ahead of them in what both show. */
  private mapLike(model: number, start: number, length: bigint, before = 0): void {
    const area = this.areas.at(model);
    if (area === undefined) throw new MemoryFault(pageAddress(model), 'read');
    const { prot, name, source } = area;
    const of = source === undefined ? {} : { source, offset: BigInt(sourceOffset(area, model + before)) };
    this.map(pageAddress(start), length, prot, { name, ...of });
  }

  get mappingCount(): number {
    return this.areas.all.length;
  }

  get copiedPages(): number {
    return this.versions.copied;
  }

  tellCopies(from: number, tell: () => void): void {
    this.versions.tellFrom(from, tell);
  }

  heldPages(snapshots: Iterable<MemorySnapshot>): number {
    return pagesOf([...snapshots].map(({ pages }) => pages));
  }

  get mappedPages(): number {
    return this.areas.pages;
  }

  get peakPages(): number {
    return this.areas.peak;
  }

  set peakPages(pages: number) {
    this.areas.peak = pages;
  }

  mappings(): readonly Mapping[] {
    return this.areas.all.map(area => Areas.describe(area));
  }

  mappingAt(address: bigint): Mapping | undefined {
    const area = this.areas.at(pageOf(address));
    return area && Areas.describe(area);
  }

  findFree(length: bigint, below: bigint): bigint | undefined {
    const first = this.areas.free(Math.ceil(Number(length) / PAGE_SIZE), pageOf(below));
    return first >= 16 ? pageAddress(first) : undefined;
  }

  private range(start: bigint, length: bigint): [number, number] {
    const first = pageOf(start);
    const end = first + Math.ceil(Number(length) / PAGE_SIZE);
    if ((start & 0xfffn) !== 0n || end > MAX_PAGE) throw new RangeError(`bad page range 0x${start.toString(16)}+0x${length.toString(16)}`);
    return [first, end];
  }

  /** Drops frames, fast tags and translations of a range. */
  private forgetRange(first: number, end: number): void {
    for (const page of pagesIn(this.frames, first, end)) this.forgetPage(page);
    // Code may have been seen on a page that has no frame.
    for (const page of pagesIn(this.codePages, first, end)) this.forgetPage(page);
  }

  private forgetPage(page: number): void {
    if (this.codePages.has(page)) this.onCodeChange(page);
    if (!this.frames.has(page)) return;
    this.versions.keep(page);
    this.dropFrame(page);
    this.versions.removed(page);
  }

  private dropFrame(page: number): void {
    this.places.free(this.frames.get(page)!);
    this.frames.delete(page);
    this.clearEntry(page);
  }

  // ---- pages -----------------------------------------------------------------------------------------------------------------------

  /** The frame of a mapped page, allocated and filled now if need be. Throws MemoryLimitError. */
  private frameOf(page: number, area: Area): number {
    const known = this.frames.get(page);
    if (known !== undefined) return known;
    const frame = this.newFrame(page);
    this.fill(page, area, this.bytes.subarray(frame, frame + PAGE_SIZE));
    this.frames.set(page, frame);
    this.versions.added(page);
    return frame;
  }

  /** A frame of zeros for a page. Throws MemoryLimitError. */
  private newFrame(page: number): number {
    if (this.frames.size >= this.mostPages || this.crowded()) throw new MemoryLimitError('the guest touched more memory than it may');
    return this.places.take(page);
  }

  /** The bytes that a page had before it was touched; good until the next call. */
  private pristine(page: number, area: Area | undefined): Uint8Array {
    const bytes = this.scratch.fill(0);
    if (area !== undefined) this.fill(page, area, bytes);
    return bytes;
  }

  /** What the page's mapping begins with, into zeros. */
  private fill(page: number, area: Area, into: Uint8Array): void {
    if (area.source !== undefined) this.pager(area.source, sourceOffset(area, page), into);
  }

  private static permits(prot: number, access: AccessKind): boolean {
    if (access === 'write') return (prot & PROT.write) !== 0;
    if (access === 'exec') return (prot & PROT.exec) !== 0;
    // On amd64 a page that can be written or executed can be read.
    return prot !== PROT.none;
  }

  /**
   * Host address of a guest page for an access by the guest, with the page's TLB entry filled for what can go the fast way; 0 when the
   * access is refused. Throws MemoryLimitError.
   */
  reach(page: number, access: AccessKind): number {
    const area = this.areas.at(page);
    if (area === undefined || !SparseAddressSpace.permits(area.prot, access)) return 0;
    const frame = this.frameOf(page, area);
    if (access === 'write') this.versions.keep(page);
    if (this.watchedPages.has(page)) return frame;
    const entry = entryOf(page);
    const address = pageAddress(page);
    this.tlb[entry] = area.prot === PROT.none ? NO_TAG : address;
    const writable = (area.prot & PROT.write) !== 0 && !this.codePages.has(page) && !this.versions.shares(page);
    this.tlb[entry + TLB.write / 8] = writable ? address : NO_TAG;
    this.view.setInt32(TLB.base + entry * 8 + TLB.delta, (frame - ((page * PAGE_SIZE) | 0)) | 0, true);
    return frame;
  }

  /** The bytes of a page that may be executed, which is not touched by that; undefined when it may not. Good until the next change of memory. */
  code(page: number): Uint8Array | undefined {
    const area = this.areas.at(page);
    if (area === undefined || !SparseAddressSpace.permits(area.prot, 'exec')) return undefined;
    const frame = this.frames.get(page);
    return frame === undefined ? this.pristine(page, area) : this.bytes.subarray(frame, frame + PAGE_SIZE);
  }

  /** True when the guest's access would find the page mapped at all. */
  isPageMapped(page: number): boolean {
    return this.areas.at(page) !== undefined;
  }

  private clearEntry(page: number): void {
    const entry = entryOf(page);
    if (this.tlb[entry] !== pageAddress(page)) return;
    this.tlb[entry] = NO_TAG;
    this.tlb[entry + TLB.write / 8] = NO_TAG;
  }

  flushTlb(): void {
    this.tlb.fill(NO_TAG);
  }

  // ---- snapshots -------------------------------------------------------------------------------------------------------------------

  copy(other: SparseAddressSpace): void {
    this.unmap(0n, BigInt(MAX_PAGE) << 12n);
    this.areas.replace(other.areas.all);
    for (const [page, frame] of other.frames) {
      const own = this.newFrame(page);
      this.frames.set(page, own);
      this.bytes.set(other.bytes.subarray(frame, frame + PAGE_SIZE), own);
      this.versions.added(page);
    }
  }

  get saved(): boolean {
    return this.versions.used;
  }

  /** What is mapped and what it holds; costs what was touched since the last snapshot. */
  snapshot(): MemorySnapshot {
    const snapshot = { areas: this.areas.all.map(area => ({ ...area })), pages: this.versions.snapshot() };
    for (let entry = 0; entry < TLB.entries; entry++) this.tlb[entry * TLB_WORDS + TLB.write / 8] = NO_TAG;
    return snapshot;
  }

  /** Makes all be as it was then; translations of code that is the same stay. */
  restore({ areas, pages }: MemorySnapshot): void {
    // Mostly all is mapped as it was.
    const code = this.areas.are(areas) ? [] : [...this.codePages].map(page => ({ page, from: this.origin(page) }));
    this.areas.replace(areas);
    this.versions.restore(pages, page => {
      if (this.codePages.has(page)) this.onCodeChange(page);
    });
    for (const { page, from } of code) if (this.codePages.has(page) && this.origin(page) !== from) this.onCodeChange(page);
    this.flushTlb();
  }

  /** Pages whose bytes have changed since the last snapshot or restore. */
  changedPages(): number[] {
    return [...this.frames.keys()].filter(page => !this.versions.shares(page));
  }

  /** Where a page that is translated comes from, and what may be done to it. */
  private origin(page: number): string {
    const area = this.areas.at(page);
    return area === undefined ? '' : `${area.prot} ${area.source} ${area.source === undefined ? 0 : sourceOffset(area, page)}`;
  }

  /** A snapshot as plain data, contents and all: mappings, and the pages that were touched, with those that hold only zeros by number alone. */
  save({ areas, pages }: MemorySnapshot): SavedMemory {
    const zeros: number[] = [];
    const filled: number[] = [];
    const contents: Uint8Array[] = [];
    for (const leaf of pages.values()) {
      for (const [page, version] of leaf) {
        const bytes = this.versions.bytesOf(page, version);
        if (bytes.every(byte => byte === 0)) zeros.push(page);
        else {
          filled.push(page);
          contents.push(bytes);
        }
      }
    }
    const bytes = new Uint8Array(contents.length * PAGE_SIZE);
    for (const [index, content] of contents.entries()) bytes.set(content, index * PAGE_SIZE);
    return { version: 1, areas: areas.map(area => ({ ...area })), zeros, filled, bytes };
  }

  /** The snapshot that `save` made plain, of this address space or of another. */
  load(saved: SavedMemory): MemorySnapshot {
    checkVersion('memory', saved, 1);
    const { areas, zeros, filled, bytes } = saved;
    const zero = { bytes: new Uint8Array(PAGE_SIZE) };
    const contents = filled.map((page, index) => [page, { bytes: bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE) }] as const);
    return { areas, pages: byLeaf([...zeros.map(page => [page, zero] as const), ...contents]) };
  }

  /** Marks a page as bearing translated code. */
  addCodePage(page: number): void {
    if (this.codePages.has(page)) return;
    this.codePages.add(page);
    const entry = entryOf(page);
    if (this.tlb[entry + TLB.write / 8] === pageAddress(page)) this.tlb[entry + TLB.write / 8] = NO_TAG;
  }

  // ---- access from outside -----------------------------------------------------------------------------------------------------------

  allows(address: bigint, length: number, access: AccessKind): boolean {
    if (length <= 0) return true;
    if (address + BigInt(length) > 1n << 64n) return false;
    const last = pageOf(address + BigInt(length - 1));
    for (let page = pageOf(address); page <= last; ) {
      const area = this.areas.at(page);
      if (area === undefined || !SparseAddressSpace.permits(area.prot, access)) return false;
      page = area.end;
    }
    return true;
  }

  read(address: bigint, length: number): Uint8Array {
    const out = new Uint8Array(length);
    this.each(address, length, 'read', (page, area, offset, at, count) => {
      const frame = this.frames.get(page);
      if (frame !== undefined) out.set(this.bytes.subarray(frame + offset, frame + offset + count), at);
      else if (area.source !== undefined) out.set(this.pristine(page, area).subarray(offset, offset + count), at);
    });
    return out;
  }

  write(address: bigint, bytes: Uint8Array): void {
    this.each(address, bytes.length, 'write', (page, area, offset, at, count) => {
      const frame = this.frameOf(page, area);
      this.versions.keep(page);
      if (this.codePages.has(page)) this.onCodeChange(page);
      this.bytes.set(bytes.subarray(at, at + count), frame + offset);
    });
  }

  changing(page: number): number {
    const area = this.areas.at(page);
    if (area === undefined) throw new MemoryFault(pageAddress(page), 'write');
    const frame = this.frameOf(page, area);
    this.versions.keep(page);
    if (this.codePages.has(page)) this.onCodeChange(page);
    return frame;
  }

  touch(address: bigint, length: number): void {
    this.each(address, length, 'read', (page, area) => {
      if (area.source !== undefined) this.frameOf(page, area);
    });
  }

  private each(
    address: bigint,
    length: number,
    access: AccessKind,
    visit: (page: number, area: Area, offset: number, at: number, count: number) => void,
  ): void {
    let page = pageOf(address);
    let offset = Number(BigInt.asUintN(64, address) & 0xfffn);
    for (let at = 0; at < length; page++) {
      const count = Math.min(PAGE_SIZE - offset, length - at);
      const area = this.areas.at(page);
      if (area === undefined) throw new MemoryFault(pageAddress(page) + BigInt(offset), access);
      visit(page, area, offset, at, count);
      at += count;
      offset = 0;
    }
  }

  readU8(address: bigint): number {
    return this.read(address, 1)[0];
  }

  readU16(address: bigint): number {
    return new DataView(this.read(address, 2).buffer).getUint16(0, true);
  }

  readU32(address: bigint): number {
    return new DataView(this.read(address, 4).buffer).getUint32(0, true);
  }

  readU64(address: bigint): bigint {
    const offset = Number(address & 0xfffn);
    const frame = offset <= PAGE_SIZE - 8 ? this.frames.get(pageOf(address)) : undefined;
    if (frame !== undefined) return this.view.getBigUint64(frame + offset, true);
    return new DataView(this.read(address, 8).buffer).getBigUint64(0, true);
  }

  writeU32(address: bigint, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.write(address, bytes);
  }

  writeU64(address: bigint, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.write(address, bytes);
  }

  readCString(address: bigint, limit = 4096): string {
    const parts: number[] = [];
    for (let at = address; parts.length < limit; ) {
      const chunk = this.read(at, Math.min(limit - parts.length, PAGE_SIZE - Number(at & 0xfffn)));
      const nul = chunk.indexOf(0);
      for (const byte of nul < 0 ? chunk : chunk.subarray(0, nul)) parts.push(byte);
      if (nul >= 0) break;
      at += BigInt(chunk.length);
    }
    return new TextDecoder().decode(Uint8Array.from(parts));
  }

  /** Pages that differ from zeros, or from their file: which of the others happen to have a frame says nothing of the guest. */
  *contents(): Iterable<{ readonly address: bigint; readonly bytes: Uint8Array }> {
    for (const page of [...this.frames.keys()].sort((left, right) => left - right)) {
      const frame = this.frames.get(page)!;
      const bytes = this.bytes.subarray(frame, frame + PAGE_SIZE);
      if (!equalBytes(bytes, this.pristine(page, this.areas.at(page)))) yield { address: pageAddress(page), bytes };
    }
  }
}
