/**
 * Where in the host's memory the guest's pages have their frames: pages that follow each other do so there too, as long as there is room for that, so
 * that what lies across their edge can be reached like all else. What is not touched of the room that is kept for them costs the host nothing.
 */
import { PAGE_SIZE } from '../api.js';
import { FRAMES_BASE } from '../layout.js';

/** Pages whose frames lie together: 256 KB. */
const TOGETHER = 64;
/** Of a place: a page has it; it may hold other than zeros; it is kept for no page. */
const TAKEN = 1;
const USED = 2;
const ODD = 4;

export class FramePlaces {
  /** Places in all. */
  readonly count: number;
  private readonly state: Uint8Array;
  /** By number of a group of pages: the first of the places kept for it. Undefined: there was no more room for groups, and pages take any place. */
  private groups: Map<number, number> | undefined = new Map();
  /** Places from here on are kept for nobody yet. */
  private next = 0;
  /** Odd places that are free. */
  private spare: number[] = [];

  constructor(private readonly bytes: Uint8Array) {
    this.count = Math.floor((bytes.length - FRAMES_BASE) / PAGE_SIZE) - 1;
    this.state = new Uint8Array(this.count);
  }

  /** The host address of a frame of zeros for a page. No more than `count` pages have one. */
  take(page: number): number {
    const place = this.placeOf(page) ?? this.oddPlace();
    const address = FRAMES_BASE + place * PAGE_SIZE;
    const before = this.state[place]!;
    if ((before & USED) !== 0) this.bytes.fill(0, address, address + PAGE_SIZE);
    this.state[place] = before | TAKEN | USED;
    return address;
  }

  free(address: number): void {
    const place = (address - FRAMES_BASE) / PAGE_SIZE;
    this.state[place]! &= ~TAKEN;
    if ((this.state[place]! & ODD) !== 0) this.spare.push(place);
  }

  /** The place that is kept for a page. Undefined: none is, or another page has it, whose frame has gone with it to where that is now. */
  private placeOf(page: number): number | undefined {
    const { groups } = this;
    if (groups === undefined) return undefined;
    const group = Math.floor(page / TOGETHER);
    const first = groups.get(group) ?? this.keep();
    if (first === undefined) return undefined;
    groups.set(group, first);
    const place = first + (page % TOGETHER);
    return (this.state[place]! & TAKEN) === 0 ? place : undefined;
  }

  /** The first of places for a group. Undefined: there are not enough. */
  private keep(): number | undefined {
    const first = this.next;
    if (first + TOGETHER > this.count) return undefined;
    this.next += TOGETHER;
    return first;
  }

  private oddPlace(): number {
    if (this.spare.length === 0) {
      const first = this.keep();
      if (first === undefined) this.giveUpGroups();
      else for (let place = first + TOGETHER - 1; place >= first; place--) this.makeOdd(place);
    }
    return this.spare.pop()!;
  }

  /** Every free place is anybody's. */
  private giveUpGroups(): void {
    this.groups = undefined;
    this.spare = [];
    for (let place = this.count - 1; place >= 0; place--) this.makeOdd(place);
  }

  private makeOdd(place: number): void {
    this.state[place]! |= ODD;
    if ((this.state[place]! & TAKEN) === 0) this.spare.push(place);
  }
}
