import type { GprName, Registers } from './api.js';
import { FLAG_KIND, gprNumber, gprSlot, SELECTOR, STATE, STATUS_FLAGS, UPPER, xmmSlot } from './layout.js';
import { emptyTags, tagWord } from './x87-tags.js';

const MASK64 = 0xffff_ffff_ffff_ffffn;

/** A view of a register file: the live one at address 0 of the machine's memory, or the saved one of a thread that is not running. */
export class RegisterFile implements Registers {
  private readonly view: DataView;
  private readonly bytes: Uint8Array;

  /** `computeFlags` works out the lazy status flags of this file. */
  constructor(
    buffer: ArrayBufferLike,
    private readonly computeFlags: () => number,
  ) {
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer, 0, STATE.end);
  }

  get(name: GprName): bigint {
    return this.gpr(gprNumber(name)!);
  }

  set(name: GprName, value: bigint): void {
    this.setGpr(gprNumber(name)!, value);
  }

  gpr(index: number): bigint {
    return this.view.getBigUint64(gprSlot(index), true);
  }

  gprAsNumber(index: number): number {
    const slot = gprSlot(index);
    return this.view.getUint32(slot, true) + this.view.getUint32(slot + 4, true) * 0x1_0000_0000;
  }

  setGpr(index: number, value: bigint): void {
    this.view.setBigUint64(gprSlot(index), value, true);
  }

  gprLow(index: number): number {
    return this.view.getInt32(gprSlot(index), true);
  }

  setGprNumber(index: number, value: number): void {
    const slot = gprSlot(index);
    this.view.setUint32(slot, value, true);
    this.view.setInt32(slot + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  get rip(): bigint {
    return this.view.getBigUint64(STATE.rip, true);
  }

  set rip(value: bigint) {
    this.view.setBigUint64(STATE.rip, value, true);
  }

  /** RIP as a number, exact for where code can be. */
  get pc(): number {
    return this.view.getUint32(STATE.rip, true) + this.view.getUint32(STATE.rip + 4, true) * 0x1_0000_0000;
  }

  get backwards(): boolean {
    return this.view.getUint32(STATE.df, true) !== 0;
  }

  get rflags(): bigint {
    return BigInt(this.computeFlags()) | this.view.getBigUint64(STATE.df, true) | this.view.getBigUint64(STATE.flagsRest, true);
  }

  set rflags(value: bigint) {
    this.view.setUint32(STATE.ccOp, FLAG_KIND.flags, true);
    this.view.setBigUint64(STATE.ccR, value & BigInt(STATUS_FLAGS), true);
    this.view.setBigUint64(STATE.df, value & 0x400n, true);
    this.view.setBigUint64(STATE.flagsRest, (value & 0x240100n) | 0x202n, true);
  }

  get fsBase(): bigint {
    return this.view.getBigUint64(STATE.fsBase, true);
  }

  /** The selector is 0 then, as arch_prctl leaves it. */
  set fsBase(value: bigint) {
    this.view.setUint16(STATE.selectors + 2 * SELECTOR.fs, 0, true);
    this.view.setBigUint64(STATE.fsBase, value & MASK64, true);
  }

  get gsBase(): bigint {
    return this.view.getBigUint64(STATE.gsBase, true);
  }

  set gsBase(value: bigint) {
    this.view.setUint16(STATE.selectors + 2 * SELECTOR.gs, 0, true);
    this.view.setBigUint64(STATE.gsBase, value & MASK64, true);
  }

  private wide(at: number): bigint {
    return (this.view.getBigUint64(at + 8, true) << 64n) | this.view.getBigUint64(at, true);
  }

  private setWide(at: number, value: bigint): void {
    this.view.setBigUint64(at, value & MASK64, true);
    this.view.setBigUint64(at + 8, (value >> 64n) & MASK64, true);
  }

  xmm(index: number): bigint {
    return this.wide(xmmSlot(index));
  }

  setXmm(index: number, value: bigint): void {
    this.setWide(xmmSlot(index), value);
  }

  ymmHigh(index: number): bigint {
    return this.wide(xmmSlot(index) + UPPER);
  }

  setYmmHigh(index: number, value: bigint): void {
    this.setWide(xmmSlot(index) + UPPER, value);
  }

  get mxcsr(): number {
    return this.view.getUint32(STATE.mxcsr, true);
  }

  set mxcsr(value: number) {
    this.view.setUint32(STATE.mxcsr, value, true);
  }

  get fcw(): number {
    return this.view.getUint16(STATE.fcw, true);
  }

  set fcw(value: number) {
    this.view.setUint16(STATE.fcw, value, true);
  }

  get fsw(): number {
    return this.view.getUint16(STATE.fsw, true);
  }

  set fsw(value: number) {
    this.view.setUint16(STATE.fsw, value, true);
  }

  get ftw(): number {
    return tagWord(this.view, this.view.getUint16(STATE.ftw, true));
  }

  set ftw(value: number) {
    this.view.setUint16(STATE.ftw, emptyTags(value), true);
  }

  private physical(index: number): number {
    return STATE.x87 + 16 * (((this.fsw >> 11) + index) & 7);
  }

  st(index: number): bigint {
    const at = this.physical(index);
    return (BigInt(this.view.getUint16(at + 8, true)) << 64n) | this.view.getBigUint64(at, true);
  }

  setSt(index: number, value: bigint): void {
    const at = this.physical(index);
    this.view.setBigUint64(at, value & MASK64, true);
    this.view.setUint16(at + 8, Number((value >> 64n) & 0xffffn), true);
  }

  save(into?: Uint8Array): Uint8Array {
    const copy = into?.length === this.bytes.length ? into : new Uint8Array(this.bytes.length);
    copy.set(this.bytes);
    // Flags are saved worked out, so that equal states are equal bytes; scratch does not count. This happens at each turn of a thread.
    const flags = this.computeFlags() & STATUS_FLAGS;
    copy.fill(0, STATE.ccOp, STATE.ccOp + 4);
    copy[STATE.ccOp] = FLAG_KIND.flags;
    copy.fill(0, STATE.ccA, STATE.ccR + 8);
    copy[STATE.ccR] = flags & 0xff;
    copy[STATE.ccR + 1] = flags >> 8;
    copy.fill(0, STATE.temp, STATE.mxcsr);
    return copy;
  }

  restore(state: Uint8Array): void {
    this.bytes.set(state);
  }

  /** The state of a new process (Linux's ELF_PLAT_INIT and a fresh FPU): all zero but MXCSR, the x87 control word and RFLAGS. */
  reset(): void {
    this.bytes.fill(0);
    this.rflags = 0x202n;
    this.mxcsr = 0x1f80;
    this.fcw = 0x37f;
    this.ftw = 0xffff;
  }
}

/** Registers of a thread that is not loaded, over what `Registers.save` returned; writes go to that state. */
export function savedRegisters(state: Uint8Array): Registers {
  const file = new RegisterFile(state.buffer, () => new DataView(state.buffer).getUint32(STATE.ccR, true));
  return file;
}
