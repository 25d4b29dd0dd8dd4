/** How helpers reach what a row has given them: the STATE.helper* fields, 128-bit slots, and the way out with an exception. */
import { EXIT, STATE, VECTORS } from '../layout.js';

export const operandD = (view: DataView): number => view.getUint32(STATE.helperD, true);
export const operandA = (view: DataView): number => view.getUint32(STATE.helperA, true);
export const operandB = (view: DataView): number => view.getUint32(STATE.helperB, true);
export const immediate = (view: DataView): number => view.getUint32(STATE.helperImm, true);

export function readWide(view: DataView, address: number): bigint {
  return view.getBigUint64(address, true) | (view.getBigUint64(address + 8, true) << 64n);
}

export function writeWide(view: DataView, address: number, value: bigint): void {
  view.setBigUint64(address, BigInt.asUintN(64, value), true);
  view.setBigUint64(address + 8, value >> 64n, true);
}

/** Sets the six status flags to these bits of RFLAGS. */
export function setFlags(view: DataView, bits: number): void {
  view.setInt32(STATE.ccOp, 0, true);
  view.setBigUint64(STATE.ccR, BigInt(bits), true);
}

/** Leaves the guest with an exception at the current instruction. */
export function raise(view: DataView, vector: (typeof VECTORS)[number]): number {
  view.setInt32(STATE.exit, EXIT.fault, true);
  view.setInt32(STATE.exitVector, VECTORS.indexOf(vector), true);
  return 1;
}
