/**
 * The memory that every vector case runs in, on the real CPU (harness.c) and in r14 alike, and the two records that describe a case:
 * `Input`, the state it starts from, and `Output`, the state it ends in. Both are the C structs of harness.c, byte for byte.
 */

/** One page, readable and executable: full of INT3 but for the case's own bytes. */
export const CODE = 0x2000_0000n;
/** Where a case starts unless it has a reason not to: far enough inside for jumps both ways. */
export const ENTRY = CODE + 0x800n;
/**
 * Two data regions of three pages each, the last one read-only. What lies before and after is not mapped. LOW can be reached with 32-bit
 * and RIP-relative addresses, HIGH only with 64-bit ones. Both hold the same bytes (`pristineMemory`).
 */
export const LOW = 0x2001_0000n;
export const HIGH = 0x7123_4567_8000n;
export const WRITABLE_BYTES = 0x2000;
export const REGION_BYTES = 0x3000;
export const FS_BASE = LOW + 0x140n;
export const GS_BASE = HIGH + 0x280n;

/** Contents of a data region: xorshift64, as in harness.c. */
export function pristineMemory(): Uint8Array {
  const words = new BigUint64Array(REGION_BYTES / 8);
  let x = 0x9e37_79b9_7f4a_7c15n;
  for (let i = 0; i < words.length; i++) {
    x = BigInt.asUintN(64, x ^ (x << 13n));
    x ^= x >> 7n;
    x = BigInt.asUintN(64, x ^ (x << 17n));
    words[i] = x;
  }
  return new Uint8Array(words.buffer);
}

/** Byte offsets in `struct input`. The x87 and SSE state is an FXSAVE image (Intel SDM vol. 1, table 10-2) cut after XMM15. */
export const INPUT = {
  gpr: 0,
  rflags: 128,
  rip: 136,
  fx: 144,
  codeLength: 560,
  code: 561,
  overlayAddress: 624,
  overlayLength: 632,
  overlay: 640,
  /** The upper halves of the YMM registers. */
  ymm: 1152,
  bytes: 1408,
};
export const MAX_CODE = 63;

/** Byte offsets in `struct output`; `words` pairs of address and value follow it. */
export const OUTPUT = { gpr: 0, rflags: 128, rip: 136, fx: 144, cr2: 560, trap: 568, error: 572, words: 576, ymm: 584, bytes: 840 };

/** Byte offsets in an FXSAVE image. */
export const FX = { fcw: 0, fsw: 2, ftw: 4, mxcsr: 24, st: 32, xmm: 160, bytes: 416 };

/** CF PF AF ZF SF DF OF: the bits of RFLAGS that are compared unless a case says otherwise. */
export const FLAGS = 0xcd5;
