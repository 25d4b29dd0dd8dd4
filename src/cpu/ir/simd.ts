/**
 * 128-bit integer operations of SSE to SSE4.2. `d`, `a` and `b` are 16-byte slots; the first source of the instruction is `a`. Semantics:
 * Intel SDM vol. 2, the entry of each mnemonic; the names are theirs, unless one row serves several.
 */
import type { Node } from './emit.js';
import { setFlagBits } from './flags.js';
import { c32, c64, get, getAs, imm, local, op, row, select, seq, set, setAs, setLocal, setState, state, when, writeGuest } from './op.js';

const a = getAs('a', 'v128.load');
const b = getAs('b', 'v128.load');
const w = local('w');
const q = local('q');

export const setVector = (value: Node): Node => setAs('d', 'v128.store', value);
/** A row whose result is a vector. */
export const vector = (name: string, value: Node): void => row(name, setVector(value));
/** A vector of these bytes. */
export const bytesVector =
  (bytes: readonly number[]): Node =>
  e =>
    e.code.v128(bytes);
/** Bytes of two vectors by number, those of the right one from 16 on. */
export const shuffle =
  (lanes: readonly number[], left: Node, right: Node): Node =>
  e => {
    left(e);
    right(e);
    e.code.shuffle(lanes);
  };
const bytesOf = (value: (index: number) => number): number[] => Array.from({ length: 16 }, (_, index) => value(index) & 255);
/** The bytes of `count` lanes of `size` bytes each, lane i of the result being lane `pick(i)` of the two operands side by side. */
const lanes = (size: number, pick: (lane: number) => number): number[] =>
  bytesOf(index => pick(Math.floor(index / size)) * size + (index % size));
const splat16 = (value: number): Node => bytesVector(bytesOf(i => (i % 2 === 0 ? value : value >> 8)));
export const zeroVector = bytesVector(bytesOf(() => 0));
const iota = bytesVector(bytesOf(i => i));

// ---- lane by lane, where WebAssembly has the operation ------------------------------------------------------------------------------

const DIRECT: Readonly<Record<string, string>> = {
  paddb: 'i8x16.add',
  paddw: 'i16x8.add',
  paddd: 'i32x4.add',
  paddq: 'i64x2.add',
  psubb: 'i8x16.sub',
  psubw: 'i16x8.sub',
  psubd: 'i32x4.sub',
  psubq: 'i64x2.sub',
  paddsb: 'i8x16.add_sat_s',
  paddsw: 'i16x8.add_sat_s',
  paddusb: 'i8x16.add_sat_u',
  paddusw: 'i16x8.add_sat_u',
  psubsb: 'i8x16.sub_sat_s',
  psubsw: 'i16x8.sub_sat_s',
  psubusb: 'i8x16.sub_sat_u',
  psubusw: 'i16x8.sub_sat_u',
  pminub: 'i8x16.min_u',
  pminsb: 'i8x16.min_s',
  pminuw: 'i16x8.min_u',
  pminsw: 'i16x8.min_s',
  pminud: 'i32x4.min_u',
  pminsd: 'i32x4.min_s',
  pmaxub: 'i8x16.max_u',
  pmaxsb: 'i8x16.max_s',
  pmaxuw: 'i16x8.max_u',
  pmaxsw: 'i16x8.max_s',
  pmaxud: 'i32x4.max_u',
  pmaxsd: 'i32x4.max_s',
  pavgb: 'i8x16.avgr_u',
  pavgw: 'i16x8.avgr_u',
  pcmpeqb: 'i8x16.eq',
  pcmpeqw: 'i16x8.eq',
  pcmpeqd: 'i32x4.eq',
  pcmpeqq: 'i64x2.eq',
  pcmpgtb: 'i8x16.gt_s',
  pcmpgtw: 'i16x8.gt_s',
  pcmpgtd: 'i32x4.gt_s',
  pcmpgtq: 'i64x2.gt_s',
  pmullw: 'i16x8.mul',
  pmulld: 'i32x4.mul',
  pmaddwd: 'i32x4.dot_i16x8_s',
  pand: 'v128.and',
  por: 'v128.or',
  pxor: 'v128.xor',
  packsswb: 'i8x16.narrow_i16x8_s',
  packuswb: 'i8x16.narrow_i16x8_u',
  packssdw: 'i16x8.narrow_i32x4_s',
  packusdw: 'i16x8.narrow_i32x4_u',
};
for (const [name, operation] of Object.entries(DIRECT)) vector(name, op(operation, a, b));
vector('pandn', op('v128.andnot', b, a));

vector('pabsb', op('i8x16.abs', a));
vector('pabsw', op('i16x8.abs', a));
vector('pabsd', op('i32x4.abs', a));
for (const [letter, shape, bits] of [
  ['b', 'i8x16', 8],
  ['w', 'i16x8', 16],
  ['d', 'i32x4', 32],
] as const) {
  // Negated where b is negative, zero where it is zero.
  const flip = op(`${shape}.shr_s`, q, c32(bits - 1));
  row(
    `psign${letter}`,
    seq(
      setLocal('q', b),
      setLocal('w', flip),
      setVector(op('v128.andnot', op(`${shape}.sub`, op('v128.xor', a, w), w), op(`${shape}.eq`, q, zeroVector))),
    ),
  );
}

// ---- products -----------------------------------------------------------------------------------------------------------------------

const highHalves = lanes(2, lane => 2 * lane + 1);
for (const [name, sign] of [
  ['pmulhw', 's'],
  ['pmulhuw', 'u'],
] as const) {
  vector(name, shuffle(highHalves, op(`i32x4.extmul_low_i16x8_${sign}`, a, b), op(`i32x4.extmul_high_i16x8_${sign}`, a, b)));
}
// WebAssembly saturates -1 * -1 in Q15, x86 wraps it.
vector(
  'pmulhrsw',
  op('v128.xor', op('i16x8.q15mulr_sat_s', a, b), op('v128.and', op('i16x8.eq', a, splat16(0x8000)), op('i16x8.eq', b, splat16(0x8000)))),
);
const evenDwords = lanes(4, lane => (lane % 2) * 2);
vector('pmuludq', op('i64x2.extmul_low_i32x4_u', shuffle(evenDwords, a, a), shuffle(evenDwords, b, b)));
vector('pmuldq', op('i64x2.extmul_low_i32x4_s', shuffle(evenDwords, a, a), shuffle(evenDwords, b, b)));
const oddBytes = (value: Node, sign: string): Node => op(`i16x8.shr_${sign}`, value, c32(8));
vector(
  'pmaddubsw',
  op(
    'i16x8.add_sat_s',
    op('i16x8.mul', op('v128.and', a, splat16(0xff)), oddBytes(op('i16x8.shl', b, c32(8)), 's')),
    op('i16x8.mul', oddBytes(a, 'u'), oddBytes(b, 's')),
  ),
);
row(
  'psadbw',
  seq(
    setLocal('w', op('v128.or', op('i8x16.sub_sat_u', a, b), op('i8x16.sub_sat_u', b, a))),
    setLocal('w', op('i32x4.extadd_pairwise_i16x8_u', op('i16x8.extadd_pairwise_i8x16_u', w))),
    setVector(op('i64x2.add', op('i64x2.shr_u', w, c32(32)), op('i64x2.shr_u', op('i64x2.shl', w, c32(32)), c32(32)))),
  ),
);

// ---- across neighbours ---------------------------------------------------------------------------------------------------------------

for (const [letter, size, shape] of [
  ['w', 2, 'i16x8'],
  ['d', 4, 'i32x4'],
] as const) {
  const even = shuffle(
    lanes(size, lane => 2 * lane),
    a,
    b,
  );
  const odd = shuffle(
    lanes(size, lane => 2 * lane + 1),
    a,
    b,
  );
  vector(`phadd${letter}`, op(`${shape}.add`, even, odd));
  vector(`phsub${letter}`, op(`${shape}.sub`, even, odd));
  if (letter === 'w') {
    vector('phaddsw', op('i16x8.add_sat_s', even, odd));
    vector('phsubsw', op('i16x8.sub_sat_s', even, odd));
  }
}

// ---- shifts: the count is 64 bits at b ----------------------------------------------------------------------------------------------

const count = seq(setLocal('y', get('b', 64)));
const y = local('y');
for (const [letter, shape, bits] of [
  ['w', 'i16x8', 16],
  ['d', 'i32x4', 32],
  ['q', 'i64x2', 64],
] as const) {
  const past = op('i64.gt_u', y, c64(bits - 1));
  for (const [name, operation] of [
    ['psll', 'shl'],
    ['psrl', 'shr_u'],
  ] as const) {
    row(`${name}${letter}`, seq(count, setVector(select(past, zeroVector, op(`${shape}.${operation}`, a, op('i32.wrap_i64', y))))));
  }
  if (letter !== 'q') {
    const atMost = op('i32.wrap_i64', select(past, c64(bits - 1), y));
    row(`psra${letter}`, seq(count, setVector(op(`${shape}.shr_s`, a, atMost))));
  }
}

// ---- bytes in another order ------------------------------------------------------------------------------------------------------------
// A byte number from 16 to 255 selects zero.

const pick = (from: Node, which: Node): Node => op('i8x16.swizzle', from, which);
/** The immediate, at most 32, is a number of bytes. */
const offset = op('i8x16.splat', op('i32.wrap_i64', imm));
vector('pslldq', pick(a, op('i8x16.sub', iota, offset)));
vector('psrldq', pick(a, op('i8x16.add', iota, offset)));
vector(
  'palignr',
  op(
    'v128.or',
    pick(b, op('i8x16.add', iota, offset)),
    pick(a, op('i8x16.sub', op('i8x16.add', iota, offset), bytesVector(bytesOf(() => 16)))),
  ),
);
vector('pshufb', pick(a, op('v128.and', b, bytesVector(bytesOf(() => 0x8f)))));

/** Byte numbers from the immediate: its byte i is the number of the first byte of word i of the result. */
const wordBytes = op('i8x16.add', pick(op('i64x2.splat', imm), bytesVector(bytesOf(i => i >> 1))), bytesVector(bytesOf(i => i & 1)));
/** PSHUFD, PSHUFLW and PSHUFHW: words of a by number. */
vector('shufflewords', pick(a, wordBytes));
/** SHUFPS and SHUFPD: the low half from a, the high half from b. */
row(
  'shufflehalves',
  seq(
    setLocal('w', wordBytes),
    setVector(
      op(
        'v128.or',
        pick(a, op('v128.or', w, bytesVector(bytesOf(i => (i < 8 ? 0 : 0x80))))),
        pick(b, op('v128.or', w, bytesVector(bytesOf(i => (i < 8 ? 0x80 : 0))))),
      ),
    ),
  ),
);
/** PBLENDW, BLENDPS and BLENDPD: word i from b where byte i of the immediate is 255, from a where it is 0. */
vector('blendwords', op('v128.bitselect', b, a, pick(op('i64x2.splat', imm), bytesVector(bytesOf(i => i >> 1)))));

for (const [suffix, size] of [
  ['bw', 1],
  ['wd', 2],
  ['dq', 4],
  ['qdq', 8],
] as const) {
  const half = 8 / size;
  const interleave = (first: number) => lanes(size, lane => first + (lane >> 1) + (lane % 2) * 2 * half);
  vector(`punpckl${suffix}`, shuffle(interleave(0), a, b));
  vector(`punpckh${suffix}`, shuffle(interleave(half), a, b));
}

/** BLENDVPS and its kin: b where the top bit of the mask in XMM0 is set. `aux` is XMM0. */
const mask = getAs('aux', 'v128.load');
for (const [name, shape, bits] of [
  ['pblendvb', 'i8x16', 8],
  ['blendvps', 'i32x4', 32],
  ['blendvpd', 'i64x2', 64],
] as const) {
  vector(name, op('v128.bitselect', b, a, op(`${shape}.shr_s`, mask, c32(bits - 1))));
}

// ---- widening --------------------------------------------------------------------------------------------------------------------------

for (const [name, sign] of [
  ['pmovsx', 's'],
  ['pmovzx', 'u'],
] as const) {
  const bw = (value: Node) => op(`i16x8.extend_low_i8x16_${sign}`, value);
  const wd = (value: Node) => op(`i32x4.extend_low_i16x8_${sign}`, value);
  const dq = (value: Node) => op(`i64x2.extend_low_i32x4_${sign}`, value);
  vector(`${name}bw`, bw(a));
  vector(`${name}bd`, wd(bw(a)));
  vector(`${name}bq`, dq(wd(bw(a))));
  vector(`${name}wd`, wd(a));
  vector(`${name}wq`, dq(wd(a)));
  vector(`${name}dq`, dq(a));
}

// ---- moves -----------------------------------------------------------------------------------------------------------------------------

/** The low lane, all above it zero. */
vector('movlow32', getAs('a', 'v128.load32_zero'));
vector('movlow64', getAs('a', 'v128.load64_zero'));
/** A lane alone: what lies around it stays. */
row('put8', setAs('d', 'i32.store8', getAs('a', 'i32.load8_u')));
row('put16', setAs('d', 'i32.store16', getAs('a', 'i32.load16_u')), { apart: true });
row('put32', setAs('d', 'i32.store', getAs('a', 'i32.load')));
vector(
  'movddup',
  shuffle(
    lanes(8, () => 0),
    a,
    a,
  ),
);
vector(
  'movsldup',
  shuffle(
    lanes(4, lane => lane & 2),
    a,
    a,
  ),
);
vector(
  'movshdup',
  shuffle(
    lanes(4, lane => lane | 1),
    a,
    a,
  ),
);

/** MASKMOVDQU, byte `imm`: writes b to [a + imm] when the mask byte d is negative. */
row(
  'maskstore8',
  when(
    op('i64.ne', op('i64.and', get('d', 8), c64(0x80)), c64(0)),
    writeGuest('i64.store8', op('i64.add', get('a', 64), imm), get('b', 8)),
  ),
  { faults: true, apart: true },
);

const bitmask = (shape: string): Node => op('i64.extend_i32_u', op(`${shape}.bitmask`, a));
row('pmovmskb', set('d', 64, bitmask('i8x16')));
row('movmskps', set('d', 64, bitmask('i32x4')));
row('movmskpd', set('d', 64, bitmask('i64x2')));

/** Behind an instruction with MM registers: the upper bits of the one it has written, d, are ones; no x87 register is empty, and TOP is 0 (Intel SDM vol. 1, 9.6.2). */
row(
  'mmx',
  seq(
    setAs('d', 'i64.store', c64(0xffff), 8),
    setState('fsw', op('i32.and', state('fsw', 'i32.load'), c32(~0x3800)), 'i32.store'),
    setState('ftw', c32(0), 'i32.store'),
  ),
  { apart: true },
);

// ---- flags -----------------------------------------------------------------------------------------------------------------------------

const none = (value: Node): Node => op('i32.eqz', op('v128.any_true', value));
row('ptest', setFlagBits(op('i32.or', op('i32.shl', none(op('v128.and', a, b)), c32(6)), none(op('v128.andnot', b, a)))), {
  setsFlags: { plain: 'nop', leaves: 'bits' },
});
