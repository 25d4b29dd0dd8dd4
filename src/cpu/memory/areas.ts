/** The mappings of an address space: a sorted list of areas, neighbours with equal properties being one. */
import { type Mapping, PAGE_SIZE, type SavedArea } from '../api.js';

/** A mapping, which may be cut. */
export type Area = { -readonly [Key in keyof SavedArea]: SavedArea[Key] };

export const pageOf = (address: bigint): number => Number(BigInt.asUintN(64, address) >> 12n);
export const pageAddress = (page: number): bigint => BigInt(page) << 12n;

/** Offset in the area's source of one of its pages. */
export const sourceOffset = (area: Area, page: number): number => area.offset + (page - area.start) * PAGE_SIZE;

const sameArea = (a: Area, b: Area): boolean =>
  a.start === b.start && a.end === b.end && a.prot === b.prot && a.name === b.name && a.source === b.source && a.offset === b.offset;

export class Areas {
  private list: Area[] = [];
  private last: Area | undefined;
  /** Pages that are mapped. */
  pages = 0;
  /** Most that ever were. */
  peak = 0;

  /** Takes the whole list, of areas in order that do not overlap. */
  replace(areas: readonly Area[]): void {
    this.list = areas.map(area => ({ ...area }));
    this.pages = areas.reduce((sum, { start, end }) => sum + end - start, 0);
    this.last = undefined;
  }

  /** Whether these are all. */
  are(areas: readonly Area[]): boolean {
    return areas.length === this.list.length && areas.every((area, index) => sameArea(area, this.list[index]!));
  }

  get all(): readonly Area[] {
    return this.list;
  }

  /** Puts an area in, where nothing is any more. */
  insert(area: Area): void {
    this.list.splice(this.indexAtOrAfter(area.start), 0, area);
    this.pages += area.end - area.start;
    this.peak = Math.max(this.peak, this.pages);
    this.mergeAround(area.start, area.end);
  }

  /** False, and nothing changed, when part of the range is not mapped. */
  protect(first: number, end: number, prot: number): boolean {
    if (!this.covers(first, end)) return false;
    this.split(first);
    this.split(end);
    for (let at = this.indexAtOrAfter(first); at < this.list.length && this.list[at].start < end; at++) this.list[at].prot = prot;
    this.mergeAround(first, end);
    return true;
  }

  /** First page of the highest free range of so many pages that ends at or below the page `below`. */
  free(pages: number, below: number): number {
    let top = below;
    for (let at = this.list.length - 1; at >= 0; at--) {
      const area = this.list[at];
      if (area.start >= top) continue;
      if (top - area.end >= pages) break;
      top = area.start;
    }
    return top - pages;
  }

  /** Index of the first area that ends behind the page. */
  private indexAtOrAfter(page: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.list[middle].end <= page) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The area that a page lies in. */
  at(page: number): Area | undefined {
    const last = this.last;
    if (last !== undefined && page >= last.start && page < last.end) return last;
    const area = this.list[this.indexAtOrAfter(page)];
    if (area === undefined || page < area.start) return undefined;
    this.last = area;
    return area;
  }

  private covers(first: number, end: number): boolean {
    let page = first;
    for (let at = this.indexAtOrAfter(first); page < end; at++) {
      const area = this.list[at];
      if (area === undefined || area.start > page) return false;
      page = area.end;
    }
    return true;
  }

  private split(page: number): void {
    const at = this.indexAtOrAfter(page);
    const area = this.list[at];
    if (area === undefined || area.start >= page) return;
    const tail: Area = { ...area, start: page, offset: sourceOffset(area, page) };
    area.end = page;
    this.list.splice(at + 1, 0, tail);
  }

  /** Unmaps a range. True when anything was there. */
  cutOut(first: number, end: number): boolean {
    this.split(first);
    this.split(end);
    const at = this.indexAtOrAfter(first);
    let count = 0;
    while (at + count < this.list.length && this.list[at + count].start < end) count++;
    for (const { start, end } of this.list.splice(at, count)) this.pages -= end - start;
    this.last = undefined;
    return count > 0;
  }

  private mergeAround(first: number, end: number): void {
    this.last = undefined;
    let at = Math.max(1, this.indexAtOrAfter(first));
    while (at < this.list.length && this.list[at].start <= end) {
      const before = this.list[at - 1];
      const area = this.list[at];
      const adjoining =
        before.end === area.start &&
        before.prot === area.prot &&
        before.name === area.name &&
        before.source === area.source &&
        (area.source === undefined || sourceOffset(before, before.end) === area.offset);
      if (adjoining) {
        before.end = area.end;
        this.list.splice(at, 1);
      } else at++;
    }
  }

  /** As what looks at memory sees an area. */
  static describe(area: Area): Mapping {
    const { start, end, prot, name, source, offset } = area;
    return { start: pageAddress(start), end: pageAddress(end), prot, name, offset: BigInt(source === undefined ? 0 : offset) };
  }
}
