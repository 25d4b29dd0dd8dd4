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
  /** Slot of the innermost call on the stack from which this one was begun; 0n: not known. */
  readonly left: bigint;
  /** Behind its last record; of the segment in use, `callTop` says it. */
  top: number;
}

/** The records of a stack, copied away; they do not change. */
interface Parked {
  /** Slots of the outermost and the innermost record. */
  readonly high: bigint;
  readonly low: bigint;
  readonly left: bigint;
  readonly words: BigUint64Array;
}

/** A stack without calls that was in use when another thread's or a signal's took its turn: where it began, and which one was left for it. */
interface Bare {
  readonly high: bigint;
  readonly left: bigint;
}

const MOST_BARE = 16;

export class Calls {
  private segments: Segment[] = [{ base: BASE, left: 0n, top: BASE }];
  /** In order of address; they do not overlap. */
  private readonly parked: Parked[] = [];
  private readonly bare: Bare[] = [];
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
      version: 2,
      segments: this.segments.map(segment => ({ ...segment })),
      room: bytesOf(this.words.slice(0, this.indexOf(top))),
      parked: this.parked.map(({ words, ...rest }) => ({ ...rest, words: bytesOf(words) })),
      bare: [...this.bare],
      callHigh: this.view.getBigUint64(STATE.callHigh, true),
    };
  }

  restore(saved: SavedCalls): void {
    checkVersion('calls', saved, 2);
    this.segments = saved.segments.map(segment => ({ ...segment }));
    this.words.set(wordsOf(saved.room));
    this.parked.splice(0, this.parked.length, ...saved.parked.map(({ words, ...rest }) => ({ ...rest, words: wordsOf(words) })));
    this.bare.splice(0, this.bare.length, ...saved.bare);
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
    this.push(kept, current.left);
    return 0;
  }

  /**
   * Called when RSP may have gone to another stack: takes up the list of that one, or begins it. `resumed`: it is another thread's turn, or a
   * signal's, and no instruction has gone from one stack to the other.
   */
  switchStack(resumed = false): number {
    const { sp } = this;
    const current = this.leave();
    if (this.covers(current, sp)) return 0;
    let left = 0n;
    if (current.top === current.base) {
      const high = this.view.getBigUint64(STATE.callHigh, true);
      if (resumed && sp <= high && high <= sp + REACH) return 0;
      this.segments.pop();
      if (!resumed) left = current.left;
      else if (current.left !== 0n) this.keepBare({ high, left: current.left });
    } else if (!resumed) left = this.slotAt(current.top - CALLS.size);
    const at = this.segments.findLastIndex(segment => this.covers(segment, sp));
    if (at >= 0) this.resume(at);
    else {
      const index = this.parkedAt(sp);
      const known = index < 0 ? undefined : this.parked.splice(index, 1)[0];
      if (known === undefined) this.push(new BigUint64Array(0), left === 0n ? this.takeBare(sp) : left);
      else this.push(known.words, known.left);
    }
    const { base } = this.segments.at(-1)!;
    this.view.setBigUint64(STATE.callHigh, this.top === base ? sp : this.slotAt(base), true);
    return 0;
  }

  private keepBare(bare: Bare): void {
    this.bare.push(bare);
    if (this.bare.length > MOST_BARE) this.bare.shift();
  }

  private takeBare(sp: bigint): bigint {
    const at = this.bare.findIndex(({ high }) => sp <= high && high <= sp + REACH);
    return at < 0 ? 0n : this.bare.splice(at, 1)[0].left;
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
    const { base, top, left } = this.segments[at];
    const above = this.segments.slice(at + 1).reduce((sum, segment) => sum + segment.top - segment.base, 0);
    if (above <= top - base) {
      this.parkDownTo(at + 1);
      this.top = top;
      return;
    }
    const words = this.words.slice(this.indexOf(base), this.indexOf(top));
    this.segments[at].top = base;
    this.push(words, left);
  }

  /** Begins a segment above the others with these records, and uses it. */
  private push(words: BigUint64Array, left: bigint): void {
    while (this.segments.length > 0 && this.segments.at(-1)!.top === this.segments.at(-1)!.base) this.segments.pop();
    const room = CALLS.base + CALLS.entries * CALLS.size - words.byteLength - MARGIN;
    if (this.segments.length >= MOST_SEGMENTS || (this.segments.length > 0 && this.segments.at(-1)!.top > room)) this.parkDownTo(0);
    const sentinel = this.segments.at(-1)?.top ?? CALLS.base;
    this.words[this.indexOf(sentinel)] = SENTINEL;
    const base = sentinel + CALLS.size;
    this.words.set(words, this.indexOf(base));
    this.segments.push({ base, left, top: base + words.byteLength });
    this.top = base + words.byteLength;
  }

  /** Copies the segments from an index on away. */
  private parkDownTo(index: number): void {
    for (const { base, top, left } of this.segments.splice(index)) {
      if (top !== base) this.park(this.words.slice(this.indexOf(base), this.indexOf(top)), left);
    }
  }

  private park(words: BigUint64Array, left: bigint): void {
    const high = words[0];
    const low = words[words.length - WORDS];
    const at = this.firstParked(low);
    // Lists that overlap are of stacks whose memory has been put to new use.
    let end = at;
    while (end < this.parked.length && this.parked[end].low <= high) end++;
    this.parked.splice(at, end - at, { high, low, left, words });
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

  /**
   * Records of the stack that `sp` lies on, innermost first; at most `most` of them. A slot that no longer holds the return address was written
   * since, or its record is left from a call that was abandoned: the code that is there tells.
   */
  list(sp: bigint, most = Number.POSITIVE_INFINITY): CallRecord[] {
    const words = this.stackOf(sp)?.words;
    if (words === undefined) return [];
    const records: CallRecord[] = [];
    for (let at = words.length - WORDS; at >= 0 && records.length < most; at -= WORDS) {
      if (words[at] < sp) continue;
      const record = this.record(words, at);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /** The innermost call on the stack that was left when the one of `sp` was begun, if it has not returned. */
  leftFor(sp: bigint): CallRecord | undefined {
    const left = this.stackOf(sp)?.left ?? 0n;
    const [record] = left === 0n ? [] : this.list(left, 1);
    return record?.slot === left ? record : undefined;
  }

  /** The innermost unreturned call of the stack in use, also one whose slot RSP has passed. */
  last(): CallRecord | undefined {
    const { base, top } = this.leave();
    return top === base ? undefined : this.record(this.words, this.indexOf(top) - WORDS);
  }

  intactReturn(): bigint | undefined {
    const { sp } = this;
    const at = this.indexOf(this.top) - WORDS;
    if (this.words[at] !== sp) return undefined;
    const returnAddress = this.words[at + 1];
    return this.memory.readU64(sp) === returnAddress ? returnAddress : undefined;
  }

  /** The call that the last RET has taken from the list, as long as no other is recorded in its place. */
  returned(): CallRecord | undefined {
    const { top } = this.leave();
    return this.record(this.words, this.indexOf(top));
  }

  private stackOf(sp: bigint): { readonly words: BigUint64Array; readonly left: bigint } | undefined {
    const current = this.leave();
    const high = this.view.getBigUint64(STATE.callHigh, true);
    const bare = current.top === current.base && sp <= high && high <= sp + REACH;
    const segment = this.segments.findLast(each => this.covers(each, sp)) ?? (bare ? current : undefined);
    if (segment === undefined) return this.parked[this.parkedAt(sp)];
    return { words: this.words.subarray(this.indexOf(segment.base), this.indexOf(segment.top)), left: segment.left };
  }

  private record(words: BigUint64Array, at: number): CallRecord | undefined {
    const [slot, returnAddress, target] = words.subarray(at, at + WORDS);
    if (this.memory.mappingAt(slot) === undefined) return undefined;
    const now = this.memory.readU64(slot);
    return { slot, returnAddress, target, ...(now === returnAddress ? {} : { now }) };
  }
}

const bytesOf = (words: BigUint64Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

function wordsOf(bytes: Uint8Array): BigUint64Array {
  const { buffer, byteOffset, byteLength } = byteOffsetIsWhole(bytes) ? bytes : bytes.slice();
  return new BigUint64Array(buffer, byteOffset, byteLength / 8);
}

const byteOffsetIsWhole = ({ byteOffset }: Uint8Array): boolean => byteOffset % 8 === 0;
