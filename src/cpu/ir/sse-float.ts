/**
 * SSE floating point. A row computes with WebAssembly's own floats when that is exactly what the processor would do: rounding to nearest
 * without DAZ and FZ, everything masked, PE already set, no NaN, infinity or subnormal about, and no result that may have underflowed.
 * Everything else goes to the helper, which also sets MXCSR's flags; so a program's first inexact operation takes the long way, and the
 * rest the short one. Operands of unary rows are `a`.
 */
import type { Node, Store } from './emit.js';
import { setFlagBits } from './flags.js';
import { c32, c64, cut, get, getAs, getSigned, local, op, operate, row, seq, set, setAs, setLocal, state, when } from './op.js';

const x = local('x');
const y = local('y');
const r = local('r');
const w = local('w');
const q = local('q');
const s = local('s');

const i64 = (name: string, ...args: Node[]): Node => op(`i64.${name}`, ...args);
const both = (...conditions: Node[]): Node => conditions.reduce((left, right) => op('i32.and', left, right));
const either = (left: Node, right: Node): Node => op('i32.or', left, right);

/** The long way: the operation by name, done by the helper. */
const exactly = (name: string): Node => operate('sseFloat', name);
const traits = { faults: true };
const apart = { faults: true, apart: true };

const mxcsr = state('mxcsr', 'i32.load');
/** Masks all set, RC nearest, DAZ and FZ clear, PE set. */
const isOrdinary = op('i32.eq', op('i32.and', mxcsr, c32(0xffe0)), c32(0x1fa0));
/** For what cannot be inexact: DAZ clear is enough, as no exception arises. */
const keepsSubnormals = op('i32.eqz', op('i32.and', mxcsr, c32(0x40)));
/** For truncation: the rounding mode does not matter. */
const isOrdinaryTruncation = op('i32.eq', op('i32.and', mxcsr, c32(0x1060)), c32(0x1020));

interface Shape {
  readonly letter: 's' | 'd';
  readonly width: 32 | 64;
  readonly f: 'f32' | 'f64';
  readonly packed: 'f32x4' | 'f64x2';
  readonly lanes: 'i32x4' | 'i64x2';
  readonly store: Store;
  readonly sign: bigint;
  readonly infinity: bigint;
  /** The smallest normal number. */
  readonly least: bigint;
  /** 2^31 and 2^63 in this format. */
  readonly limit: Readonly<Record<32 | 64, bigint>>;
}

const SHAPES: readonly Shape[] = [
  {
    letter: 's',
    width: 32,
    f: 'f32',
    packed: 'f32x4',
    lanes: 'i32x4',
    store: 'i64.store32',
    sign: 1n << 31n,
    infinity: 0x7f800000n,
    least: 0x00800000n,
    limit: { 32: 0x4f000000n, 64: 0x5f000000n },
  },
  {
    letter: 'd',
    width: 64,
    f: 'f64',
    packed: 'f64x2',
    lanes: 'i64x2',
    store: 'i64.store',
    sign: 1n << 63n,
    infinity: 0x7ff0000000000000n,
    least: 0x0010000000000000n,
    limit: { 32: 0x41e0000000000000n, 64: 0x43e0000000000000n },
  },
];

/** By CMPPS's immediate; between numbers UNORD never and ORD always holds. NLT and NLE are the negations of LT and LE. */
const PREDICATES = ['eq', 'lt', 'le', undefined, 'ne', 'lt', 'le', undefined] as const;
const NEGATED: ReadonlySet<number> = new Set([5, 6]);

/** ROUNDSD's static modes, by the immediate's low two bits. */
const ROUNDINGS = [
  [0, 'nearest'],
  [1, 'floor'],
  [2, 'ceil'],
  [3, 'trunc'],
] as const;

// ---- bits (i64) and floats --------------------------------------------------------------------------------------------------------------

const float = (shape: Shape, bits: Node): Node =>
  shape.width === 64 ? op('f64.reinterpret_i64', bits) : op('f32.reinterpret_i32', op('i32.wrap_i64', bits));
const bitsOf = (shape: Shape, value: Node): Node =>
  shape.width === 64 ? op('i64.reinterpret_f64', value) : op('i64.extend_i32_u', op('i32.reinterpret_f32', value));
const magnitude = (shape: Shape, bits: Node): Node => i64('and', bits, c64(shape.sign - 1n));
const notSubnormal = (shape: Shape, bits: Node): Node => i64('ge_u', i64('sub', magnitude(shape, bits), c64(1)), c64(shape.least - 1n));
const isBelowInfinity = (shape: Shape, bits: Node): Node => i64('lt_u', magnitude(shape, bits), c64(shape.infinity));
const isZero = (shape: Shape, bits: Node): Node => i64('eqz', magnitude(shape, bits));
/** Normal, and not the least normal, which a tiny result may have been rounded to. */
const surelyNormal = (shape: Shape, bits: Node): Node =>
  i64('lt_u', i64('sub', magnitude(shape, bits), c64(shape.least + 1n)), c64(shape.infinity - shape.least - 1n));

function scalars(shape: Shape): void {
  const { letter, width, f } = shape;
  const setScalar = (value: Node): Node => setAs('d', shape.store, value);
  const operands = seq(setLocal('x', get('a', width)), setLocal('y', get('b', width)));
  const plain = both(notSubnormal(shape, x), notSubnormal(shape, y));
  const arithmetic = (name: string, certain: Node): void =>
    row(
      `${name}s${letter}`,
      seq(
        operands,
        setLocal('r', bitsOf(shape, op(`${f}.${name}`, float(shape, x), float(shape, y)))),
        when(both(isOrdinary, plain, certain), setScalar(r), exactly(`${name}s${letter}`)),
      ),
      traits,
    );
  // A subnormal or zero sum is exact, so it is no underflow.
  arithmetic('add', isBelowInfinity(shape, r));
  arithmetic('sub', isBelowInfinity(shape, r));
  arithmetic('mul', either(surelyNormal(shape, r), both(isZero(shape, r), either(isZero(shape, x), isZero(shape, y)))));
  arithmetic('div', either(surelyNormal(shape, r), both(isZero(shape, r), isZero(shape, x))));
  row(
    `sqrts${letter}`,
    seq(
      setLocal('x', get('a', width)),
      setLocal('r', bitsOf(shape, op(`${f}.sqrt`, float(shape, x)))),
      when(both(isOrdinary, notSubnormal(shape, x), isBelowInfinity(shape, r)), setScalar(r), exactly(`sqrts${letter}`)),
    ),
    traits,
  );

  const ordered = both(i64('le_u', magnitude(shape, x), c64(shape.infinity)), i64('le_u', magnitude(shape, y), c64(shape.infinity)));
  const comparable = both(keepsSubnormals, plain, ordered);
  for (const [name, operator] of [
    ['min', 'lt'],
    ['max', 'gt'],
  ] as const) {
    const chosen = op('select', x, y, op(`${f}.${operator}`, float(shape, x), float(shape, y)));
    row(`${name}s${letter}`, seq(operands, when(comparable, setScalar(chosen), exactly(`${name}s${letter}`))), apart);
  }
  for (const name of ['comi', 'ucomi']) {
    const flags = op(
      'i32.or',
      op('i32.shl', op(`${f}.eq`, float(shape, x), float(shape, y)), c32(6)),
      op(`${f}.lt`, float(shape, x), float(shape, y)),
    );
    row(`${name}s${letter}`, seq(operands, when(comparable, setFlagBits(flags), exactly(`${name}s${letter}`))), {
      ...traits,
      setsFlags: { leaves: 'bits' },
    });
  }
  PREDICATES.forEach((relation, predicate) => {
    const holds = relation === undefined ? c32(predicate === 3 ? 0 : 1) : op(`${f}.${relation}`, float(shape, x), float(shape, y));
    const value = i64('sub', i64('extend_i32_u', holds), c64(NEGATED.has(predicate) ? 1 : 0));
    const mask = NEGATED.has(predicate) ? value : i64('sub', c64(0), value);
    row(`cmp${predicate}s${letter}`, seq(operands, when(comparable, setScalar(mask), exactly(`cmps${letter}`))), apart);
  });

  for (const [mode, operation] of ROUNDINGS) {
    row(
      `round${mode}s${letter}`,
      seq(
        setLocal('x', get('a', width)),
        when(
          both(isOrdinary, isBelowInfinity(shape, x)),
          setScalar(bitsOf(shape, op(`${f}.${operation}`, float(shape, x)))),
          exactly(`rounds${letter}`),
        ),
      ),
      apart,
    );
  }
  row(`rounds${letter}`, exactly(`rounds${letter}`), apart);

  for (const to of [32, 64] as const) {
    const fits = i64('lt_u', magnitude(shape, r), c64(shape.limit[to]));
    const integer = cut(to, op(`i64.trunc_sat_${f}_s`, float(shape, r)));
    // A value that is an integer raises nothing, whatever MXCSR says.
    const wasInteger = op(`${f}.eq`, float(shape, x), op(`${f}.trunc`, float(shape, x)));
    const convert = (name: string, condition: Node, rounded: Node): void =>
      row(
        name,
        seq(
          setLocal('x', get('a', width)),
          setLocal('r', rounded),
          when(both(either(condition, wasInteger), fits), set('d', 64, integer), exactly(name)),
        ),
        traits,
      );
    convert(`cvtts${letter}2si${to}`, isOrdinaryTruncation, x);
    convert(`cvts${letter}2si${to}`, isOrdinary, bitsOf(shape, op(`${f}.nearest`, float(shape, x))));
    const converted = setScalar(bitsOf(shape, op(`${f}.convert_i64_s`, x)));
    const exactBelow = 1n << (width === 32 ? 24n : 53n);
    const isSmall = i64('lt_u', i64('add', x, c64(exactBelow)), c64(2n * exactBelow));
    const name = `cvtsi2s${letter}${to}`;
    row(
      name,
      to === 32 && width === 64
        ? seq(setLocal('x', getSigned('a', 32)), converted)
        : seq(setLocal('x', getSigned('a', to)), when(either(isOrdinary, isSmall), converted, exactly(name))),
      traits,
    );
  }
}

// ---- packed: the same tests on all lanes at once -------------------------------------------------------------------------------------------

const constant =
  (values: readonly number[]): Node =>
  e =>
    e.code.v128(values);
const shuffle =
  (which: readonly number[], left: Node, right: Node): Node =>
  e => {
    left(e);
    right(e);
    e.code.shuffle(which);
  };
const or = (...values: Node[]): Node => values.reduce((left, right) => op('v128.or', left, right));
const noLane = (value: Node): Node => op('i32.eqz', op('v128.any_true', value));

/** Masks of the lanes that have a property. */
function laneTests(shape: Shape) {
  const bytes = shape.width / 8;
  const splat = (value: bigint): Node => constant(Array.from({ length: 16 }, (_, i) => Number((value >> BigInt((i % bytes) * 8)) & 255n)));
  const signless = (value: Node): Node => op('v128.and', value, splat(shape.sign - 1n));
  const exponent = (value: Node): Node => op('v128.and', value, splat(shape.infinity));
  const isLane = (left: Node, right: Node): Node => op(`${shape.lanes}.eq`, left, right);
  const zeroLanes = (value: Node): Node => isLane(signless(value), splat(0n));
  const subnormalLanes = (value: Node): Node => op('v128.andnot', isLane(exponent(value), splat(0n)), zeroLanes(value));
  const hugeLanes = (value: Node): Node => isLane(exponent(value), splat(shape.infinity));
  /** Results that may have underflowed: zeros that no operand explains, subnormals, and the least normal. */
  const tinyLanes = (value: Node, explained: Node): Node =>
    or(
      op('v128.andnot', isLane(exponent(value), splat(0n)), op('v128.and', zeroLanes(value), explained)),
      isLane(signless(value), splat(shape.least)),
    );
  return { bytes, splat, zeroLanes, subnormalLanes, hugeLanes, tinyLanes };
}

function packedRows(shape: Shape): void {
  const { letter, packed, lanes } = shape;
  const { bytes, splat, zeroLanes, subnormalLanes, hugeLanes, tinyLanes } = laneTests(shape);
  const operands = seq(setLocal('w', getAs('a', 'v128.load')), setLocal('q', getAs('b', 'v128.load')));
  const setPacked = (value: Node): Node => setAs('d', 'v128.store', value);
  const arithmetic = (name: string, operation: string, doubtful: Node, left = w, right = q): void =>
    row(
      `${name}p${letter}`,
      seq(
        operands,
        // The helper gets the operands as they were.
        setLocal('s', left),
        setLocal('q', right),
        setLocal('w', s),
        setLocal('s', op(`${packed}.${operation}`, w, q)),
        when(
          both(isOrdinary, noLane(or(subnormalLanes(w), subnormalLanes(q), hugeLanes(s), doubtful))),
          setPacked(s),
          exactly(`${name}p${letter}`),
        ),
      ),
      apart,
    );
  arithmetic('add', 'add', splat(0n));
  arithmetic('sub', 'sub', splat(0n));
  arithmetic('mul', 'mul', tinyLanes(s, or(zeroLanes(w), zeroLanes(q))));
  arithmetic('div', 'div', tinyLanes(s, zeroLanes(w)));
  const each = (pick: (lane: number) => number): Node =>
    shuffle(
      Array.from({ length: 16 }, (_, i) => pick(Math.floor(i / bytes)) * bytes + (i % bytes)),
      w,
      q,
    );
  const evens = each(lane => 2 * lane);
  const odds = each(lane => 2 * lane + 1);
  arithmetic('hadd', 'add', splat(0n), evens, odds);
  arithmetic('hsub', 'sub', splat(0n), evens, odds);
  // x - y is x + -y, but for NaNs.
  const minusInEvenLanes = constant(
    Array.from({ length: 16 }, (_, i) => (i % bytes === bytes - 1 && Math.floor(i / bytes) % 2 === 0 ? 0x80 : 0)),
  );
  arithmetic('addsub', 'add', splat(0n), w, op('v128.xor', q, minusInEvenLanes));
  row(
    `sqrtp${letter}`,
    seq(
      setLocal('w', getAs('a', 'v128.load')),
      setLocal('s', op(`${packed}.sqrt`, w)),
      when(both(isOrdinary, noLane(or(subnormalLanes(w), hugeLanes(s)))), setPacked(s), exactly(`sqrtp${letter}`)),
    ),
    apart,
  );
  const comparable = both(keepsSubnormals, noLane(or(subnormalLanes(w), subnormalLanes(q), hugeLanes(w), hugeLanes(q))));
  // Pseudo-minimum picks the second operand of "b < a ? b : a": x86's MIN with the operands swapped.
  for (const name of ['min', 'max']) {
    row(
      `${name}p${letter}`,
      seq(operands, when(comparable, setPacked(op(`${packed}.p${name}`, q, w)), exactly(`${name}p${letter}`))),
      apart,
    );
  }
  PREDICATES.forEach((relation, predicate) => {
    const value = relation === undefined ? splat(predicate === 3 ? 0n : (shape.sign << 1n) - 1n) : op(`${packed}.${relation}`, w, q);
    const compared = NEGATED.has(predicate) ? op('v128.not', value) : value;
    row(`cmp${predicate}p${letter}`, seq(operands, when(comparable, setPacked(compared), exactly(`cmpp${letter}`))), apart);
  });
  for (const [mode, operation] of ROUNDINGS) {
    row(
      `round${mode}p${letter}`,
      seq(
        setLocal('w', getAs('a', 'v128.load')),
        when(both(isOrdinary, noLane(hugeLanes(w))), setPacked(op(`${packed}.${operation}`, w)), exactly(`roundp${letter}`)),
      ),
      apart,
    );
  }
  for (const name of [`roundp${letter}`, `dpp${letter}`]) row(name, exactly(name), apart);
  row(`cvtp${letter}2dq`, exactly(`cvtp${letter}2dq`), apart);
  const fits = op(`${lanes}.all_true`, op(`${packed}.lt`, op(`${packed}.abs`, w), splat(shape.limit[32])));
  const truncation = letter === 's' ? 'i32x4.trunc_sat_f32x4_s' : 'i32x4.trunc_sat_f64x2_s_zero';
  row(
    `cvttp${letter}2dq`,
    seq(
      setLocal('w', getAs('a', 'v128.load')),
      when(both(isOrdinaryTruncation, fits), setPacked(op(truncation, w)), exactly(`cvttp${letter}2dq`)),
    ),
    apart,
  );
}

for (const shape of SHAPES) {
  scalars(shape);
  packedRows(shape);
}

// ---- FMA3 and F16C: the helper's ----------------------------------------------------------------------------------------------------------------

for (const name of ['fmass', 'fmasd', 'fmaps', 'fmapd', 'cvtph2ps', 'cvtps2ph']) row(name, exactly(name), apart);

// ---- between the formats --------------------------------------------------------------------------------------------------------------------

const [single, double] = SHAPES as [Shape, Shape];
row(
  'cvtss2sd',
  seq(
    setLocal('x', get('a', 32)),
    when(
      both(notSubnormal(single, x), isBelowInfinity(single, x)),
      setAs('d', 'f64.store', op('f64.promote_f32', float(single, x))),
      exactly('cvtss2sd'),
    ),
  ),
  traits,
);
row(
  'cvtsd2ss',
  seq(
    setLocal('x', get('a', 64)),
    setLocal('r', bitsOf(single, op('f32.demote_f64', float(double, x)))),
    when(both(isOrdinary, either(surelyNormal(single, r), isZero(double, x))), setAs('d', 'i64.store32', r), exactly('cvtsd2ss')),
  ),
  traits,
);
const singles = laneTests(single);
const doubles = laneTests(double);
row(
  'cvtps2pd',
  seq(
    setLocal('w', getAs('a', 'v128.load64_zero')),
    when(
      noLane(or(singles.subnormalLanes(w), singles.hugeLanes(w))),
      setAs('d', 'v128.store', op('f64x2.promote_low_f32x4', w)),
      exactly('cvtps2pd'),
    ),
  ),
  apart,
);
// The upper lanes of the result are zero by definition.
const zeroSources = shuffle(
  [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23],
  doubles.zeroLanes(w),
  constant(Array(16).fill(255)),
);
row(
  'cvtpd2ps',
  seq(
    setLocal('w', getAs('a', 'v128.load')),
    setLocal('s', op('f32x4.demote_f64x2_zero', w)),
    when(
      both(isOrdinary, noLane(or(singles.hugeLanes(s), singles.tinyLanes(s, zeroSources)))),
      setAs('d', 'v128.store', s),
      exactly('cvtpd2ps'),
    ),
  ),
  apart,
);
row(
  'cvtdq2ps',
  when(isOrdinary, setAs('d', 'v128.store', op('f32x4.convert_i32x4_s', getAs('a', 'v128.load'))), exactly('cvtdq2ps')),
  apart,
);
row('cvtdq2pd', setAs('d', 'v128.store', op('f64x2.convert_low_i32x4_s', getAs('a', 'v128.load64_zero'))));
