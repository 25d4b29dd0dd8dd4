/** Runs cases on r14's CPU, in the memory that harness.c gives the real one. */
import { type Cpu, type CpuStop, PROT } from '../../src/cpu/api.js';
import { Machine } from '../../src/cpu/cpu.js';
import { CODE, FS_BASE, FX, GS_BASE, HIGH, INPUT, LOW, pristineMemory, REGION_BYTES, WRITABLE_BYTES } from './layout.js';
import { finish } from './native.js';
import type { Outcome } from './outcome.js';

const PAGE = 0x1000;
/** More than any case needs: the longest is a REP of a dozen turns. */
const BUDGET = 2000;
const INT3 = 0xcc;
const EMPTY = 3;

export class Engine {
  private readonly pristine = pristineMemory();
  /** The writable pages as they were before the case. */
  private readonly before = this.pristine.slice(0, WRITABLE_BYTES);
  private codeStart = CODE;
  private codeLength = 0;
  /** Registers as a process begins with them: cases leave selectors. */
  private readonly fresh: Uint8Array;

  constructor(readonly cpu: Cpu = new Machine({ memory: 1 << 24, level: 'v3' })) {
    const { memory } = cpu;
    this.fresh = cpu.registers.save();
    memory.map(CODE, BigInt(PAGE), PROT.read | PROT.exec);
    memory.write(CODE, new Uint8Array(PAGE).fill(INT3));
    for (const region of [LOW, HIGH]) {
      memory.map(region, BigInt(WRITABLE_BYTES), PROT.read | PROT.write);
      memory.map(region + BigInt(WRITABLE_BYTES), BigInt(REGION_BYTES - WRITABLE_BYTES), PROT.read);
      memory.write(region, this.pristine);
    }
  }

  /** The outcome, or why there is none. */
  run(input: Uint8Array): Outcome | string {
    this.load(input);
    let stop = this.cpu.run(BUDGET);
    // Each so many PAUSEs a thread is to give way: there is no other here.
    if (stop.kind === 'pause') stop = this.cpu.run(BUDGET);
    const registers = this.readRegisters();
    const memory = this.collect(input);
    return outcomeOf(input, stop, registers, memory);
  }

  /** Puts the case into the machine, in front of its first instruction. */
  load(input: Uint8Array): void {
    const { memory, registers } = this.cpu;
    const view = new DataView(input.buffer, input.byteOffset);
    if (this.codeLength) memory.write(this.codeStart, new Uint8Array(this.codeLength).fill(INT3));
    const rip = view.getBigUint64(INPUT.rip, true);
    const room = Number(CODE + BigInt(PAGE) - rip);
    this.codeStart = rip;
    this.codeLength = Math.min(input[INPUT.codeLength] as number, room);
    memory.write(rip, input.subarray(INPUT.code, INPUT.code + this.codeLength));
    const overlay = view.getUint32(INPUT.overlayLength, true);
    if (overlay) memory.write(view.getBigUint64(INPUT.overlayAddress, true), input.subarray(INPUT.overlay, INPUT.overlay + overlay));

    registers.restore(this.fresh);
    for (let i = 0; i < 16; i++) registers.setGpr(i, view.getBigUint64(INPUT.gpr + 8 * i, true));
    registers.rip = rip;
    registers.rflags = view.getBigUint64(INPUT.rflags, true);
    registers.fsBase = FS_BASE;
    registers.gsBase = GS_BASE;
    const fx = INPUT.fx;
    for (let i = 0; i < 16; i++) registers.setXmm(i, wide(view, fx + FX.xmm + 16 * i));
    for (let i = 0; i < 16; i++) registers.setYmmHigh(i, wide(view, INPUT.ymm + 16 * i));
    registers.mxcsr = view.getUint32(fx + FX.mxcsr, true);
    registers.fcw = view.getUint16(fx + FX.fcw, true);
    registers.fsw = view.getUint16(fx + FX.fsw, true);
    registers.ftw = fullTags(view);
    for (let i = 0; i < 8; i++) registers.setSt(i, BigInt.asUintN(80, wide(view, fx + FX.st + 16 * i)));
  }

  private readRegisters(): Uint8Array {
    const { registers } = this.cpu;
    const record = new Uint8Array(INPUT.bytes);
    const view = new DataView(record.buffer);
    for (let i = 0; i < 16; i++) view.setBigUint64(INPUT.gpr + 8 * i, registers.gpr(i), true);
    view.setBigUint64(INPUT.rip, registers.rip, true);
    view.setBigUint64(INPUT.rflags, registers.rflags, true);
    const fx = INPUT.fx;
    for (let i = 0; i < 16; i++) setWide(view, fx + FX.xmm + 16 * i, registers.xmm(i));
    for (let i = 0; i < 16; i++) setWide(view, INPUT.ymm + 16 * i, registers.ymmHigh(i));
    view.setUint32(fx + FX.mxcsr, registers.mxcsr, true);
    view.setUint16(fx + FX.fcw, registers.fcw, true);
    view.setUint16(fx + FX.fsw, registers.fsw, true);
    for (let i = 0; i < 8; i++) {
      if (((registers.ftw >> (2 * i)) & 3) !== EMPTY) record[fx + FX.ftw] = (record[fx + FX.ftw] as number) | (1 << i);
      setWide(view, fx + FX.st + 16 * i, registers.st(i));
    }
    return record;
  }

  /** Changed words; afterwards memory is pristine again. */
  private collect(input: Uint8Array): [bigint, bigint][] {
    const { memory } = this.cpu;
    const view = new DataView(input.buffer, input.byteOffset);
    const overlay = view.getBigUint64(INPUT.overlayAddress, true);
    const length = view.getUint32(INPUT.overlayLength, true);
    const changed: [bigint, bigint][] = [];
    for (const region of [LOW, HIGH]) {
      const now = memory.read(region, WRITABLE_BYTES);
      const offset = Number(overlay - region);
      const overlaid = length > 0 && offset >= 0 && offset < WRITABLE_BYTES;
      if (overlaid) this.before.set(input.subarray(INPUT.overlay, INPUT.overlay + length), offset);
      const touched = Buffer.compare(now, this.before) !== 0;
      if (touched) this.compareWords(region, now, changed);
      if (overlaid) this.before.set(this.pristine.subarray(offset, offset + length), offset);
      if (touched) memory.write(region, this.before);
      else if (overlaid) memory.write(overlay, this.before.subarray(offset, offset + length));
    }
    return changed;
  }

  private compareWords(region: bigint, now: Uint8Array, changed: [bigint, bigint][]): void {
    const before = new DataView(this.before.buffer);
    const after = new DataView(now.buffer, now.byteOffset);
    for (let offset = 0; offset < WRITABLE_BYTES; offset += 8) {
      if (before.getInt32(offset) === after.getInt32(offset) && before.getInt32(offset + 4) === after.getInt32(offset + 4)) continue;
      changed.push([region + BigInt(offset), after.getBigUint64(offset, true)]);
    }
  }
}

function wide(view: DataView, offset: number): bigint {
  return view.getBigUint64(offset, true) | (view.getBigUint64(offset + 8, true) << 64n);
}

function setWide(view: DataView, offset: number, value: bigint): void {
  view.setBigUint64(offset, BigInt.asUintN(64, value), true);
  view.setBigUint64(offset + 8, value >> 64n, true);
}

/** The full tag word that an abridged one and the registers' contents stand for (Intel SDM vol. 1, 8.1.7 and 10.5.1.1). */
function fullTags(view: DataView): number {
  const valid = view.getUint8(INPUT.fx + FX.ftw);
  const top = (view.getUint16(INPUT.fx + FX.fsw, true) >> 11) & 7;
  let tags = 0;
  for (let physical = 0; physical < 8; physical++) {
    const at = INPUT.fx + FX.st + 16 * ((physical - top) & 7);
    const exponent = view.getUint16(at + 8, true) & 0x7fff;
    const fraction = view.getBigUint64(at, true);
    let tag = 2;
    if (!(valid & (1 << physical))) tag = EMPTY;
    else if (exponent === 0 && fraction === 0n) tag = 1;
    else if (exponent !== 0 && exponent !== 0x7fff && fraction >> 63n) tag = 0;
    tags |= tag << (2 * physical);
  }
  return tags;
}

function outcomeOf(input: Uint8Array, stop: CpuStop, registers: Uint8Array, memory: Outcome['memory']): Outcome | string {
  if (stop.kind === 'fault') return finish(input, registers, stop.fault, memory);
  if (stop.kind === 'unsupported') return `unsupported: ${stop.text}`;
  return `stopped: ${stop.kind}`;
}
