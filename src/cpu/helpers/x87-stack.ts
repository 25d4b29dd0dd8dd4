/** The x87 register stack in the register file (Intel SDM vol. 1, 8.1). */
import { STATE } from '../layout.js';
import { FloatEnv, PRE_COMPUTATION, X80 } from '../softfloat/index.js';
import { readWide, writeWide } from './operands.js';

/** Bits of the status word beside the exception flags, which are `FLAG` of the soft float. */
export const FSW = { stackFault: 0x40, summary: 0x80, c0: 0x100, c1: 0x200, c2: 0x400, top: 0x3800, c3: 0x4000, busy: 0x8000 } as const;
const INVALID = 1;

const IN_USE = 0;
const EMPTY = 3;

export class Stack {
  readonly env = new FloatEnv();
  fsw = 0;
  ftw = 0;

  constructor(readonly view: DataView) {}

  /** Takes up the control, status and tag words for one instruction. */
  load(): void {
    this.env.loadControlWord(this.view.getUint16(STATE.fcw, true));
    this.env.denormalSource = false;
    this.fsw = this.view.getUint16(STATE.fsw, true);
    this.ftw = this.view.getUint16(STATE.ftw, true);
  }

  /** Puts the words down; other addresses than the state's own hold them back until a store has succeeded. */
  save(fsw: number = STATE.fsw, ftw: number = STATE.ftw): void {
    this.view.setUint32(fsw, this.fsw, true);
    this.view.setUint32(ftw, this.ftw, true);
  }

  get fcw(): number {
    return this.view.getUint16(STATE.fcw, true);
  }

  get top(): number {
    return (this.fsw >> 11) & 7;
  }

  set top(value: number) {
    this.fsw = (this.fsw & ~FSW.top) | ((value & 7) << 11);
  }

  private physical(index: number): number {
    return (this.top + index) & 7;
  }

  isEmpty(index: number): boolean {
    return ((this.ftw >> (2 * this.physical(index))) & 3) === EMPTY;
  }

  get(index: number): bigint {
    return BigInt.asUintN(80, readWide(this.view, STATE.x87 + 16 * this.physical(index)));
  }

  set(index: number, bits: bigint): void {
    writeWide(this.view, STATE.x87 + 16 * this.physical(index), bits);
    this.tag(index, IN_USE);
  }

  /** Changes the register behind ST(i) whatever its tag says. */
  setRaw(index: number, bits: bigint): void {
    writeWide(this.view, STATE.x87 + 16 * this.physical(index), BigInt.asUintN(80, bits));
  }

  setTag(index: number, empty: boolean): void {
    this.tag(index, empty ? EMPTY : IN_USE);
  }

  private tag(index: number, tag: number): void {
    const shift = 2 * this.physical(index);
    this.ftw = (this.ftw & ~(3 << shift)) | (tag << shift);
  }

  free(index: number): void {
    this.tag(index, EMPTY);
  }

  pop(): void {
    this.free(0);
    this.top = this.top + 1;
  }

  /** ES and B follow from the flags and the masks. */
  summarize(): void {
    const pending = (this.fsw & ~this.fcw & 0x3f) !== 0;
    this.fsw = pending ? this.fsw | FSW.summary | FSW.busy : this.fsw & ~(FSW.summary | FSW.busy);
  }

  /** C3, C2, C1 and C0 together. */
  setCodes(codes: number): void {
    this.fsw = (this.fsw & ~(FSW.c0 | FSW.c1 | FSW.c2 | FSW.c3)) | codes;
  }

  setC1(up: boolean): void {
    this.fsw = up ? this.fsw | FSW.c1 : this.fsw & ~FSW.c1;
  }

  /**
   * Notes what the operation has raised. False when an unmasked exception that is found before the computation forbids writing the
   * result.
   */
  settle(): boolean {
    const { env } = this;
    const hidden = (env.unmasked & PRE_COMPUTATION) !== 0;
    this.fsw |= hidden ? env.flags & PRE_COMPUTATION : env.flags;
    this.setC1(env.roundedUp && !hidden);
    if (env.unmasked !== 0) this.fsw |= FSW.summary | FSW.busy;
    return !hidden;
  }

  /** Stack overflow (C1 = 1) or underflow. True when it is masked: the caller goes on with the real indefinite. */
  fault(overflow: boolean): boolean {
    this.fsw |= INVALID | FSW.stackFault;
    this.setC1(overflow);
    if ((this.env.masks & INVALID) !== 0) return true;
    this.fsw |= FSW.summary | FSW.busy;
    return false;
  }

  /** Pushes a value, or answers a full stack. */
  push(bits: bigint): void {
    const full = !this.isEmpty(7);
    if (full && !this.fault(true)) return;
    this.top = this.top - 1;
    this.set(0, full ? X80.indefinite : bits);
  }
}
