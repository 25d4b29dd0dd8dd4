import { UID } from '../abi/constants.js';
import { SI } from '../abi/signals.js';
import type { QueuedSignal } from './pending.js';

const SIGINFO_SIZE = 128;

/** siginfo_t of a signal (asm-generic/siginfo.h): signo, errno, code, then a union by the kind of sender. */
export function encodeSiginfo(entry: QueuedSignal): Uint8Array {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, entry.signal, true);
  view.setInt32(8, entry.code, true);
  if (entry.address !== undefined) {
    view.setBigUint64(16, BigInt.asUintN(64, entry.address), true);
  } else if (entry.timer && entry.code === SI.TIMER) {
    view.setInt32(16, entry.timer.id, true);
    view.setInt32(20, entry.timer.overrun, true);
    view.setBigUint64(24, entry.value ?? 0n, true);
  } else if (entry.sender !== undefined) {
    view.setInt32(16, entry.sender, true);
    view.setUint32(20, entry.uid ?? UID, true);
    view.setBigUint64(24, entry.value ?? 0n, true);
  }
  return bytes;
}
