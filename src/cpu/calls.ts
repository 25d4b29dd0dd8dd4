/**
 * The record of unreturned calls, for those who look at it, save it and make room in it. The engine keeps it (interpret/call-record.ts);
 * nothing here influences execution.
 */
import type { AddressSpace, CallRecord, SavedCalls } from './api.js';
import type { CallFunctionName } from './ir/emit.js';
import { CALL, CALLS, GRANULES, ROOT, ROOT_BIT, STATE } from './layout.js';
import { checkVersion } from './part.js';

/** The functions of the interpreter's module that are called from here. */
export type CallFunctions = Readonly<
  Record<Extract<CallFunctionName, 'stackAt' | 'takeTurn' | 'newStack' | 'noteGranule' | 'provide'>, CallFunction>
>;
type CallFunction = (...args: bigint[]) => number;

type SavedStack = SavedCalls['stacks'][number];

/** Words of a call as it is saved: slot, return address, target. */
const WORDS = 3;
/** The same in 32 bits: what is copied a million calls at a time is copied by these, which makes no objects. */
const HALVES = WORDS * 2;
const TABLE_BYTES = GRANULES.entries * 8;
const END_OF_CALLS = CALLS.base + CALLS.entries * CALLS.size;

export class Calls {
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly halves: Uint32Array;
  private functions: CallFunctions | undefined;

  constructor(
    buffer: ArrayBuffer,
    private readonly memory: AddressSpace,
  ) {
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.halves = new Uint32Array(buffer);
  }

  /** Begins, with the functions of the module that keeps the record. */
  begin(functions: CallFunctions): void {
    this.functions = functions;
    this.clear();
  }

  /** Called before the guest runs: another thread's or a signal's registers may be loaded. */
  takeTurn(): void {
    const slot = this.top + CALL.slot;
    const low = this.pointer(STATE.gpr + 32);
    const lowSlot = this.pointer(slot);
    const sameGranule = (low ^ lowSlot) >>> GRANULES.bits === 0 && this.pointer(STATE.gpr + 36) === this.pointer(slot + 4);
    if (!sameGranule || lowSlot < low) this.functions!.takeTurn();
  }

  /** Called when the guest stops. */
  endTurn(): void {
    this.set(STATE.callSp, this.pointer(STATE.gpr + 32));
    this.set(STATE.callSp + 4, this.pointer(STATE.gpr + 36));
  }

  // ---- looking -----------------------------------------------------------------------------------------------------------------------

  /**
   * Records of the stack that `sp` lies on, innermost first; at most `most` of them. A slot that no longer holds the return address was written
   * since, or its record is left from a call that was abandoned: the code that is there tells.
   */
  list(sp: bigint, most = Number.POSITIVE_INFINITY): CallRecord[] {
    const records: CallRecord[] = [];
    const root = this.stackAt(sp);
    for (let at = root === 0 ? 0 : this.topOf(root); at !== root && records.length < most; at = this.nextOf(at)) {
      if (this.slotOf(at) < sp) continue;
      const record = this.record(at);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /** The innermost call on the stack that was left when the one of `sp` was begun, if it has not returned. */
  leftFor(sp: bigint): CallRecord | undefined {
    const root = this.stackAt(sp);
    const left = root === 0 ? 0n : this.view.getBigUint64(root + ROOT.left, true);
    const [record] = left === 0n ? [] : this.list(left, 1);
    return record?.slot === left ? record : undefined;
  }

  /** The innermost unreturned call of the stack in use, also one whose slot RSP has passed. */
  last(): CallRecord | undefined {
    const { top } = this;
    return this.isRoot(top) ? undefined : this.record(top);
  }

  intactReturn(): bigint | undefined {
    const { top, view } = this;
    const sp = view.getBigUint64(STATE.gpr + 32, true);
    if (this.slotOf(top) !== sp) return undefined;
    const returnAddress = view.getBigUint64(top + CALL.returnAddress, true);
    return this.memory.readU64(sp) === returnAddress ? returnAddress : undefined;
  }

  /** The call that the last RET has taken from the list, as long as no other is recorded in its place. */
  returned(): CallRecord | undefined {
    const free = this.pointer(STATE.callFree);
    return free === 0 ? undefined : this.record(free);
  }

  private record(at: number): CallRecord | undefined {
    const [slot, returnAddress, target] = [CALL.slot, CALL.returnAddress, CALL.target].map(field =>
      this.view.getBigUint64(at + field, true),
    ) as [bigint, bigint, bigint];
    if (this.memory.mappingAt(slot) === undefined) return undefined;
    const now = this.memory.readU64(slot);
    return { slot, returnAddress, target, ...(now === returnAddress ? {} : { now }) };
  }

  private stackAt(sp: bigint): number {
    return this.functions!.stackAt(BigInt.asUintN(64, sp));
  }

  private pointer(field: number): number {
    return this.view.getUint32(field, true);
  }

  private set(field: number, value: number): void {
    this.view.setUint32(field, value, true);
  }

  private get top(): number {
    return this.pointer(STATE.callTop);
  }

  private slotOf(record: number): bigint {
    return this.view.getBigUint64(record + CALL.slot, true);
  }

  private isRoot(record: number): boolean {
    return this.slotOf(record) >= ROOT_BIT;
  }

  private nextOf(record: number): number {
    return this.pointer(record + CALL.next);
  }

  private topOf(root: number): number {
    return root === this.pointer(STATE.callStack) ? this.top : this.pointer(root + ROOT.top);
  }

  // ---- saving, and making room -------------------------------------------------------------------------------------------------------

  save(): SavedCalls {
    const free = this.pointer(STATE.callFree);
    return {
      version: 3,
      stacks: this.stacks(),
      returned: free === 0 ? new Uint8Array() : this.bytes.slice(free, free + 8 * WORDS),
      clock: this.pointer(STATE.callClock),
      sp: this.view.getBigUint64(STATE.callSp, true),
    };
  }

  restore(saved: SavedCalls): void {
    checkVersion('calls', saved, 3);
    this.load(saved.stacks);
    if (saved.returned.length > 0) {
      this.functions!.provide();
      this.bytes.set(saved.returned, this.pointer(STATE.callFree));
    }
    this.set(STATE.callClock, saved.clock);
    this.view.setBigUint64(STATE.callSp, saved.sp, true);
  }

  /** Room for calls or for stacks is used up: stacks whose memory has gone are forgotten, then the outer calls of long ones, and then those used longest ago. */
  spill(): number {
    const clock = this.pointer(STATE.callClock);
    const mapped = this.stacks().filter(({ end }) => this.memory.mappingAt(end - 1n) !== undefined);
    // The stack in use is the last.
    const kept: SavedStack[] = [];
    let room = CALLS.entries * 0.75;
    let notes = GRANULES.most * 0.75;
    for (const stack of mapped.reverse()) {
      if (room < 2) break;
      const records = stack.calls.subarray(-Math.floor(room / 2) * 8 * WORDS);
      const taken = 1 + records.length / (8 * WORDS);
      if (taken > room || notes <= 0) break;
      room -= taken;
      notes -= granulesOf(records) + 1;
      kept.push({ ...stack, calls: records });
    }
    this.load(kept.reverse());
    this.set(STATE.callClock, clock);
    return 0;
  }

  /** All stacks with what is known of them, in the order in which they were used last; that in use is the last. */
  private stacks(): SavedStack[] {
    const { view } = this;
    const current = this.pointer(STATE.callStack);
    const roots: number[] = [];
    for (let root = this.pointer(STATE.callStacks); root !== 0; root = this.nextOf(root)) if (root !== current) roots.push(root);
    const used = (root: number): number => this.pointer(root === current ? STATE.callClock : root + ROOT.used);
    roots.sort((one, other) => used(one) - used(other)).push(current);
    return roots
      .filter(root => this.slotOf(root) !== ROOT_BIT || root === current)
      .map(root => ({
        end: this.slotOf(root) - ROOT_BIT,
        left: view.getBigUint64(root + ROOT.left, true),
        depth: this.pointer(root + ROOT.depth),
        used: used(root),
        calls: this.callsOf(root),
      }));
  }

  /** The calls of a stack, outermost first. */
  private callsOf(root: number): Uint8Array {
    let count = 0;
    for (let at = this.topOf(root); at !== root; at = this.nextOf(at)) count++;
    const calls = new Uint32Array(count * HALVES);
    let to = calls.length;
    for (let at = this.topOf(root); at !== root; at = this.nextOf(at)) {
      to -= HALVES;
      for (let half = 0; half < HALVES; half++) calls[to + half] = this.halves[at / 4 + half]!;
    }
    return new Uint8Array(calls.buffer);
  }

  private clear(): void {
    this.bytes.fill(0, GRANULES.base, GRANULES.base + TABLE_BYTES);
    for (const field of [STATE.callFree, STATE.callNotes, STATE.callClock]) this.set(field, 0);
    // A stack that nothing lies on.
    const nowhere = CALLS.base;
    this.bytes.fill(0, nowhere, nowhere + CALLS.size);
    this.view.setBigUint64(nowhere + CALL.slot, ROOT_BIT, true);
    this.set(nowhere + ROOT.top, nowhere);
    for (const field of [STATE.callTop, STATE.callStack, STATE.callStacks, STATE.callLeft]) this.set(field, nowhere);
    this.set(STATE.callUnused, nowhere + CALLS.size);
  }

  /** Begins anew with these stacks; the last is in use. */
  private load(stacks: readonly SavedStack[]): void {
    const { view, functions } = this;
    this.clear();
    for (const { end, left, depth, used, calls } of stacks) {
      if (end === 0n) {
        for (const field of [STATE.callTop, STATE.callStack]) this.set(field, CALLS.base);
        continue;
      }
      functions!.newStack(end, left);
      const root = this.pointer(STATE.callStack);
      this.set(root + ROOT.depth, depth);
      this.set(root + ROOT.used, used);
      const from = halvesOf(calls);
      const granules = new Granules(end);
      let { top } = this;
      let record = this.pointer(STATE.callUnused);
      for (let at = 0; at < from.length; at += HALVES, record += CALLS.size) {
        for (let half = 0; half < HALVES; half++) this.halves[record / 4 + half] = from[at + half]!;
        this.set(record + CALL.next, top);
        top = record;
        if (granules.entered(from, at)) functions!.noteGranule(this.slotOf(record));
      }
      this.set(STATE.callUnused, record);
      this.set(STATE.callTop, top);
      this.set(root + ROOT.top, this.top);
    }
    if (this.pointer(STATE.callUnused) > END_OF_CALLS) throw new Error('more calls are saved than there is room for');
    view.setUint32(STATE.callFree, 0, true);
  }
}

/** Calls as they are saved, in 32 bits; what another has cut out of a file need not be aligned. */
const halvesOf = (calls: Uint8Array): Uint32Array =>
  calls.byteOffset % 4 === 0
    ? new Uint32Array(calls.buffer, calls.byteOffset, calls.length / 4)
    : new Uint32Array(calls.slice().buffer, 0, calls.length / 4);

/** Tells of slots, one after the other, which lie in another granule than the one before. */
class Granules {
  private low: number;
  private high: number;

  constructor(first: bigint) {
    this.low = Number(BigInt.asUintN(32, first)) >>> GRANULES.bits;
    this.high = Number(BigInt.asUintN(32, first >> 32n));
  }

  entered(halves: Uint32Array, at: number): boolean {
    const low = halves[at]! >>> GRANULES.bits;
    const high = halves[at + 1]!;
    if (low === this.low && high === this.high) return false;
    this.low = low;
    this.high = high;
    return true;
  }
}

/** How many granules calls lie in. */
function granulesOf(calls: Uint8Array): number {
  const halves = halvesOf(calls);
  // No slot lies in the granule of this address.
  const granules = new Granules(-1n);
  let count = 0;
  for (let at = 0; at < halves.length; at += HALVES) if (granules.entered(halves, at)) count++;
  return count;
}
