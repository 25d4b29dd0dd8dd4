/**
 * The record of unreturned calls. The interpreter pushes a record at each CALL and pops it at the RET that uses its slot; this side keeps one
 * list a stack, since goroutine switches, signals and threads change stacks without returning. Nothing here influences execution.
 *
 * A program under the race detector changes stacks twice a memory access, from a goroutine's, which may be deep, to g0's, which is not. So the
 * list of a stack that is left stays where it is, and the next one begins above it; only what is small is copied to and fro.
 */
import type { AddressSpace, CallRecord, SavedCalls } from './api.js';
import { CALLS, STATE } from './layout.js';
import { checkVersion } from './part.js';

const SENTINEL = 0xffff_ffff_ffff_ffffn;
/** How far below the innermost record a stack pointer may be and still be taken for the same stack. */
const REACH = 1n << 16n;
const WORDS = CALLS.size / 8;
const BASE = CALLS.base + CALLS.size;
/** Room for calls that a list has when it is taken up above others. */
const MARGIN = 1024 * CALLS.size;

/** Lists in their place: they are looked through one by one at each switch, the parked ones by halves. */
const MOST_SEGMENTS = 8;

/** A list in its place: the last of them is that of the stack in use, and a sentinel lies in front of each. */
interface Segment {
  readonly base: number;
  /** Behind its last record; of the segment in use, `callTop` says it. */
  top: number;
}

/** The records of a stack, copied away; they do not change. */
interface Parked {
  /** Slots of the outermost and the innermost record. */
  readonly high: bigint;
  readonly low: bigint;
  readonly words: BigUint64Array;
}

export class Calls {
  private segments: Segment[] = [{ base: BASE, top: BASE }];
  /** In order of address; they do not overlap. */
  private readonly parked: Parked[] = [];
  private readonly view: DataView;
  private readonly words: BigUint64Array;

  constructor(
    buffer: ArrayBuffer,
    private readonly memory: AddressSpace,
  ) {
    this.view = new DataView(buffer);
    this.words = new BigUint64Array(buffer, CALLS.base, CALLS.entries * WORDS);
    this.words[0] = SENTINEL;
    this.top = BASE;
  }

  save(): SavedCalls {
    const { top } = this.leave();
    return {
      version: 1,
      segments: this.segments.map(segment => ({ ...segment })),
      room: bytesOf(this.words.slice(0, this.indexOf(top))),
      parked: this.parked.map(({ high, low, words }) => ({ high, low, words: bytesOf(words) })),
      callHigh: this.view.getBigUint64(STATE.callHigh, true),
    };
  }

  restore(saved: SavedCalls): void {
    checkVersion('calls', saved, 1);
    this.segments = saved.segments.map(segment => ({ ...segment }));
    this.words.set(wordsOf(saved.room));
    this.parked.splice(0, this.parked.length, ...saved.parked.map(({ high, low, words }) => ({ high, low, words: wordsOf(words) })));
    this.view.setBigUint64(STATE.callHigh, saved.callHigh, true);
    this.top = this.segments.at(-1)!.top;
  }

  private get top(): number {
    return this.view.getUint32(STATE.callTop, true);
  }

  private set top(value: number) {
    this.view.setUint32(STATE.callTop, value, true);
  }

  private get sp(): bigint {
    return this.view.getBigUint64(STATE.gpr + 32, true);
  }

  private indexOf(address: number): number {
    return ((address - CALLS.base) / CALLS.size) * WORDS;
  }

  private slotAt(address: number): bigint {
    return this.words[this.indexOf(address)];
  }

  /** Drops the records of frames that RSP has passed. */
  trim(): number {
    const { sp } = this;
    let { top } = this;
    while (this.slotAt(top - CALLS.size) <= sp) top -= CALLS.size;
    this.top = top;
    return 0;
  }

  /** The room is used up: the lists of other stacks make way; a list that fills it alone forgets its outer half. */
  spill(): number {
    const current = this.leave();
    const count = (current.top - current.base) / CALLS.size;
    const keep = current.base === BASE ? Math.min(count, CALLS.entries >> 1) : count;
    const kept = this.words.slice(this.indexOf(current.top - keep * CALLS.size), this.indexOf(current.top));
    this.segments.pop();
    this.parkDownTo(0);
    this.push(kept);
    return 0;
  }

  /** Called when RSP may have gone to another stack: takes up the list of that one, or begins it. */
  switchStack(): number {
    const { sp } = this;
    const current = this.leave();
    if (this.covers(current, sp)) return 0;
    if (current.top === current.base) this.segments.pop();
    const at = this.segments.findLastIndex(segment => this.covers(segment, sp));
    if (at >= 0) this.resume(at);
    else {
      const index = this.parkedAt(sp);
      const words = index < 0 ? new BigUint64Array(0) : this.parked.splice(index, 1)[0].words;
      this.push(words);
    }
    const { base } = this.segments.at(-1)!;
    this.view.setBigUint64(STATE.callHigh, this.top === base ? sp : this.slotAt(base), true);
    return 0;
  }

  /** Notes where the segment in use ends. */
  private leave(): Segment {
    const current = this.segments.at(-1)!;
    current.top = this.top;
    return current;
  }

  private covers({ base, top }: Segment, sp: bigint): boolean {
    return top !== base && sp <= this.slotAt(base) && this.slotAt(top - CALLS.size) <= sp + REACH;
  }

  /** Makes a segment that lies below others the one in use: they are parked, or, if it is smaller than they, it is taken up above them. */
  private resume(at: number): void {
    const { base, top } = this.segments[at];
    const above = this.segments.slice(at + 1).reduce((sum, segment) => sum + segment.top - segment.base, 0);
    if (above <= top - base) {
      this.parkDownTo(at + 1);
      this.top = top;
      return;
    }
    const words = this.words.slice(this.indexOf(base), this.indexOf(top));
    this.segments[at].top = base;
    this.push(words);
  }

  /** Begins a segment above the others with these records, and uses it. */
  private push(words: BigUint64Array): void {
    while (this.segments.length > 0 && this.segments.at(-1)!.top === this.segments.at(-1)!.base) this.segments.pop();
    const room = CALLS.base + CALLS.entries * CALLS.size - words.byteLength - MARGIN;
    if (this.segments.length >= MOST_SEGMENTS || (this.segments.length > 0 && this.segments.at(-1)!.top > room)) this.parkDownTo(0);
    const sentinel = this.segments.at(-1)?.top ?? CALLS.base;
    this.words[this.indexOf(sentinel)] = SENTINEL;
    const base = sentinel + CALLS.size;
    this.words.set(words, this.indexOf(base));
    this.segments.push({ base, top: base + words.byteLength });
    this.top = base + words.byteLength;
  }

  /** Copies the segments from an index on away. */
  private parkDownTo(index: number): void {
    for (const { base, top } of this.segments.splice(index)) {
      if (top !== base) this.park(this.words.slice(this.indexOf(base), this.indexOf(top)));
    }
  }

  private park(words: BigUint64Array): void {
    const high = words[0];
    const low = words[words.length - WORDS];
    const at = this.firstParked(low);
    // Lists that overlap are of stacks whose memory has been put to new use.
    let end = at;
    while (end < this.parked.length && this.parked[end].low <= high) end++;
    this.parked.splice(at, end - at, { high, low, words });
  }

  /** Index of the first parked list that ends at or above an address. */
  private firstParked(address: bigint): number {
    let from = 0;
    let to = this.parked.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.parked[middle].high < address) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Index of the parked list of the stack that `sp` lies on; -1: there is none. */
  private parkedAt(sp: bigint): number {
    const at = this.firstParked(sp);
    return at < this.parked.length && sp + REACH >= this.parked[at].low ? at : -1;
  }

  /** Records of the stack that `sp` lies on, innermost first, as far as their slots still hold the return address; at most `most`. */
  list(sp: bigint, most = Number.POSITIVE_INFINITY): CallRecord[] {
    this.leave();
    const segment = this.segments.findLast(each => this.covers(each, sp));
    const words = segment
      ? this.words.subarray(this.indexOf(segment.base), this.indexOf(segment.top))
      : this.parked[this.parkedAt(sp)]?.words;
    if (words === undefined) return [];
    const records: CallRecord[] = [];
    for (let at = words.length - WORDS; at >= 0 && records.length < most; at -= WORDS) {
      const [slot, returnAddress, target] = words.subarray(at, at + 3);
      if (slot < sp || !this.holds(slot, returnAddress)) continue;
      records.push({ slot, returnAddress, target });
    }
    return records;
  }

  private holds(slot: bigint, value: bigint): boolean {
    return this.memory.mappingAt(slot) !== undefined && this.memory.readU64(slot) === value;
  }
}

const bytesOf = (words: BigUint64Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

function wordsOf(bytes: Uint8Array): BigUint64Array {
  const { buffer, byteOffset, byteLength } = byteOffsetIsWhole(bytes) ? bytes : bytes.slice();
  return new BigUint64Array(buffer, byteOffset, byteLength / 8);
}

const byteOffsetIsWhole = ({ byteOffset }: Uint8Array): boolean => byteOffset % 8 === 0;
