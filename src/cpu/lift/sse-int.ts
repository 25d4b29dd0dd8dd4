/** Lifters of SSE integer operations, and of the bitwise and shuffling ones of either kind. */
import { Code, Mnemonic as M } from 'iced-x86';
import type { Width } from '../ir/emit.js';
import { xmmSlot } from '../layout.js';
import { type Lifter, lifters } from './registry.js';
import { forEach, imm8, sharedSource, vectorSource, words } from './vector.js';

/** op0 = op0 OP op1. */
const binary =
  (row: string): Lifter =>
  b => {
    b.emit(row, b.register(0), b.firstSource(), vectorSource(b, 1, 16));
  };
forEach(
  words(`paddb paddw paddd paddq psubb psubw psubd psubq paddsb paddsw paddusb paddusw psubsb psubsw psubusb psubusw
    pminub pminsb pminuw pminsw pminud pminsd pmaxub pmaxsb pmaxuw pmaxsw pmaxud pmaxsd pavgb pavgw
    pcmpeqb pcmpeqw pcmpeqd pcmpeqq pcmpgtb pcmpgtw pcmpgtd pcmpgtq
    pmullw pmulld pmulhw pmulhuw pmulhrsw pmuludq pmuldq pmaddwd pmaddubsw psadbw
    pand pandn por pxor packsswb packuswb packssdw packusdw psignb psignw psignd
    phaddw phaddd phaddsw phsubw phsubd phsubsw pshufb
    punpcklbw punpckhbw punpcklwd punpckhwd punpckldq punpckhdq punpcklqdq punpckhqdq`),
  binary,
);
for (const [mnemonic, row] of [
  [M.Andps, 'pand'],
  [M.Andpd, 'pand'],
  [M.Andnps, 'pandn'],
  [M.Andnpd, 'pandn'],
  [M.Orps, 'por'],
  [M.Orpd, 'por'],
  [M.Xorps, 'pxor'],
  [M.Xorpd, 'pxor'],
  [M.Unpcklps, 'punpckldq'],
  [M.Unpckhps, 'punpckhdq'],
  [M.Unpcklpd, 'punpcklqdq'],
  [M.Unpckhpd, 'punpckhqdq'],
] as const) {
  lifters.set(mnemonic, binary(row));
}

/** op0 = OP op1. */
forEach(['pabsb', 'pabsw', 'pabsd', 'phminposuw'], name => b => b.emit(name, b.register(0), vectorSource(b, 1, 16)));
for (const [suffix, bytes] of [
  ['bw', 8],
  ['bd', 4],
  ['bq', 2],
  ['wd', 8],
  ['wq', 4],
  ['dq', 8],
] as const) {
  forEach([`pmovsx${suffix}`, `pmovzx${suffix}`], name => b => b.emit(name, b.register(0), vectorSource(b, 1, bytes)));
}

forEach(words('psllw pslld psllq psrlw psrld psrlq psraw psrad'), name => b => {
  b.emit(name, b.register(0), b.firstSource(), b.isImmediate(1) ? BigInt(imm8(b, 1)) : sharedSource(b, 1));
});
forEach(['pslldq', 'psrldq'], name => b => {
  b.emit(name, b.register(0), b.firstSource(), 0, BigInt(Math.min(16, imm8(b, 1))));
});
lifters.set(M.Palignr, b => {
  b.emit('palignr', b.register(0), b.firstSource(), vectorSource(b, 1, 16), BigInt(Math.min(32, imm8(b, 2))));
});

lifters.set(M.Ptest, b => b.emit('ptest', 0, b.register(0), vectorSource(b, 1, 16)));
forEach(['pblendvb', 'blendvps', 'blendvpd'], name => b => {
  b.emit(name, b.register(0), b.firstSource(), vectorSource(b, 1, 16), 0n, b.vex ? b.register(2) : xmmSlot(0));
});

// ---- shuffles: each word of the result by the number of its first byte -----------------------------------------------------------------------

/** Packs eight byte numbers into an immediate. */
export const selectors = (list: readonly number[]): bigint => list.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const eight = (each: (word: number) => number): bigint => selectors(Array.from({ length: 8 }, (_, word) => each(word)));
/** The two-bit field of an immediate. */
const field = (control: number, index: number): number => (control >> (2 * index)) & 3;

export const shuffleWords =
  (pick: (control: number, word: number) => number): Lifter =>
  b =>
    b.emit(
      'shufflewords',
      b.register(0),
      vectorSource(b, 1, 16),
      0,
      eight(word => pick(imm8(b, 2), word)),
    );
lifters.set(
  M.Pshufd,
  shuffleWords((control, word) => 4 * field(control, word >> 1) + 2 * (word & 1)),
);
lifters.set(
  M.Pshuflw,
  shuffleWords((control, word) => (word < 4 ? 2 * field(control, word) : 2 * word)),
);
lifters.set(
  M.Pshufhw,
  shuffleWords((control, word) => (word < 4 ? 2 * word : 8 + 2 * field(control, word - 4))),
);

const shuffleHalves =
  (pick: (control: number, word: number) => number, bitsPerHalf = 0): Lifter =>
  b => {
    const control = imm8(b, 2) >> (bitsPerHalf * b.half);
    b.emit(
      'shufflehalves',
      b.register(0),
      b.firstSource(),
      vectorSource(b, 1, 16),
      eight(word => pick(control, word)),
    );
  };
lifters.set(
  M.Shufps,
  shuffleHalves((control, word) => 4 * field(control, word >> 1) + 2 * (word & 1)),
);
lifters.set(
  M.Shufpd,
  shuffleHalves((control, word) => 8 * ((control >> (word >> 2)) & 1) + 2 * (word & 3), 2),
);

/** Which words come from the second operand. */
export const blend =
  (wordsPerBit: number): Lifter =>
  b => {
    // Of words there are more than bits: both halves have the same.
    const control = imm8(b, 2) >> (wordsPerBit === 1 ? 0 : (8 / wordsPerBit) * b.half);
    b.emit(
      'blendwords',
      b.register(0),
      b.firstSource(),
      vectorSource(b, 1, 16),
      eight(word => ((control >> Math.floor(word / wordsPerBit)) & 1) * 255),
    );
  };
lifters.set(M.Pblendw, blend(1));
lifters.set(M.Blendps, blend(2));
lifters.set(M.Blendpd, blend(4));

// ---- rare ones -------------------------------------------------------------------------------------------------------------------------------

lifters.set(M.Mpsadbw, b => {
  b.emit('mpsadbw', b.register(0), b.firstSource(), vectorSource(b, 1, 16), BigInt((imm8(b, 2) >> (3 * b.half)) & 7));
});
const WIDE_LENGTHS: ReadonlySet<Code> = new Set([
  Code.Pcmpestri64_xmm_xmmm128_imm8,
  Code.Pcmpestrm64_xmm_xmmm128_imm8,
  Code.VEX_Vpcmpestri64_xmm_xmmm128_imm8,
  Code.VEX_Vpcmpestrm64_xmm_xmmm128_imm8,
]);
const WIDE = 0x100;
forEach(words('pcmpestri pcmpestri64 pcmpestrm pcmpestrm64 pcmpistri pcmpistrm'), name => b => {
  const control = imm8(b, 2) | (WIDE_LENGTHS.has(b.ins.code) ? WIDE : 0);
  b.emit(name.replace('64', ''), 0, b.register(0), vectorSource(b, 1, 16, true), BigInt(control));
});
lifters.set(M.Crc32, b => {
  const width = b.width(1) as Width;
  const d = b.register(0);
  b.emit('crc32', d, d, b.read(1, width), BigInt(width / 8));
});
