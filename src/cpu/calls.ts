/**
 * The record of unreturned calls. The interpreter pushes a record at each CALL and pops it at the RET that uses its slot; this side keeps one
 * list a stack, since goroutine switches, signals and threads change stacks without returning. Nothing here influences execution.
 */
import type { AddressSpace, CallRecord } from './api.js';
import { CALLS, STATE } from './layout.js';

const SENTINEL = 0xffff_ffff_ffff_ffffn;
/** How far below the innermost record a stack pointer may be and still be taken for the same stack. */
const REACH = 1n << 16n;
const WORDS = CALLS.size / 8;
const BASE = CALLS.base + CALLS.size;

/** The records of a stack that is not in use, as they lay in the live list. */
interface Parked {
  /** Slots of the outermost and the innermost record. */
  readonly high: bigint;
  readonly low: bigint;
  readonly words: BigUint64Array;
}

export class Calls {
  private parked: Parked[] = [];
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

  private get top(): number {
    return this.view.getUint32(STATE.callTop, true);
  }

  private set top(value: number) {
    this.view.setUint32(STATE.callTop, value, true);
  }

  private get sp(): bigint {
    return this.view.getBigUint64(STATE.gpr + 32, true);
  }

  private slotAt(address: number): bigint {
    return this.words[((address - CALLS.base) / CALLS.size) * WORDS];
  }

  /** Drops the records of frames that RSP has passed. */
  trim(): number {
    const { sp } = this;
    let { top } = this;
    while (this.slotAt(top - CALLS.size) <= sp) top -= CALLS.size;
    this.top = top;
    return 0;
  }

  /** The list is full: its outer half is forgotten. */
  spill(): number {
    const keep = CALLS.entries >> 1;
    const from = CALLS.entries - keep;
    this.words.copyWithin(WORDS, from * WORDS);
    this.top = BASE + keep * CALLS.size;
    return 0;
  }

  /** Called when RSP may have gone to another stack: parks the list of the old one and takes up that of the new one. */
  switchStack(): number {
    const { sp } = this;
    if (this.covers(sp)) return 0;
    this.park();
    const at = this.parked.findIndex(list => sp <= list.high && sp + REACH >= list.low);
    if (at < 0) {
      this.top = BASE;
      this.view.setBigUint64(STATE.callHigh, sp, true);
      return 0;
    }
    const [list] = this.parked.splice(at, 1);
    this.words.set(list.words, WORDS);
    this.top = BASE + list.words.length * 8;
    this.view.setBigUint64(STATE.callHigh, list.high, true);
    return 0;
  }

  private covers(sp: bigint): boolean {
    const { top } = this;
    if (top === BASE) return false;
    return sp <= this.slotAt(BASE) && this.slotAt(top - CALLS.size) <= sp + REACH;
  }

  private park(): void {
    const { top } = this;
    if (top === BASE) return;
    const high = this.slotAt(BASE);
    const low = this.slotAt(top - CALLS.size);
    // Lists that overlap are of stacks whose memory has been put to new use.
    this.parked = this.parked.filter(list => list.high < low || list.low > high);
    this.parked.unshift({ high, low, words: this.words.slice(WORDS, (top - CALLS.base) / 8) });
  }

  /** Records of the stack that `sp` lies on, innermost first, as far as their slots still hold the return address. */
  list(sp: bigint): CallRecord[] {
    const live = this.covers(sp);
    const words = live
      ? this.words.subarray(WORDS, (this.top - CALLS.base) / 8)
      : this.parked.find(list => sp <= list.high && sp + REACH >= list.low)?.words;
    if (words === undefined) return [];
    const records: CallRecord[] = [];
    for (let at = words.length - WORDS; at >= 0; at -= WORDS) {
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
