/** Carry-less products and the rounds of SHA-1 and SHA-256 (Intel SDM vol. 2; FIPS 180-4). */
import type { Local, Node, Operand } from './emit.js';
import { c32, c64, get, getAs, local, op, row, seq, setAs, setLocal } from './op.js';
import { bytesVector, setVector, shuffle, zeroVector } from './simd.js';

const i64 = (name: string, ...args: Node[]): Node => op(`i64.${name}`, ...args);
const i32 = (name: string, ...args: Node[]): Node => op(`i32.${name}`, ...args);
const chain = (operation: string, values: readonly Node[]): Node => values.reduce((left, right) => op(operation, left, right));
const apart = { apart: true };

// ---- PCLMULQDQ: d = a * b without carries, 64 bits each ---------------------------------------------------------------------------------

const every4th = (bits: number, from: number): Node => c64((((1n << BigInt(bits)) - 1n) / 15n) << BigInt(from));
/**
 * The product of two numbers of 32 bits. With three zeros between their bits ordinary products have room for the carries, at most 8 for a bit,
 * which are cut off then.
 */
const product32 = (left: Node, right: Node): Node => {
  const spread = (value: Node, from: number): Node => i64('and', value, every4th(32, from));
  const quarter = (from: number): Node => {
    const terms = [0, 1, 2, 3].map(part => i64('mul', spread(left, part), spread(right, (from - part + 4) % 4)));
    return i64('and', chain('i64.xor', terms), every4th(64, from));
  };
  return chain('i64.or', [0, 1, 2, 3].map(quarter));
};
const [x, y, z, r, u, v] = (['x', 'y', 'z', 'r', 'u', 'v'] as const).map(local) as [Node, Node, Node, Node, Node, Node];
const low = (value: Node): Node => i64('and', value, c64(0xffff_ffff));
const high = (value: Node): Node => i64('shr_u', value, c64(32));
// Karatsuba's three products.
row(
  'clmul',
  seq(
    setLocal('x', get('a', 64)),
    setLocal('y', get('b', 64)),
    setLocal('u', low(x)),
    setLocal('v', low(y)),
    setLocal('z', product32(u, v)),
    setLocal('x', high(x)),
    setLocal('y', high(y)),
    setLocal('r', product32(x, y)),
    setLocal('u', i64('xor', u, x)),
    setLocal('v', i64('xor', v, y)),
    setLocal('u', chain('i64.xor', [product32(u, v), z, r])),
    setAs('d', 'i64.store', i64('xor', z, i64('shl', u, c64(32)))),
    setAs('d', 'i64.store', i64('xor', r, i64('shr_u', u, c64(32))), 8),
  ),
  apart,
);

// ---- SHA ---------------------------------------------------------------------------------------------------------------------------------

const lane = (operand: Operand, index: number): Node => getAs(operand, 'i32.load', 4 * index);
const sum = (...values: Node[]): Node => chain('i32.add', values);
const choose = (b: Node, c: Node, d: Node): Node => i32('xor', d, i32('and', b, i32('xor', c, d)));
const majority = (b: Node, c: Node, d: Node): Node => i32('or', i32('and', b, c), i32('and', i32('or', b, c), d));
const parity = (b: Node, c: Node, d: Node): Node => chain('i32.xor', [b, c, d]);
const turns = (value: Node, counts: readonly number[]): Node =>
  chain(
    'i32.xor',
    counts.map(count => i32('rotr', value, c32(count))),
  );
const setLanes = (values: readonly Node[]): Node => seq(...values.map((value, index) => setAs('d', 'i32.store', value, 4 * index)));

// Of a: C, D, G, H, from the top; of b: A, B, E, F; of aux, which is XMM0: the words with their constants.
const [C, D, G, H] = [3, 2, 1, 0].map(index => lane('a', index)) as [Node, Node, Node, Node];
const [A, B, E, F] = [3, 2, 1, 0].map(index => lane('b', index)) as [Node, Node, Node, Node];
const [e, h, n, f, i] = (['e', 'h', 'n', 'f', 'i'] as const).map(local) as [Node, Node, Node, Node, Node];
const mix = (at: Node, b: Node, c: Node, word: Node, last: Node): Node => sum(choose(at, b, c), turns(at, [6, 11, 25]), word, last);
const spin = (t: Node, at: Node, b: Node, c: Node): Node => sum(t, majority(at, b, c), turns(at, [2, 13, 22]));
row(
  'sha256rnds2',
  seq(
    setLocal('e', mix(E, F, G, lane('aux', 0), H)),
    setLocal('h', spin(e, A, B, C)),
    setLocal('n', sum(e, D)),
    setLocal('e', mix(n, E, F, lane('aux', 1), G)),
    setLocal('f', spin(e, h, A, B)),
    setLocal('i', sum(e, C)),
    setLanes([n, i, h, f]),
  ),
  apart,
);

const a = getAs('a', 'v128.load');
const b = getAs('b', 'v128.load');
const w = local('w');
const turned = (value: Node, count: number): Node =>
  op('v128.or', op('i32x4.shr_u', value, c32(count)), op('i32x4.shl', value, c32(32 - count)));
const small = (value: Node, one: number, other: number, shift: number): Node =>
  chain('v128.xor', [turned(value, one), turned(value, other), op('i32x4.shr_u', value, c32(shift))]);
/** Dwords of two vectors, those of the second from 4 on, the lowest first. */
const dwords = (which: readonly number[], left: Node, right: Node): Node =>
  shuffle(
    which.flatMap(index => [0, 1, 2, 3].map(byte => 4 * index + byte)),
    left,
    right,
  );
row('sha256msg1', seq(setLocal('w', dwords([1, 2, 3, 4], a, b)), setVector(op('i32x4.add', a, small(w, 7, 18, 3)))), apart);
row(
  'sha256msg2',
  seq(
    setLocal('w', dwords([2, 3, 4, 4], b, zeroVector)),
    setLocal('q', op('i32x4.add', a, small(w, 17, 19, 10))),
    setLocal('w', dwords([4, 4, 0, 1], local('q'), zeroVector)),
    setVector(op('i32x4.add', local('q'), small(w, 17, 19, 10))),
  ),
  apart,
);
row('sha1msg1', setVector(op('v128.xor', a, dwords([6, 7, 0, 1], a, b))), apart);
row(
  'sha1msg2',
  seq(
    setLocal('w', turned(op('v128.xor', a, dwords([4, 0, 1, 2], b, zeroVector)), 31)),
    setVector(op('v128.xor', w, dwords([3, 4, 4, 4], turned(w, 31), zeroVector))),
  ),
  apart,
);
const topLane = bytesVector(Array.from({ length: 16 }, (_, index) => (index < 12 ? 0 : 255)));
row('sha1nexte', setVector(op('i32x4.add', b, op('v128.and', turned(a, 2), topLane))), apart);
[
  [choose, 0x5a827999],
  [parity, 0x6ed9eba1],
  [majority, 0x8f1bbcdc],
  [parity, 0xca62c1d6],
].forEach(([mixing, constantOf], number) => {
  const of = mixing as typeof parity;
  // Each round puts the new A where E was, and turns B.
  let names: readonly Local[] = ['e', 'h', 'n', 'f', 'i'];
  const rounds = [0, 1, 2, 3].flatMap(round => {
    const [A1, B1, C1, D1, E1] = names as [Local, Local, Local, Local, Local];
    names = [E1, A1, B1, C1, D1];
    const value = sum(
      of(local(B1), local(C1), local(D1)),
      i32('rotl', local(A1), c32(5)),
      lane('b', 3 - round),
      c32((constantOf as number) | 0),
    );
    return [setLocal(E1, round === 0 ? value : i32('add', value, local(E1))), setLocal(B1, i32('rotl', local(B1), c32(30)))];
  });
  const results = names.slice(0, 4).reverse();
  row(
    `sha1rnds4_${number}`,
    seq(
      ...(['e', 'h', 'n', 'f'] as const).map((name, index) => setLocal(name, lane('a', 3 - index))),
      ...rounds,
      setLanes(results.map(local)),
    ),
    apart,
  );
});
