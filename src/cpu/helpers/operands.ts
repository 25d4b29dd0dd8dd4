/** How helpers reach what a row has given them: the STATE.helper* fields, 128-bit slots, and the way out with an exception. */
import { CAUSES, EXIT, STATE, VECTORS } from '../layout.js';

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

/** What there is to say of an exception beside its vector; `address` is the one that is at fault. */
interface Reason {
  readonly cause: (typeof CAUSES)[number];
  readonly error?: number;
  readonly address?: bigint;
}

/** Leaves the guest with an exception at the current instruction. */
export function raiseVector(view: DataView, vector: (typeof VECTORS)[number], reason?: Reason): number {
  view.setInt32(STATE.exit, EXIT.fault, true);
  view.setInt32(STATE.exitVector, VECTORS.indexOf(vector), true);
  if (reason !== undefined) {
    view.setInt32(STATE.exitCause, CAUSES.indexOf(reason.cause), true);
    view.setInt32(STATE.exitError, reason.error ?? 0, true);
    view.setBigUint64(STATE.exitAddress, reason.address ?? 0n, true);
  }
  return 1;
}
