/**
 * AES-NI (FIPS 197; Intel SDM vol. 2): a round goes through tables of words in memory (`aes-tables.ts`), a column of the state at a time. Beside
 * native code that takes the bits apart in vectors this is twice as quick here, where a swizzle is several instructions.
 */
import { AES } from '../layout.js';
import type { Node } from './emit.js';
import { c32, c64, get, getAs, imm, load, local, op, row, seq, setLocal } from './op.js';
import { setVector, shuffle } from './simd.js';

type Lookup = (index: Node) => Node;
const word =
  (base: number): Lookup =>
  index =>
    load('i32.load', index, base);
const byte =
  (base: number): Lookup =>
  index =>
    load('i32.load8_u', index, base);

/** Four times the byte of the state, whose halves are `x` and `y`, at a column and line. */
function indexAt(column: number, line: number): Node {
  const half = local(column < 2 ? 'x' : 'y');
  const bit = 32 * (column & 1) + 8 * line;
  const moved = bit === 0 ? op('i64.shl', half, c64(2)) : op('i64.shr_u', half, c64(bit - 2));
  return op('i32.and', op('i32.wrap_i64', moved), c32(0x3fc));
}

/** A column of what comes of the state with its rows shifted, the line-th one by `step` times line. */
const columnAt = (column: number, step: number, lookup: Lookup): Node =>
  [0, 1, 2, 3]
    .map(line => {
      const found = lookup(indexAt((column + step * line) & 3, line));
      return line === 0 ? found : op('i32.rotl', found, c32(8 * line));
    })
    .reduce((left, right) => op('i32.xor', left, right));

const bothHalves = seq(setLocal('x', get('a', 64)), setLocal('y', getAs('a', 'i64.load', 8)));
const pair = (low: Node, high: Node): Node =>
  op('i64.or', op('i64.extend_i32_u', low), op('i64.shl', op('i64.extend_i32_u', high), c64(32)));
const fromHalves = (low: Node, high: Node): Node =>
  shuffle(
    Array.from({ length: 16 }, (_, index) => (index < 8 ? index : index + 8)),
    op('i64x2.splat', low),
    op('i64x2.splat', high),
  );
const state = (step: number, lookup: Lookup): Node => {
  const [first, second, third, fourth] = [0, 1, 2, 3].map(column => columnAt(column, step, lookup)) as [Node, Node, Node, Node];
  return fromHalves(pair(first, second), pair(third, fourth));
};

const apart = { apart: true };
const key = getAs('b', 'v128.load');
const round = (name: string, step: number, lookup: Lookup): void =>
  row(name, seq(bothHalves, setVector(op('v128.xor', state(step, lookup), key))), apart);

round('aesenc', 1, word(AES.mixed));
round('aesenclast', 1, byte(AES.box));
round('aesdec', 3, word(AES.inverseMixed));
round('aesdeclast', 3, byte(AES.inverseBox));
/** The inverse mixing alone, for keys: its table undoes the box first. */
const unmixed: Lookup = index => word(AES.inverseMixed)(op('i32.shl', byte(AES.box)(index), c32(2)));
row('aesimc', seq(bothHalves, setVector(state(0, unmixed))), apart);

/** From the dwords 1 and 3: substituted, and once more rotated by a byte with the immediate added. */
const substituted = (column: number): Node => setLocal('e', columnAt(column, 0, byte(AES.box)));
const withRotated = pair(local('e'), op('i32.xor', op('i32.rotr', local('e'), c32(8)), op('i32.wrap_i64', imm)));
row(
  'aeskeygenassist',
  seq(
    bothHalves,
    substituted(1),
    setLocal('u', withRotated),
    substituted(3),
    setLocal('v', withRotated),
    setVector(fromHalves(local('u'), local('v'))),
  ),
  apart,
);
