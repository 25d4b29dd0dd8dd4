/**
 * What AVX and AVX2 have beside three operands and upper halves. A row works on 128 bits, or on both halves where lanes cross between them;
 * the upper half of an operand lies UPPER behind it. Semantics: Intel SDM vol. 2.
 */
import { UPPER } from '../layout.js';
import type { Load, Local, Node, Operand, Store } from './emit.js';
import { setFlagBits } from './flags.js';
import { aligned, effective } from './memory.js';
import {
  aux,
  c32,
  c64,
  get,
  getAs,
  local,
  op,
  reach,
  readGuest,
  row,
  select,
  seq,
  set,
  setAs,
  setLocal,
  setState,
  when,
  writeGuest,
} from './op.js';
import { bytesVector, setVector, vector, zeroVector } from './simd.js';

const half = (operand: Operand, upper: boolean): Node => getAs(operand, 'v128.load', upper ? UPPER : 0);
const a = half('a', false);
const b = half('b', false);
const q = local('q');
const w = local('w');
const r = local('r');
const h = local('h');

vector('zerov', zeroVector);
const clears = (first: 'xmm' | 'ymmHigh', index: number): Node => setState(first, zeroVector, 'v128.store', 16 * index);
const registers = Array.from({ length: 16 }, (_, index) => index);
row('vzeroupper', seq(...registers.map(index => clears('ymmHigh', index))), { apart: true });
row('vzeroall', seq(...registers.flatMap(index => [clears('xmm', index), clears('ymmHigh', index)])), { apart: true });

// ---- 256 bits of memory; the `a` rows insist on alignment ------------------------------------------------------------------------------

for (const suffix of ['', 'a'] as const) {
  const address = suffix === 'a' ? aligned(32, effective) : effective;
  row(
    `load256${suffix}`,
    seq(
      setLocal('h', reach(32, address)),
      setLocal('q', e => {
        h(e);
        e.code.memory('v128.load');
      }),
      setLocal('w', e => {
        h(e);
        e.code.memory('v128.load', 16);
      }),
      setAs('d', 'v128.store', q),
      setAs('d', 'v128.store', w, UPPER),
    ),
    { faults: true },
  );
  // Both halves can be written before one is.
  row(
    `store256${suffix}`,
    seq(
      op('drop', reach(32, address, true)),
      writeGuest('v128.store', effective, b),
      writeGuest('v128.store', op('i64.add', effective, c64(16)), half('b', true)),
    ),
    { faults: true, apart: true },
  );
}

// ---- parts of XSAVE's area that the mask d has, by the bits in aux -------------------------------------------------------------------------

const isPart = op('i64.ne', op('i64.and', get('d', 64), op('i64.extend_i32_u', aux)), c64(0));
const moves = { faults: true, apart: true };
row('align64', op('drop', aligned(64, effective)), moves);
row('probeif64', when(isPart, op('drop', reach(8, effective, true))), moves);
for (const [bits, load, store, name] of [
  [64, 'i64.load', 'i64.store', 'r'],
  [128, 'v128.load', 'v128.store', 'q'],
] as const satisfies readonly (readonly [number, Load, Store, Local])[]) {
  row(`storeif${bits}`, when(isPart, writeGuest(store, effective, getAs('b', load))), moves);
  /** b = [a + imm]. */
  row(`loadif${bits}`, when(isPart, seq(setLocal(name, readGuest(load, effective)), setAs('b', store, local(name)))), moves);
}

// ---- lanes that a mask selects: those whose top bit is set ------------------------------------------------------------------------------

for (const [bits, load, store] of [
  [32, 'i64.load32_u', 'i64.store32'],
  [64, 'i64.load', 'i64.store'],
] as const satisfies readonly (readonly [number, Load, Store])[]) {
  const selected = (mask: Operand): Node => op('i64.lt_s', getAs(mask, bits === 32 ? 'i64.load32_s' : 'i64.load'), c64(0));
  /** d = [a + imm] where the mask lane b selects it, otherwise 0. */
  row(`maskload${bits}`, seq(setLocal('r', c64(0)), when(selected('b'), setLocal('r', readGuest(load, effective))), setAs('d', store, r)), {
    faults: true,
    apart: true,
  });
  /** Faults where a store of the lane that the mask d selects would. */
  row(`maskprobe${bits}`, when(selected('d'), op('drop', reach(bits / 8, effective, true))), { faults: true, apart: true });
  row(`maskstore${bits}`, when(selected('d'), writeGuest(store, effective, getAs('b', load))), { faults: true, apart: true });
  /** A gather's lane: d = [a] where the mask lane aux selects it; that is done then. */
  row(
    `gather${bits}`,
    seq(when(selected('aux'), seq(setLocal('r', readGuest(load, get('a', 64))), setAs('d', store, r))), setAs('aux', store, c64(0))),
    { faults: true, apart: true },
  );
}

// ---- lanes in other places --------------------------------------------------------------------------------------------------------------

vector('splat8', op('i8x16.splat', getAs('a', 'i32.load8_u')));
vector('splat16', op('i16x8.splat', getAs('a', 'i32.load16_u')));
vector('splat32', op('i32x4.splat', getAs('a', 'i32.load')));
vector('splat64', op('i64x2.splat', getAs('a', 'i64.load')));

/** Byte numbers of dwords, or of qwords, from the numbers of these: `which` holds them times 4 or 8 in the lowest byte of each lane. */
const bytesOfLanes = (which: Node, size: 4 | 8): Node => {
  const lane = Array.from({ length: 16 }, (_, i) => i - (i % size));
  const within = Array.from({ length: 16 }, (_, i) => i % size);
  return op('i8x16.add', op('i8x16.swizzle', which, bytesVector(lane)), bytesVector(within));
};
const times = (bits: number, mask: number, value: Node): Node =>
  op('i32x4.shl', op('v128.and', value, bytesVector(Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? mask : 0)))), c32(bits));
/** VPERMD: the dwords of both halves of b by the numbers in a. */
row(
  'permd',
  seq(
    setLocal('w', bytesOfLanes(times(2, 7, a), 4)),
    setVector(
      op(
        'v128.or',
        op('i8x16.swizzle', b, w),
        op('i8x16.swizzle', half('b', true), op('i8x16.sub', w, bytesVector(Array.from({ length: 16 }, () => 16)))),
      ),
    ),
  ),
);
vector('permilps', op('i8x16.swizzle', a, bytesOfLanes(times(2, 3, b), 4)));
// Bit 1 of each qword is the number.
vector('permilpd', op('i8x16.swizzle', a, bytesOfLanes(times(2, 2, b), 8)));

// ---- shifts of each lane by a count of its own ------------------------------------------------------------------------------------------

for (const [letter, bits, load, store] of [
  ['d', 32, 'i64.load32_u', 'i64.store32'],
  ['q', 64, 'i64.load', 'i64.store'],
] as const satisfies readonly (readonly [string, number, Load, Store])[]) {
  const lanes = Array.from({ length: 128 / bits }, (_, lane) => (lane * bits) / 8);
  const y = local('y');
  const past = op('i64.gt_u', y, c64(bits - 1));
  const each = (name: string, result: (value: Node) => Node, how: Load = load): void =>
    row(name, seq(...lanes.flatMap(at => [setLocal('y', getAs('b', load, at)), setAs('d', store, result(getAs('a', how, at)), at)])), {
      apart: true,
    });
  each(`psllv${letter}`, value => select(past, c64(0), op('i64.shl', value, y)));
  each(`psrlv${letter}`, value => select(past, c64(0), op('i64.shr_u', value, y)));
  if (letter === 'd') each('psravd', value => op('i64.shr_s', value, select(past, c64(31), y)), 'i64.load32_s');
}

// ---- answers from all lanes: the rows with 256 look at both halves ------------------------------------------------------------------------

for (const wide of [false, true]) {
  const halves = wide ? [false, true] : [false];
  const suffix = wide ? '256' : '';
  const none = (of: (upper: boolean) => Node): Node =>
    op(
      'i32.eqz',
      halves.map(of).reduce((one, other) => op('i32.or', one, other)),
    );
  const test = (name: string, any: (value: Node) => Node): void =>
    row(
      `${name}${suffix}`,
      setFlagBits(
        op(
          'i32.or',
          op(
            'i32.shl',
            none(upper => any(op('v128.and', half('a', upper), half('b', upper)))),
            c32(6),
          ),
          none(upper => any(op('v128.andnot', half('b', upper), half('a', upper)))),
        ),
      ),
      { setsFlags: { plain: 'nop', leaves: 'bits' } },
    );
  if (wide) test('ptest', value => op('v128.any_true', value));
  test('vtestps', value => op('i32x4.bitmask', value));
  test('vtestpd', value => op('i64x2.bitmask', value));
  if (!wide) continue;
  for (const [name, shape, bits] of [
    ['pmovmskb', 'i8x16', 16],
    ['movmskps', 'i32x4', 4],
    ['movmskpd', 'i64x2', 2],
  ] as const) {
    const mask = (upper: boolean): Node => op(`${shape}.bitmask`, half('a', upper));
    row(`${name}256`, set('d', 64, op('i64.extend_i32_u', op('i32.or', mask(false), op('i32.shl', mask(true), c32(bits))))));
  }
}
